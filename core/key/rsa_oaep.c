/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OAEP decoding (RFC 8017 7.1.2) of the raw private operation's result. Pure code: no key, no TPM.
 *
 *   block = Y | maskedSeed (h) | maskedDB (k - h - 1)
 *   DB    = lHash (h) | 00 .. 00 | 01 | message
 *
 * Whether Y, lHash or the 01 was wrong must not be told apart, by text or by time (Manger, CRYPTO
 * 2001): one mask collects all faults, the message is moved to its place by a shift whose steps do
 * not depend on its position, and only the final verdict and length leave the function.
 */
#include "base/error.h"
#include "key/constant_time.h"
#include "key/rsa_mgf1.h"
#include "key/rsa_padding.h"

#include <string.h>

static int failed(void)
{
        return AZA_FAIL(
                AZATTEST_E_DECRYPTION_TPM,
                "decryption failed: the ciphertext is not for this key, hash and label (after a restart, a changed PCR or a cleared TPM, a URI names another key)");
}

/* Seed and DB in the clear. */
static int unmask(const EVP_MD *mgf1_md, size_t h, uint8_t *em, size_t k)
{
        uint8_t *seed = em + 1;
        uint8_t *db = em + 1 + h;
        const size_t db_len = k - h - 1;
        int rc = aza_mgf1_xor(mgf1_md, aza_span_of(db, db_len), seed, h);

        return rc != 0 ? rc : aza_mgf1_xor(mgf1_md, aza_span_of(seed, h), db, db_len);
}

/* Looks at Y and DB of the unmasked block. Returns the verdict; *ret_start is where in DB the
 * message begins. */
static aza_ct_mask check(struct aza_span em, struct aza_span lhash, uint32_t *ret_start)
{
        const uint32_t h = (uint32_t)lhash.len;
        const uint8_t *db = em.data + 1 + h;
        const uint32_t db_len = (uint32_t)em.len - h - 1;
        aza_ct_mask good = aza_ct_is_zero(em.data[0]);
        aza_ct_mask found = 0;
        uint32_t one = 0;
        uint32_t difference = 0;

        for (uint32_t i = 0; i < h; i++)
                difference |= (uint32_t)(lhash.data[i] ^ db[i]);
        good &= aza_ct_is_zero(difference);
        for (uint32_t i = h; i < db_len; i++) {
                const aza_ct_mask is_one = aza_ct_equal(db[i], 1);
                const aza_ct_mask is_zero = aza_ct_is_zero(db[i]);

                one = aza_ct_select(~found & is_one, i, one);
                found |= is_one;
                good &= found | is_zero;
        }
        good &= found;
        *ret_start = aza_ct_select(good, one + 1, h);
        return good;
}

static int decode(const struct aza_oaep_params *params, uint8_t *em, size_t k, uint8_t *out,
                  size_t *len)
{
        const uint32_t h = (uint32_t)EVP_MD_get_size(params->md);
        const uint32_t db_len = (uint32_t)k - h - 1;
        const uint32_t longest = db_len - h - 1;
        const uint32_t room = *len < longest ? (uint32_t)*len : longest;
        uint8_t *db = em + 1 + h;
        uint8_t lhash[EVP_MAX_MD_SIZE];
        uint32_t start = 0;
        aza_ct_mask good;

        if (EVP_Digest(params->label.data, params->label.len, lhash, NULL, params->md, NULL) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "hashing the OAEP label");
        int rc = unmask(params->mgf1_md, h, em, k);
        if (rc != 0)
                return rc;
        good = check(aza_span_of(em, k), aza_span_of(lhash, h), &start);
        const uint32_t message_len = db_len - start;
        good &= ~aza_ct_less(room, message_len);
        /* The earliest place of a message is fixed, so the variable shift runs over the rest
         * only. */
        aza_ct_shift_down(db + h + 1, longest, aza_ct_select(good, start - h - 1, 0));
        for (uint32_t i = 0; i < room; i++)
                out[i] = aza_ct_select_u8(good & aza_ct_less(i, message_len), db[h + 1 + i], 0);
        if (aza_ct_public(good) == 0)
                return failed();
        *len = aza_ct_public(message_len);
        return 0;
}

int aza_oaep_decode(const struct aza_oaep_params *params, struct aza_span block, uint8_t *out,
                    size_t *len)
{
        uint8_t em[AZA_PADDING_MAX];
        const int h = EVP_MD_get_size(params->md);

        if (h <= 0 || block.len > sizeof(em) || block.len < 2 * (size_t)h + 2)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the key is too short for OAEP with this hash: use a shorter hash");
        memcpy(em, block.data, block.len);
        int rc = decode(params, em, block.len, out, len);
        OPENSSL_cleanse(em, sizeof(em));
        return rc;
}
