/* SPDX-License-Identifier: Apache-2.0 */
/* NV indices and PCRs over a real swtpm: what is absent, never written, refused and read. */
#include "tpm/nv.h"

#include "tapped_tpm.h"
#include "tpm/key.h"

static struct aza_tpm *open_probed(void)
{
        struct aza_tpm *tpm = open_tpm();

        assert_ok(aza_tpm_probe(tpm));
        return tpm;
}

/* Owner-defined, owner and auth may read and write. */
static void define(uint32_t index, unsigned int size)
{
        char body[128];
        struct raw answer;

        (void)snprintf(body, sizeof(body),
                       "40000001" RAW_PASSWORD "0000000e%08x000b000600060000%04x", index, size);
        assert_int_equal(raw_run(tap.inner, TPM2_CC_NV_DefineSpace, true, body, &answer), 0);
}

static void write_byte(uint32_t index, unsigned int offset, unsigned int byte)
{
        char body[128];
        struct raw answer;

        (void)snprintf(body, sizeof(body), "40000001%08x" RAW_PASSWORD "0001%02x%04x", index, byte,
                       offset);
        assert_int_equal(raw_run(tap.inner, TPM2_CC_NV_Write, true, body, &answer), 0);
}

static void undefine(uint32_t index)
{
        char body[128];
        struct raw answer;

        (void)snprintf(body, sizeof(body), "40000001%08x" RAW_PASSWORD, index);
        assert_int_equal(raw_run(tap.inner, TPM2_CC_NV_UndefineSpace, true, body, &answer), 0);
}

static void test_states(void **state)
{
        AZA_BYTES struct aza_bytes content = {0};
        enum aza_nv_state nv = AZA_NV_PRESENT;
        struct aza_tpm *tpm = open_probed();

        (void)state;
        assert_ok(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content));
        assert_int_equal(nv, AZA_NV_ABSENT);
        define(AZA_NV_HCL_REPORT, 2048);
        assert_ok(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content));
        assert_int_equal(nv, AZA_NV_NEVER_WRITTEN);
        assert_null(content.data);
        write_byte(AZA_NV_HCL_REPORT, 0, 0x11);
        write_byte(AZA_NV_HCL_REPORT, 1300, 0x22);
        write_byte(AZA_NV_HCL_REPORT, 2047, 0x33);
        assert_ok(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content));
        assert_int_equal(nv, AZA_NV_PRESENT);
        assert_int_equal(content.len, 2048);
        assert_int_equal(content.data[0], 0x11);
        assert_int_equal(content.data[1300], 0x22);
        assert_int_equal(content.data[2047], 0x33);
        undefine(AZA_NV_HCL_REPORT);
        aza_tpm_free(tpm);
}

/* Byte I is I modulo 251. */
static void write_pattern(struct aza_tpm *tpm, uint32_t index, unsigned int size)
{
        AZA_BYTES struct aza_bytes content = {0};

        assert_int_equal(aza_bytes_resize(&content, size), 0);
        for (unsigned int i = 0; i < size; i++)
                content.data[i] = (uint8_t)(i % 251);
        assert_ok(aza_nv_overwrite(tpm, index, aza_bytes_span(&content)));
}

static void check_pattern(struct aza_tpm *tpm, uint32_t index, unsigned int size)
{
        AZA_BYTES struct aza_bytes content = {0};
        enum aza_nv_state nv = AZA_NV_ABSENT;

        assert_ok(aza_nv_read(tpm, index, &nv, &content));
        assert_int_equal(nv, AZA_NV_PRESENT);
        assert_int_equal(content.len, size);
        for (unsigned int i = 0; i < size; i++)
                assert_int_equal(content.data[i], i % 251);
}

/* As long pieces as the TPM takes: 1024 bytes, and where it refuses these, 512, which it is not
 * asked again over the same connection. What else it says of a piece stands. */
