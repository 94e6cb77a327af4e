/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated vTPM through tpm2-tss: many clients, handles, sessions, contexts, reset, faults. */
#include "unit/sim_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define NO_SUCH_HANDLE TPM2_RC_REFERENCE_H0

static struct fixture vm;

/* Until the simulator holds nothing for clients: they were flushed. */
static void assert_nothing_held(void)
{
        char reply[64] = "";

        for (int i = 0; i < 100 && strcmp(reply, "0 0") != 0; i++) {
                vm_event(&vm, "held", reply, sizeof(reply));
                pause_ms(20);
        }
        assert_string_equal(reply, "0 0");
}

static void flush(struct tpm *t, TPM2_HANDLE handle)
{
        assert_int_equal(Tss2_Sys_FlushContext(t->sys, handle), 0);
}

static void more_keys_than_slots_on_two_connections(void **state)
{
        (void)state;
        struct tpm t[2] = {tpm_open(&vm), tpm_open(&vm)};
        TPM2_HANDLE keys[10];
        uint8_t first[10][256];
        uint8_t again[256];

        for (uint8_t i = 0; i < 10; i++) {
                assert_int_equal(make_key(&t[i % 2], i, &keys[i]), 0);
                assert_int_equal(use_key(&t[i % 2], keys[i], first[i]), 0);
        }
        for (int i = 9; i >= 0; i--) {
                assert_int_equal(use_key(&t[i % 2], keys[i], again), 0);
                assert_memory_equal(again, first[i], 256);
                assert_int_equal(i > 0 && memcmp(first[i], first[0], 256) == 0, 0);
        }
        for (int i = 0; i < 10; i++)
                flush(&t[i % 2], keys[i]);
        assert_int_equal(use_key(&t[0], keys[0], again), NO_SUCH_HANDLE);
        assert_int_equal(Tss2_Sys_FlushContext(t[0].sys, keys[0]), 0x1CB);
        tpm_close(&t[0]);
        tpm_close(&t[1]);
        assert_nothing_held();
}

static void more_sessions_than_slots(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&vm);
        TPMI_SH_AUTH_SESSION sessions[8];
        TPM2B_DIGEST digest[8];
        TPML_PCR_SELECTION pcrs = {
                .count = 1,
                .pcrSelections = {
                        {.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {0xFF}}}};
        TPM2B_DIGEST none = {0};

        for (int i = 0; i < 8; i++)
                assert_int_equal(open_session(&t, TPM2_SE_POLICY, &sessions[i]), 0);
        for (int i = 0; i < 8; i += 2)
                assert_int_equal(Tss2_Sys_PolicyPCR(t.sys, sessions[i], NULL, &none, &pcrs, NULL),
                                 0);
        for (int i = 0; i < 8; i++) {
                digest[i].size = sizeof(digest[i].buffer);
                assert_int_equal(
                        Tss2_Sys_PolicyGetDigest(t.sys, sessions[i], NULL, &digest[i], NULL), 0);
                assert_int_equal(digest[i].size, 32);
                assert_memory_equal(digest[i].buffer, digest[i % 2].buffer, 32);
                flush(&t, sessions[i]);
        }
        assert_memory_not_equal(digest[0].buffer, digest[1].buffer, 32);
        tpm_close(&t);
        assert_nothing_held();
}

static int in_child(int (*work)(void *arg), void *arg)
{
        int status = 0;
        pid_t pid = fork();

        if (pid == 0)
                _exit(work(arg));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct shared {
        TPM2_HANDLE handle;
        TPMS_CONTEXT context;
        uint8_t expected[256];
};

/* Another process: not the parent's handle, but its saved context. */
static int load_in_child(void *arg)
{
        struct shared *s = arg;
        struct tpm t = tpm_open(&vm);
        TPM2_HANDLE loaded = 0;
        uint8_t out[256];

        if (use_key(&t, s->handle, out) != NO_SUCH_HANDLE)
                return 1;
        if (Tss2_Sys_ContextLoad(t.sys, &s->context, &loaded) != 0)
                return 2;
        if (use_key(&t, loaded, out) != 0 || memcmp(out, s->expected, 256) != 0)
                return 3;
        tpm_close(&t);
        return 0; /* without flushing */
}

static void saved_context_in_another_process(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&vm);
        struct shared s = {0};
        uint8_t out[256];

        assert_int_equal(make_key(&t, 1, &s.handle), 0);
        assert_int_equal(use_key(&t, s.handle, s.expected), 0);
        assert_int_equal(Tss2_Sys_ContextSave(t.sys, s.handle, &s.context), 0);
        assert_int_equal(in_child(load_in_child, &s), 0);
        assert_int_equal(use_key(&t, s.handle, out), 0);
        flush(&t, s.handle);
        tpm_close(&t);
        assert_nothing_held();
}

