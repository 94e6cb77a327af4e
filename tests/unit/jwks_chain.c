/* SPDX-License-Identifier: Apache-2.0 */
/* T6 with an anchor (`maa-root`): whose certificates vouch for an issuer's key. */
#include "unit/token_support.h"

#include <openssl/x509v3.h>

/* Made once: a root, a CA of its, and the signer's certificate by that CA; an impostor of the
 * root; the signer's certificate by itself. */
static EVP_PKEY *root_key, *ca_key, *other_key;
static X509 *root, *ca, *leaf, *impostor, *self_signed;

static X509 *make(const char *subject, EVP_PKEY *key, const char *issuer, EVP_PKEY *by, bool is_ca,
                  long life)
{
        X509 *c = X509_new_ex(libctx, NULL);

        assert_non_null(c);
        assert_int_equal(X509_set_version(c, X509_VERSION_3), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c), 7), 1);
        assert_non_null(ASN1_TIME_set(X509_getm_notBefore(c), NOW - life));
        assert_non_null(ASN1_TIME_set(X509_getm_notAfter(c), NOW + life));
        assert_true(name_certificate(c, subject, issuer));
        assert_int_equal(X509_set_pubkey(c, key), 1);
        if (is_ca) {
                X509_EXTENSION *e =
                        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
                assert_int_equal(X509_add_ext(c, e, -1), 1);
                X509_EXTENSION_free(e);
        }
        assert_true(X509_sign(c, by, EVP_sha256()) > 0);
        return c;
}

static int make_chain(void **state)
{
        if (setup(state) != 0)
                return -1;
        root_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ca_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        other_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        root = make("Root", root_key, "Root", root_key, true, 5000);
        ca = make("CA", ca_key, "Root", root_key, true, 3000);
        leaf = make("maa", signer, "CA", ca_key, false, 4000);
        impostor = make("Root", other_key, "Root", other_key, true, 5000);
        self_signed = make("maa", signer, "maa", signer, false, 4000);
        return 0;
}

static int free_chain(void **state)
{
        X509 *const certificates[] = {root, ca, leaf, impostor, self_signed};

        for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++)
                X509_free(certificates[i]);
        EVP_PKEY_free(root_key);
        EVP_PKEY_free(ca_key);
        EVP_PKEY_free(other_key);
        return teardown(state);
}

static void pin(X509 *certificate)
{
        uint8_t hash[32];
        char hex[65];
        size_t used = strlen(config.maa_root);

        assert_true(aza_cert_sha256(libctx, certificate, hash));
        (void)snprintf(config.maa_root + used, sizeof config.maa_root - used, "%s%s",
                       used > 0 ? " " : "", aza_hex(aza_span_of(hash, 32), hex));
}

static void add_certificate(json_object *x5c, X509 *certificate)
{
        AZA_BYTES struct aza_bytes text = {0};
        unsigned char *der = NULL;
        int len = i2d_X509(certificate, &der);

        assert_true(len > 0);
        assert_int_equal(aza_base64_encode(AZA_BASE64, aza_span_of(der, (size_t)len), &text), 0);
        OPENSSL_free(der);
        json_object_array_add(x5c, text_value((const char *)text.data));
}

/* The rows of a good token whose key comes with up to three certificates; no certificate: n and
 * e. */
static int judge(X509 *const certificates[3], int64_t time, struct aza_checks *checks)
{
        AZA_OWN(json_object_put) json_object *document = quick_json("{'keys':[]}");
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        AZA_OWN(free) char *jwt = sign_claims(claims);
        char pins[sizeof config.maa_root];
        json_object *jwk = key_jwk(signer, "k1");

        if (certificates != NULL) {
                json_object *x5c = json_object_new_array();
                for (size_t i = 0; i < 3 && certificates[i] != NULL; i++)
                        add_certificate(x5c, certificates[i]);
                json_object_array_add(x5c, text_value("no certificate"));
                json_object_object_add(jwk, "x5c", x5c);
        }
        json_object_array_add(aza_json_array(document, "keys"), jwk);
        const char *text = json_object_to_json_string(document);
        assert_int_equal(aza_jwks_parse(libctx, aza_span_of(text, strlen(text)), &set), 0);
        memcpy(pins, config.maa_root, sizeof pins);
        struct aza_token_expect expect = our_expect();
        memcpy(config.maa_root, pins, sizeof pins);
        expect.jwks = set;
        expect.time = time;
        return parse_and_verify(jwt, strlen(jwt), &expect, checks);
}

