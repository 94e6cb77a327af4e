/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: encrypt to a verified token's key, decrypt with this VM's. */
#include "api/azattest_context.h"

#include "base/crypto.h"
#include "base/error.h"
#include "key/crypt.h"
#include "key/jwe.h"
#include "online/token.h"
#include "tpm/uri.h"
#include "verdict/token.h"

#include <string.h>

#define DEFAULT_URI "azattest://key"

const char *aza_hash_name(enum azattest_rsa_hash hash)
{
        switch (hash) {
        case AZATTEST_RSA_SHA1:
                return "SHA1";
        case AZATTEST_RSA_SHA256:
                return "SHA256";
        case AZATTEST_RSA_SHA384:
                return "SHA384";
        case AZATTEST_RSA_SHA512:
                return "SHA512";
        }
        return NULL;
}

bool aza_scheme_known(enum azattest_rsa_scheme scheme)
{
        return scheme == AZATTEST_RSA_NULL || scheme == AZATTEST_RSA_ES ||
               scheme == AZATTEST_RSA_OAEP;
}

static int check_arguments(enum azattest_encryption_type type, const uint8_t *data, size_t data_len,
                           uint8_t **ret_out, const size_t *ret_len)
{
        aza_clear_error();
        if (type != AZATTEST_ENCRYPTION_NONE)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "unknown encryption type %d",
                                (int)type);
        if (ret_out == NULL || ret_len == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for the result");
        if (data == NULL || data_len == 0)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "no data: the input is empty (was the right file, or the output of a program that failed, given?)");
        return 0;
}

/* Unknown schemes and hashes are -24 as in the reference client, for both directions. */
static int make_padding(enum azattest_rsa_scheme scheme, enum azattest_rsa_hash hash,
                        struct aza_rsa_padding *ret)
{
        const char *md = aza_hash_name(hash);

        if (!aza_scheme_known(scheme) || md == NULL)
                return AZA_FAIL(AZATTEST_E_ENCRYPT_INIT, "unknown RSA scheme 0x%04x or hash 0x%04x",
                                (unsigned int)scheme, (unsigned int)hash);
        *ret = (struct aza_rsa_padding){.scheme = scheme, .md = md};
        return 0;
}

/* True when `token` names this VM's unnamed decryption key: only asked when no identity is
 * configured, because it opens the TPM. */
static bool is_own_key(azattest_context *ctx, const struct aza_token *token,
                       uint8_t modulus[AZA_RSA_BYTES])
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        AZA_BYTES struct aza_bytes n = {0};

        if (aza_call_begin(ctx, true, &call) != 0)
                return false;
        const struct aza_key_spec spec = {
                .purpose = AZA_PURPOSE_DECRYPT,
                .name = "",
                .hierarchy = call.config.hierarchy,
                .pcr_mask = aza_config_key_pcrs(&call.config),
        };
        if (aza_token_modulus(token, &n) != 0 || n.len != AZA_RSA_BYTES ||
            aza_key_derive(call.tpm, &spec, NULL, &key) != 0)
                return false;
        memcpy(modulus, key->modulus, AZA_RSA_BYTES);
        return memcmp(n.data, key->modulus, AZA_RSA_BYTES) == 0;
}

/* The key of `jwt`, verified as one to encrypt to: of another VM unless it proves to be ours
 * (D12). */
