/* SPDX-License-Identifier: Apache-2.0 */
/* Where certificates are published. No network here. */
#include "evidence/collateral.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define KDS "https://kdsintf.amd.com/vcek/v1"

AZA_OWN_DEFINE(AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free);

bool aza_kds_urls(const struct aza_snp_report *report, enum aza_snp_product product,
                  char vcek[AZA_URL_MAX], char chain[AZA_URL_MAX])
{
        struct aza_span id = report->chip_id;
        struct aza_snp_tcb tcb;
        char hex[2 * 64 + 1], fmc[32] = "";

        if (product == AZA_SNP_UNKNOWN || id.len != 64 || aza_span_is_zero(id))
                return false;
        if (product == AZA_SNP_TURIN)
                id.len = 8; /* S20: only these count */
        tcb = aza_snp_tcb_of(report->reported_tcb, product);
        if (product == AZA_SNP_TURIN)
                (void)snprintf(fmc, sizeof(fmc), "fmcSPL=%u&", tcb.fmc);
        (void)snprintf(vcek, AZA_URL_MAX, KDS "/%s/%s?%sblSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u",
                       aza_snp_product_text(product), aza_hex(id, hex), fmc, tcb.bootloader,
                       tcb.tee, tcb.snp, tcb.microcode);
        (void)snprintf(chain, AZA_URL_MAX, KDS "/%s/cert_chain", aza_snp_product_text(product));
        return true;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
        size_t n = strlen(end);

        return len >= n && strncasecmp(text + len - n, end, n) == 0;
}

static bool allowed_host(const char *host, size_t len)
{
        static const char *const whole[] = {"crl.microsoft.com", "www.microsoft.com"};

        for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
                if (len == strlen(whole[i]) && strncasecmp(host, whole[i], len) == 0)
                        return true;
        return ends_with(host, len, ".pki.core.windows.net");
}

/* scheme://host/path, nothing else: no user, no port, no control characters. */
static bool allowed_url(const char *url, size_t len)
{
        const char *host;
        size_t host_len;

        if (len >= AZA_URL_MAX || strlen(url) != len)
                return false;
        for (size_t i = 0; i < len; i++)
                if (url[i] <= ' ' || url[i] > '~')
                        return false;
        if (strncmp(url, "http://", 7) == 0)
                host = url + 7;
        else if (strncmp(url, "https://", 8) == 0)
                host = url + 8;
        else
                return false;
        host_len = strcspn(host, "/");
        return strcspn(host, "@:?#\\") >= host_len && allowed_host(host, host_len);
}

bool aza_aia_url(X509 *certificate, char out[AZA_URL_MAX])
{
        AZA_OWN(AUTHORITY_INFO_ACCESS_free) AUTHORITY_INFO_ACCESS *info = NULL;

        (void)ERR_set_mark();
        info = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
        (void)ERR_pop_to_mark();
        for (int i = 0; info != NULL && i < sk_ACCESS_DESCRIPTION_num(info); i++) {
                const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(info, i);
                const ASN1_IA5STRING *uri;

                if (OBJ_obj2nid(access->method) != NID_ad_ca_issuers ||
                    access->location->type != GEN_URI)
                        continue;
                uri = access->location->d.uniformResourceIdentifier;
                if (!allowed_url((const char *)ASN1_STRING_get0_data(uri),
                                 (size_t)ASN1_STRING_length(uri)))
                        continue;
                (void)snprintf(out, AZA_URL_MAX, "%s", (const char *)ASN1_STRING_get0_data(uri));
                return true;
        }
        return false;
}
