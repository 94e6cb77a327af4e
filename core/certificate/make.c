/* SPDX-License-Identifier: Apache-2.0 */
/* Making attested certificates and requests: fields, then one signature by the vTPM. */
#include "certificate/certificate.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "certificate/extensions.h"
#include "certificate/signing.h"
#include "key/rsa_padding.h"
#include "token/token.h"

#include <openssl/err.h>
#include <string.h>
#include <time.h>

#define CLOCK_SKEW      60
#define SERIAL_LEN      16
#define COMMON_NAME_MAX 64 /* ub-common-name */

AZA_OWN_DEFINE(X509_ALGOR, X509_ALGOR_free);
AZA_OWN_DEFINE(X509_NAME, X509_NAME_free);
AZA_OWN_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING_free);

/* RFC 4055 AlgorithmIdentifier: RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 bytes. */
static X509_ALGOR *pss_sha256(void)
{
        static const unsigned char der[] = {
                0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
                0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20};
        const unsigned char *at = der;

        return d2i_X509_ALGOR(NULL, &at, sizeof(der));
}

/* Signs `tbs` with the vTPM key: RSADP over the PSS encoding of its hash. */
static int sign(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *key,
                struct aza_span tbs, uint8_t signature[AZA_RSA_BYTES])
{
        AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(libctx, "SHA256", NULL);
        const struct aza_pss_params pss = {md, md, AZA_SHA256_LEN};
        uint8_t digest[AZA_SHA256_LEN], block[AZA_RSA_BYTES];
        int r;

        if (md == NULL)
                return AZA_NO_MEMORY();
        if ((r = aza_sha256(libctx, tbs, digest)) != 0 ||
            (r = aza_pss_encode(libctx, &pss, aza_span_of(digest, sizeof(digest)),
                                8 * AZA_RSA_BYTES, block)) != 0)
                return r;
        return aza_key_rsadp(tpm, key, block, signature);
}

/* From DER: for "no bit is unused" 3.0 only has a field, and 4.0 only a function. */
static int bit_string(const uint8_t signature[AZA_RSA_BYTES], ASN1_BIT_STRING *out)
{
        static const unsigned char header[] = {0x03, 0x82, (AZA_RSA_BYTES + 1) >> 8,
                                               (AZA_RSA_BYTES + 1) & 0xFF, 0};
        unsigned char der[sizeof(header) + AZA_RSA_BYTES];
        const unsigned char *at = der;

        memcpy(der, header, sizeof(header));
        memcpy(der + sizeof(header), signature, AZA_RSA_BYTES);
        return d2i_ASN1_BIT_STRING(&out, &at, sizeof(der)) != NULL ? 0 : AZA_NO_MEMORY();
}

void aza_certificate_name(const char *what, const struct aza_keyref *key, char out[128])
{
        (void)snprintf(out, 128, "azattest %s%s%s", what, key->name[0] != '\0' ? " " : "",
                       key->name);
}

static int name_of(const char *common, X509_NAME **ret)
{
        AZA_OWN(X509_NAME_free) X509_NAME *name = X509_NAME_new();
        char text[COMMON_NAME_MAX + 1];

        (void)snprintf(text, sizeof(text), "%s", common);
        if (name == NULL || X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                                       (const unsigned char *)text, -1, -1, 0) != 1)
                return AZA_NO_MEMORY();
        *ret = aza_take(&name);
        return 0;
}

/* When the token of `key` ends, not expired at `now`. */
static int token_end(const struct aza_keyref *key, int64_t now, int64_t *ret_exp)
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;

        if (key->token == NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                "the key has no token (attest = never?): nothing to certify");
        int r = aza_token_parse(key->token, strlen(key->token), NULL, &token);
        if (r != 0)
                return r;
        if (token->exp <= now)
                return AZA_FAIL(
                        AZATTEST_E_TOKEN_TIME,
                        "the key's token has expired: attest again before making a certificate");
        *ret_exp = token->exp;
        return 0;
}

static int check_spec(const struct aza_certificate_spec *spec, int64_t *ret_exp)
{
        const struct aza_keyref *issuer = spec->issuer != NULL ? spec->issuer : spec->subject;
        int64_t issuer_exp = 0;

        /* What issues stands under its own signature only. */
        const bool good = spec->subject->purpose == AZA_PURPOSE_ISSUE
                                  ? issuer == spec->subject
                                  : spec->subject->purpose != AZA_PURPOSE_ANY &&
                                            issuer->purpose == AZA_PURPOSE_SIGN;

        if (!good)
                return AZA_FAIL(
                        AZATTEST_E_CERTIFICATE,
                        "a certificate is signed by a key of purpose sign and made for one of purpose sign or decrypt, not for %s signed by %s",
                        aza_purpose_text(spec->subject->purpose),
                        aza_purpose_text(issuer->purpose));
        int r = token_end(spec->subject, spec->now, ret_exp);
        if (r == 0)
                r = token_end(issuer, spec->now, &issuer_exp);
        if (r == 0 && issuer_exp < *ret_exp)
                *ret_exp = issuer_exp;
        return r;
}

