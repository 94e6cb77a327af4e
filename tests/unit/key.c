/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attested key over a real swtpm: the private operation, command counts, saved contexts,
 * certification, the secret of implicit rejection. What ends it or gets in between is in
 * key_ends.c.
 */
#include "key_support.h"

/* ---- use and count ---- */

/* D30, PV85: the first process makes the key and saves it, later ones need 8 commands from a URI
 * and 7 from a file, then 2 for each operation; nothing stays in the TPM. */
static void test_command_counts(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *again = NULL;
        struct aza_tpm *tpm = open_tpm(runtime);

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        check_private_operation(tpm, ref, 0x11);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_PCR_Read, TPM2_CC_CreatePrimary, TPM2_CC_ContextSave,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);
        assert_int_equal(swtpm_loaded(&swtpm), 0);

        tpm = open_tpm(runtime);
        again = derive(tpm, &decrypt_spec);
        assert_memory_equal(again->modulus, ref->modulus, sizeof(ref->modulus));
        check_private_operation(tpm, again, 0x12);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_PCR_Read, TPM2_CC_ContextLoad, TPM2_CC_ReadPublic,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);

        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 0x13);
        for (uint8_t i = 0; i < 10; i++)
                check_private_operation(tpm, ref, i);
        assert_int_equal(tap.count, 5 + 2 * 10);
        assert_int_equal(raw_loaded(tap.inner), 2);
        aza_tpm_free(tpm);
        assert_int_equal(tap.count, 5 + 2 * 10 + 2);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
        assert_int_equal(tap.opens, tap.closes);
}

static void test_nothing_is_sent_without_use(void **state)
{
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        assert_int_equal(tap.opens, 0);
        aza_tpm_free(tpm);
        assert_int_equal(tap.opens, 0);
        tpm = open_tpm("");
        assert_ok(aza_tpm_probe(tpm));
        assert_int_equal(tap.opens, 1);
        assert_int_equal(tap.count, 0);
        aza_tpm_free(tpm);
        assert_int_equal(tap.closes, 1);
}

static void test_names_are_keys(void **state)
{
        struct aza_key_spec web = {AZA_PURPOSE_DECRYPT, "web", TPM2_RH_NULL, 0xff};
        struct aza_key_spec sign = {AZA_PURPOSE_SIGN, "web", TPM2_RH_NULL, 0xff};
        struct aza_key_spec owner = {AZA_PURPOSE_SIGN, "web", TPM2_RH_OWNER, 0xff};
        struct aza_key_spec bad = {AZA_PURPOSE_SIGN, "w b", TPM2_RH_OWNER, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *a = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *b = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *c = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *again = NULL;
        struct aza_keyref *none = NULL;
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        a = derive(tpm, &web);
        b = derive(tpm, &sign);
        c = derive(tpm, &owner);
        again = derive(tpm, &web);
        assert_memory_not_equal(a->modulus, b->modulus, 256);
        assert_memory_not_equal(b->modulus, c->modulus, 256);
        assert_memory_equal(a->modulus, again->modulus, 256);
        check_private_operation(tpm, a, 1);
        check_private_operation(tpm, b, 2); /* changes the loaded key each time */
        check_private_operation(tpm, c, 3);
        assert_int_equal(raw_loaded(tap.inner), 2);
        assert_int_equal(aza_key_derive(tpm, &bad, NULL, &none), AZATTEST_E_INVALID_PARAMETER);
        aza_tpm_free(tpm);
}

static void test_input_not_below_the_modulus(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm("");
        uint8_t in[256], out[256];

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        tap_clear(&tap);
        memset(in, 0xff, sizeof(in));
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_INPUT);
        assert_int_equal(aza_key_rsadp(tpm, ref, ref->modulus, out), AZATTEST_E_INPUT);
        assert_int_equal(tap.count, 0);
        memset(in, 0, sizeof(in));
        assert_ok(aza_key_rsadp(tpm, ref, in, out)); /* 0^d = 0 */
        assert_true(aza_span_is_zero(aza_span_of(out, 256)));
        aza_tpm_free(tpm);
}

/* ---- saved contexts ---- */

static void test_spoilt_context_is_replaced(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        char name[128];

        (void)state;
        clean_runtime();
        ref = derive(tpm, &decrypt_spec);
        aza_tpm_free(tpm);
        saved_file("key-", name, sizeof(name));
        assert_ok(aza_runtime_read(runtime, name, 65536, &file));
        file.data[file.len - 1] ^= 1;
        assert_ok(aza_runtime_write(runtime, name, aza_bytes_span(&file)));
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 5);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_ContextLoad, TPM2_CC_CreatePrimary, TPM2_CC_ContextSave,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);
        /* cut short: not even sent */
        assert_ok(aza_runtime_write(runtime, name, aza_span_of(file.data, 100)));
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 6);
        assert_int_equal(tap.seen[0], TPM2_CC_CreatePrimary);
        aza_tpm_free(tpm);
        /* and the replaced one is good */
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 7);
        assert_int_equal(tap.seen[0], TPM2_CC_ContextLoad);
        aza_tpm_free(tpm);
}

