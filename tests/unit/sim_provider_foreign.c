/* SPDX-License-Identifier: Apache-2.0 */
/* Ordinary keys with azattest loaded (PV10, PT3), from files, built from numbers and generated:
 * in both orders, with and without a property query for us, alone with default and with a third
 * provider before, between and behind (D51). Everything works, nothing is left in the error
 * queue, the TPM is not asked. And a configuration that is wrong harms only those who use our
 * keys (PV68). */
#undef OPENSSL_NO_DEPRECATED /* EVP_PKEY_set1_RSA: programs still build keys with it */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "unit/provider_fixture.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static EVP_PKEY *soft; /* made without us */

static int start(void **state)
{
        soft = EVP_RSA_gen(2048);
        return soft == NULL || provider_vm_start(state) != 0;
}

static int finish(void **state)
{
        EVP_PKEY_free(soft);
        return provider_vm_stop(state);
}

/* ---- orders ---- */

#define ORDERS 40

/* Bit 0: azattest before default. Bit 1: the query. The rest: which third provider stands where. */
static void start_order(struct application *app, int order)
{
        static const char *const thirds[] = {"base", "legacy", "null"};
        const char *const pair[2] = {(order & 1) != 0 ? "azattest" : "default",
                                     (order & 1) != 0 ? "default" : "azattest"};
        const int third = order / 4; /* 0: none; 1 to 9 */
        const char *names[3] = {pair[0], pair[1], NULL};

        if (third > 0) {
                const int at = (third - 1) % 3;
                for (int i = 0, from = 0; i < 3; i++)
                        names[i] = i == at ? thirds[(third - 1) / 3] : pair[from++];
        }
        application_load(app, names, (order & 2) != 0 ? "?provider=azattest" : NULL);
}

static EVP_PKEY *read_soft(const struct application *app)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        assert_int_equal(PEM_write_bio_PrivateKey(bio, soft, NULL, NULL, 0, NULL, NULL), 1);
        EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, app->libctx, NULL);
        if (key == NULL) {
                ERR_print_errors_fp(stderr);
                fail_msg("an ordinary key does not load");
        }
        return key;
}

static void decrypts(const struct application *app, EVP_PKEY *key)
{
        static const char *const pairs[] = {"rsa_padding_mode", "oaep", NULL};
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *to = operation(app->libctx, key, EVP_PKEY_encrypt_init, pairs);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *from = operation(app->libctx, key, EVP_PKEY_decrypt_init, pairs);
        uint8_t ct[K], out[K];
        size_t ct_len = K, len = K;

        assert_int_equal(EVP_PKEY_encrypt(to, ct, &ct_len, (const uint8_t *)"text", 4), 1);
        assert_int_equal(EVP_PKEY_decrypt(from, out, &len, ct, ct_len), 1);
        assert_int_equal(len, 4);
        assert_memory_equal(out, "text", 4);
}

static void signs(const struct application *app, EVP_PKEY *key, EVP_PKEY *public)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *check = EVP_MD_CTX_new();
        uint8_t sig[K];
        size_t len = K;

        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", app->libctx, NULL, key, NULL),
                         1);
        assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"text", 4), 1);
        assert_int_equal(
                EVP_DigestVerifyInit_ex(check, NULL, "SHA256", app->libctx, NULL, public, NULL), 1);
        assert_int_equal(EVP_DigestVerify(check, sig, len, (const uint8_t *)"text", 4), 1);
}

static EVP_PKEY *public_half(const struct application *app, EVP_PKEY *key)
{
        unsigned char *der = NULL;
        int len = i2d_PUBKEY(key, &der);
        const unsigned char *p = der;

        assert_true(len > 0);
        EVP_PKEY *public = d2i_PUBKEY_ex(NULL, &p, len, app->libctx, NULL);
        assert_non_null(public);
        OPENSSL_free(der);
        return public;
}

