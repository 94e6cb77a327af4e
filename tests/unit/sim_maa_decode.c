/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated MAA takes the reference client's request, every client's when it is lenient, and
 * names the member it minds in any other. */
#include "base/json.h"
#include "sim_maa_dialect.h"

static void every_client_is_understood(void **state)
{
        (void)state;
        for (int isolation = 0; isolation <= SIM_ISOLATION_TDX; isolation++) {
                EVIDENCE struct evidence e = {0};
                evidence_make(&world, (enum sim_isolation)isolation, &e);
                for (int d = 0; d < DIALECTS; d++) {
                        AZA_BYTES struct aza_bytes body = {0};
                        SIM_MAA_REQUEST struct sim_maa_request r = {0};
                        SIM_MAA_FACTS struct sim_maa_facts facts = {0};
                        struct sim_refusal refusal = {0};

                        if (d == GO)
                                reencode_log(&world, &e.log);
                        request_of(&e, (enum dialect)d, "a nonce", &body);
                        if (!sim_maa_decode(aza_bytes_span(&body), true, &r, &refusal) ||
                            !sim_maa_verify(&world.pki, &r, &facts, &refusal))
                                fail_msg("dialect %d, isolation %d: %s", d, isolation,
                                         refusal.message);
                        assert_int_equal(r.os_major, d == GO ? 0 : 24);
                        assert_string_equal(r.os_distro, d == GO ? "Edgeless" : "Ubuntu");
                        assert_string_equal(facts.vm_id, TEST_VM_ID);
                        assert_true(facts.log.secure_boot);
                        assert_string_equal(aza_json_string(r.client_payload, "nonce"),
                                            d == PYTHON ? "a nonce" : "YSBub25jZQ==");
                }
        }
}

/* What a strict MAA minds first in each client's request; NULL: nothing. */
static void strict_takes_the_reference_client(void **state)
{
        static const char *const minds[SIM_ISOLATION_TDX + 1][DIALECTS] = {
                [SIM_ISOLATION_TRUSTED_LAUNCH] = {[GO] = "OSType: neither Linux nor Windows",
                                                  [PYTHON] = "OSVersionMajor: missing or not a"},
                [SIM_ISOLATION_SEVSNP] = {[GO] = "OSType: neither Linux nor Windows",
                                          [RUST] = "Proof: wanted base64 with '=' padding",
                                          [PYTHON] = "OSVersionMajor: missing or not a"},
                [SIM_ISOLATION_TDX] = {[GO] = "OSType: neither Linux nor Windows",
                                       [PYTHON] = "OSVersionMajor: missing or not a"},
        };
        (void)state;
        for (int isolation = 0; isolation <= SIM_ISOLATION_TDX; isolation++) {
                EVIDENCE struct evidence e = {0};
                evidence_make(&world, (enum sim_isolation)isolation, &e);
                for (int d = 0; d < DIALECTS; d++) {
                        AZA_BYTES struct aza_bytes body = {0};
                        SIM_MAA_REQUEST struct sim_maa_request r = {0};
                        SIM_MAA_FACTS struct sim_maa_facts facts = {0};
                        struct sim_refusal refusal = {0};
                        const char *wanted = minds[isolation][d];

                        request_of(&e, (enum dialect)d, "a nonce", &body);
                        bool good = sim_maa_decode(aza_bytes_span(&body), false, &r, &refusal) &&
                                    sim_maa_verify(&world.pki, &r, &facts, &refusal);
                        if (good != (wanted == NULL) ||
                            (!good && strstr(refusal.message, wanted) != refusal.message))
                                fail_msg("dialect %d, isolation %d: %d %s", d, isolation, good,
                                         refusal.message);
                }
        }
}

static void no_payload_in_every_spelling(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        for (int d = 0; d < DIALECTS; d++) {
                AZA_BYTES struct aza_bytes body = {0};
                SIM_MAA_REQUEST struct sim_maa_request r = {0};
                struct sim_refusal refusal = {0};

                request_of(&e, (enum dialect)d, NULL, &body);
                assert_true(sim_maa_decode(aza_bytes_span(&body), true, &r, &refusal));
                assert_null(r.client_payload);
        }
}

