/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a PEM file of a server: a private key, certificates, or both. Pure. */
#ifndef AZA_BASE_PEM_PARTS_H
#define AZA_BASE_PEM_PARTS_H

#include "base/bytes.h"

/* Whether a block of `in` is a private key's, in any of its spellings; what it is, its reader
 * says. */
bool aza_has_private_key(struct aza_span in);

/* Whether `in` has PEM blocks, and none that is a private key's or a certificate's. */
bool aza_is_other_pem(struct aza_span in);

/* The blocks of `in` (RFC 7468) that are private keys' to *ret_key, those that are certificates' to
 * *ret_certificates, as they stand there; other text and blocks to neither. 0 or
 * AZATTEST_E_NO_MEMORY. */
int aza_split_pem(struct aza_span in, struct aza_bytes *ret_key,
                  struct aza_bytes *ret_certificates);

#endif
