/* SPDX-License-Identifier: Apache-2.0 */
/* The small structures of a CMS message, in DER: recipients (RFC 5652 6.2.1, RFC 4055 4.1) and the
 * content's algorithm (RFC 5084 3.2). Pure. */
#ifndef AZA_KEY_CMS_ASN1_H
#define AZA_KEY_CMS_ASN1_H

#include "key/cms.h"

#define AZA_CMS_TAG_LEN 16 /* of GCM */

/* 0, AZATTEST_E_ENCRYPT. Appended to `ret`. */
int aza_cms_put_recipient(const uint8_t key_id[AZA_KEY_ID_LEN], struct aza_span encrypted_key,
                          struct aza_bytes *ret);
int aza_cms_put_cipher(const uint8_t nonce[12], struct aza_bytes *ret);

/* A KeyTransRecipientInfo, whole. False: malformed, or of another key management than
 * RSAES-OAEP. */
bool aza_cms_get_recipient(struct aza_span der, struct aza_cms_recipient *ret);
/* An AlgorithmIdentifier, whole: AES-GCM with a tag of 16 bytes. NULL, or what is wrong. */
const char *aza_cms_get_cipher(struct aza_span der, struct aza_cms_head *ret);

#endif
