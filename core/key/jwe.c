/* SPDX-License-Identifier: Apache-2.0 */
/* JWE to attested keys. The RSA part is crypt.c's. */
#include "key/jwe.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "key/crypt.h"

#include <openssl/err.h>
#include <string.h>

#define HEADER_MAX      4096
#define CONTENT_KEY_LEN 32
#define PARTS           5
#define PIECE           49152 /* of plaintext, in whole groups of base64 */

void aza_jwe_free(struct aza_jwe *jwe)
{
        aza_bytes_free(&jwe->encrypted_key);
        aza_bytes_free(&jwe->ciphertext);
        json_object_put(jwe->header);
        *jwe = (struct aza_jwe){0};
}

static struct aza_span without_line_end(struct aza_span text)
{
        if (text.len > 0 && text.data[text.len - 1] == '\n')
                text.len--;
        if (text.len > 0 && text.data[text.len - 1] == '\r')
                text.len--;
        return text;
}

/* Splits at dots. True when there are exactly PARTS parts. */
static bool split(struct aza_span text, struct aza_span parts[PARTS])
{
        for (int i = 0; i < PARTS; i++) {
                const uint8_t *dot = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;

                if ((dot == NULL) != (i == PARTS - 1))
                        return false;
                parts[i] = text;
                if (dot == NULL)
                        return true;
                parts[i].len = (size_t)(dot - text.data);
                text = aza_span_of(dot + 1, text.len - parts[i].len - 1);
        }
        return false;
}

bool aza_jwe_is(struct aza_span text)
{
        struct aza_span parts[PARTS];

        return text.len > 3 && memcmp(text.data, "eyJ", 3) == 0 && split(text, parts);
}

static int parse_header(struct aza_span part, struct aza_jwe *jwe)
{
        AZA_BYTES struct aza_bytes text = {0};
        json_object *header;
        const char *alg, *enc;
        char shown[64];

        if (part.len > HEADER_MAX ||
            aza_base64_decode(AZA_BASE64URL, (const char *)part.data, part.len, &text) != 0 ||
            aza_json_parse(aza_bytes_span(&text), HEADER_MAX, &jwe->header) != 0 ||
            !json_object_is_type(jwe->header, json_type_object))
                return AZA_FAIL(AZATTEST_E_JWE, "the JWE's header is no base64url JSON object");
        header = jwe->header;
        if (json_object_object_get_ex(header, "crit", NULL) ||
            json_object_object_get_ex(header, "zip", NULL))
                return AZA_FAIL(AZATTEST_E_JWE, "the JWE uses crit or zip, which is not supported");
        alg = aza_json_string(header, "alg");
        enc = aza_json_string(header, "enc");
        if (alg != NULL && strcmp(alg, "RSA-OAEP-256") == 0)
                jwe->alg = AZA_JWE_RSA_OAEP_256;
        else if (alg != NULL && strcmp(alg, "RSA-OAEP") == 0)
                jwe->alg = AZA_JWE_RSA_OAEP;
        else
                return AZA_FAIL(AZATTEST_E_JWE,
                                "the JWE's alg is %s; supported are RSA-OAEP-256 and RSA-OAEP",
                                alg == NULL
                                        ? "missing"
                                        : aza_printable(alg, strlen(alg), shown, sizeof(shown)));
        if (enc == NULL || strcmp(enc, "A256GCM") != 0)
                return AZA_FAIL(AZATTEST_E_JWE, "the JWE's enc is %s; supported is A256GCM",
                                enc == NULL
                                        ? "missing"
                                        : aza_printable(enc, strlen(enc), shown, sizeof(shown)));
        return 0;
}

static int decode_part(struct aza_span part, const char *what, struct aza_bytes *ret)
{
        int r = aza_base64_decode(AZA_BASE64URL, (const char *)part.data, part.len, ret);

        if (r == 0 || r == AZATTEST_E_NO_MEMORY)
                return r;
        return AZA_FAIL(AZATTEST_E_JWE, "the JWE's %s is not base64url", what);
}

static int parse_parts(const struct aza_span parts[PARTS], struct aza_jwe *jwe)
{
        AZA_BYTES struct aza_bytes iv = {0};
        AZA_BYTES struct aza_bytes tag = {0};
        int r;

        r = parse_header(parts[0], jwe);
        if (r != 0)
                return r;
        jwe->aad = parts[0];
        if ((r = decode_part(parts[1], "encrypted key", &jwe->encrypted_key)) != 0 ||
            (r = decode_part(parts[2], "initialization vector", &iv)) != 0 ||
            (r = decode_part(parts[3], "ciphertext", &jwe->ciphertext)) != 0 ||
            (r = decode_part(parts[4], "tag", &tag)) != 0)
                return r;
        if (iv.len != sizeof(jwe->iv) || tag.len != sizeof(jwe->tag) || jwe->encrypted_key.len == 0)
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "the JWE has a vector of %zu, a tag of %zu and a wrapped key of %zu bytes; A256GCM has 12 and 16",
                        iv.len, tag.len, jwe->encrypted_key.len);
        if (jwe->ciphertext.len > AZA_JWE_MAX)
                return AZA_FAIL(AZATTEST_E_JWE, "the JWE is larger than %u bytes", AZA_JWE_MAX);
        memcpy(jwe->iv, iv.data, sizeof(jwe->iv));
        memcpy(jwe->tag, tag.data, sizeof(jwe->tag));
        return 0;
}

