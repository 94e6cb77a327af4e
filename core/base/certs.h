/* SPDX-License-Identifier: Apache-2.0 */
/* Piles of certificates from evidence and files: only candidates, trusted through pins (D3).
 * Pure. */
#ifndef AZA_BASE_CERTS_H
#define AZA_BASE_CERTS_H

#include "base/bytes.h"
#include "base/own.h"

#define AZA_CERTS_MAX 64

typedef STACK_OF(X509) aza_certs;
void aza_certs_free(aza_certs *pile);
AZA_OWN_DEFINE(aza_certs, aza_certs_free);

/* Adds every certificate of `in` (PEM blocks, other text ignored; or one DER certificate) to the
 * pile. 0, AZATTEST_E_INPUT (a certificate that cannot be read, bytes behind one, more than
 * AZA_CERTS_MAX), AZATTEST_E_NO_MEMORY. */
int aza_certs_add(OSSL_LIB_CTX *libctx, struct aza_span in, aza_certs *pile);

/* The same of a file that somebody named: AZATTEST_E_INPUT also when there is no certificate in
 * it. */
int aza_certs_add_some(OSSL_LIB_CTX *libctx, struct aza_span in, aza_certs *pile);

/* Adds the certificates of `from` (may be NULL), which both then own. 0, AZATTEST_E_NO_MEMORY. */
int aza_certs_copy(const aza_certs *from, aza_certs *to);

/* One DER certificate that fills `der`. NULL when it is none; the error queue is left as it was. */
X509 *aza_cert_parse(OSSL_LIB_CTX *libctx, struct aza_span der);

/* Revocation lists, DER or PEM, one a file (base/one.h). */
typedef STACK_OF(X509_CRL) aza_crls;
void aza_crls_free(aza_crls *pile);
AZA_OWN_DEFINE(aza_crls, aza_crls_free);
/* Adds the one list in `in`. 0, AZATTEST_E_INPUT, AZATTEST_E_NO_MEMORY. */
int aza_crls_add(OSSL_LIB_CTX *libctx, struct aza_span in, aza_crls *pile);
AZA_OWN_DEFINE(X509_CRL, X509_CRL_free);
/* One list; NULL when `in` is none. The caller frees. */
X509_CRL *aza_crl_parse(OSSL_LIB_CTX *libctx, struct aza_span in);
/* The list that `issuer` names as its issuer; borrowed, NULL when there is none (or no pile). */
X509_CRL *aza_crl_of(const aza_crls *pile, const X509_NAME *issuer);
/* Issuer, signature by `issuer`, thisUpdate and nextUpdate. NULL when fine, else the reason. */
const char *aza_crl_fault(X509_CRL *crl, X509 *issuer, int64_t time);
/* Whether the list is about `cert`, a CA's: whole, and of the place that it names. NULL or the
 * reason (crl_scope.c). */
const char *aza_crl_scope_fault(X509_CRL *crl, X509 *cert);

/* SHA-256 of the whole certificate, and of its SubjectPublicKeyInfo. False: out of memory. */
bool aza_cert_sha256(OSSL_LIB_CTX *libctx, X509 *cert, uint8_t out[32]);
bool aza_cert_spki_sha256(OSSL_LIB_CTX *libctx, X509 *cert, uint8_t out[32]);

/* True when `hash` is one of `pins`: 64 hex digits each, separated by spaces or commas, as the
 * configuration takes them. */
bool aza_pin_listed(const char *pins, const uint8_t hash[32]);

/* True when valid at `time` (seconds since 1970); else *ret_late says expired or not valid yet. */
bool aza_cert_valid_at(const X509 *cert, int64_t time, bool *ret_late);

#endif
