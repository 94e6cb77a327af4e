/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the attested key meets in its life, over a real swtpm: PCRs extended while it is used, PCRs
 * of its policy changed, a TPM reset.
 */
#include "key_support.h"

/* PT7: extends in between are survived; the 10th in a row is PCR_BUSY. */
static void test_extend_between_policy_and_use(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm("");
        unsigned int pcr = 10;
        uint8_t in[256] = {0}, out[256];

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        tap_clear(&tap);
        tap.rules[0] = (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 9, 0, tap_extend, &pcr};
        check_private_operation(tpm, ref, 9);
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 10);
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyPCR), 10);
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyRestart), 9);
        assert_int_equal(tap_count(&tap, TPM2_CC_StartAuthSession), 1);
        tap_clear(&tap);
        tap.rules[0] = (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 10, 0, tap_extend, &pcr};
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_BUSY);
        assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_PCR_CHANGED);
        assert_message("IMA");
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 10);
        tap_clear(&tap);
        check_private_operation(tpm, ref, 10); /* the session is as good as before */
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyRestart), 1);
        tap_clear(&tap);
        check_private_operation(tpm, ref, 11);
        ASSERT_COMMANDS(TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt);
        aza_tpm_free(tpm);
}

static void test_selected_pcr_changed(void **state)
{
        struct aza_key_spec spec = {AZA_PURPOSE_SIGN, "pcr23", TPM2_RH_NULL, 1u << 23 | 1u << 7};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *now = NULL;
        struct aza_tpm *tpm = open_tpm("");
        uint8_t in[256] = {0}, out[256];

        (void)state;
        memset(out, 0x77, sizeof(out));
        ref = derive(tpm, &spec);
        check_private_operation(tpm, ref, 1);
        raw_pcr_extend(tap.inner, 23);
        tap_clear(&tap);
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_POLICY_FAIL + TPM2_RC_S + TPM2_RC_1);
        assert_message("sign key \"pcr23\" (sha256:7,23)");
        assert_message("PCR 23 changed");
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 1); /* not repeated */
        assert_int_equal(out[0], 0x77);
        aza_tpm_free(tpm);
        /* as from a key file: which one is not known */
        tpm = open_tpm("");
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("at least one of these PCRs");
        /* PV38: the same name is another key now */
        now = derive(tpm, &spec);
        assert_memory_not_equal(now->modulus, ref->modulus, 256);
        check_private_operation(tpm, now, 2);
        aza_tpm_free(tpm);
}

/* The runtime directory knows for a later process what the key file does not hold; it is
 * believed only where it gives the key's policy. */
static void test_changed_pcr_is_named_by_another_process(void **state)
{
        struct aza_key_spec spec = {AZA_PURPOSE_SIGN, "pcr16", TPM2_RH_NULL, 1u << 16 | 1u << 7};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        uint8_t in[256] = {0}, out[256];
        char name[128];

        (void)state;
        clean_runtime();
        ref = derive(tpm, &spec);
        aza_tpm_free(tpm);
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 3);
        raw_pcr_extend(tap.inner, 16);
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("PCR 16 changed");
        saved_file("pcrs-", name, sizeof(name));
        assert_ok(aza_runtime_read(runtime, name, 65536, &file));
        assert_int_equal(file.len, 4 + 2 * AZA_PCR_SIZE);
        file.data[4] ^= 1;
        assert_ok(aza_runtime_write(runtime, name, aza_bytes_span(&file)));
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("at least one of these PCRs");
        file.data[4] ^= 1;
        assert_ok(aza_runtime_write(runtime, name, aza_span_of(file.data, file.len - 1)));
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("at least one of these PCRs");
        aza_tpm_free(tpm);
        clean_runtime();
}

static void test_reset_ends_a_null_key(void **state)
{
        struct aza_key_spec owner = {AZA_PURPOSE_SIGN, "web", TPM2_RH_OWNER, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *kept = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *now = NULL;
        struct aza_attestation a = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        uint8_t in[256] = {0}, out[256];

        (void)state;
        clean_runtime();
        kept = derive(tpm, &owner);
        ref = derive(tpm, &decrypt_spec);
        aza_tpm_free(tpm);
        swtpm_reset(&swtpm);
        tpm = open_tpm(runtime);
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_KEY_GONE);
        assert_message("restarted");
        assert_message("the unnamed decrypt key");
        assert_int_equal(tap_count(&tap, TPM2_CC_ContextLoad), 1); /* refused: 0x1DF */
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        assert_int_equal(aza_key_certify(tpm, ref, aza_span_of(NULL, 0), &a), AZATTEST_E_KEY_GONE);
        check_private_operation(tpm, kept, 3); /* owner keys survive in the same PCR state */
        now = derive(tpm, &decrypt_spec);
        assert_memory_not_equal(now->modulus, ref->modulus, 256);
        check_private_operation(tpm, now, 4);
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_extend_between_policy_and_use),
                cmocka_unit_test(test_selected_pcr_changed),
                cmocka_unit_test(test_changed_pcr_is_named_by_another_process),
                cmocka_unit_test(test_reset_ends_a_null_key),
        };

        return cmocka_run_group_tests_name("key_ends", tests, setup, teardown);
}
