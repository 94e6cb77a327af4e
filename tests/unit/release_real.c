/* SPDX-License-Identifier: Apache-2.0 */
/* K1 to K4 on a managed HSM's own answer of 2021: what it says is what makes it pass, and no bit
 * of it can be another. Its key was wrapped to one that nobody has. */
#include "release/release.h"
#include "unit/assert_ok.h"
#include "unit/libctx_fixture.h"
#include "unit/vectors.h"

#include "base/base64.h"
#include "os/file.h"

#include <stdio.h>
#include <string.h>

#define ITS_DATE  1640200000
#define ITS_NONCE "nonce"
#define ITS_KEY                                                                                \
        "https://malegeskrkvhsm.managedhsm.azure.net/keys/importreleasekey164011273007309472/" \
        "4a868dd61c7a450f3035fc879d014373"
/* DigiCert Global Root G2, as its owner publishes it. */
#define ITS_ROOT "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f"

static struct aza_bytes answer;
static X509_STORE *store;
static struct aza_vault_key key;
static struct aza_release_expect expect;

/* Reads the answer and trusts the root that came with it, which is the real one. */
static void begin(void)
{
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;
        AZA_CHECKS struct aza_checks rows = {0};
        char path[1024], hex[65];
        uint8_t hash[32];

        (void)snprintf(path, sizeof path, "%s/akv/mhsm-release-2021-12.jws", vectors());
        if (access(path, R_OK) != 0) {
                print_message("skipped: no answer of a vault among the vectors\n");
                skip();
        }
        if (store != NULL)
                return;
        assert_ok(aza_file_read(path, 1 << 20, &answer));
        answer.data[--answer.len] = 0;
        assert_ok(aza_vault_key_parse(ITS_KEY, &key));
        store = X509_STORE_new();
        assert_non_null(store);
        expect = (struct aza_release_expect){.key = &key,
                                             .nonce = ITS_NONCE,
                                             .wrap = AZA_WRAP_SHA256,
                                             .target = "fake-release-key",
                                             .trust = store,
                                             .time = ITS_DATE};
        /* Nothing is trusted yet, also not the root in x5c. */
        assert_int_equal(aza_release_verify(libctx, aza_bytes_span(&answer), &expect, &rows, &r),
                         AZATTEST_E_KEY_RELEASE);
        assert_int_equal(aza_checks_get(&rows, AZA_CHECK_K1)->outcome, AZA_REJECT);
        assert_int_equal(aza_checks_get(&rows, AZA_CHECK_K2)->outcome, AZA_ACCEPT);

        char *text = strndup((const char *)answer.data, answer.len);
        AZA_OWN(aza_token_free) struct aza_token *jws = NULL;
        AZA_BYTES struct aza_bytes der = {0};
        assert_ok(aza_token_parse(text, strlen(text), NULL, &jws));
        free(text);
        const char *x5c =
                aza_json_text(json_object_array_get_idx(aza_json_array(jws->header, "x5c"), 2));
        assert_ok(aza_base64_decode(AZA_BASE64, x5c, strlen(x5c), &der));
        AZA_OWN(X509_free) X509 *root = aza_cert_parse(libctx, aza_bytes_span(&der));
        assert_true(aza_cert_sha256(libctx, root, hash));
        assert_string_equal(aza_hex(aza_span_of(hash, 32), hex), ITS_ROOT);
        assert_int_equal(X509_STORE_add_cert(store, root), 1);
}

static int verify(const struct aza_release_expect *e, struct aza_checks *rows)
{
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;

        return aza_release_verify(libctx, aza_bytes_span(&answer), e, rows, &r);
}

/* Refused, and by this row alone. */
static void only(const struct aza_release_expect *e, enum aza_check_id id, const char *why)
{
        AZA_CHECKS struct aza_checks rows = {0};

        assert_int_equal(verify(e, &rows), AZATTEST_E_KEY_RELEASE);
        for (int i = AZA_CHECK_K1; i <= AZA_CHECK_K4; i++) {
                const struct aza_check *row = aza_checks_get(&rows, (enum aza_check_id)i);
                assert_int_equal(row->outcome, i == (int)id ? AZA_REJECT : AZA_ACCEPT);
                if (i == (int)id && strstr(row->reason, why) == NULL)
                        fail_msg("%s", row->reason);
        }
        assert_int_equal(aza_checks_get(&rows, AZA_CHECK_K5)->outcome, AZA_NO_INPUT);
        assert_int_equal(aza_checks_get(&rows, AZA_CHECK_K6)->outcome, AZA_NO_INPUT);
}

