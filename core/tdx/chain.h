/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's certificates: of the platform's key (PCK, its CA, the root) and of those who sign TCB
 * documents. They come from anywhere; trust comes from the pin of the root and from `intel-root`
 * (D3). Pure. */
#ifndef AZA_TDX_CHAIN_H
#define AZA_TDX_CHAIN_H

#include "base/certs.h"

#define AZA_INTEL_CHAIN_MAX 3

/* From the leaf to the root; owned. */
struct aza_intel_chain {
        X509 *certs[AZA_INTEL_CHAIN_MAX];
        struct aza_span text[AZA_INTEL_CHAIN_MAX]; /* in what was read; borrowed */
        size_t count;
};
void aza_intel_chain_free(struct aza_intel_chain *chain);

static inline X509 *aza_intel_root(const struct aza_intel_chain *chain)
{
        return chain->certs[chain->count - 1];
}

/* PEM of exactly `count` certificates and nothing else. What stands in `known` (NULL: nothing),
 * byte for byte, is taken from there. NULL, or what is wrong. */
const char *aza_intel_chain_parse(OSSL_LIB_CTX *libctx, struct aza_span pem, size_t count,
                                  const struct aza_intel_chain *known, struct aza_intel_chain *ret);

enum aza_intel_leaf {
        AZA_INTEL_PCK,         /* three certificates */
        AZA_INTEL_TCB_SIGNING, /* two */
};
struct aza_intel_trust {
        const char *roots; /* extra pins (SHA-256 of the SubjectPublicKeyInfo), or NULL */
        int64_t time;
};
/* Names, signatures, CA flags, keys, validity, pin. NULL when good, else the reason (static).
 * *ret_extra: the anchor is one of `roots`. */
const char *aza_intel_chain_fault(OSSL_LIB_CTX *libctx, const struct aza_intel_chain *chain,
                                  enum aza_intel_leaf leaf, const struct aza_intel_trust *trust,
                                  bool *ret_extra);

/* I8 of one certificate by its issuer's list, of which aza_crl_fault found none: NULL, or the
 * reason. */
const char *aza_intel_listed_fault(X509_CRL *crl, X509 *cert);

#endif
