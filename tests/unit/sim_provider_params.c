/* SPDX-License-Identifier: Apache-2.0 */
/* Programs may send any parameter in any shape (D52): no data, another type, size 0, a size that
 * is not the text's. Every settable and gettable parameter of every operation is sent to a key
 * of ours in each shape: nothing crashes, and texts and octets without data are what the default
 * provider makes of them. Each attempt in a process of its own; no attestation, and no TPM
 * command. */
#include "unit/provider_fixture.h"

#include <openssl/encoder.h>
#include <openssl/params.h>
#include <signal.h>
#include <sys/wait.h>

static struct application app;
static EVP_PKEY *decryption_key, *signing_key, *soft;
static int attempts;

static int start(void **state)
{
        if (provider_vm_start(state) != 0)
                return -1;
        application_start(&app, false, NULL);
        decryption_key = must_open(app.libctx, "azattest://key");
        signing_key = must_open(app.libctx, "azattest://sign");
        soft = EVP_PKEY_Q_keygen(app.libctx, "provider=default", "RSA", (size_t)2048);
        return soft == NULL;
}

static int finish(void **state)
{
        EVP_PKEY_free(decryption_key);
        EVP_PKEY_free(signing_key);
        EVP_PKEY_free(soft);
        application_stop(&app);
        return provider_vm_stop(state);
}

/* ---- shapes ---- */

static uint64_t number = 4;
static char text[64] = "pkcs1";
static char *text_pointer = text;
static char *null_pointer;

struct shape {
        const char *what;
        unsigned int type;
        void *data;
        size_t size;
        bool as_default; /* default does not crash over it, and ours does the same */
};

static const struct shape shapes[] = {
        {"text without data", OSSL_PARAM_UTF8_STRING, NULL, 0, true},
        {"text without data, 5 bytes", OSSL_PARAM_UTF8_STRING, NULL, 5, false},
        {"octets without data", OSSL_PARAM_OCTET_STRING, NULL, 0, true},
        {"octets without data, 5 bytes", OSSL_PARAM_OCTET_STRING, NULL, 5, false},
        {"number without data", OSSL_PARAM_INTEGER, NULL, 4, false},
        {"unsigned number without data", OSSL_PARAM_UNSIGNED_INTEGER, NULL, 8, false},
        {"text pointer without data", OSSL_PARAM_UTF8_PTR, NULL, 0, false},
        {"text pointer to NULL", OSSL_PARAM_UTF8_PTR, &null_pointer, 0, false},
        {"octet pointer to NULL", OSSL_PARAM_OCTET_PTR, &null_pointer, 5, false},
        {"real without data", OSSL_PARAM_REAL, NULL, 8, false},
        {"empty text", OSSL_PARAM_UTF8_STRING, text, 0, false},
        {"text of a byte", OSSL_PARAM_UTF8_STRING, text, 1, false},
        {"text, size beyond its end", OSSL_PARAM_UTF8_STRING, text, SIZE_MAX, false},
        {"text pointer", OSSL_PARAM_UTF8_PTR, &text_pointer, 5, false},
        {"octets", OSSL_PARAM_OCTET_STRING, text, 5, false},
        {"no octets", OSSL_PARAM_OCTET_STRING, text, 0, false},
        {"number of no bytes", OSSL_PARAM_INTEGER, &number, 0, false},
        {"number of 3 bytes", OSSL_PARAM_INTEGER, &number, 3, false},
        {"number", OSSL_PARAM_INTEGER, &number, 4, false},
        {"unsigned number", OSSL_PARAM_UNSIGNED_INTEGER, &number, 8, false},
        {"number of very many bytes", OSSL_PARAM_UNSIGNED_INTEGER, &number, SIZE_MAX / 2, false},
        {"unknown type", 77, text, 5, false},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* ---- operations ---- */

enum operation {
        ENCRYPT,
        DECRYPT,
        SIGN,
        VERIFY,
        RECOVER,
        DIGEST_SIGN,
        ENCAPSULATE,
        DECAPSULATE,
        GENERATE,
        OPERATIONS
};

static const char *const operation_name[] = {"encrypt", "decrypt", "sign",
                                             "verify",  "recover", "digest-sign",
                                             "encap",   "decap",   "generate"};

static EVP_MD_CTX *digest_ctx[2];
/* of DIGEST_SIGN, whose contexts they own: of default, ours */

static EVP_PKEY_CTX *begin(enum operation op, bool ours)
{
        EVP_PKEY *key = !ours                             ? soft
                        : op == SIGN || op == DIGEST_SIGN ? signing_key
                                                          : decryption_key;
        EVP_PKEY_CTX *ctx = op == GENERATE ? EVP_PKEY_CTX_new_from_name(app.libctx, "RSA",
                                                                        ours ? "provider=azattest"
                                                                             : "provider=default")
                                           : EVP_PKEY_CTX_new_from_pkey(app.libctx, key, NULL);
        int ok = 0;

        switch (op) {
        case ENCRYPT:
                ok = EVP_PKEY_encrypt_init(ctx);
                break;
        case DECRYPT:
                ok = EVP_PKEY_decrypt_init(ctx);
                break;
        case SIGN:
                ok = EVP_PKEY_sign_init(ctx);
                break;
        case VERIFY:
                ok = EVP_PKEY_verify_init(ctx);
                break;
        case RECOVER:
                ok = EVP_PKEY_verify_recover_init(ctx);
                break;
        case DIGEST_SIGN:
                EVP_PKEY_CTX_free(ctx);
                digest_ctx[ours] = EVP_MD_CTX_new();
                ok = EVP_DigestSignInit_ex(digest_ctx[ours], &ctx, "SHA256", app.libctx, NULL, key,
                                           NULL);
                break;
        case ENCAPSULATE:
                ok = EVP_PKEY_encapsulate_init(ctx, NULL);
                break;
        case DECAPSULATE:
                ok = EVP_PKEY_decapsulate_init(ctx, NULL);
                break;
        default:
                ok = EVP_PKEY_keygen_init(ctx);
        }
        if (ok != 1)
                fail_msg("%s does not begin", operation_name[op]);
        return ctx;
}

static void end(int op, bool ours, EVP_PKEY_CTX *ctx)
{
        if (op != DIGEST_SIGN) {
                EVP_PKEY_CTX_free(ctx);
                return;
        }
        EVP_MD_CTX_free(digest_ctx[ours]);
        digest_ctx[ours] = NULL;
}

/* The answer of a process that does it; -1: it crashed. */
static int answer_of(int (*attempt)(const void *), const void *arg)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                (void)signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
                (void)signal(SIGBUS, SIG_DFL);
                _exit(attempt(arg) == 1 ? 1 : 0);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        attempts++;
        return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? WEXITSTATUS(status) : -1;
}

