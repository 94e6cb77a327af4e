/* SPDX-License-Identifier: Apache-2.0 */
/* MGF1 (RFC 8017 B.2.1), shared by OAEP and PSS. */
#ifndef AZA_KEY_RSA_MGF1_H
#define AZA_KEY_RSA_MGF1_H

#include "base/bytes.h"
#include "base/own.h"

/* out[0..len) ^= MGF1(seed, len). Time depends on the lengths only. 0 or AZATTEST_E_NO_MEMORY. */
int aza_mgf1_xor(const EVP_MD *md, struct aza_span seed, uint8_t *out, size_t len);

#endif
