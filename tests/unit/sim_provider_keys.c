/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the provider: parameters, comparison, export, files, generation, stores; and what it must
 * not do to anybody else's files and errors. */
#include "unit/provider_fixture.h"

#include <openssl/core_dispatch.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/pem.h>

#define LABEL "-----BEGIN AZATTEST PRIVATE KEY-----\n"

static struct application app;
static EVP_PKEY *key; /* azattest://key?name=web */

static int start(void **state)
{
        if (provider_vm_start(state) != 0)
                return -1;
        application_start(&app, false, NULL);
        key = must_open(app.libctx, "azattest://key?name=web");
        return 0;
}

static int finish(void **state)
{
        EVP_PKEY_free(key);
        application_stop(&app);
        return provider_vm_stop(state);
}

/* PV49: each table of each operation ends, its names and properties are ours. */
static void every_table_ends(void **state)
{
        int operations = 0, rows = 0;

        (void)state;
        for (int op = 1; op < 64; op++) {
                int no_cache = 1;
                const OSSL_ALGORITHM *a =
                        OSSL_PROVIDER_query_operation(app.loaded[1], op, &no_cache);

                if (a == NULL)
                        continue;
                operations++;
                assert_int_equal(no_cache, 0);
                for (; a->algorithm_names != NULL; a++, rows++) {
                        const OSSL_DISPATCH *d = a->implementation;

                        assert_memory_equal(a->property_definition, "provider=azattest", 17);
                        while (d->function_id != 0) {
                                assert_non_null(d->function);
                                d++;
                        }
                        assert_null(d->function);
                }
        }
        assert_int_equal(operations, 7);
        assert_true(rows >= 16);
}

static void parameters(void **state)
{
        char text[64];
        OSSL_PARAM unknown[] = {OSSL_PARAM_construct_utf8_string("no-such-thing", text, 64),
                                OSSL_PARAM_construct_end()};

        (void)state;
        assert_int_equal(EVP_PKEY_is_a(key, "RSA"), 1);
        assert_int_equal(EVP_PKEY_get_id(key), EVP_PKEY_RSA);
        assert_int_equal(EVP_PKEY_get_bits(key), 2048);
        assert_int_equal(EVP_PKEY_get_security_bits(key), 112);
        assert_int_equal(EVP_PKEY_get_size(key), K);
        assert_int_equal(EVP_PKEY_get_default_digest_name(key, text, sizeof(text)), 1);
        assert_string_equal(text, "SHA256"); /* 2 would be mandatory */
        assert_int_equal(
                EVP_PKEY_get_utf8_string_param(key, "azattest-purpose", text, sizeof(text), NULL),
                1);
        assert_string_equal(text, "decrypt");
        assert_int_equal(
                EVP_PKEY_get_utf8_string_param(key, "azattest-name", text, sizeof(text), NULL), 1);
        assert_string_equal(text, "web");
        assert_int_equal(EVP_PKEY_get_utf8_string_param(key, "azattest-token", text, 64, NULL), 0);
        assert_int_equal(EVP_PKEY_get_params(key, unknown), 1);
        assert_int_equal(OSSL_PARAM_modified(unknown), 0);
        ERR_clear_error();
}

static int fail_if_called(const OSSL_PARAM params[], void *arg)
{
        (void)params;
        (void)arg;
        fail_msg("the private half was exported");
        return 0;
}

