/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated MAA takes every client's request and names the member it minds in any other. */
#include "base/json.h"
#include "sim_maa_dialect.h"

static struct world world;

static int setup(void **state)
{
        (void)state;
        return world_make(&world);
}

static int teardown(void **state)
{
        (void)state;
        world_free(&world);
        return 0;
}

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
                        if (!sim_maa_decode(aza_bytes_span(&body), &r, &refusal) ||
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
                assert_true(sim_maa_decode(aza_bytes_span(&body), &r, &refusal));
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
        assert_true(sim_maa_decode(aza_bytes_span(&body), &r, &refusal));
        assert_true(sim_maa_verify(&world.pki, &r, &facts, &refusal));
        assert_false(facts.log.secure_boot);
}

static void refused(struct aza_span body, const char *check)
{
        SIM_MAA_REQUEST struct sim_maa_request r = {0};
        struct sim_refusal refusal = {0};

        assert_false(sim_maa_decode(body, &r, &refusal));
        if (strncmp(refusal.message, check, strlen(check)) != 0 ||
            refusal.message[strlen(check)] != ':')
                fail_msg("expected %s, got: %s", check, refusal.message);
}

static void not_even_a_request(void **state)
{
        (void)state;
        refused(text_span(""), "request");
        refused(text_span("[]"), "AttestationInfo");
        refused(text_span("{}"), "AttestationInfo");
        refused(text_span("{\"AttestationInfo\": 1}"), "AttestationInfo");
        refused(text_span("{\"AttestationInfo\": \"\"}"), "AttestationInfo");
        refused(text_span("{\"AttestationInfo\": \"a b\"}"), "AttestationInfo");
        refused(text_span("{\"AttestationInfo\": \"bm8\"}"), "AttestationInfo");
        refused(text_span("{\"AttestationInfo\": \"e30\"}"), "AttestationProtocolVersion");
}

/* One member replaced (NULL: removed), in the inner document or in an object of it. */
static const struct change {
        const char *object; /* "" the inner document */
        const char *member;
        const char *json; /* NULL: removed */
        const char *check;
} changes[] = {
        {"", "AttestationProtocolVersion", "\"1.0\"", "AttestationProtocolVersion"},
        {"", "OSType", "1", "OSType"},
        {"", "OSDistro", NULL, "OSDistro"},
        {"", "OSBuild", "\"AA==\"", "OSBuild"},
        {"", "OSVersionMajor", "\"x\"", "OSVersionMajor"},
        {"", "OSVersionMajor", "-1", "OSVersionMajor"},
        {"", "OSVersionMinor", "null", "OSVersionMinor"},
        {"", "TcgLogs", "\"*\"", "TcgLogs"},
        {"", "TcgLogs", NULL, "TcgLogs"},
        {"", "ClientPayload", "[]", "ClientPayload"},
        {"", "TpmInfo", "[]", "TpmInfo"},
        {"", "IsolationInfo", "{}", "IsolationInfo"},
        {"", "IsolationInfo", "{\"Type\": \"Undefined\", \"Evidence\": {}}", "IsolationInfo"},
        {"", "IsolationInfo", "{\"Type\": \"SevSnp\"}", "IsolationInfo"},
        {"", "IsolationInfo", "{\"Type\": \"SevSnp\", \"Evidence\": {}}", "Proof"},
        {"", "IsolationInfo", "{\"Type\": \"Tdx\", \"Evidence\": {\"Proof\": \"AA==\"}}",
         "RunTimeData"},
        {"", "IsolationInfo", "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": \"e30\"}}",
         "SnpReport"},
        {"", "IsolationInfo",
         "{\"Type\": \"SevSnp\", \"Evidence\": {\"Proof\": \"eyJTbnBSZXBvcnQiOiJBQSJ9\"}}",
         "VcekCertChain"},
        {"TpmInfo", "AikCert", NULL, "AikCert"},
        {"TpmInfo", "AikPub", "\"\"", "AikPub"},
        {"TpmInfo", "PcrQuote", "\"****\"", "PcrQuote"},
        {"TpmInfo", "PcrSignature", NULL, "PcrSignature"},
        {"TpmInfo", "EncKeyPub", NULL, "EncKeyPub"},
        {"TpmInfo", "EncKeyCertifyInfo", NULL, "EncKeyCertifyInfo"},
        {"TpmInfo", "EncKeyCertifyInfoSignature", NULL, "EncKeyCertifyInfoSignature"},
        {"TpmInfo", "PcrSet", "[]", "PcrSet"},
        {"TpmInfo", "PcrSet", "[0, 0]", "PcrSet"},
        {"TpmInfo", "PcrSet", "[24]", "PcrSet"},
        {"TpmInfo", "PcrSet", "[0, 1]", "PCRs"},
        {"TpmInfo", "PCRs", NULL, "PCRs"},
        {"TpmInfo", "PCRs", "[{\"Index\": 0, \"Digest\": \"AA==\"}]", "PCRs"},
        {"TpmInfo", "PCRs", "[{\"Digest\": \"AA==\"}]", "PCRs"},
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
                refused(aza_bytes_span(&body), c->check);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_client_is_understood),
                cmocka_unit_test(no_payload_in_every_spelling),
                cmocka_unit_test(an_empty_log_is_no_log),
                cmocka_unit_test(not_even_a_request),
                cmocka_unit_test(the_member_is_named),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