static void accepted(X509 *const certificates[3], X509 *anchor)
{
        AZA_CHECKS struct aza_checks checks = {0};
        uint8_t hash[32];
        char hex[65];

        if (judge(certificates, NOW, &checks) != 0)
                fail_msg("%s", aza_last_error()->message);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_ACCEPT);
        const char *reason = aza_checks_get(&checks, AZA_CHECK_T6)->reason;
        if (anchor == NULL) {
                assert_true(reason == NULL || reason[0] == '\0');
                return;
        }
        assert_true(aza_cert_sha256(libctx, anchor, hash));
        assert_non_null(strstr(reason, "chain to maa-root, certificate "));
        assert_non_null(strstr(reason, aza_hex(aza_span_of(hash, 32), hex)));
}

static void refused(X509 *const certificates[3], int64_t time, const char *why)
{
        AZA_CHECKS struct aza_checks checks = {0};

        assert_int_equal(judge(certificates, time, &checks), AZATTEST_E_TOKEN_SIGNATURE);
        assert_rejects(&checks, AZA_CHECK_T6);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_NO_INPUT);
        if (strstr(aza_checks_get(&checks, AZA_CHECK_T6)->reason, why) == NULL)
                fail_msg("%s", aza_checks_get(&checks, AZA_CHECK_T6)->reason);
}

static void without_anchor(void **state)
{
        (void)state;
        config.maa_root[0] = '\0';
        accepted(NULL, NULL);
        accepted((X509 *const[3]){self_signed}, NULL);
        accepted((X509 *const[3]){leaf, ca, root}, NULL);
        accepted((X509 *const[3]){leaf, impostor}, NULL);
}

static void right_chain(void **state)
{
        (void)state;
        config.maa_root[0] = '\0';
        pin(root);
        accepted((X509 *const[3]){leaf, ca, root}, root);
        accepted((X509 *const[3]){leaf, root, ca}, root);
        /* An issuer that leaves out the root: its CA is the anchor. */
        pin(ca);
        accepted((X509 *const[3]){leaf, ca}, ca);
        config.maa_root[0] = '\0';
        pin(self_signed);
        accepted((X509 *const[3]){self_signed}, self_signed);
}

static void other_chain(void **state)
{
        X509 *stranger = make("maa", signer, "CA", other_key, false, 4000);
        X509 *by_leaf = make("maa", signer, "middle", other_key, false, 4000);
        X509 *no_ca = make("middle", other_key, "CA", ca_key, false, 4000);
        static const char none[] = "no certificate that comes with the key is one of maa-root";

        (void)state;
        config.maa_root[0] = '\0';
        pin(root);
        refused(NULL, NOW, "comes without a certificate");
        refused((X509 *const[3]){self_signed}, NOW, none);
        refused((X509 *const[3]){leaf, ca}, NOW, none);
        refused((X509 *const[3]){leaf, ca, impostor}, NOW, none);
        /* The anchor is there, but nothing leads to it. */
        refused((X509 *const[3]){self_signed, ca, root}, NOW, "self-signed certificate");
        refused((X509 *const[3]){leaf, root}, NOW, "unable to get local issuer certificate");
        refused((X509 *const[3]){stranger, ca, root}, NOW, "certificate signature failure");
        config.maa_root[0] = '\0';
        pin(ca);
        refused((X509 *const[3]){by_leaf, no_ca, ca}, NOW, "invalid CA certificate");
        X509_free(stranger);
        X509_free(by_leaf);
        X509_free(no_ca);
}

/* The CA ends before the key's own certificate and the token do. */
static void expired_chain(void **state)
{
        (void)state;
        config.maa_root[0] = '\0';
        accepted((X509 *const[3]){leaf, ca, root}, NULL);
        pin(root);
        refused((X509 *const[3]){leaf, ca, root}, NOW + 3500, "certificate has expired");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(without_anchor),
                cmocka_unit_test(right_chain),
                cmocka_unit_test(other_chain),
                cmocka_unit_test(expired_chain),
        };

        return cmocka_run_group_tests_name("jwks_chain", tests, make_chain, free_chain);
}