static void halves(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *public = default_public(key);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *other = must_open(app.libctx, "azattest://key?name=mail");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *again = must_open(app.libctx, "azattest://key?name=web");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *dup = EVP_PKEY_dup(key);
        const unsigned long before = tpm_commands();

        (void)state;
        assert_int_equal(EVP_PKEY_eq(key, public), 1);
        assert_int_equal(EVP_PKEY_eq(public, key), 1);
        assert_int_equal(EVP_PKEY_eq(key, again), 1);
        assert_int_equal(EVP_PKEY_eq(key, dup), 1);
        assert_int_equal(EVP_PKEY_eq(key, other), 0);
        assert_int_equal(EVP_PKEY_export(key, EVP_PKEY_KEYPAIR, fail_if_called, NULL), 0);
        assert_no_errors(); /* PV11: an answer, not an error */
        OSSL_PARAM *params = NULL;
        assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
        assert_non_null(OSSL_PARAM_locate(params, "n"));
        assert_null(OSSL_PARAM_locate(params, "d"));
        OSSL_PARAM_free(params);
        assert_int_equal(tpm_commands() - before, 0);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, dup, NULL);
        assert_int_equal(EVP_PKEY_public_check(ctx), 1);
        assert_int_equal(EVP_PKEY_check(ctx), 1); /* asks the TPM */
        assert_true(tpm_commands() - before > 0);
        ERR_clear_error();
}

static struct aza_span encoded(const char *form, const char *structure, int selection, BIO *to)
{
        OSSL_ENCODER_CTX *e = OSSL_ENCODER_CTX_new_for_pkey(key, selection, form, structure, NULL);
        char *data = NULL;

        if (OSSL_ENCODER_to_bio(e, to) != 1) {
                ERR_print_errors_fp(stderr);
                fail_msg("no %s %s", form, structure);
        }
        OSSL_ENCODER_CTX_free(e);
        long len = BIO_get_mem_data(to, &data);
        return aza_span_of(data, (size_t)len);
}

/* The files of a key make the same key again, without TPM commands. */
static void files(void **state)
{
        static const struct {
                const char *form, *structure, *begin;
                int selection;
        } row[] = {
                {"PEM", "PrivateKeyInfo", LABEL, EVP_PKEY_KEYPAIR},
                {"DER", "PrivateKeyInfo", "\x30\x82", EVP_PKEY_KEYPAIR},
                {"PEM", "SubjectPublicKeyInfo", "-----BEGIN PUBLIC KEY-----", EVP_PKEY_PUBLIC_KEY},
                {"DER", "SubjectPublicKeyInfo", "\x30\x82", EVP_PKEY_PUBLIC_KEY},
                {"PEM", "pkcs1", "-----BEGIN RSA PUBLIC KEY-----", EVP_PKEY_PUBLIC_KEY},
                {"DER", "pkcs1", "\x30\x82", EVP_PKEY_PUBLIC_KEY},
                {"DER", "type-specific", "\x30\x82", EVP_PKEY_PUBLIC_KEY},
        };
        const unsigned long before = tpm_commands();

        (void)state;
        for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
                AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
                struct aza_span s = encoded(row[i].form, row[i].structure, row[i].selection, bio);
                EVP_PKEY *read = NULL;
                OSSL_DECODER_CTX *d = OSSL_DECODER_CTX_new_for_pkey(
                        &read, NULL, NULL, NULL, row[i].selection, app.libctx, NULL);

                assert_memory_equal(s.data, row[i].begin, strlen(row[i].begin));
                assert_int_equal(OSSL_DECODER_from_data(d, &s.data, &s.len), 1);
                OSSL_DECODER_CTX_free(d);
                assert_int_equal(EVP_PKEY_eq(read, key), 1);
                EVP_PKEY_free(read);
        }
        assert_int_equal(tpm_commands() - before, 0);
        ERR_clear_error();
}

static void text_for_people(void **state)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;

        (void)state;
        assert_int_equal(EVP_PKEY_print_private(bio, key, 0, NULL), 1);
        assert_int_equal(BIO_write(bio, "", 1), 1);
        (void)BIO_get_mem_data(bio, &text);
        assert_non_null(strstr(text, "Private-Key: (2048 bit, in the vTPM)\nPurpose: decrypt\n"
                                     "Name: web\nHierarchy: null\nPCRs: sha256:0-7\nToken: none\n"
                                     "Public-Key: (2048 bit)\nModulus:"));
}

static EVP_PKEY *read_pem(const char *text, size_t len)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(text, (int)len);

        return PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, app.libctx, NULL);
}

