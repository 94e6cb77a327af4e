/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP attestation report, versions 2-5: fields, form and signature (CHECKS.md 2 and 2.1).
 * Pure, fuzzed. Certificates are snp_chain.h's, values snp_policy.h's matter. */
#ifndef AZA_SNP_REPORT_H
#define AZA_SNP_REPORT_H

#include "base/checks.h"
#include "base/own.h"

#define AZA_SNP_REPORT_LEN 1184u

enum aza_snp_product {
        AZA_SNP_UNKNOWN,
        AZA_SNP_MILAN,
        AZA_SNP_GENOA,
        AZA_SNP_TURIN,
};
const char *aza_snp_product_text(enum aza_snp_product product); /* "Milan" */
/* By CPUID (S8); unknown for what is none of these. */
enum aza_snp_product aza_snp_product_of(uint8_t family, uint8_t model);

/* Who signed the report, or whom a certificate is for. */
enum aza_snp_signer {
        AZA_SNP_VCEK,
        AZA_SNP_VLEK,
        AZA_SNP_NOBODY, /* no certificate, or neither kind */
};

/* TCB words, taken apart: compared component by component, never as integers. fmc: Turin only. */
struct aza_snp_tcb {
        uint8_t bootloader, tee, snp, microcode, fmc;
};
/* Reads an 8-byte TCB word in the product's layout. */
struct aza_snp_tcb aza_snp_tcb_of(const uint8_t word[8], enum aza_snp_product product);
bool aza_snp_tcb_equal(const struct aza_snp_tcb *a, const struct aza_snp_tcb *b);
/* True when every component of `low` is at most that of `high`. */
bool aza_snp_tcb_at_most(const struct aza_snp_tcb *low, const struct aza_snp_tcb *high);
/* "bootloader 4, TEE 0, SNP 0x18, microcode 0xDB"; `out` has 96 bytes. Returns `out`. */
const char *aza_snp_tcb_text(const struct aza_snp_tcb *tcb, enum aza_snp_product product,
                             char out[96]);

struct aza_snp_firmware {
        uint8_t major, minor, build;
};

/* Spans and pointers point into the bytes that were parsed. */
struct aza_snp_report {
        uint32_t version;
        uint32_t guest_svn;
        uint64_t policy;
        uint32_t vmpl;
        uint64_t platform_info;
        uint32_t flags; /* 0x048 */
        enum aza_snp_signer signer;
        bool author_key; /* AUTHOR_KEY_EN */
        struct aza_span family_id, image_id, report_data, measurement, host_data, id_key_digest,
                author_key_digest, report_id, report_id_ma, chip_id;
        const uint8_t *current_tcb, *reported_tcb, *committed_tcb, *launch_tcb; /* 8 bytes each */
        bool has_cpuid; /* version 3 and later */
        uint8_t family, model, stepping;
        enum aza_snp_product product; /* by CPUID; unknown in version 2 */
        struct aza_snp_firmware current, committed;
        uint64_t launch_mitigation, current_mitigation;
        struct aza_span signed_part; /* 0x000-0x29F */
        const uint8_t *r, *s;        /* 72 bytes each, little-endian */
};

/* S1-S8. `leaf` is whom the certificate given is for (S4), AZA_SNP_NOBODY when there is none.
 * *ret is set when S1 and S2 accept. */
bool aza_snp_report_parse(struct aza_span bytes, enum aza_snp_signer leaf,
                          struct aza_checks *checks, struct aza_snp_report *ret);

/* S22: ECDSA P-384 with SHA-384 by `key`. */
bool aza_snp_report_signature(OSSL_LIB_CTX *libctx, const struct aza_snp_report *report,
                              EVP_PKEY *key, struct aza_checks *checks);

#endif
