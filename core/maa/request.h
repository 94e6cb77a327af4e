/* SPDX-License-Identifier: Apache-2.0 */
/* The request document (PROTOCOL.md 7), byte-compatible with the reference client's members and
 * encodings. Pure. */
#ifndef AZA_MAA_REQUEST_H
#define AZA_MAA_REQUEST_H

#include "evidence/evidence.h"
#include "os/os_info.h"

/* What the client payload is made of. Borrowed. */
struct aza_payload {
        const char *members; /* the caller's: JSON object with string, number, bool or null values;
                                NULL: none */
        const char *nonce;   /* NULL and none in `members`: 16 random bytes as hex */
        enum aza_purpose purpose;
};
/* The caller's members plus ours, "nonce" and "azattest-purpose" (D14: a caller's own
 * "azattest-purpose", or "nonce" beside `nonce`, is -8). Result: object of plain strings, and the
 * nonce in use. AZATTEST_E_INVALID_PARAMETER. */
int aza_payload_build(OSSL_LIB_CTX *libctx, const struct aza_payload *payload, json_object **ret,
                      struct aza_bytes *ret_nonce);

/* The whole body {"AttestationInfo": "..."}. `payload` as aza_payload_build made it, NULL for none.
 * AZATTEST_E_PARAMETERS_VALIDATION when the evidence lacks something. */
int aza_request_build(OSSL_LIB_CTX *libctx, const struct aza_evidence *e,
                      const struct aza_os_info *os, json_object *payload, struct aza_bytes *ret);

#endif
