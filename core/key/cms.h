/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS authenticated-enveloped-data (RFC 5083) to attested keys: the content key by RSAES-OAEP (RFC
 * 4055), the content by AES-GCM (RFC 5084), of any size up to what one key and nonce may encrypt.
 * Nothing of the content is held but a chunk. Offline half; reading is pure and fuzzed.
 */
#ifndef AZA_KEY_CMS_H
#define AZA_KEY_CMS_H

#include "azattest.h"
#include "base/crypto.h"
#include "key/crypt.h"

struct aza_tpm;
struct aza_keyref;

#define AZA_CMS_CONTENT_MAX ((UINT64_C(1) << 36) - 32) /* bytes; NIST SP 800-38D 5.2.1.1 */
#define AZA_CMS_RECIPIENTS  8

/* True when it begins as authenticated-enveloped-data does. 64 bytes are enough to see it. */
bool aza_cms_is(struct aza_span begin);

/* Encrypts what `stream` reads to `key`, and writes it in BER of indefinite length. 0,
 * AZATTEST_E_JWE (too large), AZATTEST_E_ENCRYPT, AZATTEST_E_NO_MEMORY, or what the stream came
 * to. */
int aza_cms_encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const struct azattest_stream *stream);

/* One recipient whose key management we know. */
struct aza_cms_recipient {
        bool has_key_id;
        uint8_t key_id[AZA_KEY_ID_LEN];
        char md[16], mgf1_md[16];
        struct aza_bytes label;
        struct aza_bytes encrypted_key;
};

/* What stands in front of the content. */
struct aza_cms_head {
        struct aza_cms_recipient recipients[AZA_CMS_RECIPIENTS];
        size_t count;
        size_t key_len; /* 16, 24 or 32 */
        uint8_t nonce[12];
};
void aza_cms_head_free(struct aza_cms_head *head);

struct aza_cms_reading; /* a message whose head was read */

/* Reads up to the content. Of many recipients the first are kept, and one that has the
 * identifier `own` (or NULL) wherever it stands. 0 and *ret, which aza_cms_end releases;
 * AZATTEST_E_JWE (says what is malformed or not supported), AZATTEST_E_NO_MEMORY, or what the
 * stream came to. */
int aza_cms_begin(const struct azattest_stream *stream, const uint8_t *own,
                  struct aza_cms_head *head, struct aza_cms_reading **ret);
/* Decrypts the content and writes it, to the end of the message. Not before 0 is returned is it
 * known to be authentic. Else AZATTEST_E_JWE (one text for every fault of key and tag), or what the
 * stream came to. */
int aza_cms_content(OSSL_LIB_CTX *libctx, struct aza_cms_reading *reading,
                    const struct aza_cms_head *head, struct aza_span content_key);
void aza_cms_end(struct aza_cms_reading *reading);

/* All of it with this VM's key `ref`: a content key that does not unwrap and content that does not
 * authenticate fail alike. As aza_cms_content; AZATTEST_E_WRONG_PURPOSE, and what the TPM fails
 * with. */
int aza_cms_decrypt(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                    const struct azattest_stream *stream);

#endif
