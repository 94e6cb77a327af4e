/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, key set and envelope of the simulated MAA: the members and types of real ones, signatures
 * that verify, and each fault wrong in the way it says. */
#include "base/json.h"
#include "os/file.h"
#include "sim/maa_envelope.h"
#include "sim/maa_token.h"
#include "sim_maa_dialect.h"
#include "unit/vectors.h"

#include <openssl/rsa.h>

#define ISSUER "https://127.0.0.1:8443"
#define NOW    1795515600

static struct world world;
static struct sim_maa_keys *keys;

static int setup(void **state)
{
        (void)state;
        if (world_make(&world) != 0)
                return -1;
        keys = sim_maa_keys_new(&world.pki);
        return keys == NULL ? -1 : 0;
}

static int teardown(void **state)
{
        (void)state;
        sim_maa_keys_free(keys);
        world_free(&world);
        return 0;
}

/* A token for evidence of this kind, `fault` (or NULL) set. */
static void token_of(enum sim_isolation isolation, const char *fault, struct aza_bytes *ret)
{
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes body = {0};
        SIM_MAA_REQUEST struct sim_maa_request r = {0};
        SIM_MAA_FACTS struct sim_maa_facts facts = {0};
        struct sim_refusal refusal = {0};
        struct sim_faults *faults = sim_faults_new();
        char error[160];

        if (fault != NULL)
                assert_true(sim_faults_add(faults, fault, error, sizeof(error)));
        evidence_make(&world, isolation, &e);
        request_of(&e, REFERENCE, "a nonce", &body);
        assert_true(sim_maa_decode(aza_bytes_span(&body), false, &r, &refusal));
        assert_true(sim_maa_verify(&world.pki, &r, &facts, &refusal));
        const struct sim_maa_token_options o = {
                .issuer = ISSUER, .now = NOW, .keys = keys, .faults = faults};
        assert_int_equal(sim_maa_token(&o, &r, &facts, ret), 0);
        sim_faults_free(faults);
}

/* Part 0 or 1 of a compact JWS. */
static json_object *part(const char *jws, int n)
{
        AZA_BYTES struct aza_bytes text = {0};
        json_object *object = NULL;
        for (; n > 0; n--)
                jws = strchr(jws, '.') + 1;
        assert_int_equal(aza_base64_decode(AZA_BASE64URL, jws, strcspn(jws, "."), &text), 0);
        assert_int_equal(aza_json_parse(aza_bytes_span(&text), 65536, &object), 0);
        return object;
}

static bool signature_good(const char *jws, EVP_PKEY *key)
{
        AZA_BYTES struct aza_bytes signature = {0};
        const char *end = strrchr(jws, '.');
        assert_int_equal(aza_base64_decode(AZA_BASE64URL, end + 1, strlen(end + 1), &signature), 0);
        return aza_rsa_verify_sha256(sim_libctx(), key, aza_span_of(jws, (size_t)(end - jws)),
                                     aza_bytes_span(&signature));
}

/* Every member of `model` is in `made` with the same type and at the same place, and no other. */
static void same_shape(json_object *model, json_object *made, const char *where)
{
        struct json_object_iterator at = json_object_iter_begin(made);

        json_object_object_foreach(model, name, value)
        {
                struct json_object_iterator end = json_object_iter_end(made);
                if (json_object_iter_equal(&at, &end) ||
                    strcmp(json_object_iter_peek_name(&at), name) != 0)
                        fail_msg("%s: %s is missing or at another place", where, name);
                json_object *other = json_object_iter_peek_value(&at);
                if (json_object_get_type(value) != json_object_get_type(other))
                        fail_msg("%s: %s is of another type", where, name);
                /* what the client asked to be echoed, and what the paravisor wrote */
                if (json_object_is_type(value, json_type_object) &&
                    strcmp(name, "client-payload") != 0 && strcmp(name, "vm-configuration") != 0)
                        same_shape(value, other, name);
                json_object_iter_next(&at);
        }
        struct json_object_iterator end = json_object_iter_end(made);
        if (!json_object_iter_equal(&at, &end))
                fail_msg("%s: %s is too much", where, json_object_iter_peek_name(&at));
}