static void pem_among_others_and_broken_pem(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *soft = EVP_RSA_gen(2048);
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;

        (void)state;
        /* As haproxy has it: something else first, words around. */
        assert_int_equal(PEM_write_bio_PUBKEY(bio, soft), 1);
        assert_true(BIO_puts(bio, "bag attributes: none\n") > 0);
        assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        size_t len = (size_t)BIO_get_mem_data(bio, &text);
        EVP_PKEY *read = read_pem(text, len);
        assert_int_equal(EVP_PKEY_eq(read, key), 1);
        EVP_PKEY_free(read);
        ERR_clear_error();
        /* One changed character in publicArea, where nothing but authPolicy is free (PV60). */
        AZA_OWN(free) char *broken = strndup(text, len);
        char *at = strstr(broken, LABEL);
        at[strlen(LABEL) + 113] = at[strlen(LABEL) + 113] == 'A' ? 'B' : 'A';
        assert_null(read_pem(broken, len));
        assert_raised("malformed azattest key", "");
        /* No passphrase is taken for what is no secret. */
        AZA_OWN(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PrivateKey(out, key, EVP_aes_256_cbc(),
                                                  (const uint8_t *)"pw", 2, NULL, NULL),
                         0);
        assert_raised("bad parameter", "leave the cipher out");
}

/* PV11, PV58: ordinary files pass our decoders without a trace. */
static void ordinary_files_pass(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *rsa = EVP_RSA_gen(2048);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ec = EVP_EC_gen("P-256");
        EVP_PKEY *const keys[] = {rsa, ec};
        const unsigned long before = tpm_commands();

        (void)state;
        for (int i = 0; i < 2; i++) {
                AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
                char *text = NULL;

                assert_int_equal(PEM_write_bio_PrivateKey(bio, keys[i], NULL, NULL, 0, NULL, NULL),
                                 1);
                size_t len = (size_t)BIO_get_mem_data(bio, &text);
                ERR_clear_error();
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *read = read_pem(text, len);
                assert_int_equal(EVP_PKEY_eq(read, keys[i]), 1);
                assert_string_equal(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(read)),
                                    "default");
                assert_no_errors();
        }
        assert_int_equal(tpm_commands() - before, 0);
}

static EVP_PKEY *generate(const char *const *pairs)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(app.libctx, "RSA", "provider=azattest");
        EVP_PKEY *made = NULL;

        assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
        for (; *pairs != NULL; pairs += 2)
                if (EVP_PKEY_CTX_ctrl_str(ctx, pairs[0], pairs[1]) != 1)
                        return NULL;
        (void)EVP_PKEY_generate(ctx, &made);
        return made;
}

