/* SPDX-License-Identifier: Apache-2.0 */
/* What HCL, SEV-SNP and TDX reports say. The judgement is core/evidence's; this only reads them
 * out. */
#include "show/show.h"

#include "base/checks.h"
#include "base/error.h"
#include "base/json.h"
#include "evidence/hcl_report.h"
#include "show/fields.h"
#include "snp/policy.h"

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
                        aza_show_bytes(object, fields->name, value);
                        continue;
                }
                for (size_t i = value.len; i-- > 0;)
                        number = number << 8 | value.data[i];
                if (fields->kind == FIELD_NUMBER)
                        aza_show_number(object, fields->name, number);
                else
                        aza_show_text(object, fields->name, "0x%llx", (unsigned long long)number);
        }
}

static void show_tcb(json_object *object, const char *name, const uint8_t *word,
                     enum aza_snp_product product)
{
        struct aza_snp_tcb tcb = aza_snp_tcb_of(word, product);
        char text[96];

        aza_show_text(object, name, "%s", aza_snp_tcb_text(&tcb, product, text));
}

static void show_firmware(json_object *object, const char *name, const struct aza_snp_firmware *f)
{
        aza_show_text(object, name, "%u.%u.%u", f->major, f->minor, f->build);
}

/* Version 2 reports do not say their product; all of them are of Milan or Genoa, which share a
 * layout. */
json_object *aza_show_snp_report(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_snp_report report = {0};

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        (void)aza_snp_report_parse(content, AZA_SNP_NOBODY, &checks, &report);
        if (report.current_tcb == NULL)
                return aza_checks_result(&checks, "SEV-SNP report"), NULL;
        aza_show_text(out, "product", "%s",
                      report.has_cpuid ? aza_snp_product_text(report.product)
                                       : "not in a version 2 report");
        show_fields(out, snp_fields, content);
        aza_show_bool(out, "debug-allowed", (report.policy & AZA_SNP_POLICY_DEBUG) != 0);
        aza_show_bool(out, "smt-allowed", (report.policy & AZA_SNP_POLICY_SMT) != 0);
        show_tcb(out, "current-tcb", report.current_tcb, report.product);
        show_tcb(out, "reported-tcb", report.reported_tcb, report.product);
        show_tcb(out, "committed-tcb", report.committed_tcb, report.product);
        show_tcb(out, "launch-tcb", report.launch_tcb, report.product);
        show_firmware(out, "current-firmware", &report.current);
        show_firmware(out, "committed-firmware", &report.committed);
        return aza_take(&out);
}

json_object *aza_show_td_report(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        show_fields(out, td_report_fields, content);
        return aza_take(&out);
}

json_object *aza_show_hcl_report(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_hcl_report hcl = {0};
        json_object *runtime = NULL;

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        (void)aza_hcl_report_parse(libctx, content, &checks, &hcl);
        if (hcl.runtime.data != NULL) {
                aza_show_number(out, "header-version", hcl.version);
                aza_show_text(out, "type", "%s", aza_hcl_type_text(hcl.type));
                aza_show_number(out, "hash-type", hcl.hash_type);
                if (aza_json_parse(hcl.runtime, 65536, &runtime) == 0)
                        aza_show_object(out, "runtime-data-host-says", runtime);
                else
                        aza_show_text(out, "runtime-data", "no JSON: %s",
                                      aza_last_error()->message);
        }
        if (hcl.type == AZA_HCL_SNP && hcl.hardware.len == AZA_SNP_REPORT_LEN)
                aza_show_object(out, "snp-report", aza_show_snp_report(libctx, hcl.hardware));
        else if (hcl.type == AZA_HCL_TDX && hcl.hardware.len == 1024)
                aza_show_object(out, "td-report", aza_show_td_report(libctx, hcl.hardware));
        aza_show_object(out, "form", aza_checks_json(&checks));
        return aza_take(&out);
}
