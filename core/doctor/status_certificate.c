/* SPDX-License-Identifier: Apache-2.0 */
/* Status of a certificate: attested, a leaf before an attested issuer, or an ordinary one whose key
 * is in a file beside it. */
#include "doctor/status.h"

#include "certificate/cmw.h"
#include "show/show.h"
#include "tpm/key.h"
#include "verdict/certificate.h"

#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* ---- where its key is ---- */

static bool is_of(const struct aza_status *s, const struct aza_keyref *ref, const X509 *certificate)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        return aza_keyref_pkey(s->libctx, ref, &key) == 0 &&
               EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1;
}

/* The name that aza_certificate_make put behind "azattest sign" or "issue"; "" where a CA wrote
 * something else. */
static void name_of(const X509 *certificate, char out[AZA_KEY_NAME_MAX + 1])
{
        char text[128] = "";
        const char *name;

        out[0] = '\0';
        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                                        sizeof(text));
        if (strncmp(text, "azattest ", 9) != 0 || (name = strchr(text + 9, ' ')) == NULL ||
            !aza_key_name_valid(name + 1))
                return;
        (void)snprintf(out, AZA_KEY_NAME_MAX + 1, "%s", name + 1);
}

/* The key of the certificate, among those that this vTPM makes now. *ret NULL: it is none of them;
 * or what the TPM failed with. */
static int derive(const struct aza_status *s, const struct aza_certificate_request *shown,
                  struct aza_keyref **ret)
{
        const X509 *certificate = aza_certificate_attested(shown);
        const uint32_t first = s->config->hierarchy;
        const uint32_t hierarchies[] = {first,
                                        first == TPM2_RH_NULL ? TPM2_RH_OWNER : TPM2_RH_NULL};
        char name[AZA_KEY_NAME_MAX + 1];

        if (EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA") != 1)
                return 0;
        name_of(certificate, name);
        for (size_t i = 0; i < 2; i++) {
                AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
                const struct aza_key_spec spec = {.purpose = aza_certificate_purpose(shown),
                                                  .name = name,
                                                  .hierarchy = hierarchies[i],
                                                  .pcr_mask = aza_config_key_pcrs(s->config)};
                const int r = aza_key_derive(s->tpm, &spec, NULL, &ref);

                if (r != 0 && i == 0)
                        return r;
                if (r == 0 && is_of(s, ref, certificate)) {
                        *ret = aza_take(&ref);
                        return 0;
                }
        }
        return 0;
}

/* The key file, sealed key or private key among the files that has the key; NULL: none of them. */
static const struct aza_status_file *
file_of(const struct aza_status *s, const struct aza_status_files *files, const X509 *certificate)
{
        for (size_t i = 0; i < files->count; i++) {
                struct aza_status_file *f = &files->item[i];

                aza_status_open(s, f);
                if ((f->ref != NULL && is_of(s, f->ref, certificate)) ||
                    (f->key != NULL && EVP_PKEY_eq(f->key, X509_get0_pubkey(certificate)) == 1))
                        return f;
        }
        return NULL;
}

/* Of a file that has the key, sealed or as it is. */
static void note_file(const struct aza_status_file *f, struct aza_status_row *row)
{
        aza_show_bool(row->out, "usable", true);
        if (f->is_sealed)
                aza_status_note(row, AZA_FINDING_OK,
                                "its key is in the sealed key %s, which opens until %s", f->path,
                                aza_status_life(f->sealed.by));
        else
                aza_status_note(row, AZA_FINDING_OK,
                                "its key is in %s, a plain private key: not bound to this VM",
                                f->path);
}

/* What the leaf's key is worth is its own file's affair. */
static void note_leaf(const struct aza_status *s, const struct aza_status_files *files,
                      const X509 *leaf, struct aza_status_row *row)
{
        const struct aza_status_file *f = file_of(s, files, leaf);

        aza_show_bool(row->out, "usable", false);
        aza_status_note(
                row, AZA_FINDING_OK,
                "the key that issued it is none that this vTPM has now (a restart, other PCR values); its leaf serves on with %s%s",
                f == NULL      ? "its own key"
                : f->is_sealed ? "the key in the sealed key "
                               : "the key in ",
                f == NULL ? "" : f->path);
}

/* In which of them it may be all the same: first those of which nobody knows. */
static const struct aza_status_file *closed(const struct aza_status_files *files)
{
        const struct aza_status_file *dead = NULL;

        for (size_t i = 0; i < files->count; i++) {
                const struct aza_status_file *f = &files->item[i];

                if (f->is_locked || (f->is_sealed && aza_status_is_undecided(f)))
                        return f;
                if (dead == NULL && f->is_sealed && f->sealed.result != 0)
                        dead = f;
        }
        return dead;
}

static void note_none(const struct aza_status_files *files, bool ordinary,
                      struct aza_status_row *row)
{
        const struct aza_status_file *may = closed(files);

