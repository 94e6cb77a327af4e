/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypt to a public key in software; decrypt as RSADP in the vTPM with the padding here. Chooses
 * neither key nor trust: callers verified the token or opened the key. Offline half. */
#include "key/crypt.h"

#include "base/error.h"
#include "key/rsa_padding.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

static const char *digest_name(const struct aza_rsa_padding *padding)
{
        return padding->md != NULL ? padding->md : "SHA256";
}

static const char *mgf1_name(const struct aza_rsa_padding *padding)
{
        return padding->mgf1_md != NULL ? padding->mgf1_md : digest_name(padding);
}

static int set_oaep(EVP_PKEY_CTX *ctx, const struct aza_rsa_padding *padding)
{
        if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) <= 0 ||
            EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, digest_name(padding), NULL) <= 0 ||
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf1_name(padding), NULL) <= 0)
                return 0;
        if (padding->label.len == 0)
                return 1;
        void *label = OPENSSL_memdup(padding->label.data, padding->label.len);
        if (label == NULL ||
            EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)padding->label.len) <= 0) {
                OPENSSL_free(label);
                return 0;
        }
        return 1;
}

static int set_padding(EVP_PKEY_CTX *ctx, const struct aza_rsa_padding *padding)
{
        switch (padding->scheme) {
        case AZATTEST_RSA_NULL:
                return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING);
        case AZATTEST_RSA_ES:
                return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
        case AZATTEST_RSA_OAEP:
                return set_oaep(ctx, padding);
        }
        return 0;
}

int aza_encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const struct aza_rsa_padding *padding,
                struct aza_span data, struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
        AZA_BYTES struct aza_bytes out = {0};
        size_t len = (size_t)EVP_PKEY_get_size(key);

        if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) <= 0 || set_padding(ctx, padding) <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT_INIT,
                                        "encryption: unknown scheme or hash");
        int r = aza_bytes_resize(&out, len);
        if (r != 0)
                return r;
        if (EVP_PKEY_encrypt(ctx, out.data, &len, data.data, data.len) <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT,
                                        "encryption of %zu bytes to a key of %zu failed", data.len,
                                        out.len);
        r = aza_bytes_resize(&out, len);
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&out);
        return 0;
}

/* The ciphertext as one block below the modulus (protocol.md 3.5): serialisers of big numbers add or
 * drop leading zeros. */
static int normalise(const struct aza_keyref *ref, struct aza_span ciphertext,
                     uint8_t block[AZA_RSA_BYTES])
{
        if (ciphertext.len == AZA_RSA_BYTES + 1 && ciphertext.data[0] == 0) {
                ciphertext.data++;
                ciphertext.len--;
        }
        if (ciphertext.len == 0 || ciphertext.len > AZA_RSA_BYTES)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "a ciphertext of %zu bytes is not one RSA-2048 block",
                                ciphertext.len);
        memset(block, 0, AZA_RSA_BYTES);
        memcpy(block + AZA_RSA_BYTES - ciphertext.len, ciphertext.data, ciphertext.len);
        if (memcmp(block, ref->modulus, AZA_RSA_BYTES) >= 0)
                return AZA_FAIL(AZATTEST_E_DECRYPTION_TPM,
                                "the ciphertext is not below this key's modulus: it was made for "
                                "another key");
        return 0;
}

static int check_purpose(const struct aza_keyref *ref, enum azattest_rsa_scheme scheme)
{
        if (ref->purpose == AZA_PURPOSE_SIGN)
                return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE,
                                "this is a signing key; decrypt with azattest://key");
        if (scheme == AZATTEST_RSA_NULL && ref->purpose != AZA_PURPOSE_ANY)
                return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE,
                                "decryption without padding would reveal the key's "
                                "implicit-rejection secret; use OAEP, or a key with purpose=any");
        return 0;
}

static int decode_oaep(OSSL_LIB_CTX *libctx, const struct aza_rsa_padding *padding,
                       struct aza_span block, struct aza_bytes *out)
{
        AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(libctx, digest_name(padding), NULL);
        AZA_OWN(EVP_MD_free) EVP_MD *mgf1 = EVP_MD_fetch(libctx, mgf1_name(padding), NULL);
        size_t len = out->len;

        if (md == NULL || mgf1 == NULL)
                return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT_INIT, "OAEP: unknown hash");
        int r = aza_oaep_decode(md, mgf1, padding->label, block, out->data, &len);
        return r != 0 ? r : aza_bytes_resize(out, len);
}

static int decode_pkcs1(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                        struct aza_span ciphertext, struct aza_span block, struct aza_bytes *out)
{
        uint8_t secret[32];
        size_t len = out->len;
        int r = aza_key_rejection_secret(tpm, ref, secret);

        if (r == 0)
                r = aza_pkcs1_decode_implicit(libctx, secret, ciphertext, block, out->data, &len);
        OPENSSL_cleanse(secret, sizeof(secret));
        /* No resize, whose time follows the length; what is behind the message is zero already. */
        if (r == 0)
                out->len = len;
        return r;
}

static int decode(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                  const struct aza_rsa_padding *padding, struct aza_span ciphertext,
                  struct aza_span block, struct aza_bytes *out)
{
        switch (padding->scheme) {
        case AZATTEST_RSA_NULL:
                return aza_bytes_set(out, block.data, block.len);
        case AZATTEST_RSA_ES:
                return decode_pkcs1(libctx, tpm, ref, ciphertext, block, out);
        case AZATTEST_RSA_OAEP:
                return decode_oaep(libctx, padding, block, out);
        }
        return AZA_FAIL(AZATTEST_E_ENCRYPT_INIT, "unknown RSA scheme 0x%04x",
                        (unsigned int)padding->scheme);
}

int aza_decrypt(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                const struct aza_rsa_padding *padding, struct aza_span ciphertext,
                struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes out = {0};
        uint8_t in[AZA_RSA_BYTES];
        uint8_t block[AZA_RSA_BYTES];
        int r = check_purpose(ref, padding->scheme);

        if (r == 0)
                r = normalise(ref, ciphertext, in);
        if (r == 0)
                r = aza_bytes_resize(&out, AZA_RSA_BYTES);
        if (r == 0)
                r = aza_key_rsadp(tpm, ref, in, block);
        if (r == AZATTEST_E_TPM_OPERATION)
                r = AZA_FAIL_TPM(AZATTEST_E_DECRYPTION_TPM, aza_last_error()->tpm_rc, "%s",
                                 aza_last_error()->message);
        if (r == 0)
                r = decode(libctx, tpm, ref, padding, aza_span_of(in, sizeof(in)),
                           aza_span_of(block, sizeof(block)), &out);
        OPENSSL_cleanse(block, sizeof(block));
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&out);
        return 0;
}