static void an_empty_log_is_no_log(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes body = {0};
        SIM_MAA_REQUEST struct sim_maa_request r = {0};
        SIM_MAA_FACTS struct sim_maa_facts facts = {0};
        struct sim_refusal refusal = {0};

        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        assert_int_equal(aza_bytes_resize(&e.log, 0), 0);
        request_of(&e, REFERENCE, NULL, &body);
        assert_true(sim_maa_decode(aza_bytes_span(&body), false, &r, &refusal));
        assert_true(sim_maa_verify(&world.pki, &r, &facts, &refusal));
        assert_false(facts.log.secure_boot);
}

/* `lenient`: refused by a lenient MAA, too. */
static void refused(struct aza_span body, const char *message, bool lenient)
{
        for (int mode = 0; mode < 2; mode++) {
                SIM_MAA_REQUEST struct sim_maa_request r = {0};
                struct sim_refusal refusal = {0};

                bool good = sim_maa_decode(body, mode == 1, &r, &refusal);
                if (mode == 1 && !lenient) {
                        if (!good)
                                fail_msg("lenient, too, refuses: %s", refusal.message);
                } else if (good || strncmp(refusal.message, message, strlen(message)) != 0) {
                        fail_msg("expected %s, got: %s", message, good ? "no" : refusal.message);
                }
        }
}

static void not_even_a_request(void **state)
{
        (void)state;
        refused(text_span(""), "request: not JSON: JSON: empty text", true);
        refused(text_span("[]"), "AttestationInfo: missing", true);
        refused(text_span("null"), "AttestationInfo: missing", true);
        refused(text_span("{}"), "AttestationInfo: missing", true);
        refused(text_span("{\"AttestationInfo\": 1}"), "AttestationInfo: missing", true);
        refused(text_span("{\"AttestationInfo\": \"\"}"), "AttestationInfo: empty", true);
        refused(text_span("{\"AttestationInfo\": \"a b\"}"), "AttestationInfo: ", true);
        refused(text_span("{\"AttestationInfo\": \"bm8\"}"), "AttestationInfo: not JSON", true);
        refused(text_span("{\"AttestationInfo\": \"e30\"}"), "AttestationProtocolVersion: ", true);
        refused(text_span("{\"AttestationInfo\": \"e30\"} {}"), "request: not JSON", true);
        refused(text_span("{\"AttestationInfo\": \"e30\", \"AttestationInfo\": \"e30\"}"),
                "request: not JSON: JSON: a member name occurs twice", true);
        refused(text_span("\xEF\xBB\xBF{\"AttestationInfo\": \"e30\"}"), "request: not JSON", true);
}

