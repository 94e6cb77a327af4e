/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The product's TPM code against the simulated vTPM, where many processes share one TPM as they do
 * over /dev/tpmrm0: threads and processes, a PCR that is extended all the time, resets under a
 * running process, and the NV indices that swtpm cannot hold.
 */
#include "assert_ok.h"
#include "base/crypto.h"
#include "sim_fixture.h"
#include "tpm/key.h"
#include "tpm/nv.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

static struct fixture vm;
static OSSL_LIB_CTX *libctx;
static char runtime[64];

static const struct aza_key_spec spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, 0xff};
static const uint8_t zero[AZA_RSA_BYTES];

static void quiet_event(const char *text)
{
        char reply[256];

        vm_event(&vm, text, reply, sizeof(reply));
}

static void assert_held(const char *expected)
{
        char reply[64] = "";

        for (int i = 0; i < 100 && strcmp(reply, expected) != 0; i++) {
                vm_event(&vm, "held", reply, sizeof(reply));
                pause_ms(20);
        }
        assert_string_equal(reply, expected);
}

static struct aza_tpm *open_tpm(void)
{
        struct aza_tpm *tpm = NULL;

        assert_ok(aza_tpm_new(libctx, sim_vm_tcti(vm.vm), runtime, &tpm));
        return tpm;
}

static struct aza_keyref *derive(struct aza_tpm *tpm)
{
        struct aza_keyref *ref = NULL;

        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        return ref;
}

static void join_child(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                fail_msg("child: status 0x%x", (unsigned int)status);
}

/* In a child: `n` operations over whatever `tpm` was inherited. */
static void use_and_exit(struct aza_tpm *tpm, const struct aza_keyref *ref, int n)
{
        uint8_t out[AZA_RSA_BYTES];

        for (int i = 0; i < n; i++) {
                if (aza_key_rsadp(tpm, ref, zero, out) != 0) {
                        dprintf(STDERR_FILENO, "child: %s\n", aza_last_error()->message);
                        _exit(1);
                }
        }
        aza_tpm_free(tpm);
        _exit(0);
}

/* ---- many users ---- */

static void test_workers(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm();
        uint8_t out[AZA_RSA_BYTES];
        pid_t workers[4];

        (void)state;
        ref = derive(tpm);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        quiet_event("counts-clear");
        for (int i = 0; i < 4; i++) {
                workers[i] = fork();
                if (workers[i] == 0)
                        use_and_exit(tpm, ref, 20);
        }
        for (int i = 0; i < 10; i++)
                assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        for (int i = 0; i < 4; i++)
                join_child(workers[i]);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        char reply[64];
        vm_event(&vm, "count ContextLoad", reply, sizeof(reply));
        assert_string_equal(reply, "4"); /* each worker took the saved context */
        vm_event(&vm, "count CreatePrimary", reply, sizeof(reply));
        assert_string_equal(reply, "0");
        vm_event(&vm, "count", reply, sizeof(reply));
        assert_int_equal(atoi(reply), 4 * (5 + 19 * 2 + 2) + 11 * 2);
        assert_held("1 1");
        aza_tpm_free(tpm);
        assert_held("0 0");
}

/* PT8: killed in the middle of its work, it takes nothing with it. */
static void test_killed_worker(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm();
        uint8_t out[AZA_RSA_BYTES];

        (void)state;
        ref = derive(tpm);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        for (int i = 0; i < 5; i++) {
                pid_t pid = fork();
                int status;

                if (pid == 0)
                        use_and_exit(tpm, ref, 100000);
                pause_ms(37 + 5 * i);
                assert_int_equal(kill(pid, SIGKILL), 0);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFSIGNALED(status));
                assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        }
        assert_held("1 1");
        aza_tpm_free(tpm);
        assert_held("0 0");
}

struct worker {
        pthread_t thread;
        struct aza_tpm *tpm;
        const struct aza_keyref *ref;
        unsigned int failures;
        atomic_bool stop;
};

static void *work(void *arg)
{
        struct worker *w = arg;
        uint8_t out[AZA_RSA_BYTES];

        for (int i = 0; i < 25; i++) {
                if (aza_key_rsadp(w->tpm, w->ref, zero, out) != 0) {
                        w->failures++;
                        dprintf(STDERR_FILENO, "%s\n", aza_last_error()->message);
                }
        }
        return NULL;
}

/* Not more often than D24 promises for: 100 a second. */
static void *extend(void *arg)
{
        struct worker *w = arg;
        char reply[256];

        while (!atomic_load(&w->stop)) {
                w->failures += sim_vm_event(vm.vm, "pcr-extend 9", reply, sizeof(reply)) != 0;
                pause_ms(10);
        }
        return NULL;
}

/* PT7, PT8: eight threads while something measures to PCR 9 all the time: no failure. */
static void test_threads_while_pcrs_change(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct worker extender = {0}, workers[8];
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        ref = derive(tpm);
        assert_int_equal(pthread_create(&extender.thread, NULL, extend, &extender), 0);
        for (int i = 0; i < 8; i++) {
                workers[i] = (struct worker){.tpm = tpm, .ref = ref};
                assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        }
        for (int i = 0; i < 8; i++) {
                pthread_join(workers[i].thread, NULL);
                assert_int_equal(workers[i].failures, 0);
        }
        atomic_store(&extender.stop, true);
        pthread_join(extender.thread, NULL);
        assert_int_equal(extender.failures, 0);
        aza_tpm_free(tpm);
}

