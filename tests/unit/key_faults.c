/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row of the retry table (PV37, PT6): the n-th command answers with a chosen code;
 * asserted are the outcome, exactly how often each command was sent, and that nothing stays loaded.
 */
#include "key/jwe.h"
#include "os/file.h"
#include "tapped_tpm.h"
#include "tpm/key.h"
#include "tpm/key_load.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <time.h>

static struct aza_keyref *ref;

static const struct aza_key_spec spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, 0xff};
static const uint8_t zero[AZA_RSA_BYTES];

static void close_tpm(struct aza_tpm *tpm)
{
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

/* The rule strikes during one operation with a key that is loaded and a session that is open. */
static int use(struct aza_tpm *tpm, struct tap_rule rule)
{
        uint8_t out[AZA_RSA_BYTES];
        int r;

        tap_clear(&tap);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        tap_clear(&tap);
        tap.rules[0] = rule;
        memset(out, 0x77, sizeof(out));
        r = aza_key_rsadp(tpm, ref, zero, out);
        assert_int_equal(out[0], r == 0 ? 0 : 0x77); /* written on success only */
        return r;
}

/* And afterwards all is well again. */
static void check_recovered(struct aza_tpm *tpm)
{
        uint8_t out[AZA_RSA_BYTES];

        tap_clear(&tap);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        tap_clear(&tap);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        assert_int_equal(tap.count, 2);
}

static void test_pcr_changed(void **state)
{
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_ok(use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 9, TPM2_RC_PCR_CHANGED, NULL,
                                             NULL}));
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 10);
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyRestart), 9);
        assert_int_equal(use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 99, TPM2_RC_PCR_CHANGED,
                                                    NULL, NULL}),
                         AZATTEST_E_PCR_BUSY);
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 10);
        check_recovered(tpm);
        close_tpm(tpm);
}

static double seconds_since(const struct timespec *start)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void test_busy(void **state)
{
        static const TSS2_RC codes[] = {TPM2_RC_RETRY, TPM2_RC_YIELDED, TPM2_RC_TESTING,
                                        TPM2_RC_NV_UNAVAILABLE, TPM2_RC_NV_RATE};
        struct aza_tpm *tpm = open_tpm();
        struct timespec start;

        (void)state;
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
                assert_ok(use(tpm,
                              (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 3, codes[i], NULL, NULL}));
                assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 4);
                assert_int_equal(tap_count(&tap, TPM2_CC_PolicyPCR), 4);
                assert_int_equal(tap_count(&tap, TPM2_CC_PolicyRestart), 3);
        }
        assert_ok(use(tpm, (struct tap_rule){TPM2_CC_PolicyPCR, 0, 2, TPM2_RC_RETRY, NULL, NULL}));
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyPCR), 3);
        clock_gettime(CLOCK_MONOTONIC, &start);
        assert_int_equal(
                use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 99, TPM2_RC_RETRY, NULL, NULL}),
                AZATTEST_E_TPM_OPERATION);
        assert_true(seconds_since(&start) >= 1.0 && seconds_since(&start) < 3.0);
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 11); /* 1+2+..+256+489 ms */
        assert_message("TPM2_RSA_Decrypt");
        assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_RETRY);
        check_recovered(tpm);
        close_tpm(tpm);
}

/* Handle or session gone: once from step 3, the second time it is an error. */
static void test_handle_gone(void **state)
{
        static const TSS2_RC codes[] = {TPM2_RC_REFERENCE_H0, TPM2_RC_REFERENCE_S0,
                                        TPM2_RC_CONTEXT_GAP, TPM2_RC_HANDLE + TPM2_RC_1,
                                        TPM2_RC_INITIALIZE};
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        for (size_t i = 0; i < 5; i++) {
                assert_ok(use(tpm,
                              (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 1, codes[i], NULL, NULL}));
                assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 2);
                assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
                assert_int_equal(tap_count(&tap, TPM2_CC_StartAuthSession), 1);
                assert_int_equal(raw_loaded(tap.inner), 2);
                assert_int_equal(use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 9, codes[i],
                                                            NULL, NULL}),
                                 AZATTEST_E_TPM_OPERATION);
                assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 2);
                assert_int_equal(aza_last_error()->tpm_rc, codes[i]);
        }
        check_recovered(tpm);
        close_tpm(tpm);
}

