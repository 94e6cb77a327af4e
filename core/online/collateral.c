/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching certificates that evidence lacks, only when the user asked for it. Everything fetched is
 * a candidate for a chain to a pinned root and nothing more. */
#include "online/collateral.h"

#include "base/error.h"
#include "base/log.h"
#include "evidence/ak_cert.h"
#include "evidence/collateral.h"
#include "evidence/hcl_report.h"
#include "online/http.h"
#include "snp/chain.h"

#include <string.h>

#define FETCH_MAX 65536 /* A7 */
#define AIA_STEPS 5

static int fetch(const char *what, const char *url, const char *ca_file,
                 const struct aza_deadline *deadline, struct aza_bytes *ret)
{
        struct aza_http_request request = {.what = what,
                                           .url = url,
                                           .ca_file = ca_file,
                                           .public_http =
                                                   true, /* A7: URLs of certificates are http */
                                           .max_body = FETCH_MAX};

        AZA_LOG(INFO, "fetching %s", url);
        return aza_http(&request, deadline, ret, NULL);
}

static struct aza_span snp_report_of(OSSL_LIB_CTX *libctx, const struct aza_evidence_file *file)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_hcl_report hcl = {0};

        if (file->snp_report.len > 0)
                return aza_bytes_span(&file->snp_report);
        if (file->hcl_report.len == 0 ||
            !aza_hcl_report_parse(libctx, aza_bytes_span(&file->hcl_report), &checks, &hcl) ||
            hcl.type != AZA_HCL_SNP)
                return (struct aza_span){0};
        return hcl.hardware;
}

/* Of the product that `report` says. */
static int fetch_product(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                         const char *ca_file, const struct aza_snp_report *report, aza_certs *pile)
{
        AZA_BYTES struct aza_bytes vcek = {0};
        AZA_BYTES struct aza_bytes chain = {0};
        char vcek_url[AZA_URL_MAX], chain_url[AZA_URL_MAX];
        int r;

        if (!aza_kds_urls(report, report->product, vcek_url, chain_url))
                return 0;
        if ((r = fetch("AMD's key service", vcek_url, ca_file, deadline, &vcek)) != 0 ||
            (r = fetch("AMD's key service", chain_url, ca_file, deadline, &chain)) != 0 ||
            (r = aza_certs_add(libctx, aza_bytes_span(&vcek), pile)) != 0)
                return r;
        return aza_certs_add(libctx, aza_bytes_span(&chain), pile);
}

/* A version 2 report does not say its product: Milan, and when the key service knows no such chip,
 * Genoa. */
int aza_fetch_vcek(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline, const char *ca_file,
                   const struct aza_evidence_file *file, aza_certs *pile)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_snp_report report = {0};
        struct aza_span bytes = snp_report_of(libctx, file);
        int r;

        if (bytes.len == 0 || file->vcek_chain.len > 0 ||
            !aza_snp_report_parse(bytes, AZA_SNP_VCEK, &checks, &report))
                return 0;
        if (report.has_cpuid)
                return fetch_product(libctx, deadline, ca_file, &report, pile);
        report.product = AZA_SNP_MILAN;
        r = fetch_product(libctx, deadline, ca_file, &report, pile);
        if (r != AZATTEST_E_HTTP_FAILED)
                return r;
        report.product = AZA_SNP_GENOA;
        return fetch_product(libctx, deadline, ca_file, &report, pile);
}

/* From the AK certificate upwards. A loop ends with the steps. */
int aza_fetch_ak_issuers(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                         const char *ca_file, const struct aza_evidence_file *file, aza_certs *pile)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        char url[AZA_URL_MAX];

        if (file->ak_certificate.len == 0 || file->ak_chain.len > 0 ||
            !aza_ak_cert_parse(libctx, aza_bytes_span(&file->ak_certificate), &checks,
                               &certificate))
                return 0;
        for (int step = 0; step < AIA_STEPS && aza_aia_url(certificate, url); step++) {
                AZA_BYTES struct aza_bytes body = {0};
                int before = sk_X509_num(pile);
                int r = fetch("Azure's certificate store", url, ca_file, deadline, &body);

                if (r == 0)
                        r = aza_certs_add(libctx, aza_bytes_span(&body), pile);
                if (r != 0)
                        return r;
                if (sk_X509_num(pile) == before)
                        return 0;
                X509_free(certificate);
                certificate = sk_X509_value(pile, before);
                if (X509_up_ref(certificate) != 1) {
                        certificate = NULL;
                        return AZA_NO_MEMORY();
                }
        }
        return 0;
}

int aza_fetch_crl(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                  const struct aza_evidence_file *file, const aza_certs *pile, aza_crls *crls)
{
        AZA_OWN(aza_certs_free) aza_certs *all = sk_X509_new_null();
        AZA_BYTES struct aza_bytes body = {0};
        char url[AZA_SNP_CRL_URL_MAX];
        struct aza_snp_chain chain;

        if (all == NULL)
                return AZA_NO_MEMORY();
        int r = aza_certs_add(libctx, aza_bytes_span(&file->vcek_chain), all);
        if (r == 0)
                r = aza_certs_copy(pile, all);
        if (r != 0)
                return r;
        aza_snp_chain_find(libctx, all, "", &chain);
        const bool known = chain.leaf != NULL && chain.product != AZA_SNP_UNKNOWN;
        aza_snp_crl_url(&chain, url);
        aza_snp_chain_free(&chain);
        if (!known || snp_report_of(libctx, file).len == 0)
                return 0;
        r = fetch("AMD's key service", url, "", deadline, &body);
        return r != 0 ? r : aza_crls_add(libctx, aza_bytes_span(&body), crls);
}
