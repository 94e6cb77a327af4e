/* SPDX-License-Identifier: Apache-2.0 */
/* The provider called from where nobody expects it: from inside the TPM stack (PV23), and from a
 * child that was forked in a callback of OpenSSL (PV27, PT8). It answers; it never waits for
 * ever. */
#include "unit/provider_fixture.h"

#include <dlfcn.h>
#include <openssl/pem.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCHDOG 10 /* seconds; an answer takes milliseconds */
#define TEXT     "one plaintext"

static struct application app;
static EVP_PKEY *key;
static uint8_t ciphertext[K];
static void (**before_command)(void);

static int start(void **state)
{
        static const char *const oaep[] = {"rsa_padding_mode", "oaep", NULL};
        static char tcti[512];
        void *module = dlopen(AZATTEST_REENTER_TCTI, RTLD_NOW);
        size_t len = K;

        if (module == NULL || provider_vm_start(state) != 0)
                return -1;
        before_command = dlsym(module, "reenter_before_command");
        (void)snprintf(tcti, sizeof(tcti), "%s:%s", AZATTEST_REENTER_TCTI, sim_vm_tcti(vm.vm));
        if (before_command == NULL || setenv("AZATTEST_TCTI", tcti, 1) != 0)
                return -1;
        application_start(&app, false, NULL);
        key = must_open(app.libctx, "azattest://key");
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_encrypt_init, oaep);
        assert_int_equal(
                EVP_PKEY_encrypt(ctx, ciphertext, &len, (const uint8_t *)TEXT, strlen(TEXT)), 1);
        return 0;
}

static int finish(void **state)
{
        EVP_PKEY_free(key);
        application_stop(&app);
        return provider_vm_stop(state);
}

/* No cmocka in here: hooks and children call it. */
static bool decrypts(EVP_PKEY *with)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, with, NULL);
        uint8_t out[K];
        size_t len = K;

        return ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_decrypt(ctx, out, &len, ciphertext, K) == 1 && len == strlen(TEXT) &&
               memcmp(out, TEXT, len) == 0;
}

/* ---- from inside the TPM stack ---- */

static int tried, refused;

static void come_back(void)
{
        const char *data = NULL;
        int flags = 0;

        ERR_set_mark();
        tried++;
        if (!decrypts(key) && ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags) != 0 &&
            data != NULL && strstr(data, "recursion") != NULL)
                refused++;
        ERR_pop_to_mark();
}

static void recursion_is_refused(void **state)
{
        (void)state;
        (void)alarm(WATCHDOG);
        *before_command = come_back;
        const bool outer = decrypts(key);
        *before_command = NULL;
        (void)alarm(0);
        assert_true(outer);
        assert_true(tried > 0);
        assert_int_equal(refused, tried);
        assert_true(decrypts(key));
        assert_no_errors();
}

/* ---- from a child that was born in a callback ---- */

#ifndef __SANITIZE_THREAD__ /* it does not follow a fork of a process with threads */

static int child_status;

static void child_uses_the_key(void)
{
        const pid_t pid = fork();

        if (pid == 0) {
                (void)alarm(WATCHDOG);
                _exit(decrypts(key) ? 0 : 1);
        }
        child_status = -1;
        if (pid > 0)
                (void)waitpid(pid, &child_status, 0);
}

static int ask_passphrase(char *out, int size, int rwflag, void *arg)
{
        (void)rwflag;
        (void)arg;
        child_uses_the_key();
        return snprintf(out, (size_t)size, "secret");
}

static void fork_while_a_passphrase_is_asked(void **state)
{
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *plain = EVP_PKEY_Q_keygen(app.libctx, "provider=default", "RSA", (size_t)2048);
        AZA_OWN(BIO_free_all) BIO *file = BIO_new(BIO_s_mem());
        EVP_CIPHER *aes = EVP_CIPHER_fetch(app.libctx, "AES-256-CBC", NULL);

        (void)state;
        assert_non_null(plain);
        assert_int_equal(
                PEM_write_bio_PrivateKey(file, plain, aes, NULL, 0, NULL, (void *)"secret"), 1);
        EVP_CIPHER_free(aes);
        child_status = -1;
        (void)alarm(2 * WATCHDOG);
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *read =
                PEM_read_bio_PrivateKey_ex(file, NULL, ask_passphrase, NULL, app.libctx, NULL);
        (void)alarm(0);
        assert_non_null(read);
        assert_int_equal(child_status, 0);
        assert_true(decrypts(key));
}

/* The progress of a generation is a callback of ours (PV75). */
static int on_progress(EVP_PKEY_CTX *ctx)
{
        (void)ctx;
        child_uses_the_key();
        return child_status == 0;
}

static void fork_while_progress_is_shown(void **state)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(app.libctx, "RSA", "provider=azattest");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *made = NULL;

        (void)state;
        assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "azattest-purpose", "sign"), 1);
        EVP_PKEY_CTX_set_cb(ctx, on_progress);
        child_status = -1;
        (void)alarm(4 * WATCHDOG);
        assert_int_equal(EVP_PKEY_generate(ctx, &made), 1);
        (void)alarm(0);
        assert_int_equal(child_status, 0);
        assert_true(decrypts(key));
}

#endif

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(recursion_is_refused),
#ifndef __SANITIZE_THREAD__
                cmocka_unit_test(fork_while_a_passphrase_is_asked),
                cmocka_unit_test(fork_while_progress_is_shown),
#endif
        };

        return cmocka_run_group_tests_name("provider: reentry", tests, start, finish);
}