/* ---- resets and PCRs under a running process ---- */

/* D24: an object of before the reset ends in KEY_GONE; deriving again makes the new key. */
static void test_reset_under_a_running_process(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *old = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *new = NULL;
        struct aza_tpm *tpm = open_tpm();
        struct aza_tpm *other = open_tpm();
        uint8_t out[AZA_RSA_BYTES];

        (void)state;
        old = derive(tpm);
        assert_ok(aza_key_rsadp(tpm, old, zero, out));
        assert_ok(aza_key_rsadp(other, old, zero, out));
        quiet_event("tpm-reset");
        assert_int_equal(aza_key_rsadp(tpm, old, zero, out), AZATTEST_E_KEY_GONE);
        assert_int_equal(aza_key_rsadp(tpm, old, zero, out), AZATTEST_E_KEY_GONE);
        new = derive(tpm);
        assert_memory_not_equal(new->modulus, old->modulus, sizeof(new->modulus));
        assert_ok(aza_key_rsadp(tpm, new, zero, out));
        /* the other still has the dead handles: deriving there notices */
        aza_keyref_free(aza_take(&new));
        new = derive(other);
        assert_memory_not_equal(new->modulus, old->modulus, sizeof(new->modulus));
        assert_ok(aza_key_rsadp(other, new, zero, out));
        assert_int_equal(aza_key_rsadp(other, old, zero, out), AZATTEST_E_KEY_GONE);
        aza_tpm_free(other);
        aza_tpm_free(tpm);
        assert_held("0 0");
}

/* A new reference meets the key of before the reset. */
static void test_newer_reference(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *old = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *new = NULL;
        struct aza_tpm *tpm = open_tpm();
        struct aza_tpm *other = open_tpm();
        uint8_t out[AZA_RSA_BYTES];

        (void)state;
        old = derive(tpm);
        assert_ok(aza_key_rsadp(tpm, old, zero, out));
        quiet_event("tpm-reset");
        new = derive(other);
        assert_ok(aza_key_rsadp(tpm, new, zero, out));
        aza_tpm_free(other);
        aza_tpm_free(tpm);
}

static void test_races_in_a_row(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm();
        uint8_t out[AZA_RSA_BYTES];

        (void)state;
        ref = derive(tpm);
        add_fault(&vm, "tpm-pcr-race=9x9");
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        sim_faults_clear(vm.faults);
        add_fault(&vm, "tpm-pcr-race=9");
        assert_int_equal(aza_key_rsadp(tpm, ref, zero, out), AZATTEST_E_PCR_BUSY);
        sim_faults_clear(vm.faults);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        aza_tpm_free(tpm);
}

/* ---- NV ---- */

static void test_large_indices(void **state)
{
        AZA_BYTES struct aza_bytes report = {0};
        AZA_BYTES struct aza_bytes certificate = {0};
        AZA_BYTES struct aza_bytes ak = {0};
        enum aza_nv_state nv;
        struct aza_tpm *tpm = open_tpm();

        (void)state;
        assert_ok(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &report));
        assert_int_equal(nv, AZA_NV_PRESENT);
        assert_int_equal(report.len, 2600);
        assert_memory_equal(report.data, "HCLA", 4);
        assert_ok(aza_nv_read(tpm, AZA_NV_AK_CERT, &nv, &certificate));
        assert_int_equal(nv, AZA_NV_PRESENT);
        assert_int_equal(certificate.len, 4096);
        assert_int_equal(certificate.data[0], 0x30);
        assert_ok(aza_ak_read(tpm, &ak));
        assert_int_equal(ak.len, 282);
        assert_non_null(memmem(certificate.data, certificate.len, ak.data + 26, 256));
        add_fault(&vm, "tpm-no-ak-cert");
        assert_ok(aza_nv_read(tpm, AZA_NV_AK_CERT, &nv, &certificate));
        assert_int_equal(nv, AZA_NV_NEVER_WRITTEN);
        sim_faults_clear(vm.faults);
        add_fault(&vm, "tpm-nv-zero-read");
        assert_int_equal(aza_nv_read(tpm, AZA_NV_HCL_REPORT, &nv, &report),
                         AZATTEST_E_TPM_INTERNAL);
        sim_faults_clear(vm.faults);
        aza_tpm_free(tpm);
}

static int setup(void **state)
{
        (void)state;
        libctx = aza_libctx_new("default");
        (void)snprintf(runtime, sizeof(runtime), "/tmp/aza-runtime.XXXXXX");
        return libctx == NULL || mkdtemp(runtime) == NULL || start_vm(&vm, SIM_SEVSNP) != 0;
}

static int teardown(void **state)
{
        (void)state;
        stop_vm(&vm);
        remove_tree(runtime);
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_workers),
                cmocka_unit_test(test_killed_worker),
                cmocka_unit_test(test_threads_while_pcrs_change),
                cmocka_unit_test(test_reset_under_a_running_process),
                cmocka_unit_test(test_newer_reference),
                cmocka_unit_test(test_races_in_a_row),
                cmocka_unit_test(test_large_indices),
        };

        return cmocka_run_group_tests_name("key on the simulator", tests, setup, teardown);
}
