/* SPDX-License-Identifier: Apache-2.0 */
/* MGF1, applied as a mask. Pure code; called by rsa_oaep.c and rsa_pss.c. */
#include "key/rsa_mgf1.h"

#include "base/error.h"

int aza_mgf1_xor(const EVP_MD *md, struct aza_span seed, uint8_t *out, size_t len)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t block[EVP_MAX_MD_SIZE];
        const size_t h = (size_t)EVP_MD_get_size(md);

        if (ctx == NULL)
                return AZA_NO_MEMORY();
        for (uint32_t counter = 0; (size_t)counter * h < len; counter++) {
                const uint8_t c[4] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
                                      (uint8_t)(counter >> 8), (uint8_t)counter};
                const size_t at = (size_t)counter * h;
                const size_t n = len - at < h ? len - at : h;

                if (EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
                    EVP_DigestUpdate(ctx, seed.data, seed.len) != 1 ||
                    EVP_DigestUpdate(ctx, c, sizeof(c)) != 1 ||
                    EVP_DigestFinal_ex(ctx, block, NULL) != 1)
                        return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "MGF1");
                for (size_t i = 0; i < n; i++)
                        out[at + i] ^= block[i];
        }
        OPENSSL_cleanse(block, sizeof(block));
        return 0;
}