static int set_serial(OSSL_LIB_CTX *libctx, X509 *certificate)
{
        AZA_OWN(BN_free) BIGNUM *number = NULL;
        uint8_t bytes[SERIAL_LEN];
        int r = aza_random(libctx, bytes, sizeof(bytes));

        if (r != 0)
                return r;
        bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, of one length */
        number = BN_bin2bn(bytes, sizeof(bytes), NULL);
        if (number == NULL ||
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) == NULL)
                return AZA_NO_MEMORY();
        return 0;
}

static int set_names(const struct aza_certificate_fields *fields, X509 *certificate)
{
        AZA_OWN(X509_NAME_free) X509_NAME *subject = NULL;
        AZA_OWN(X509_NAME_free) X509_NAME *issuer = NULL;
        int r = name_of(fields->subject, &subject);

        if (r != 0 || (r = name_of(fields->issuer, &issuer)) != 0)
                return r;
        if (X509_set_subject_name(certificate, subject) != 1 ||
            X509_set_issuer_name(certificate, issuer) != 1)
                return AZA_NO_MEMORY();
        return 0;
}

int aza_certificate_fill(OSSL_LIB_CTX *libctx, const struct aza_certificate_fields *fields,
                         X509 *certificate)
{
        int r = set_serial(libctx, certificate);

        if (r != 0 || (r = set_names(fields, certificate)) != 0)
                return r;
        if (X509_set_version(certificate, X509_VERSION_3) != 1 ||
            X509_set_pubkey(certificate, fields->key) != 1 ||
            ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)fields->not_before) == NULL ||
            ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)fields->not_after) == NULL)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE,
                                        "the certificate could not be filled");
        return 0;
}

int aza_certificate_add(STACK_OF(X509_EXTENSION) * list, X509 *certificate)
{
        bool good = true;

        for (int i = 0; good && i < sk_X509_EXTENSION_num(list); i++)
                good = X509_add_ext(certificate, sk_X509_EXTENSION_value(list, i), -1) == 1;
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
        return good ? 0 : AZA_NO_MEMORY();
}

static int fill(OSSL_LIB_CTX *libctx, const struct aza_certificate_spec *spec, int64_t exp,
                X509 *certificate)
{
        const struct aza_keyref *above = spec->issuer != NULL ? spec->issuer : spec->subject;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        STACK_OF(X509_EXTENSION) *list = NULL;
        char subject[128], issuer[128];
        int r = aza_keyref_pkey(libctx, spec->subject, &key);

        if (r != 0)
                return r;
        aza_certificate_name(aza_purpose_text(spec->subject->purpose), spec->subject, subject);
        aza_certificate_name(aza_purpose_text(above->purpose), above, issuer);
        const struct aza_certificate_fields fields = {key, subject, issuer, spec->now - CLOCK_SKEW,
                                                      exp};
        if ((r = aza_certificate_fill(libctx, &fields, certificate)) != 0 ||
            (r = aza_certificate_extensions(libctx, spec, false, &list)) != 0)
                return r;
        return aza_certificate_add(list, certificate);
}

/* OpenSSL signs certificates only with an EVP_PKEY that can sign and has no setters for the two
 * algorithm fields and the signature, hence the casts: they are fields of our own certificate. */
static int sign_certificate(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *key,
                            X509 *certificate)
{
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *pss = pss_sha256();
        const ASN1_BIT_STRING *signature = NULL;
        const X509_ALGOR *outer = NULL;
        uint8_t bytes[AZA_RSA_BYTES];
        unsigned char *tbs = NULL;
        int len, r;

        X509_get0_signature(&signature, &outer, certificate);
        if (pss == NULL ||
            X509_ALGOR_copy((X509_ALGOR *)X509_get0_tbs_sigalg(certificate), pss) != 1 ||
            X509_ALGOR_copy((X509_ALGOR *)outer, pss) != 1)
                return AZA_NO_MEMORY();
        len = i2d_re_X509_tbs(certificate, &tbs);
        if (len <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE,
                                        "the certificate could not be encoded");
        r = sign(libctx, tpm, key, aza_span_of(tbs, (size_t)len), bytes);
        OPENSSL_free(tbs);
        return r != 0 ? r : bit_string(bytes, (ASN1_BIT_STRING *)signature);
}

