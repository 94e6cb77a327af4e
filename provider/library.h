/* SPDX-License-Identifier: Apache-2.0 */
/* libazattest, the half with the network, loaded when it is needed and not before (D2). */
#ifndef AZA_PROVIDER_LIBRARY_H
#define AZA_PROVIDER_LIBRARY_H

#include "open.h"
#include "tpm/keyref.h"

/* Attests the key of `request`. NULL after raising. */
struct aza_keyref *aza_library_attest(struct aza_prov *prov,
                                      const struct aza_open_request *request);

/* What the vault key at `url` is, released to the decryption key `target` names: DER PKCS#8, or
 * the bytes of a symmetric key. True, or false after raising. */
bool aza_library_release(struct aza_prov *prov, const char *url, const char *target,
                         struct aza_bytes *ret);

/* Verifies a token of any VM with the issuer's key set, cached or fetched. True, or false after
 * raising why it is not accepted. */
bool aza_library_verify(struct aza_prov *prov, const char *jwt);

#endif
