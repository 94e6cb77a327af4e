/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's TCB documents: TCB info (version 3, of TDX) and identity of the quoting enclave (version
 * 2), as JSON that Intel signed; and the levels in them. Pure, fuzzed. */
#ifndef AZA_TDX_TCB_H
#define AZA_TDX_TCB_H

#include "base/own.h"
#include "tdx/pck.h"
#include "tdx/quote.h"

#define AZA_TCB_DOCUMENT_MAX 262144u

/* Flags, so that the worst of several is their union (aza_tcb_worst). */
enum aza_tcb_status {
        AZA_TCB_UP_TO_DATE = 0,
        AZA_TCB_SW_HARDENING = 1,
        AZA_TCB_CONFIGURATION = 2,
        AZA_TCB_CONFIGURATION_SW = 3,
        AZA_TCB_OUT_OF_DATE = 4,
        AZA_TCB_OUT_OF_DATE_CONFIGURATION = 6,
        AZA_TCB_REVOKED = 8,
        AZA_TCB_UNKNOWN = 16, /* no level is met, or none was looked for */
};
/* As Intel spells them: "UpToDate"; "unknown". */
const char *aza_tcb_status_text(enum aza_tcb_status status);
/* Of such a text; AZA_TCB_UNKNOWN when it is none. */
enum aza_tcb_status aza_tcb_status_of(const char *text);
enum aza_tcb_status aza_tcb_worst(enum aza_tcb_status a, enum aza_tcb_status b);

/* A document and the signature of it, as the service hands them out:
 * {"tcbInfo": {...}, "signature": "hex"}. */
struct aza_tcb_document {
        struct aza_span text;  /* the inner object, byte for byte: what is signed */
        uint8_t signature[64]; /* r, s */
        json_object *json;     /* of exactly `text`; owned */
        int64_t issued, next_update;
        int64_t evaluation; /* tcbEvaluationDataNumber */
};
void aza_tcb_document_free(struct aza_tcb_document *d);
/* `member`: "tcbInfo" or "enclaveIdentity", its document with `id` and `version`. NULL, or what is
 * wrong (static). */
const char *aza_tcb_document_parse(struct aza_span body, const char *member,
                                   struct aza_tcb_document *ret);

struct aza_tcb_level {
        enum aza_tcb_status status;
        const char *date;        /* tcbDate, or "?"; of the document */
        json_object *advisories; /* of the document, or NULL */
};

struct aza_qe_identity {
        struct aza_tcb_document document;
        uint32_t misc_select, misc_select_mask;
        uint8_t attributes[16], attributes_mask[16], mrsigner[32];
        uint16_t isv_prod_id;
};
void aza_qe_identity_free(struct aza_qe_identity *identity);
const char *aza_qe_identity_parse(struct aza_span body, struct aza_qe_identity *ret);
/* Whether the enclave is the one described: NULL, or the field that differs. */
const char *aza_qe_identity_fault(const struct aza_qe_identity *identity,
                                  const struct aza_sgx_report *qe);
/* The level that `isv_svn` reaches; status unknown when none. */
struct aza_tcb_level aza_qe_level(const struct aza_qe_identity *identity, uint16_t isv_svn);

struct aza_tcb_info {
        struct aza_tcb_document document;
        uint8_t fmspc[6], pce_id[2];
};
void aza_tcb_info_free(struct aza_tcb_info *info);
const char *aza_tcb_info_parse(struct aza_span body, struct aza_tcb_info *ret);
/* The first level that platform and TD reach (I12). */
struct aza_tcb_level aza_tcb_level_of(const struct aza_tcb_info *info, const struct aza_pck *pck,
                                      const struct aza_td *td);
/* The TDX module (I11): NULL and its level, or what is wrong with it. */
const char *aza_tdx_module(const struct aza_tcb_info *info, const struct aza_td *td,
                           struct aza_tcb_level *ret);

#endif
