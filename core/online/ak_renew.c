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

/* `why` failed; the old one goes back. Its copy is removed only when it is there again. */
static int put_back(const struct aza_attester *vm, struct aza_span old)
{
        const struct aza_error why = *aza_last_error();

        if (put(vm, old) == 0) {
                aza_runtime_remove(vm->config->runtime_dir, KEPT);
                return AZA_FAIL_TPM(
                        AZATTEST_E_AK_CERT_RENEW, why.tpm_rc,
                        "the new AK certificate could not be written: %s; the old one is in place again",
                        why.message);
        }
        return AZA_FAIL_TPM(
                AZATTEST_E_AK_CERT_RENEW, why.tpm_rc,
                "the new AK certificate could not be written: %s; nor the old one be put back: run 'azattest ak-renew' again, which does it from %s/%s, or reboot the VM, Azure writes it at start",
                why.message, vm->config->runtime_dir, KEPT);
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

static int replace(const struct aza_attester *vm, struct aza_span old, struct aza_span wanted)
{
        AZA_BYTES struct aza_bytes content = {0};
        const char *dir = vm->config->runtime_dir;
        int r;

        if (wanted.len > old.len)
                return AZA_FAIL(
                        AZATTEST_E_AK_CERT_RENEW,
                        "the new AK certificate has %zu bytes, NV 0x01C101D0 room for %zu: reboot the VM, Azure renews it at start",
                        wanted.len, old.len);
        if ((r = aza_bytes_set(&content, wanted.data, wanted.len)) != 0 ||
            (r = aza_bytes_resize(&content, old.len)) != 0)
                return r;
        if ((r = keep(dir, old, aza_bytes_span(&content))) != 0)
                return r;
        if (put(vm, aza_bytes_span(&content)) != 0)
                return put_back(vm, old);
        aza_runtime_remove(dir, KEPT);
        return 0;
}

/* Whether `now` was made by writing some of the second half of `kept` over its first: it may
 * well be a certificate in form. What Azure wrote since is none. */
static bool is_mixture(struct aza_span now, struct aza_span kept)
{
        bool old = true, new = true;

        if (kept.len != 2 * now.len)
                return false;
        for (size_t i = 0; i < now.len; i++) {
                const bool as_old = now.data[i] == kept.data[i];
                const bool as_new = now.data[i] == kept.data[now.len + i];

                if (!as_old && !as_new)
                        return false;
                old = old && as_old;
                new = new &&as_new;
        }
        return !old && !new;
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
        if (is_mixture(aza_bytes_span(blob), aza_bytes_span(&kept))) {
                const struct aza_span old = aza_span_of(kept.data, blob->len);

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

static int ask(const struct aza_attester *vm, const struct aza_ak_candidate *old,
               struct aza_ak_renewed *ret)
{
        const struct aza_imds_renewal who = {vm->libctx, vm->config, vm->deadline};
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes der = {0};
        int r = aza_imds_renew(&who, old->content, &pem);

        if (r == 0)
                r = aza_ak_candidate_judge(vm, old, aza_bytes_span(&pem), &der);
        if (r == 0)
                r = replace(vm, old->content, aza_bytes_span(&der));
        if (r != 0)
                return r;
        AZA_OWN(X509_free) X509 *certificate = aza_cert_parse(vm->libctx, aza_bytes_span(&der));
        ret->renewed = true;
        return certificate == NULL ? AZA_NO_MEMORY()
                                   : aza_certificate_expiry(certificate, &ret->until);
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

/* The lock of a file keeps processes apart, and not the threads of one. Nobody waits for it. */
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