static void serves_tls(const struct application *app, EVP_PKEY *key)
{
        X509 *x = X509_new_ex(app->libctx, NULL);
        SSL_CTX *server = SSL_CTX_new_ex(app->libctx, NULL, TLS_server_method());
        SSL_CTX *client = SSL_CTX_new_ex(app->libctx, NULL, TLS_client_method());
        BIO *a = NULL, *b = NULL;
        int done = 0;

        X509_gmtime_adj(X509_getm_notBefore(x), -60);
        X509_gmtime_adj(X509_getm_notAfter(x), 3600);
        assert_int_equal(X509_set_pubkey(x, key), 1);
        assert_true(X509_sign(x, key, EVP_sha256()) > 0);
        assert_int_equal(SSL_CTX_use_certificate(server, x), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(server, key), 1);
        SSL *s = SSL_new(server), *c = SSL_new(client);
        assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
        SSL_set_bio(s, a, a);
        SSL_set_bio(c, b, b);
        SSL_set_accept_state(s);
        SSL_set_connect_state(c);
        for (int i = 0; i < 20 && done != 2; i++)
                done = (SSL_do_handshake(c) == 1) + (SSL_do_handshake(s) == 1);
        assert_int_equal(done, 2);
        assert_int_equal(SSL_version(c), TLS1_3_VERSION);
        SSL_free(s);
        SSL_free(c);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        X509_free(x);
}

static void ordinary_keys_in_every_order(void **state)
{
        const unsigned long before = tpm_commands();

        (void)state;
        for (int order = 0; order < ORDERS; order++) {
                struct application app;

                start_order(&app, order);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = read_soft(&app);
                assert_no_errors();
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *public = public_half(&app, key);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *dup = EVP_PKEY_dup(key);
                assert_no_errors();
                assert_int_equal(EVP_PKEY_eq(key, public), 1);
                decrypts(&app, key);
                decrypts(&app, dup);
                signs(&app, key, public);
                signs(&app, dup, key);
                assert_no_errors();
                serves_tls(&app, key);
                assert_no_errors();
                application_stop(&app);
        }
        assert_int_equal(tpm_commands() - before, 0);
}

/* The same key as programs build it, with and without the deprecated interface. */
static EVP_PKEY *build(const struct application *app, bool deprecated)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(app->libctx, "RSA", NULL);
        OSSL_PARAM *numbers = NULL;
        EVP_PKEY *key = NULL;

        if (deprecated) {
                RSA *rsa = EVP_PKEY_get1_RSA(soft);
                key = EVP_PKEY_new();
                assert_int_equal(EVP_PKEY_set1_RSA(key, rsa), 1);
                RSA_free(rsa);
        } else {
                assert_int_equal(EVP_PKEY_todata(soft, EVP_PKEY_KEYPAIR, &numbers), 1);
                assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
                assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, numbers), 1);
                OSSL_PARAM_free(numbers);
        }
        EVP_PKEY_CTX_free(ctx);
        return key;
}