/* Encodes and reads again: what callers get is what others will read, and its signature is
 * checked. */
static int finished(OSSL_LIB_CTX *libctx, X509 *made, const struct aza_keyref *signer, X509 **ret)
{
        AZA_OWN(X509_free) X509 *read = X509_new_ex(libctx, NULL);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        unsigned char *der = NULL;
        const unsigned char *at;
        int len, r = aza_keyref_pkey(libctx, signer, &key);

        if (r != 0)
                return r;
        len = i2d_X509(made, &der);
        if (read == NULL || len <= 0)
                return AZA_NO_MEMORY();
        at = der;
        if (d2i_X509(&read, &at, len) == NULL || X509_verify(read, key) != 1)
                r = AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE,
                                     "the vTPM's signature on the new certificate is wrong");
        OPENSSL_free(der);
        if (r == 0)
                *ret = aza_take(&read);
        return r;
}

int aza_certificate_sign(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *signer,
                         X509 *certificate, X509 **ret)
{
        int r = sign_certificate(libctx, tpm, signer, certificate);

        return r != 0 ? r : finished(libctx, certificate, signer, ret);
}

int aza_certificate_make(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm,
                         const struct aza_certificate_spec *spec, X509 **ret)
{
        AZA_OWN(X509_free) X509 *certificate = X509_new_ex(libctx, NULL);
        const struct aza_keyref *signer = spec->issuer != NULL ? spec->issuer : spec->subject;
        int64_t exp = 0;
        int r;

        if (certificate == NULL)
                return AZA_NO_MEMORY();
        if ((r = check_spec(spec, &exp)) != 0 || (r = fill(libctx, spec, exp, certificate)) != 0)
                return r;
        return aza_certificate_sign(libctx, tpm, signer, certificate, ret);
}

static int sign_request(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *key,
                        X509_REQ *request)
{
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *pss = pss_sha256();
        AZA_OWN(ASN1_BIT_STRING_free) ASN1_BIT_STRING *signature = ASN1_BIT_STRING_new();
        uint8_t bytes[AZA_RSA_BYTES];
        unsigned char *tbs = NULL;
        int len, r;

        if (pss == NULL || signature == NULL || X509_REQ_set1_signature_algo(request, pss) != 1)
                return AZA_NO_MEMORY();
        len = i2d_re_X509_REQ_tbs(request, &tbs);
        if (len <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE, "the request could not be encoded");
        r = sign(libctx, tpm, key, aza_span_of(tbs, (size_t)len), bytes);
        OPENSSL_free(tbs);
        if (r == 0)
                r = bit_string(bytes, signature);
        if (r == 0)
                X509_REQ_set0_signature(request, aza_take(&signature));
        return r;
}

int aza_certificate_request(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm,
                            const struct aza_certificate_spec *spec, X509_REQ **ret)
{
        AZA_OWN(X509_REQ_free) X509_REQ *request = X509_REQ_new_ex(libctx, NULL);
        AZA_OWN(X509_NAME_free) X509_NAME *subject = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        STACK_OF(X509_EXTENSION) *list = NULL;
        int64_t exp = 0;
        char common[128];
        bool good;
        int r;

        if (request == NULL)
                return AZA_NO_MEMORY();
        aza_certificate_name(aza_purpose_text(spec->subject->purpose), spec->subject, common);
        if (spec->subject->purpose != AZA_PURPOSE_SIGN)
                return AZA_FAIL(
                        AZATTEST_E_WRONG_PURPOSE,
                        "a request is signed by its own key, which the decryption key cannot do: azattest cert --purpose decrypt makes a certificate");
        if ((r = check_spec(spec, &exp)) != 0 ||
            (r = aza_keyref_pkey(libctx, spec->subject, &key)) != 0 ||
            (r = name_of(common, &subject)) != 0 ||
            (r = aza_certificate_extensions(libctx, spec, true, &list)) != 0)
                return r;
        good = X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
               X509_REQ_set_subject_name(request, subject) == 1 &&
               X509_REQ_set_pubkey(request, key) == 1 &&
               X509_REQ_add_extensions(request, list) == 1;
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
        if (!good)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE, "the request could not be filled");
        r = sign_request(libctx, tpm, spec->subject, request);
        if (r != 0)
                return r;
        if (X509_REQ_verify_ex(request, key, libctx, NULL) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE,
                                        "the vTPM's signature on the new request is wrong");
        *ret = aza_take(&request);
        return 0;
}

int aza_certificate_expiry(const X509 *certificate, int64_t *ret)
{
        struct tm tm;

        if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE, "the certificate has no end date");
        *ret = (int64_t)timegm(&tm);
        return 0;
}
