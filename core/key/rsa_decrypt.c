/* SPDX-License-Identifier: Apache-2.0 */
/* RSADP in the vTPM with everything around it. Offline half; the provider links it, too. */
#include "key/rsa_decrypt.h"

#include "base/error.h"

#include <openssl/crypto.h>
#include <string.h>

#define TLS_PREMASTER 48u

int aza_rsa_decrypt_may(const struct aza_keyref *ref, enum aza_rsa_unpad unpad)
{
        if (unpad == AZA_RSA_PKCS1_FIXED)
                return 0;
        int r = aza_keyref_may(ref, AZA_PURPOSE_DECRYPT);
        if (r == 0 && unpad == AZA_RSA_RAW && ref->purpose != AZA_PURPOSE_ANY)
                r = AZA_FAIL(
                        AZATTEST_E_WRONG_PURPOSE,
                        "decryption without padding would reveal how the key hides bad padding; use OAEP, or a key with purpose=any");
        return r;
}

size_t aza_rsa_decrypt_room(const struct aza_rsa_decryption *d)
{
        switch (d->unpad) {
        case AZA_RSA_PKCS1_TLS:
                return TLS_PREMASTER;
        case AZA_RSA_PKCS1_FIXED:
                return d->want;
        default:
                return AZA_RSA_BYTES;
        }
}

/* The ciphertext as one block below the modulus. Nothing here is secret. */
static int as_block(const struct aza_rsa_decryption *d, struct aza_span ciphertext,
                    uint8_t block[AZA_RSA_BYTES])
{
        const bool exact = d->unpad == AZA_RSA_SECRET || d->unpad == AZA_RSA_PKCS1_FIXED;
        const size_t least = exact ? AZA_RSA_BYTES : 1;

        if (ciphertext.len < least || ciphertext.len > AZA_RSA_BYTES)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "a ciphertext of %zu bytes is not one RSA-2048 block of %d%s",
                        ciphertext.len, AZA_RSA_BYTES,
                        ciphertext.len == AZA_RSA_BYTES + 1 && ciphertext.data[0] == 0
                                ? "; drop the leading zero that a serialiser of big numbers put there"
                                : "");
        memset(block, 0, AZA_RSA_BYTES - ciphertext.len);
        memcpy(block + AZA_RSA_BYTES - ciphertext.len, ciphertext.data, ciphertext.len);
        if (memcmp(block, d->ref->modulus, AZA_RSA_BYTES) >= 0)
                return AZA_FAIL(
                        AZATTEST_E_DECRYPTION_TPM,
                        "decryption failed: the ciphertext is not below this key's modulus, so it is for another key (after a restart, a changed PCR or a cleared TPM, a URI names another key)");
        return 0;
}

/* `block` is RSADP's result. */
static int unpad(const struct aza_rsa_decryption *d, const struct aza_implicit_rejection *rejection,
                 struct aza_span block, uint8_t *out, size_t *len)
{

        switch (d->unpad) {
        case AZA_RSA_OAEP:
                return aza_oaep_decode(&d->oaep, block, out, len);
        case AZA_RSA_PKCS1:
                return aza_pkcs1_decode_implicit(rejection, block, out, len);
        case AZA_RSA_PKCS1_EXPLICIT:
                return aza_pkcs1_decode(block, out, len);
        case AZA_RSA_PKCS1_TLS:
                *len = TLS_PREMASTER;
                return aza_pkcs1_decode_tls(d->libctx, block, d->client_version, d->alt_version,
                                            out);
        case AZA_RSA_PKCS1_FIXED:
                *len = d->want;
                return aza_pkcs1_decode_fixed(d->libctx, block, out, d->want);
        case AZA_RSA_RAW:
        case AZA_RSA_SECRET:
                memcpy(out, block.data, block.len);
                *len = block.len;
                return 0;
        }
        return AZA_FAIL(AZATTEST_E_ENCRYPT_INIT, "unknown padding %d", (int)d->unpad);
}

int aza_rsa_decrypt(const struct aza_rsa_decryption *d, struct aza_span ciphertext, uint8_t *out,
                    size_t *len)
{
        uint8_t in[AZA_RSA_BYTES], result[AZA_RSA_BYTES], secret[32] = {0};
        const struct aza_implicit_rejection rejection = {
                .libctx = d->libctx, .secret = secret, .ciphertext = {in, sizeof(in)}};
        int r = aza_rsa_decrypt_may(d->ref, d->unpad);

        if (r == 0)
                r = as_block(d, ciphertext, in);
        if (r == 0 && *len < aza_rsa_decrypt_room(d))
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                             "decryption into %zu bytes, needed are %zu", *len,
                             aza_rsa_decrypt_room(d));
        /* The secret comes before the decryption, never only when padding was bad (PV42). */
        if (r == 0 && d->unpad == AZA_RSA_PKCS1)
                r = aza_key_rejection_secret(d->tpm, d->ref, secret);
        if (r == 0)
                r = aza_key_rsadp(d->tpm, d->ref, in, result);
        if (r == 0)
                r = unpad(d, &rejection, aza_span_of(result, sizeof(result)), out, len);
        OPENSSL_cleanse(result, sizeof(result));
        OPENSSL_cleanse(secret, sizeof(secret));
        return r;
}
