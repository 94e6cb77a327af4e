/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bytes of runtime JSON and HCL report, header version 1. Hashes and signs nothing. Called
 * by vm.c. */
#include "sim/hcl.h"

#include "base/base64.h"
#include "sim/say.h"
#include "sim/writer.h"

#define HARDWARE_SLOT 1184U
#define FIXED_PART    (0x20U + HARDWARE_SLOT + 20U)

static void put_key(struct sim_writer *w, const char *kid, const char *operation,
                    struct aza_span modulus)
{
        sim_put_text(w, "{\"kid\":\"");
        sim_put_text(w, kid);
        sim_put_text(w, "\",\"key_ops\":[\"");
        sim_put_text(w, operation);
        sim_put_text(w, "\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"");
        w->failed = w->failed || aza_base64_encode(AZA_BASE64URL, modulus, &w->bytes) != 0;
        sim_put_text(w, "\"}");
}

/* The paravisor writes hexadecimal digits in upper case. */
static void put_hex(struct sim_writer *w, struct aza_span s)
{
        static const char digits[] = "0123456789ABCDEF";

        for (size_t i = 0; i < s.len; i++) {
                sim_put_u8(w, (uint8_t)digits[s.data[i] >> 4]);
                sim_put_u8(w, (uint8_t)digits[s.data[i] & 15]);
        }
}

int sim_runtime_json(const struct sim_runtime *runtime, struct aza_bytes *ret)
{
        SIM_WRITER struct sim_writer w = {0};

        sim_put_text(&w, "{\"keys\":[");
        put_key(&w, "HCLAkPub", "sign", runtime->ak);
        sim_put_text(&w, ",");
        put_key(&w, "HCLEkPub", "encrypt", runtime->ek);
        sim_put_text(&w, "],\"vm-configuration\":{\"console-enabled\":true,"
                         "\"root-cert-thumbprint\":\"6nZZnYaJc4KqUZ_yvA-mucFdYNouvlPnITnNMXsHl-0\","
                         "\"secure-boot\":");
        sim_put_text(&w, runtime->secure_boot_off ? "false" : "true");
        sim_put_text(&w, ",\"tpm-enabled\":true,\"tpm-persisted\":true,"
                         "\"vmUniqueId\":\"");
        sim_put_text(&w, runtime->vm_id);
        sim_put_text(&w, "\"},\"user-data\":\"");
        put_hex(&w, runtime->user_data);
        sim_put_text(&w, "\"}");
        return sim_writer_take(&w, ret) == 0 ? 0 : sim_fail("cannot make the runtime JSON");
}

int sim_hcl_report(uint32_t type, struct aza_span hardware, struct aza_span json,
                   struct aza_bytes *ret)
{
        SIM_WRITER struct sim_writer w = {0};
        uint32_t variable = (uint32_t)json.len;

        sim_put_text(&w, "HCLA");
        sim_put_le32(&w, 1);
        sim_put_le32(&w, FIXED_PART + variable);
        sim_put_le32(&w, 2); /* AkCertRequest */
        sim_put_zeros(&w, 16);
        sim_put_span(&w, hardware);
        sim_put_zeros(&w, HARDWARE_SLOT - hardware.len);
        sim_put_le32(&w, 20 + variable);
        sim_put_le32(&w, 1);
        sim_put_le32(&w, type);
        sim_put_le32(&w, 1); /* SHA-256 */
        sim_put_le32(&w, variable);
        sim_put_span(&w, json);
        return sim_writer_take(&w, ret) == 0 ? 0 : sim_fail("cannot make the HCL report");
}
