/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conceptual message wrapper (RFC 9999) around a token in an X.509 extension: id-pe-cmw with
 * CMW ::= CHOICE { json UTF8String, cbor OCTET STRING }, of which the JSON record form is ours:
 * ["application/jwt", base64url(token), 8], 8 meaning attestation results. Pure, fuzzed.
 */
#ifndef AZA_CERTIFICATE_CMW_H
#define AZA_CERTIFICATE_CMW_H

#include "base/bytes.h"
#include "base/own.h"

#define AZA_CMW_OID "1.3.6.1.5.5.7.1.35"
/* The same wrapper around the token of the key that issued a recipient certificate. Ours: the arc
 * of a UUID (X.667), 8efb0e70-d716-41d7-8363-23175f663b1d. */
#define AZA_CMW_ISSUER_OID "2.25.190053934806805132817053026294002236189"

/* The extension's value in DER. 0 or AZATTEST_E_NO_MEMORY. */
int aza_cmw_encode(const char *jwt, struct aza_bytes *ret_der);

/* The token in an extension's value, NUL-terminated, not verified. 0 or AZATTEST_E_CERTIFICATE. The
 * third member of the record may be absent; when there it must include attestation results. */
int aza_cmw_decode(struct aza_span der, struct aza_bytes *ret_jwt);

/* The same from a certificate, or from the extensions of what is called `what` ("request"), which
 * must carry the extension `oid` exactly once. */
int aza_cmw_of_certificate(const X509 *certificate, const char *oid, struct aza_bytes *ret_jwt);
int aza_cmw_of_extensions(const STACK_OF(X509_EXTENSION) * list, const char *what, const char *oid,
                          struct aza_bytes *ret_jwt);

/* Whether a certificate has the extension AZA_CMW_OID, readable or not. */
bool aza_cmw_present(const X509 *certificate);

/* A certificate or request extension, not critical. The caller frees it. NULL after a failure. */
X509_EXTENSION *aza_cmw_extension(const char *oid, const char *jwt);

#endif
