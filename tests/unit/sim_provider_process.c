/* SPDX-License-Identifier: Apache-2.0 */
/* The provider in threads, forks, two library contexts, and loaded again (PT8): one vTPM, everybody
 * gets right answers, nobody waits for ever, and nothing stays loaded in the TPM. */
#include "unit/provider_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define THREADS    8
#define OPERATIONS 200
#define TEXT       "one plaintext"

static struct application app;
static EVP_PKEY *key, *signing;
static uint8_t ciphertext[K];

static void encrypt_once(void)
{
        static const char *const pairs[] = {"rsa_padding_mode", "oaep", NULL};
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_encrypt_init, pairs);
        size_t len = K;

        assert_int_equal(
                EVP_PKEY_encrypt(ctx, ciphertext, &len, (const uint8_t *)TEXT, strlen(TEXT)), 1);
}

static int start(void **state)
{
        if (provider_vm_start(state) != 0)
                return -1;
        application_start(&app, false, NULL);
        key = must_open(app.libctx, "azattest://key");
        signing = must_open(app.libctx, "azattest://sign");
        encrypt_once();
        return 0;
}

static int finish(void **state)
{
        EVP_PKEY_free(key);
        EVP_PKEY_free(signing);
        application_stop(&app);
        return provider_vm_stop(state);
}

/* No cmocka in here: threads and children call it. */
static bool decrypts(OSSL_LIB_CTX *libctx, EVP_PKEY *with)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, with, NULL);
        uint8_t out[K];
        size_t len = K;

        return ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_decrypt(ctx, out, &len, ciphertext, K) == 1 && len == strlen(TEXT) &&
               memcmp(out, TEXT, len) == 0;
}

static bool signs(OSSL_LIB_CTX *libctx, EVP_PKEY *with)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *check = EVP_MD_CTX_new();
        uint8_t sig[K];
        size_t len = K;

        return EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, with, NULL) == 1 &&
               EVP_DigestSign(ctx, sig, &len, (const uint8_t *)TEXT, 4) == 1 &&
               EVP_DigestVerifyInit_ex(check, NULL, "SHA256", libctx, NULL, with, NULL) == 1 &&
               EVP_DigestVerify(check, sig, len, (const uint8_t *)TEXT, 4) == 1;
}

/* ---- threads ---- */

static void *work(void *arg)
{
        atomic_int *good = arg;

        for (int i = 0; i < OPERATIONS; i++)
                if (i % 50 == 49 ? signs(app.libctx, signing) : decrypts(app.libctx, key))
                        (void)atomic_fetch_add(good, 1);
        return NULL;
}

static void threads(void **state)
{
        pthread_t thread[THREADS];
        atomic_int good = 0;

        (void)state;
        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&thread[i], NULL, work, &good), 0);
        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(good, THREADS * OPERATIONS);
        assert_no_errors();
}

/* ---- processes ---- */

#ifndef __SANITIZE_THREAD__

static pid_t child(int operations)
{
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        (void)alarm(60);
        for (int i = 0; i < operations; i++)
                if (!decrypts(app.libctx, key))
                        _exit(1);
        /* A worker's end: everything is released as at exit. */
        EVP_PKEY_free(key);
        EVP_PKEY_free(signing);
        for (int i = 0; i < 2; i++)
                OSSL_PROVIDER_unload(app.loaded[i]);
        OSSL_LIB_CTX_free(app.libctx);
        _exit(0);
}

static void expect_success(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void workers_come_and_go(void **state)
{
        (void)state;
        for (int round = 0; round < 3; round++) {
                pid_t pid[4];

                assert_true(decrypts(app.libctx, key));
                for (int i = 0; i < 4; i++)
                        pid[i] = child(5 + 5 * i);
                for (int i = 0; i < 10; i++)
                        assert_true(decrypts(app.libctx, key));
                for (int i = 0; i < 4; i++)
                        expect_success(pid[i]);
                assert_true(decrypts(app.libctx, key));
        }
}

static void a_killed_worker_harms_nobody(void **state)
{
        (void)state;
        for (int i = 0; i < 5; i++) {
                pid_t victim = child(100000);
                pid_t other = child(20);
                int status;

                usleep(20000);
                assert_int_equal(kill(victim, SIGKILL), 0);
                assert_int_equal(waitpid(victim, &status, 0), victim);
                assert_true(decrypts(app.libctx, key));
                expect_success(other);
        }
}

static void *load_thread(void *arg)
{
        const atomic_bool *end = arg;

        while (!atomic_load(end))
                if (!decrypts(app.libctx, key))
                        return (void *)1;
        return NULL;
}

/* The parent's lock is held by a thread that does not exist in the child (PV30). */
static void forks_beside_a_busy_thread(void **state)
{
        pthread_t thread;
        atomic_bool end = false;
        void *failed = NULL;

        (void)state;
        assert_int_equal(pthread_create(&thread, NULL, load_thread, &end), 0);
        for (int i = 0; i < 10; i++)
                expect_success(child(2));
        atomic_store(&end, true);
        assert_int_equal(pthread_join(thread, &failed), 0);
        assert_null(failed);
}

#endif

/* ---- contexts ---- */

static void two_library_contexts(void **state)
{
        struct application other;

        (void)state;
        application_start(&other, true, NULL);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *same = must_open(other.libctx, "azattest://key");
        for (int i = 0; i < 10; i++) {
                assert_true(decrypts(app.libctx, key));
                assert_true(decrypts(other.libctx, same));
        }
        EVP_PKEY_free(aza_take(&same));
        application_stop(&other);
        assert_true(decrypts(app.libctx, key));
}

static void held(unsigned int *objects, unsigned int *sessions)
{
        char reply[64];

        assert_int_equal(sim_vm_event(vm.vm, "held", reply, sizeof(reply)), 0);
        assert_int_equal(sscanf(reply, "%u %u", objects, sessions), 2);
}

static void unloaded_and_loaded_again(void **state)
{
        unsigned int objects, sessions, objects2, sessions2;

        (void)state;
        assert_true(decrypts(app.libctx, key));
        held(&objects, &sessions);
        for (int i = 0; i < 5; i++) {
                struct application again;

                application_start(&again, i % 2 == 0, NULL);
                EVP_PKEY *k = must_open(again.libctx, "azattest://key");
                assert_true(decrypts(again.libctx, k));
                EVP_PKEY_free(k);
                application_stop(&again);
        }
        held(&objects2, &sessions2);
        assert_int_equal(objects2, objects);
        assert_int_equal(sessions2, sessions);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(threads),
#ifndef __SANITIZE_THREAD__ /* it does not follow a fork of a process with threads */
                cmocka_unit_test(workers_come_and_go),
                cmocka_unit_test(a_killed_worker_harms_nobody),
                cmocka_unit_test(forks_beside_a_busy_thread),
#endif
                cmocka_unit_test(two_library_contexts),
                cmocka_unit_test(unloaded_and_loaded_again),
        };
        return cmocka_run_group_tests(tests, start, finish);
}