int aza_jwe_parse(struct aza_span text, struct aza_jwe *ret)
{
        struct aza_span parts[PARTS];
        struct aza_jwe jwe = {0};
        int r;

        text = without_line_end(text);
        if (text.len > AZA_JWE_TEXT_MAX)
                return AZA_FAIL(AZATTEST_E_JWE, "the JWE is larger than %u bytes",
                                AZA_JWE_TEXT_MAX);
        if (!split(text, parts))
                return AZA_FAIL(AZATTEST_E_JWE,
                                "no compact JWE: it has five parts with dots between");
        r = parse_parts(parts, &jwe);
        if (r != 0) {
                aza_jwe_free(&jwe);
                return r;
        }
        *ret = jwe;
        return 0;
}

/* One use of AES-256-GCM. */
struct gcm {
        OSSL_LIB_CTX *libctx;
        const uint8_t *key, *iv; /* 32 and 12 bytes */
        struct aza_span aad;
};

/* NULL when it cannot be had. */
static EVP_CIPHER_CTX *gcm_begin(const struct gcm *g, bool encrypt)
{
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(g->libctx, "AES-256-GCM", NULL);
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        int n = 0;

        if (cipher == NULL || ctx == NULL ||
            EVP_CipherInit_ex2(ctx, cipher, g->key, g->iv, encrypt ? 1 : 0, NULL) != 1 ||
            EVP_CipherUpdate(ctx, NULL, &n, g->aad.data, (int)g->aad.len) != 1)
                return NULL;
        return aza_take(&ctx);
}

/* The ciphertext of `data` as base64url behind `text`, whose room is there, a piece at a time. */
static int put_ciphertext(const struct gcm *g, struct aza_span data, struct aza_bytes *text,
                          uint8_t tag[16])
{
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = gcm_begin(g, true);
        AZA_BYTES struct aza_bytes piece = {0};
        int n = 0;
        int r = ctx == NULL ? AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "AES-256-GCM failed")
                            : aza_bytes_resize(&piece, PIECE);

        for (size_t at = 0; r == 0 && at < data.len; at += (size_t)n) {
                const size_t left = data.len - at;

                if (EVP_EncryptUpdate(ctx, piece.data, &n, data.data + at,
                                      left < PIECE ? (int)left : PIECE) != 1)
                        return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "AES-256-GCM failed");
                r = aza_base64_encode(AZA_BASE64URL, aza_span_of(piece.data, (size_t)n), text);
        }
        if (r == 0 && (EVP_EncryptFinal_ex(ctx, piece.data, &n) != 1 ||
                       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) != 1))
                r = AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "AES-256-GCM failed");
        return r;
}

/* In place. */
static bool gcm_open(const struct gcm *g, struct aza_bytes *text, const uint8_t tag[16])
{
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = gcm_begin(g, false);
        uint8_t none[16], copy[16];
        int n = 0;

        memcpy(copy, tag, sizeof(copy));
        return ctx != NULL &&
               (text->len == 0 ||
                EVP_DecryptUpdate(ctx, text->data, &n, text->data, (int)text->len) == 1) &&
               EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, copy) == 1 &&
               EVP_DecryptFinal_ex(ctx, none, &n) == 1;
}

static struct aza_rsa_padding padding_of(enum aza_jwe_alg alg)
{
        struct aza_rsa_padding padding = {.scheme = AZATTEST_RSA_OAEP};

        padding.md = alg == AZA_JWE_RSA_OAEP ? "SHA1" : "SHA256";
        return padding;
}

static int append_part(struct aza_bytes *text, struct aza_span part)
{
        int r = aza_bytes_append(text, ".", 1);

        return r != 0 ? r : aza_base64_encode(AZA_BASE64URL, part, text);
}

/* A protected header, and what it says. */
struct head {
        enum aza_jwe_alg alg;
        const char *text;
};