/* One member replaced (NULL: removed), in the inner document or in an object of it. */
static const struct change {
        const char *object; /* "" the inner document */
        const char *member;
        const char *json; /* NULL: removed */
        const char *message;
        bool strict; /* a lenient MAA takes it */
} changes[] = {
        {"", "AttestationProtocolVersion", "\"1.0\"", "AttestationProtocolVersion: not", 0},
        {"", "AttestationProtocolVersion", "\"3.0\"", "AttestationProtocolVersion: not", 1},
        {"", "AttestationProtocolVersion", "2.0", "AttestationProtocolVersion: not", 0},
        {"", "OSType", "1", "OSType: missing or not a string", 0},
        {"", "OSType", "\"RnJlZUJTRA==\"", "OSType: neither Linux nor Windows", 1},
        {"", "OSType", "\"VW5rbm93bg==\"", "OSType: neither Linux nor Windows", 1},
        {"", "OSType", "\"TGludXg\"", "OSType: wanted base64 with '=' padding", 1},
        {"", "OSType", "\"TGludXg==\"", "OSType: ", 1},
        {"", "OSDistro", NULL, "OSDistro: missing", 0},
        {"", "OSDistro", "\"\"", "OSDistro: empty", 1},
        {"", "OSDistro", "\"/w==\"", "OSDistro: not UTF-8", 0},
        {"", "OSDistro", "\"VWJ1 bnR1\"", "OSDistro: ", 0},
        {"", "OSBuild", "\"AA==\"", "OSBuild: text with a NUL", 0},
        {"", "OSBuild", "\"\"", "OSBuild: empty", 1},
        {"", "OSVersionMajor", "\"x\"", "OSVersionMajor: ", 0},
        {"", "OSVersionMajor", "\"24\"", "OSVersionMajor: missing or not a whole number", 1},
        {"", "OSVersionMajor", "-1", "OSVersionMajor: negative", 0},
        {"", "OSVersionMajor", "4294967296", "OSVersionMajor: negative or more", 0},
        {"", "OSVersionMajor", "0", "OSVersionMajor: 0", 1},
        {"", "OSVersionMajor", "24.0", "OSVersionMajor: ", 0},
        {"", "OSVersionMinor", "null", "OSVersionMinor: ", 0},
        {"", "TcgLogs", "\"*\"", "TcgLogs: ", 0},
        {"", "TcgLogs", NULL, "TcgLogs: missing", 0},
        {"", "TcgLogs", "\"_w\"", "TcgLogs: wanted base64 with '=' padding", 1},
        {"", "TcgLogs", "\"/x==\"", "TcgLogs: ", 0}, /* unused bits */
        {"", "ClientPayload", "[]", "ClientPayload: neither", 0},
        {"", "ClientPayload", "\"e30=\"", "ClientPayload: neither", 0},
        {"", "ClientPayload", NULL, "ClientPayload: missing", 1},
        {"", "ClientPayload", "{\"n\": \"a nonce\"}", "ClientPayload: 'n' is not base64", 1},
        {"", "ClientPayload", "{\"n\": \"YQ\"}", "ClientPayload: 'n' is not base64", 1},
        {"", "ClientPayload", "{\"n\": \"-_-_\"}", "ClientPayload: 'n' is not base64", 1},
        {"", "ClientPayload", "{\"n\": 1}", "ClientPayload: 'n' is not a string", 1},
        {"", "ClientPayload", "{\"n\": true}", "ClientPayload: 'n' is not a string", 1},
        {"", "ClientPayload", "{\"n\": null}", "ClientPayload: 'n' is not a string", 1},
        {"", "ClientPayload", "{\"n\": {\"a\": \"YQ==\"}}", "ClientPayload: 'n' is not a str", 1},
        {"", "ClientPayload", "{\"n\": [\"YQ==\"]}", "ClientPayload: 'n' is not a string", 1},
        {"", "TpmInfo", "[]", "TpmInfo: missing", 0},
        {"", "More", "1", "AttestationInfo: unknown member 'More'", 1},
        {"", "osType", "\"TGludXg=\"", "AttestationInfo: unknown member 'osType'", 1},
        {"", "IsolationInfo", "{}", "IsolationInfo: no Type", 0},
        {"", "IsolationInfo", "{\"Type\": \"TrustedLaunch\", \"Evidence\": {}}",
         "IsolationInfo: unknown member 'Evidence'", 1},
        {"", "IsolationInfo", "{\"Type\": \"sevsnp\", \"Evidence\": {}}", "IsolationInfo: unk", 0},
        {"", "IsolationInfo", "{\"Type\": \"Undefined\", \"Evidence\": {}}", "IsolationInfo: u", 0},
        {"", "IsolationInfo", "{\"Type\": \"SevSnp\"}", "IsolationInfo: no Evidence", 0},
        {"", "IsolationInfo", "{\"Type\": \"SevSnp\", \"Evidence\": {}}", "Proof: missing", 0},
        {"", "IsolationInfo", "{\"Type\": \"Tdx\", \"Evidence\": {\"Proof\": \"AA==\"}}",
         "RunTimeData: missing", 0},
        {"", "IsolationInfo", "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": \"e30=\"}}",
         "SnpReport: missing", 0},
        {"", "IsolationInfo",
         "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": \"eyJTbnBSZXBvcnQiOiJBQSJ9\"}}",
         "VcekCertChain: missing", 0},
        /* the report padded, the chain not, members that nobody knows */
        {"", "IsolationInfo",
         "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": "
         "\"eyJTbnBSZXBvcnQiOiJBQT09IiwiVmNla0NlcnRDaGFpbiI6IkFBPT0ifQ==\", \"RunTimeData\": "
         "\"AA==\"}}",
         "SnpReport: wanted base64url without padding", 1},
        {"", "IsolationInfo",
         "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": "
         "\"eyJTbnBSZXBvcnQiOiJBQSIsIlZjZWtDZXJ0Q2hhaW4iOiJBQSJ9\", \"RunTimeData\": \"AA==\"}}",
         "VcekCertChain: wanted base64 with '=' padding", 1},
        {"", "IsolationInfo",
         "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": "
         "\"eyJTbnBSZXBvcnQiOiJBQSIsIlZjZWtDZXJ0Q2hhaW4iOiJBQT09IiwibSI6MX0=\", \"RunTimeData\": "
         "\"AA==\"}}",
         "Proof: unknown member 'm'", 1},
        {"", "IsolationInfo",
         "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": "
         "\"eyJTbnBSZXBvcnQiOiJBQSIsIlZjZWtDZXJ0Q2hhaW4iOiJBQT09In0=\", \"RunTimeData\": \"AA==\", "
         "\"m\": 1}}",
         "Evidence: unknown member 'm'", 1},
        {"TpmInfo", "AikCert", NULL, "AikCert: missing", 0},
        {"TpmInfo", "AikPub", "\"\"", "AikPub: empty", 0},
        {"TpmInfo", "PcrQuote", "\"****\"", "PcrQuote: ", 0},
        {"TpmInfo", "PcrQuote", "[]", "PcrQuote: missing or not a string", 0},
        {"TpmInfo", "PcrSignature", NULL, "PcrSignature: missing", 0},
        {"TpmInfo", "PcrSignature", "\"AAAA\"", "PcrSignature: 3 bytes, wanted 256", 0},
        {"TpmInfo", "EncKeyPub", NULL, "EncKeyPub: missing", 0},
        {"TpmInfo", "EncKeyCertifyInfo", NULL, "EncKeyCertifyInfo: missing", 0},
        {"TpmInfo", "EncKeyCertifyInfoSignature", NULL, "EncKeyCertifyInfoSignature: missing", 0},
        {"TpmInfo", "More", "1", "TpmInfo: unknown member 'More'", 1},
        {"TpmInfo", "PcrSet", "[]", "PcrSet: missing or empty", 0},
        {"TpmInfo", "PcrSet", "[0, 0]", "PcrSet: element 1", 0},
        {"TpmInfo", "PcrSet", "[24]", "PcrSet: element 0", 0},
        {"TpmInfo", "PcrSet", "[-1]", "PcrSet: element 0", 0},
        {"TpmInfo", "PcrSet", "[\"0\"]", "PcrSet: element 0", 0},
        {"TpmInfo", "PcrSet", "[0, 1]", "PCRs: ", 0},
        {"TpmInfo", "PcrSet", "[1, 0, 2, 3, 4, 5, 6, 7]", "PCRs: not in the order of PcrSet", 1},
        {"TpmInfo", "PCRs", NULL, "PCRs: other PCRs", 0},
        {"TpmInfo", "PCRs", "[{\"Index\": 0, \"Digest\": \"AA==\"}]", "PCRs: PCR 0: Digest: 1 by",
         0},
        {"TpmInfo", "PCRs", "[{\"Digest\": \"AA==\"}]", "PCRs: entry 0 has no usable Index", 0},
        {"TpmInfo", "PCRs", "[1]", "PCRs: entry 0 has no usable Index", 0},
};