static void encapsulates(const struct application *app, EVP_PKEY *key)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app->libctx, key, NULL);
        uint8_t secret[K], again[K], ct[K];
        size_t len = K, ct_len = K, again_len = K;

        assert_int_equal(EVP_PKEY_encapsulate_init(ctx, NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_kem_op(ctx, "RSASVE"), 1);
        assert_int_equal(EVP_PKEY_encapsulate(ctx, ct, &ct_len, secret, &len), 1);
        assert_int_equal(EVP_PKEY_decapsulate_init(ctx, NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_kem_op(ctx, "RSASVE"), 1);
        assert_int_equal(EVP_PKEY_decapsulate(ctx, again, &again_len, ct, ct_len), 1);
        assert_int_equal(again_len, len);
        assert_memory_equal(again, secret, len);
}

static int write_pkcs8(BIO *out, EVP_PKEY *key)
{
        return PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
}

static int write_traditional(BIO *out, EVP_PKEY *key)
{
        return PEM_write_bio_PrivateKey_traditional(out, key, NULL, NULL, 0, NULL, NULL);
}

static int write_der(BIO *out, EVP_PKEY *key)
{
        return i2d_PrivateKey_bio(out, key);
}

/* The same bytes, as PKCS#8, in the traditional form and as PEM of that. */
static void is_written_as(EVP_PKEY *key, EVP_PKEY *other)
{
        int (*const forms[])(BIO *, EVP_PKEY *) = {write_pkcs8, write_traditional, write_der};

        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                AZA_OWN(BIO_free_all) BIO *ours = BIO_new(BIO_s_mem());
                AZA_OWN(BIO_free_all) BIO *theirs = BIO_new(BIO_s_mem());
                char *a = NULL, *b = NULL;

                assert_int_equal(forms[i](ours, key), 1);
                assert_int_equal(forms[i](theirs, other), 1);
                long len = BIO_get_mem_data(ours, &a);
                assert_int_equal(BIO_get_mem_data(theirs, &b), len);
                assert_memory_equal(a, b, (size_t)len);
        }
}

static void shows_its_numbers(const struct application *app, EVP_PKEY *key)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app->libctx, key, NULL);
        AZA_OWN(BN_free) BIGNUM *d = NULL;
        OSSL_PARAM *numbers = NULL;

        assert_int_equal(EVP_PKEY_get_bn_param(key, "d", &d), 1);
        assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &numbers), 1);
        assert_non_null(OSSL_PARAM_locate_const(numbers, "d"));
        OSSL_PARAM_free(numbers);
        assert_int_equal(EVP_PKEY_check(ctx), 1);
}

static void is_encrypted_when_asked(const struct application *app, EVP_PKEY *key)
{
        AZA_OWN(BIO_free_all) BIO *file = BIO_new(BIO_s_mem());
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *aes = EVP_CIPHER_fetch(app->libctx, "AES-256-CBC", NULL);
        char *text = NULL;

        assert_int_equal(PEM_write_bio_PrivateKey(file, key, aes, NULL, 0, NULL, (void *)"secret"),
                         1);
        assert_true(BIO_get_mem_data(file, &text) > 40);
        assert_memory_equal(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----", 37);
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *back =
                PEM_read_bio_PrivateKey_ex(file, NULL, NULL, (void *)"secret", app->libctx, NULL);
        assert_non_null(back);
        assert_int_equal(EVP_PKEY_eq(back, key), 1);
}

/* An old padding that our own keys refuse. */
/* What default prints is all there; ours begin with a line that says what they are. */
static void says_what_it_is(EVP_PKEY *key, bool provided)
{
        AZA_OWN(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
        const bool ours = provided && strcmp(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key)),
                                             "azattest") == 0;
        char *text = NULL;

        assert_int_equal(EVP_PKEY_print_private(out, key, 0, NULL), 1);
        assert_int_equal(EVP_PKEY_print_params(out, key, 0, NULL), 1);
        assert_int_equal(BIO_write(out, "", 1), 1);
        (void)BIO_get_mem_data(out, &text);
        assert_int_equal(strncmp(text, "Ordinary key", 12) == 0, ours);
        assert_non_null(strstr(text, "Private-Key: (2048 bit, 2 primes)"));
        assert_non_null(strstr(text, "coefficient:"));
}

static void signs_x931(const struct application *app, EVP_PKEY *key)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app->libctx, key, NULL);
        AZA_OWN(EVP_MD_free) EVP_MD *sha256 = EVP_MD_fetch(app->libctx, "SHA256", NULL);
        uint8_t digest[32] = {1}, signature[K];
        size_t len = sizeof(signature);

        assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, sha256), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_X931_PADDING), 1);
        assert_int_equal(EVP_PKEY_sign(ctx, signature, &len, digest, sizeof(digest)), 1);
        assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, sha256), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_X931_PADDING), 1);
        assert_int_equal(EVP_PKEY_verify(ctx, signature, len, digest, sizeof(digest)), 1);
}

