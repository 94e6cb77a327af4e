/* SPDX-License-Identifier: Apache-2.0 */
/* TPMS_ATTEST and TPMT_PUBLIC as a verifier sees them: parsed with tpm2-tss MU, everything
 * consumed, checks Q1-Q15 (CHECKS.md 5). Pure, fuzzed. */
#ifndef AZA_EVIDENCE_ATTEST_STRUCT_H
#define AZA_EVIDENCE_ATTEST_STRUCT_H

#include "base/checks.h"
#include "base/own.h"
#include "tpm/pcr.h"

#include <tss2/tss2_tpm2_types.h>

/* The RSA public key inside a TPM2B_PUBLIC (`trailing` allows bytes after it), with its attributes
 * and Name. 0 or AZATTEST_E_EVIDENCE. */
struct aza_tpm_public {
        EVP_PKEY *key;
        uint32_t attributes; /* TPMA_OBJECT */
        uint8_t policy[32];
        bool has_policy;
        uint8_t name[34];
};
void aza_tpm_public_free(struct aza_tpm_public *p);
int aza_tpm_public_parse(OSSL_LIB_CTX *libctx, struct aza_span tpm2b, bool trailing,
                         struct aza_tpm_public *ret);

/* Reads a TPMS_ATTEST of `type` (TPM2_ST_ATTEST_QUOTE, _CERTIFY); signature not looked at. NULL
 * when fine, else the reason; *ret_end (may be NULL) tells a fault after the end (Q4) from others
 * (Q3). */
const char *aza_attest_parse(struct aza_span message, uint16_t type, TPMS_ATTEST *ret,
                             bool *ret_end);

/* The raw RSASSA signature in `signature`, which is that or a TPMT_SIGNATURE of RSASSA with SHA-256
 * (Q1). NULL when fine, else the reason. */
const char *aza_attest_signature(const EVP_PKEY *ak, struct aza_span signature,
                                 struct aza_span *ret);

/* A value that a PCR of the SHA-256 bank may have; several for one PCR are alternatives. */
struct aza_pcr_value {
        unsigned int pcr; /* below AZA_PCR_COUNT */
        uint8_t value[AZA_PCR_SIZE];
};
struct aza_pcr_values {
        const struct aza_pcr_value *items;
        size_t count;
};

/* What an AK is said to have signed. Borrowed. */
struct aza_signed {
        EVP_PKEY *ak;
        struct aza_span message;   /* TPMS_ATTEST */
        struct aza_span signature; /* raw or TPMT_SIGNATURE */
};

struct aza_quote_expect {
        const struct aza_pcrs *pcrs;  /* values and exact selection; NULL: Q7 not checked, and */
        uint32_t mask;                /* this the exact selection; 0: nor Q6 */
        uint32_t offered;             /* PCRs that the evidence gives values of: those that are not
                                      quoted are named (Q8) and not used */
        struct aza_span nonce;        /* qualifying data; data NULL: Q5 not required */
        uint32_t policy_mask;         /* PCRs the verifier relies on (Q9); 0: none named */
        struct aza_pcr_values values; /* what relied-on PCRs must have (Q9); empty: not demanded */
        bool allow_resettable;        /* PCR 16 and 23 may be among them */
        uint16_t bank;                /* 0: SHA-256 and `pcrs`; else TPM2_ALG_SHA1, _SHA384, ... */
        uint32_t bank_mask;           /* selection in that bank */
        struct aza_span bank_values;  /* its values, ascending, without gaps */
};
/* What a verified quote showed (Q10). */
struct aza_quote_info {
        uint64_t clock;
        uint32_t reset_count, restart_count;
        bool safe;
        uint64_t firmware;
        struct aza_pcr_state state; /* mask 0: something about it is wrong */
        struct aza_span extra_data; /* into `message` */
};
/* Q1-Q10. True: the PCR values are proven. They may still not be the expected ones, which row Q9
 * alone says. `ret` may be NULL and is set when the signature holds. */
bool aza_quote_verify(OSSL_LIB_CTX *libctx, const struct aza_signed *quote,
                      const struct aza_quote_expect *expect, struct aza_checks *checks,
                      struct aza_quote_info *ret);

/* Q9, for aza_quote_verify: `quoted` is the SHA-256 selection, `proven` whether expect->pcrs are
 * its values. False: something relies on a PCR that the guest can reset. */
uint32_t
aza_quote_named(const struct aza_quote_expect *expect); /* PCRs whose values are demanded */
bool aza_quote_relied_on(const struct aza_quote_expect *expect, uint32_t quoted, bool proven,
                         struct aza_checks *checks);

/* True when the (unverified) quote is over exactly these PCR values: for the collecting side, which
 * quotes again when a PCR was extended in between (rule 41 of PROTOCOL.md 13). */
bool aza_quote_shows(OSSL_LIB_CTX *libctx, struct aza_span message, const struct aza_pcrs *pcrs);

struct aza_certify_expect {
        struct aza_span key_public;        /* TPM2B_PUBLIC of the certified key */
        const struct aza_pcr_state *state; /* of the verified quote; NULL: Q15 not checked */
        struct aza_span nonce;             /* qualifying data; data NULL: Q13 not required */
};
/* Q11-Q15. */
bool aza_certify_verify(OSSL_LIB_CTX *libctx, const struct aza_signed *certification,
                        const struct aza_certify_expect *expect, struct aza_checks *checks);

#endif