/* A context of another key under our name: the TPM loads it gladly. */
static void test_swapped_context_is_noticed(void **state)
{
        struct aza_key_spec other = {AZA_PURPOSE_SIGN, "other", TPM2_RH_NULL, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref2 = NULL;
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        char name[128], name2[128];

        (void)state;
        clean_runtime();
        ref2 = derive(tpm, &other);
        saved_file("key-", name2, sizeof(name2));
        assert_ok(aza_runtime_read(runtime, name2, 65536, &file));
        clean_runtime();
        ref = derive(tpm, &decrypt_spec);
        saved_file("key-", name, sizeof(name));
        assert_string_not_equal(name, name2);
        aza_tpm_free(tpm);
        assert_ok(aza_runtime_write(runtime, name, aza_bytes_span(&file)));
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 8);
        assert_int_equal(tap_count(&tap, TPM2_CC_ContextLoad), 1);
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        assert_int_equal(raw_loaded(tap.inner), 2);
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

/* ---- certification ---- */

static void test_certify(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak_key = NULL;
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_attestation a = {0};
        struct aza_tpm *tpm = open_tpm("");
        const uint8_t e[] = {1, 0, 1};
        uint8_t name[34], nonce[51] = {7};

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        assert_ok(aza_keyref_tpm_name(libctx, ref, name));
        assert_ok(aza_ak_read(tpm, &ak));
        assert_int_equal(ak.len, 282);
        assert_ok(
                aza_rsa_public(libctx, aza_span_of(ak.data + 26, 256), aza_span_of(e, 3), &ak_key));
        assert_ok(aza_key_certify(tpm, ref, aza_span_of(NULL, 0), &a));
        assert_int_equal(a.message.len, 141); /* PROTOCOL.md 14.3 */
        assert_memory_equal(a.message.data, "\xff\x54\x43\x47\x80\x17", 6);
        assert_memory_equal(a.message.data + 69, "\x00\x22", 2);
        assert_memory_equal(a.message.data + 71, name, sizeof(name));
        assert_true(aza_rsa_verify_sha256(libctx, ak_key, aza_bytes_span(&a.message),
                                          aza_bytes_span(&a.signature)));
        assert_ok(aza_key_certify(tpm, ref, aza_span_of(nonce, 50), &a));
        assert_int_equal(a.message.len, 191);
        assert_memory_equal(a.message.data + 44, nonce, 50);
        assert_int_equal(aza_key_certify(tpm, ref, aza_span_of(nonce, 51), &a),
                         AZATTEST_E_INVALID_PARAMETER);
        aza_attestation_free(&a);
        aza_tpm_free(tpm);
}

/* ---- implicit rejection ---- */

static void test_rejection_secret(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *other = NULL;
        struct aza_key_spec web = {AZA_PURPOSE_DECRYPT, "web", TPM2_RH_NULL, 0xff};
        uint8_t first[32], second[32], third[32];
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        other = derive(tpm, &web);
        assert_ok(aza_key_rejection_secret(tpm, ref, first));
        tap_clear(&tap);
        assert_ok(aza_key_rejection_secret(tpm, ref, second));
        assert_int_equal(tap.count, 0); /* kept while the key is loaded */
        assert_memory_equal(first, second, 32);
        assert_ok(aza_key_rejection_secret(tpm, other, third));
        assert_memory_not_equal(first, third, 32);
        aza_tpm_free(tpm);
        tpm = open_tpm("");
        assert_ok(aza_key_rejection_secret(tpm, ref, second)); /* the same in another process */
        assert_memory_equal(first, second, 32);
        aza_tpm_free(tpm);
}

/* The fixed block, computed again here. */
static void test_rejection_secret_is_rsadp_of_the_block(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        uint8_t input[] = "azattest/1/implicit-rejection/";
        uint8_t block[256], result[256], expected[32], secret[32];
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        for (uint8_t i = 0; i < 8; i++) {
                input[sizeof(input) - 1] = i;
                assert_ok(aza_sha256(libctx, aza_span_of(input, sizeof(input)), block + 32 * i));
        }
        block[0] &= 0x7f;
        ref = derive(tpm, &decrypt_spec);
        assert_ok(aza_key_rsadp(tpm, ref, block, result));
        assert_ok(aza_sha256(libctx, aza_span_of(result, 256), expected));
        assert_ok(aza_key_rejection_secret(tpm, ref, secret));
        assert_memory_equal(secret, expected, 32);
        aza_tpm_free(tpm);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_command_counts),
                cmocka_unit_test(test_nothing_is_sent_without_use),
                cmocka_unit_test(test_names_are_keys),
                cmocka_unit_test(test_input_not_below_the_modulus),
                cmocka_unit_test(test_spoilt_context_is_replaced),
                cmocka_unit_test(test_swapped_context_is_noticed),
                cmocka_unit_test(test_certify),
                cmocka_unit_test(test_rejection_secret),
                cmocka_unit_test(test_rejection_secret_is_rsadp_of_the_block),
        };

        return cmocka_run_group_tests_name("key", tests, setup, teardown);
}
