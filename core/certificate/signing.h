/* SPDX-License-Identifier: Apache-2.0 */
/* What every certificate that the vTPM signs has in common. For make.c and leaf.c only. */
#ifndef AZA_CERTIFICATE_SIGNING_H
#define AZA_CERTIFICATE_SIGNING_H

#include "certificate/certificate.h"

/* What is said of a certificate but for its extensions. */
struct aza_certificate_fields {
        EVP_PKEY *key;
        const char *subject; /* common name, cut to 64 bytes */
        const char *issuer;
        int64_t not_before, not_after;
};

/* Version, a random serial number, names, key and dates. */
int aza_certificate_fill(OSSL_LIB_CTX *libctx, const struct aza_certificate_fields *fields,
                         X509 *certificate);
/* Takes `list` with its elements. */
int aza_certificate_add(STACK_OF(X509_EXTENSION) * list, X509 *certificate);
/* Signed by the vTPM key `signer` with PSS and SHA-256, encoded, read again and verified: what
 * others will read. */
int aza_certificate_sign(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *signer,
                         X509 *certificate, X509 **ret);

/* What the key is, for its common name: host names belong into the subject alternative name. */
void aza_certificate_name(const char *what, const struct aza_keyref *key, char out[128]);

#endif
