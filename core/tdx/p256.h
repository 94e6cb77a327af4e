/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA P-256 with SHA-256 as Intel's structures carry it: r and s, x and y, each 32 bytes,
 * big-endian. */
#ifndef AZA_TDX_P256_H
#define AZA_TDX_P256_H

#include "base/bytes.h"
#include "base/own.h"

/* The key at the point `xy` of 64 bytes; NULL when there is none on the curve. */
EVP_PKEY *aza_p256_key(OSSL_LIB_CTX *libctx, struct aza_span xy);
/* Whether `key` is on this curve. */
bool aza_p256_is(const EVP_PKEY *key);
/* True when `rs`, 64 bytes, is `key`'s signature of `message`. Leaves no error on the queue. */
bool aza_p256_verify(OSSL_LIB_CTX *libctx, EVP_PKEY *key, struct aza_span message,
                     struct aza_span rs);

#endif
