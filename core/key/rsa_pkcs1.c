/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#1 v1.5 (RFC 8017 7.2, 9.2) and its decoders for four kinds of caller. Pure code: no key, no
 * TPM.
 *
 *   encryption block: 00 | 02 | 8 or more nonzero bytes | 00 | message
 *   signature block:  00 | 01 | FF .. FF (8 or more)    | 00 | DigestInfo
 *
 * A decoder that tells a good block from a bad one is Bleichenbacher's oracle. So the implicit
 * decoder answers a bad block with the message that draft-irtf-cfrg-rsa-guidance derives from key
 * and ciphertext, and the two decoders for values of known length answer with random bytes.
 */
#include "base/crypto.h"
#include "base/error.h"
#include "key/constant_time.h"
#include "key/rsa_padding.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#define PADDING_MIN  8u
#define OVERHEAD     (PADDING_MIN + 3u)
#define LENGTH_TRIES 128u
#define HMAC_LEN     32u

AZA_OWN_DEFINE(EVP_MAC, EVP_MAC_free);
AZA_OWN_DEFINE(EVP_MAC_CTX, EVP_MAC_CTX_free);

static int check_size(struct aza_span block)
{
        if (block.len < OVERHEAD || block.len > AZA_PADDING_MAX)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "PKCS#1 v1.5 block of %zu bytes: must be %u to %d", block.len,
                                OVERHEAD, AZA_PADDING_MAX);
        return 0;
}

/* Looks at the whole block. Returns the verdict; *ret_start is the message's offset, meaningless
 * when bad. */
static aza_ct_mask check(const uint8_t *block, uint32_t k, uint32_t *ret_start)
{
        aza_ct_mask good = aza_ct_is_zero(block[0]) & aza_ct_equal(block[1], 2);
        aza_ct_mask found = 0;
        uint32_t zero = 0;

        for (uint32_t i = 2; i < k; i++) {
                const aza_ct_mask is_zero = aza_ct_is_zero(block[i]);

                zero = aza_ct_select(~found & is_zero, i, zero);
                found |= is_zero;
        }
        good &= ~aza_ct_less(zero, 2 + PADDING_MIN); /* also when there is none: zero is 0 */
        *ret_start = zero + 1;
        return good;
}

/* Writes the last `message_len` (<= k - 11) bytes of `block` to out[0..room); destroys `block`. */
static void deliver(uint8_t *block, uint32_t k, uint32_t message_len, uint8_t *out, uint32_t room)
{
        const uint32_t longest = k - OVERHEAD;
        uint8_t *rest = block + OVERHEAD;

        aza_ct_shift_down(rest, longest, longest - message_len);
        for (uint32_t i = 0; i < room && i < longest; i++)
                out[i] = aza_ct_select_u8(aza_ct_less(i, message_len), rest[i], 0);
}

int aza_pkcs1_decode(struct aza_span block, uint8_t *out, size_t *len)
{
        uint8_t em[AZA_PADDING_MAX];
        uint32_t start = 0;
        int rc = check_size(block);

        if (rc != 0)
                return rc;
        const uint32_t k = (uint32_t)block.len;
        const uint32_t longest = k - OVERHEAD;
        const uint32_t room = *len < longest ? (uint32_t)*len : longest;
        memcpy(em, block.data, k);
        aza_ct_mask good = check(em, k, &start);
        const uint32_t message_len = aza_ct_select(good, k - start, 0);
        good &= ~aza_ct_less(room, message_len);
        deliver(em, k, message_len, out, aza_ct_public(good) != 0 ? room : 0);
        OPENSSL_cleanse(em, sizeof(em));
        if (aza_ct_public(good) == 0)
                return AZA_FAIL(AZATTEST_E_DECRYPTION_TPM,
                                "decryption failed: not PKCS#1 v1.5 padding");
        *len = aza_ct_public(message_len);
        return 0;
}

/* ---- implicit rejection ---- */

