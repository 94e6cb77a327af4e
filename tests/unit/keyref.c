/* SPDX-License-Identifier: Apache-2.0 */
/* The key reference: template and policy vectors (PROTOCOL.md 14.1, PV52), the DER form, and
 * that anything but the one encoding is refused. */
#include "tpm/keyref.h"

#include "libctx_fixture.h"
#include "tpm/pcr.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define TOKEN "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln"

static struct aza_keyref sample(enum aza_purpose purpose, const char *name)
{
        struct aza_keyref ref = {.purpose = purpose, .hierarchy = TPM2_RH_NULL, .pcr_mask = 0xff};

        memcpy(ref.name, name, strlen(name) + 1);
        memset(ref.policy, 0x33, sizeof(ref.policy));
        for (size_t i = 0; i < sizeof(ref.modulus); i++)
                ref.modulus[i] = (uint8_t)(0x80 + i);
        return ref;
}

static void assert_hex(struct aza_span s, const char *hex)
{
        AZA_BYTES struct aza_bytes text = {0};

        assert_int_equal(aza_bytes_resize(&text, 2 * s.len + 1), 0);
        assert_string_equal(aza_hex(s, (char *)text.data), hex);
}

/* PROTOCOL.md 14.1 */
static void test_pcr_policy_vector(void **state)
{
        struct aza_pcrs pcrs = {.mask = 0xff};
        uint8_t out[32];
        uint8_t selection[10];

        (void)state;
        aza_pcr_selection(0xff, selection);
        assert_hex(aza_span_of(selection, 10), "00000001000b03ff0000");
        aza_pcr_selection(0x800401, selection);
        assert_hex(aza_span_of(selection, 10), "00000001000b03010480");
        assert_int_equal(aza_pcr_digest(libctx, &pcrs, out), 0);
        assert_hex(aza_span_of(out, 32),
                   "5341e6b2646979a70e57653007a1f310169421ec9bdd9f1a5648f75ade005af1");
        assert_int_equal(aza_pcr_policy(libctx, &pcrs, out), 0);
        assert_hex(aza_span_of(out, 32),
                   "9a72c2e06a93c453a86efb47532e9c7a91dcab018e675919910c58d6a1a5aa78");
}

static void test_unselected_pcr_is_ignored(void **state)
{
        struct aza_pcrs pcrs = {.mask = 0xff};
        uint8_t zero[32], out[32];

        (void)state;
        assert_int_equal(aza_pcr_policy(libctx, &pcrs, zero), 0);
        pcrs.value[9][0] = 1;
        assert_int_equal(aza_pcr_policy(libctx, &pcrs, out), 0);
        assert_memory_equal(out, zero, 32);
        pcrs.value[7][31] = 1;
        assert_int_equal(aza_pcr_policy(libctx, &pcrs, out), 0);
        assert_memory_not_equal(out, zero, 32);
}

static void check_unique(enum aza_purpose purpose, const char *name, const char *hex)
{
        AZA_BYTES struct aza_bytes template = {0};
        struct aza_keyref ref = sample(purpose, name);

        assert_int_equal(aza_keyref_template(libctx, &ref, &template), 0);
        assert_int_equal(template.len, 52 + 2 + 32);
        assert_hex(aza_span_of(template.data + 52, 2), "0020");
        assert_hex(aza_span_of(template.data + 54, 32), hex);
}

/* PV52 */
static void test_unique_vectors(void **state)
{
        (void)state;
        check_unique(AZA_PURPOSE_SIGN, "",
                     "fe1a3d1109f6501594144d08a74cb5065fc33d9a3be0e6e55533606d4d012763");
        check_unique(AZA_PURPOSE_SIGN, "web",
                     "b3814adf7e244aa8d9a75bacaacac2bbe09715ea3aebd7dc48c29947a66a23f0");
        check_unique(AZA_PURPOSE_DECRYPT, "web",
                     "ac86a8ab92b77b68e4519acfadc8a9f0c720b28084f9c197dadf2492ec0b00b3");
        check_unique(AZA_PURPOSE_ISSUE, "",
                     "42221607e5606fcdd3fa5125c3a682974e0d18e360c1ea6638c0acde3e8932f7");
        check_unique(AZA_PURPOSE_ISSUE, "web",
                     "71ff50318ec8f2a905869cb9d0b5c32f0fba411cdd889afc18da8f81897e579b");
}

