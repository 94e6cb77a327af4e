/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attested key over a real swtpm: the private operation against OpenSSL's public one, command
 * counts, saved contexts, certification, the secret of implicit rejection, PCR changes and resets.
 */
#include "tpm/key.h"

#include "base/file.h"
#include "swtpm_fixture.h"

#include <dirent.h>
#include <openssl/rsa.h>

static OSSL_LIB_CTX *libctx;
static struct swtpm swtpm;
static char runtime[64];
static struct tap tap;

static const struct aza_key_spec decrypt_spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, 0xff};

static struct aza_tpm *open_tpm(const char *runtime_dir)
{
        const struct aza_transport transport = tap_transport(&tap);
        struct aza_tpm *tpm = NULL;

        memset(&tap, 0, sizeof(tap));
        assert_ok(aza_tpm_new(libctx, swtpm.tcti, runtime_dir, &tpm));
        aza_tpm_set_transport(tpm, &transport);
        return tpm;
}

static struct aza_keyref *derive(struct aza_tpm *tpm, const struct aza_key_spec *spec)
{
        struct aza_keyref *ref = NULL;

        assert_ok(aza_key_derive(tpm, spec, NULL, &ref));
        return ref;
}

/* out = in^e mod n by OpenSSL. */
static void public_operation(const struct aza_keyref *ref, const uint8_t *in, uint8_t *out)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = NULL;
        size_t len = AZA_RSA_BYTES;

        assert_ok(aza_keyref_pkey(libctx, ref, &key));
        ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
        assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
        assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, in, AZA_RSA_BYTES), 1);
        assert_int_equal(len, AZA_RSA_BYTES);
}

static void check_private_operation(struct aza_tpm *tpm, const struct aza_keyref *ref, uint8_t fill)
{
        uint8_t plain[AZA_RSA_BYTES], cipher[AZA_RSA_BYTES], back[AZA_RSA_BYTES];

        memset(plain, fill, sizeof(plain));
        plain[0] = 0;
        plain[1] = 0; /* leading zeros must survive */
        public_operation(ref, plain, cipher);
        assert_ok(aza_key_rsadp(tpm, ref, cipher, back));
        assert_memory_equal(back, plain, sizeof(plain));
}

static void clean_runtime(void)
{
        DIR *dir = opendir(runtime);
        struct dirent *entry;

        while ((entry = readdir(dir)) != NULL) {
                if (entry->d_name[0] != '.')
                        aza_runtime_remove(runtime, entry->d_name);
        }
        closedir(dir);
}

/* The file of the runtime directory whose name begins so. */
static void saved_file(const char *prefix, char *out, size_t size)
{
        DIR *dir = opendir(runtime);
        struct dirent *entry;

        out[0] = '\0';
        while ((entry = readdir(dir)) != NULL) {
                if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
                        (void)snprintf(out, size, "%s", entry->d_name);
        }
        closedir(dir);
}

static void assert_commands(const uint32_t *codes, size_t n)
{
        assert_int_equal(tap.count, n);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(tap.seen[i], codes[i]);
}
#define ASSERT_COMMANDS(...)                             \
        assert_commands((const uint32_t[]){__VA_ARGS__}, \
                        sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* ---- use and count ---- */

/* D30, PV85: the first process makes the key and saves it, later ones need 8 commands from a URI and 7
 * from a file, then 2 for each operation; nothing stays in the TPM. */
static void test_command_counts(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *again = NULL;
        struct aza_tpm *tpm = open_tpm(runtime);

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        check_private_operation(tpm, ref, 0x11);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_PCR_Read, TPM2_CC_CreatePrimary, TPM2_CC_ContextSave,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);
        assert_int_equal(swtpm_loaded(&swtpm), 0);

        tpm = open_tpm(runtime);
        again = derive(tpm, &decrypt_spec);
        assert_memory_equal(again->modulus, ref->modulus, sizeof(ref->modulus));
        check_private_operation(tpm, again, 0x12);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_PCR_Read, TPM2_CC_ContextLoad, TPM2_CC_ReadPublic,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);

        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 0x13);
        for (uint8_t i = 0; i < 10; i++)
                check_private_operation(tpm, ref, i);
        assert_int_equal(tap.count, 5 + 2 * 10);
        assert_int_equal(raw_loaded(tap.inner), 2);
        aza_tpm_free(tpm);
        assert_int_equal(tap.count, 5 + 2 * 10 + 2);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
        assert_int_equal(tap.opens, tap.closes);
}

static void test_nothing_is_sent_without_use(void **state)
{
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        assert_int_equal(tap.opens, 0);
        aza_tpm_free(tpm);
        assert_int_equal(tap.opens, 0);
        tpm = open_tpm("");
        assert_ok(aza_tpm_probe(tpm));
        assert_int_equal(tap.opens, 1);
        assert_int_equal(tap.count, 0);
        aza_tpm_free(tpm);
        assert_int_equal(tap.closes, 1);
}

