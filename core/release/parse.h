/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the verification of a release. */
#ifndef AZA_RELEASE_PARSE_H
#define AZA_RELEASE_PARSE_H

#include "release/release.h"

/* What the JWS holds, without any judgement of it. 0, AZATTEST_E_KEY_RELEASE (no strict JWS with
 * RS256 and x5c), AZATTEST_E_NO_MEMORY. */
int aza_release_parse(OSSL_LIB_CTX *libctx, struct aza_span jws, struct aza_release **ret);

/* key_hsm, base64-decoded, into `r`. What it lacks is for K4 and K5 to say. 0 or
 * AZATTEST_E_NO_MEMORY. */
int aza_release_read_hsm(struct aza_span json, struct aza_release *r);

/* Row K1: the certificates of `r` lead to `expect->trust` and name the vault. */
bool aza_release_chain(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                       const struct aza_release_expect *expect, struct aza_checks *checks);

#endif
