/* SPDX-License-Identifier: Apache-2.0 */
/* MAA's encrypted answer (PROTOCOL.md 8, rules 23-25, C6). Every fault behind the outer JSON has
 * one code and one text: an answer must not tell a sender which part of a forgery was wrong.
 * Pure. */
#include "maa/envelope.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

#include <openssl/err.h>
#include <string.h>

#define BODY_MAX     262144
#define WRAPPED_SIZE 256
#define AAD          "Transport Key"

int aza_envelope_fail(void)
{
        return AZA_FAIL(
                AZATTEST_E_JWT_DECRYPTION,
                "MAA's answer is not an envelope that this VM's key opens; try again, and check that 'maa-url' names an attestation provider");
}

/* Failure `r` of a helper: out of memory stays what it is. */
static int fail_from(int r)
{
        return r == AZATTEST_E_NO_MEMORY ? r : aza_envelope_fail();
}

void aza_envelope_free(struct aza_envelope *e)
{
        aza_bytes_free(&e->wrapped_key);
        aza_bytes_free(&e->ciphertext);
        memset(e, 0, sizeof(*e));
}

static int decode_member(json_object *object, const char *name, struct aza_bytes *ret)
{
        const char *text = aza_json_string(object, name);

        return text != NULL ? aza_base64_decode(AZA_BASE64, text, strlen(text), ret)
                            : aza_envelope_fail();
}

/* A member of exactly `size` bytes: OpenSSL would take a GCM tag of one byte (rule 23). */
static int decode_exact(json_object *object, const char *name, uint8_t *out, size_t size)
{
        AZA_BYTES struct aza_bytes bytes = {0};
        int r = decode_member(object, name, &bytes);

        if (r != 0)
                return r;
        if (bytes.len != size)
                return aza_envelope_fail();
        memcpy(out, bytes.data, size);
        return 0;
}

static bool text_is(json_object *object, const char *name, const char *expected)
{
        const char *text = aza_json_string(object, name);

        return text != NULL && strcmp(text, expected) == 0;
}

static int read_parameters(json_object *envelope, struct aza_envelope *e)
{
        json_object *parameters = aza_json_object(envelope, "EncryptionParams");
        int64_t bits = 0;

        /* "PKCS7" means nothing with GCM; the service sends it all the same. */
        if (!text_is(parameters, "Cipher", "AES") ||
            !text_is(parameters, "BlockMode", "ChainingModeGCM") ||
            !text_is(parameters, "BlockPadding", "PKCS7") ||
            !aza_json_int64(parameters, "KeySizeInBits", &bits) || bits <= 0)
                return aza_envelope_fail();
        e->key_len = bits == 128 ? 16 : 32;
        return decode_exact(parameters, "Iv", e->iv, sizeof(e->iv));
}

static int read_envelope(json_object *envelope, struct aza_envelope *e)
{
        int r = read_parameters(envelope, e);

        if (r == 0)
                r = decode_member(envelope, "EncryptedInnerKey", &e->wrapped_key);
        if (r == 0)
                r = decode_exact(envelope, "AuthenticationData", e->tag, sizeof(e->tag));
        if (r == 0)
                r = decode_member(envelope, "Jwt", &e->ciphertext);
        if (r == 0 && (e->wrapped_key.len != WRAPPED_SIZE || e->ciphertext.len == 0))
                r = aza_envelope_fail();
        return r;
}

int aza_envelope_parse(struct aza_span body, struct aza_envelope *ret)
{
        AZA_OWN(json_object_put) json_object *outer = NULL;
        AZA_OWN(json_object_put) json_object *envelope = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_envelope e = {0};
        int r = aza_json_parse(body, BODY_MAX, &outer);

        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        if (r != 0)
                return AZA_FAIL(AZATTEST_E_RESPONSE_NOT_JSON,
                                "MAA's answer (%zu bytes) is not JSON: %s; check 'maa-url'",
                                body.len, aza_last_error()->message);
        const char *token = aza_json_string(outer, "token");
        if (token == NULL)
                return aza_envelope_fail();
        r = aza_base64_decode(AZA_BASE64URL, token, strlen(token), &text);
        if (r == 0)
                r = aza_json_parse(aza_bytes_span(&text), BODY_MAX, &envelope);
        if (r == 0)
                r = read_envelope(envelope, &e);
        if (r != 0) {
                aza_envelope_free(&e);
                return fail_from(r);
        }
        *ret = e;
        return 0;
}

/* Three segments of base64url characters: what is no token at all is the envelope's fault; whether
 * it is a good one, an unsigned one above all, is the token parser's to say. */
static bool looks_like_jwt(struct aza_span text)
{
        size_t dots = 0;

        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.data[i];
                if (c == '.')
                        dots++;
                else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
                        return false;
        }
        return dots == 2 && text.data[0] != '.';
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const struct aza_envelope *e,
                    const uint8_t *key, uint8_t *out)
{
        uint8_t tag[sizeof(e->tag)];
        int n = 0;
        int rest = 0;

        memcpy(tag, e->tag, sizeof(tag));
        return EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1 &&
               EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)sizeof(e->iv), NULL) == 1 &&
               EVP_DecryptInit_ex2(ctx, NULL, key, e->iv, NULL) == 1 &&
               EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)AAD, (int)strlen(AAD)) == 1 &&
               EVP_DecryptUpdate(ctx, out, &n, e->ciphertext.data, (int)e->ciphertext.len) == 1 &&
               EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)sizeof(tag), tag) == 1 &&
               EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1 &&
               (size_t)n + (size_t)rest == e->ciphertext.len;
}

int aza_envelope_open(OSSL_LIB_CTX *libctx, const struct aza_envelope *e, const uint8_t *key,
                      struct aza_bytes *ret_jwt)
{
        const char *name = e->key_len == 16 ? "AES-128-GCM" : "AES-256-GCM";
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        AZA_BYTES struct aza_bytes jwt = {0};

        (void)ERR_set_mark();
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, name, NULL);
        int r = aza_bytes_resize(&jwt, e->ciphertext.len);
        if (ctx == NULL || cipher == NULL || r != 0)
                r = AZA_NO_MEMORY();
        else if (!decrypt(ctx, cipher, e, key, jwt.data) || !looks_like_jwt(aza_bytes_span(&jwt)))
                r = aza_envelope_fail();
        EVP_CIPHER_free(cipher);
        (void)ERR_pop_to_mark();
        if (r != 0)
                return r;
        aza_bytes_free(ret_jwt);
        *ret_jwt = aza_bytes_take(&jwt);
        return 0;
}
