/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's certificates of an SNP report: ARK, ASK or ASVK, VCEK or VLEK (CHECKS.md 2.2). The
 * certificates come from anywhere, trust from the pins of snp_chain.c and of `amd-root` (D3).
 * Pure. */
#ifndef AZA_SNP_CHAIN_H
#define AZA_SNP_CHAIN_H

#include "base/certs.h"
#include "snp/report.h"

/* Owned: every certificate is a reference of its own. */
struct aza_snp_chain {
        X509 *leaf, *ask, *ark;       /* any may be NULL: not among the certificates given */
        enum aza_snp_signer signer;   /* whom the leaf is for */
        enum aza_snp_product product; /* by the name of the leaf's issuer */
        bool extra_pin;               /* the anchor is one of `amd-root` */
        /* from the leaf's extensions (S17); set when aza_snp_chain_verify could read them */
        struct aza_snp_tcb spl;
        uint8_t hwid[64];
        size_t hwid_len; /* 0 with a VLEK */
        char product_name[33];
        char csp_id[65];
};
void aza_snp_chain_free(struct aza_snp_chain *chain);

/* Picks the three certificates out of `pile` by name; a pinned ARK is preferred. Checks nothing. */
void aza_snp_chain_find(OSSL_LIB_CTX *libctx, const aza_certs *pile, const char *roots,
                        struct aza_snp_chain *ret);

struct aza_snp_chain_options {
        const char *roots;      /* extra ARK SPKI pins (configuration `amd-root`) or "" */
        int64_t time;           /* evaluation time */
        bool allow_masked_chip; /* S20: CHIP_ID of zeros is tolerated */
        const char *csp_id;     /* S17: a VLEK's `.5` must be this; NULL: any */
};
/* S9-S20 of `chain` for `report`. A missing certificate is "unavailable", never "bad". */
bool aza_snp_chain_verify(OSSL_LIB_CTX *libctx, struct aza_snp_chain *chain,
                          const struct aza_snp_report *report,
                          const struct aza_snp_chain_options *options, struct aza_checks *checks);

/* S17-S20 alone, called by aza_snp_chain_verify (snp_leaf.c). */
bool aza_snp_leaf_verify(struct aza_snp_chain *chain, const struct aza_snp_report *report,
                         const struct aza_snp_chain_options *options, struct aza_checks *checks);

enum aza_crl_mode {
        AZA_CRL_IF_AVAILABLE,
        AZA_CRL_REQUIRE,
        AZA_CRL_IGNORE,
};
/* Where AMD publishes the revocation list of that product and kind of key. */
#define AZA_SNP_CRL_URL_MAX 96
void aza_snp_crl_url(const struct aza_snp_chain *chain, char out[AZA_SNP_CRL_URL_MAX]);
/* S21: the ASK or ASVK in the ARK's CRL `crl` (NULL: none at hand). */
bool aza_snp_crl_verify(const struct aza_snp_chain *chain, X509_CRL *crl, enum aza_crl_mode mode,
                        int64_t time, struct aza_checks *checks);
/* RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt 48, trailer 1 (S12). NULL or the reason. */
const char *aza_snp_pss_fault(const X509_ALGOR *algorithm);

#endif
