/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the envelope around a token, and the ways it can be wrong. */
#include "sim/maa_envelope.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <openssl/rsa.h>
#include <string.h>

#define KEY_LEN     32
#define TAG_LEN     16
#define IV_LEN      12
#define LONG_IV_LEN 16
#define AAD         "Transport Key"

struct sealed {
        uint8_t key[KEY_LEN];
        uint8_t iv[LONG_IV_LEN];
        size_t iv_len;
        uint8_t tag[TAG_LEN];
        size_t tag_len;
        struct aza_bytes inner_key; /* RSAES */
        struct aza_bytes text;      /* ciphertext */
};

static void sealed_free(struct sealed *s)
{
        aza_bytes_free(&s->inner_key);
        aza_bytes_free(&s->text);
        OPENSSL_cleanse(s->key, sizeof(s->key));
}
#define SEALED __attribute__((cleanup(sealed_free)))

static bool strikes(struct sim_faults *faults, const char *name)
{
        return faults != NULL && sim_fault_take(faults, name, NULL, 0);
}

static bool seal(struct sealed *s, struct aza_span token)
{
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(sim_libctx(), "AES-256-GCM", NULL);
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        int n = 0;

        return cipher != NULL && ctx != NULL && token.len <= 1024UL * 1024 &&
               aza_bytes_resize(&s->text, token.len) == 0 &&
               EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1 &&
               EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)s->iv_len, NULL) == 1 &&
               EVP_EncryptInit_ex2(ctx, NULL, s->key, s->iv, NULL) == 1 &&
               EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)AAD, sizeof(AAD) - 1) == 1 &&
               EVP_EncryptUpdate(ctx, s->text.data, &n, token.data, (int)token.len) == 1 &&
               EVP_EncryptFinal_ex(ctx, s->text.data + n, &n) == 1 &&
               EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, s->tag) == 1;
}

static bool wrap_key(struct sealed *s, EVP_PKEY *key)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(sim_libctx(), key, NULL);
        size_t len = (size_t)EVP_PKEY_get_size(key);

        return ctx != NULL && aza_bytes_resize(&s->inner_key, len) == 0 &&
               EVP_PKEY_encrypt_init(ctx) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_encrypt(ctx, s->inner_key.data, &len, s->key, sizeof(s->key)) == 1;
}

static bool add_bytes(json_object *object, const char *name, const void *data, size_t len)
{
        AZA_BYTES struct aza_bytes text = {0};
        return aza_base64_encode(AZA_BASE64, aza_span_of(data, len), &text) == 0 &&
               json_object_object_add(object, name,
                                      json_object_new_string((const char *)text.data)) == 0;
}

static bool write_envelope(const struct sealed *s, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *envelope = json_object_new_object();
        json_object *params = json_object_new_object();

        if (!add_bytes(envelope, "AuthenticationData", s->tag, s->tag_len) ||
            !add_bytes(envelope, "EncryptedInnerKey", s->inner_key.data, s->inner_key.len) ||
            json_object_object_add(envelope, "EncryptionParams", params) != 0)
                return false;
        (void)json_object_object_add(params, "BlockMode",
                                     json_object_new_string("ChainingModeGCM"));
        (void)json_object_object_add(params, "BlockPadding", json_object_new_string("PKCS7"));
        (void)json_object_object_add(params, "Cipher", json_object_new_string("AES"));
        if (!add_bytes(params, "Iv", s->iv, s->iv_len))
                return false;
        (void)json_object_object_add(params, "KeySizeInBits", json_object_new_int(8 * KEY_LEN));
        return add_bytes(envelope, "Jwt", s->text.data, s->text.len) &&
               aza_bytes_append_text(
                       ret, json_object_to_json_string_ext(
                                    envelope,
                                    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) == 0;
}

static bool make_envelope(EVP_PKEY *key, struct aza_span token, struct sim_faults *faults,
                          struct aza_bytes *ret)
{
        SEALED struct sealed s = {.iv_len = IV_LEN, .tag_len = TAG_LEN};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *other = NULL;

        if (strikes(faults, "envelope-bad-iv"))
                s.iv_len = LONG_IV_LEN;
        if (strikes(faults, "envelope-swapped-key")) {
                other = sim_rsa_key(2048);
                key = other;
        }
        if (key == NULL || aza_random(sim_libctx(), s.key, sizeof(s.key)) != 0 ||
            aza_random(sim_libctx(), s.iv, sizeof(s.iv)) != 0 || !seal(&s, token) ||
            !wrap_key(&s, key))
                return false;
        if (strikes(faults, "envelope-wrong-tag"))
                s.tag[0] ^= 1;
        if (strikes(faults, "envelope-short-tag"))
                s.tag_len = 4;
        return write_envelope(&s, ret);
}

static bool wrap_reply(struct aza_span content, bool encode, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *reply = json_object_new_object();
        AZA_BYTES struct aza_bytes text = {0};

        if (encode ? aza_base64_encode(AZA_BASE64URL, content, &text) != 0
                   : aza_bytes_set(&text, content.data, content.len) != 0)
                return false;
        return json_object_object_add(reply, "token",
                                      json_object_new_string((const char *)text.data)) == 0 &&
               aza_bytes_append_text(
                       ret, json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN)) == 0;
}

int sim_maa_envelope(EVP_PKEY *key, struct aza_span token, struct sim_faults *faults,
                     struct aza_bytes *ret)
{
        static const char not_json[] = "this is no envelope";
        AZA_BYTES struct aza_bytes envelope = {0};
        bool good;

        if (strikes(faults, "envelope-plain-token"))
                good = wrap_reply(token, false, ret);
        else if (strikes(faults, "envelope-not-json"))
                good = wrap_reply(aza_span_of(not_json, sizeof(not_json) - 1), true, ret);
        else
                good = make_envelope(key, token, faults, &envelope) &&
                       wrap_reply(aza_bytes_span(&envelope), true, ret);
        return good ? 0 : sim_fail("cannot make an envelope");
}
