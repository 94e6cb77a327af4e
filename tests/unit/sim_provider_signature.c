/* SPDX-License-Identifier: Apache-2.0 */
/* provider/signature*.c: signatures of a vTPM key checked by OpenSSL's default provider, every salt
 * word, streaming and dup, certificates, TLS, refusals. */
#include "unit/certificate_names.h"
#include "unit/provider_key.h"

#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static void sign(const char *const *pairs, const uint8_t *digest, size_t digest_len, uint8_t sig[K])
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_sign_init, pairs);
        size_t len = 0;

        assert_int_equal(EVP_PKEY_sign(ctx, NULL, &len, digest, digest_len), 1);
        assert_int_equal(len, K);
        if (EVP_PKEY_sign(ctx, sig, &len, digest, digest_len) != 1) {
                ERR_print_errors_fp(stderr);
                fail_msg("does not sign");
        }
        assert_int_equal(len, K);
}

static int verify(OSSL_LIB_CTX *libctx, EVP_PKEY *by, const char *const *pairs,
                  const uint8_t *digest, size_t digest_len, const uint8_t sig[K])
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(libctx, by, EVP_PKEY_verify_init, pairs);
        (void)ERR_set_mark();
        int ok = EVP_PKEY_verify(ctx, sig, K, digest, digest_len);
        (void)ERR_pop_to_mark();
        return ok;
}

static void pkcs1_with_every_digest(void **state)
{
        static const struct {
                const char *name;
                size_t len;
        } md[] = {{"md5", 16},      {"sha1", 20},     {"sha224", 28},     {"sha256", 32},
                  {"sha384", 48},   {"sha512", 64},   {"sha512-256", 32}, {"sha3-256", 32},
                  {"sha3-512", 64}, {"md5-sha1", 36}, {"sha512-224", 28}, {"ripemd160", 20},
                  {"sha3-224", 28}, {"sha3-384", 48}};
        uint8_t digest[64], sig[K];

        (void)state;
        assert_int_equal(RAND_bytes(digest, sizeof(digest)), 1);
        for (size_t i = 0; i < sizeof(md) / sizeof(md[0]); i++) {
                const char *pairs[] = {"digest", md[i].name, NULL};

                sign(pairs, digest, md[i].len, sig);
                assert_int_equal(verify(NULL, public, pairs, digest, md[i].len, sig), 1);
                assert_int_equal(verify(app.libctx, key, pairs, digest, md[i].len, sig), 1);
                sig[50] ^= 1;
                assert_int_not_equal(verify(app.libctx, key, pairs, digest, md[i].len, sig), 1);
                ERR_clear_error();
        }
        /* No digest named: the data is padded as it is. And recovered. */
        sign(NULL, digest, 40, sig);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_verify_recover_init, NULL);
        uint8_t out[K];
        size_t len = K;
        assert_int_equal(EVP_PKEY_verify_recover(ctx, out, &len, sig, K), 1);
        assert_int_equal(len, 40);
        assert_memory_equal(out, digest, 40);
}

static void pss_salt_is_as_asked(void **state)
{
        static const struct {
                const char *word;
                const char *bytes; /* what a strict verifier must be told */
        } salt[] = {{"digest", "32"}, {"max", "222"},           {"auto", "222"}, {"0", "0"},
                    {"17", "17"},     {"auto-digestmax", "32"}, {"222", "222"}};
        uint8_t digest[32], sig[K];

        (void)state;
        assert_int_equal(RAND_bytes(digest, sizeof(digest)), 1);
        for (size_t i = 0; i < sizeof(salt) / sizeof(salt[0]); i++) {
                const bool new_word = strcmp(salt[i].word, "auto-digestmax") == 0;
                const char *ours[] = {"digest",
                                      "sha256",
                                      "rsa_padding_mode",
                                      "pss",
                                      new_word ? NULL : "rsa_pss_saltlen",
                                      salt[i].word,
                                      NULL};
                const char *strict[] = {"digest", "sha256",          "rsa_padding_mode",
                                        "pss",    "rsa_pss_saltlen", salt[i].bytes,
                                        NULL};
                const char *wrong[] = {"digest", "sha256",          "rsa_padding_mode",
                                       "pss",    "rsa_pss_saltlen", "33",
                                       NULL};
                AZA_OWN(EVP_PKEY_CTX_free)
                EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_sign_init, ours);
                size_t len = K;

                if (new_word) { /* EVP 3.0 does not know it */
                        OSSL_PARAM params[] = {
                                OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN,
                                                                 (char *)salt[i].word, 0),
                                OSSL_PARAM_construct_end()};
                        assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
                }
                assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
                assert_int_equal(verify(NULL, public, strict, digest, 32, sig), 1);
                assert_int_not_equal(verify(NULL, public, wrong, digest, 32, sig), 1);
                if (!new_word)
                        assert_int_equal(verify(app.libctx, key, ours, digest, 32, sig), 1);
        }
        /* Other MGF1 digest. */
        const char *mixed[] = {"digest",      "sha512", "rsa_padding_mode", "pss",
                               "rsa_mgf1_md", "sha1",   "rsa_pss_saltlen",  "20",
                               NULL};
        uint8_t wide[64] = {1};
        sign(mixed, wide, 64, sig);
        assert_int_equal(verify(NULL, public, mixed, wide, 64, sig), 1);
        ERR_clear_error();
}