struct attempt {
        EVP_PKEY_CTX *ctx;
        const char *key;
        const struct shape *shape;
};

static OSSL_PARAM param_of(const struct attempt *a)
{
        return (OSSL_PARAM){a->key, a->shape->type, a->shape->data, a->shape->size, 0};
}

static int set(const void *arg)
{
        const struct attempt *a = arg;
        const OSSL_PARAM params[] = {param_of(a), OSSL_PARAM_construct_end()};

        return EVP_PKEY_CTX_set_params(a->ctx, params);
}

static int get(const void *arg)
{
        const struct attempt *a = arg;
        OSSL_PARAM params[] = {param_of(a), OSSL_PARAM_construct_end()};

        return EVP_PKEY_CTX_get_params(a->ctx, params);
}

static void every_setting_in_every_shape(void **state)
{
        (void)state;
        attempts = 0;
        for (int op = 0; op < OPERATIONS; op++) {
                EVP_PKEY_CTX *ours = begin(op, true);
                EVP_PKEY_CTX *theirs = begin(op, false);
                const OSSL_PARAM *p = EVP_PKEY_CTX_settable_params(ours);

                assert_non_null(p);
                for (; p->key != NULL; p++)
                        for (size_t i = 0; i < SHAPES; i++) {
                                const struct attempt a = {ours, p->key, &shapes[i]};
                                const struct attempt b = {theirs, p->key, &shapes[i]};
                                const int got = answer_of(set, &a);

                                if (got < 0)
                                        fail_msg("%s: setting %s, %s: crashed", operation_name[op],
                                                 p->key, shapes[i].what);
                                if (shapes[i].as_default &&
                                    OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(theirs),
                                                            p->key) != NULL &&
                                    got != answer_of(set, &b))
                                        fail_msg("%s: setting %s, %s: %d, default differs",
                                                 operation_name[op], p->key, shapes[i].what, got);
                        }
                end(op, true, ours);
                end(op, false, theirs);
        }
        assert_true(attempts > 500);
}

/* Sizes of a getter's buffer are the program's word, so none is larger than the buffer here. */
static void every_answer_in_every_shape(void **state)
{
        (void)state;
        for (int op = 0; op < GENERATE; op++) {
                EVP_PKEY_CTX *ctx = begin(op, true);
                const OSSL_PARAM *p = EVP_PKEY_CTX_gettable_params(ctx);

                for (; p != NULL && p->key != NULL; p++)
                        for (size_t i = 0; i < SHAPES; i++) {
                                const struct attempt a = {ctx, p->key, &shapes[i]};

                                if (shapes[i].size <= sizeof(text) && answer_of(get, &a) < 0)
                                        fail_msg("%s: getting %s, %s: crashed", operation_name[op],
                                                 p->key, shapes[i].what);
                        }
                end(op, true, ctx);
        }
}

/* ---- keys, encoders, stores ---- */

static int get_from_key(const void *arg)
{
        const struct attempt *a = arg;
        OSSL_PARAM params[] = {param_of(a), OSSL_PARAM_construct_end()};

        return EVP_PKEY_get_params(signing_key, params);
}

static int import(const void *arg)
{
        const struct attempt *a = arg;
        OSSL_PARAM params[] = {param_of(a), OSSL_PARAM_construct_end()};
        EVP_PKEY *key = NULL;
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(app.libctx, "RSA", "provider=azattest");

        return EVP_PKEY_fromdata_init(ctx) == 1 &&
               EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1;
}