static void members_of_the_newest_real_token(void **state)
{
        (void)state;
        const char *dir = vectors();
        AZA_BYTES struct aza_bytes real = {0};
        AZA_BYTES struct aza_bytes token = {0};
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/tokens/azurevm-snp-linux-2025-12-sharedeus2.jwt",
                       dir);
        assert_int_equal(aza_file_read(path, 65536, &real), 0);
        token_of(SIM_ISOLATION_SEVSNP, NULL, &token);
        for (int i = 0; i < 2; i++) {
                AZA_OWN(json_object_put) json_object *model = part((const char *)real.data, i);
                AZA_OWN(json_object_put) json_object *made = part((const char *)token.data, i);
                same_shape(model, made, i == 0 ? "header" : "claims");
        }
}

static const char *text_at(json_object *o, const char *path)
{
        json_object *found = NULL;
        return aza_json_path(o, path, &found) ? json_object_get_string(found) : NULL;
}

static void what_the_claims_say(void **state)
{
        static const char *const types[] = {NULL, "sevsnpvm", "tdxvm"};
        (void)state;
        for (int i = 0; i <= SIM_ISOLATION_TDX; i++) {
                AZA_BYTES struct aza_bytes token = {0};
                AZA_BYTES struct aza_bytes n = {0};
                AZA_BYTES struct aza_bytes n_text = {0};
                token_of((enum sim_isolation)i, NULL, &token);
                AZA_OWN(json_object_put) json_object *header = part((const char *)token.data, 0);
                AZA_OWN(json_object_put) json_object *claims = part((const char *)token.data, 1);
                const char *type = text_at(claims, "x-ms-isolation-tee.x-ms-attestation-type");

                assert_true(signature_good((const char *)token.data, world.pki.maa_key));
                assert_string_equal(text_at(header, "jku"), ISSUER "/certs");
                assert_string_equal(text_at(claims, "iss"), ISSUER);
                assert_string_equal(text_at(claims, "secureboot"), "true");
                assert_string_equal(text_at(claims, "x-ms-azurevm-vmid"), TEST_VM_ID);
                assert_string_equal(text_at(claims, "x-ms-runtime.client-payload.nonce"),
                                    "YSBub25jZQ==");
                if (types[i] == NULL)
                        assert_null(type);
                else
                        assert_string_equal(type, types[i]);
                json_object *list = NULL;
                assert_true(aza_json_path(claims, "x-ms-runtime.keys", &list));
                json_object *jwk = json_object_array_get_idx(list, 0);
                assert_int_equal(aza_rsa_modulus(world.key, &n), 0);
                assert_int_equal(aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&n), &n_text), 0);
                assert_string_equal(text_at(jwk, "n"), (const char *)n_text.data);
        }
}

/* ---- VMs with Windows ---- */

/* The facts of a start of Windows, quoted with these PCRs. */
static bool windows_facts(const struct sim_windows_boot *boot, uint32_t mask,
                          struct sim_log_facts *ret, struct sim_refusal *refusal)
{
        const struct sim_boot_plan plan = {.db_certificate = aza_span_of("a key", 5),
                                           .secure_boot = true,
                                           .windows = true,
                                           .windows_boot = *boot};
        struct world w = {0};
        EVIDENCE struct evidence e = {0};

        assert_int_equal(sim_event_log_make(&plan, &w.log), 0);
        replay(&w, &e);
        bool good = sim_log_replay(aza_bytes_span(&e.log), mask, (const uint8_t(*)[32])e.pcrs, ret,
                                   refusal);
        sim_event_log_free(&w.log);
        return good;
}

/* With the words of the reference client there (PROTOCOL.md 7.5), everything that MAA says of the
 * system is what a real token says. */