static void the_member_is_named(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
                const struct change *c = &changes[i];
                AZA_OWN(json_object_put) json_object *inner = inner_document(&e, RUST, "n");
                AZA_BYTES struct aza_bytes body = {0};
                json_object *object =
                        c->object[0] == '\0' ? inner : aza_json_object(inner, c->object);

                if (c->json == NULL)
                        json_object_object_del(object, c->member);
                else
                        (void)json_object_object_add(object, c->member,
                                                     json_tokener_parse(c->json));
                wrap(inner, RUST, &body);
                refused(aza_bytes_span(&body), c->message, !c->strict);
        }
}

/* An outer document whose AttestationInfo is followed by `rest`. */
static void outer_of(const struct evidence *e, const char *rest, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *inner = inner_document(e, REFERENCE, "n");

        aza_bytes_free(ret);
        assert_int_equal(aza_bytes_append_text(ret, "{\"AttestationInfo\":\""), 0);
        assert_int_equal(aza_base64_encode(AZA_BASE64URL, text_span(spelled(inner, RUST)), ret), 0);
        assert_int_equal(aza_bytes_append_text(ret, rest), 0);
}

static void the_outer_document_has_one_member(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes body = {0};

        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        outer_of(&e, "\",\"more\":1}", &body);
        refused(aza_bytes_span(&body), "request: unknown member 'more'", false);
        outer_of(&e, "\\n\"}", &body);
        refused(aza_bytes_span(&body), "AttestationInfo: ", true);
        outer_of(&e, "\\u0000\"}", &body);
        refused(aza_bytes_span(&body), "AttestationInfo: ", true);
}