/* The draft's IRPRF: out = HMAC(kdk, i16 | label | bits16) for i = 0, 1, .. */
static int prf(EVP_MAC_CTX *hmac, const uint8_t kdk[HMAC_LEN], const char *label, uint8_t *out,
               uint32_t len)
{
        uint8_t tag[HMAC_LEN];
        const uint8_t bits[2] = {(uint8_t)((len * 8) >> 8), (uint8_t)(len * 8)};

        for (size_t i = 0; i * HMAC_LEN < len; i++) {
                const uint8_t counter[2] = {(uint8_t)(i >> 8), (uint8_t)i};
                const size_t rest = len - i * HMAC_LEN;
                size_t got;

                if (EVP_MAC_init(hmac, kdk, HMAC_LEN, NULL) != 1 ||
                    EVP_MAC_update(hmac, counter, sizeof(counter)) != 1 ||
                    EVP_MAC_update(hmac, (const uint8_t *)label, strlen(label)) != 1 ||
                    EVP_MAC_update(hmac, bits, sizeof(bits)) != 1 ||
                    EVP_MAC_final(hmac, tag, &got, sizeof(tag)) != 1)
                        return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "HMAC-SHA256");
                memcpy(out + i * HMAC_LEN, tag, rest < HMAC_LEN ? rest : HMAC_LEN);
        }
        OPENSSL_cleanse(tag, sizeof(tag));
        return 0;
}

/* The last candidate below k - 10 of 128 16-bit numbers, masked to the bits that a length needs. */
static uint32_t synthetic_length(const uint8_t candidates[2 * LENGTH_TRIES], uint32_t k)
{
        const uint32_t limit = k - OVERHEAD + 1;
        uint32_t mask = limit;
        uint32_t length = 0;

        for (uint32_t s = 1; s < 16; s <<= 1)
                mask |= mask >> s;
        for (uint32_t i = 0; i < 2 * LENGTH_TRIES; i += 2) {
                const uint32_t c =
                        (((uint32_t)candidates[i] << 8) | (uint32_t)candidates[i + 1]) & mask;

                length = aza_ct_select(aza_ct_less(c, limit), c, length);
        }
        return length;
}

/* The pseudo-random message of (secret, ciphertext): the last *ret_len bytes of `message`. */
static int synthesise(const struct aza_implicit_rejection *rejection, uint8_t *message, uint32_t k,
                      uint32_t *ret_len)
{
        AZA_OWN(EVP_MAC_free) EVP_MAC *mac = EVP_MAC_fetch(rejection->libctx, "HMAC", NULL);
        AZA_OWN(EVP_MAC_CTX_free) EVP_MAC_CTX *hmac = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
        char digest[] = "SHA256";
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                OSSL_PARAM_construct_end()};
        uint8_t kdk[HMAC_LEN];
        uint8_t candidates[2 * LENGTH_TRIES];
        size_t got;
        int rc;

        if (hmac == NULL || EVP_MAC_init(hmac, rejection->secret, 32, params) != 1 ||
            EVP_MAC_update(hmac, rejection->ciphertext.data, rejection->ciphertext.len) != 1 ||
            EVP_MAC_final(hmac, kdk, &got, sizeof(kdk)) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "HMAC-SHA256");
        rc = prf(hmac, kdk, "message", message, k);
        if (rc == 0)
                rc = prf(hmac, kdk, "length", candidates, sizeof(candidates));
        if (rc == 0)
                *ret_len = synthetic_length(candidates, k);
        OPENSSL_cleanse(kdk, sizeof(kdk));
        OPENSSL_cleanse(candidates, sizeof(candidates));
        return rc;
}