static void windows_as_in_a_real_token(void **state)
{
        (void)state;
        const char *dir = vectors();
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(json_object_put) json_object *real = NULL;
        struct sim_refusal refusal = {0};
        struct sim_windows_boot normal = {0};
        char path[4096];
        size_t compared = 0;

        (void)snprintf(path, sizeof(path), "%s/tokens/windows-sevsnp-claims.json", dir);
        assert_int_equal(aza_file_read(path, 65536, &text), 0);
        assert_int_equal(aza_json_parse(aza_bytes_span(&text), 65536, &real), 0);
        struct sim_maa_request r = {.os_type = (char *)(uintptr_t) "Windows",
                                    .os_distro = (char *)(uintptr_t) "Microsoft",
                                    .os_build = (char *)(uintptr_t) "NotApplicable",
                                    .os_major = 10,
                                    .pcr_mask = 0x38FF};
        struct sim_maa_facts facts = {.key = world.key};
        const struct sim_maa_token_options options = {.issuer = ISSUER, .now = NOW};
        assert_true(windows_facts(&normal, r.pcr_mask, &facts.log, &refusal));
        (void)snprintf(facts.vm_id, sizeof(facts.vm_id), "%s", text_at(real, "x-ms-azurevm-vmid"));
        AZA_OWN(json_object_put) json_object *made = sim_maa_claims(&options, &r, &facts);
        json_object_object_foreach(real, name, value)
        {
                json_object *other = NULL;
                if ((strncmp(name, "x-ms-azurevm-", 13) != 0 && strcmp(name, "secureboot") != 0) ||
                    strcmp(name, "x-ms-azurevm-attestation-protocol-ver") == 0)
                        continue;
                if (!aza_json_path(made, name, &other) || !json_object_equal(value, other))
                        fail_msg("%s is %s", name, json_object_to_json_string(other));
                compared++;
        }
        assert_int_equal(compared, 21);
}

static void windows_facts_of_the_log(void **state)
{
        struct sim_log_facts facts = {0};
        struct sim_refusal refusal = {0};
        struct sim_windows_boot boot = {.kernel_debugging = true, .test_signing = true};

        (void)state;
        assert_true(windows_facts(&boot, 0x78FF, &facts, &refusal));
        assert_true(facts.secure_boot && facts.windows.kernel_debug && facts.windows.test_signing);
        assert_true(facts.windows.antimalware && !facts.windows.boot_debug);
        /* Nothing is known of PCRs that are not quoted. */
        assert_true(windows_facts(&boot, 0xFF, &facts, &refusal));
        assert_true(facts.secure_boot && !facts.windows.kernel_debug && !facts.windows.antimalware);
        boot.bad_tag = true;
        assert_false(windows_facts(&boot, 0x78FF, &facts, &refusal));
        assert_non_null(strstr(refusal.message, "TcgLogs: event "));
        assert_non_null(strstr(refusal.message, "is no whole tagged event"));
}

/* What Intel says of a TDX platform, the service says too. */
static void platform_status(void **state)
{
        static const char *const cases[][2] = {{NULL, "UpToDate"},
                                               {"tdx-tcb-outofdate", "OutOfDate"}};
        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_BYTES struct aza_bytes token = {0};
                token_of(SIM_ISOLATION_TDX, cases[i][0], &token);
                AZA_OWN(json_object_put) json_object *claims = part((const char *)token.data, 1);
                assert_string_equal(text_at(claims, "x-ms-isolation-tee.attester_tcb_status"),
                                    cases[i][1]);
        }
}

