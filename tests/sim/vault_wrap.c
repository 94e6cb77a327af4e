/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a released key is wrapped. */
#include "sim/vault_wrap.h"

#include "base/crypto.h"
#include "sim/cert.h"

#include <openssl/rsa.h>
#include <string.h>

const char *sim_vault_digest(const char *enc)
{
        static const char *const names[][2] = {{"RSA_AES_KEY_WRAP_256", "SHA256"},
                                               {"RSA_AES_KEY_WRAP_384", "SHA384"},
                                               {"CKM_RSA_AES_KEY_WRAP", "SHA1"}};

        for (size_t i = 0; enc != NULL && i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(names[i][0], enc) == 0)
                        return names[i][1];
        return NULL;
}

static bool oaep(EVP_PKEY *to, const char *digest, struct aza_span plain, struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(sim_libctx(), to, NULL);
        size_t len = 512;

        return ctx != NULL && aza_bytes_resize(ret, len) == 0 && EVP_PKEY_encrypt_init(ctx) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, digest, NULL) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, digest, NULL) == 1 &&
               EVP_PKEY_encrypt(ctx, ret->data, &len, plain.data, plain.len) == 1 &&
               aza_bytes_resize(ret, len) == 0;
}

static bool key_wrap(const uint8_t key[32], struct aza_span plain, struct aza_bytes *ret)
{
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(sim_libctx(), "AES-256-WRAP-PAD", NULL);
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        const size_t before = ret->len;
        int len = 0;

        if (cipher == NULL || ctx == NULL || aza_bytes_resize(ret, before + plain.len + 16) != 0)
                return false;
        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        return EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1 &&
               EVP_EncryptUpdate(ctx, ret->data + before, &len, plain.data, (int)plain.len) == 1 &&
               aza_bytes_resize(ret, before + (size_t)len) == 0;
}

bool sim_vault_wrap(EVP_PKEY *to, const char *digest, struct aza_span plain, struct aza_bytes *ret)
{
        uint8_t key[32];
        bool good = aza_random(sim_libctx(), key, sizeof(key)) == 0 &&
                    oaep(to, digest, aza_span_of(key, sizeof(key)), ret) &&
                    key_wrap(key, plain, ret);

        OPENSSL_cleanse(key, sizeof(key));
        return good;
}
