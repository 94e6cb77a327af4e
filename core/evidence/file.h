/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence file (D34): everything a verifier on another machine needs, as JSON. Reading it
 * proves nothing; judge.h does that. Pure, fuzzed. */
#ifndef AZA_EVIDENCE_FILE_H
#define AZA_EVIDENCE_FILE_H

#include "evidence/evidence.h"
#include "tdx/collateral.h"

#define AZA_EVIDENCE_FILE_MAX (16u << 20)

/* Empty members were not in the file. Owned; free with aza_evidence_file_free. */
struct aza_evidence_file {
        int64_t time;   /* when it was collected, as the file says; 0: not said */
        enum aza_vm vm; /* as the file says */
        struct aza_bytes hcl_report, runtime_data, snp_report, td_quote;
        struct aza_bytes vcek_chain;     /* PEM */
        struct aza_bytes ak_public;      /* TPM2B_PUBLIC */
        struct aza_bytes ak_certificate; /* DER, maybe with NV padding */
        struct aza_bytes ak_chain;       /* PEM */
        struct aza_attestation quote;
        struct aza_pcrs pcrs; /* mask 0: none */
        struct aza_bytes event_log;
        struct aza_bytes key_public; /* TPM2B_PUBLIC of the attested key */
        struct aza_attestation certify;
        struct aza_td_collateral td_collateral;
        struct aza_bytes nonce; /* the verifier's, not the qualifying data made from it */
};
void aza_evidence_file_free(struct aza_evidence_file *f);

/* Copies what was collected. `nonce` may be empty. 0 or AZATTEST_E_NO_MEMORY. */
int aza_evidence_file_of(OSSL_LIB_CTX *libctx, const struct aza_evidence *e, struct aza_span nonce,
                         int64_t time, struct aza_evidence_file *ret);

/* JSON text with a line end; members that are empty are left out. 0 or AZATTEST_E_NO_MEMORY. */
int aza_evidence_file_encode(const struct aza_evidence_file *f, struct aza_bytes *ret);

/* Strict: unknown members, wrong types, bad base64, unknown version are refused. 0,
 * AZATTEST_E_INPUT (says which member), AZATTEST_E_NO_MEMORY. */
int aza_evidence_file_decode(struct aza_span text, struct aza_evidence_file *ret);

#endif