        if (!ordinary)
                aza_status_note(
                        row, AZA_FINDING_NO,
                        "its key is none that this vTPM has now (a restart, other PCR values): make it anew with 'azattest cert', or name its key file, too, if its PCRs are not the configured ones");
        else if (may != NULL)
                aza_status_note(
                        row,
                        may->is_locked || aza_status_is_undecided(may) ? AZA_FINDING_UNKNOWN
                                                                       : AZA_FINDING_NO,
                        "its key is none that this vTPM has now; it may be the one in %s, which %s",
                        may->path, may->is_locked ? "is encrypted" : "does not open");
        else
                aza_status_note(
                        row, AZA_FINDING_NO,
                        "its key is none that this vTPM has now, and in none of the files that were looked at: name its key's file, too");
        if (row->state == AZA_FINDING_NO)
                aza_show_bool(row->out, "usable", false);
}

bool aza_status_is_own(const struct aza_status *s, const struct aza_status_files *files,
                       const struct aza_certificate_request *shown)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *derived = NULL;
        X509 *certificate = shown->certificate;

        if (certificate == NULL)
                return false;
        if (file_of(s, files, certificate) != NULL)
                return true;
        return X509_check_issued(certificate, certificate) == X509_V_OK &&
               derive(s, shown, &derived) == 0 && derived != NULL;
}

static void look_at_key_of(const struct aza_status *s, const struct aza_status_files *files,
                           const struct aza_certificate_request *shown, struct aza_status_row *row)
{
        const X509 *certificate = aza_certificate_attested(shown);
        const struct aza_status_file *f = file_of(s, files, certificate);
        AZA_OWN(aza_keyref_free) struct aza_keyref *derived = NULL;

        if (f != NULL && f->key != NULL) {
                note_file(f, row);
                return;
        }
        if (f == NULL && derive(s, shown, &derived) != 0) {
                aza_status_note(row, AZA_FINDING_UNKNOWN, "%s", aza_last_error()->message);
                return;
        }
        if (f != NULL || derived != NULL) {
                aza_status_key(s, f != NULL ? f->ref : derived, row);
                return;
        }
        if (aza_certificate_is_delegated(shown))
                note_leaf(s, files, shown->certificate, row);
        else
                note_none(files, !aza_cmw_present(certificate), row);
}

/* ---- the whole ---- */

void aza_status_certificate(const struct aza_status *s, const struct aza_status_files *files,
                            const struct aza_certificate_request *shown, struct aza_status_row *row)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        int64_t end = 0;

        look_at_key_of(s, files, shown, row);
        if (aza_certificate_expiry(shown->certificate, &end) == 0)
                aza_status_end(s, end, row);
        if (!aza_cmw_present(aza_certificate_attested(shown))) {
                aza_status_note(row, AZA_FINDING_OK, "no token in it: it proves nothing of a VM");
                return;
        }
        if (aza_certificate_token(shown, &jwt) != 0) {
                aza_status_note(row, AZA_FINDING_NO, "%s", aza_last_error()->message);
                return;
        }
        const struct aza_status_token token = {.jwt = (const char *)jwt.data,
                                               .certificate = shown,
                                               .purpose = aza_certificate_purpose(shown),
                                               .pcr_mask = aza_config_key_pcrs(s->config),
                                               .end = end,
                                               .matters = true};
        aza_status_token(s, &token, row);
}