static void test_not_started_after_reset(void **state)
{
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_int_equal(use(tpm, (struct tap_rule){0, 0, 99, TPM2_RC_INITIALIZE, NULL, NULL}),
                         AZATTEST_E_KEY_GONE);
        assert_message("TPM2_Startup");
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyPCR), 1);
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        tap_clear(&tap);
        aza_tpm_free(tpm);
        swtpm_reset(&swtpm); /* the flushes were answered by the tap */
        aza_keyref_free(aza_take(&ref));
        tpm = open_tpm();
        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        close_tpm(tpm);
}

static void test_policy_fail(void **state)
{
        const TSS2_RC code = TPM2_RC_POLICY_FAIL + TPM2_RC_S + TPM2_RC_1;
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_int_equal(use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 1, code, NULL, NULL}),
                         AZATTEST_E_PCR_MISMATCH);
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 1);
        assert_int_equal(aza_last_error()->tpm_rc, 0x99d);
        assert_message("holds now"); /* the PCRs are as they were */
        check_recovered(tpm);
        close_tpm(tpm);
}

static void test_no_room(void **state)
{
        uint8_t out[AZA_RSA_BYTES];
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        tap.rules[0] =
                (struct tap_rule){TPM2_CC_CreatePrimary, 0, 1, TPM2_RC_OBJECT_MEMORY, NULL, NULL};
        assert_int_equal(aza_key_rsadp(tpm, ref, zero, out), AZATTEST_E_TPM_OPERATION);
        assert_int_equal(aza_last_error()->tpm_rc, 0x902);
        assert_message("TPM2_CreatePrimary");
        assert_message("tpm2_flushcontext");
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        tap.rules[0] = (struct tap_rule){TPM2_CC_StartAuthSession, 0,    1,
                                         TPM2_RC_SESSION_MEMORY,   NULL, NULL};
        assert_int_equal(aza_key_rsadp(tpm, ref, zero, out), AZATTEST_E_TPM_OPERATION);
        assert_message("TPM2_StartAuthSession");
        assert_int_equal(raw_loaded(tap.inner), 0); /* our own were given back */
        check_recovered(tpm);
        close_tpm(tpm);
}

/* PV35 with the real thing: others hold all three slots. */
static void test_really_no_room(void **state)
{
        uint8_t out[AZA_RSA_BYTES];
        char zeros[513], body[1024];
        struct raw answer;
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        memset(zeros, '0', 512);
        zeros[512] = '\0';
        (void)snprintf(
                body, sizeof(body),
                "40000001" RAW_PASSWORD
                "00040000000001180001000b00050472000000100014000b0800000000000100%s000000000000",
                zeros);
        assert_ok(aza_tpm_probe(tpm));
        for (int i = 0; i < 3; i++)
                assert_int_equal(raw_run(tap.inner, TPM2_CC_CreatePrimary, true, body, &answer), 0);
        assert_int_equal(aza_key_rsadp(tpm, ref, zero, out), AZATTEST_E_TPM_OPERATION);
        assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_OBJECT_MEMORY);
        for (uint32_t i = 0; i < 3; i++) {
                (void)snprintf(body, sizeof(body), "%08x", 0x80000000 + i);
                assert_int_equal(raw_run(tap.inner, TPM2_CC_FlushContext, false, body, &answer), 0);
        }
        check_recovered(tpm);
        close_tpm(tpm);
}

static void test_anything_else(void **state)
{
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_int_equal(
                use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 1,
                                           TPM2_RC_VALUE + TPM2_RC_P + TPM2_RC_1, NULL, NULL}),
                AZATTEST_E_TPM_OPERATION);
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 1);
        assert_message("TPM2_RSA_Decrypt");
        assert_message("0x1c4");
        check_recovered(tpm);
        close_tpm(tpm);
}

/* A dead line or an answer that is none: the operation fails, the next one opens a new
 * connection. */
static void test_broken_connection(void **state)
{
        static const TSS2_RC dead = TSS2_TCTI_RC_IO_ERROR;
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_int_equal(use(tpm, (struct tap_rule){TPM2_CC_PolicyPCR, 0, 1, dead, NULL, NULL}),
                         AZATTEST_E_TPM_OPERATION);
        assert_int_equal(tap.closes, 1);
        assert_int_equal(aza_last_error()->tpm_rc, dead);
        check_recovered(tpm);
        assert_int_equal(tap.opens, 2);
        aza_tpm_free(tpm);
        swtpm_reset(&swtpm); /* what the broken connection had loaded nobody could flush */
}

