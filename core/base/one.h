/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are judged hold exactly one thing, whole (D41): what we judged is what every other
 * reader of the same bytes finds. So nothing stands before or behind it but line ends, and there is
 * one spelling. A chain is one thing, too. Used by library, command and provider; whoever wants
 * candidates only (chains) reads piles instead (base/certs.h). Pure.
 */
#ifndef AZA_BASE_ONE_H
#define AZA_BASE_ONE_H

#include "base/bytes.h"
#include "base/certs.h"
#include "base/own.h"

#include <openssl/pkcs12.h>

AZA_OWN_DEFINE(X509_REQ, X509_REQ_free);
AZA_OWN_DEFINE(PKCS12, PKCS12_free);

/* The DER in `in`: that of its one PEM block, which has this label, no headers and only base64 in
 * it, or, where it begins like DER, `in` itself, unless a PEM block hides in it. 0,
 * AZATTEST_E_INPUT (says what is wrong), AZATTEST_E_NO_MEMORY. */
int aza_one_der(struct aza_span in, const char *label, struct aza_bytes *ret);

/* One "CERTIFICATE" or "CERTIFICATE REQUEST", PEM or DER, and strict DER at that: what is read
 * encodes to the same bytes. 0, AZATTEST_E_CERTIFICATE, AZATTEST_E_NO_MEMORY. */
int aza_one_certificate(OSSL_LIB_CTX *libctx, struct aza_span in, X509 **ret);
int aza_one_request(OSSL_LIB_CTX *libctx, struct aza_span in, X509_REQ **ret);

#define AZA_CHAIN_MAX 8
/* A chain as servers are given it: PEM certificates one behind another, the leaf first, each as
 * strict as one alone, and nothing but line ends around them. 0, AZATTEST_E_CERTIFICATE,
 * AZATTEST_E_NO_MEMORY. */
int aza_chain_certificates(OSSL_LIB_CTX *libctx, struct aza_span in, aza_certs **ret);

/* Whether it is a PKCS#12 file (RFC 7292), whatever it holds, and what to do with one. */
bool aza_is_pkcs12(struct aza_span in);
#define AZA_PKCS12_ADVICE \
        "this is a PKCS#12 file: 'openssl pkcs12 -in FILE -out PEMFILE' takes certificate and key out of it"

/* Whether it looks like a request rather than a certificate (by its first PEM block); that it is
 * one, only the reader says. */
bool aza_is_request(struct aza_span in);

/* A token file's content: takes white space off its end. AZATTEST_E_TOKEN_FORM when a NUL byte is
 * in it, which would end the text for some readers. What stands before the NUL is not a token
 * then. */
int aza_one_token(struct aza_bytes *text);

#endif