static void test_pieces(void **state)
{
        static const TSS2_RC refusals[] = {TPM2_RC_VALUE + TPM2_RC_P + TPM2_RC_1,
                                           TPM2_RC_SIZE + TPM2_RC_P + TPM2_RC_1};
        AZA_BYTES struct aza_bytes content = {0};
        enum aza_nv_state nv = AZA_NV_ABSENT;
        struct aza_tpm *tpm = open_probed();

        (void)state;
        define(AZA_NV_HCL_REPORT, 2048);
        write_pattern(tpm, AZA_NV_HCL_REPORT, 1); /* the first with its own authorisation is slow */
        tap_clear(&tap);
        write_pattern(tpm, AZA_NV_HCL_REPORT, 2048);
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 2);
        check_pattern(tpm, AZA_NV_HCL_REPORT, 2048);
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Read), 2);
        aza_tpm_free(tpm);
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                tpm = open_probed();
                tap.rules[0] = (struct tap_rule){TPM2_CC_NV_Read, 0, 1, refusals[i], NULL, NULL};
                check_pattern(tpm, AZA_NV_HCL_REPORT, 2048);
                assert_int_equal(tap_count(&tap, TPM2_CC_NV_Read), 1 + 4);
                tap_clear(&tap);
                check_pattern(tpm, AZA_NV_HCL_REPORT, 2048);
                assert_int_equal(tap_count(&tap, TPM2_CC_NV_Read), 4);
                aza_tpm_free(tpm);
                tpm = open_probed();
                tap.rules[0] = (struct tap_rule){TPM2_CC_NV_Write, 0, 1, refusals[i], NULL, NULL};
                write_pattern(tpm, AZA_NV_HCL_REPORT, 2048);
                assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 1 + 4);
                check_pattern(tpm, AZA_NV_HCL_REPORT, 2048);
                aza_tpm_free(tpm);
        }
        /* No piece is small enough. */
        tpm = open_probed();
        tap.rules[0] = (struct tap_rule){TPM2_CC_NV_Read, 0, 99, refusals[0], NULL, NULL};
        assert_int_equal(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content),
                         AZATTEST_E_TPM_OPERATION);
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Read), 2);
        assert_int_equal(aza_last_error()->tpm_rc, refusals[0]);
        undefine(AZA_NV_HCL_REPORT);
        aza_tpm_free(tpm);
}

/* Rule 9: an error is never "absent". */
static void test_errors_are_not_absence(void **state)
{
        AZA_BYTES struct aza_bytes content = {0};
        enum aza_nv_state nv = AZA_NV_PRESENT;
        struct aza_tpm *tpm = open_probed();

        (void)state;
        tap.rules[0] = (struct tap_rule){TPM2_CC_NV_ReadPublic, 0, 1, TPM2_RC_FAILURE, NULL, NULL};
        assert_int_equal(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content),
                         AZATTEST_E_TPM_OPERATION);
        assert_message("TPM2_NV_ReadPublic of 0x01400001");
        assert_int_equal(nv, AZA_NV_PRESENT); /* untouched */
        define(AZA_NV_HCL_REPORT, 2000);
        write_byte(AZA_NV_HCL_REPORT, 0, 1);
        tap.rules[0] =
                (struct tap_rule){TPM2_CC_NV_Read, 1, 1, TPM2_RC_NV_UNINITIALIZED, NULL, NULL};
        assert_int_equal(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content),
                         AZATTEST_E_TPM_OPERATION);
        tap.rules[0] =
                (struct tap_rule){TPM2_CC_NV_Read, 0, 1, TPM2_RC_NV_AUTHORIZATION, NULL, NULL};
        assert_int_equal(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content),
                         AZATTEST_E_TPM_OPERATION);
        assert_int_equal(aza_last_error()->tpm_rc, 0x149);
        assert_null(content.data);
        tap.rules[0] = (struct tap_rule){TPM2_CC_NV_Read, 0, 3, TPM2_RC_RETRY, NULL, NULL};
        assert_ok(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content));
        assert_int_equal(content.len, 2000);
        undefine(AZA_NV_HCL_REPORT);
        aza_tpm_free(tpm);
}

static void change_owner_password(const char *session, const char *password)
{
        char body[128];
        struct raw answer;

        (void)snprintf(body, sizeof(body), "40000001%s%s", session, password);
        assert_int_equal(raw_run(tap.inner, TPM2_CC_HierarchyChangeAuth, true, body, &answer), 0);
}

