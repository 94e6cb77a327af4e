/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: JWE to a verified token's key, and opening one with this VM's. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "key/jwe.h"

#include <string.h>

int azattest_encrypt_jwe(azattest_context *ctx, const char *jwt, const uint8_t *data,
                         size_t data_len, char **ret_jwe)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes jwe = {0};
        uint8_t *text = NULL;
        int r;

        aza_clear_error();
        if (jwt == NULL || ret_jwe == NULL || (data == NULL && data_len > 0))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no token, no data, or no place for the result");
        if ((r = aza_call_begin(ctx, false, &call)) != 0 ||
            (r = aza_call_encryption_key(ctx, &call, jwt, &key)) != 0 ||
            (r = aza_jwe_encrypt(call.libctx, key, AZA_JWE_RSA_OAEP_256,
                                 aza_span_of(data, data_len), &jwe)) != 0 ||
            (r = aza_hand_over(&jwe, &text)) != 0)
                return r;
        *ret_jwe = (char *)text;
        return 0;
}

int azattest_decrypt_jwe(azattest_context *ctx, const char *uri, const char *jwe, uint8_t **ret_out,
                         size_t *ret_len)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        AZA_BYTES struct aza_bytes out = {0};
        int r;

        aza_clear_error();
        if (jwe == NULL || ret_out == NULL || ret_len == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no JWE, or no place for the result");
        if ((r = aza_call_begin(ctx, true, &call)) != 0 ||
            (r = aza_call_decryption_key(&call, uri != NULL ? uri : "azattest://key", &key)) != 0 ||
            (r = aza_jwe_decrypt(call.libctx, call.tpm, key, aza_span_of(jwe, strlen(jwe)),
                                 &out)) != 0)
                return r;
        *ret_len = out.len;
        return aza_hand_over(&out, ret_out);
}