static void test_names_are_keys(void **state)
{
        struct aza_key_spec web = {AZA_PURPOSE_DECRYPT, "web", TPM2_RH_NULL, 0xff};
        struct aza_key_spec sign = {AZA_PURPOSE_SIGN, "web", TPM2_RH_NULL, 0xff};
        struct aza_key_spec owner = {AZA_PURPOSE_SIGN, "web", TPM2_RH_OWNER, 0xff};
        struct aza_key_spec bad = {AZA_PURPOSE_SIGN, "w b", TPM2_RH_OWNER, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *a = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *b = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *c = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *again = NULL;
        struct aza_keyref *none = NULL;
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        a = derive(tpm, &web);
        b = derive(tpm, &sign);
        c = derive(tpm, &owner);
        again = derive(tpm, &web);
        assert_memory_not_equal(a->modulus, b->modulus, 256);
        assert_memory_not_equal(b->modulus, c->modulus, 256);
        assert_memory_equal(a->modulus, again->modulus, 256);
        check_private_operation(tpm, a, 1);
        check_private_operation(tpm, b, 2); /* changes the loaded key each time */
        check_private_operation(tpm, c, 3);
        assert_int_equal(raw_loaded(tap.inner), 2);
        assert_int_equal(aza_key_derive(tpm, &bad, NULL, &none), AZATTEST_E_INVALID_PARAMETER);
        aza_tpm_free(tpm);
}

static void test_input_not_below_the_modulus(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm("");
        uint8_t in[256], out[256];

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        tap_clear(&tap);
        memset(in, 0xff, sizeof(in));
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_INPUT);
        assert_int_equal(aza_key_rsadp(tpm, ref, ref->modulus, out), AZATTEST_E_INPUT);
        assert_int_equal(tap.count, 0);
        memset(in, 0, sizeof(in));
        assert_ok(aza_key_rsadp(tpm, ref, in, out)); /* 0^d = 0 */
        assert_true(aza_span_is_zero(aza_span_of(out, 256)));
        aza_tpm_free(tpm);
}

/* ---- saved contexts ---- */

static void test_spoilt_context_is_replaced(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        char name[128];

        (void)state;
        clean_runtime();
        ref = derive(tpm, &decrypt_spec);
        aza_tpm_free(tpm);
        saved_file("key-", name, sizeof(name));
        assert_ok(aza_runtime_read(runtime, name, 65536, &file));
        file.data[file.len - 1] ^= 1;
        assert_ok(aza_runtime_write(runtime, name, aza_bytes_span(&file)));
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 5);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_ContextLoad, TPM2_CC_CreatePrimary, TPM2_CC_ContextSave,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);
        /* cut short: not even sent */
        assert_ok(aza_runtime_write(runtime, name, aza_span_of(file.data, 100)));
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 6);
        assert_int_equal(tap.seen[0], TPM2_CC_CreatePrimary);
        aza_tpm_free(tpm);
        /* and the replaced one is good */
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 7);
        assert_int_equal(tap.seen[0], TPM2_CC_ContextLoad);
        aza_tpm_free(tpm);
}