/* A member of `len` bytes. */
static void sized(const char *object, const char *member, size_t len, const char *message)
{
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes body = {0};
        AZA_BYTES struct aza_bytes data = {0};

        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        AZA_OWN(json_object_put) json_object *inner = inner_document(&e, REFERENCE, "n");
        json_object *at = inner;
        assert_int_equal(aza_bytes_resize(&data, len), 0);
        memset(data.data, 'x', len);
        if (strcmp(object, "Evidence") == 0)
                at = aza_json_object(aza_json_object(inner, "IsolationInfo"), object);
        else if (object[0] != '\0')
                at = aza_json_object(inner, object);
        add_encoded(at, member, AZA_BASE64, aza_bytes_span(&data));
        wrap(inner, REFERENCE, &body);
        refused(aza_bytes_span(&body), message, true);
}

static void no_member_is_too_large(void **state)
{
        (void)state;
        sized("ClientPayload", "nonce", 1 << 20, "ClientPayload: 'nonce' makes it more than 65536");
        sized("", "OSDistro", 257, "OSDistro: 257 bytes");
        sized("", "OSBuild", 257, "OSBuild: 257 bytes");
        sized("", "TcgLogs", (1 << 20) + 1, "TcgLogs: 1048577 bytes");
        sized("TpmInfo", "AikCert", 16385, "AikCert: 16385 bytes");
        sized("TpmInfo", "AikPub", 1025, "AikPub: 1025 bytes");
        sized("TpmInfo", "PcrQuote", 1025, "PcrQuote: 1025 bytes");
        sized("TpmInfo", "PcrSignature", 257, "PcrSignature: 257 bytes");
        sized("TpmInfo", "EncKeyPub", 1025, "EncKeyPub: 1025 bytes");
        sized("TpmInfo", "EncKeyCertifyInfo", 1025, "EncKeyCertifyInfo: 1025 bytes");
        sized("TpmInfo", "EncKeyCertifyInfoSignature", 257, "EncKeyCertifyInfoSignature: 257 b");
        sized("Evidence", "Proof", 131073, "Proof: 131073 bytes");
        sized("Evidence", "RunTimeData", 65537, "RunTimeData: 65537 bytes");
}

/* Many small values are as large as one. */
static void payload_as_a_whole(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes body = {0};

        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        AZA_OWN(json_object_put) json_object *inner = inner_document(&e, REFERENCE, "n");
        json_object *payload = aza_json_object(inner, "ClientPayload");
        for (int i = 0; i < 10000; i++) {
                char name[16];
                (void)snprintf(name, sizeof(name), "m%06d", i);
                (void)json_object_object_add(payload, name, json_object_new_string("YQ=="));
        }
        wrap(inner, REFERENCE, &body);
        refused(aza_bytes_span(&body), "ClientPayload: 'm", true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_client_is_understood),
                cmocka_unit_test(strict_takes_the_reference_client),
                cmocka_unit_test(no_payload_in_every_spelling),
                cmocka_unit_test(an_empty_log_is_no_log),
                cmocka_unit_test(not_even_a_request),
                cmocka_unit_test(the_member_is_named),
                cmocka_unit_test(the_outer_document_has_one_member),
                cmocka_unit_test(no_member_is_too_large),
                cmocka_unit_test(payload_as_a_whole),
        };
        return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