static void token_faults(void **state)
{
        static const struct {
                const char *fault, *path, *value; /* value NULL: absent */
        } cases[] = {
                {"token-wrong-issuer", "iss", "https://other.attest.azure.net"},
                {"token-no-nonce", "x-ms-runtime.client-payload", NULL},
                {"token-wrong-nonce", "x-ms-runtime.client-payload.nonce", "YW5vdGhlciBub25jZQ=="},
                {"token-policy", "x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable", "true"},
                {"token-no-isolation", "x-ms-isolation-tee", NULL},
                {"token-expired", "exp", "1795512000"},
                {"token-not-yet", "nbf", "1795519200"},
                {"token-lifetime=5", "exp", "1795515605"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                AZA_BYTES struct aza_bytes token = {0};
                token_of(SIM_ISOLATION_SEVSNP, cases[i].fault, &token);
                AZA_OWN(json_object_put) json_object *claims = part((const char *)token.data, 1);
                const char *found = text_at(claims, cases[i].path);
                assert_true(signature_good((const char *)token.data, world.pki.maa_key));
                if (cases[i].value == NULL)
                        assert_null(found);
                else
                        assert_string_equal(found, cases[i].value);
        }
}

static void signature_faults(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes good = {0};
        AZA_BYTES struct aza_bytes foreign = {0};
        AZA_BYTES struct aza_bytes none = {0};
        AZA_BYTES struct aza_bytes unknown = {0};
        token_of(SIM_ISOLATION_SEVSNP, NULL, &good);
        token_of(SIM_ISOLATION_SEVSNP, "token-wrong-key", &foreign);
        token_of(SIM_ISOLATION_SEVSNP, "token-alg-none", &none);
        token_of(SIM_ISOLATION_SEVSNP, "token-unknown-kid", &unknown);
        AZA_OWN(json_object_put) json_object *h0 = part((const char *)good.data, 0);
        AZA_OWN(json_object_put) json_object *h1 = part((const char *)foreign.data, 0);
        AZA_OWN(json_object_put) json_object *h2 = part((const char *)none.data, 0);
        AZA_OWN(json_object_put) json_object *h3 = part((const char *)unknown.data, 0);
        assert_string_equal(text_at(h0, "kid"), text_at(h1, "kid"));
        assert_false(signature_good((const char *)foreign.data, world.pki.maa_key));
        assert_string_equal(text_at(h2, "alg"), "none");
        assert_int_equal(none.data[none.len - 1], '.');
        assert_string_not_equal(text_at(h0, "kid"), text_at(h3, "kid"));
        assert_true(signature_good((const char *)unknown.data, world.pki.maa_key));
}

static void keys_rotate(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(json_object_put) json_object *set = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        char before[45];
        char after[45];
        EVP_PKEY *old = NULL;

        assert_int_equal(sim_maa_keys_current(keys, &old, before), 0);
        EVP_PKEY_free(old);
        assert_int_equal(sim_maa_keys_rotate(keys), 0);
        assert_int_equal(sim_maa_keys_current(keys, &key, after), 0);
        assert_string_not_equal(before, after);
        assert_int_equal(sim_maa_keys_json(keys, &text), 0);
        assert_int_equal(aza_json_parse(aza_bytes_span(&text), 65536, &set), 0);
        json_object *list = aza_json_array(set, "keys");
        assert_int_equal(json_object_array_length(list), 2);
        assert_string_equal(text_at(json_object_array_get_idx(list, 0), "kid"), after);
        assert_string_equal(text_at(json_object_array_get_idx(list, 1), "kid"), before);
        for (size_t i = 0; i < 2; i++) {
                json_object *jwk = json_object_array_get_idx(list, i);
                AZA_BYTES struct aza_bytes der = {0};
                AZA_BYTES struct aza_bytes n = {0};
                AZA_BYTES struct aza_bytes n_text = {0};
                const char *x5c = json_object_get_string(
                        json_object_array_get_idx(aza_json_array(jwk, "x5c"), 0));
                assert_int_equal(aza_base64_decode(AZA_BASE64, x5c, strlen(x5c), &der), 0);
                const unsigned char *p = der.data;
                AZA_OWN(X509_free) X509 *x = d2i_X509(NULL, &p, (long)der.len);
                assert_non_null(x);
                assert_int_equal(aza_rsa_modulus(X509_get0_pubkey(x), &n), 0);
                assert_int_equal(aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&n), &n_text), 0);
                assert_string_equal(text_at(jwk, "n"), (const char *)n_text.data);
                assert_string_equal(text_at(jwk, "e"), "AQAB");
        }
}

struct opened {
        struct aza_bytes inner_key, iv, tag, text, aes;
};

static void opened_free(struct opened *o)
{
        aza_bytes_free(&o->inner_key);
        aza_bytes_free(&o->iv);
        aza_bytes_free(&o->tag);
        aza_bytes_free(&o->text);
        aza_bytes_free(&o->aes);
}

static void take_member(json_object *o, const char *path, struct aza_bytes *ret)
{
        const char *text = text_at(o, path);
        assert_non_null(text);
        assert_int_equal(aza_base64_decode(AZA_BASE64, text, strlen(text), ret), 0);
}

