/* SPDX-License-Identifier: Apache-2.0 */
/* Status of the unnamed keys, key files, certificates and the AK certificate, a row each. */
#include "doctor/status.h"

#include "base/clock.h"
#include "certificate/leaf.h"
#include "evidence/ak_cert.h"
#include "evidence/attest_struct.h"
#include "show/show.h"
#include "tpm/key.h"
#include "tpm/nv.h"
#include "tpm/uri.h"
#include "verdict/certificate.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

static int begin(struct aza_status_row *row, const char *name, const char *kind)
{
        *row = (struct aza_status_row){.out = json_object_new_object(), .state = AZA_FINDING_OK};
        if (row->out == NULL)
                return AZA_NO_MEMORY();
        aza_show_text(row->out, "name", "%s", name);
        aza_show_text(row->out, "kind", "%s", kind);
        return 0;
}

static int finish(struct aza_status *s, struct aza_status_row *row)
{
        static const char *const states[] = {[AZA_FINDING_OK] = "ok",
                                             [AZA_FINDING_NO] = "no",
                                             [AZA_FINDING_UNKNOWN] = "unknown"};

        s->sick = s->sick || row->state == AZA_FINDING_NO;
        s->unsure = s->unsure || row->state == AZA_FINDING_UNKNOWN;
        aza_show_text(row->out, "state", "%s", states[row->state]);
        aza_show_text(row->out, "text", "%s", row->text);
        if (json_object_array_add(s->findings, row->out) == 0)
                return 0;
        json_object_put(row->out);
        return AZA_NO_MEMORY();
}

/* ---- the unnamed keys ---- */

/* Whether it was attested is the business of who uses it, which attests anew where need be. */
static void look_for_token(const struct aza_status *s, const struct aza_keyref *ref,
                           struct aza_status_row *row)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        uint8_t name[34];

        if (aza_keyref_tpm_name(s->libctx, ref, name) != 0 ||
            aza_token_cache_read(s->libctx, s->config->runtime_dir, name, s->config->issuer,
                                 &jwt) != 0) {
                aza_status_note(row, AZA_FINDING_OK, "no attestation is stored");
                return;
        }
        const struct aza_status_token token = {.jwt = (const char *)jwt.data,
                                               .modulus = ref->modulus,
                                               .purpose = ref->purpose,
                                               .pcr_mask = ref->pcr_mask};
        aza_status_token(s, &token, row);
}

static int add_unnamed(struct aza_status *s, const char *text)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_status_row row;
        struct aza_uri uri;
        int r = begin(&row, text, "key");

        if (r != 0)
                return r;
        if ((r = aza_uri_parse(text, s->config, &uri)) == 0) {
                const struct aza_key_spec spec = {.purpose = uri.purpose,
                                                  .name = "",
                                                  .hierarchy = uri.hierarchy,
                                                  .pcr_mask = uri.pcr_mask};
                r = aza_key_derive(s->tpm, &spec, NULL, &ref);
        }
        if (r != 0) {
                aza_status_note(&row, AZA_FINDING_UNKNOWN, "%s", aza_last_error()->message);
                return finish(s, &row);
        }
        aza_status_key(s, ref, &row);
        look_for_token(s, ref, &row);
        return finish(s, &row);
}

/* ---- key files ---- */

static void look_at_key_file(const struct aza_status *s, const struct aza_keyref *ref,
                             struct aza_status_row *row)
{
        aza_status_key(s, ref, row);
        if (ref->token == NULL) {
                aza_status_note(row, AZA_FINDING_OK, "no token in it");
                return;
        }
        const struct aza_status_token token = {.jwt = ref->token,
                                               .modulus = ref->modulus,
                                               .purpose = ref->purpose,
                                               .pcr_mask = ref->pcr_mask,
                                               .matters = true};
        aza_status_token(s, &token, row);
}

/* ---- private keys as they are ---- */

static void look_at_private_key(const EVP_PKEY *key, struct aza_status_row *row)
{
        char kind[32];

        aza_show_bool(row->out, "usable", true);
        aza_status_note(
                row, AZA_FINDING_OK,
                "a plain private key (%s): not bound to this VM, whoever has the file has the key",
                aza_leaf_kind(key, kind));
}

/* ---- the AK certificate ---- */