static void test_short_answer(void **state)
{
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        aza_keyref_free(aza_take(&ref)); /* after the reset */
        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        assert_int_equal(
                use(tpm, (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 1, 0, tap_shorten, NULL}),
                AZATTEST_E_TPM_OPERATION);
        assert_int_equal(tap.closes, 1);
        check_recovered(tpm);
        aza_tpm_free(tpm);
        swtpm_reset(&swtpm);
}

/* Busy, in every other command: sent again. */
static void test_other_commands_resend(void **state)
{
        struct aza_tpm *tpm = open_tpm();
        struct aza_attestation a = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *now = NULL;

        (void)state;
        tap.rules[0] = (struct tap_rule){TPM2_CC_PCR_Read, 0, 2, TPM2_RC_RETRY, NULL, NULL};
        tap.rules[1] = (struct tap_rule){TPM2_CC_CreatePrimary, 0, 2, TPM2_RC_YIELDED, NULL, NULL};
        tap.rules[2] = (struct tap_rule){TPM2_CC_Certify, 0, 2, TPM2_RC_TESTING, NULL, NULL};
        tap.rules[3] = (struct tap_rule){TPM2_CC_FlushContext, 0, 1, TPM2_RC_RETRY, NULL, NULL};
        assert_ok(aza_key_derive(tpm, &spec, NULL, &now));
        assert_ok(aza_key_certify(tpm, now, aza_span_of(NULL, 0), &a));
        assert_int_equal(tap_count(&tap, TPM2_CC_PCR_Read), 3);
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 3);
        assert_int_equal(tap_count(&tap, TPM2_CC_Certify), 3);
        aza_attestation_free(&a);
        close_tpm(tpm);
        assert_int_equal(tap_count(&tap, TPM2_CC_FlushContext), 2);
}

static void test_certify_faults(void **state)
{
        struct aza_tpm *tpm = open_tpm();
        struct aza_attestation a = {0};

        (void)state;
        aza_keyref_free(aza_take(&ref));
        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        tap_clear(&tap);
        tap.rules[0] = (struct tap_rule){TPM2_CC_Certify, 0, 1, TPM2_RC_REFERENCE_H0, NULL, NULL};
        assert_ok(aza_key_certify(tpm, ref, aza_span_of(NULL, 0), &a));
        assert_int_equal(tap_count(&tap, TPM2_CC_Certify), 2);
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        tap_clear(&tap);
        tap.rules[0] =
                (struct tap_rule){TPM2_CC_Certify, 0, 9, TPM2_RC_HANDLE + TPM2_RC_2, NULL, NULL};
        assert_int_equal(aza_key_certify(tpm, ref, aza_span_of(NULL, 0), &a),
                         AZATTEST_E_TPM_OPERATION);
        assert_message("no attestation key");
        assert_int_equal(tap_count(&tap, TPM2_CC_Certify), 1);
        aza_attestation_free(&a);
        close_tpm(tpm);
}

/* A TPM that fails is not taken for a JWE that is wrong; a wrong JWE has its one code. */
static void test_jwe(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes jwe = {0};
        AZA_BYTES struct aza_bytes plain = {0};
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_ok(aza_keyref_pkey(libctx, ref, &key));
        assert_ok(
                aza_jwe_encrypt(libctx, key, AZA_JWE_RSA_OAEP_256, aza_span_of("hello", 5), &jwe));
        assert_ok(aza_jwe_decrypt(libctx, tpm, ref, aza_bytes_span(&jwe), &plain));
        assert_string_equal((const char *)plain.data, "hello");
        tap_clear(&tap);
        tap.rules[0] = (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 1, TPM2_RC_FAILURE, NULL, NULL};
        assert_int_equal(aza_jwe_decrypt(libctx, tpm, ref, aza_bytes_span(&jwe), &plain),
                         AZATTEST_E_DECRYPTION_TPM);
        assert_message("TPM2_RSA_Decrypt");
        tap_clear(&tap);
        jwe.data[60] = jwe.data[60] == 'A' ? 'B' : 'A'; /* in the encrypted key */
        assert_int_equal(aza_jwe_decrypt(libctx, tpm, ref, aza_bytes_span(&jwe), &plain),
                         AZATTEST_E_JWE);
        close_tpm(tpm);
}

