/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way of a decryption as programs have it, from the TPM's answer to the caller's
 * buffer: EVP_PKEY_decrypt through the provider module, azattest_decrypt through the library,
 * both as they are shipped. A TCTI marks the bare result undefined for memcheck before the TPM
 * stack sees it: a branch or an index that depends on it is an error there, wherever it is
 * (unit/rsa_constant_time has the padding's other callers). Without valgrind only the results
 * are compared. */
#include "unit/provider_key.h"

#include "azattest.h"

#include <dlfcn.h>
#include <openssl/prov_ssl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#define RESULT_AT 16 /* in the response: header 10, length of the parameters 4, of the result 2 */

enum kind { GOOD_48, GOOD_0, GOOD_245, NO_END, SHORT_PADDING, FIRST_BYTE, TYPE_BYTE, ZEROS, KINDS };

static void (**on_response)(uint8_t *response, size_t size);
static unsigned int marked;

/* The answer to TPM2_RSA_Decrypt: nothing else begins with 256 bytes and has only them. */
static void hide_result(uint8_t *response, size_t size)
{
        static const uint8_t head[] = {0x80, 0x02};
        static const uint8_t lengths[] = {0, 0, 1, 2, 1, 0};

        if (size < RESULT_AT + K || memcmp(response, head, sizeof(head)) != 0 ||
            memcmp(response + 10, lengths, sizeof(lengths)) != 0)
                return;
        (void)VALGRIND_MAKE_MEM_UNDEFINED(response + RESULT_AT, K);
        marked++;
}

static int start(void **state)
{
        static char tcti[512];
        void *module = dlopen(AZATTEST_REENTER_TCTI, RTLD_NOW);

        if (module == NULL || provider_vm_start(state) != 0)
                return -1;
        on_response = dlsym(module, "reenter_on_response");
        (void)snprintf(tcti, sizeof(tcti), "%s:%s", AZATTEST_REENTER_TCTI, sim_vm_tcti(vm.vm));
        if (on_response == NULL || setenv("AZATTEST_TCTI", tcti, 1) != 0)
                return -1;
        key_open("azattest://key");
        *on_response = hide_result;
        return 0;
}

static void known(void *p, size_t n)
{
        (void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

/* The marks came through: what the caller holds is what memcheck watched. */
static void assert_hidden(const void *p, size_t n)
{
        unsigned char bits[K] = {0};

        if (RUNNING_ON_VALGRIND == 0)
                return;
        assert_int_equal(VALGRIND_GET_VBITS(p, bits, n), 1);
        for (size_t i = 0; i < n; i++)
                if (bits[i] != 0)
                        return;
        fail_msg("memcheck lost the secret on the way: nothing was watched");
}

static void no_leak(unsigned int before)
{
        assert_int_equal(VALGRIND_COUNT_ERRORS - before, 0);
}

/* A ciphertext whose block is of that kind; the message is of 0xAA. */
static void make(enum kind kind, uint8_t ct[K])
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(NULL, public, EVP_PKEY_encrypt_init, NULL);
        uint8_t block[K];
        size_t len = K;

        memset(block, 0xAA, K);
        block[0] = kind == FIRST_BYTE;
        block[1] = kind == TYPE_BYTE ? 1 : 2;
        if (kind != NO_END)
                block[kind == GOOD_0 ? K - 1 : kind == GOOD_245 ? 10 : K - 49] = 0;
        if (kind == SHORT_PADDING)
                block[5] = 0;
        if (kind == ZEROS)
                memset(block, 0, 8);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
        assert_int_equal(EVP_PKEY_encrypt(ctx, ct, &len, block, K), 1);
}

/* Takes the message for what it may be, now that the caller looks. */
static void assert_message(enum kind kind, uint8_t *out, size_t *len)
{
        static const size_t lengths[] = {[GOOD_48] = 48, [GOOD_0] = 0, [GOOD_245] = 245};

        known(len, sizeof(*len));
        known(out, K);
        assert_true(*len <= K - 11);
        if (kind > GOOD_245)
                return;
        assert_int_equal(*len, lengths[kind]);
        for (size_t i = 0; i < *len; i++)
                assert_int_equal(out[i], 0xAA);
}

static void pkcs1_by_openssl(void **state)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_decrypt_init, NULL);

        (void)state;
        for (enum kind kind = 0; kind < KINDS; kind++) {
                uint8_t ct[K], out[K];
                size_t len = K;

                make(kind, ct);
                const unsigned int before = VALGRIND_COUNT_ERRORS, marks = marked;
                assert_int_equal(EVP_PKEY_decrypt(ctx, out, &len, ct, K), 1);
                no_leak(before);
                assert_true(marked > marks);
                assert_hidden(&len, sizeof(len));
                assert_hidden(out, K - 11);
                assert_message(kind, out, &len);
        }
        assert_no_errors();
}

/* The premaster of a TLS 1.2 server: 48 bytes whatever came. */
static void tls_by_openssl(void **state)
{
        unsigned int version = 0xAAAA;
        OSSL_PARAM params[] = {
                OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &version),
                OSSL_PARAM_construct_end()};
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_decrypt_init, NULL);

        (void)state;
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_WITH_TLS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
        for (enum kind kind = 0; kind < KINDS; kind++) {
                uint8_t ct[K], out[48];
                size_t len = sizeof(out);

                make(kind, ct);
                const unsigned int before = VALGRIND_COUNT_ERRORS;
                assert_int_equal(EVP_PKEY_decrypt(ctx, out, &len, ct, K), 1);
                no_leak(before);
                assert_int_equal(len, sizeof(out));
                assert_hidden(out, sizeof(out));
                known(out, sizeof(out));
                assert_int_equal(kind == GOOD_48, out[0] == 0xAA && out[47] == 0xAA);
        }
}

