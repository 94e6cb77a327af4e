/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys over a real swtpm: opened in few commands, dead after a reset, bound to PCRs, nobody
 * else's. */
#include "key/seal.h"
#include "key/pkcs8.h"
#include "key_support.h"

#include <tss2/tss2_tpm2_types.h>

static const struct aza_config config = {.hierarchy = TPM2_RH_NULL, .pcr_mask = 0xff};

/* An Ed25519 key of 32 bytes of 0x42, as RFC 8410 has it. */
static const uint8_t pkcs8[48] = {
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20, [16 ... 47] = 0x42};

/* Sealed keys as the text of their JWE: opening uses a parsed one up. */
static void seal(struct aza_tpm *tpm, const struct aza_keyref *ref, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes pem = {0};

        assert_ok(aza_seal(tpm, ref, aza_span_of(pkcs8, sizeof(pkcs8)), &pem));
        assert_ok(aza_sealed_of_pem(aza_bytes_span(&pem), ret));
}

/* As somebody does who has the public key, and says of it what `to` says. */
static void seal_from_outside(const struct aza_keyref *ref, struct aza_sealed_to to,
                              struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes pem = {0};

        assert_ok(aza_keyref_pkey(libctx, ref, &key));
        memcpy(to.modulus, ref->modulus, sizeof(to.modulus));
        assert_ok(aza_sealed_make(libctx, key, &to, aza_span_of(pkcs8, sizeof(pkcs8)), &pem));
        assert_ok(aza_sealed_of_pem(aza_bytes_span(&pem), ret));
}

static int unseal(struct aza_tpm *tpm, const struct aza_bytes *jwe, struct aza_bytes *ret)
{
        AZA_SEALED struct aza_sealed sealed = {0};

        assert_ok(aza_sealed_parse(aza_bytes_span(jwe), &sealed));
        return aza_unseal(tpm, &config, &sealed, ret);
}

static void opens(struct aza_tpm *tpm, const struct aza_bytes *jwe)
{
        AZA_BYTES struct aza_bytes out = {0};

        assert_ok(unseal(tpm, jwe, &out));
        assert_int_equal(out.len, sizeof(pkcs8));
        assert_memory_equal(out.data, pkcs8, sizeof(pkcs8));
}

static void refuses(struct aza_tpm *tpm, const struct aza_bytes *jwe, int code,
                    const char *fragment)
{
        AZA_BYTES struct aza_bytes out = {0};

        assert_int_equal(unseal(tpm, jwe, &out), code);
        if (strstr(aza_last_error()->message, fragment) == NULL)
                fail_msg("no '%s' in '%s'", fragment, aza_last_error()->message);
        assert_null(out.data);
}

/* D60: at most 8 commands cold, 2 warm, of files that say which key opens them; from outside 2
 * more, since the PCRs are read and the key is asked for. */
static void commands(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes own = {0};
        AZA_BYTES struct aza_bytes others = {0};
        struct aza_tpm *tpm = open_tpm(runtime);

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        seal(tpm, ref, &own);
        seal_from_outside(ref, (struct aza_sealed_to){.has_key = true}, &others);
        aza_tpm_free(tpm);

        tpm = open_tpm(runtime);
        opens(tpm, &own);
        opens(tpm, &own);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_ContextLoad, TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession,
                        TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt, TPM2_CC_PolicyPCR,
                        TPM2_CC_RSA_Decrypt, TPM2_CC_FlushContext, TPM2_CC_FlushContext);

        clean_runtime();
        tpm = open_tpm(runtime);
        opens(tpm, &others);
        opens(tpm, &others);
        aza_tpm_free(tpm);
        ASSERT_COMMANDS(TPM2_CC_PCR_Read, TPM2_CC_CreatePrimary, TPM2_CC_ContextSave,
                        TPM2_CC_StartAuthSession, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_PCR_Read, TPM2_CC_PolicyPCR, TPM2_CC_RSA_Decrypt,
                        TPM2_CC_FlushContext, TPM2_CC_FlushContext);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

