/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypt to a public key in software, decrypt with this VM's (rsa_decrypt.c) by the names that the
 * library and the command use. Chooses neither key nor trust: callers verified the token or opened
 * the key. Offline half. */
#include "key/crypt.h"

#include "base/error.h"
#include "key/rsa_decrypt.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

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

/* How much one block of `size` bytes takes: RFC 8017 7.1.1, 7.2.1. */
static size_t most_bytes(OSSL_LIB_CTX *libctx, const struct aza_rsa_padding *padding, size_t size)
{
        AZA_OWN(EVP_MD_free) EVP_MD *md = NULL;
        size_t taken = 11;

        if (padding->scheme == AZATTEST_RSA_NULL)
                return size;
        if (padding->scheme == AZATTEST_RSA_OAEP) {
                md = EVP_MD_fetch(libctx, digest_name(padding), NULL);
                taken = md != NULL ? 2 * (size_t)EVP_MD_get_size(md) + 2 : 0;
        }
        return size > taken ? size - taken : 0;
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
        const size_t most = most_bytes(libctx, padding, len);
        if (data.len > most)
                return AZA_FAIL(
                        AZATTEST_E_ENCRYPT,
                        "%zu bytes are too many for one RSA block, which takes %zu with this padding; JWE takes up to 64 MiB, CMS any number (--alg JWE, --alg CMS)",
                        data.len, most);
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

/* The digests of OAEP live in `md` and `mgf1`, which the caller frees. */
static int describe(const struct aza_rsa_padding *padding, struct aza_rsa_decryption *d,
                    EVP_MD **md, EVP_MD **mgf1)
{
        switch (padding->scheme) {
        case AZATTEST_RSA_NULL:
                d->unpad = AZA_RSA_RAW;
                return 0;
        case AZATTEST_RSA_ES:
                d->unpad = AZA_RSA_PKCS1;
                return 0;
        case AZATTEST_RSA_OAEP:
                d->unpad = AZA_RSA_OAEP;
                *md = EVP_MD_fetch(d->libctx, digest_name(padding), NULL);
                *mgf1 = EVP_MD_fetch(d->libctx, mgf1_name(padding), NULL);
                d->oaep = (struct aza_oaep_params){*md, *mgf1, padding->label};
                if (*md == NULL || *mgf1 == NULL)
                        return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT_INIT, "OAEP: unknown hash");
                return 0;
        }
        return AZA_FAIL(AZATTEST_E_ENCRYPT_INIT, "unknown RSA scheme 0x%04x",
                        (unsigned int)padding->scheme);
}

/* The TPM's failures have its own codes still. */
static int decrypt(struct aza_tpm *tpm, const struct aza_keyref *ref,
                   const struct aza_rsa_padding *padding, struct aza_span ciphertext,
                   struct aza_bytes *ret)
{
        struct aza_rsa_decryption d = {.libctx = aza_tpm_libctx(tpm), .tpm = tpm, .ref = ref};
        AZA_OWN(EVP_MD_free) EVP_MD *md = NULL;
        AZA_OWN(EVP_MD_free) EVP_MD *mgf1 = NULL;
        AZA_BYTES struct aza_bytes out = {0};
        int r = describe(padding, &d, &md, &mgf1);

        if (r == 0)
                r = aza_bytes_resize(&out, AZA_RSA_BYTES);
        /* No resize behind it, whose time would follow the length; the rest is zero already. */
        if (r == 0)
                r = aza_rsa_decrypt(&d, ciphertext, out.data, &out.len);
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&out);
        return 0;
}

static int named(int r)
{
        return r == AZATTEST_E_TPM_OPERATION
                       ? AZA_FAIL_TPM(AZATTEST_E_DECRYPTION_TPM, aza_last_error()->tpm_rc, "%s",
                                      aza_last_error()->message)
                       : r;
}

int aza_decrypt(struct aza_tpm *tpm, const struct aza_keyref *ref,
                const struct aza_rsa_padding *padding, struct aza_span ciphertext,
                struct aza_bytes *ret)
{
        return named(decrypt(tpm, ref, padding, ciphertext, ret));
}

int aza_unwrap(struct aza_tpm *tpm, const struct aza_keyref *ref,
               const struct aza_rsa_padding *padding, struct aza_span wrapped,
               struct aza_bytes *ret)
{
        aza_bytes_free(ret);
        const int r = decrypt(tpm, ref, padding, wrapped, ret);

        return r == AZATTEST_E_DECRYPTION_TPM ? 0 : named(r);
}