/* Parses the envelope and decrypts the inner key; false when RSA fails. */
static bool open_envelope(const struct aza_bytes *reply, struct opened *ret)
{
        AZA_OWN(json_object_put) json_object *outer = NULL;
        AZA_OWN(json_object_put) json_object *envelope = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(sim_libctx(), world.key, NULL);
        size_t len = 256;

        assert_int_equal(aza_json_parse(aza_bytes_span(reply), 262144, &outer), 0);
        const char *token = aza_json_string(outer, "token");
        assert_int_equal(aza_base64_decode(AZA_BASE64URL, token, strlen(token), &text), 0);
        assert_int_equal(aza_json_parse(aza_bytes_span(&text), 262144, &envelope), 0);
        assert_string_equal(text_at(envelope, "EncryptionParams.BlockMode"), "ChainingModeGCM");
        assert_string_equal(text_at(envelope, "EncryptionParams.BlockPadding"), "PKCS7");
        assert_string_equal(text_at(envelope, "EncryptionParams.Cipher"), "AES");
        assert_string_equal(text_at(envelope, "EncryptionParams.KeySizeInBits"), "256");
        take_member(envelope, "EncryptedInnerKey", &ret->inner_key);
        take_member(envelope, "EncryptionParams.Iv", &ret->iv);
        take_member(envelope, "AuthenticationData", &ret->tag);
        take_member(envelope, "Jwt", &ret->text);
        assert_int_equal(aza_bytes_resize(&ret->aes, len), 0);
        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
        if (EVP_PKEY_decrypt(ctx, ret->aes.data, &len, ret->inner_key.data, ret->inner_key.len) !=
                    1 ||
            len != 32)
                return false;
        return aza_bytes_resize(&ret->aes, len) == 0;
}

static bool gcm_opens(const struct opened *o, const char *expected)
{
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        AZA_BYTES struct aza_bytes plain = {0};
        int n = 0;

        assert_int_equal(aza_bytes_resize(&plain, o->text.len), 0);
        assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, NULL, NULL), 1);
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)o->iv.len, NULL),
                         1);
        assert_int_equal(EVP_DecryptInit_ex(ctx, NULL, NULL, o->aes.data, o->iv.data), 1);
        assert_int_equal(
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)o->tag.len, o->tag.data), 1);
        assert_int_equal(
                EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)"Transport Key", 13), 1);
        assert_int_equal(EVP_DecryptUpdate(ctx, plain.data, &n, o->text.data, (int)o->text.len), 1);
        return EVP_DecryptFinal_ex(ctx, plain.data + n, &n) == 1 &&
               strcmp((const char *)plain.data, expected) == 0;
}

static void envelope_with(const char *fault, struct aza_bytes *ret)
{
        struct sim_faults *faults = sim_faults_new();
        char error[160];
        if (fault != NULL)
                assert_true(sim_faults_add(faults, fault, error, sizeof(error)));
        assert_int_equal(sim_maa_envelope(world.key, text_span("a.b.c"), faults, ret), 0);
        sim_faults_free(faults);
}

static void envelopes(void **state)
{
        static const struct {
                const char *fault;
                size_t tag, iv;
                bool opens;
        } cases[] = {
                {NULL, 16, 12, true},
                {"envelope-wrong-tag", 16, 12, false},
                {"envelope-short-tag", 4, 12, true}, /* OpenSSL takes it: the client must not */
                {"envelope-bad-iv", 16, 16, true},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                AZA_BYTES struct aza_bytes reply = {0};
                struct opened o = {0};
                envelope_with(cases[i].fault, &reply);
                assert_true(open_envelope(&reply, &o));
                assert_int_equal(o.tag.len, cases[i].tag);
                assert_int_equal(o.iv.len, cases[i].iv);
                assert_int_equal(gcm_opens(&o, "a.b.c"), cases[i].opens);
                opened_free(&o);
        }
        AZA_BYTES struct aza_bytes swapped = {0};
        AZA_BYTES struct aza_bytes plain = {0};
        struct opened o = {0};
        envelope_with("envelope-swapped-key", &swapped);
        assert_true(!open_envelope(&swapped, &o) || !gcm_opens(&o, "a.b.c"));
        opened_free(&o);
        envelope_with("envelope-plain-token", &plain);
        assert_string_equal((const char *)plain.data, "{\"token\":\"a.b.c\"}");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(members_of_the_newest_real_token),
                cmocka_unit_test(what_the_claims_say),
                cmocka_unit_test(windows_as_in_a_real_token),
                cmocka_unit_test(windows_facts_of_the_log),
                cmocka_unit_test(platform_status),
                cmocka_unit_test(token_faults),
                cmocka_unit_test(signature_faults),
                cmocka_unit_test(envelopes),
                cmocka_unit_test(keys_rotate), /* last: changes the signing key */
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
