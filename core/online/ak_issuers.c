/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where the AK certificate's issuers in evidence come from. How they are fetched is
 * online/collateral.c's matter, which are good evidence/ak_chain.c's. */
#include "online/ak_issuers.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/log.h"
#include "certificate/certificate.h"
#include "evidence/ak_cert.h"
#include "evidence/collateral.h"
#include "online/collateral.h"
#include "online/known.h"
#include "os/file.h"

#include <string.h>

#define FILE_MAX      65536
#define FETCH_MS      10000
#define MISSING_LATER "whoever judges the evidence must have them (--certs, or --fetch there)"

static int put_pem(const aza_certs *pile, struct aza_bytes *ret)
{
        int r = 0;

        for (int i = 0; r == 0 && i < sk_X509_num(pile); i++) {
                AZA_BYTES struct aza_bytes pem = {0};

                r = aza_certificate_pem(sk_X509_value(pile, i), &pem);
                if (r == 0)
                        r = aza_bytes_append(ret, pem.data, pem.len);
        }
        return r;
}

static int from_file(OSSL_LIB_CTX *libctx, const char *path, struct aza_bytes *ret)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        AZA_BYTES struct aza_bytes text = {0};

        if (pile == NULL)
                return AZA_NO_MEMORY();
        int r = aza_file_read(path, FILE_MAX, &text);
        if (r == 0)
                r = aza_certs_add_some(libctx, aza_bytes_span(&text), pile);
        if (r == 0)
                return put_pem(pile, ret);
        return aza_context(r == AZATTEST_E_INPUT ? AZATTEST_E_CONFIGURATION : r, "ak-issuers = %s",
                           path);
}

/* ---- fetching ---- */

/* One VM has one AK certificate, renewed now and then. */
static struct aza_known known = AZA_KNOWN_NOTHING;

/* It came over plain HTTP from who knows whom: what leads nowhere would only spoil the evidence. 0,
 * or AZATTEST_E_EVIDENCE. */
static int judge(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_evidence_file *file, const aza_certs *pile)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        struct aza_ak_options o = {.roots = config->vtpm_root,
                                   .trusted_launch = file->vm == AZA_VM_TRUSTEDLAUNCH};
        int r = aza_now(&o.time);

        if (r != 0)
                return r;
        if (aza_ak_cert_parse(libctx, aza_bytes_span(&file->ak_certificate), &checks, &certificate))
                (void)aza_ak_chain_verify(libctx, certificate, pile, &o, &checks);
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_A3);
        if (row != NULL && row->outcome == AZA_ACCEPT)
                return 0;
        return AZA_FAIL(AZATTEST_E_EVIDENCE, "%s",
                        row != NULL && row->reason != NULL ? row->reason
                                                           : "the AK certificate is unreadable");
}

static int fetch(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_deadline *deadline, const struct aza_evidence_file *file,
                 struct aza_bytes *ret)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        const struct aza_deadline soon = aza_deadline_at_most(deadline, FETCH_MS);

        if (pile == NULL)
                return AZA_NO_MEMORY();
        AZA_LOG(INFO, "fetching the AK certificate's issuers");
        /* Not through ca-file, which is the MAA's: Azure has public certificates. */
        int r = aza_fetch_ak_issuers(libctx, &soon, "", file, pile);
        if (r == 0)
                r = judge(libctx, config, file, pile);
        return r != 0 ? r : put_pem(pile, ret);
}

static void from_network(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                         const struct aza_deadline *deadline, struct aza_evidence_file *file)
{
        uint8_t certificate[AZA_SHA256_LEN];
        AZA_BYTES struct aza_bytes pem = {0};

        if (aza_sha256(libctx, aza_bytes_span(&file->ak_certificate), certificate) != 0)
                aza_clear_error();
        else if (!aza_known_recall(&known, certificate, &pem)) {
                int r = fetch(libctx, config, deadline, file, &pem);

                if (r != 0) {
                        AZA_LOG(WARN, "no issuers of the AK certificate: %s; " MISSING_LATER,
                                aza_last_error()->message);
                        aza_clear_error();
                        aza_bytes_free(&pem);
                }
                /* Whose call was cancelled or had no time left has learnt nothing. */
                if (r == 0 || aza_deadline_left(deadline) > 0)
                        aza_known_remember(&known, certificate, &pem);
        }
        file->ak_chain = aza_bytes_take(&pem);
}

int aza_evidence_issuers(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                         const struct aza_deadline *deadline, struct aza_evidence_file *file)
{
        if (file->ak_certificate.len == 0 || file->ak_chain.len > 0 ||
            strcmp(config->ak_issuers, "none") == 0)
                return 0;
        if (strcmp(config->ak_issuers, "fetch") != 0)
                return from_file(libctx, config->ak_issuers, &file->ak_chain);
        from_network(libctx, config, deadline, file);
        return 0;
}