static void clients_see_their_own_handles(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&vm);
        TPM2_HANDLE key = 0;
        TPMI_YES_NO more = 0;
        TPMS_CAPABILITY_DATA data = {0};

        assert_int_equal(make_key(&t, 1, &key), 0);
        assert_int_equal(Tss2_Sys_GetCapability(t.sys, NULL, TPM2_CAP_HANDLES, 0x80000000U, 10,
                                                &more, &data, NULL),
                         0);
        assert_int_equal(data.data.handles.count, 1);
        assert_int_equal(data.data.handles.handle[0], key);
        assert_int_equal(Tss2_Sys_GetCapability(t.sys, NULL, TPM2_CAP_HANDLES, TPM2_NV_INDEX_FIRST,
                                                10, &more, &data, NULL),
                         0);
        assert_int_equal(data.data.handles.count, 2);
        assert_int_equal(data.data.handles.handle[0], 0x01400001);
        assert_int_equal(data.data.handles.handle[1], 0x01C101D0);
        flush(&t, key);
        tpm_close(&t);
}

static void reset_voids_keys_but_not_the_ak(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&vm);
        TPM2_HANDLE key = 0;
        TPM2_HANDLE loaded = 0;
        TPMS_CONTEXT context = {0};
        TPM2B_DIGEST before = {0};
        TPM2B_DIGEST after = {0};
        TPM2B_PUBLIC ak[2] = {{0}, {0}};
        TPM2B_NAME name = {0};
        TPM2B_NAME qualified = {0};
        uint8_t old[256];
        uint8_t new[256];
        char reply[64];

        assert_int_equal(
                Tss2_Sys_ReadPublic(t.sys, 0x81000003, NULL, &ak[0], &name, &qualified, NULL), 0);
        assert_int_equal(make_key(&t, 1, &key), 0);
        assert_int_equal(use_key(&t, key, old), 0);
        assert_int_equal(Tss2_Sys_ContextSave(t.sys, key, &context), 0);
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 7, &before), 0);
        vm_event(&vm, "pcr-extend 7", reply, sizeof(reply));
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 7, &after), 0);
        assert_memory_not_equal(before.buffer, after.buffer, 32);
        vm_event(&vm, "tpm-reset", reply, sizeof(reply));
        assert_int_equal(use_key(&t, key, old), NO_SUCH_HANDLE);
        assert_int_equal(Tss2_Sys_ContextLoad(t.sys, &context, &loaded), 0x1DF);
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 7, &after), 0);
        assert_memory_equal(before.buffer, after.buffer, 32);
        assert_int_equal(make_key(&t, 1, &key), 0);
        assert_int_equal(use_key(&t, key, new), 0);
        assert_memory_not_equal(old, new, 256);
        flush(&t, key);
        name.size = qualified.size = 0;
        assert_int_equal(
                Tss2_Sys_ReadPublic(t.sys, 0x81000003, NULL, &ak[1], &name, &qualified, NULL), 0);
        assert_memory_equal(&ak[0].publicArea.unique.rsa, &ak[1].publicArea.unique.rsa, 258);
        assert_int_equal(ak[1].publicArea.objectAttributes, 0x00050472);
        tpm_close(&t);
}

static void faults_strike(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&vm);
        TPM2_HANDLE key = 0;
        TPM2B_DIGEST digest[2] = {{0}, {0}};
        uint8_t out[256];

        assert_int_equal(make_key(&t, 1, &key), 0);
        add_fault(&vm, "tpm-rc=RSA_Decrypt:0x922x2");
        assert_int_equal(use_key(&t, key, out), 0x922);
        assert_int_equal(use_key(&t, key, out), 0x922);
        assert_int_equal(use_key(&t, key, out), 0);
        add_fault(&vm, "tpm-pcr-race=3x1");
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 3, &digest[0]), 0);
        assert_int_equal(use_key(&t, key, out), 0);
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 3, &digest[1]), 0);
        assert_memory_not_equal(digest[0].buffer, digest[1].buffer, 32);
        add_fault(&vm, "tpm-short-reply=PCR_Readx1");
        assert_int_not_equal(pcr_read(&t, TPM2_ALG_SHA256, 3, &digest[0]), 0);
        add_fault(&vm, "tpm-dropx1");
        tpm_close(&t);
        t = tpm_open(&vm);
        assert_int_not_equal(pcr_read(&t, TPM2_ALG_SHA256, 3, &digest[0]), 0);
        tpm_close(&t);
        t = tpm_open(&vm);
        add_fault(&vm, "tpm-reset-before-decryptx1");
        assert_int_equal(use_key(&t, key, out), NO_SUCH_HANDLE);
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 3, &digest[1]), 0);
        tpm_close(&t);
        sim_faults_clear(vm.faults);
}

