/* SPDX-License-Identifier: Apache-2.0 */
/* What an RSA public key from outside must be before it is trusted (T6, T14). */
#ifndef AZA_TOKEN_RSA_QUALITY_H
#define AZA_TOKEN_RSA_QUALITY_H

#include "base/bytes.h"
#include "base/own.h"

/* Signing keys (T6): at least 2048 bits, n odd, e odd and above 2^16. NULL when good, else why not
 * (static text). */
const char *aza_rsa_weakness(const EVP_PKEY *key);
/* Attested keys (T14), by big-endian modulus and exponent: also e = 65537, no prime factor below
 * 4096, no ROCA fingerprint, and the structure below. Thread-safe; what was good is remembered. */
const char *aza_rsa_attested_weakness(struct aza_span n, struct aza_span e);
/* An odd modulus without leading zeros, at most 4096 bits: neither prime nor a perfect power nor
 * the product of primes that Fermat's method finds at once (rsa_structure.c). */
const char *aza_rsa_structure_weakness(struct aza_span n);

#endif
