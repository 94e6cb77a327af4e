/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's certificate chains are short and always the same: each place has its name. */
#include "tdx/chain.h"

#include "base/one.h"
#include "tdx/p256.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define PEM_END    "-----END CERTIFICATE-----"
#define AUTH_LEVEL 2

AZA_OWN_DEFINE(STACK_OF(X509), sk_X509_free);

/* Intel SGX Root CA, valid to 2049-12-31: SHA-256 of the whole certificate. */
static const uint8_t intel_root[32] = {0x44, 0xa0, 0x19, 0x6b, 0x2b, 0x99, 0xf8, 0x89,
                                       0xb8, 0xe1, 0x49, 0xe9, 0x5b, 0x80, 0x7a, 0x35,
                                       0x0e, 0x74, 0x24, 0x96, 0x43, 0x99, 0xe8, 0x85,
                                       0xa7, 0xcb, 0xb8, 0xcc, 0xfa, 0xb6, 0x74, 0xd3};

void aza_intel_chain_free(struct aza_intel_chain *chain)
{
        for (size_t i = 0; i < AZA_INTEL_CHAIN_MAX; i++)
                X509_free(chain->certs[i]);
        *chain = (struct aza_intel_chain){0};
}

/* ---- reading ---- */

/* The PEM block at the front of *rest, with its line end; false when there is none. */
static bool next_block(struct aza_span *rest, struct aza_span *ret)
{
        const uint8_t *end =
                rest->len > 0 ? memmem(rest->data, rest->len, PEM_END, sizeof(PEM_END) - 1) : NULL;
        size_t len = end != NULL ? (size_t)(end - rest->data) + sizeof(PEM_END) - 1 : 0;

        if (end == NULL)
                return false;
        *ret = aza_span_of(rest->data, len);
        if (len < rest->len && rest->data[len] == '\r')
                len++;
        if (len < rest->len && rest->data[len] == '\n')
                len++;
        *rest = aza_span_of(rest->data + len, rest->len - len);
        return true;
}

/* To OpenSSL a certificate is dearer to read than a signature to verify, and all chains end with
 * the same one (D71). */
static X509 *read_already(const struct aza_intel_chain *known, struct aza_span block)
{
        for (size_t i = 0; known != NULL && i < known->count; i++)
                if (aza_span_equal(known->text[i], block) && X509_up_ref(known->certs[i]) == 1)
                        return known->certs[i];
        return NULL;
}

static const char *read_next(OSSL_LIB_CTX *libctx, struct aza_span *rest,
                             const struct aza_intel_chain *known, struct aza_intel_chain *chain)
{
        struct aza_span *block = &chain->text[chain->count];
        X509 **cert = &chain->certs[chain->count];

        if (!next_block(rest, block))
                return "there are too few certificates";
        *cert = read_already(known, *block);
        if (*cert == NULL && aza_one_certificate(libctx, *block, cert) != 0)
                return "a certificate cannot be read";
        chain->count++;
        return NULL;
}

/* What stands between the blocks is covered by no signature: nothing may. */
const char *aza_intel_chain_parse(OSSL_LIB_CTX *libctx, struct aza_span pem, size_t count,
                                  const struct aza_intel_chain *known, struct aza_intel_chain *ret)
{
        struct aza_intel_chain chain = {0};
        struct aza_span rest = pem;
        const char *fault = NULL;

        while (fault == NULL && chain.count < count)
                fault = read_next(libctx, &rest, known, &chain);
        if (fault == NULL && rest.len > 0)
                fault = "there are more certificates, or other bytes behind them";
        if (fault != NULL)
                aza_intel_chain_free(&chain);
        *ret = chain;
        return fault;
}

/* ---- names ---- */

static bool attribute_is(const X509_NAME *name, int nid, const char *value)
{
        int at = X509_NAME_get_index_by_NID(name, nid, -1);

        if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
                return false;
        const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
        return (size_t)ASN1_STRING_length(s) == strlen(value) &&
               memcmp(ASN1_STRING_get0_data(s), value, strlen(value)) == 0;
}

static bool intel_name(const X509_NAME *name, const char *cn)
{
        return X509_NAME_entry_count(name) == 5 && attribute_is(name, NID_commonName, cn) &&
               attribute_is(name, NID_organizationName, "Intel Corporation") &&
               attribute_is(name, NID_localityName, "Santa Clara") &&
               attribute_is(name, NID_stateOrProvinceName, "CA") &&
               attribute_is(name, NID_countryName, "US");
}