/* PROTOCOL.md 3.1 and 14.3 */
static void test_template_and_public_bytes(void **state)
{
        static const char head[] =
                "0001000b00020432"
                "00203333333333333333333333333333333333333333333333333333333333333333"
                "001000100800000000000100";
        AZA_BYTES struct aza_bytes template = {0};
        AZA_BYTES struct aza_bytes public = {0};
        struct aza_keyref ref = sample(AZA_PURPOSE_DECRYPT, "");
        uint8_t name[34], digest[32];

        (void)state;
        assert_int_equal(aza_keyref_template(libctx, &ref, &template), 0);
        assert_int_equal(template.len, 310);
        assert_hex(aza_span_of(template.data, 54), head);
        assert_true(aza_span_is_zero(aza_span_of(template.data + 54, 256)));
        assert_int_equal(aza_keyref_public(libctx, &ref, &public), 0);
        assert_int_equal(public.len, 312);
        assert_hex(aza_span_of(public.data, 2), "0136");
        assert_hex(aza_span_of(public.data + 2, 54), head);
        assert_memory_equal(public.data + 56, ref.modulus, 256);
        assert_int_equal(aza_keyref_tpm_name(libctx, &ref, name), 0);
        assert_int_equal(aza_sha256(libctx, aza_span_of(public.data + 2, 310), digest), 0);
        assert_hex(aza_span_of(name, 2), "000b");
        assert_memory_equal(name + 2, digest, 32);
}

static void test_words(void **state)
{
        enum aza_purpose purpose;

        (void)state;
        assert_true(aza_purpose_parse("any", &purpose));
        assert_int_equal(purpose, AZA_PURPOSE_ANY);
        assert_true(aza_purpose_parse("sign", &purpose));
        assert_string_equal(aza_purpose_text(purpose), "sign");
        assert_true(aza_purpose_parse("issue", &purpose));
        assert_int_equal(purpose, AZA_PURPOSE_ISSUE);
        assert_false(aza_purpose_parse("Sign", &purpose));
        assert_false(aza_purpose_parse("", &purpose));
        assert_true(aza_key_name_valid(""));
        assert_true(aza_key_name_valid("A.b_c-9"));
        assert_false(aza_key_name_valid("a b"));
        assert_false(aza_key_name_valid("a/b"));
}

/* PV48, D61: nothing but its own purpose is issuing, not even what serves both others. */
static void test_uses(void **state)
{
        static const struct {
                enum aza_purpose purpose, use;
                const char *refused; /* NULL: it may */
        } cases[] = {
                {AZA_PURPOSE_ISSUE, AZA_PURPOSE_ISSUE, NULL},
                {AZA_PURPOSE_ISSUE, AZA_PURPOSE_SIGN, "to sign use azattest://sign?name=web"},
                {AZA_PURPOSE_ISSUE, AZA_PURPOSE_DECRYPT, "to decrypt use azattest://key?name=web"},
                {AZA_PURPOSE_ANY, AZA_PURPOSE_ISSUE, "to issue use azattest://issue?name=web"},
                {AZA_PURPOSE_SIGN, AZA_PURPOSE_ISSUE, "to issue use azattest://issue?name=web"},
                {AZA_PURPOSE_ANY, AZA_PURPOSE_SIGN, NULL},
                {AZA_PURPOSE_ANY, AZA_PURPOSE_DECRYPT, NULL},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct aza_keyref ref = sample(cases[i].purpose, "web");

                assert_int_equal(aza_keyref_may(&ref, cases[i].use),
                                 cases[i].refused != NULL ? AZATTEST_E_WRONG_PURPOSE : 0);
                if (cases[i].refused != NULL &&
                    strstr(aza_last_error()->message, cases[i].refused) == NULL)
                        fail_msg("\"%s\" is not in: %s", cases[i].refused,
                                 aza_last_error()->message);
        }
}

