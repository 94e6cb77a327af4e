/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves: which keys they may have, where these come from, and the one signature above them. */
#include "certificate/leaf.h"

#include "base/error.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "certificate/extensions.h"
#include "certificate/signing.h"
#include "token/rsa_quality.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <time.h>

#define NEW_RSA_BITS ((size_t)2048)

void aza_leaf_free(struct aza_leaf *leaf)
{
        EVP_PKEY_free(leaf->key);
        *leaf = (struct aza_leaf){0};
}

/* ---- which keys ---- */

static const struct {
        const char *group, *name;
} curves[] = {{"prime256v1", "P-256"}, {"secp384r1", "P-384"}, {"secp521r1", "P-521"}};

/* Its usual name; NULL when it is none of those that are taken. */
static const char *curve_of(const EVP_PKEY *key)
{
        char group[64];
        size_t len = 0;

        if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
                return NULL;
        for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
                if (strcmp(group, curves[i].group) == 0)
                        return curves[i].name;
        return NULL;
}

static bool is_edwards(const EVP_PKEY *key)
{
        return EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
}

const char *aza_leaf_weakness(const EVP_PKEY *key)
{
        if (EVP_PKEY_is_a(key, "RSA") == 1)
                return aza_rsa_weakness(key);
        if (EVP_PKEY_is_a(key, "EC") == 1)
                return curve_of(key) != NULL ? NULL : "its curve is none of P-256, P-384 and P-521";
        return is_edwards(key) ? NULL : "it is no RSA, EC, Ed25519 or Ed448 key";
}

const char *aza_leaf_kind(const EVP_PKEY *key, char out[32])
{
        const char *curve = EVP_PKEY_is_a(key, "EC") == 1 ? curve_of(key) : NULL;

        if (EVP_PKEY_is_a(key, "RSA") == 1)
                (void)snprintf(out, 32, "RSA-%d", EVP_PKEY_get_bits(key));
        else if (is_edwards(key))
                (void)snprintf(out, 32, "%s",
                               EVP_PKEY_is_a(key, "ED448") == 1 ? "Ed448" : "Ed25519");
        else
                (void)snprintf(out, 32, "%s", curve != NULL ? curve : "of another kind");
        return out;
}

/* ---- where they come from ---- */

static const struct {
        const char *word, *kind;
} words[] = {{"ec", "P-256"}, {"ed25519", "Ed25519"}, {"rsa", "RSA-2048"}};

bool aza_leaf_is_word(const char *what)
{
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(what, words[i].word) == 0)
                        return true;
        return false;
}

bool aza_leaf_is_kind(const char *what, const EVP_PKEY *key)
{
        char kind[32];

        (void)aza_leaf_kind(key, kind);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(what, words[i].word) == 0)
                        return strcmp(kind, words[i].kind) == 0;
        return false;
}

static EVP_PKEY *generate(OSSL_LIB_CTX *libctx, const char *word)
{
        if (strcmp(word, "ec") == 0)
                return EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
        if (strcmp(word, "ed25519") == 0)
                return EVP_PKEY_Q_keygen(libctx, NULL, "ED25519");
        return EVP_PKEY_Q_keygen(libctx, NULL, "RSA", NEW_RSA_BITS);
}

/* Who asks has the key: the request is signed with it. What else it asks for is not taken over. */
static int key_of_request(OSSL_LIB_CTX *libctx, struct aza_span text, EVP_PKEY **ret)
{
        AZA_OWN(X509_REQ_free) X509_REQ *csr = NULL;
        int r = aza_one_request(libctx, text, &csr);

        if (r != 0)
                return r;
        (void)ERR_set_mark();
        EVP_PKEY *key = X509_REQ_get0_pubkey(csr);
        const bool good = key != NULL && X509_REQ_verify_ex(csr, key, libctx, NULL) == 1;
        (void)ERR_pop_to_mark();
        if (!good)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                "the request is not signed by the key that it is for");
        if (EVP_PKEY_up_ref(key) != 1)
                return AZA_NO_MEMORY();
        *ret = key;
        return 0;
}

int aza_leaf_read(const struct aza_key_reader *reader, const char *what, struct aza_leaf *ret)
{
        const struct aza_span text = aza_span_of(what, strlen(what));
        const bool is_new = aza_leaf_is_word(what);
        AZA_LEAF struct aza_leaf leaf = {.is_ours = is_new || !aza_is_request(text)};
        int r = 0;

        if (is_new && (leaf.key = generate(reader->libctx, what)) == NULL)
                r = AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "no %s key could be made", what);
        else if (!is_new)
                r = leaf.is_ours ? aza_private_key_read(reader, text, &leaf.key)
                                 : key_of_request(reader->libctx, text, &leaf.key);
        if (r != 0)
                return aza_context(r, "the leaf's key");
        const char *weak = aza_leaf_weakness(leaf.key);
        if (weak != NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the leaf's key is not good enough: %s",
                                weak);
        ret->is_ours = leaf.is_ours;
        ret->key = aza_take(&leaf.key);
        return 0;
}

/* ---- chains ---- */

X509 *aza_leaf_voucher(const aza_certs *above)
{
        for (int i = 0; i < sk_X509_num(above); i++)
                if (aza_cmw_present(sk_X509_value(above, i)))
                        return sk_X509_value(above, i);
        return NULL;
}

bool aza_leaf_chain(OSSL_LIB_CTX *libctx, struct aza_span data, aza_certs **ret)
{
        AZA_OWN(aza_certs_free) aza_certs *chain = NULL;

        if (aza_chain_certificates(libctx, data, &chain) != 0)
                return false;
        for (int i = 1; i < sk_X509_num(chain); i++)
                if (aza_cmw_present(sk_X509_value(chain, i))) {
                        *ret = aza_take(&chain);
                        return true;
                }
        return false;
}

/* ---- the certificate ---- */

static int64_t seconds_of(const ASN1_TIME *time)
{
        struct tm tm;

        return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

int aza_leaf_make(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_leaf_spec *spec,
                  X509 **ret)
{
        AZA_OWN(X509_free) X509 *leaf = X509_new_ex(libctx, NULL);
        STACK_OF(X509_EXTENSION) *list = NULL;
        char subject[128], issuer[128];
        int r = aza_keyref_may(spec->issuer, AZA_PURPOSE_ISSUE);

        if (r != 0)
                return r;
        if (leaf == NULL)
                return AZA_NO_MEMORY();
        aza_certificate_name("leaf", spec->issuer, subject);
        aza_certificate_name(aza_purpose_text(spec->issuer->purpose), spec->issuer, issuer);
        const struct aza_certificate_fields fields = {spec->key, subject, issuer,
                                                      seconds_of(X509_get0_notBefore(spec->above)),
                                                      seconds_of(X509_get0_notAfter(spec->above))};
        if ((r = aza_certificate_fill(libctx, &fields, leaf)) != 0 ||
            (r = aza_leaf_extensions(libctx, spec, &list)) != 0 ||
            (r = aza_certificate_add(list, leaf)) != 0)
                return r;
        return aza_certificate_sign(libctx, tpm, spec->issuer, leaf, ret);
}
