/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier demands of an SNP report whose signature holds (S23-S36), and the whole
 * verification S1-S36. Pure. */
#ifndef AZA_SNP_POLICY_H
#define AZA_SNP_POLICY_H

#include "snp/chain.h"
#include "snp/floors.h"
#include "snp/report.h"

/* Policy bits (S29). */
#define AZA_SNP_POLICY_SMT             (1ull << 16)
#define AZA_SNP_POLICY_MIGRATE_MA      (1ull << 18)
#define AZA_SNP_POLICY_DEBUG           (1ull << 19)
#define AZA_SNP_POLICY_SINGLE_SOCKET   (1ull << 20)
#define AZA_SNP_POLICY_CXL             (1ull << 21)
#define AZA_SNP_POLICY_AES_256_XTS     (1ull << 22)
#define AZA_SNP_POLICY_RAPL_DIS        (1ull << 23)
#define AZA_SNP_POLICY_CIPHERTEXT_DRAM (1ull << 24)
#define AZA_SNP_POLICY_PAGE_SWAP_DIS   (1ull << 25)

/* Zero-initialised: what azure-baseline demands and nothing more. */
struct aza_snp_options {
        const struct aza_profile *profile; /* NULL: azure-baseline */
        const aza_certs *certs;            /* candidates for the chain; borrowed */
        const char *roots;                 /* extra ARK SPKI pins or NULL */
        int64_t time;
        enum aza_crl_mode crl_mode;
        X509_CRL *crl;                /* borrowed, or NULL */
        uint64_t policy_allow;        /* further ceiling bits: _DEBUG, _MIGRATE_MA, _CXL */
        uint64_t policy_forbid;       /* ceiling bits allowed by default: _SMT */
        uint64_t policy_require;      /* floor bits */
        uint8_t abi_major, abi_minor; /* floor; 0.0 none */
        uint64_t platform_require;    /* besides the profile's */
        uint64_t platform_forbid;
        bool platform_allow_unknown; /* bits above 7 */
        uint32_t vmpl_allow;         /* bit n: VMPL n; 0: only VMPL 0 */
        bool no_provisional;
        bool allow_masked_chip;
        const struct aza_snp_tcb *launch_floor;
        const struct aza_snp_firmware *firmware_floor;
        struct aza_span measurement, host_data, report_id, report_id_ma, family_id, image_id,
                chip_id;                   /* data NULL: not demanded */
        struct aza_span_list measurements; /* MEASUREMENT is one of these (S33) */
        struct aza_span_list id_keys;      /* instead of the profile's (S34) */
        struct aza_span_list author_keys, chips;
        uint64_t mitigations; /* bits needed in both vectors; 0 none */
        uint32_t products;    /* bit n: enum aza_snp_product n; 0: any */
        const char *csp_id;   /* VLEK's `.5`, or NULL */
};

/* S25-S36. `product` is the agreed one (S9). */
bool aza_snp_policy_check(const struct aza_snp_report *report, enum aza_snp_product product,
                          const struct aza_snp_options *options, struct aza_checks *checks);

/* S1-S36 of `bytes`. Every check has exactly one row. `ret` (may be NULL) is
 * set as far as S1 and S2 allow. */
bool aza_snp_verify(OSSL_LIB_CTX *libctx, struct aza_span bytes,
                    const struct aza_snp_options *options, struct aza_checks *checks,
                    struct aza_snp_report *ret);

#endif
