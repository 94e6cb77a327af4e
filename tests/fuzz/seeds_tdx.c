/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's extension of PCK certificates, and TCB documents. */
#include "seeds.h"

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
