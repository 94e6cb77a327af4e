/* SPDX-License-Identifier: Apache-2.0 */
/* MAA's answer (PROTOCOL.md 8, rules 23-25): {"token"} -> envelope -> JWT. Parsing is pure. Every
 * fault after the outer JSON is AZATTEST_E_JWT_DECRYPTION with one text (D22). */
#ifndef AZA_MAA_ENVELOPE_H
#define AZA_MAA_ENVELOPE_H

#include "base/bytes.h"
#include "base/own.h"

struct aza_envelope {
        struct aza_bytes wrapped_key; /* 256 bytes, RSAES to our key */
        uint8_t iv[12];
        uint8_t tag[16]; /* member "AuthenticationData" */
        size_t key_len;  /* 32 or 16, from KeySizeInBits */
        struct aza_bytes ciphertext;
};
void aza_envelope_free(struct aza_envelope *e);

/* Raises the one failure of envelopes and returns its code; for faults that only the key's owner
 * can see (a wrapped key not below the modulus). */
int aza_envelope_fail(void);

/* AZATTEST_E_RESPONSE_NOT_JSON for the outer document, else AZATTEST_E_JWT_DECRYPTION. */
int aza_envelope_parse(struct aza_span body, struct aza_envelope *ret);
/* `key` has envelope->key_len bytes. */
int aza_envelope_open(OSSL_LIB_CTX *libctx, const struct aza_envelope *e, const uint8_t *key,
                      struct aza_bytes *ret_jwt);

#endif
