/* SPDX-License-Identifier: Apache-2.0 */
/* EMSA-PSS encoding (RFC 8017 9.1.1). Pure code: no key, no TPM; called by the provider's
 * signature.
 *
 *   EM = (DB xor MGF1(H)) | H | BC      DB = 00 .. 00 | 01 | salt
 *   H  = hash(00 x 8 | digest | salt)
 */
#include "base/crypto.h"
#include "base/error.h"
#include "key/rsa_mgf1.h"
#include "key/rsa_padding.h"

#include <string.h>

static int hash_with_salt(const EVP_MD *md, struct aza_span digest, struct aza_span salt,
                          uint8_t *out)
{
        static const uint8_t zeros[8];
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        if (ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
            EVP_DigestUpdate(ctx, zeros, sizeof(zeros)) != 1 ||
            EVP_DigestUpdate(ctx, digest.data, digest.len) != 1 ||
            EVP_DigestUpdate(ctx, salt.data, salt.len) != 1 ||
            EVP_DigestFinal_ex(ctx, out, NULL) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "hashing for PSS");
        return 0;
}

int aza_pss_encode(OSSL_LIB_CTX *libctx, const struct aza_pss_params *params,
                   struct aza_span digest, unsigned int bits, uint8_t *block)
{
        const size_t h = (size_t)EVP_MD_get_size(params->md);
        const size_t salt_len = params->salt_len;
        const size_t k = (bits + 7) / 8;
        const size_t em_len = (bits - 1 + 7) / 8; /* k, or k - 1 when bits = 1 mod 8 */
        uint8_t *em = block + (k - em_len);

        if (digest.len != h)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "PSS needs a digest of %zu bytes, not %zu", h, digest.len);
        if (em_len < h + 2 || salt_len > em_len - h - 2)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "a PSS salt of %zu bytes does not fit: at most %zu with this key and hash",
                        salt_len, em_len < h + 2 ? (size_t)0 : em_len - h - 2);
        const size_t db_len = em_len - h - 1;
        uint8_t *salt = em + db_len - salt_len;
        uint8_t *hash = em + db_len;

        memset(block, 0, k);
        salt[-1] = 1;
        int rc = salt_len == 0 ? 0 : aza_random(libctx, salt, salt_len);
        if (rc == 0)
                rc = hash_with_salt(params->md, digest, aza_span_of(salt, salt_len), hash);
        if (rc == 0)
                rc = aza_mgf1_xor(params->mgf1_md, aza_span_of(hash, h), em, db_len);
        if (rc != 0)
                return rc;
        em[0] &= (uint8_t)(0xFFu >> (8 * em_len - (bits - 1)));
        em[em_len - 1] = 0xBC;
        return 0;
}