static bool named(const struct aza_intel_chain *chain, enum aza_intel_leaf leaf)
{
        const X509_NAME *first = X509_get_subject_name(chain->certs[0]);

        if (!intel_name(X509_get_subject_name(aza_intel_root(chain)), "Intel SGX Root CA"))
                return false;
        if (leaf == AZA_INTEL_TCB_SIGNING)
                return chain->count == 2 && intel_name(first, "Intel SGX TCB Signing");
        const X509_NAME *ca = X509_get_subject_name(chain->certs[1]);
        return chain->count == 3 && intel_name(first, "Intel SGX PCK Certificate") &&
               (intel_name(ca, "Intel SGX PCK Platform CA") ||
                intel_name(ca, "Intel SGX PCK Processor CA"));
}

/* ---- trust ---- */

static bool pinned(OSSL_LIB_CTX *libctx, X509 *root, const char *roots, bool *ret_extra)
{
        uint8_t hash[32];

        *ret_extra = false;
        if (!aza_cert_sha256(libctx, root, hash))
                return false;
        if (memcmp(hash, intel_root, sizeof(hash)) == 0)
                return true;
        *ret_extra = aza_cert_spki_sha256(libctx, root, hash) && aza_pin_listed(roots, hash);
        return *ret_extra;
}

/* OpenSSL's own verification, strict, with this root and nothing else. */
static const char *verify(OSSL_LIB_CTX *libctx, const struct aza_intel_chain *chain, int64_t time)
{
        AZA_OWN(sk_X509_free) STACK_OF(X509) *trusted = sk_X509_new_null();
        AZA_OWN(sk_X509_free) STACK_OF(X509) *others = sk_X509_new_null();
        AZA_OWN(X509_STORE_free) X509_STORE *store = X509_STORE_new();
        AZA_OWN(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(libctx, NULL);
        bool made = trusted != NULL && others != NULL && store != NULL && ctx != NULL &&
                    sk_X509_push(trusted, aza_intel_root(chain)) > 0;

        for (size_t i = 1; made && i + 1 < chain->count; i++)
                made = sk_X509_push(others, chain->certs[i]) > 0;
        if (!made || X509_STORE_CTX_init(ctx, store, chain->certs[0], others) != 1)
                return "out of memory";
        X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_depth(param, AZA_INTEL_CHAIN_MAX);
        X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
        X509_VERIFY_PARAM_set_time(param, (time_t)time);
        (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
        (void)ERR_set_mark();
        bool good = X509_verify_cert(ctx) == 1;
        (void)ERR_pop_to_mark();
        int error = X509_STORE_CTX_get_error(ctx);
        if (!good || error != X509_V_OK)
                return error != X509_V_OK ? X509_verify_cert_error_string(error)
                                          : "the chain cannot be verified";
        return (size_t)sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) == chain->count
                       ? NULL
                       : "the certificates do not stand from leaf to root";
}

const char *aza_intel_chain_fault(OSSL_LIB_CTX *libctx, const struct aza_intel_chain *chain,
                                  enum aza_intel_leaf leaf, const struct aza_intel_trust *trust,
                                  bool *ret_extra)
{
        if (!named(chain, leaf))
                return "a name is not as Intel's are";
        if (!pinned(libctx, aza_intel_root(chain), trust->roots, ret_extra))
                return "the root is not Intel's, which is built in, nor one of intel-root";
        for (size_t i = 0; i < chain->count; i++)
                if (!aza_p256_is(X509_get0_pubkey(chain->certs[i])))
                        return "a key is not on P-256";
        if (leaf == AZA_INTEL_PCK && X509_get_pathlen(chain->certs[1]) != 0)
                return "the path length of the PCK's CA is not 0";
        if ((X509_get_extension_flags(chain->certs[0]) & EXFLAG_CA) != 0 ||
            (X509_get_key_usage(chain->certs[0]) & KU_DIGITAL_SIGNATURE) == 0)
                return "the first certificate is a CA, or not for signatures";
        return verify(libctx, chain, trust->time);
}

const char *aza_intel_listed_fault(X509_CRL *crl, X509 *cert)
{
        X509_REVOKED *entry = NULL;
        const char *fault = aza_crl_scope_fault(crl, cert);

        return fault == NULL && X509_CRL_get0_by_cert(crl, &entry, cert) != 0
                       ? "the certificate is revoked"
                       : fault;
}
