/* SPDX-License-Identifier: Apache-2.0 */
/* Real TD quotes and Intel's real collateral (tdx-quotes of the vectors). */
#ifndef TEST_TDX_REAL_SUPPORT_H
#define TEST_TDX_REAL_SUPPORT_H

#include "unit/evidence_support.h"

#include "tdx/verify.h"

#define FLASHBOTS  "azure-tdx/tdx-flashbots-2025-12-ak-ca03/td-quote.bin"
#define COCO       "azure-tdx/tdx-coco/td-quote.bin"
#define GCP        "tdx-quotes/dcap-tdx-1766059550570652607"
#define V5         "tdx-quotes/td_quote_v5.dat"
#define DEBUG_TD   "tdx-quotes/tdx_quote_4_debug.dat"
#define AZURE      "tdx-quotes/azure-collateral02.yaml"
#define GCP_DOCS   "tdx-quotes/dcap-quote-collateral-00.yaml"
#define AZURE_TIME 1771588800 /* 2026-02-20 */
#define GCP_TIME   1769904000 /* 2026-02-01 */

/* The lines of block `name` of a YAML file, two blanks taken off each, without the last line
 * end. */
static inline struct aza_bytes yaml_block(const struct aza_bytes *file, const char *name)
{
        struct aza_bytes out = {0};
        char head[64];
        (void)snprintf(head, sizeof(head), "\n%s: |-\n", name);
        AZA_BYTES struct aza_bytes text = {0};
        assert_int_equal(aza_bytes_append_text(&text, "\n"), 0);
        assert_int_equal(aza_bytes_append(&text, file->data, file->len), 0);
        const char *at = strstr((const char *)text.data, head);
        assert_non_null(at);
        for (at += strlen(head); strncmp(at, "  ", 2) == 0;) {
                size_t len = strcspn(at, "\n");
                if (out.len > 0)
                        assert_int_equal(aza_bytes_append_text(&out, "\n"), 0);
                assert_int_equal(aza_bytes_append(&out, at + 2, len - 2), 0);
                at += len + (at[len] == '\n');
        }
        return out;
}

static inline struct aza_bytes unhexed(const struct aza_bytes *file, const char *name)
{
        AZA_BYTES struct aza_bytes text = yaml_block(file, name);
        struct aza_bytes out = {0};
        assert_int_equal(aza_bytes_resize(&out, text.len / 2), 0);
        assert_int_equal(aza_unhex((const char *)text.data, text.len, out.data, out.len), 0);
        return out;
}

/* The document and its signature, as Intel's service puts them together. */
static inline struct aza_bytes served(const struct aza_bytes *file, const char *member,
                                      const char *name)
{
        struct aza_bytes out = {0};
        char other[64];
        (void)snprintf(other, sizeof(other), "%s_signature", name);
        AZA_BYTES struct aza_bytes document = yaml_block(file, name);
        AZA_BYTES struct aza_bytes signature = yaml_block(file, other);
        const char *const parts[] = {"{\"",
                                     member,
                                     "\":",
                                     (const char *)document.data,
                                     ",\"signature\":\"",
                                     (const char *)signature.data,
                                     "\"}"};
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                assert_int_equal(aza_bytes_append_text(&out, parts[i]), 0);
        return out;
}

static inline struct aza_td_collateral real_collateral(const char *name)
{
        AZA_BYTES struct aza_bytes file = vector(name);
        return (struct aza_td_collateral){
                .tcb_info = served(&file, "tcbInfo", "tcb_info"),
                .qe_identity = served(&file, "enclaveIdentity", "qe_identity"),
                .tcb_info_chain = yaml_block(&file, "tcb_info_issuer_chain"),
                .qe_identity_chain = yaml_block(&file, "qe_identity_issuer_chain"),
                .pck_crl = unhexed(&file, "pck_crl"),
                .root_crl = unhexed(&file, "root_ca_crl")};
}

#endif
