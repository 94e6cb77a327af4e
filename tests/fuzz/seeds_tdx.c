/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's extension of PCK certificates, TCB documents, and how services write them. */
#include "seeds.h"
#include "sim/intel.h"

#include "base/base64.h"
#include "base/json.h"

/* Bytes of content with tag and length before them, in place. */
static void wrap(uint8_t tag, struct aza_bytes *b)
{
        AZA_BYTES struct aza_bytes out = {0};
        const uint8_t head[2] = {tag, 0x82};
        const uint8_t len = (uint8_t)b->len;
        FUZZ_CHECK(aza_bytes_append(&out, head, b->len >= 0x100 ? 2 : 1) == 0);
        if (b->len >= 0x100)
                FUZZ_CHECK(aza_bytes_append_be16(&out, (uint16_t)b->len) == 0);
        else if (b->len >= 0x80)
                FUZZ_CHECK(aza_bytes_append_be16(&out, (uint16_t)(0x8100 | b->len)) == 0);
        else
                FUZZ_CHECK(aza_bytes_append(&out, &len, sizeof(len)) == 0);
        FUZZ_CHECK(aza_bytes_append(&out, b->data, b->len) == 0);
        aza_bytes_free(b);
        *b = aza_bytes_take(&out);
}

/* {OID ...13.1.`a` or ...13.1.`a`.`b`, value}, whose tag and length stand in `value`. */
static void pair(struct aza_bytes *list, uint8_t a, uint8_t b, struct aza_span value)
{
        const uint8_t oid[] = {0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01, a, b};
        AZA_BYTES struct aza_bytes one = {0};
        FUZZ_CHECK(aza_bytes_append(&one, oid, b == 0 ? 10 : 11) == 0);
        wrap(0x06, &one);
        FUZZ_CHECK(aza_bytes_append(&one, value.data, value.len) == 0);
        wrap(0x30, &one);
        FUZZ_CHECK(aza_bytes_append(list, one.data, one.len) == 0);
}

static void extension(void)
{
        static const uint8_t svn[] = {2, 1, 3}, pce[] = {2, 2, 1, 0}, cpu[18] = {4, 16};
        static const uint8_t id[] = {4, 2, 0, 0}, fmspc[] = {4, 6, 0x90, 0xC0, 0x6F, 0, 0, 0};
        AZA_BYTES struct aza_bytes tcb = {0}, list = {0};
        for (uint8_t n = 1; n <= 16; n++)
                pair(&tcb, 2, n, aza_span_of(svn, sizeof svn));
        pair(&tcb, 2, 17, aza_span_of(pce, sizeof pce));
        pair(&tcb, 2, 18, aza_span_of(cpu, sizeof cpu));
        wrap(0x30, &tcb);
        pair(&list, 1, 0, aza_span_of(cpu, sizeof cpu));
        pair(&list, 2, 0, aza_bytes_span(&tcb));
        pair(&list, 3, 0, aza_span_of(id, sizeof id));
        pair(&list, 4, 0, aza_span_of(fmspc, sizeof fmspc));
        wrap(0x30, &list);
        seed("pck", aza_bytes_span(&list));
}

static void document(const char *text)
{
        static const char svns[20] = {7, 1, 3, 13, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
        AZA_BYTES struct aza_bytes all = {0};
        FUZZ_CHECK(aza_bytes_append(&all, svns, sizeof svns) == 0);
        FUZZ_CHECK(aza_bytes_append_text(&all, text) == 0);
        seed("tcb_document", aza_bytes_span(&all));
        seed_text("show", text);
}

#define DATES                                                                             \
        "\"issueDate\":\"2026-11-01T00:00:00Z\",\"nextUpdate\":\"2026-12-01T00:00:00Z\"," \
        "\"tcbEvaluationDataNumber\":18,"
#define LEVELS(svn)                                                                          \
        "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":" svn "},\"tcbDate\":\"2024-11-13T00:00:00Z\"," \
        "\"tcbStatus\":\"UpToDate\",\"advisoryIDs\":[\"INTEL-SA-00001\"]}]"