/* D56: where the owner has a password, the index is asked itself; what it does not allow is
 * said. */
static void test_owner_password(void **state)
{
        AZA_BYTES struct aza_bytes content = {0};
        enum aza_nv_state nv = AZA_NV_ABSENT;
        struct aza_tpm *tpm = open_probed();
        char body[128];
        struct raw answer;

        (void)state;
        define(AZA_NV_HCL_REPORT, 1000);
        write_byte(AZA_NV_HCL_REPORT, 0, 7);
        /* owner may read, the index itself not */
        (void)snprintf(body, sizeof(body),
                       "40000001" RAW_PASSWORD "0000000e%08x000b000200020000%04x", AZA_NV_AK_CERT,
                       64);
        assert_int_equal(raw_run(tap.inner, TPM2_CC_NV_DefineSpace, true, body, &answer), 0);
        write_byte(AZA_NV_AK_CERT, 0, 8);
        change_owner_password(RAW_PASSWORD, "00027077");
        tap_clear(&tap);
        assert_ok(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &content));
        assert_int_equal(nv, AZA_NV_PRESENT);
        assert_int_equal(content.len, 1000);
        assert_int_equal(content.data[0], 7);
        assert_int_equal(aza_nv_read(tpm, AZA_NV_AK_CERT, &nv, &content), AZATTEST_E_TPM_OPERATION);
        assert_message("owner has a password");
        assert_int_equal(aza_last_error()->tpm_rc, 0x9a2);
        change_owner_password("0000000b40000009000000"
                              "00027077",
                              "0000");
        undefine(AZA_NV_HCL_REPORT);
        undefine(AZA_NV_AK_CERT);
        aza_tpm_free(tpm);
}

static void check_user_data(struct aza_tpm *tpm, uint8_t fill)
{
        AZA_BYTES struct aza_bytes content = {0};
        enum aza_nv_state nv;
        uint8_t data[64];

        memset(data, fill, sizeof(data));
        assert_ok(aza_nv_write_user_data(tpm, data));
        assert_ok(aza_nv_read(tpm, AZA_NV_USER_DATA, &nv, &content));
        assert_int_equal(content.len, 64);
        assert_memory_equal(content.data, data, 64);
}

static void test_user_data(void **state)
{
        struct aza_tpm *tpm = open_probed();

        (void)state;
        check_user_data(tpm, 1); /* defines it */
        tap_clear(&tap);
        check_user_data(tpm, 2);
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_DefineSpace), 0);
        undefine(AZA_NV_USER_DATA);
        define(AZA_NV_USER_DATA, 32); /* of another tool */
        check_user_data(tpm, 3);
        undefine(AZA_NV_USER_DATA);
        aza_tpm_free(tpm);
}

/* ---- PCRs and the AK ---- */