/* `provided`: not a key of the deprecated interface, which no provider has. */
static void works_as_ever(const struct application *app, EVP_PKEY *key, bool provided)
{
        assert_no_errors();
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *public = public_half(app, key);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *dup = EVP_PKEY_dup(key);
        assert_int_equal(EVP_PKEY_eq(key, public), 1);
        assert_int_equal(EVP_PKEY_eq(key, dup), 1);
        assert_int_equal(EVP_PKEY_eq(key, soft), EVP_PKEY_eq(soft, key));
        decrypts(app, key);
        decrypts(app, dup);
        signs(app, key, public);
        signs(app, dup, key);
        encapsulates(app, key);
        shows_its_numbers(app, key);
        says_what_it_is(key, provided);
        is_encrypted_when_asked(app, key);
        signs_x931(app, key);
        serves_tls(app, key);
        assert_no_errors();
}

static void built_keys_in_every_order(void **state)
{
        const unsigned long before = tpm_commands();

        (void)state;
        for (int order = 0; order < 2 * ORDERS; order++) {
                struct application app;

                start_order(&app, order % ORDERS);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = build(&app, order >= ORDERS);
                works_as_ever(&app, key, order < ORDERS);
                is_written_as(key, soft);
                assert_no_errors();
                application_stop(&app);
        }
        assert_int_equal(tpm_commands() - before, 0);
}

/* ---- generation (D51) ---- */

struct steps {
        int calls;
        int last; /* "potential" of the last one */
};

static int on_step(EVP_PKEY_CTX *ctx)
{
        struct steps *steps = EVP_PKEY_CTX_get_app_data(ctx);

        steps->calls++;
        steps->last = EVP_PKEY_CTX_get_keygen_info(ctx, 0);
        return 1;
}

static int stop_at_once(EVP_PKEY_CTX *ctx)
{
        (void)ctx;
        return 0;
}

static EVP_PKEY_CTX *generation(const struct application *app)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(app->libctx, "RSA", NULL);

        assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
        return ctx;
}

static void generates_with_options(const struct application *app)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = generation(app);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_OWN(BN_free) BIGNUM *e = NULL, *third = NULL;
        struct steps steps = {0};

        assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_keygen_bits", "1152"), 1);
        assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_keygen_primes", "3"), 1);
        assert_int_equal(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_keygen_pubexp", "3"), 1);
        EVP_PKEY_CTX_set_app_data(ctx, &steps);
        EVP_PKEY_CTX_set_cb(ctx, on_step);
        assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
        assert_true(steps.calls > 3);
        assert_int_equal(steps.last, 3);
        assert_int_equal(EVP_PKEY_get_bits(key), 1152);
        assert_int_equal(EVP_PKEY_get_bn_param(key, "e", &e), 1);
        assert_int_equal(BN_get_word(e), 3);
        assert_int_equal(EVP_PKEY_get_bn_param(key, "rsa-factor3", &third), 1);
        assert_no_errors();
}

/* Default's refusals, and a program that stops it. */
static void refuses_as_ever(const struct application *app)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = generation(app);
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *stopped = generation(app);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        assert_true(EVP_PKEY_CTX_ctrl_str(ctx, "rsa_keygen_bits", "100") <= 0 ||
                    EVP_PKEY_generate(ctx, &key) <= 0);
        EVP_PKEY_CTX_set_cb(stopped, stop_at_once);
        assert_true(EVP_PKEY_generate(stopped, &key) <= 0);
        assert_null(key);
        ERR_clear_error();
}