static int encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const struct head *head,
                   struct aza_span data, struct aza_bytes *ret)
{
        const struct aza_rsa_padding padding = padding_of(head->alg);
        const struct aza_span header = aza_span_of(head->text, strlen(head->text));
        AZA_BYTES struct aza_bytes text = {0};
        AZA_BYTES struct aza_bytes content_key = {0};
        AZA_BYTES struct aza_bytes wrapped = {0};
        uint8_t iv[12], tag[16];
        size_t len;
        int r;

        if (data.len > AZA_JWE_MAX)
                return AZA_FAIL(AZATTEST_E_JWE, "%zu bytes are more than a JWE of ours holds (%u)",
                                data.len, AZA_JWE_MAX);
        if ((r = aza_bytes_resize(&content_key, CONTENT_KEY_LEN)) != 0 ||
            (r = aza_random(libctx, content_key.data, CONTENT_KEY_LEN)) != 0 ||
            (r = aza_random(libctx, iv, sizeof(iv))) != 0 ||
            (r = aza_encrypt(libctx, key, &padding, aza_bytes_span(&content_key), &wrapped)) != 0 ||
            (r = aza_base64_encode(AZA_BASE64URL, header, &text)) != 0)
                return r;
        /* Room for all of it at once: a buffer that grows is copied, and this one is large. */
        len = text.len;
        if ((r = aza_bytes_resize(&text, text.len + data.len / 3 * 4 + 1024)) != 0 ||
            (r = aza_bytes_resize(&text, len)) != 0 ||
            (r = append_part(&text, aza_bytes_span(&wrapped))) != 0 ||
            (r = append_part(&text, aza_span_of(iv, sizeof(iv)))) != 0 ||
            (r = aza_bytes_append(&text, ".", 1)) != 0)
                return r;
        const struct gcm g = {libctx, content_key.data, iv, aza_span_of(text.data, len)};
        if ((r = put_ciphertext(&g, data, &text, tag)) != 0 ||
            (r = append_part(&text, aza_span_of(tag, sizeof(tag)))) != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&text);
        return 0;
}

int aza_jwe_encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, enum aza_jwe_alg alg, struct aza_span data,
                    struct aza_bytes *ret)
{
        const struct head head = {
                .alg = alg,
                .text = alg == AZA_JWE_RSA_OAEP ? "{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}"
                                                : "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}"};

        return encrypt(libctx, key, &head, data, ret);
}

int aza_jwe_encrypt_with(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *header,
                         struct aza_span data, struct aza_bytes *ret)
{
        const struct head head = {.alg = AZA_JWE_RSA_OAEP_256, .text = header};

        return encrypt(libctx, key, &head, data, ret);
}

int aza_jwe_open(OSSL_LIB_CTX *libctx, struct aza_jwe *jwe, struct aza_span content_key,
                 struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes plain = aza_bytes_take(&jwe->ciphertext);
        const struct gcm g = {libctx, content_key.data, jwe->iv, jwe->aad};
        bool good;

        (void)ERR_set_mark();
        good = content_key.len == CONTENT_KEY_LEN && gcm_open(&g, &plain, jwe->tag);
        (void)ERR_pop_to_mark();
        if (!good)
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "the JWE does not decrypt: it is for another key, or was changed (after a restart, a changed PCR or a cleared TPM, a URI names another key)");
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&plain);
        return 0;
}

/* A content key that does not unwrap is replaced by a random one, so that only the tag decides. */
static int unwrap(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                  const struct aza_jwe *jwe, struct aza_bytes *content_key)
{
        struct aza_rsa_padding padding = padding_of(jwe->alg);
        AZA_BYTES struct aza_bytes replacement = {0};
        int r;

        if ((r = aza_bytes_resize(&replacement, CONTENT_KEY_LEN)) != 0 ||
            (r = aza_random(libctx, replacement.data, CONTENT_KEY_LEN)) != 0)
                return r;
        r = aza_unwrap(tpm, ref, &padding, aza_bytes_span(&jwe->encrypted_key), content_key);
        if (r != 0)
                return r;
        if (content_key->len != CONTENT_KEY_LEN) {
                aza_bytes_free(content_key);
                *content_key = aza_bytes_take(&replacement);
        }
        return 0;
}

int aza_jwe_decrypt_parsed(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                           struct aza_jwe *jwe, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes content_key = {0};
        int r = unwrap(libctx, tpm, ref, jwe, &content_key);

        return r != 0 ? r : aza_jwe_open(libctx, jwe, aza_bytes_span(&content_key), ret);
}

int aza_jwe_decrypt(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                    struct aza_span text, struct aza_bytes *ret)
{
        struct aza_jwe jwe = {0};
        int r = aza_jwe_parse(text, &jwe);

        r = r != 0 ? r : aza_jwe_decrypt_parsed(libctx, tpm, ref, &jwe, ret);
        aza_jwe_free(&jwe);
        return r;
}