static void test_pcr_values(void **state)
{
        struct aza_tpm *tpm = open_probed();
        struct aza_pcrs pcrs = {0};

        (void)state;
        raw_pcr_extend(tap.inner, 9);
        raw_pcr_extend(tap.inner, 23);
        tap_clear(&tap);
        assert_ok(aza_pcr_read(tpm, 0xffffff, &pcrs));
        assert_int_equal(tap.count, 3);
        assert_int_equal(pcrs.mask, 0xffffff);
        assert_true(aza_span_is_zero(aza_span_of(pcrs.value[7], 32)));
        assert_false(aza_span_is_zero(aza_span_of(pcrs.value[9], 32)));
        assert_memory_equal(pcrs.value[9], pcrs.value[23], 32);
        assert_int_equal(pcrs.value[17][0], 0xff); /* DRTM PCRs begin at -1 */
        tap_clear(&tap);
        assert_ok(aza_pcr_read(tpm, 0x10200, &pcrs));
        assert_int_equal(tap.count, 1);
        assert_int_equal(pcrs.mask, 0x10200);
        assert_false(aza_span_is_zero(aza_span_of(pcrs.value[9], 32)));
        assert_true(aza_span_is_zero(aza_span_of(pcrs.value[23], 32)));
        assert_int_equal(aza_pcr_read(tpm, 0, &pcrs), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(aza_pcr_read(tpm, 1u << 24, &pcrs), AZATTEST_E_INVALID_PARAMETER);
        aza_tpm_free(tpm);
}

/* Rule 41: an extend between two PCR_Reads starts over; for ever is PCR_BUSY. */
static void test_extend_while_reading(void **state)
{
        struct aza_tpm *tpm = open_probed();
        struct aza_pcrs pcrs = {0};
        unsigned int pcr = 0;

        (void)state;
        tap.rules[0] = (struct tap_rule){TPM2_CC_PCR_Read, 1, 1, 0, tap_extend, &pcr};
        assert_ok(aza_pcr_read(tpm, 0xffffff, &pcrs));
        assert_int_equal(tap_count(&tap, TPM2_CC_PCR_Read), 2 + 3);
        assert_false(aza_span_is_zero(aza_span_of(pcrs.value[0], 32)));
        tap.rules[0] = (struct tap_rule){TPM2_CC_PCR_Read, 0, 999, 0, tap_extend, &pcr};
        assert_int_equal(aza_pcr_read(tpm, 0xffffff, &pcrs), AZATTEST_E_PCR_BUSY);
        aza_tpm_free(tpm);
}

static void test_quote(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_attestation a = {0};
        struct aza_tpm *tpm = open_probed();
        struct aza_pcrs pcrs;
        uint8_t digest[32], nonce[51] = {1};
        const uint8_t e[] = {1, 0, 1};

        (void)state;
        assert_ok(aza_ak_read(tpm, &ak));
        assert_ok(aza_rsa_public(libctx, aza_span_of(ak.data + 26, 256), aza_span_of(e, 3), &key));
        assert_ok(aza_pcr_read(tpm, 0xff, &pcrs));
        assert_ok(aza_pcr_digest(libctx, &pcrs, digest));
        assert_ok(aza_quote(tpm, 0xff, aza_span_of(NULL, 0), &a));
        assert_int_equal(a.message.len, 113); /* PROTOCOL.md 14.3 */
        assert_memory_equal(a.message.data, "\xff\x54\x43\x47\x80\x18", 6);
        assert_memory_equal(a.message.data + 113 - 32, digest, 32);
        assert_true(aza_rsa_verify_sha256(libctx, key, aza_bytes_span(&a.message),
                                          aza_bytes_span(&a.signature)));
        assert_ok(aza_quote(tpm, 0x800000, aza_span_of(nonce, 32), &a));
        assert_memory_equal(a.message.data + 44, nonce, 32);
        assert_int_equal(aza_quote(tpm, 0xff, aza_span_of(nonce, 51), &a),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(aza_quote(tpm, 0, aza_span_of(nonce, 1), &a),
                         AZATTEST_E_INVALID_PARAMETER);
        aza_attestation_free(&a);
        aza_tpm_free(tpm);
}

/* Last: it takes the AK away. */
static void test_without_ak(void **state)
{
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_attestation a = {0};
        struct aza_tpm *tpm = open_probed();
        struct raw answer;

        (void)state;
        assert_int_equal(raw_run(tap.inner, TPM2_CC_EvictControl, true,
                                 "4000000181000003" RAW_PASSWORD "81000003", &answer),
                         0);
        assert_int_equal(aza_ak_read(tpm, &ak), AZATTEST_E_TPM_OPERATION);
        assert_message("no attestation key");
        assert_int_equal(aza_quote(tpm, 0xff, aza_span_of(NULL, 0), &a), AZATTEST_E_TPM_OPERATION);
        assert_message("no attestation key");
        assert_int_equal(aza_last_error()->tpm_rc, 0x18b);
        assert_null(a.message.data);
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 0);
        aza_tpm_free(tpm);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_pieces),
                cmocka_unit_test(test_errors_are_not_absence),
                cmocka_unit_test(test_owner_password),
                cmocka_unit_test(test_user_data),
                cmocka_unit_test(test_pcr_values),
                cmocka_unit_test(test_extend_while_reading),
                cmocka_unit_test(test_quote),
                cmocka_unit_test(test_without_ak),
        };

        return cmocka_run_group_tests_name("nv and pcr", tests, tapped_setup, tapped_teardown);
}