static void bad_settings_are_refused(void **state)
{
        static const char *const pss[] = {
                "digest", "sha256", "rsa_padding_mode", "pss", "rsa_pss_saltlen", "223", NULL};
        uint8_t digest[K] = {0}, sig[K];
        size_t len = K;

        (void)state;
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = operation(app.libctx, key, EVP_PKEY_sign_init, pss);
        assert_int_not_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
        assert_raised("bad salt length", "at most 222");
        assert_int_not_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 31), 1);
        assert_raised("wrong length", "31 bytes");
        len = K - 1;
        assert_int_not_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
        assert_raised("buffer too small", "255");
        assert_int_not_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
        assert_raised("unsupported padding", "use pkcs1 or pss");
        assert_int_not_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
        assert_raised("unsupported padding", "does not go with a digest");
        assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_int_not_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32), 1);
        ERR_clear_error();
        /* Digests that the default provider does not sign: it could not verify them either. */
        static const char *const foreign[] = {"blake2b512", "blake2s256", "sm3"};
        for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
                AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
                AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *theirs = EVP_MD_CTX_new();

                assert_int_not_equal(EVP_PKEY_CTX_ctrl_str(ctx, "digest", foreign[i]), 1);
                assert_raised("unsupported digest", foreign[i]);
                assert_int_not_equal(
                        EVP_DigestSignInit_ex(md, NULL, foreign[i], app.libctx, NULL, key, NULL),
                        1);
                assert_raised("unsupported digest", foreign[i]);
                if (strcmp(foreign[i], "sm3") != 0 || !OPENSSL_VERSION_PREREQ(3, 4))
                        assert_int_not_equal(EVP_DigestVerifyInit_ex(theirs, NULL, foreign[i], NULL,
                                                                     NULL, public, NULL),
                                             1);
                ERR_clear_error();
        }
        /* Raw: exactly one number below the modulus. */
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
        len = K;
        assert_int_not_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
        assert_raised("wrong length", "exactly 256");
        digest[K - 1] = 1;
        assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, digest, K), 1);
        assert_memory_equal(sig, digest, K); /* 1^d = 1 */
}