static int verify(azattest_context *ctx, struct azattest_call *call, const char *jwt,
                  const struct azattest_verify_options *options, EVP_PKEY **ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_CHECKS struct aza_checks own_checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        uint8_t modulus[AZA_RSA_BYTES];
        struct aza_verify_request request = {.foreign = true, .purpose = AZA_PURPOSE_DECRYPT};
        const struct aza_verifier verifier = aza_call_verifier(call);
        int r = aza_call_options(call, options, &request);

        if (r == 0)
                r = aza_verify_token(&verifier, &request, jwt, &checks, &token);
        if (r == AZATTEST_E_IDENTITY_NEEDED) {
                const struct aza_error why = aza_error_of(r);

                (void)aza_token_parse(jwt, strlen(jwt), NULL, &token);
                if (token == NULL || !is_own_key(ctx, token, modulus))
                        return aza_error_restore(&why);
                aza_token_free(aza_take(&token));
                request.foreign = false;
                request.own_modulus = modulus;
                r = aza_verify_token(&verifier, &request, jwt, &own_checks, &token);
        }
        return r != 0 ? r : aza_token_key(call->libctx, token, ret);
}

/* The key of a token that is not verified yet: form -22, key -23. */
static int extract_key(OSSL_LIB_CTX *libctx, const char *jwt, struct aza_token **ret_token,
                       EVP_PKEY **ret_key)
{
        AZA_CHECKS struct aza_checks checks = {0};
        int r = aza_token_parse(jwt, strlen(jwt), &checks, ret_token);

        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        if (r != 0)
                return AZA_FAIL(AZATTEST_E_JWK_EXTRACTION, "cannot encrypt to this token: %s",
                                aza_last_error()->message);
        r = aza_token_key(libctx, *ret_token, ret_key);
        if (r == AZATTEST_E_NO_MEMORY || r == 0)
                return r;
        return AZA_FAIL(AZATTEST_E_JWK_TO_RSA, "cannot encrypt to this token: %s",
                        aza_last_error()->message);
}

static int hand_out(struct aza_bytes *bytes, uint8_t **ret_out, size_t *ret_len)
{
        const size_t len = bytes->len;
        const int r = aza_hand_over(bytes, ret_out);

        if (r == 0)
                *ret_len = len;
        return r;
}

/* The whole block is copied, whatever the message's length: time does not tell it. */
static int hand_out_message(const struct aza_bytes *message, uint8_t **ret_out, size_t *ret_len)
{
        int r = aza_hand_out(aza_span_of(message->data, AZA_RSA_BYTES), ret_out);

        if (r == 0)
                *ret_len = message->len;
        return r;
}

int aza_call_encryption_key(azattest_context *ctx, struct azattest_call *call, const char *jwt,
                            EVP_PKEY **ret)
{
        static const struct azattest_verify_options none = AZATTEST_VERIFY_OPTIONS_INIT;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *unverified = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        int r = extract_key(call->libctx, jwt, &token, &unverified);

        return r != 0 ? r : verify(ctx, call, jwt, &none, ret);
}

int aza_call_decryption_key(const struct azattest_call *call, const char *uri_text,
                            struct aza_keyref **ret)
{
        struct aza_uri uri;
        int r = aza_uri_parse(uri_text, &call->config, &uri);

        if (r == 0 && uri.object != AZA_URI_KEY)
                r = AZA_FAIL(uri.object == AZA_URI_SIGN || uri.object == AZA_URI_ISSUE
                                     ? AZATTEST_E_WRONG_PURPOSE
                                     : AZATTEST_E_INVALID_PARAMETER,
                             "'%.200s' does not decrypt; write azattest://key", uri_text);
        if (r != 0)
                return r;
        const struct aza_key_spec spec = {
                .purpose = uri.purpose,
                .name = uri.name,
                .hierarchy = uri.hierarchy,
                .pcr_mask = uri.pcr_mask,
        };
        return aza_key_derive(call->tpm, &spec, NULL, ret);
}

int azattest_encrypt(azattest_context *ctx, enum azattest_encryption_type type, const char *jwt,
                     const uint8_t *data, size_t data_len, enum azattest_rsa_scheme scheme,
                     enum azattest_rsa_hash hash, uint8_t **ret_out, size_t *ret_len)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes out = {0};
        struct aza_rsa_padding padding;

        int r = check_arguments(type, data, data_len, ret_out, ret_len);
        if (r != 0)
                return r;
        if (jwt == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token to encrypt to");
        r = aza_call_begin(ctx, false, &call);
        if (r == 0)
                r = make_padding(scheme, hash, &padding);
        if (r == 0)
                r = aza_call_encryption_key(ctx, &call, jwt, &key);
        if (r == 0)
                r = aza_encrypt(call.libctx, key, &padding, aza_span_of(data, data_len), &out);
        return r != 0 ? r : hand_out(&out, ret_out, ret_len);
}

