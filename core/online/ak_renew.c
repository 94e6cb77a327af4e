/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of a renewal, and that there is a usable certificate at every moment: the one in
 * the vTPM, or the copy beside it. What is asked is imds_renew.c's matter, what is good
 * ak_candidate.c's. */
#include "online/ak_renew.h"

#include "base/error.h"
#include "base/log.h"
#include "certificate/certificate.h"
#include "evidence/ak_cert.h"
#include "evidence/attest_struct.h"
#include "online/ak_candidate.h"
#include "online/imds_renew.h"
#include "os/file.h"
#include "tpm/nv.h"

#include <stdatomic.h>
#include <string.h>

#define KEPT      "ak-certificate.der" /* the index before, and what was to come, each whole */
#define LOCK      "ak-renewal.lock"
#define INDEX_MAX 65535

static int read_ak(const struct aza_attester *vm, EVP_PKEY **ret)
{
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_tpm_public public = {0};
        int r = aza_ak_read(vm->tpm, &ak);

        if (r == 0)
                r = aza_tpm_public_parse(vm->libctx, aza_bytes_span(&ak), false, &public);
        if (r != 0)
                return aza_context(r, "reading the AK");
        *ret = aza_take(&public.key);
        aza_tpm_public_free(&public);
        return 0;
}

/* Writes and reads back. */
static int put(const struct aza_attester *vm, struct aza_span content)
{
        AZA_BYTES struct aza_bytes now = {0};
        int r = aza_nv_overwrite(vm->tpm, AZA_NV_AK_CERT, content);

        if (r == 0)
                r = aza_nv_read_ak_cert(vm->tpm, &now);
        if (r != 0 || aza_span_equal(aza_bytes_span(&now), content))
                return r;
        return AZA_FAIL(AZATTEST_E_AK_CERT_RENEW,
                        "NV 0x01C101D0 holds something else than what was just written");
}

static int keep(const char *dir, struct aza_span old, struct aza_span wanted)
{
        AZA_BYTES struct aza_bytes both = {0};
        int r = aza_bytes_set(&both, old.data, old.len);

        if (r == 0)
                r = aza_bytes_append(&both, wanted.data, wanted.len);
        if (r == 0)
                r = aza_runtime_write(dir, KEPT, aza_bytes_span(&both));
        if (r == 0)
                return 0;
        return AZA_FAIL(
                AZATTEST_E_AK_CERT_RENEW,
                "the old AK certificate cannot be kept meanwhile, so it is not replaced: %s; set runtime-dir to a directory of your own",
                aza_last_error()->message);
}

/* Whether `now` was made by writing some of `new` over `old`: it may well be a certificate in
 * form. What Azure or another process wrote since is none. */
static bool is_mixture(struct aza_span now, struct aza_span old, struct aza_span new)
{
        bool as_old = true, as_new = true;

        if (now.len != old.len || now.len != new.len)
                return false;
        for (size_t i = 0; i < now.len; i++) {
                const bool is_old = now.data[i] == old.data[i];
                const bool is_new = now.data[i] == new.data[i];

                if (!is_old && !is_new)
                        return false;
                as_old = as_old && is_old;
                as_new = as_new && is_new;
        }
        return !as_old && !as_new;
}

/* One certificate for another, both as long as the index. */
struct swap {
        const struct aza_attester *vm;
        const EVP_PKEY *ak;
        struct aza_span old, new;
};

enum found { FOUND_OLD, FOUND_NEW, FOUND_ANOTHER, FOUND_NONE };

static enum found look(const struct swap *s)
{
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_BYTES struct aza_bytes now = {0};

        if (aza_nv_read_ak_cert(s->vm->tpm, &now) != 0)
                return FOUND_NONE;
        const struct aza_span found = aza_bytes_span(&now);
        if (aza_span_equal(found, s->old))
                return FOUND_OLD;
        if (aza_span_equal(found, s->new))
                return FOUND_NEW;
        if (is_mixture(found, s->old, s->new) ||
            aza_ak_candidate_own(s->vm->libctx, s->ak, found, &certificate) != 0)
                return FOUND_NONE;
        return FOUND_ANOTHER;
}

static int not_written(const struct aza_error *why, const char *now)
{
        return AZA_FAIL_TPM(AZATTEST_E_AK_CERT_RENEW, why->tpm_rc,
                            "the new AK certificate could not be written: %s; %s", why->message,
                            now);
}

/* The write failed, or something else reads back: what is there decides. Over what is no whole
 * certificate the old one goes; its copy stays until there is one. */
static int settle(const struct swap *s)
{
        const struct aza_error why = *aza_last_error();
        const char *dir = s->vm->config->runtime_dir;
        const enum found found = look(s);

        if (found == FOUND_NONE && put(s->vm, s->old) != 0)
                return AZA_FAIL_TPM(
                        AZATTEST_E_AK_CERT_RENEW, why.tpm_rc,
                        "the new AK certificate could not be written: %s; nor the old one be put back: run 'azattest ak-renew' again, which does it from %s/%s, or reboot the VM, Azure writes it at start",
                        why.message, dir, KEPT);
        aza_runtime_remove(dir, KEPT);
        if (found == FOUND_NEW)
                return 0;
        return not_written(&why, found == FOUND_ANOTHER
                                         ? "another process wrote another one, which is left"
                                         : "the old one is in place");
}

/* The lock is one user's. Another one's renewal, or Azure, may have been quicker. */
static int still_there(const struct swap *s)
{
        AZA_BYTES struct aza_bytes now = {0};
        const int r = aza_nv_read_ak_cert(s->vm->tpm, &now);

        if (r != 0 || aza_span_equal(aza_bytes_span(&now), s->old))
                return r;
        return AZA_FAIL(
                AZATTEST_E_AK_CERT_RENEW,
                "another process replaced the AK certificate while a new one was asked for; nothing is written");
}

