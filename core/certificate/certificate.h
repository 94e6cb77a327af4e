/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attested certificates: X.509 v3 whose subject key is an attested key and which carries that key's
 * token (cmw.h). Signed by the attested signing key in the vTPM, PSS with SHA-256. Offline half:
 * the key references come with their tokens, nothing is fetched. Used by `azattest cert` and by the
 * provider's azattest://cert.
 */
#ifndef AZA_CERTIFICATE_CERTIFICATE_H
#define AZA_CERTIFICATE_CERTIFICATE_H

#include "base/bytes.h"
#include "base/checks.h"
#include "base/one.h"
#include "token/token.h"
#include "tpm/key.h"

struct aza_certificate_spec {
        /* The key in the certificate, with its token. Purpose sign, or decrypt (a recipient
         * certificate, D29), or issue (D61: a CA of leaves, path length 0). Purpose any is refused
         * (D14). */
        const struct aza_keyref *subject;
        /* The signing key that signs, with its token, which goes into the certificate too: it
         * proves whose signature that is (C8). NULL: the subject itself, which then signs or
         * issues. */
        const struct aza_keyref *issuer;
        /* "DNS:name", "IP:address", "URI:...", "email:..."; without prefix a name or an address. */
        const char *const *san;
        size_t san_count;
        int64_t now;
};

/* Valid from now (less a minute for clocks) until the first token's `exp`. 0;
 * AZATTEST_E_CERTIFICATE (no token, bad name, wrong kind of key), AZATTEST_E_TOKEN_TIME (token
 * expired); what the TPM fails with. */
int aza_certificate_make(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm,
                         const struct aza_certificate_spec *spec, X509 **ret);

/* A request with the same names and extension, signed by the subject (purpose sign). */
int aza_certificate_request(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm,
                            const struct aza_certificate_spec *spec, X509_REQ **ret);

/* PEM texts: certificate, request, a public key (SPKI), and the key's reference that servers load
 * as private key (no secret in it). 0 or AZATTEST_E_NO_MEMORY. */
int aza_certificate_pem(X509 *certificate, struct aza_bytes *ret);
int aza_certificate_request_pem(X509_REQ *request, struct aza_bytes *ret);
int aza_public_key_pem(EVP_PKEY *key, struct aza_bytes *ret);
int aza_keyref_pem(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret);
/* The one reference in a key file. 0 or AZATTEST_E_INPUT. */
int aza_keyref_of_pem(OSSL_LIB_CTX *libctx, struct aza_span text, struct aza_keyref **ret);

/* Whether the names in the certificate are `san`, in that order. 0 or as aza_certificate_make. */
int aza_certificate_has_names(const X509 *certificate, const char *const *san, size_t san_count,
                              bool *ret);

/* notAfter in seconds since 1970. 0 or AZATTEST_E_CERTIFICATE. */
int aza_certificate_expiry(const X509 *certificate, int64_t *ret);

#endif
