/* SPDX-License-Identifier: Apache-2.0 */
/* HCL report: content of NV 0x01400001 (PROTOCOL.md 5, CHECKS.md 3). Pure, fuzzed. */
#ifndef AZA_EVIDENCE_HCL_REPORT_H
#define AZA_EVIDENCE_HCL_REPORT_H

#include "base/checks.h"
#include "base/own.h"

enum aza_hcl_type {
        AZA_HCL_VBS = 1,
        AZA_HCL_SNP = 2,
        AZA_HCL_TVM = 3,
        AZA_HCL_TDX = 4,
        AZA_HCL_CCA = 5,
};

/* Spans point into the blob that was parsed. */
struct aza_hcl_report {
        uint32_t version;
        uint32_t type; /* enum aza_hcl_type */
        uint32_t hash_type;
        struct aza_span hardware;    /* SNP: 1184 bytes; TDX: the 1024-byte TDREPORT */
        struct aza_span report_data; /* 64 bytes in it */
        struct aza_span runtime;     /* the JSON as stored */
};

const char *aza_hcl_type_text(uint32_t type);

/* Checks H1-H8 (rows added to `checks`), and H9-H10 with `libctx`. True when all accept; the fields
 * are set as far as they could be read when H1-H6 accept. */
bool aza_hcl_report_parse(OSSL_LIB_CTX *libctx, struct aza_span blob, struct aza_checks *checks,
                          struct aza_hcl_report *ret);

/* H9, H10 on their own: runtime JSON against a REPORT_DATA of another source. */
bool aza_runtime_binding(OSSL_LIB_CTX *libctx, struct aza_span runtime, uint32_t hash_type,
                         struct aza_span report_data, struct aza_checks *checks);

/* What the runtime JSON says. Owned; free with aza_runtime_free. */
struct aza_runtime {
        json_object *json; /* everything, strict */
        EVP_PKEY *ak;      /* kid HCLAkPub */
        const char *vmid;  /* vm-configuration.vmUniqueId or NULL; host-asserted */
        bool has_user_data;
        uint8_t user_data[64];
};
void aza_runtime_free(struct aza_runtime *r);
/* H13, H14 rows. */
bool aza_runtime_parse(OSSL_LIB_CTX *libctx, struct aza_span runtime, struct aza_checks *checks,
                       struct aza_runtime *ret);

#endif
