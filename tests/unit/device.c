/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening (nothing on stderr, messages that say what to do), recursion, threads. Forks are in
 * device_fork.c.
 */
#include "tpm/device.h"

#include "tapped_tpm.h"
#include "tpm/key.h"

static const struct aza_key_spec spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, 0xff};
static const uint8_t zero[AZA_RSA_BYTES];

/* ---- opening ---- */

/* Probes `tcti`, which must fail with `word` and print nothing. */
static void check_absent(const char *tcti, const char *word)
{
        struct aza_tpm *tpm = NULL;
        char text[16];
        int saved = dup(STDERR_FILENO), pipes[2], r;

        assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
        assert_ok(aza_tpm_new(libctx, tcti, "", &tpm));
        dup2(pipes[1], STDERR_FILENO);
        r = aza_tpm_probe(tpm);
        dup2(saved, STDERR_FILENO);
        close(saved);
        close(pipes[1]);
        assert_int_equal(r, AZATTEST_E_TPM_OPERATION);
        assert_message(word);
        assert_int_equal(read(pipes[0], text, sizeof(text)), 0);
        close(pipes[0]);
        aza_tpm_free(tpm);
}

static void test_absent(void **state)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char tcti[160];
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        (void)state;
        check_absent("device:/nonexistent/tpm", "no TPM at /nonexistent/tpm");
        check_absent("/dev/nonexistent-tpm", "no TPM at /dev/nonexistent-tpm");
        check_absent("swtpm:path=/nonexistent/tpm", "no TPM at socket /nonexistent/tpm");
        /* a socket that nobody serves any more */
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/dead", swtpm.dir);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        close(fd);
        (void)snprintf(tcti, sizeof(tcti), "swtpm:path=%s", address.sun_path);
        check_absent(tcti, "is the simulated TPM running?");
        unlink(address.sun_path);
}

/* PV33: never a search for whatever listens. */
static void test_no_tcti_is_the_device(void **state)
{
        struct aza_tpm *tpm = NULL;

        (void)state;
        assert_ok(aza_tpm_new(libctx, "", "", &tpm));
        assert_string_equal(tpm->tcti, "device:/dev/tpmrm0");
        aza_tpm_free(tpm);
        assert_ok(aza_tpm_new(libctx, NULL, NULL, &tpm));
        assert_string_equal(tpm->tcti, "device:/dev/tpmrm0");
        aza_tpm_free(tpm);
        aza_tpm_free(NULL);
}

static void test_failed_open_is_tried_again(void **state)
{
        struct aza_pcrs pcrs;
        struct aza_tpm *tpm = open_tpm();
        char right[96];

        (void)state;
        (void)snprintf(right, sizeof(right), "%s", tpm->tcti);
        tpm->tcti[strlen(tpm->tcti) - 1] = 'x';
        assert_int_equal(aza_pcr_read(tpm, 1, &pcrs), AZATTEST_E_TPM_OPERATION);
        assert_int_equal(aza_pcr_read(tpm, 1, &pcrs), AZATTEST_E_TPM_OPERATION); /* not locked */
        memcpy(tpm->tcti, right, strlen(right));
        assert_ok(aza_pcr_read(tpm, 1, &pcrs));
        aza_tpm_free(tpm);
}

/* ---- recursion ---- */

static void come_back(struct tap *t, void *arg)
{
        struct aza_pcrs pcrs;

        (void)t;
        assert_true(aza_tpm_is_inside());
        assert_int_equal(aza_pcr_read(arg, 1, &pcrs), AZATTEST_E_TPM_INTERNAL);
        assert_message("default_properties");
}

static void test_recursion_is_refused(void **state)
{
        struct aza_tpm *tpm = open_tpm();
        struct aza_pcrs pcrs;

        (void)state;
        tap.rules[0] = (struct tap_rule){TPM2_CC_PCR_Read, 0, 1, 0, come_back, tpm};
        assert_ok(aza_pcr_read(tpm, 1, &pcrs));
        assert_int_equal(tap.count, 1);
        assert_false(aza_tpm_is_inside());
        aza_tpm_free(tpm);
}

/* ---- threads ---- */

struct worker {
        pthread_t thread;
        struct aza_tpm *tpm;
        const struct aza_keyref *ref;
        unsigned int failures;
};

static void *work(void *arg)
{
        struct worker *w = arg;
        uint8_t out[AZA_RSA_BYTES];

        for (int i = 0; i < 25; i++)
                w->failures += aza_key_rsadp(w->tpm, w->ref, zero, out) != 0;
        return NULL;
}

/* PT8: whole operations exclude each other; a policy is never interleaved. Two keys take turns. */
static void test_threads(void **state)
{
        struct aza_key_spec web = {AZA_PURPOSE_SIGN, "web", TPM2_RH_OWNER, 1};
        AZA_OWN(aza_keyref_free) struct aza_keyref *a = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *b = NULL;
        struct worker workers[8] = {0};
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_ok(aza_key_derive(tpm, &web, NULL, &b));
        assert_ok(aza_key_derive(tpm, &spec, NULL, &a));
        tap_clear(&tap);
        for (int i = 0; i < 8; i++) {
                workers[i] = (struct worker){.tpm = tpm, .ref = a};
                assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        }
        for (int i = 0; i < 8; i++) {
                pthread_join(workers[i].thread, NULL);
                assert_int_equal(workers[i].failures, 0);
        }
        assert_int_equal(tap.count, 1 + 2 * 8 * 25);
        for (size_t i = 1; i < tap.count; i++)
                assert_int_equal(tap.seen[i], i % 2 == 1 ? TPM2_CC_PolicyPCR : TPM2_CC_RSA_Decrypt);
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_absent),
                cmocka_unit_test(test_no_tcti_is_the_device),
                cmocka_unit_test(test_failed_open_is_tried_again),
                cmocka_unit_test(test_recursion_is_refused),
                cmocka_unit_test(test_threads),
        };

        return cmocka_run_group_tests_name("device", tests, tapped_setup, tapped_teardown);
}