static void check_round_trip(const struct aza_keyref *ref)
{
        AZA_BYTES struct aza_bytes der = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *back = NULL;

        assert_int_equal(aza_keyref_encode(libctx, ref, &der), 0);
        assert_int_equal(aza_keyref_decode(libctx, aza_bytes_span(&der), &back), 0);
        assert_int_equal(back->purpose, ref->purpose);
        assert_int_equal(back->hierarchy, ref->hierarchy);
        assert_string_equal(back->name, ref->name);
        assert_int_equal(back->pcr_mask, ref->pcr_mask);
        assert_memory_equal(back->policy, ref->policy, 32);
        assert_memory_equal(back->modulus, ref->modulus, 256);
        if (ref->token == NULL)
                assert_null(back->token);
        else
                assert_string_equal(back->token, ref->token);
}

static void test_der_round_trip(void **state)
{
        struct aza_keyref ref = sample(AZA_PURPOSE_DECRYPT, "");
        char token[] = TOKEN;

        (void)state;
        check_round_trip(&ref);
        ref.token = token;
        check_round_trip(&ref);
        ref = sample(AZA_PURPOSE_ANY, "web.1");
        ref.hierarchy = TPM2_RH_OWNER;
        ref.pcr_mask = 0xffffff;
        check_round_trip(&ref);
        ref = sample(AZA_PURPOSE_ISSUE, "web");
        check_round_trip(&ref);
}

static void test_public_key_is_what_openssl_writes(void **state)
{
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes spki = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        struct aza_keyref ref = sample(AZA_PURPOSE_SIGN, "");

        (void)state;
        assert_int_equal(aza_keyref_pkey(libctx, &ref, &key), 0);
        assert_int_equal(EVP_PKEY_get_bits(key), 2048);
        assert_int_equal(aza_spki(key, &spki), 0);
        assert_int_equal(aza_keyref_encode(libctx, &ref, &der), 0);
        assert_non_null(memmem(der.data, der.len, spki.data, spki.len));
        assert_non_null(memmem(der.data, der.len, "contains no secret", 18));
}

static void refuse(struct aza_span der, const char *word)
{
        struct aza_keyref *ref = NULL;

        assert_int_equal(aza_keyref_decode(libctx, der, &ref), AZATTEST_E_INPUT);
        assert_null(ref);
        if (strstr(aza_last_error()->message, word) == NULL)
                fail_msg("\"%s\" is not in: %s", word, aza_last_error()->message);
}

/* The byte `offset` from the beginning of `find` replaced. */
static void refuse_patched(const struct aza_bytes *good, const char *find, long offset,
                           uint8_t byte, const char *word)
{
        AZA_BYTES struct aza_bytes bad = {0};
        uint8_t *at;

        assert_int_equal(aza_bytes_set(&bad, good->data, good->len), 0);
        at = memmem(bad.data, bad.len, find, strlen(find));
        assert_non_null(at);
        at[offset] = byte;
        refuse(aza_bytes_span(&bad), word);
}

