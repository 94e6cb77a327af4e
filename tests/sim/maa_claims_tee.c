/* SPDX-License-Identifier: Apache-2.0 */
/* Owns x-ms-isolation-tee: which field of a verified report becomes which claim. */
#include "sim/maa_token.h"
#include "sim/snp.h"
#include "sim/snp_layout.h"

#include <string.h>

static void hex(json_object *o, const char *name, const uint8_t *data, size_t len)
{
        char digits[2 * SNP_REPORT_DATA_LEN + 1];
        sim_claim_text(o, name, aza_hex(aza_span_of(data, len), digits));
}

static uint32_t le32(const uint8_t *data)
{
        struct aza_reader r = aza_reader_of(aza_span_of(data, sizeof(uint32_t)));
        return aza_read_le32(&r);
}

/* Names in the order of real tokens. `p` is the report. */
static void add_snp(json_object *o, const uint8_t *p)
{
#define NAME(suffix) "x-ms-sevsnpvm-" suffix
        uint32_t policy = le32(p + SNP_POLICY);
        const uint8_t *tcb = p + SNP_REPORTED_TCB;

        hex(o, NAME("authorkeydigest"), p + SNP_AUTHOR_DIGEST, 48);
        sim_claim_number(o, NAME("bootloader-svn"), tcb[0]);
        sim_claim_truth(o, NAME("ciphertext-hiding-dram-enabled"), (policy & 1U << 24) != 0);
        sim_claim_truth(o, NAME("cxl-allowed"), (policy & 1U << 21) != 0);
        hex(o, NAME("familyId"), p + SNP_FAMILY_ID, 16);
        sim_claim_number(o, NAME("guestsvn"), le32(p + SNP_GUEST_SVN));
        hex(o, NAME("hostdata"), p + SNP_HOST_DATA, 32);
        hex(o, NAME("idkeydigest"), p + SNP_ID_KEY_DIGEST, 48);
        hex(o, NAME("imageId"), p + SNP_IMAGE_ID, 16);
        sim_claim_truth(o, NAME("is-debuggable"), (policy & 1U << 19) != 0);
        hex(o, NAME("launchmeasurement"), p + SNP_MEASUREMENT, 48);
        sim_claim_truth(o, NAME("mem-aes256-xts-required"), (policy & 1U << 22) != 0);
        sim_claim_number(o, NAME("microcode-svn"), tcb[7]);
        sim_claim_truth(o, NAME("migration-allowed"), (policy & 1U << 18) != 0);
        sim_claim_truth(o, NAME("page-swap-disabled"), (policy & 1U << 25) != 0);
        sim_claim_truth(o, NAME("rapl-disabled"), (policy & 1U << 23) != 0);
        hex(o, NAME("reportdata"), p + SNP_REPORT_DATA, SNP_REPORT_DATA_LEN);
        hex(o, NAME("reportid"), p + SNP_REPORT_ID, 32);
        sim_claim_truth(o, NAME("singlesocket"), (policy & 1U << 20) != 0);
        sim_claim_truth(o, NAME("smt-allowed"), (policy & 1U << 16) != 0);
        sim_claim_number(o, NAME("snpfw-svn"), tcb[6]);
        sim_claim_number(o, NAME("tee-svn"), tcb[1]);
        sim_claim_number(o, NAME("vmpl"), le32(p + SNP_VMPL));
#undef NAME
}

/* Names of Microsoft's TDX EAT profile. `p` is the body of the quote. */
static void add_tdx(json_object *o, const uint8_t *p, const char *tcb_status)
{
        static const char *const rtmr[] = {"tdx_rtmr0", "tdx_rtmr1", "tdx_rtmr2", "tdx_rtmr3"};
        const uint8_t *attributes = p + TDQ_TD_ATTRIBUTES;

        sim_claim_text(o, "attester_tcb_status", tcb_status);
        sim_claim_text(o, "dbgstat", "disabled");
        sim_claim_text(o, "intuse", "generic");
        hex(o, "tdx_mrconfigid", p + TDQ_MRCONFIGID, 48);
        hex(o, "tdx_mrowner", p + TDQ_MROWNER, 48);
        hex(o, "tdx_mrownerconfig", p + TDQ_MROWNERCONFIG, 48);
        hex(o, "tdx_mrseam", p + TDQ_MRSEAM, 48);
        hex(o, "tdx_mrsignerseam", p + TDQ_MRSIGNERSEAM, 48);
        hex(o, "tdx_mrtd", p + TDQ_MRTD, 48);
        hex(o, "tdx_report_data", p + TDQ_REPORT_DATA, 64);
        for (size_t i = 0; i < 4; i++)
                hex(o, rtmr[i], p + TDQ_RTMR0 + 48 * i, 48);
        hex(o, "tdx_seam_attributes", p + TDQ_SEAM_ATTRIBUTES, 8);
        sim_claim_number(o, "tdx_seamsvn", p[TDQ_TEE_TCB_SVN] | p[TDQ_TEE_TCB_SVN + 1] << 8);
        hex(o, "tdx_td_attributes", attributes, 8);
        sim_claim_truth(o, "tdx_td_attributes_debug", (attributes[0] & 1) != 0);
        sim_claim_truth(o, "tdx_td_attributes_key_locker", (attributes[3] & 0x80) != 0);
        sim_claim_truth(o, "tdx_td_attributes_perfmon", (attributes[7] & 0x80) != 0);
        sim_claim_truth(o, "tdx_td_attributes_protection_keys", (attributes[3] & 0x40) != 0);
        sim_claim_truth(o, "tdx_td_attributes_septve_disable", (attributes[3] & 0x10) != 0);
        hex(o, "tdx_tee_tcb_svn", p + TDQ_TEE_TCB_SVN, 16);
        hex(o, "tdx_xfam", p + TDQ_XFAM, 8);
}

/* MAA vouches for Azure's paravisors, whoever else's run on genuine chips. */
static bool compliant(const struct sim_maa_request *request)
{
        return request->isolation == SIM_ISOLATION_TDX ||
               memcmp(request->hardware_report.data + SNP_ID_KEY_DIGEST, sim_snp_azure_id_key,
                      sizeof(sim_snp_azure_id_key)) == 0;
}

json_object *sim_maa_claims_tee(const struct sim_maa_request *request,
                                const struct sim_maa_facts *facts, const char *tcb_status)
{
        AZA_OWN(json_object_put) json_object *tee = json_object_new_object();
        json_object *runtime = sim_json_sorted(facts->runtime);
        bool tdx = request->isolation == SIM_ISOLATION_TDX;

        if (tee == NULL || runtime == NULL) {
                json_object_put(runtime);
                return NULL;
        }
        sim_claim_text(tee, "x-ms-attestation-type", tdx ? "tdxvm" : "sevsnpvm");
        if (compliant(request))
                sim_claim_text(tee, "x-ms-compliance-status", "azure-compliant-cvm");
        (void)json_object_object_add(tee, "x-ms-runtime", runtime);
        if (tdx)
                add_tdx(tee, sim_td_quote_body(aza_bytes_span(&request->hardware_report)),
                        tcb_status);
        else
                add_snp(tee, request->hardware_report.data);
        return sim_json_sorted(tee);
}