/* D61: whoever has such a service sign a document cannot have it sign a leaf. */
static void issuing_keys_neither_sign_nor_decrypt(void **state)
{
        EVP_PKEY *issuer = must_open(app.libctx, "azattest://issue?name=web");
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, issuer, NULL);
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
        AZA_OWN(X509_free) X509 *leaf = X509_new();
        const unsigned long before = tpm_commands();
        char text[16];

        (void)state;
        assert_int_equal(EVP_PKEY_get_utf8_string_param(issuer, "azattest-purpose", text,
                                                        sizeof(text), NULL),
                         1);
        assert_string_equal(text, "issue");
        assert_int_not_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://sign?name=web");
        assert_int_not_equal(
                EVP_DigestSignInit_ex(md, NULL, "SHA256", app.libctx, NULL, issuer, NULL), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://sign?name=web");
        assert_int_equal(X509_sign(leaf, issuer, EVP_sha256()), 0);
        assert_raised("wrong purpose: the key must not do this", "azattest://sign?name=web");
        assert_int_not_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://key?name=web");
        assert_int_not_equal(EVP_PKEY_decapsulate_init(ctx, NULL), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://key?name=web");
        assert_int_equal(tpm_commands() - before, 0);
        EVP_PKEY_free(issuer);
}

static void decryption_keys_do_not_sign(void **state)
{
        EVP_PKEY *decrypt = must_open(app.libctx, "azattest://key?name=web");
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, decrypt, NULL);
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
        const unsigned long before = tpm_commands();

        (void)state;
        assert_int_not_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://sign?name=web");
        assert_int_not_equal(
                EVP_DigestSignInit_ex(md, NULL, "SHA256", app.libctx, NULL, decrypt, NULL), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://sign?name=web");
        assert_int_equal(tpm_commands() - before, 0);
        EVP_PKEY_free(decrypt);
        /* Nor does a public key, even of a signing key. */
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(app.libctx, "RSA", "provider=azattest");
        EVP_PKEY *half = NULL;
        OSSL_PARAM *params = NULL;
        assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
        assert_int_equal(EVP_PKEY_fromdata_init(from), 1);
        assert_int_equal(EVP_PKEY_fromdata(from, &half, EVP_PKEY_PUBLIC_KEY, params), 1);
        OSSL_PARAM_free(params);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *no = EVP_PKEY_CTX_new_from_pkey(app.libctx, half, NULL);
        assert_int_not_equal(EVP_PKEY_sign_init(no), 1);
        assert_raised("the key has no private half here", "only a public key");
        EVP_PKEY_free(half);
}

static void streams_and_duplicates(void **state)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *copy = EVP_MD_CTX_new();
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *check = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;
        uint8_t sig[K], sig2[K];
        size_t len = 0, len2 = K;

        (void)state;
        assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA384", app.libctx, NULL, key, NULL),
                         1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST), 1);
        assert_int_equal(EVP_DigestSignUpdate(ctx, "hello ", 6), 1);
        assert_int_equal(EVP_MD_CTX_copy_ex(copy, ctx), 1);
        assert_int_equal(EVP_DigestSignUpdate(ctx, "world", 5), 1);
        assert_int_equal(EVP_DigestSignUpdate(copy, "there", 5), 1);
        assert_int_equal(EVP_DigestSignFinal(ctx, NULL, &len), 1);
        assert_int_equal(len, K);
        assert_int_equal(EVP_DigestSignFinal(ctx, sig, &len), 1);
        assert_int_equal(EVP_DigestSignFinal(copy, sig2, &len2), 1);
        for (int i = 0; i < 2; i++) {
                const bool ours = i == 1;
                EVP_MD_CTX_reset(check);
                assert_int_equal(EVP_DigestVerifyInit_ex(check, &pctx, "SHA384",
                                                         ours ? app.libctx : NULL, NULL,
                                                         ours ? key : public, NULL),
                                 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 48), 1);
                assert_int_equal(EVP_DigestVerifyUpdate(check, "hello ", 6), 1);
                assert_int_equal(EVP_MD_CTX_copy_ex(copy, check), 1);
                assert_int_equal(EVP_DigestVerifyUpdate(check, "world", 5), 1);
                assert_int_equal(EVP_DigestVerifyFinal(check, sig, len), 1);
                assert_int_equal(EVP_DigestVerifyUpdate(copy, "there", 5), 1);
                assert_int_equal(EVP_DigestVerifyFinal(copy, sig2, len2), 1);
        }
        /* One shot, default digest; the digest stays as chosen. */
        EVP_MD_CTX_reset(ctx);
        assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, NULL, app.libctx, NULL, key, NULL), 1);
        len = K;
        assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"one shot", 8), 1);
        EVP_MD_CTX_reset(check);
        assert_int_equal(EVP_DigestVerifyInit_ex(check, NULL, "SHA256", NULL, NULL, public, NULL),
                         1);
        assert_int_equal(EVP_DigestVerify(check, sig, len, (const uint8_t *)"one shot", 8), 1);
        assert_no_errors();
}

