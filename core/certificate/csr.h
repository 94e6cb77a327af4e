/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate requests (PKCS#10) as a relying party reads them, a CA above all: one
 * extensionRequest with one list of extensions, and nothing beside it that another reader could
 * take for more. Pure.
 */
#ifndef AZA_CERTIFICATE_CSR_H
#define AZA_CERTIFICATE_CSR_H

#include "base/bytes.h"
#include "certificate/extension_list.h"

/* The extensions that `csr` asks for. 0, or AZATTEST_E_CERTIFICATE: no extensionRequest, more than
 * one, one of several values, another attribute, or a list that is no DER. */
int aza_csr_extensions(X509_REQ *csr, aza_extensions **ret);

/* The token in it, NUL-terminated, not verified: the extension AZA_CMW_OID exactly once. 0 or
 * AZATTEST_E_CERTIFICATE. */
int aza_csr_token(X509_REQ *csr, struct aza_bytes *ret_jwt);

/* What is wrong with it whoever signed it: version, extensions, a weak signature. NULL: nothing.
 * `fault` holds the words. */
const char *aza_csr_fault(X509_REQ *csr, struct aza_fault *fault);

#endif