static void passes(void **state)
{
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *public = NULL;
        AZA_CHECKS struct aza_checks rows = {0};

        (void)state;
        begin();
        assert_ok(aza_release_verify(libctx, aza_bytes_span(&answer), &expect, &rows, &r));
        for (int i = AZA_CHECK_K1; i <= AZA_CHECK_K4; i++)
                assert_int_equal(aza_checks_get(&rows, (enum aza_check_id)i)->outcome, AZA_ACCEPT);
        const char *terms = aza_checks_get(&rows, AZA_CHECK_K7)->reason;
        assert_non_null(strstr(terms, "exportable: yes"));
        assert_non_null(strstr(terms, "sdk-test"));
        assert_ok(aza_jwk_public(libctx, r->key, &public));
        assert_int_equal(EVP_PKEY_get_bits(public), 2048);
        assert_int_equal(r->wrapped.len, 256 + 1232);
        assert_int_equal(aza_release_block(r).len, 256);
}

static void newest(void **state)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_vault_key any = {0};
        struct aza_release_expect e;

        (void)state;
        begin();
        e = expect;
        any = key;
        any.version[0] = '\0';
        e.key = &any;
        assert_ok(verify(&e, &rows));
}

static void other_demands(void **state)
{
        struct aza_release_expect e;
        struct aza_vault_key other;

        (void)state;
        begin();
        e = expect;
        e.time = 1796000000; /* 2026 */
        only(&e, AZA_CHECK_K1, "certificate has expired");
        e.time = 1640000000; /* the day before */
        only(&e, AZA_CHECK_K1, "certificate is not yet valid");
        e = expect;
        e.nonce = "nonce2";
        only(&e, AZA_CHECK_K3, "another request");
        e.nonce = "nonc";
        only(&e, AZA_CHECK_K3, "another request");
        e = expect;
        e.wrap = AZA_WRAP_SHA384;
        only(&e, AZA_CHECK_K4, "request.enc");
        e = expect;
        e.target = AZA_RELEASE_TARGET;
        only(&e, AZA_CHECK_K4, "attested key");
        e = expect;
        e.key = &other;
        assert_ok(aza_vault_key_parse(
                "https://malegeskrkvhsm.managedhsm.azure.net/keys/another-key", &other));
        only(&e, AZA_CHECK_K4, "request.kid");
        other = key;
        other.version[31] = '4';
        only(&e, AZA_CHECK_K4, "request.kid");
}

/* Another vault: neither its name in the certificate, nor its key. */
static void other_host(void **state)
{
        static const char *const hosts[] = {"other.managedhsm.azure.net",
                                            "malegeskrkvhsm.vault.azure.net", "azure.net",
                                            "a.b.malegeskrkvhsm.managedhsm.azure.net"};
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;
        struct aza_vault_key other;
        struct aza_release_expect e;

        (void)state;
        begin();
        e = expect;
        other = key;
        e.key = &other;
        for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
                AZA_CHECKS struct aza_checks rows = {0};
                (void)snprintf(other.host, sizeof other.host, "%s", hosts[i]);
                assert_int_equal(verify(&e, &rows), AZATTEST_E_KEY_RELEASE);
                const struct aza_check *k1 = aza_checks_get(&rows, AZA_CHECK_K1);
                assert_int_equal(k1->outcome, AZA_REJECT);
                assert_non_null(strstr(k1->reason, "hostname mismatch"));
                assert_int_equal(aza_checks_get(&rows, AZA_CHECK_K4)->outcome, AZA_REJECT);
        }
        /* The certificate's wildcard names this one; the key still is another's. */
        (void)snprintf(other.host, sizeof other.host, "%s",
                       "x.malegeskrkvhsm.managedhsm.azure.net");
        only(&e, AZA_CHECK_K4, "request.kid");
}

/* Of each character a bit, another one each time; with the argument "all" every bit. */
static bool every_bit;

static void flipped_bits(void **state)
{
        size_t flips = 0;

        (void)state;
        begin();
        for (size_t i = 0; i < answer.len; i++)
                for (int bit = 0; bit < 8; bit++) {
                        AZA_CHECKS struct aza_checks rows = {0};
                        if (!every_bit && bit != (int)(i % 8))
                                continue;
                        answer.data[i] ^= (uint8_t)(1 << bit);
                        if (verify(&expect, &rows) != AZATTEST_E_KEY_RELEASE)
                                fail_msg("bit %d of character %zu does not matter", bit, i);
                        answer.data[i] ^= (uint8_t)(1 << bit);
                        flips++;
                }
        assert_int_equal(flips, (every_bit ? 8 : 1) * answer.len);
        print_message("%zu flipped bits, all refused\n", flips);
}

static int finish(void **state)
{
        aza_bytes_free(&answer);
        X509_STORE_free(store);
        return libctx_teardown(state);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(passes),        cmocka_unit_test(newest),
                cmocka_unit_test(other_demands), cmocka_unit_test(other_host),
                cmocka_unit_test(flipped_bits),
        };

        every_bit = argc > 1 && strcmp(argv[1], "all") == 0;
        return cmocka_run_group_tests_name("release_real", tests, libctx_setup, finish);
}