static void encapsulated_secret(void **state)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, key, NULL);
        uint8_t ct[K], out[K];
        size_t len = K;

        (void)state;
        make(ZEROS, ct);
        assert_int_equal(EVP_PKEY_decapsulate_init(ctx, NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_kem_op(ctx, "RSASVE"), 1);
        const unsigned int before = VALGRIND_COUNT_ERRORS;
        assert_int_equal(EVP_PKEY_decapsulate(ctx, out, &len, ct, K), 1);
        no_leak(before);
        assert_int_equal(len, K);
        assert_hidden(out, K);
        known(out, K);
        assert_int_equal(out[7], 0);
        assert_int_equal(out[8], 0xAA);
}

static void pkcs1_by_the_library(void **state)
{
        void *library = dlopen(AZATTEST_BUILD_DIR "/lib/libazattest.so.0", RTLD_NOW | RTLD_LOCAL);
        __typeof__(azattest_context_new) *context_new;
        __typeof__(azattest_context_free) *context_free;
        __typeof__(azattest_decrypt) *decrypt;
        __typeof__(azattest_free) *release;
        azattest_context *ctx = NULL;

        (void)state;
        assert_non_null(library);
        *(void **)&context_new = dlsym(library, "azattest_context_new");
        *(void **)&context_free = dlsym(library, "azattest_context_free");
        *(void **)&decrypt = dlsym(library, "azattest_decrypt");
        *(void **)&release = dlsym(library, "azattest_free");
        assert_int_equal(context_new("/dev/null", &ctx), 0);
        for (enum kind kind = 0; kind < KINDS; kind++) {
                uint8_t ct[K], *out = NULL;
                size_t len = 0;

                make(kind, ct);
                const unsigned int before = VALGRIND_COUNT_ERRORS;
                assert_int_equal(decrypt(ctx, AZATTEST_ENCRYPTION_NONE, ct, K, AZATTEST_RSA_ES,
                                         AZATTEST_RSA_SHA256, &out, &len),
                                 0);
                no_leak(before);
                assert_hidden(&len, sizeof(len));
                assert_hidden(out, K - 11);
                assert_message(kind, out, &len);
                release(out);
        }
        context_free(ctx);
}

/* The planted leak: with implicit rejection off, the outcome is a branch on the block, and so is
 * OAEP's. In a child, because memcheck makes them its exit status. */
static unsigned char leaks_of(EVP_PKEY_CTX *ctx, enum kind kind)
{
        uint8_t ct[K], out[K], found = 0;
        size_t len = K;
        int pipes[2];

        make(kind, ct);
        assert_int_equal(pipe(pipes), 0);
        const pid_t pid = fork();
        if (pid == 0) {
                const unsigned int before = VALGRIND_COUNT_ERRORS;
                (void)EVP_PKEY_decrypt(ctx, out, &len, ct, K);
                found = (unsigned char)(VALGRIND_COUNT_ERRORS - before);
                (void)!write(pipes[1], &found, 1);
                (void)kill(getpid(), SIGKILL); /* no second report of what the child has */
        }
        assert_true(pid > 0);
        (void)close(pipes[1]);
        assert_int_equal(read(pipes[0], &found, 1), 1);
        (void)close(pipes[0]);
        (void)waitpid(pid, NULL, 0);
        return found;
}

static void a_leak_is_seen(void **state)
{
        unsigned int off = 0;
        OSSL_PARAM explicit[] = {OSSL_PARAM_construct_uint("implicit-rejection", &off),
                                 OSSL_PARAM_construct_end()};

        (void)state;
        if (RUNNING_ON_VALGRIND == 0) {
                print_message("skipped: only memcheck sees a leak\n");
                skip(); /* leaves by a jump: nothing is owned yet */
        }
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *shown = operation(app.libctx, key, EVP_PKEY_decrypt_init, NULL);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *oaep = operation(app.libctx, key, EVP_PKEY_decrypt_init, NULL);

        assert_int_equal(EVP_PKEY_CTX_set_params(shown, explicit), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(oaep, RSA_PKCS1_OAEP_PADDING), 1);
        assert_true(leaks_of(shown, GOOD_48) > 0);
        assert_true(leaks_of(shown, TYPE_BYTE) > 0);
        /* That something was wrong is told once, and what it was is not. */
        const unsigned char verdict = leaks_of(oaep, GOOD_48);
        assert_true(verdict > 0);
        for (enum kind kind = 0; kind < KINDS; kind++)
                assert_int_equal(leaks_of(oaep, kind), verdict);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pkcs1_by_openssl),     cmocka_unit_test(tls_by_openssl),
                cmocka_unit_test(encapsulated_secret),  cmocka_unit_test(a_leak_is_seen),
                cmocka_unit_test(pkcs1_by_the_library),
        };

        return cmocka_run_group_tests_name("provider: constant time", tests, start, key_stop);
}