static void test_der_refusals(void **state)
{
        AZA_BYTES struct aza_bytes good = {0};
        AZA_BYTES struct aza_bytes bad = {0};
        struct aza_keyref ref = sample(AZA_PURPOSE_SIGN, "web");
        const char description[] = "azattest key reference v1; contains no secret";
        const long after = sizeof(description) - 1;
        char token[] = TOKEN;

        (void)state;
        ref.token = token;
        assert_int_equal(aza_keyref_encode(libctx, &ref, &good), 0);
        refuse(aza_span_of(good.data, 0), "0 bytes");
        for (size_t n = 1; n < good.len; n++)
                refuse(aza_span_of(good.data, n), "key reference");
        assert_int_equal(aza_bytes_set(&bad, good.data, good.len), 0);
        assert_int_equal(aza_bytes_append(&bad, "", 1), 0);
        refuse(aza_bytes_span(&bad), "strict DER");
        refuse_patched(&good, description, -3, 2, "version is not 1");
        refuse_patched(&good, description, 0, 'A', "strict DER");
        refuse_patched(&good, description, after + 2, 4, "unknown purpose");
        refuse_patched(&good, description, after + 2, AZA_PURPOSE_ISSUE, "not the template");
        refuse_patched(&good, description, after + 2, AZA_PURPOSE_ANY, "not the template");
        refuse_patched(&good, description, after + 5, 2, "unknown hierarchy");
        refuse_patched(&good, "web", 1, '/', "name");
        refuse_patched(&good, "web", 1, 0, "name");
        refuse_patched(&good, "web", 1, 'E', "not the template");
        refuse_patched(&good, "web", 3 + 2 + 5, 0x04, "SHA-256 bank");
        refuse_patched(&good, TOKEN, 3, ' ', "compact JWT");
        refuse_patched(&good, TOKEN, 3, 0, "compact JWT");
}

/* Every single-byte change must be refused or give a reference that encodes to exactly those bytes:
 * there is one spelling for each reference. */
static void test_der_has_one_spelling(void **state)
{
        AZA_BYTES struct aza_bytes good = {0};
        struct aza_keyref sample_ref = sample(AZA_PURPOSE_DECRYPT, "w");
        size_t accepted = 0;

        (void)state;
        assert_int_equal(aza_keyref_encode(libctx, &sample_ref, &good), 0);
        for (size_t i = 0; i < good.len; i++) {
                AZA_BYTES struct aza_bytes again = {0};
                AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;

                good.data[i] ^= 0x01;
                if (aza_keyref_decode(libctx, aza_bytes_span(&good), &ref) == 0) {
                        accepted++;
                        assert_int_equal(aza_keyref_encode(libctx, ref, &again), 0);
                        assert_true(aza_span_equal(aza_bytes_span(&again), aza_bytes_span(&good)));
                }
                good.data[i] ^= 0x01;
        }
        /* policy 32, modulus 255 (its last bit makes it even), hierarchy, PCR bytes 3 */
        assert_int_equal(accepted, 32 + 255 + 1 + 3);
}

static void test_encode_refuses_what_decode_would(void **state)
{
        AZA_BYTES struct aza_bytes der = {0};
        struct aza_keyref ref = sample(AZA_PURPOSE_DECRYPT, "");

        (void)state;
        ref.pcr_mask = 0;
        assert_int_equal(aza_keyref_encode(libctx, &ref, &der), AZATTEST_E_INPUT);
        ref.pcr_mask = 1u << 24;
        assert_int_equal(aza_keyref_encode(libctx, &ref, &der), AZATTEST_E_INPUT);
        ref.pcr_mask = 1;
        ref.hierarchy = TPM2_RH_ENDORSEMENT;
        assert_int_equal(aza_keyref_encode(libctx, &ref, &der), AZATTEST_E_INPUT);
        ref.hierarchy = TPM2_RH_OWNER;
        ref.modulus[0] = 0x7f;
        assert_int_equal(aza_keyref_encode(libctx, &ref, &der), AZATTEST_E_INPUT);
        assert_null(der.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pcr_policy_vector),
                cmocka_unit_test(test_unselected_pcr_is_ignored),
                cmocka_unit_test(test_unique_vectors),
                cmocka_unit_test(test_template_and_public_bytes),
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_uses),
                cmocka_unit_test(test_der_round_trip),
                cmocka_unit_test(test_public_key_is_what_openssl_writes),
                cmocka_unit_test(test_der_refusals),
                cmocka_unit_test(test_der_has_one_spelling),
                cmocka_unit_test(test_encode_refuses_what_decode_would),
        };

        return cmocka_run_group_tests_name("keyref", tests, libctx_setup, libctx_teardown);
}
