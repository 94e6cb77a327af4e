/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 from evidence: the AK certificate with NV padding, piles, AMD's extensions, CMW. */
#include "certificate/certificate.h"
#include "base/certs.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "certificate/csr.h"
#include "evidence/ak_cert.h"
#include "evidence/collateral.h"
#include "fuzz.h"
#include "snp/chain.h"

/* A report that only has what S17-S20 look at. */
static void leaf_extensions(const aza_certs *pile)
{
        static const uint8_t word[8] = {4, 0, 0, 0, 0, 0, 24, 219};
        static const uint8_t chip[64] = {1};
        const struct aza_snp_report report = {
                .version = 3,
                .current_tcb = word,
                .reported_tcb = word,
                .committed_tcb = word,
                .launch_tcb = word,
                .chip_id = {chip, sizeof chip},
                .product = AZA_SNP_MILAN,
        };
        const struct aza_snp_chain_options options = {.roots = "", .time = 1800000000};
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_CHECKS struct aza_checks leaf = {0};
        struct aza_snp_chain chain = {0};
        aza_snp_chain_find(fuzz_libctx(), pile, "", &chain);
        bool good = aza_snp_chain_verify(fuzz_libctx(), &chain, &report, &options, &checks);
        fuzz_rows_agree(&checks, good);
        FUZZ_CHECK(!good);
        if (chain.leaf != NULL)
                (void)aza_snp_leaf_verify(&chain, &report, &options, &leaf);
        FUZZ_CHECK(chain.hwid_len <= sizeof chain.hwid);
        aza_snp_chain_free(&chain);
}

/* The leaf as its own issuer: nothing chains to the built-in root. */
static void ak_chain(X509 *ak)
{
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_ak_options options = {.time = 1800000000};
        aza_certs *pile = sk_X509_new_null();
        FUZZ_CHECK(pile != NULL && X509_up_ref(ak) == 1 && sk_X509_push(pile, ak) > 0);
        FUZZ_CHECK(!aza_ak_chain_verify(fuzz_libctx(), ak, pile, &options, &checks));
        aza_certs_free(pile);
}

static bool ends(const char *host, size_t len, const char *end)
{
        size_t n = strlen(end);
        return len >= n && strncasecmp(host + len - n, end, n) == 0;
}

/* Only Microsoft's hosts are ever asked (A7). */
static void issuer_url(X509 *certificate)
{
        char url[AZA_URL_MAX];
        if (!aza_aia_url(certificate, url))
                return;
        FUZZ_CHECK(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
        const char *host = strstr(url, "://") + 3;
        size_t len = strcspn(host, "/:@?#");
        FUZZ_CHECK(host[len] == '/' || host[len] == '\0');
        FUZZ_CHECK(ends(host, len, ".pki.core.windows.net") || ends(host, len, ".microsoft.com"));
}

/* What the strict reader takes is what it encodes, and what has no readable list has a fault. */
static void request(struct aza_span in)
{
        AZA_OWN(X509_REQ_free) X509_REQ *csr = NULL;
        AZA_BYTES struct aza_bytes jwt = {0};

        if (aza_one_request(fuzz_libctx(), in, &csr) != 0)
                return;
        FUZZ_CHECK(aza_is_request(in) || in.data[0] == 0x30);
        const bool readable = aza_csr_token(csr, &jwt) == 0;
        struct aza_fault words;
        const char *fault = aza_csr_fault(csr, &words);
        FUZZ_CHECK(!readable || fault == NULL ||
                   strcmp(fault, "its extensions cannot be read") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span in = aza_span_of(data, size);
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *ak = NULL;
        AZA_OWN(X509_free) X509 *one = aza_cert_parse(fuzz_libctx(), in);
        aza_certs *pile = sk_X509_new_null();
        int64_t expiry;
        bool late;

        if (aza_ak_cert_parse(fuzz_libctx(), in, &checks, &ak)) {
                AZA_CHECKS struct aza_checks same = {0};
                FUZZ_CHECK(ak != NULL);
                bool equal = EVP_PKEY_eq(X509_get0_pubkey(ak), fuzz_rsa()) == 1;
                FUZZ_CHECK(aza_ak_same(fuzz_rsa(), fuzz_rsa(), ak, &same) == equal);
                ak_chain(ak);
        }
        (void)aza_ak_cert_usable(fuzz_libctx(), in);
        if (one != NULL) {
                AZA_BYTES struct aza_bytes jwt = {0};
                (void)aza_cmw_of_certificate(one, AZA_CMW_OID, &jwt);
                (void)aza_certificate_expiry(one, &expiry);
                (void)aza_cert_valid_at(one, 1800000000, &late);
                issuer_url(one);
        }
        request(in);
        if (aza_certs_add(fuzz_libctx(), in, pile) == 0 && sk_X509_num(pile) > 0)
                leaf_extensions(pile);
        aza_certs_free(pile);
        return 0;
}