/* A context of another key under our name: the TPM loads it gladly. */
static void test_swapped_context_is_noticed(void **state)
{
        struct aza_key_spec other = {AZA_PURPOSE_SIGN, "other", TPM2_RH_NULL, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref2 = NULL;
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        char name[128], name2[128];

        (void)state;
        clean_runtime();
        ref2 = derive(tpm, &other);
        saved_file("key-", name2, sizeof(name2));
        assert_ok(aza_runtime_read(runtime, name2, 65536, &file));
        clean_runtime();
        ref = derive(tpm, &decrypt_spec);
        saved_file("key-", name, sizeof(name));
        assert_string_not_equal(name, name2);
        aza_tpm_free(tpm);
        assert_ok(aza_runtime_write(runtime, name, aza_bytes_span(&file)));
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 8);
        assert_int_equal(tap_count(&tap, TPM2_CC_ContextLoad), 1);
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        assert_int_equal(raw_loaded(tap.inner), 2);
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

/* ---- certification ---- */

static void test_certify(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak_key = NULL;
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_attestation a = {0};
        struct aza_tpm *tpm = open_tpm("");
        const uint8_t e[] = {1, 0, 1};
        uint8_t name[34], nonce[51] = {7};

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        assert_ok(aza_keyref_tpm_name(libctx, ref, name));
        assert_ok(aza_ak_read(tpm, &ak));
        assert_int_equal(ak.len, 282);
        assert_ok(
                aza_rsa_public(libctx, aza_span_of(ak.data + 26, 256), aza_span_of(e, 3), &ak_key));
        assert_ok(aza_key_certify(tpm, ref, aza_span_of(NULL, 0), &a));
        assert_int_equal(a.message.len, 141); /* protocol.md 14.3 */
        assert_memory_equal(a.message.data, "\xff\x54\x43\x47\x80\x17", 6);
        assert_memory_equal(a.message.data + 69, "\x00\x22", 2);
        assert_memory_equal(a.message.data + 71, name, sizeof(name));
        assert_true(aza_rsa_verify_sha256(libctx, ak_key, aza_bytes_span(&a.message),
                                          aza_bytes_span(&a.signature)));
        assert_ok(aza_key_certify(tpm, ref, aza_span_of(nonce, 50), &a));
        assert_int_equal(a.message.len, 191);
        assert_memory_equal(a.message.data + 44, nonce, 50);
        assert_int_equal(aza_key_certify(tpm, ref, aza_span_of(nonce, 51), &a),
                         AZATTEST_E_INVALID_PARAMETER);
        aza_attestation_free(&a);
        aza_tpm_free(tpm);
}

/* ---- implicit rejection ---- */

static void test_rejection_secret(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *other = NULL;
        struct aza_key_spec web = {AZA_PURPOSE_DECRYPT, "web", TPM2_RH_NULL, 0xff};
        uint8_t first[32], second[32], third[32];
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        other = derive(tpm, &web);
        assert_ok(aza_key_rejection_secret(tpm, ref, first));
        tap_clear(&tap);
        assert_ok(aza_key_rejection_secret(tpm, ref, second));
        assert_int_equal(tap.count, 0); /* kept while the key is loaded */
        assert_memory_equal(first, second, 32);
        assert_ok(aza_key_rejection_secret(tpm, other, third));
        assert_memory_not_equal(first, third, 32);
        aza_tpm_free(tpm);
        tpm = open_tpm("");
        assert_ok(aza_key_rejection_secret(tpm, ref, second)); /* the same in another process */
        assert_memory_equal(first, second, 32);
        aza_tpm_free(tpm);
}

/* The fixed block, computed again here. */
static void test_rejection_secret_is_rsadp_of_the_block(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        uint8_t input[] = "azattest/1/implicit-rejection/";
        uint8_t block[256], result[256], expected[32], secret[32];
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        for (uint8_t i = 0; i < 8; i++) {
                input[sizeof(input) - 1] = i;
                assert_ok(aza_sha256(libctx, aza_span_of(input, sizeof(input)), block + 32 * i));
        }
        block[0] &= 0x7f;
        ref = derive(tpm, &decrypt_spec);
        assert_ok(aza_key_rsadp(tpm, ref, block, result));
        assert_ok(aza_sha256(libctx, aza_span_of(result, 256), expected));
        assert_ok(aza_key_rejection_secret(tpm, ref, secret));
        assert_memory_equal(secret, expected, 32);
        aza_tpm_free(tpm);
}

/* ---- PCR changes and resets ---- */

/* PT7: extends in between are survived; the 10th in a row is PCR_BUSY. */
static void test_extend_between_policy_and_use(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm("");
        unsigned int pcr = 10;
        uint8_t in[256] = {0}, out[256];

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        tap_clear(&tap);
        tap.rules[0] = (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 9, 0, tap_extend, &pcr};
        check_private_operation(tpm, ref, 9);
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 10);
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyPCR), 10);
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyRestart), 9);
        assert_int_equal(tap_count(&tap, TPM2_CC_StartAuthSession), 1);
        tap_clear(&tap);
        tap.rules[0] = (struct tap_rule){TPM2_CC_RSA_Decrypt, 0, 10, 0, tap_extend, &pcr};
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_BUSY);
        assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_PCR_CHANGED);
        assert_message("IMA");
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 10);
        tap_clear(&tap);
        check_private_operation(tpm, ref, 10); /* the session is as good as before */
        assert_int_equal(tap_count(&tap, TPM2_CC_PolicyRestart), 1);
        tap_clear(&tap);
        check_private_operation(tpm, ref, 11);
        ASSERT_COMMANDS(TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt);
        aza_tpm_free(tpm);
}

