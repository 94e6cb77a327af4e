/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the ASN.1 that OpenSSL has and keeps to itself. */
#include "key/cms_asn1.h"

#include "base/error.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define SUBJECT_KEY_ID 0x80 /* [0] IMPLICIT OCTET STRING */

typedef struct {
        ASN1_INTEGER *version;
        ASN1_TYPE *rid; /* a sequence, or the key's identifier */
        X509_ALGOR *algorithm;
        ASN1_OCTET_STRING *encrypted_key;
} KEY_TRANS;

ASN1_SEQUENCE(KEY_TRANS) =
        {
                ASN1_SIMPLE(KEY_TRANS, version, ASN1_INTEGER),
                ASN1_SIMPLE(KEY_TRANS, rid, ASN1_ANY),
                ASN1_SIMPLE(KEY_TRANS, algorithm, X509_ALGOR),
                ASN1_SIMPLE(KEY_TRANS, encrypted_key, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(KEY_TRANS)

                typedef struct {
        ASN1_OCTET_STRING *nonce;
        ASN1_INTEGER *tag_len;
} GCM_PARAMS;

ASN1_SEQUENCE(GCM_PARAMS) =
        {
                ASN1_SIMPLE(GCM_PARAMS, nonce, ASN1_OCTET_STRING),
                ASN1_OPT(GCM_PARAMS, tag_len, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(GCM_PARAMS)

                static void key_trans_free(KEY_TRANS * k)
{
        ASN1_item_free((ASN1_VALUE *)k, ASN1_ITEM_rptr(KEY_TRANS));
}
static void gcm_params_free(GCM_PARAMS *p)
{
        ASN1_item_free((ASN1_VALUE *)p, ASN1_ITEM_rptr(GCM_PARAMS));
}
AZA_OWN_DEFINE(KEY_TRANS, key_trans_free);
AZA_OWN_DEFINE(GCM_PARAMS, gcm_params_free);
AZA_OWN_DEFINE(RSA_OAEP_PARAMS, RSA_OAEP_PARAMS_free);
AZA_OWN_DEFINE(X509_ALGOR, X509_ALGOR_free);

/* ---- writing ---- */

static int failed(void)
{
        return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "CMS message");
}

static int put(const void *value, const ASN1_ITEM *item, struct aza_bytes *ret)
{
        unsigned char *der = NULL;
        const int len = ASN1_item_i2d(value, &der, item);
        const int r = len > 0 ? aza_bytes_append(ret, der, (size_t)len) : failed();

        OPENSSL_free(der);
        return r;
}

/* `algorithm` of a structure as parameters. */
static bool set(X509_ALGOR *algorithm, int nid, const void *value, const ASN1_ITEM *item)
{
        ASN1_STRING *packed = ASN1_item_pack((void *)value, item, NULL);

        if (packed != NULL &&
            X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_SEQUENCE, packed) == 1)
                return true;
        ASN1_STRING_free(packed);
        return false;
}

/* RSAES-OAEP with SHA-256 for both, and an empty label (the default). */
static bool set_oaep(X509_ALGOR *algorithm)
{
        AZA_OWN(RSA_OAEP_PARAMS_free) RSA_OAEP_PARAMS *oaep = RSA_OAEP_PARAMS_new();
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *hash = X509_ALGOR_new();

        if (oaep == NULL || hash == NULL || (oaep->hashFunc = X509_ALGOR_new()) == NULL ||
            (oaep->maskGenFunc = X509_ALGOR_new()) == NULL)
                return false;
        X509_ALGOR_set_md(hash, EVP_sha256());
        X509_ALGOR_set_md(oaep->hashFunc, EVP_sha256());
        return set(oaep->maskGenFunc, NID_mgf1, hash, ASN1_ITEM_rptr(X509_ALGOR)) &&
               set(algorithm, NID_rsaesOaep, oaep, ASN1_ITEM_rptr(RSA_OAEP_PARAMS));
}

int aza_cms_put_recipient(const uint8_t key_id[AZA_KEY_ID_LEN], struct aza_span encrypted_key,
                          struct aza_bytes *ret)
{
        AZA_OWN(key_trans_free)
        KEY_TRANS *k = (KEY_TRANS *)ASN1_item_new(ASN1_ITEM_rptr(KEY_TRANS));
        ASN1_STRING *id = ASN1_STRING_type_new(V_ASN1_OTHER);
        uint8_t tagged[2 + AZA_KEY_ID_LEN] = {SUBJECT_KEY_ID, AZA_KEY_ID_LEN};

        memcpy(tagged + 2, key_id, AZA_KEY_ID_LEN);
        if (k == NULL || id == NULL || ASN1_STRING_set(id, tagged, (int)sizeof(tagged)) != 1) {
                ASN1_STRING_free(id);
                return failed();
        }
        ASN1_TYPE_set(k->rid, V_ASN1_OTHER, id);
        if (ASN1_INTEGER_set(k->version, 2) != 1 || !set_oaep(k->algorithm) ||
            ASN1_STRING_set(k->encrypted_key, encrypted_key.data, (int)encrypted_key.len) != 1)
                return failed();
        return put(k, ASN1_ITEM_rptr(KEY_TRANS), ret);
}

int aza_cms_put_cipher(const uint8_t nonce[12], struct aza_bytes *ret)
{
        AZA_OWN(gcm_params_free)
        GCM_PARAMS *gcm = (GCM_PARAMS *)ASN1_item_new(ASN1_ITEM_rptr(GCM_PARAMS));
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *algorithm = X509_ALGOR_new();

        if (gcm == NULL || algorithm == NULL || (gcm->tag_len = ASN1_INTEGER_new()) == NULL ||
            ASN1_INTEGER_set(gcm->tag_len, AZA_CMS_TAG_LEN) != 1 ||
            ASN1_STRING_set(gcm->nonce, nonce, 12) != 1 ||
            !set(algorithm, NID_aes_256_gcm, gcm, ASN1_ITEM_rptr(GCM_PARAMS)))
                return failed();
        return put(algorithm, ASN1_ITEM_rptr(X509_ALGOR), ret);
}

/* ---- reading ---- */

/* All of `der`, or nothing. Errors of OpenSSL stay in here. */
static void *get(struct aza_span der, const ASN1_ITEM *item)
{
        const unsigned char *p = der.data;
        ASN1_VALUE *value = NULL;

        (void)ERR_set_mark();
        if (der.len <= INT32_MAX &&
            (value = ASN1_item_d2i(NULL, &p, (long)der.len, item)) != NULL &&
            p != der.data + der.len) {
                ASN1_item_free(value, item);
                value = NULL;
        }
        (void)ERR_pop_to_mark();
        return value;
}

static void *parameters(const X509_ALGOR *algorithm, int nid, const ASN1_ITEM *item)
{
        const ASN1_OBJECT *oid = NULL;
        const void *value = NULL;
        int type = V_ASN1_UNDEF;

        X509_ALGOR_get0(&oid, &type, &value, algorithm);
        if (OBJ_obj2nid(oid) != nid || type != V_ASN1_SEQUENCE)
                return NULL;
        const ASN1_STRING *packed = value;
        return get(aza_span_of(ASN1_STRING_get0_data(packed), (size_t)ASN1_STRING_length(packed)),
                   item);
}

/* The name of a hash, SHA-1 where it is not there (RFC 4055 2.2). */
static bool hash_name(const X509_ALGOR *algorithm, char ret[16])
{
        static const struct {
                int nid;
                const char *name;
        } hashes[] = {{NID_sha1, "SHA1"},
                      {NID_sha256, "SHA256"},
                      {NID_sha384, "SHA384"},
                      {NID_sha512, "SHA512"}};
        const ASN1_OBJECT *oid = NULL;
        int nid = NID_sha1;

        if (algorithm != NULL) {
                X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
                nid = OBJ_obj2nid(oid);
        }
        for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
                if (hashes[i].nid == nid)
                        return snprintf(ret, 16, "%s", hashes[i].name) > 0;
        return false;
}

static bool mgf1_name(const X509_ALGOR *algorithm, char ret[16])
{
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *hash = NULL;

        if (algorithm == NULL)
                return hash_name(NULL, ret);
        hash = parameters(algorithm, NID_mgf1, ASN1_ITEM_rptr(X509_ALGOR));
        return hash != NULL && hash_name(hash, ret);
}

static bool label(const X509_ALGOR *source, struct aza_bytes *ret)
{
        const ASN1_OBJECT *oid = NULL;
        const void *value = NULL;
        int type = V_ASN1_UNDEF;

        if (source == NULL)
                return true;
        X509_ALGOR_get0(&oid, &type, &value, source);
        const ASN1_STRING *bytes = value;
        return OBJ_obj2nid(oid) == NID_pSpecified && type == V_ASN1_OCTET_STRING &&
               aza_bytes_set(ret, ASN1_STRING_get0_data(bytes),
                             (size_t)ASN1_STRING_length(bytes)) == 0;
}

static bool oaep(const X509_ALGOR *algorithm, struct aza_cms_recipient *ret)
{
        AZA_OWN(RSA_OAEP_PARAMS_free)
        RSA_OAEP_PARAMS *p = parameters(algorithm, NID_rsaesOaep, ASN1_ITEM_rptr(RSA_OAEP_PARAMS));

        return p != NULL && hash_name(p->hashFunc, ret->md) &&
               mgf1_name(p->maskGenFunc, ret->mgf1_md) && label(p->pSourceFunc, &ret->label);
}

/* Other identifiers than ours (certificates' issuer and number, longer ones) name nobody we
 * know. */
static void key_id(const ASN1_TYPE *rid, struct aza_cms_recipient *ret)
{
        static const uint8_t head[] = {SUBJECT_KEY_ID, AZA_KEY_ID_LEN};
        const ASN1_STRING *whole = rid->type == V_ASN1_OTHER ? rid->value.asn1_string : NULL;

        if (whole == NULL || ASN1_STRING_length(whole) != 2 + AZA_KEY_ID_LEN ||
            memcmp(ASN1_STRING_get0_data(whole), head, sizeof(head)) != 0)
                return;
        ret->has_key_id = true;
        memcpy(ret->key_id, ASN1_STRING_get0_data(whole) + 2, AZA_KEY_ID_LEN);
}

bool aza_cms_get_recipient(struct aza_span der, struct aza_cms_recipient *ret)
{
        AZA_OWN(key_trans_free) KEY_TRANS *k = get(der, ASN1_ITEM_rptr(KEY_TRANS));

        if (k == NULL || !oaep(k->algorithm, ret))
                return false;
        key_id(k->rid, ret);
        return aza_bytes_set(&ret->encrypted_key, ASN1_STRING_get0_data(k->encrypted_key),
                             (size_t)ASN1_STRING_length(k->encrypted_key)) == 0;
}

const char *aza_cms_get_cipher(struct aza_span der, struct aza_cms_head *ret)
{
        static const struct {
                int nid;
                size_t key_len;
        } ciphers[] = {{NID_aes_256_gcm, 32}, {NID_aes_192_gcm, 24}, {NID_aes_128_gcm, 16}};
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *algorithm = get(der, ASN1_ITEM_rptr(X509_ALGOR));
        AZA_OWN(gcm_params_free) GCM_PARAMS *gcm = NULL;

        for (size_t i = 0; algorithm != NULL && gcm == NULL && i < 3; i++) {
                gcm = parameters(algorithm, ciphers[i].nid, ASN1_ITEM_rptr(GCM_PARAMS));
                ret->key_len = ciphers[i].key_len;
        }
        if (gcm == NULL)
                return "its content is not encrypted with AES-GCM";
        if (ASN1_STRING_length(gcm->nonce) != (int)sizeof(ret->nonce))
                return "its nonce has another length than 12 bytes";
        if (gcm->tag_len == NULL || ASN1_INTEGER_get(gcm->tag_len) != AZA_CMS_TAG_LEN)
                return "its tag is shorter than 16 bytes";
        memcpy(ret->nonce, ASN1_STRING_get0_data(gcm->nonce), sizeof(ret->nonce));
        return NULL;
}
