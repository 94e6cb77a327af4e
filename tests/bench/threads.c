/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures per second with 1, 2, 4 and 8 threads: the TPM does one at a time, so the aim is that
 * more threads lose nothing. */
#include "bench/bench.h"
#include "bench/keys.h"
#include "bench/parallel.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>

#define SIGNATURES 400

struct signer {
        OSSL_LIB_CTX *libctx;
        EVP_PKEY *key;
};

static int sign_once(void *arg)
{
        const struct signer *s = arg;
        uint8_t signature[AZA_RSA_BYTES];
        size_t len = sizeof(signature);
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        bool good = md != NULL &&
                    EVP_DigestSignInit_ex(md, NULL, "SHA256", s->libctx, NULL, s->key, NULL) == 1 &&
                    EVP_DigestSign(md, signature, &len, (const unsigned char *)"x", 1) == 1;

        EVP_MD_CTX_free(md);
        if (!good)
                ERR_print_errors_fp(stderr);
        return good ? 0 : -1;
}

static void *share(void *arg)
{
        return arg;
}

static void keep(void *state)
{
        (void)state;
}

int bench_threads(void)
{
        static const int counts[] = {2, 4, 8};
        static const char *const names[] = {"sign, 2 threads", "sign, 4 threads",
                                            "sign, 8 threads"};
        struct signer s = {.libctx = bench_libctx()};
        int r = -1;

        s.key = s.libctx != NULL ? bench_load_key(s.libctx, "azattest://sign") : NULL;
        double one = s.key != NULL ? bench_parallel(1, SIGNATURES, share, &s, sign_once, keep) : -1;
        r = one > 0 ? 0 : -1;
        for (size_t i = 0; r == 0 && i < 3; i++) {
                double rate = bench_parallel(counts[i], SIGNATURES, share, &s, sign_once, keep);
                r = rate > 0 ? 0 : -1;
                if (r == 0)
                        bench_add_rates(names[i], "sign, 1 thread", rate, one, 0);
        }
        EVP_PKEY_free(s.key);
        OSSL_LIB_CTX_free(s.libctx);
        return r;
}