int aza_call_encryption_begin(azattest_context *ctx, const struct azattest_encryption *e,
                              struct azattest_call *call, EVP_PKEY **ret)
{
        int r;

        if ((r = aza_call_no_demands(e->options)) != 0 || (r = aza_call_no_file(e->options)) != 0 ||
            (r = aza_call_begin(ctx, false, call)) != 0)
                return r;
        return verify(ctx, call, e->jwt, e->options, ret);
}

static int encrypt_with(azattest_context *ctx, const struct azattest_encryption *e,
                        struct aza_bytes *ret)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        const struct aza_span data = aza_span_of(e->data, e->data_len);
        struct aza_rsa_padding padding = {0};
        int r;

        if ((r = e->jwe ? 0 : make_padding(e->scheme, e->hash, &padding)) != 0 ||
            (r = aza_call_encryption_begin(ctx, e, &call, &key)) != 0)
                return r;
        return e->jwe ? aza_jwe_encrypt(call.libctx, key, AZA_JWE_RSA_OAEP_256, data, ret)
                      : aza_encrypt(call.libctx, key, &padding, data, ret);
}

int azattest_encrypt_with(azattest_context *ctx, const struct azattest_encryption *encryption,
                          uint8_t **ret_out, size_t *ret_len)
{
        AZA_BYTES struct aza_bytes out = {0};
        struct azattest_encryption e;
        struct aza_options o;
        int r;

        aza_clear_error();
        if (encryption == NULL || ret_out == NULL || ret_len == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "nothing to encrypt, or no place for the result");
        if ((r = aza_encryption_take(encryption, &e, &o)) != 0)
                return r;
        e.options = &o.verify;
        if (e.jwt == NULL || (e.data == NULL && e.data_len > 0))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no token to encrypt to, or no data to encrypt");
        r = encrypt_with(ctx, &e, &out);
        return r != 0 ? r : hand_out(&out, ret_out, ret_len);
}

int azattest_decrypt_key(azattest_context *ctx, const char *uri_text, const uint8_t *data,
                         size_t data_len, enum azattest_rsa_scheme scheme,
                         enum azattest_rsa_hash hash, uint8_t **ret_out, size_t *ret_len)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        AZA_BYTES struct aza_bytes out = {0};
        struct aza_rsa_padding padding;

        int r = check_arguments(AZATTEST_ENCRYPTION_NONE, data, data_len, ret_out, ret_len);
        if (r == 0 && uri_text == NULL)
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no key URI");
        if (r == 0)
                r = aza_call_begin(ctx, true, &call);
        if (r == 0)
                r = make_padding(scheme, hash, &padding);
        if (r == 0)
                r = aza_call_decryption_key(&call, uri_text, &key);
        if (r == 0)
                r = aza_decrypt(call.tpm, key, &padding, aza_span_of(data, data_len), &out);
        return r != 0 ? r : hand_out_message(&out, ret_out, ret_len);
}

int azattest_decrypt(azattest_context *ctx, enum azattest_encryption_type type, const uint8_t *data,
                     size_t data_len, enum azattest_rsa_scheme scheme, enum azattest_rsa_hash hash,
                     uint8_t **ret_out, size_t *ret_len)
{
        int r = check_arguments(type, data, data_len, ret_out, ret_len);

        return r != 0 ? r
                      : azattest_decrypt_key(ctx, DEFAULT_URI, data, data_len, scheme, hash,
                                             ret_out, ret_len);
}