int aza_pkcs1_decode_implicit(const struct aza_implicit_rejection *rejection, struct aza_span block,
                              uint8_t *out, size_t *len)
{
        uint8_t message[AZA_PADDING_MAX] = {0};
        uint32_t start = 0;
        uint32_t rejected_len = 0;
        int rc = check_size(block);

        if (rc != 0)
                return rc;
        const uint32_t k = (uint32_t)block.len;
        if (rejection->ciphertext.len != k || *len < k - OVERHEAD)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "PKCS#1 v1.5 decryption needs a ciphertext of %u and a buffer of %u bytes, not %zu and %zu",
                        k, k - OVERHEAD, rejection->ciphertext.len, *len);
        rc = synthesise(rejection, message, k, &rejected_len);
        if (rc == 0) {
                const aza_ct_mask good = check(block.data, k, &start);
                const uint32_t message_len = aza_ct_select(good, k - start, rejected_len);

                for (uint32_t i = 0; i < k; i++)
                        message[i] = aza_ct_select_u8(good, block.data[i], message[i]);
                deliver(message, k, message_len, out, k - OVERHEAD);
                *len = message_len;
        }
        OPENSSL_cleanse(message, sizeof(message));
        return rc;
}

/* ---- values of known length ---- */

/* The verdict over 00 02 nonzero.. 00 and exactly `want` bytes behind it. */
static aza_ct_mask check_exact(struct aza_span block, size_t want)
{
        const size_t zero = block.len - want - 1;
        aza_ct_mask good = aza_ct_is_zero(block.data[0]) & aza_ct_equal(block.data[1], 2);

        for (size_t i = 2; i < zero; i++)
                good &= ~aza_ct_is_zero(block.data[i]);
        return good & aza_ct_is_zero(block.data[zero]);
}

static int random_fallback(OSSL_LIB_CTX *libctx, struct aza_span block, uint8_t *out, size_t want)
{
        int rc = check_size(block);

        if (rc != 0)
                return rc;
        if (want > block.len - OVERHEAD)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "%zu bytes cannot come from a block of %zu", want, block.len);
        return aza_random(libctx, out, want);
}

static void choose(aza_ct_mask good, struct aza_span block, uint8_t *out, size_t want)
{
        const uint8_t *message = block.data + block.len - want;

        for (size_t i = 0; i < want; i++)
                out[i] = aza_ct_select_u8(good, message[i], out[i]);
}

int aza_pkcs1_decode_fixed(OSSL_LIB_CTX *libctx, struct aza_span block, uint8_t *out, size_t want)
{
        int rc = random_fallback(libctx, block, out, want);

        if (rc == 0)
                choose(check_exact(block, want), block, out, want);
        return rc;
}

static aza_ct_mask is_version(const uint8_t *premaster, unsigned int version)
{
        return aza_ct_equal(premaster[0], (version >> 8) & 0xFFu) &
               aza_ct_equal(premaster[1], version & 0xFFu);
}

int aza_pkcs1_decode_tls(OSSL_LIB_CTX *libctx, struct aza_span block, unsigned int client_version,
                         unsigned int alt_version, uint8_t out[48])
{
        int rc = random_fallback(libctx, block, out, 48);

        if (rc != 0)
                return rc;
        const uint8_t *premaster = block.data + block.len - 48;
        aza_ct_mask version_good = is_version(premaster, client_version);
        if (alt_version > 0)
                version_good |= is_version(premaster, alt_version);
        choose(check_exact(block, 48) & version_good, block, out, 48);
        return 0;
}

/* ---- signatures ---- */

int aza_pkcs1_sign_encode(struct aza_span digest_info, uint8_t *block, size_t k)
{
        if (k < OVERHEAD || digest_info.len > k - OVERHEAD)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "%zu bytes are too many for a signature with a key of %zu bytes",
                                digest_info.len, k);
        const size_t padding = k - 3 - digest_info.len;
        block[0] = 0;
        block[1] = 1;
        memset(block + 2, 0xFF, padding);
        block[2 + padding] = 0;
        if (digest_info.len > 0)
                memcpy(block + 3 + padding, digest_info.data, digest_info.len);
        return 0;
}