static int replace(const struct swap *s)
{
        const char *dir = s->vm->config->runtime_dir;
        int r = keep(dir, s->old, s->new);

        if (r != 0)
                return r;
        if ((r = still_there(s)) == 0 && put(s->vm, s->new) != 0)
                return settle(s);
        aza_runtime_remove(dir, KEPT);
        return r;
}

/* As long as the index: what the old one had more is overwritten with zeros. */
static int pad(struct aza_bytes *der, size_t len)
{
        if (der->len > len)
                return AZA_FAIL(
                        AZATTEST_E_AK_CERT_RENEW,
                        "the new AK certificate has %zu bytes, NV 0x01C101D0 room for %zu: reboot the VM, Azure renews it at start",
                        der->len, len);
        return aza_bytes_resize(der, len);
}

/* What an interrupted renewal left in the index becomes what was there before, and so does
 * `blob`. */
static int restore(const struct aza_attester *vm, const EVP_PKEY *ak, struct aza_bytes *blob,
                   bool *ret_done)
{
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_BYTES struct aza_bytes kept = {0};
        const char *dir = vm->config->runtime_dir;
        int r = 0;

        if (aza_runtime_read(dir, KEPT, (size_t)2 * INDEX_MAX, &kept) != 0) {
                aza_clear_error();
                return 0;
        }
        const struct aza_span old = aza_span_of(kept.data, kept.len / 2);
        const struct aza_span new = aza_span_of(kept.data + old.len, kept.len - old.len);
        if (is_mixture(aza_bytes_span(blob), old, new)) {
                r = aza_ak_candidate_own(vm->libctx, ak, old, &certificate);
                if (r == 0)
                        r = put(vm, old);
                if (r == 0)
                        r = aza_bytes_set(blob, old.data, old.len);
                if (r != 0)
                        return aza_context(
                                r, "putting the AK certificate of an interrupted renewal back");
                AZA_LOG(WARN, "a renewal was interrupted: the old AK certificate is back");
                *ret_done = true;
        }
        aza_runtime_remove(dir, KEPT);
        return 0;
}

static int expiry_of(OSSL_LIB_CTX *libctx, const struct aza_bytes *der, int64_t *ret)
{
        AZA_OWN(X509_free) X509 *certificate = aza_cert_parse(libctx, aza_bytes_span(der));

        return certificate == NULL ? AZA_NO_MEMORY() : aza_certificate_expiry(certificate, ret);
}

static int ask(const struct aza_attester *vm, const struct aza_ak_candidate *old,
               struct aza_ak_renewed *ret)
{
        const struct aza_imds_renewal who = {vm->libctx, vm->config, vm->deadline};
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes der = {0};
        int64_t until = 0;
        int r = aza_imds_renew(&who, old->content, &pem);

        if (r == 0)
                r = aza_ak_candidate_judge(vm, old, aza_bytes_span(&pem), &der);
        if (r == 0)
                r = expiry_of(vm->libctx, &der, &until);
        if (r == 0)
                r = pad(&der, old->content.len);
        const struct swap swap = {vm, old->ak, old->content, aza_bytes_span(&der)};
        if (r != 0 || (r = replace(&swap)) != 0)
                return r;
        ret->renewed = true;
        ret->until = until;
        return 0;
}

static int run(const struct aza_attester *vm, int64_t if_before, struct aza_ak_renewed *ret)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = NULL;
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_BYTES struct aza_bytes blob = {0};
        int64_t now = 0;
        int r = aza_now(&now);

        if (r == 0)
                r = read_ak(vm, &ak);
        if (r == 0)
                r = aza_nv_read_ak_cert(vm->tpm, &blob);
        if (r == 0)
                r = restore(vm, ak, &blob, &ret->restored);
        if (r == 0)
                r = aza_ak_cert_usable(vm->libctx, aza_bytes_span(&blob));
        if (r == 0)
                r = aza_ak_candidate_own(vm->libctx, ak, aza_bytes_span(&blob), &certificate);
        if (r == 0)
                r = aza_certificate_expiry(certificate, &ret->previous);
        ret->until = ret->previous;
        if (r != 0 || (if_before >= 0 && ret->previous - now > if_before))
                return r;
        const struct aza_ak_candidate old = {ak, certificate, aza_bytes_span(&blob)};
        return ask(vm, &old, ret);
}

static int renew(const struct aza_attester *vm, int64_t if_before, struct aza_ak_renewed *ret)
{
        int lock = -1;
        const int taken = aza_runtime_lock(vm->config->runtime_dir, LOCK, &lock);

        if (taken == 0)
                return AZA_FAIL(AZATTEST_E_AK_CERT_RENEW,
                                "another process renews the AK certificate now; try again later");
        if (taken < 0)
                return AZA_FAIL(
                        AZATTEST_E_AK_CERT_RENEW,
                        "renewal needs a runtime directory: %s; set runtime-dir to a directory of your own",
                        aza_last_error()->message);
        const int r = run(vm, if_before, ret);
        aza_runtime_unlock(lock);
        return r;
}

/* The lock of a file keeps processes of one user apart, and not the threads of one. Nobody waits
 * for it. */
int aza_ak_renew(const struct aza_attester *vm, int64_t if_before, struct aza_ak_renewed *ret)
{
        static atomic_flag busy = ATOMIC_FLAG_INIT;

        *ret = (struct aza_ak_renewed){0};
        if (atomic_flag_test_and_set(&busy))
                return AZA_FAIL(AZATTEST_E_AK_CERT_RENEW,
                                "another thread renews the AK certificate now; try again later");
        const int r = renew(vm, if_before, ret);
        atomic_flag_clear(&busy);
        return r;
}
