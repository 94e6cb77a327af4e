/* SPDX-License-Identifier: Apache-2.0 */
/* A vault's answers, made here: an authority, a signer's certificate for HOST, and a JWS that a
 * test bends before it is signed. Shares no code with core/release. */
#ifndef TEST_RELEASE_SUPPORT_H
#define TEST_RELEASE_SUPPORT_H

#include "release/release.h"
#include "unit/assert_ok.h"
#include "unit/token_support.h"

#include <openssl/x509v3.h>

#define HOST    "simvault.vault.example.test"
#define KEY_URL "https://" HOST "/keys/tls/0123456789abcdef0123456789abcdef"
#define NONCE   "bm9uY2Utbm9uY2Utbm9uY2U"

static EVP_PKEY *vault_key, *root_key;
static X509 *root, *leaf;
static X509_STORE *trust;
static struct aza_vault_key asked;

struct made_cert {
        const char *host;
        const char *usage;
        EVP_PKEY *key;
        long days;
        const EVP_MD *md;
};

static void add_extension(X509 *c, int nid, const char *value)
{
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

        assert_non_null(e);
        assert_int_equal(X509_add_ext(c, e, -1), 1);
        X509_EXTENSION_free(e);
}

static X509 *make_certificate(const struct made_cert *how, const char *issuer, EVP_PKEY *by)
{
        X509 *c = X509_new_ex(libctx, NULL);
        char san[300];

        assert_non_null(c);
        assert_int_equal(X509_set_version(c, X509_VERSION_3), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c), 7), 1);
        assert_non_null(ASN1_TIME_set(X509_getm_notBefore(c), NOW - how->days * 86400));
        assert_non_null(ASN1_TIME_set(X509_getm_notAfter(c), NOW + how->days * 86400));
        assert_true(name_certificate(c, how->host != NULL ? "vault" : issuer, issuer));
        assert_int_equal(X509_set_pubkey(c, how->key), 1);
        add_extension(c, NID_basic_constraints,
                      how->host != NULL ? "critical,CA:FALSE" : "critical,CA:TRUE");
        if (how->host != NULL) {
                (void)snprintf(san, sizeof san, "DNS:%s", how->host);
                add_extension(c, NID_subject_alt_name, san);
                add_extension(c, NID_ext_key_usage, how->usage);
        }
        assert_true(X509_sign(c, by, how->md != NULL ? how->md : EVP_sha256()) > 0);
        return c;
}

static X509 *make_leaf(const char *host, const char *usage, EVP_PKEY *key)
{
        const struct made_cert how = {.host = host, .usage = usage, .key = key, .days = 30};

        return make_certificate(&how, "Root", root_key);
}

static X509 *make_root(EVP_PKEY *key)
{
        const struct made_cert how = {.key = key, .days = 900};

        return make_certificate(&how, "Root", key);
}

__attribute__((unused)) static int vault_setup(void **state)
{
        if (setup(state) != 0)
                return -1;
        vault_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        root_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        root = make_root(root_key);
        leaf = make_leaf(HOST, "serverAuth", vault_key);
        trust = X509_STORE_new();
        assert_int_equal(X509_STORE_add_cert(trust, root), 1);
        assert_ok(aza_vault_key_parse(KEY_URL, &asked));
        return 0;
}

__attribute__((unused)) static int vault_teardown(void **state)
{
        X509_STORE_free(trust);
        X509_free(leaf);
        X509_free(root);
        EVP_PKEY_free(vault_key);
        EVP_PKEY_free(root_key);
        return teardown(state);
}

static json_object *x5c_of(X509 *const *certificates, size_t n)
{
        json_object *x5c = json_object_new_array();

        for (size_t i = 0; i < n; i++) {
                AZA_BYTES struct aza_bytes text = {0};
                unsigned char *der = NULL;
                int len = i2d_X509(certificates[i], &der);
                assert_true(len > 0);
                assert_ok(aza_base64_encode(AZA_BASE64, aza_span_of(der, (size_t)len), &text));
                OPENSSL_free(der);
                json_object_array_add(x5c, text_value((const char *)text.data));
        }
        return x5c;
}

static json_object *good_header(void)
{
        json_object *header = quick_json("{'alg':'RS256'}");
        uint8_t hash[32];

        assert_true(aza_cert_sha256(libctx, leaf, hash));
        AZA_OWN(free) char *thumbprint = base64url(hash, 32);
        json_object_object_add(header, "kid", text_value(thumbprint));
        json_object_object_add(header, "x5t#S256", text_value(thumbprint));
        json_object_object_add(header, "x5c", x5c_of((X509 *const[]){leaf, root}, 2));
        return header;
}

static json_object *good_hsm(const void *wrapped, size_t len)
{
        json_object *hsm = quick_json("{'schema_version':'1.0','header':{'alg':'dir','enc':"
                                      "'RSA_AES_KEY_WRAP_256','kid':'" AZA_RELEASE_TARGET "'}}");
        AZA_OWN(free) char *text = base64url(wrapped, len);

        json_object_object_add(hsm, "ciphertext", text_value(text));
        return hsm;
}

static void set_hsm(json_object *payload, json_object *hsm)
{
        json_object *key = NULL;
        const char *json = json_object_to_json_string_ext(hsm, JSON_C_TO_STRING_PLAIN);
        AZA_OWN(free) char *text = base64url(json, strlen(json));

        assert_true(aza_json_path(payload, "response.key.key", &key));
        json_object_object_add(key, "key_hsm", text_value(text));
}

/* With the JWK `jwk` (taken) as the released key. */
static json_object *good_payload(json_object *jwk, const void *wrapped, size_t len)
{
        json_object *payload = quick_json(
                "{'request':{'api-version':'7.4','enc':'RSA_AES_KEY_WRAP_256','kid':'" KEY_URL
                "','nonce':'" NONCE "'},'response':{'key':{'attributes':{'enabled':true,"
                "'exportable':true},'release_policy':{'contentType':'application/json',"
                "'data':'e30'}}}}");
        AZA_OWN(json_object_put) json_object *hsm = good_hsm(wrapped, len);
        json_object *bundle = NULL;

        assert_true(aza_json_path(payload, "response.key", &bundle));
        json_object_object_add(jwk, "kid", text_value(KEY_URL));
        json_object_object_add(bundle, "key", jwk);
        set_hsm(payload, hsm);
        return payload;
}

static char *sign_answer(json_object *header, json_object *payload, EVP_PKEY *key)
{
        AZA_OWN(free)
        char *h = strdup(json_object_to_json_string_ext(header, JSON_C_TO_STRING_PLAIN));

        return sign_text(key, h, json_object_to_json_string_ext(payload, JSON_C_TO_STRING_PLAIN));
}

static struct aza_release_expect good_expect(void)
{
        return (struct aza_release_expect){.key = &asked,
                                           .nonce = NONCE,
                                           .wrap = AZA_WRAP_SHA256,
                                           .target = AZA_RELEASE_TARGET,
                                           .trust = trust,
                                           .time = NOW};
}

#endif
