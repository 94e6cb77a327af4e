/* SPDX-License-Identifier: Apache-2.0 */
/* The HCL report's frame: fixed header, hardware slot, request data, runtime JSON, and the hash
 * that binds the JSON to the hardware report. Knows nothing of what the JSON or the hardware report
 * mean. */
#include "evidence/hcl_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HCL_MAGIC          0x414C4348u /* "HCLA" */
#define HCL_AK_CERT        2u          /* request_type of the report in NV */
#define HCL_HARDWARE       0x20u
#define HCL_HARDWARE_LEN   0x4A0u
#define HCL_RUNTIME        0x4D4u /* of request version 1; version 2 has 4 bytes in front */
#define HCL_REQUEST_HEADER 20u
#define TDREPORT_LEN       1024u
#define REPORT_DATA_LEN    64u
#define SNP_REPORT_DATA    0x50u
#define TDX_REPORT_DATA    0x80u
#define TDX_REPORT_TYPE    0x81u /* first byte of a TDREPORT; no SNP report version is that high */

struct header {
        uint32_t magic, version, report_size, request_type, status;
        uint32_t data_size, request_version, type, hash_type, runtime_len;
        uint32_t bitmap; /* bytes of the capability bitmap before the JSON */
};

const char *aza_hcl_type_text(uint32_t type)
{
        switch (type) {
        case AZA_HCL_VBS:
                return "VBS";
        case AZA_HCL_SNP:
                return "SNP";
        case AZA_HCL_TVM:
                return "TVM";
        case AZA_HCL_TDX:
                return "TDX";
        case AZA_HCL_CCA:
                return "CCA";
        default:
                return "unknown";
        }
}

/* Marks `from` .. `to` as impossible to check. */
static bool skip_rows(struct aza_checks *checks, enum aza_check_id from, enum aza_check_id to)
{
        for (int id = (int)from; id <= (int)to; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_NO_INPUT,
                                      "the HCL report could not be read");
        return false;
}

static bool read_header(struct aza_span blob, struct header *h)
{
        struct aza_reader r = aza_reader_of(blob);

        h->magic = aza_read_le32(&r);
        h->version = aza_read_le32(&r);
        h->report_size = aza_read_le32(&r);
        h->request_type = aza_read_le32(&r);
        h->status = aza_read_le32(&r);
        (void)aza_read(&r, HCL_HARDWARE - 20u + HCL_HARDWARE_LEN);
        h->data_size = aza_read_le32(&r);
        h->request_version = aza_read_le32(&r);
        h->type = aza_read_le32(&r);
        h->hash_type = aza_read_le32(&r);
        h->runtime_len = aza_read_le32(&r);
        h->bitmap = h->request_version == 2 ? 4 : 0;
        return !r.failed;
}

static bool check_size(struct aza_span blob, struct header *h, struct aza_checks *checks)
{
        if (!read_header(blob, h))
                return aza_reject(checks, AZA_CHECK_H1,
                                  "%zu bytes are fewer than the %u of the fixed part", blob.len,
                                  HCL_RUNTIME);
        uint64_t need = (uint64_t)HCL_RUNTIME + h->bitmap + h->runtime_len;
        if (need > blob.len)
                return aza_reject(checks, AZA_CHECK_H1,
                                  "it claims %" PRIu64 " bytes, the blob has %zu", need, blob.len);
        return aza_accept(checks, AZA_CHECK_H1, NULL);
}

static bool check_header(const struct header *h, struct aza_checks *checks)
{
        if (h->magic != HCL_MAGIC)
                return aza_reject(checks, AZA_CHECK_H2, "it does not begin with HCLA");
        if (h->version != 1 && h->version != 2)
                return aza_reject(checks, AZA_CHECK_H2, "header version %u is unknown", h->version);
        if (h->request_type != HCL_AK_CERT)
                return aza_reject(checks, AZA_CHECK_H2, "request type %u is not 2 (AK certificate)",
                                  h->request_type);
        if (h->status != 0)
                return aza_reject(checks, AZA_CHECK_H2, "status %u", h->status);
        return aza_accept(checks, AZA_CHECK_H2, NULL);
}

