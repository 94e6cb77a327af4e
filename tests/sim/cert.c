/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a certificate is put together; knows no name and no policy. */
#include "sim/cert.h"

#include "base/base64.h"
#include "sim/say.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

AZA_OWN_DEFINE(X509_EXTENSION, X509_EXTENSION_free);
AZA_OWN_DEFINE(X509_NAME, X509_NAME_free);
AZA_OWN_DEFINE(CONF, NCONF_free);
AZA_OWN_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free);
AZA_OWN_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);

static OSSL_LIB_CTX *libctx;
static pthread_once_t libctx_once = PTHREAD_ONCE_INIT;

static void make_libctx(void)
{
        libctx = OSSL_LIB_CTX_new();
        if (libctx == NULL) {
                (void)sim_fail("OpenSSL cannot start");
                abort();
        }
}

OSSL_LIB_CTX *sim_libctx(void)
{
        (void)pthread_once(&libctx_once, make_libctx);
        return libctx;
}

EVP_PKEY *sim_rsa_key(unsigned int bits)
{
        EVP_PKEY *key = EVP_PKEY_Q_keygen(sim_libctx(), NULL, "RSA", (size_t)bits);
        if (key == NULL)
                (void)sim_fail("cannot make an RSA key");
        return key;
}

EVP_PKEY *sim_ec_key(const char *curve)
{
        EVP_PKEY *key = EVP_PKEY_Q_keygen(sim_libctx(), NULL, "EC", curve);
        if (key == NULL)
                (void)sim_fail("cannot make an EC key");
        return key;
}

static bool set_names(X509 *x, const struct sim_certificate *plan)
{
        AZA_OWN(X509_NAME_free) X509_NAME *name = X509_NAME_new();

        for (const char *const *s = plan->subject; s[0] != NULL; s += 2) {
                if (X509_NAME_add_entry_by_txt(name, s[0], MBSTRING_UTF8,
                                               (const unsigned char *)s[1], -1, -1, 0) != 1)
                        return false;
        }
        const X509_NAME *issuer = plan->issuer != NULL ? X509_get_subject_name(plan->issuer) : name;
        return X509_set_subject_name(x, name) == 1 && X509_set_issuer_name(x, issuer) == 1;
}

static bool set_serial(X509 *x, int64_t serial)
{
        uint64_t value = (uint64_t)serial;

        if (serial < 0) {
                if (RAND_bytes_ex(sim_libctx(), (unsigned char *)&value, sizeof(value), 0) != 1)
                        return false;
                value >>= 1;
        }
        return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), value) == 1;
}

static bool set_validity(X509 *x, const struct sim_certificate *plan)
{
        ASN1_TIME *before = X509_getm_notBefore(x);
        ASN1_TIME *after = X509_getm_notAfter(x);

        bool ok = plan->not_before != NULL
                          ? ASN1_TIME_set_string_X509(before, plan->not_before) == 1
                          : X509_time_adj_ex(before, -1, 0, NULL) != NULL;
        return ok &&
               (plan->not_after != NULL ? ASN1_TIME_set_string_X509(after, plan->not_after) == 1
                                        : X509_time_adj_ex(after, plan->days, 0, NULL) != NULL);
}

static bool add_extensions(X509 *x, const struct sim_certificate *plan)
{
        /* Empty, but certificatePolicies insists on one. */
        AZA_OWN(NCONF_free) CONF *conf = NCONF_new(NULL);
        X509V3_CTX context;

        if (conf == NULL)
                return false;
        X509V3_set_ctx(&context, plan->issuer != NULL ? plan->issuer : x, x, NULL, NULL, 0);
        X509V3_set_nconf(&context, conf);
        for (const char *const *e = plan->extensions; e != NULL && e[0] != NULL; e += 2) {
                AZA_OWN(X509_EXTENSION_free)
                X509_EXTENSION *extension =
                        X509V3_EXT_nconf_nid(conf, &context, OBJ_txt2nid(e[0]), e[1]);
                if (extension == NULL || X509_add_ext(x, extension, -1) != 1)
                        return false;
        }
        for (size_t i = 0; i < plan->raw_count; i++) {
                AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *oid = OBJ_txt2obj(plan->raw[i].oid, 1);
                AZA_OWN(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *der = ASN1_OCTET_STRING_new();
                if (oid == NULL || der == NULL ||
                    ASN1_OCTET_STRING_set(der, plan->raw[i].der, (int)plan->raw[i].len) != 1)
                        return false;
                AZA_OWN(X509_EXTENSION_free)
                X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, der);
                if (extension == NULL || X509_add_ext(x, extension, -1) != 1)
                        return false;
        }
        return true;
}

static bool sign(X509 *x, const struct sim_certificate *plan)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *key_ctx = NULL; /* owned by ctx */
        EVP_PKEY *key = plan->issuer_key != NULL ? plan->issuer_key : plan->key;

        if (ctx == NULL ||
            EVP_DigestSignInit_ex(ctx, &key_ctx, plan->digest, sim_libctx(), NULL, key, NULL) != 1)
                return false;
        if (plan->pss && (EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
                          EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST) != 1))
                return false;
        return X509_sign_ctx(x, ctx) > 0;
}

X509 *sim_certificate_make(const struct sim_certificate *plan)
{
        AZA_OWN(X509_free) X509 *x = X509_new_ex(sim_libctx(), NULL);

        if (x == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
            X509_set_pubkey(x, plan->key) != 1 || !set_names(x, plan) ||
            !set_serial(x, plan->serial) || !set_validity(x, plan) || !add_extensions(x, plan) ||
            !sign(x, plan)) {
                (void)sim_fail("cannot make the certificate of %s", plan->subject[1]);
                return NULL;
        }
        return aza_take(&x);
}

char *sim_certificate_pem(X509 *certificate)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *data = NULL;
        char *text = NULL;

        if (bio != NULL && PEM_write_bio_X509(bio, certificate) == 1) {
                long len = BIO_get_mem_data(bio, &data);
                text = len > 0 ? strndup(data, (size_t)len) : NULL;
        }
        if (text == NULL)
                (void)sim_fail("cannot write a certificate as PEM");
        return text;
}

bool sim_certificate_x5c(X509 *certificate, json_object *x5c)
{
        AZA_BYTES struct aza_bytes text = {0};
        unsigned char *der = NULL;
        const int len = i2d_X509(certificate, &der);
        const bool good =
                len > 0 && aza_base64_encode(AZA_BASE64, aza_span_of(der, (size_t)len), &text) == 0;

        OPENSSL_free(der);
        return good &&
               json_object_array_add(x5c, json_object_new_string((const char *)text.data)) == 0;
}
