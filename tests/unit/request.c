/* SPDX-License-Identifier: Apache-2.0 */
/* The request document against a complete example (PROTOCOL.md 7): members, encodings, nesting;
 * Trusted Launch and TDX forms; incomplete evidence. */
#include "maa/request.h"

#include "base/base64.h"
#include "base/json.h"
#include "libctx_fixture.h"
#include "os/os_info.h"
#include "unit/this_system.h"

#include <stdio.h>
#include <string.h>

#define VCEK_PEM                                                         \
        "-----BEGIN CERTIFICATE-----\nVCEK\n-----END CERTIFICATE-----\n" \
        "-----BEGIN CERTIFICATE-----\nASK\n-----END CERTIFICATE-----\n"

/* The example without Proof (a JSON text of its own) and EncKeyPub (ours is a real one). */
static const char example[] =
        "{\"AttestationProtocolVersion\":\"2.0\",\"ClientPayload\":{\"nonce\":\"QURFMDEwMQ==\"},"
        "\"IsolationInfo\":{\"Evidence\":{\"RunTimeData\":\"eyJrZXlzIjpbXX0=\"},"
        "\"Type\":\"SevSnp\"},\"OSBuild\":\"" OS_BUILD_BASE64 "\",\"OSDistro\":\"VWJ1bnR1\","
        "\"OSType\":\"" OS_TYPE_BASE64 "\",\"OSVersionMajor\":24,\"OSVersionMinor\":4,"
        "\"TcgLogs\":\"dGNnbG9nPz4=\",\"TpmInfo\":{\"AikCert\":\"YWlrLWNlcnQtZGVy\","
        "\"AikPub\":\"YWlrLXB1Yi10cG0yYg==\","
        "\"EncKeyCertifyInfo\":\"dHBtcy1hdHRlc3QtY2VydGlmeQ==\","
        "\"EncKeyCertifyInfoSignature\":\"cnNhLXNpZy1jZXJ0aWZ5\",\"PCRs\":["
        "{\"Digest\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"Index\":0},"
        "{\"Digest\":\"ERERERERERERERERERERERERERERERERERERERERERE=\",\"Index\":1},"
        "{\"Digest\":\"IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=\",\"Index\":2},"
        "{\"Digest\":\"MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM=\",\"Index\":3},"
        "{\"Digest\":\"REREREREREREREREREREREREREREREREREREREREREQ=\",\"Index\":4},"
        "{\"Digest\":\"VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU=\",\"Index\":5},"
        "{\"Digest\":\"ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=\",\"Index\":6},"
        "{\"Digest\":\"d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c=\",\"Index\":7}],"
        "\"PcrQuote\":\"dHBtcy1hdHRlc3QtcXVvdGU=\",\"PcrSet\":[0,1,2,3,4,5,6,7],"
        "\"PcrSignature\":\"cnNhLXNpZy1xdW90ZQ==\"}}";

static void set(struct aza_bytes *to, const char *text)
{
        assert_int_equal(aza_bytes_set(to, text, strlen(text)), 0);
}

static const uint8_t report[4] = {0xFB, 0xFF, 0xFE, 0x00};

static void make_evidence(struct aza_evidence *e)
{
        memset(e, 0, sizeof(*e));
        e->vm = AZA_VM_SEVSNP;
        e->hcl.hardware = aza_span_of(report, sizeof(report));
        e->hcl.runtime = aza_span_of("{\"keys\":[]}", 11);
        set(&e->vcek_chain, VCEK_PEM);
        set(&e->ak_certificate, "aik-cert-der");
        set(&e->ak_public, "aik-pub-tpm2b");
        set(&e->quote.message, "tpms-attest-quote");
        set(&e->quote.signature, "rsa-sig-quote");
        set(&e->certify.message, "tpms-attest-certify");
        set(&e->certify.signature, "rsa-sig-certify");
        set(&e->event_log, "tcglog?>");
        e->pcrs.mask = 0xff;
        for (int n = 0; n < 8; n++)
                memset(e->pcrs.value[n], 0x11 * n, AZA_PCR_SIZE);
        e->key = calloc(1, sizeof(*e->key));
        assert_non_null(e->key);
        e->key->hierarchy = 0x40000007;
        e->key->pcr_mask = 0xff;
        memset(e->key->modulus, 0xC5, sizeof(e->key->modulus));
}

static void free_evidence(struct aza_evidence *e)
{
        struct aza_bytes *all[] = {&e->vcek_chain,        &e->ak_certificate,  &e->ak_public,
                                   &e->quote.message,     &e->quote.signature, &e->certify.message,
                                   &e->certify.signature, &e->event_log,       &e->td_quote};
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                aza_bytes_free(all[i]);
        aza_keyref_free(e->key);
}

static void decode(enum aza_base64_form form, const char *text, struct aza_bytes *ret)
{
        assert_non_null(text);
        assert_int_equal(aza_base64_decode(form, text, strlen(text), ret), 0);
}

/* The inner document of the request for `e`. */
static json_object *build(const struct aza_evidence *e, json_object *payload)
{
        const struct aza_os_info ubuntu = {"Ubuntu", 24, 4};
        AZA_OWN(json_object_put) json_object *outer = NULL;
        AZA_BYTES struct aza_bytes body = {0};
        AZA_BYTES struct aza_bytes text = {0};
        json_object *object = NULL;

        assert_int_equal(aza_request_build(libctx, e, &ubuntu, payload, &body), 0);
        assert_int_equal(aza_json_parse(aza_bytes_span(&body), body.len, &outer), 0);
        assert_int_equal(json_object_object_length(outer), 1);
        decode(AZA_BASE64URL, aza_json_string(outer, "AttestationInfo"), &text);
        assert_int_equal(aza_json_parse(aza_bytes_span(&text), text.len, &object), 0);
        return object;
}