static void generated_keys_in_every_order(void **state)
{
        const unsigned long before = tpm_commands();

        (void)state;
        for (int order = 0; order < ORDERS; order++) {
                struct application app;

                start_order(&app, order);
                AZA_OWN(EVP_PKEY_free)
                EVP_PKEY *key = EVP_PKEY_Q_keygen(app.libctx, NULL, "RSA", (size_t)2048);
                if (key == NULL) {
                        ERR_print_errors_fp(stderr);
                        fail_msg("order %d: no RSA key", order);
                }
                works_as_ever(&app, key, true);
                generates_with_options(&app);
                refuses_as_ever(&app);
                application_stop(&app);
        }
        assert_int_equal(tpm_commands() - before, 0);
}

/* And ours works in each of them too. */
static void our_keys_in_every_order(void **state)
{
        (void)state;
        for (int order = 0; order < ORDERS; order++) {
                struct application app;

                start_order(&app, order);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = must_open(app.libctx, "azattest://key");
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *sign = must_open(app.libctx, "azattest://sign");
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *public = public_half(&app, sign);
                decrypts(&app, key);
                signs(&app, sign, public);
                serves_tls(&app, sign);
                ERR_clear_error();
                application_stop(&app);
        }
}

static void without_default_ours_is_enough_for_ours(void **state)
{
        OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
        uint8_t ct[K], out[K];
        size_t ct_len = K, len = K;

        (void)state;
        assert_int_equal(
                OSSL_PROVIDER_set_default_search_path(libctx, AZATTEST_BUILD_DIR "/ossl-modules"),
                1);
        OSSL_PROVIDER *ours = OSSL_PROVIDER_load(libctx, "azattest");
        EVP_PKEY *key = must_open(libctx, "azattest://key");
        EVP_PKEY_CTX *to = operation(libctx, key, EVP_PKEY_encrypt_init, NULL);
        EVP_PKEY_CTX *from = operation(libctx, key, EVP_PKEY_decrypt_init, NULL);
        BIO *pem = BIO_new(BIO_s_mem());
        char *text = NULL;

        assert_int_equal(EVP_PKEY_encrypt(to, ct, &ct_len, (const uint8_t *)"text", 4), 1);
        assert_int_equal(EVP_PKEY_decrypt(from, out, &len, ct, ct_len), 1);
        assert_memory_equal(out, "text", 4);
        assert_int_equal(PEM_write_bio_PUBKEY(pem, key), 1);
        (void)BIO_get_mem_data(pem, &text);
        assert_memory_equal(text, "-----BEGIN PUBLIC KEY-----", 26);
        BIO_free(pem);
        EVP_PKEY_CTX_free(to);
        EVP_PKEY_CTX_free(from);
        EVP_PKEY_free(key);
        OSSL_PROVIDER_unload(ours);
        OSSL_LIB_CTX_free(libctx);
        ERR_clear_error();
}

static void bad_settings_speak_at_first_use(void **state)
{
        struct application app;

        (void)state;
        setenv("AZATTEST_ATTEST", "sometimes", 1);
        application_start(&app, true, NULL);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = read_soft(&app);
        decrypts(&app, key);
        assert_no_errors();
        assert_null(open_uri(app.libctx, "azattest://key"));
        assert_raised("bad configuration", "sometimes");
        application_stop(&app);

        setenv("AZATTEST_ATTEST", "never", 1);
        setenv("AZATTEST_TCTI", "device:/dev/no-such-tpm", 1);
        application_start(&app, true, NULL);
        assert_null(open_uri(app.libctx, "azattest://key"));
        assert_raised("TPM failed", "/dev/no-such-tpm");
        application_stop(&app);
        setenv("AZATTEST_TCTI", sim_vm_tcti(vm.vm), 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ordinary_keys_in_every_order),
                cmocka_unit_test(built_keys_in_every_order),
                cmocka_unit_test(generated_keys_in_every_order),
                cmocka_unit_test(our_keys_in_every_order),
                cmocka_unit_test(without_default_ours_is_enough_for_ours),
                cmocka_unit_test(bad_settings_speak_at_first_use),
        };
        return cmocka_run_group_tests(tests, start, finish);
}