static bool check_sizes_agree(struct aza_span blob, const struct header *h,
                              struct aza_checks *checks)
{
        uint64_t total = (uint64_t)HCL_RUNTIME + h->bitmap + h->runtime_len;
        uint64_t data = (uint64_t)HCL_REQUEST_HEADER + h->bitmap + h->runtime_len;

        if (h->report_size != total) {
                (void)aza_reject(checks, AZA_CHECK_H3,
                                 "report_size is %u, the parts add up to %" PRIu64, h->report_size,
                                 total);
                return skip_rows(checks, AZA_CHECK_H4, AZA_CHECK_H6);
        }
        (void)aza_accept(checks, AZA_CHECK_H3, NULL);
        if (h->request_version != 1 && h->request_version != 2) {
                (void)aza_reject(checks, AZA_CHECK_H4, "request version %u is unknown",
                                 h->request_version);
                return skip_rows(checks, AZA_CHECK_H5, AZA_CHECK_H6);
        }
        if (h->data_size != data) {
                (void)aza_reject(checks, AZA_CHECK_H4, "data_size is %u instead of %" PRIu64,
                                 h->data_size, data);
                return skip_rows(checks, AZA_CHECK_H5, AZA_CHECK_H6);
        }
        if (h->runtime_len == 0 || blob.data[HCL_RUNTIME + h->bitmap] != '{') {
                (void)aza_reject(checks, AZA_CHECK_H4,
                                 "there is no JSON object where it should be");
                return skip_rows(checks, AZA_CHECK_H5, AZA_CHECK_H6);
        }
        return aza_accept(checks, AZA_CHECK_H4, NULL);
}

static bool check_types(struct aza_span hardware, const struct header *h, struct aza_checks *checks)
{
        bool ok = true;
        bool looks_tdx = hardware.data[0] == TDX_REPORT_TYPE;

        if (h->type < AZA_HCL_VBS || h->type > AZA_HCL_CCA)
                ok = aza_reject(checks, AZA_CHECK_H5, "report type %u is unknown", h->type);
        else if (h->type != AZA_HCL_SNP && h->type != AZA_HCL_TDX)
                ok = aza_reject(checks, AZA_CHECK_H5,
                                "a %s report is no hardware evidence that can be verified",
                                aza_hcl_type_text(h->type));
        else if (looks_tdx != (h->type == AZA_HCL_TDX))
                ok = aza_reject(checks, AZA_CHECK_H5, "it is labelled %s but holds %s",
                                aza_hcl_type_text(h->type),
                                looks_tdx ? "a TDREPORT" : "no TDREPORT");
        else
                (void)aza_accept(checks, AZA_CHECK_H5, "%s", aza_hcl_type_text(h->type));
        if (h->hash_type < 1 || h->hash_type > 3)
                return aza_reject(checks, AZA_CHECK_H6, "hash type %u is unknown", h->hash_type);
        (void)aza_accept(checks, AZA_CHECK_H6, NULL);
        return ok;
}

static bool check_padding(struct aza_span blob, const struct header *h, struct aza_span hardware,
                          struct aza_checks *checks)
{
        bool ok = true;
        size_t end = (size_t)HCL_RUNTIME + h->bitmap + h->runtime_len;

        if (!aza_span_is_zero(aza_span_of(blob.data + end, blob.len - end)))
                ok = aza_reject(checks, AZA_CHECK_H7, "bytes after the runtime JSON are not zero");
        else
                (void)aza_accept(checks, AZA_CHECK_H7, NULL);
        if (h->type != AZA_HCL_TDX)
                (void)aza_not_checked(checks, AZA_CHECK_H8, AZA_NOT_APPLICABLE,
                                      "the SNP report fills its slot");
        else if (!aza_span_is_zero(aza_span_of(hardware.data + TDREPORT_LEN,
                                               HCL_HARDWARE_LEN - TDREPORT_LEN)))
                ok = aza_reject(checks, AZA_CHECK_H8, "bytes after the TDREPORT are not zero");
        else
                (void)aza_accept(checks, AZA_CHECK_H8, NULL);
        return ok;
}