static void commands_are_counted(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&vm);
        TPM2B_DIGEST digest = {0};
        char reply[256];

        vm_event(&vm, "counts-clear", reply, sizeof(reply));
        for (int i = 0; i < 3; i++)
                assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 0, &digest), 0);
        vm_event(&vm, "count PCR_Read", reply, sizeof(reply));
        assert_string_equal(reply, "3");
        vm_event(&vm, "count", reply, sizeof(reply));
        assert_string_equal(reply, "3");
        vm_event(&vm, "counts", reply, sizeof(reply));
        assert_string_equal(reply, "PCR_Read 3\n");
        assert_int_equal(sim_vm_event(vm.vm, "count Nonsense!", reply, sizeof(reply)), -1);
        assert_int_equal(sim_vm_event(vm.vm, "explode", reply, sizeof(reply)), SIM_VM_NO_EVENT);
        assert_int_equal(sim_vm_event(vm.vm, "pcr-extend 24", reply, sizeof(reply)), -1);
        tpm_close(&t);
}

/* Leaves a key, sessions and half a command behind, then waits to be killed. */
static int stop_half_way(void *arg)
{
        struct tpm t = tpm_open(&vm);
        TPM2_HANDLE key = 0;
        TPMI_SH_AUTH_SESSION session = 0;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/tpm", vm.dir);
        if (make_key(&t, 9, &key) != 0 || open_session(&t, TPM2_SE_HMAC, &session) != 0 ||
            connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
            send(fd, "\x80\x01\x00\x00\x00\x16\x00", 7, 0) != 7 || write(*(int *)arg, "", 1) != 1)
                return 1;
        for (;;)
                (void)pause();
}

static void a_killed_client_is_cleaned_up(void **state)
{
        (void)state;
        int ready[2];
        char byte = 0;
        char reply[64];
        TPM2B_DIGEST digest = {0};
        struct tpm t = tpm_open(&vm);

        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0)
                _exit(stop_half_way(&ready[1]));
        assert_int_equal(read(ready[0], &byte, 1), 1);
        vm_event(&vm, "held", reply, sizeof(reply));
        assert_string_equal(reply, "1 1");
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 0, &digest), 0);
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_nothing_held();
        assert_int_equal(pcr_read(&t, TPM2_ALG_SHA256, 0, &digest), 0);
        tpm_close(&t);
        (void)close(ready[0]);
        (void)close(ready[1]);
}

static void *work_hard(void *arg)
{
        struct tpm t = tpm_open(&vm);
        TPM2_HANDLE key = 0;
        uint8_t first[256];
        uint8_t out[256];
        bool ok = make_key(&t, *(uint8_t *)arg, &key) == 0 && use_key(&t, key, first) == 0;

        for (int i = 0; ok && i < 20; i++)
                ok = use_key(&t, key, out) == 0 && memcmp(first, out, 256) == 0;
        ok = Tss2_Sys_FlushContext(t.sys, key) == 0 && ok;
        tpm_close(&t);
        return ok ? arg : NULL;
}

static void threads_at_once(void **state)
{
        (void)state;
        pthread_t threads[6];
        uint8_t labels[6];
        void *result = NULL;

        for (uint8_t i = 0; i < 6; i++) {
                labels[i] = i;
                assert_int_equal(pthread_create(&threads[i], NULL, work_hard, &labels[i]), 0);
        }
        for (int i = 0; i < 6; i++) {
                assert_int_equal(pthread_join(threads[i], &result), 0);
                assert_non_null(result);
        }
        assert_nothing_held();
}

/* MAA asks for them: unique is 256 zero bytes, or 32 bytes of a named key (PROTOCOL.md 3.1). */
static void odd_templates_are_remembered(void **state)
{
        static const struct {
                uint16_t size;
                uint8_t first;
                bool odd;
        } rows[] = {{256, 0, false}, {32, 7, false}, {32, 0, false}, {0, 0, true},
                    {1, 0, true},    {31, 7, true},  {255, 0, true}, {256, 1, true}};
        (void)state;
        struct tpm t = tpm_open(&vm);

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                TPM2B_NAME name = {0};
                TPM2_HANDLE key = 0;
                assert_int_equal(make_unique_key(&t, rows[i].size, rows[i].first, &key, &name), 0);
                assert_int_equal(sim_templates_odd(vm.templates, aza_span_of(name.name, name.size)),
                                 rows[i].odd);
                assert_int_equal(Tss2_Sys_FlushContext(t.sys, key), 0);
        }
        tpm_close(&t);
}

static int set_up(void **state)
{
        (void)state;
        (void)setenv("TSS2_LOG", "all+none", 1);
        return start_vm(&vm, SIM_SEVSNP);
}

static int tear_down(void **state)
{
        (void)state;
        stop_vm(&vm);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(more_keys_than_slots_on_two_connections),
                cmocka_unit_test(more_sessions_than_slots),
                cmocka_unit_test(saved_context_in_another_process),
                cmocka_unit_test(clients_see_their_own_handles),
                cmocka_unit_test(faults_strike),
                cmocka_unit_test(reset_voids_keys_but_not_the_ak),
                cmocka_unit_test(commands_are_counted),
                cmocka_unit_test(a_killed_client_is_cleaned_up),
                cmocka_unit_test(threads_at_once),
                cmocka_unit_test(odd_templates_are_remembered),
        };
        return cmocka_run_group_tests_name("sim_vm", tests, set_up, tear_down);
}