static int set_encoder(const void *arg)
{
        const struct attempt *a = arg;
        const OSSL_PARAM params[] = {param_of(a), OSSL_PARAM_construct_end()};
        OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new();
        OSSL_ENCODER *encoder = OSSL_ENCODER_fetch(
                app.libctx, "RSA", "provider=azattest,output=pem,structure=PrivateKeyInfo");

        return OSSL_ENCODER_CTX_add_encoder(ctx, encoder) == 1 &&
               OSSL_ENCODER_CTX_set_params(ctx, params) == 1;
}

static int open_store(const void *arg)
{
        const struct attempt *a = arg;
        const OSSL_PARAM params[] = {param_of(a), OSSL_PARAM_construct_end()};

        return OSSL_STORE_open_ex("azattest://key", app.libctx, NULL, NULL, NULL, params, NULL,
                                  NULL) != NULL;
}

static void every_other_in_every_shape(void **state)
{
        static const char *const of_keys[] = {"bits",
                                              "n",
                                              "e",
                                              "d",
                                              "default-digest",
                                              "azattest-token",
                                              "azattest-claims",
                                              "azattest-purpose",
                                              "azattest-name"};

        (void)state;
        for (size_t i = 0; i < SHAPES; i++) {
                struct attempt a = {.shape = &shapes[i]};

                for (size_t k = 0; k < sizeof(of_keys) / sizeof(of_keys[0]); k++) {
                        a.key = of_keys[k];
                        if (shapes[i].size <= sizeof(text) && answer_of(get_from_key, &a) < 0)
                                fail_msg("%s, %s: getting crashed", a.key, shapes[i].what);
                        if (shapes[i].size <= sizeof(text) && answer_of(import, &a) < 0)
                                fail_msg("%s, %s: import crashed", a.key, shapes[i].what);
                }
                a.key = OSSL_ENCODER_PARAM_CIPHER;
                if (answer_of(set_encoder, &a) < 0)
                        fail_msg("encoder, %s: crashed", shapes[i].what);
                a.key = OSSL_STORE_PARAM_EXPECT;
                if (answer_of(open_store, &a) < 0)
                        fail_msg("store, %s: crashed", shapes[i].what);
        }
}

/* ---- nothing at all ---- */

/* No data of length 0: allowed wherever bytes are. */
static void no_bytes(void **state)
{
        EVP_PKEY_CTX *decrypt = begin(DECRYPT, true);
        EVP_PKEY_CTX *sign = begin(SIGN, true);
        EVP_PKEY_CTX *encrypt = begin(ENCRYPT, true);
        uint8_t out[K];
        size_t len = sizeof(out);

        (void)state;
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(decrypt, RSA_PKCS1_OAEP_PADDING), 1);
        assert_true(EVP_PKEY_decrypt(decrypt, out, &len, NULL, 0) <= 0);
        len = sizeof(out);
        assert_int_equal(EVP_PKEY_encrypt(encrypt, out, &len, NULL, 0), 1);
        len = sizeof(out);
        assert_int_equal(EVP_PKEY_sign(sign, out, &len, NULL, 0), 1);
        assert_int_equal(begin(DIGEST_SIGN, true) != NULL, 1);
        len = sizeof(out);
        assert_int_equal(EVP_DigestSign(digest_ctx[true], out, &len, NULL, 0), 1);
        EVP_MD_CTX_free(digest_ctx[true]);
        EVP_PKEY_CTX_free(decrypt);
        EVP_PKEY_CTX_free(encrypt);
        EVP_PKEY_CTX_free(sign);
        ERR_clear_error();
}

/* EVP_PKEY_print_params, and whoever else asks for what is neither half (D52). */
static void nothing_is_exported_as_nothing(void **state)
{
        EVP_PKEY *const keys[] = {decryption_key, signing_key};
        OSSL_PARAM *params = NULL;

        (void)state;
        for (int i = 0; i < 2; i++) {
                AZA_OWN(BIO_free_all) BIO *ours = BIO_new(BIO_s_mem());
                AZA_OWN(BIO_free_all) BIO *theirs = BIO_new(BIO_s_mem());
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *public = default_public(keys[i]);
                char *a = NULL, *b = NULL;

                assert_int_equal(EVP_PKEY_print_params(ours, keys[i], 0, NULL), 1);
                assert_int_equal(EVP_PKEY_print_params(theirs, public, 0, NULL), 1);
                long len = BIO_get_mem_data(ours, &a);
                assert_int_equal(BIO_get_mem_data(theirs, &b), len);
                assert_int_equal(len == 0 ? 0 : memcmp(a, b, (size_t)len), 0);
                assert_int_not_equal(
                        EVP_PKEY_todata(keys[i], OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS, &params),
                        1);
                assert_null(params);
        }
        ERR_clear_error();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_setting_in_every_shape),
                cmocka_unit_test(every_answer_in_every_shape),
                cmocka_unit_test(every_other_in_every_shape),
                cmocka_unit_test(no_bytes),
                cmocka_unit_test(nothing_is_exported_as_nothing),
        };
        return cmocka_run_group_tests(tests, start, finish);
}