static void generation(void **state)
{
        static const char *const web[] = {"azattest-purpose",
                                          "decrypt",
                                          "azattest-name",
                                          "web",
                                          "rsa_keygen_bits",
                                          "2048",
                                          NULL};
        static const char *const nothing[] = {NULL};
        static const char *const unsaid[] = {"azattest-name", "web", NULL};
        static const char *const early[] = {"rsa_keygen_bits", "3072", "azattest-purpose", "sign",
                                            NULL};
        static const char *const word[] = {"azattest-purpose", "both", NULL};
        static const char *const bits[] = {"azattest-purpose", "sign", "rsa_keygen_bits", "3072",
                                           NULL};
        static const char *const name[] = {"azattest-purpose", "sign", "azattest-name", "a/b",
                                           NULL};

        (void)state;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *made = generate(web);
        assert_int_equal(EVP_PKEY_eq(made, key), 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ordinary = generate(nothing); /* D51 */
        assert_non_null(ordinary);
        assert_int_equal(EVP_PKEY_eq(ordinary, key), 0);
        assert_null(generate(unsaid));
        assert_raised("key generation needs azattest-purpose", "-pkeyopt azattest-purpose:decrypt");
        assert_null(generate(early));
        assert_raised("bad parameter", "2048 bits, not 3072");
        assert_null(generate(word));
        assert_raised("bad parameter", "decrypt, sign or any");
        assert_null(generate(bits));
        assert_raised("bad parameter", "2048 bits, not 3072");
        assert_null(generate(name));
        assert_raised("malformed azattest URI", "[A-Za-z0-9._-]");
}

static void stores(void **state)
{
        OSSL_STORE_CTX *store;
        OSSL_STORE_INFO *info;
        int found = 0;

        (void)state;
        /* The AK and its certificate belong together. */
        store = OSSL_STORE_open_ex("azattest://ak", app.libctx, NULL, NULL, NULL, NULL, NULL, NULL);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = NULL;
        AZA_OWN(X509_free) X509 *x = NULL;
        while (!OSSL_STORE_eof(store)) {
                info = OSSL_STORE_load(store);
                if (info == NULL)
                        break;
                found++;
                if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PUBKEY)
                        ak = OSSL_STORE_INFO_get1_PUBKEY(info);
                if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_CERT)
                        x = OSSL_STORE_INFO_get1_CERT(info);
                OSSL_STORE_INFO_free(info);
        }
        assert_int_equal(OSSL_STORE_error(store), 0);
        OSSL_STORE_close(store);
        assert_int_equal(found, 2);
        assert_int_equal(EVP_PKEY_eq(ak, X509_get0_pubkey(x)), 1);
        /* A public key is expected: no private half comes. */
        store = OSSL_STORE_open_ex("azattest://sign", app.libctx, NULL, NULL, NULL, NULL, NULL,
                                   NULL);
        assert_int_equal(OSSL_STORE_expect(store, OSSL_STORE_INFO_PUBKEY), 1);
        info = OSSL_STORE_load(store);
        assert_int_equal(OSSL_STORE_INFO_get_type(info), OSSL_STORE_INFO_PUBKEY);
        OSSL_STORE_INFO_free(info);
        OSSL_STORE_close(store);
        ERR_clear_error();
        assert_null(open_uri(app.libctx, "azattest://sgin"));
        assert_raised("malformed azattest URI", "did you mean \"sign\"?");
        assert_null(open_uri(app.libctx, "azattest:key"));
        assert_raised("malformed azattest URI", "azattest://key");
}

static int use(EVP_PKEY *with)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, with, NULL);
        uint8_t in[K] = {0}, out[K];
        size_t len = K;

        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        return EVP_PKEY_decrypt(ctx, out, &len, in, K);
}

/* A file of another PCR state says so; a URI names another key (PV38). */
static void a_changed_pcr_ends_the_file(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *old = must_open(app.libctx, "azattest://key?pcrs=0,16");
        char reply[64];

        (void)state;
        assert_int_equal(use(old), 1);
        assert_int_equal(sim_vm_event(vm.vm, "pcr-extend 16", reply, sizeof(reply)), 0);
        assert_int_not_equal(use(old), 1);
        assert_raised("platform state changed since the key was made", "");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *new = must_open(app.libctx, "azattest://key?pcrs=0,16");
        assert_int_equal(EVP_PKEY_eq(old, new), 0);
        assert_int_equal(use(new), 1);
        ERR_clear_error();
}

/* The TPM is reset: the key object ends, the URI makes a new key (D24). */
static void a_reset_ends_the_key(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *old = must_open(app.libctx, "azattest://key?name=old");
        char reply[64];

        (void)state;
        assert_int_equal(sim_vm_event(vm.vm, "tpm-reset", reply, sizeof(reply)), 0);
        assert_int_not_equal(use(old), 1);
        assert_raised("this TPM no longer has the key", "");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *new = must_open(app.libctx, "azattest://key?name=old");
        assert_int_equal(EVP_PKEY_eq(old, new), 0);
        ERR_clear_error();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_table_ends),
                cmocka_unit_test(parameters),
                cmocka_unit_test(halves),
                cmocka_unit_test(files),
                cmocka_unit_test(text_for_people),
                cmocka_unit_test(pem_among_others_and_broken_pem),
                cmocka_unit_test(ordinary_files_pass),
                cmocka_unit_test(generation),
                cmocka_unit_test(stores),
                cmocka_unit_test(a_changed_pcr_ends_the_file),
                cmocka_unit_test(a_reset_ends_the_key),
        };
        return cmocka_run_group_tests(tests, start, finish);
}