static void test_selected_pcr_changed(void **state)
{
        struct aza_key_spec spec = {AZA_PURPOSE_SIGN, "pcr23", TPM2_RH_NULL, 1u << 23 | 1u << 7};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *now = NULL;
        struct aza_tpm *tpm = open_tpm("");
        uint8_t in[256] = {0}, out[256];

        (void)state;
        memset(out, 0x77, sizeof(out));
        ref = derive(tpm, &spec);
        check_private_operation(tpm, ref, 1);
        raw_pcr_extend(tap.inner, 23);
        tap_clear(&tap);
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_POLICY_FAIL + TPM2_RC_S + TPM2_RC_1);
        assert_message("sign key \"pcr23\" (sha256:7,23)");
        assert_message("PCR 23 changed");
        assert_int_equal(tap_count(&tap, TPM2_CC_RSA_Decrypt), 1); /* not repeated */
        assert_int_equal(out[0], 0x77);
        aza_tpm_free(tpm);
        /* as from a key file: which one is not known */
        tpm = open_tpm("");
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("at least one of these PCRs");
        /* PV38: the same name is another key now */
        now = derive(tpm, &spec);
        assert_memory_not_equal(now->modulus, ref->modulus, 256);
        check_private_operation(tpm, now, 2);
        aza_tpm_free(tpm);
}

/* The runtime directory knows for a later process what the key file does not hold; it is believed only
 * where it gives the key's policy. */
static void test_changed_pcr_is_named_by_another_process(void **state)
{
        struct aza_key_spec spec = {AZA_PURPOSE_SIGN, "pcr16", TPM2_RH_NULL, 1u << 16 | 1u << 7};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        uint8_t in[256] = {0}, out[256];
        char name[128];

        (void)state;
        clean_runtime();
        ref = derive(tpm, &spec);
        aza_tpm_free(tpm);
        tpm = open_tpm(runtime);
        check_private_operation(tpm, ref, 3);
        raw_pcr_extend(tap.inner, 16);
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("PCR 16 changed");
        saved_file("pcrs-", name, sizeof(name));
        assert_ok(aza_runtime_read(runtime, name, 65536, &file));
        assert_int_equal(file.len, 4 + 2 * AZA_PCR_SIZE);
        file.data[4] ^= 1;
        assert_ok(aza_runtime_write(runtime, name, aza_bytes_span(&file)));
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("at least one of these PCRs");
        file.data[4] ^= 1;
        assert_ok(aza_runtime_write(runtime, name, aza_span_of(file.data, file.len - 1)));
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_PCR_MISMATCH);
        assert_message("at least one of these PCRs");
        aza_tpm_free(tpm);
        clean_runtime();
}

static void test_reset_ends_a_null_key(void **state)
{
        struct aza_key_spec owner = {AZA_PURPOSE_SIGN, "web", TPM2_RH_OWNER, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *kept = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *now = NULL;
        struct aza_attestation a = {0};
        struct aza_tpm *tpm = open_tpm(runtime);
        uint8_t in[256] = {0}, out[256];

        (void)state;
        clean_runtime();
        kept = derive(tpm, &owner);
        ref = derive(tpm, &decrypt_spec);
        aza_tpm_free(tpm);
        swtpm_reset(&swtpm);
        tpm = open_tpm(runtime);
        assert_int_equal(aza_key_rsadp(tpm, ref, in, out), AZATTEST_E_KEY_GONE);
        assert_message("restarted");
        assert_message("the unnamed decrypt key");
        assert_int_equal(tap_count(&tap, TPM2_CC_ContextLoad), 1); /* refused: 0x1DF */
        assert_int_equal(tap_count(&tap, TPM2_CC_CreatePrimary), 1);
        assert_int_equal(aza_key_certify(tpm, ref, aza_span_of(NULL, 0), &a), AZATTEST_E_KEY_GONE);
        check_private_operation(tpm, kept, 3); /* owner keys survive in the same PCR state */
        now = derive(tpm, &decrypt_spec);
        assert_memory_not_equal(now->modulus, ref->modulus, 256);
        check_private_operation(tpm, now, 4);
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

static int setup(void **state)
{
        (void)state;
        swtpm_start(&swtpm);
        libctx = aza_libctx_new("default");
        (void)snprintf(runtime, sizeof(runtime), "/tmp/aza-runtime-XXXXXX");
        return libctx == NULL || mkdtemp(runtime) == NULL;
}

static int teardown(void **state)
{
        (void)state;
        clean_runtime();
        rmdir(runtime);
        swtpm_stop(&swtpm);
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_command_counts),
                cmocka_unit_test(test_nothing_is_sent_without_use),
                cmocka_unit_test(test_names_are_keys),
                cmocka_unit_test(test_input_not_below_the_modulus),
                cmocka_unit_test(test_spoilt_context_is_replaced),
                cmocka_unit_test(test_swapped_context_is_noticed),
                cmocka_unit_test(test_certify),
                cmocka_unit_test(test_rejection_secret),
                cmocka_unit_test(test_rejection_secret_is_rsadp_of_the_block),
                cmocka_unit_test(test_extend_between_policy_and_use),
                cmocka_unit_test(test_selected_pcr_changed),
                cmocka_unit_test(test_changed_pcr_is_named_by_another_process),
                cmocka_unit_test(test_reset_ends_a_null_key),
        };

        return cmocka_run_group_tests_name("key", tests, setup, teardown);
}