static void is_the_example(void **state)
{
        AZA_OWN(json_object_put)
        json_object *payload = json_tokener_parse("{\"nonce\":\"ADE0101\"}");
        AZA_OWN(json_object_put) json_object *expected = json_tokener_parse(example);
        AZA_OWN(json_object_put) json_object *got = NULL;
        AZA_OWN(json_object_put) json_object *proof = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes enc_key = {0};
        AZA_BYTES struct aza_bytes enc_key_sent = {0};
        struct aza_evidence e;

        (void)state;
        make_evidence(&e);
        got = build(&e, payload);

        json_object *evidence = aza_json_object(aza_json_object(got, "IsolationInfo"), "Evidence");
        decode(AZA_BASE64, aza_json_string(evidence, "Proof"), &text);
        assert_int_equal(aza_json_parse(aza_bytes_span(&text), text.len, &proof), 0);
        assert_int_equal(json_object_object_length(proof), 2);
        assert_string_equal(aza_json_string(proof, "SnpReport"), "-__-AA");
        decode(AZA_BASE64, aza_json_string(proof, "VcekCertChain"), &pem);
        assert_string_equal((const char *)pem.data, VCEK_PEM);
        json_object_object_del(evidence, "Proof");

        json_object *tpm = aza_json_object(got, "TpmInfo");
        assert_int_equal(aza_keyref_public(libctx, e.key, &enc_key), 0);
        decode(AZA_BASE64, aza_json_string(tpm, "EncKeyPub"), &enc_key_sent);
        assert_int_equal(enc_key_sent.len, 312);
        assert_true(aza_span_equal(aza_bytes_span(&enc_key), aza_bytes_span(&enc_key_sent)));
        json_object_object_del(tpm, "EncKeyPub");

        assert_true(json_object_equal(got, expected));
        free_evidence(&e);
}

static void trusted_launch_has_no_evidence(void **state)
{
        AZA_OWN(json_object_put)
        json_object *expected = json_tokener_parse("{\"Type\":\"TrustedLaunch\"}");
        AZA_OWN(json_object_put) json_object *got = NULL;
        struct aza_evidence e;
        json_object *value = NULL;

        (void)state;
        make_evidence(&e);
        e.vm = AZA_VM_TRUSTEDLAUNCH;
        aza_bytes_free(&e.event_log);
        got = build(&e, NULL);
        assert_true(json_object_equal(aza_json_object(got, "IsolationInfo"), expected));
        assert_true(json_object_object_get_ex(got, "ClientPayload", &value));
        assert_null(value);
        assert_string_equal(aza_json_string(got, "TcgLogs"), "");
        free_evidence(&e);
}

static void tdx_proof_is_the_quote(void **state)
{
        AZA_OWN(json_object_put)
        json_object *expected =
                json_tokener_parse("{\"Evidence\":{\"Proof\":\"dGQtcXVvdGU=\","
                                   "\"RunTimeData\":\"eyJrZXlzIjpbXX0=\"},\"Type\":\"Tdx\"}");
        AZA_OWN(json_object_put) json_object *got = NULL;
        struct aza_evidence e;

        (void)state;
        make_evidence(&e);
        e.vm = AZA_VM_TDX;
        set(&e.td_quote, "td-quote");
        got = build(&e, NULL);
        assert_true(json_object_equal(aza_json_object(got, "IsolationInfo"), expected));
        free_evidence(&e);
}

static void assert_incomplete(const struct aza_evidence *e, const struct aza_os_info *os,
                              const char *says)
{
        AZA_BYTES struct aza_bytes body = {0};

        assert_int_equal(aza_request_build(libctx, e, os, NULL, &body),
                         AZATTEST_E_PARAMETERS_VALIDATION);
        assert_non_null(strstr(aza_last_error()->message, says));
        assert_null(body.data);
}

static void incomplete_evidence(void **state)
{
        const struct aza_os_info ubuntu = {"Ubuntu", 24, 4};
        const struct aza_os_info zero = {"Ubuntu", 0, 4};
        struct aza_evidence e;

        (void)state;
        make_evidence(&e);
        assert_incomplete(&e, &zero, "OS name or version");
        e.vm = AZA_VM_TDX;
        assert_incomplete(&e, &ubuntu, "TD quote");
        e.vm = AZA_VM_SEVSNP;
        struct {
                struct aza_bytes *field;
                const char *says;
        } fields[] = {
                {&e.ak_certificate, "AK certificate"},   {&e.ak_public, "AK public"},
                {&e.quote.message, "PCR quote"},         {&e.quote.signature, "PCR quote"},
                {&e.certify.signature, "certified key"}, {&e.vcek_chain, "VCEK"},
        };
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                size_t len = fields[i].field->len;
                fields[i].field->len = 0;
                assert_incomplete(&e, &ubuntu, fields[i].says);
                fields[i].field->len = len;
        }
        e.hcl.runtime.len = 0;
        assert_incomplete(&e, &ubuntu, "runtime data");
        free_evidence(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(is_the_example),
                cmocka_unit_test(trusted_launch_has_no_evidence),
                cmocka_unit_test(tdx_proof_is_the_quote),
                cmocka_unit_test(incomplete_evidence),
        };
        return cmocka_run_group_tests(tests, libctx_setup, libctx_teardown);
}
