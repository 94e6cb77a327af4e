/* SPDX-License-Identifier: Apache-2.0 */
/* What HCL, SEV-SNP and TDX reports say. The judgement is core/evidence's; this only reads them out. */
#include "cli/show.h"

#include "base/checks.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/show_fields.h"
#include "evidence/hcl_report.h"

#define SNP_SIZE      1184
#define TD_QUOTE_BODY (48 + 584)

static struct aza_span part(struct aza_span s, size_t offset, size_t len)
{
        struct aza_reader reader = aza_reader_of(s);

        (void)aza_read(&reader, offset);
        return aza_read(&reader, len);
}

static void show_fields(json_object *object, const struct field *fields, struct aza_span s)
{
        for (; fields->name != NULL; fields++) {
                struct aza_span value = part(s, fields->offset, fields->len);
                uint64_t number = 0;

                if (fields->kind == FIELD_BYTES) {
                        show_bytes(object, fields->name, value);
                        continue;
                }
                for (size_t i = value.len; i-- > 0;)
                        number = number << 8 | value.data[i];
                if (fields->kind == FIELD_NUMBER)
                        show_number(object, fields->name, number);
                else
                        show_text(object, fields->name, "0x%llx", (unsigned long long)number);
        }
}

/* A TCB word: which component is in which byte depends on the product (verification.md 2). */
static void show_tcb(json_object *object, const char *name, struct aza_span word, bool turin)
{
        if (word.len != 8)
                return;
        if (turin)
                show_text(object, name,
                          "fmc %u, bootloader %u, tee %u, snp 0x%02x, microcode 0x%02x",
                          word.data[0], word.data[1], word.data[2], word.data[3], word.data[7]);
        else
                show_text(object, name, "bootloader %u, tee %u, snp 0x%02x, microcode 0x%02x",
                          word.data[0], word.data[1], word.data[6], word.data[7]);
}

static const char *product(struct aza_span s)
{
        uint8_t family = s.data[0x188], model = s.data[0x189];

        if (s.data[0] < 3)
                return "not in a version 2 report";
        if (family == 0x19 && model <= 0x0f)
                return "Milan";
        if (family == 0x19 &&
            ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
                return "Genoa";
        if (family == 0x1a && model <= 0x11)
                return "Turin";
        return "unknown";
}

json_object *show_snp_report(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        bool turin;

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (content.len != SNP_SIZE)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "an SEV-SNP report has %d bytes, not %zu",
                                SNP_SIZE, content.len),
                       NULL;
        show_text(out, "product", "%s", product(content));
        turin = product(content)[0] == 'T';
        show_fields(out, snp_fields, content);
        show_bool(out, "debug-allowed", (content.data[0x0a] & 0x08) != 0);
        show_bool(out, "smt-allowed", (content.data[0x0a] & 0x01) != 0);
        show_tcb(out, "current-tcb", part(content, 0x038, 8), turin);
        show_tcb(out, "reported-tcb", part(content, 0x180, 8), turin);
        show_tcb(out, "committed-tcb", part(content, 0x1E0, 8), turin);
        show_tcb(out, "launch-tcb", part(content, 0x1F0, 8), turin);
        show_text(out, "current-firmware", "%u.%u.%u", content.data[0x1EA], content.data[0x1E9],
                  content.data[0x1E8]);
        show_text(out, "committed-firmware", "%u.%u.%u", content.data[0x1EE], content.data[0x1ED],
                  content.data[0x1EC]);
        return aza_take(&out);
}

json_object *show_td_report(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        show_fields(out, td_report_fields, content);
        return aza_take(&out);
}

json_object *show_td_quote(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (content.len < TD_QUOTE_BODY)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "a TD quote has at least %d bytes, not %zu",
                                TD_QUOTE_BODY, content.len),
                       NULL;
        show_fields(out, td_quote_fields, content);
        return aza_take(&out);
}

json_object *show_hcl_report(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_hcl_report hcl = {0};
        json_object *runtime = NULL;

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        (void)aza_hcl_report_parse(libctx, content, &checks, &hcl);
        if (hcl.runtime.data != NULL) {
                show_number(out, "header-version", hcl.version);
                show_text(out, "type", "%s", aza_hcl_type_text(hcl.type));
                show_number(out, "hash-type", hcl.hash_type);
                if (aza_json_parse(hcl.runtime, 65536, &runtime) == 0)
                        show_object(out, "runtime-data (host says)", runtime);
                else
                        show_text(out, "runtime-data", "no JSON: %s", aza_last_error()->message);
        }
        if (hcl.type == AZA_HCL_SNP && hcl.hardware.len == SNP_SIZE)
                show_object(out, "snp-report", show_snp_report(libctx, hcl.hardware));
        else if (hcl.type == AZA_HCL_TDX && hcl.hardware.len == 1024)
                show_object(out, "td-report", show_td_report(libctx, hcl.hardware));
        show_object(out, "form", aza_checks_json(&checks));
        return aza_take(&out);
}
