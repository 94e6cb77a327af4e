/* SPDX-License-Identifier: Apache-2.0 */
/*
 * K5 and K6: the key out of a verified answer.
 *
 *   ciphertext = RSA-OAEP(AES-256 key), 256 bytes | AES key wrap with padding (RFC 5649) of the key
 *
 * Which of the two was wrong is not told: one code, one text. What is no AES key unwraps with a
 * random one.
 */
#include "base/crypto.h"
#include "base/error.h"
#include "key/crypt.h"
#include "release/release.h"

#include <openssl/err.h>
#include <string.h>

#define BLOCK       256
#define WRAPPED_MIN 16
#define AES_KEY     32
#define OCT_MIN     16
#define OCT_MAX     512

/* AES key wrap needs a flag before it may be used, and writes up to 8 bytes more than comes out. */
static bool unwrap(OSSL_LIB_CTX *libctx, const uint8_t *aes_key, struct aza_span wrapped,
                   struct aza_bytes *out)
{
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-WRAP-PAD", NULL);
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        int len = 0;

        if (cipher == NULL || ctx == NULL || aza_bytes_resize(out, wrapped.len + 8) != 0)
                return false;
        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        if (EVP_DecryptInit_ex2(ctx, cipher, aes_key, NULL, NULL) != 1 ||
            EVP_DecryptUpdate(ctx, out->data, &len, wrapped.data, (int)wrapped.len) != 1 ||
            len <= 0 || (size_t)len > wrapped.len)
                return false;
        return aza_bytes_resize(out, (size_t)len) == 0;
}

struct aza_span aza_release_block(const struct aza_release *r)
{
        struct aza_reader reader = aza_reader_of(aza_bytes_span(&r->wrapped));
        struct aza_span block = aza_read(&reader, BLOCK);

        if (reader.failed || reader.rest.len < WRAPPED_MIN || reader.rest.len % 8 != 0)
                return aza_span_of(NULL, 0);
        return block;
}

static bool open_wrapped(OSSL_LIB_CTX *libctx, const struct aza_release *r, struct aza_span aes_key,
                         struct aza_bytes *out)
{
        const struct aza_span block = aza_release_block(r);
        AZA_BYTES struct aza_bytes key = {0};

        if (block.len == 0 || aza_bytes_resize(&key, AES_KEY) != 0 ||
            aza_random(libctx, key.data, AES_KEY) != 0)
                return false;
        if (aes_key.len == AES_KEY)
                memcpy(key.data, aes_key.data, AES_KEY);
        (void)ERR_set_mark();
        bool good = unwrap(libctx, key.data,
                           aza_span_of(r->wrapped.data + BLOCK, r->wrapped.len - BLOCK), out);
        (void)ERR_pop_to_mark();
        return good && aes_key.len == AES_KEY;
}

/* The key in one PKCS#8 that fills `der`; NULL when it is none. */
static EVP_PKEY *read_pkcs8(OSSL_LIB_CTX *libctx, struct aza_span der)
{
        const unsigned char *at = der.data;
        PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
        EVP_PKEY *key = NULL;

        if (info != NULL && at == der.data + der.len)
                key = EVP_PKCS82PKEY_ex(info, libctx, NULL);
        PKCS8_PRIV_KEY_INFO_free(info);
        return key;
}

static bool halves_match(OSSL_LIB_CTX *libctx, EVP_PKEY *key)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);

        return ctx != NULL && EVP_PKEY_public_check(ctx) == 1 && EVP_PKEY_pairwise_check(ctx) == 1;
}

/* NULL, or what is wrong with what came out. */
static const char *pair_fault(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                              const struct aza_released *key)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *pair = read_pkcs8(libctx, aza_bytes_span(&key->bytes));
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *signed_half = NULL;

        if (pair == NULL)
                return "it is not one PKCS#8 key and nothing behind it";
        if (!EVP_PKEY_is_a(pair, key->kind == AZA_JWK_RSA ? "RSA" : "EC"))
                return "it is a key of another type than kty says";
        if (aza_jwk_public(libctx, r->key, &signed_half) != 0)
                return aza_last_error()->message;
        if (EVP_PKEY_eq(pair, signed_half) != 1)
                return "its public half is not the one that the vault signed";
        if (!halves_match(libctx, pair))
                return "its private half does not belong to its public one";
        return NULL;
}

static const char *key_fault(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                             const struct aza_released *key)
{
        const char *fault;

        if (key->kind == AZA_JWK_OTHER)
                return "kty is none of RSA, EC and oct, with or without -HSM";
        if (key->kind == AZA_JWK_OCT)
                return key->bytes.len < OCT_MIN || key->bytes.len > OCT_MAX
                               ? "an oct key shorter than 16 or longer than 512 bytes"
                               : NULL;
        (void)ERR_set_mark();
        fault = pair_fault(libctx, r, key);
        (void)ERR_pop_to_mark();
        return fault;
}

int aza_release_open(OSSL_LIB_CTX *libctx, const struct aza_release *r, struct aza_span aes_key,
                     struct aza_checks *checks, struct aza_released *ret)
{
        struct aza_released key = {.kind = aza_jwk_kind(aza_json_string(r->key, "kty"))};
        const char *fault = NULL;

        if (!open_wrapped(libctx, r, aes_key, &key.bytes)) {
                (void)aza_reject(checks, AZA_CHECK_K5,
                                 "the key does not unwrap: it is for another key, or was changed");
                (void)aza_not_checked(checks, AZA_CHECK_K6, AZA_FOLLOWS, "see K5");
        } else {
                (void)aza_accept(checks, AZA_CHECK_K5, NULL);
                fault = key_fault(libctx, r, &key);
                if (fault != NULL)
                        (void)aza_reject(checks, AZA_CHECK_K6, "%s", fault);
                else
                        (void)aza_accept(checks, AZA_CHECK_K6, NULL);
        }
        int code = aza_checks_result(checks, "released key");
        if (code == 0) {
                aza_released_free(ret);
                *ret = (struct aza_released){key.kind, aza_bytes_take(&key.bytes)};
        }
        aza_released_free(&key);
        return code;
}

static const char *const digests[AZA_WRAP_COUNT] = {
        [AZA_WRAP_SHA256] = "SHA256",
        [AZA_WRAP_SHA384] = "SHA384",
        [AZA_WRAP_SHA1] = "SHA1",
};

int aza_release_unwrap(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                       const struct aza_release_key *with, struct aza_checks *checks,
                       struct aza_released *ret)
{
        const struct aza_rsa_padding padding = {.scheme = AZATTEST_RSA_OAEP,
                                                .md = digests[with->wrap]};
        const struct aza_span block = aza_release_block(r);
        AZA_BYTES struct aza_bytes aes_key = {0};

        if (block.len > 0) {
                const int code = aza_unwrap(with->tpm, with->ref, &padding, block, &aes_key);

                if (code != 0)
                        return code;
        }
        return aza_release_open(libctx, r, aza_bytes_span(&aes_key), checks, ret);
}