/* A file from outside that says nothing at all, or the name. */
static void from_outside(void **state)
{
        static const struct aza_key_spec web = {AZA_PURPOSE_DECRYPT, "web", TPM2_RH_OWNER, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *unnamed = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *named = NULL;
        AZA_BYTES struct aza_bytes bare = {0};
        AZA_BYTES struct aza_bytes to_web = {0};
        AZA_BYTES struct aza_bytes wrong = {0};
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        unnamed = derive(tpm, &decrypt_spec);
        named = derive(tpm, &web);
        seal_from_outside(unnamed, (struct aza_sealed_to){0}, &bare);
        opens(tpm, &bare);
        seal_from_outside(named,
                          (struct aza_sealed_to){
                                  .name = "web", .has_hierarchy = true, .hierarchy = TPM2_RH_OWNER},
                          &to_web);
        opens(tpm, &to_web);
        /* To another key than it says. */
        seal_from_outside(named, (struct aza_sealed_to){0}, &wrong);
        refuses(tpm, &wrong, AZATTEST_E_JWE, "does not open with the unnamed decrypt key");
        seal_from_outside(named, (struct aza_sealed_to){.has_key = true}, &wrong);
        const size_t before = tap.count;
        refuses(tpm, &wrong, AZATTEST_E_KEY_GONE, "for another key than the unnamed decrypt key");
        /* Known without a private operation. */
        for (size_t i = before; i < tap.count; i++)
                assert_int_not_equal(tap.seen[i], TPM2_CC_RSA_Decrypt);
        aza_tpm_free(tpm);
}

static void changed_files(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes sealed = {0};
        AZA_BYTES struct aza_bytes none = {0};
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        ref = derive(tpm, &decrypt_spec);
        seal(tpm, ref, &sealed);
        /* A character of the tag, of the ciphertext. */
        const size_t at[] = {sealed.len - 10, sealed.len - 40};
        for (size_t i = 0; i < 2; i++) {
                const uint8_t was = sealed.data[at[i]];

                sealed.data[at[i]] = was == 'A' ? 'B' : 'A';
                refuses(tpm, &sealed, AZATTEST_E_JWE, "sealed key: the JWE does not decrypt");
                sealed.data[at[i]] = was;
        }
        opens(tpm, &sealed);
        /* A JWE that opens, and holds no key. */
        assert_ok(aza_keyref_pkey(libctx, ref, &key));
        assert_ok(aza_jwe_encrypt_with(
                libctx, key, "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"pkcs8\"}",
                aza_span_of("hello", 5), &none));
        refuses(tpm, &none, AZATTEST_E_INPUT, "not a private key in PKCS#8");
        aza_tpm_free(tpm);
}

static void sealed_to_decryption_keys(void **state)
{
        static const struct aza_key_spec sign = {AZA_PURPOSE_SIGN, "", TPM2_RH_NULL, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes pem = {0};
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        ref = derive(tpm, &sign);
        assert_int_equal(aza_seal(tpm, ref, aza_span_of(pkcs8, sizeof(pkcs8)), &pem),
                         AZATTEST_E_WRONG_PURPOSE);
        aza_tpm_free(tpm);
}

/* A PCR that was extended ends both; the file says which one, also where no runtime directory does.
 * A reset ends the NULL hierarchy's. */
static void ends(void **state)
{
        static const struct aza_key_spec owner = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_OWNER, 0xff};
        AZA_OWN(aza_keyref_free) struct aza_keyref *null_ref = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *owner_ref = NULL;
        AZA_BYTES struct aza_bytes null_key = {0};
        AZA_BYTES struct aza_bytes owner_key = {0};
        AZA_BYTES struct aza_bytes no_pcrs = {0};
        AZA_BYTES struct aza_bytes pem = {0};
        struct aza_tpm *tpm = open_tpm("");

        (void)state;
        null_ref = derive(tpm, &decrypt_spec);
        owner_ref = derive(tpm, &owner);
        seal(tpm, null_ref, &null_key);
        seal(tpm, owner_ref, &owner_key);
        seal_from_outside(null_ref, (struct aza_sealed_to){.has_key = true}, &no_pcrs);
        aza_tpm_free(tpm);
        swtpm_kill(&swtpm);
        swtpm_run(&swtpm);

        tpm = open_tpm("");
        opens(tpm, &owner_key);
        refuses(tpm, &null_key, AZATTEST_E_KEY_GONE, "hierarchy=owner");
        refuses(tpm, &no_pcrs, AZATTEST_E_KEY_GONE, "to a new token");
        /* To seal to what has ended would be to lose the key. */
        raw_pcr_extend(tap.inner, 7);
        assert_int_equal(aza_seal(tpm, owner_ref, aza_span_of(pkcs8, sizeof(pkcs8)), &pem),
                         AZATTEST_E_PCR_MISMATCH);
        refuses(tpm, &owner_key, AZATTEST_E_PCR_MISMATCH, "PCR 7 changed since it was sealed");
        aza_tpm_free(tpm);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(commands),      cmocka_unit_test(from_outside),
                cmocka_unit_test(changed_files), cmocka_unit_test(sealed_to_decryption_keys),
                cmocka_unit_test(ends),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
