/* SPDX-License-Identifier: Apache-2.0 */
/* The TD quote of Intel's DCAP, versions 4 and 5 (PROTOCOL.md 5.6): form only, no signature is
 * looked at. Pure, fuzzed. */
#ifndef AZA_TDX_QUOTE_H
#define AZA_TDX_QUOTE_H

#include "tdx/report.h"

#define AZA_TD_QUOTE_P256     2u /* type of the attestation key: ECDSA P-256 */
#define AZA_TD_QUOTE_QE       6u /* certification data: QE report, signature, and type 5 */
#define AZA_TD_QUOTE_PEM      5u /* certification data: PEM of PCK, its CA, root */
#define AZA_SGX_REPORT_LEN    384u
#define AZA_P256_LEN          64u /* signature (r, s) or public key (x, y) */
#define AZA_TD_QUOTE_BODY_10  2u  /* body types of version 5 */
#define AZA_TD_QUOTE_BODY_15  3u
#define AZA_TD_QUOTE_BODY_LEN 584u /* of TD 1.0 */

/* Spans into the quote. */
struct aza_td_quote {
        uint16_t version;
        struct aza_td td;
        struct aza_span qe_vendor, user_data; /* of the header */
        struct aza_span text;                 /* header and body: what is signed */
        struct aza_span signature, key;       /* of the attestation key */
        uint16_t certification_type;
        struct aza_span certification;
};
/* I1: NULL, or what is wrong with the form. */
const char *aza_td_quote_parse(struct aza_span quote, struct aza_td_quote *ret);

/* The same of header and body alone, whatever follows: what H11 compares. */
const char *aza_td_quote_body(struct aza_span quote, struct aza_td *ret);

/* The report of an SGX enclave, here of the quoting enclave. */
struct aza_sgx_report {
        struct aza_span cpu_svn, attributes, mrsigner, report_data;
        uint32_t misc_select;
        uint16_t isv_prod_id, isv_svn;
};

struct aza_td_certification {
        struct aza_span qe_report; /* as signed by the PCK */
        struct aza_sgx_report qe;
        struct aza_span qe_signature, auth_data;
        struct aza_span certificates; /* PEM, without the NUL behind it */
};
/* I2: NULL, or what is wrong with the certification data of a quote that was parsed. */
const char *aza_td_certification_parse(const struct aza_td_quote *quote,
                                       struct aza_td_certification *ret);

#endif