static void tpm_commands_of_a_signature(void **state)
{
        uint8_t digest[32] = {7}, sig[K];
        static const char *const pairs[] = {"digest", "sha256", NULL};

        (void)state;
        sign(pairs, digest, 32, sig);
        unsigned long before = tpm_commands();
        sign(pairs, digest, 32, sig); /* asks for the size first */
        assert_int_equal(tpm_commands() - before, 2);
        before = tpm_commands();
        assert_int_equal(verify(app.libctx, key, pairs, digest, 32, sig), 1);
        assert_int_equal(tpm_commands() - before, 0);
}

static X509 *certificate(const char *md, int pad)
{
        X509 *x = X509_new_ex(app.libctx, NULL);
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;

        X509_set_version(x, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
        assert_true(name_certificate(x, "web", "web"));
        X509_gmtime_adj(X509_getm_notBefore(x), -60);
        X509_gmtime_adj(X509_getm_notAfter(x), 3600);
        assert_int_equal(X509_set_pubkey(x, key), 1);
        assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, md, app.libctx, NULL, key, NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, pad), 1);
        if (pad == RSA_PKCS1_PSS_PADDING)
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST), 1);
        if (X509_sign_ctx(x, ctx) <= 0) {
                ERR_print_errors_fp(stderr);
                fail_msg("certificate is not signed");
        }
        return x;
}

static void certificates_verify(void **state)
{
        static const char *const md[] = {"SHA1", "SHA256", "SHA384", "SHA512"};

        (void)state;
        for (int i = 0; i < 8; i++) {
                AZA_OWN(X509_free)
                X509 *x = certificate(md[i / 2],
                                      i % 2 == 0 ? RSA_PKCS1_PADDING : RSA_PKCS1_PSS_PADDING);
                unsigned char *der = NULL;
                int len = i2d_X509(x, &der);
                const unsigned char *p = der;
                AZA_OWN(X509_free) X509 *read = d2i_X509(NULL, &p, len);

                assert_int_equal(X509_verify(read, public), 1);
                assert_int_equal(X509_check_private_key(x, key), 1);
                OPENSSL_free(der);
        }
        assert_no_errors();
}

/* One handshake in memory. Returns the negotiated version, 0 when it failed. */
static int handshake(SSL_CTX *server_ctx, SSL_CTX *client_ctx)
{
        SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
        BIO *a = NULL, *b = NULL;
        int done = 0;

        assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
        SSL_set_bio(server, a, a);
        SSL_set_bio(client, b, b);
        SSL_set_accept_state(server);
        SSL_set_connect_state(client);
        for (int i = 0; i < 20 && done != 2; i++)
                done = (SSL_do_handshake(client) == 1) + (SSL_do_handshake(server) == 1);
        int version = done == 2 ? SSL_version(client) : 0;
        SSL_free(server);
        SSL_free(client);
        return version;
}

static void tls_servers(void **state)
{
        AZA_OWN(X509_free) X509 *x = certificate("SHA256", RSA_PKCS1_PADDING);

        (void)state;
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
                SSL_CTX *server = SSL_CTX_new_ex(app.libctx, NULL, TLS_server_method());
                SSL_CTX *client = SSL_CTX_new(TLS_client_method());

                assert_int_equal(SSL_CTX_use_certificate(server, x), 1);
                assert_int_equal(SSL_CTX_use_PrivateKey(server, key), 1);
                assert_int_equal(SSL_CTX_check_private_key(server), 1);
                assert_int_equal(SSL_CTX_set_max_proto_version(client, version), 1);
                assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(client), x), 1);
                SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
                (void)handshake(server, client); /* whatever is cached */
                unsigned long before = tpm_commands();
                assert_int_equal(handshake(server, client), version);
                assert_int_equal(tpm_commands() - before, 2);
                assert_no_errors();
                SSL_CTX_free(server);
                SSL_CTX_free(client);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pkcs1_with_every_digest),
                cmocka_unit_test(pss_salt_is_as_asked),
                cmocka_unit_test(bad_settings_are_refused),
                cmocka_unit_test(decryption_keys_do_not_sign),
                cmocka_unit_test(issuing_keys_neither_sign_nor_decrypt),
                cmocka_unit_test(streams_and_duplicates),
                cmocka_unit_test(tpm_commands_of_a_signature),
                cmocka_unit_test(certificates_verify),
                cmocka_unit_test(tls_servers),
        };
        return cmocka_run_group_tests(tests, signing_key_start, key_stop);
}