#define X8(c)     c c c c c c c c
#define ZEROS8    "0000000000000000"
#define ZEROS48   ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8
#define SVN       "{\"svn\":3},"
#define SVNS      "[" X8(SVN) SVN SVN SVN SVN SVN SVN SVN "{\"svn\":0}]"
#define SIGNATURE ",\"signature\":\"" X8(ZEROS8) "\"}"
#define SIGNER                                                                                    \
        "\"mrsigner\":\"" ZEROS48 "\",\"attributes\":\"" ZEROS8 "\",\"attributesMask\":\"" ZEROS8 \
        "\""

/* As answers of services: 'c' and a chain, 'l' and a list. */
static void answer(char kind, struct aza_span content)
{
        AZA_BYTES struct aza_bytes all = {0};
        FUZZ_CHECK(aza_bytes_append(&all, &kind, 1) == 0);
        FUZZ_CHECK(aza_bytes_append(&all, content.data, content.len) == 0);
        seed("td_served", aza_bytes_span(&all));
}

static void chain_answer(const char *pem)
{
        AZA_BYTES struct aza_bytes escaped = {0};
        for (; *pem != '\0'; pem++) {
                char one[4];
                (void)snprintf(one, sizeof one, strchr("\n +/=", *pem) != NULL ? "%%%02X" : "%c",
                               *pem);
                FUZZ_CHECK(aza_bytes_append_text(&escaped, one) == 0);
        }
        answer('c', aza_bytes_span(&escaped));
}

static void list_answer(const char *base64)
{
        AZA_BYTES struct aza_bytes der = {0}, pem = {0};
        FUZZ_CHECK(aza_base64_decode(AZA_BASE64, base64, strlen(base64), &der) == 0);
        char *hex = calloc(2, der.len + 1);
        FUZZ_CHECK(hex != NULL);
        answer('l', aza_bytes_span(&der));
        (void)aza_hex(aza_bytes_span(&der), hex);
        answer('l', aza_span_of(hex, strlen(hex)));
        free(hex);
        FUZZ_CHECK(aza_bytes_append_text(&pem, "-----BEGIN X509 CRL-----\n") == 0);
        for (size_t len = strlen(base64), i = 0; i < len; i += 64) {
                const size_t line = len - i < 64 ? len - i : 64;
                FUZZ_CHECK(aza_bytes_append(&pem, base64 + i, line) == 0);
                FUZZ_CHECK(aza_bytes_append_text(&pem, "\n") == 0);
        }
        FUZZ_CHECK(aza_bytes_append_text(&pem, "-----END X509 CRL-----\n") == 0);
        answer('l', aza_bytes_span(&pem));
}

/* What the simulated Intel publishes: the documents whole and signed, the file of all. */
void seeds_collateral(const struct sim_pki *pki)
{
        AZA_OWN(json_object_put) json_object *all = sim_td_collateral(pki, NULL);
        FUZZ_CHECK(all != NULL);
        document(aza_json_string(all, "tcb-info"));
        document(aza_json_string(all, "qe-identity"));
        document(json_object_to_json_string(all));
        chain_answer(aza_json_string(all, "tcb-info-chain"));
        list_answer(aza_json_string(all, "pck-crl"));
        list_answer(aza_json_string(all, "root-crl"));
}

void seeds_tdx(void)
{
        extension();
        document("{\"enclaveIdentity\":{\"id\":\"TD_QE\",\"version\":2," DATES
                 "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
                 "\"" ZEROS8 ZEROS8 "\",\"attributesMask\":\"" ZEROS8 ZEROS8 "\",\"mrsigner\":"
                 "\"" ZEROS8 ZEROS8 ZEROS8 ZEROS8 "\",\"isvprodid\":2," LEVELS("4") "}" SIGNATURE);
        document(
                "{\"tcbInfo\":{\"id\":\"TDX\",\"version\":3," DATES
                "\"fmspc\":\"90C06F000000\",\"pceId\":\"0000\",\"tcbType\":0,\"tdxModule\":{" SIGNER
                "},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," SIGNER
                "," LEVELS("6") "}],\"tcbLevels\":[{\"tcb\":{\"sgxtcbcomponents\":" SVNS
                                ",\"pcesvn\":13,"
                                "\"tdxtcbcomponents\":" SVNS
                                "},\"tcbDate\":\"2024-11-13T00:00:00Z\","
                                "\"tcbStatus\":\"SWHardeningNeeded\"}]}" SIGNATURE);
        document("{\"tcb-info\":\"{}\",\"tcb-info-chain\":\"x\",\"pck-crl\":\"AAAA\"}");
}