/* ---- a saved context that is wrong and stays ---- */

static void derive_into(const char *dir, const struct aza_key_spec *of, char file[80],
                        struct aza_bytes *context)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *made = NULL;
        AZA_KEY_PLAN struct aza_key_plan plan = {0};
        struct aza_tpm *tpm = NULL;

        assert_ok(aza_tpm_new(libctx, swtpm.tcti, dir, &tpm));
        assert_ok(aza_key_derive(tpm, of, NULL, &made));
        assert_ok(aza_key_plan(libctx, made, &plan));
        (void)snprintf(file, 80, "%s", plan.file);
        assert_ok(aza_runtime_read(dir, file, 65536, context));
        aza_tpm_free(tpm);
}

/* Whatever was saved there. */
static void remove_directory(const char *dir)
{
        DIR *files = opendir(dir);
        const struct dirent *entry;

        assert_non_null(files);
        while ((entry = readdir(files)) != NULL)
                if (entry->d_name[0] != '.')
                        aza_runtime_remove(dir, entry->d_name);
        closedir(files);
        assert_int_equal(rmdir(dir), 0);
}

/* Private mount namespace, `dir` read-only: then one private operation. Exit status of a child. */
static int use_read_only(const char *dir)
{
        struct aza_tpm *tpm = NULL;
        uint8_t out[AZA_RSA_BYTES];

        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount(dir, dir, NULL, MS_BIND, NULL) != 0 ||
            mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
                return 77;
        (void)alarm(20);
        if (aza_tpm_new(libctx, swtpm.tcti, dir, &tpm) != 0 ||
            aza_key_rsadp(tpm, ref, zero, out) != 0)
                return 1;
        aza_tpm_free(tpm);
        return 0;
}

/* Another key's context under our name, in a directory where it cannot be removed: the key is made
 * anew all the same, and the search ends. */
static void test_wrong_context_stays(void **state)
{
        const struct aza_key_spec other = {AZA_PURPOSE_SIGN, "other", TPM2_RH_NULL, 0xff};
        AZA_BYTES struct aza_bytes ours = {0};
        AZA_BYTES struct aza_bytes theirs = {0};
        char dir[] = "/tmp/aza-read-only-XXXXXX";
        char file[80], other_file[80];
        int status = 0;

        (void)state;
        assert_non_null(mkdtemp(dir));
        derive_into(dir, &other, other_file, &theirs);
        derive_into(dir, &spec, file, &ours);
        assert_ok(aza_runtime_write(dir, file, aza_bytes_span(&theirs)));
        pid_t child = fork();
        if (child == 0)
                _exit(use_read_only(dir));
        assert_int_equal(waitpid(child, &status, 0), child);
        remove_directory(dir);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77) {
                print_message("skipped: no mount namespaces\n");
                aza_bytes_free(&ours); /* skip does not return */
                aza_bytes_free(&theirs);
                skip();
        }
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

static int setup(void **state)
{
        struct aza_tpm *tpm;

        if (tapped_setup(state) != 0)
                return -1;
        tpm = open_tpm();
        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        aza_tpm_free(tpm);
        return 0;
}

static int teardown(void **state)
{
        aza_keyref_free(ref);
        return tapped_teardown(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pcr_changed),
                cmocka_unit_test(test_busy),
                cmocka_unit_test(test_handle_gone),
                cmocka_unit_test(test_not_started_after_reset),
                cmocka_unit_test(test_policy_fail),
                cmocka_unit_test(test_no_room),
                cmocka_unit_test(test_really_no_room),
                cmocka_unit_test(test_anything_else),
                cmocka_unit_test(test_broken_connection),
                cmocka_unit_test(test_short_answer),
                cmocka_unit_test(test_other_commands_resend),
                cmocka_unit_test(test_certify_faults),
                cmocka_unit_test(test_jwe),
                cmocka_unit_test(test_wrong_context_stays),
        };

        return cmocka_run_group_tests_name("key_faults", tests, setup, teardown);
}
