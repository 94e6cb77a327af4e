/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of attested certificates and of leaves below them. For make.c and leaf.c only. */
#ifndef AZA_CERTIFICATE_EXTENSIONS_H
#define AZA_CERTIFICATE_EXTENSIONS_H

#include "certificate/certificate.h"
#include "certificate/leaf.h"

#include <openssl/x509v3.h>

/* All extensions of spec's certificate or request (`request`: without key identifiers). The caller
 * frees them with their elements. 0, AZATTEST_E_CERTIFICATE, AZATTEST_E_NO_MEMORY. */
int aza_certificate_extensions(OSSL_LIB_CTX *libctx, const struct aza_certificate_spec *spec,
                               bool request, STACK_OF(X509_EXTENSION) * *ret);

/* The same of a leaf: names, usage, key identifiers and no token. */
int aza_leaf_extensions(OSSL_LIB_CTX *libctx, const struct aza_leaf_spec *spec,
                        STACK_OF(X509_EXTENSION) * *ret);

#endif
