/* SPDX-License-Identifier: Apache-2.0 */
/* The same token, verified by libjwt and cjose. */
#include "bench/peers.h"

#include "base/own.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#if defined(BENCH_LIBJWT) || defined(BENCH_CJOSE)
struct peer {
        const struct bench_token *token;
        char pem[1024];
        void *jwk;
};

#define ROUNDS 40
#define BATCH  50

static int compare(const struct bench_token *token, const char *name, bench_fn *theirs,
                   struct peer *peer)
{
        const struct bench_pair pair = {"verify an MAA token",
                                        name,
                                        token->ours,
                                        theirs,
                                        token->ours_arg,
                                        peer,
                                        ROUNDS,
                                        BATCH,
                                        0};

        return bench_run(&pair);
}
#endif

/* ---- libjwt ---- */

#ifdef BENCH_LIBJWT
#include <jwt.h>

static int verify_libjwt(void *arg)
{
        const struct peer *p = arg;
        jwt_t *jwt = NULL;
        int r = jwt_decode(&jwt, p->token->jwt, (const unsigned char *)p->pem, (int)strlen(p->pem));

        jwt_free(jwt);
        return r == 0 ? 0 : -1;
}

static int against_libjwt(const struct bench_token *token)
{
        struct peer peer = {.token = token};
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        if (bio == NULL || PEM_write_bio_PUBKEY(bio, token->key) != 1 ||
            BIO_read(bio, peer.pem, (int)sizeof(peer.pem) - 1) <= 0)
                return -1;
        return compare(token, "libjwt", verify_libjwt, &peer);
}
#else
static int against_libjwt(const struct bench_token *token)
{
        (void)token;
        (void)fprintf(stderr, "bench: libjwt was not installed: no comparison\n");
        return 0;
}
#endif

/* ---- cjose ---- */

#ifdef BENCH_CJOSE
#include <cjose/cjose.h>

static int verify_cjose(void *arg)
{
        const struct peer *p = arg;
        cjose_err error;
        cjose_jws_t *jws = cjose_jws_import(p->token->jwt, strlen(p->token->jwt), &error);
        bool good = jws != NULL && cjose_jws_verify(jws, p->jwk, &error);

        cjose_jws_release(jws);
        return good ? 0 : -1;
}

static int against_cjose(const struct bench_token *token)
{
        struct peer peer = {.token = token};
        uint8_t n[512], e[8];
        AZA_OWN(BN_free) BIGNUM *modulus = NULL;
        AZA_OWN(BN_free) BIGNUM *exponent = NULL;
        cjose_err error;
        int r;

        if (EVP_PKEY_get_bn_param(token->key, OSSL_PKEY_PARAM_RSA_N, &modulus) != 1 ||
            EVP_PKEY_get_bn_param(token->key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1 ||
            BN_num_bytes(modulus) > (int)sizeof(n) || BN_num_bytes(exponent) > (int)sizeof(e))
                return -1;
        const cjose_jwk_rsa_keyspec spec = {
                .n = n,
                .nlen = (size_t)BN_bn2bin(modulus, n),
                .e = e,
                .elen = (size_t)BN_bn2bin(exponent, e),
        };
        peer.jwk = cjose_jwk_create_RSA_spec(&spec, &error);
        r = peer.jwk == NULL ? -1 : compare(token, "cjose", verify_cjose, &peer);
        cjose_jwk_release(peer.jwk);
        return r;
}
#else
static int against_cjose(const struct bench_token *token)
{
        (void)token;
        (void)fprintf(stderr, "bench: cjose was not installed: no comparison\n");
        return 0;
}
#endif

int bench_token_peers(const struct bench_token *token)
{
        return against_libjwt(token) == 0 && against_cjose(token) == 0 ? 0 : -1;
}