bool aza_hcl_report_parse(OSSL_LIB_CTX *libctx, struct aza_span blob, struct aza_checks *checks,
                          struct aza_hcl_report *ret)
{
        struct header h;

        if (!check_size(blob, &h, checks))
                return skip_rows(checks, AZA_CHECK_H2, AZA_CHECK_H10);
        if (!check_header(&h, checks))
                return skip_rows(checks, AZA_CHECK_H3, AZA_CHECK_H10);
        struct aza_span hardware = aza_span_of(blob.data + HCL_HARDWARE, HCL_HARDWARE_LEN);
        if (!check_sizes_agree(blob, &h, checks) || !check_types(hardware, &h, checks))
                return skip_rows(checks, AZA_CHECK_H7, AZA_CHECK_H10);
        bool ok = check_padding(blob, &h, hardware, checks);
        bool tdx = h.type == AZA_HCL_TDX;
        *ret = (struct aza_hcl_report){
                .version = h.version,
                .type = h.type,
                .hash_type = h.hash_type,
                .hardware = aza_span_of(hardware.data, tdx ? TDREPORT_LEN : HCL_HARDWARE_LEN),
                .report_data = aza_span_of(
                        hardware.data + (tdx ? TDX_REPORT_DATA : SNP_REPORT_DATA), REPORT_DATA_LEN),
                .runtime = aza_span_of(blob.data + HCL_RUNTIME + h.bitmap, h.runtime_len),
        };
        return aza_runtime_binding(libctx, ret->runtime, ret->hash_type, ret->report_data,
                                   checks) &&
               ok;
}

bool aza_runtime_binding(OSSL_LIB_CTX *libctx, struct aza_span runtime, uint32_t hash_type,
                         struct aza_span report_data, struct aza_checks *checks)
{
        static const char *const names[] = {"SHA2-256", "SHA2-384", "SHA2-512"};
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned int len = 0;

        if (hash_type < 1 || hash_type > 3 || report_data.len != REPORT_DATA_LEN) {
                (void)aza_not_checked(checks, AZA_CHECK_H9, AZA_NO_INPUT,
                                      "no known hash or no report data");
                return aza_not_checked(checks, AZA_CHECK_H10, AZA_FOLLOWS, "as H9");
        }
        AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(libctx, names[hash_type - 1], NULL);
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) <= 0 ||
            EVP_DigestUpdate(ctx, runtime.data, runtime.len) <= 0 ||
            EVP_DigestFinal_ex(ctx, digest, &len) <= 0) {
                (void)aza_reject(checks, AZA_CHECK_H9, "%s cannot be computed",
                                 names[hash_type - 1]);
                return aza_not_checked(checks, AZA_CHECK_H10, AZA_FOLLOWS, "as H9");
        }
        bool same = CRYPTO_memcmp(digest, report_data.data, len) == 0;
        bool zero = aza_span_is_zero(aza_span_of(report_data.data + len, REPORT_DATA_LEN - len));
        if (!same) {
                char expected[2 * EVP_MAX_MD_SIZE + 1], found[2 * EVP_MAX_MD_SIZE + 1];
                (void)aza_reject(checks, AZA_CHECK_H9,
                                 "the hardware report is about other runtime data");
                aza_check_values(checks, aza_hex(aza_span_of(digest, len), expected),
                                 aza_hex(aza_span_of(report_data.data, len), found));
        } else {
                (void)aza_accept(checks, AZA_CHECK_H9, "%s", names[hash_type - 1]);
        }
        if (!zero)
                (void)aza_reject(checks, AZA_CHECK_H10, "report data after the hash is not zero");
        else
                (void)aza_accept(checks, AZA_CHECK_H10, NULL);
        return same && zero;
}
