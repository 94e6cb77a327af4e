/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation of the ASK or ASVK by the ARK's list (S21). The leaf's serial is always 0, so looking
 * that up would be an empty check. */
#include "snp/chain.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

AZA_OWN_DEFINE(CRL_DIST_POINTS, CRL_DIST_POINTS_free);

/* The distribution point that the ASK or ARK names must be AMD's for the product. */
static bool point_fits(X509 *cert, const char *url)
{
        AZA_OWN(CRL_DIST_POINTS_free)
        CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

        if (points == NULL)
                return true;
        for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
                const DIST_POINT *point = sk_DIST_POINT_value(points, i);
                if (point->distpoint == NULL || point->distpoint->type != 0)
                        return false;
                const GENERAL_NAMES *names = point->distpoint->name.fullname;
                for (int j = 0; j < sk_GENERAL_NAME_num(names); j++) {
                        int type = 0;
                        const ASN1_STRING *uri =
                                GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, j), &type);
                        if (type != GEN_URI || ASN1_STRING_length(uri) != (int)strlen(url) ||
                            memcmp(ASN1_STRING_get0_data(uri), url, strlen(url)) != 0)
                                return false;
                }
        }
        return true;
}

void aza_snp_crl_url(const struct aza_snp_chain *chain, char out[AZA_SNP_CRL_URL_MAX])
{
        (void)snprintf(out, AZA_SNP_CRL_URL_MAX, "https://kdsintf.amd.com/%s/v1/%s/crl",
                       chain->signer == AZA_SNP_VLEK ? "vlek" : "vcek",
                       aza_snp_product_text(chain->product));
}

static const char *fault(const struct aza_snp_chain *chain, X509_CRL *crl, int64_t time)
{
        const X509_ALGOR *algorithm = NULL;
        X509_REVOKED *entry = NULL;
        char url[AZA_SNP_CRL_URL_MAX];

        aza_snp_crl_url(chain, url);
        if (!point_fits(chain->ask, url))
                return "the ASK names another revocation list than AMD's for its product";
        X509_CRL_get0_signature(crl, NULL, &algorithm);
        const char *reason = aza_snp_pss_fault(algorithm);
        if (reason == NULL)
                reason = aza_crl_fault(crl, chain->ark, time);
        if (reason == NULL)
                reason = aza_crl_scope_fault(crl, chain->ask);
        if (reason != NULL)
                return reason;
        if (X509_CRL_get0_by_cert(crl, &entry, chain->ask) != 0)
                return "the ASK or ASVK is revoked";
        return NULL;
}

bool aza_snp_crl_verify(const struct aza_snp_chain *chain, X509_CRL *crl, enum aza_crl_mode mode,
                        int64_t time, struct aza_checks *checks)
{
        if (mode == AZA_CRL_IGNORE)
                return aza_not_checked(checks, AZA_CHECK_S21, AZA_SWITCHED_OFF,
                                       "the caller ignores revocation") ||
                       true;
        if (chain->ask == NULL || chain->ark == NULL)
                return aza_not_checked(checks, AZA_CHECK_S21, AZA_FOLLOWS, "as S10");
        if (crl == NULL) {
                (void)aza_not_checked(checks, AZA_CHECK_S21, AZA_UNAVAILABLE,
                                      "no revocation list of the ARK was given");
                aza_check_required(checks, mode == AZA_CRL_REQUIRE);
                return mode != AZA_CRL_REQUIRE;
        }
        (void)ERR_set_mark();
        const char *reason = fault(chain, crl, time);
        (void)ERR_pop_to_mark();
        if (reason != NULL)
                return aza_reject(checks, AZA_CHECK_S21, "%s", reason);
        return aza_accept(checks, AZA_CHECK_S21, NULL);
}