/* What the TPM has none of is missing; of one that does not answer nothing is known. */
static bool read_ak_certificate(const struct aza_status *s, struct aza_bytes *ret,
                                struct aza_status_row *row)
{
        enum aza_nv_state state = AZA_NV_ABSENT;

        if (aza_nv_read_ak_cert(s->tpm, ret) == 0)
                return true;
        const struct aza_error why = *aza_last_error();
        const bool answers = aza_nv_read(s->tpm, AZA_NV_AK_CERT, &state, ret) == 0;
        aza_status_note(row, answers ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN, "%s", why.message);
        return false;
}

static void compare_with_ak(const struct aza_status *s, X509 *certificate,
                            struct aza_status_row *row)
{
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_tpm_public public = {0};

        if (aza_ak_read(s->tpm, &ak) != 0 ||
            aza_tpm_public_parse(s->libctx, aza_bytes_span(&ak), false, &public) != 0)
                aza_status_note(row, AZA_FINDING_UNKNOWN, "%s", aza_last_error()->message);
        else if (EVP_PKEY_eq(public.key, X509_get0_pubkey(certificate)) != 1)
                aza_status_note(row, AZA_FINDING_NO, AZA_DOCTOR_OTHER_AK, AZA_AK_HANDLE);
        aza_tpm_public_free(&public);
}

static void look_at_ak_certificate(const struct aza_status *s, struct aza_status_row *row)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_BYTES struct aza_bytes blob = {0};
        int64_t end = 0;

        if (!read_ak_certificate(s, &blob, row))
                return;
        if (aza_ak_cert_usable(s->libctx, aza_bytes_span(&blob)) != 0 ||
            !aza_ak_cert_parse(s->libctx, aza_bytes_span(&blob), &checks, &certificate) ||
            aza_certificate_expiry(certificate, &end) != 0) {
                aza_status_note(row, AZA_FINDING_NO, "%s", aza_last_error()->message);
                return;
        }
        compare_with_ak(s, certificate, row);
        aza_status_end(s, end, row);
        if (end - s->now <= AZA_AK_CERT_EARLY)
                aza_status_note(row, AZA_FINDING_OK, "%s", AZA_AK_CERT_RENEWAL);
}

/* Azure's, of the vTPM's attestation key: without it nothing is attested. */
static int add_ak_certificate(struct aza_status *s)
{
        struct aza_status_row row;
        const int r = begin(&row, "ak-certificate", "AK certificate");

        if (r != 0)
                return r;
        look_at_ak_certificate(s, &row);
        return finish(s, &row);
}

/* ---- the whole ---- */

static const char *kind_of(const struct aza_status_file *f)
{
        if (f->ref != NULL)
                return "key file";
        if (f->is_sealed)
                return "sealed key";
        if (f->key != NULL || f->is_locked)
                return "private key";
        return f->certificate.certificate != NULL ? "certificate" : "file";
}

static int add_file(struct aza_status *s, const struct aza_status_files *files,
                    struct aza_status_file *f)
{
        struct aza_status_row row;
        int r;

        if (f->is_of_authority && !aza_status_is_own(s, files, &f->certificate))
                return 0;
        if ((r = begin(&row, f->path, kind_of(f))) != 0)
                return r;
        if (f->ref != NULL)
                look_at_key_file(s, f->ref, &row);
        else if (f->is_sealed)
                aza_status_sealed(s, f, &row);
        else if (f->key != NULL)
                look_at_private_key(f->key, &row);
        else if (f->certificate.certificate != NULL)
                aza_status_certificate(s, files, &f->certificate, &row);
        else
                aza_status_note(&row, AZA_FINDING_UNKNOWN, "%s", f->fault.message);
        return finish(s, &row);
}

int aza_status(struct aza_status *s)
{
        struct aza_status_files files = {0};
        int r;

        if ((s->findings = json_object_new_array()) == NULL)
                return AZA_NO_MEMORY();
        r = aza_status_read(s, &files);
        for (size_t i = 0; r == 0 && i < files.count; i++)
                r = add_file(s, &files, &files.item[i]);
        if (r == 0 && (r = add_unnamed(s, "azattest://key")) == 0)
                r = add_unnamed(s, "azattest://sign");
        if (r == 0)
                r = add_ak_certificate(s);
        aza_status_files_free(&files);
        return r;
}
