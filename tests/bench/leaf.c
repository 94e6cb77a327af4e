/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full TLS 1.3 handshakes of four servers in one run: with the vTPM's key; with a leaf in memory as
 * `azattest cert --leaf` writes key and chain; with the same key and chain, the key read as a plain
 * file; and with that key and a certificate of its own, which says what the chain costs. They take
 * turns, so that whatever else the machine does hits all of them.
 */
#include "azattest.h"
#include "bench/bench.h"
#include "bench/handshake.h"
#include "bench/keys.h"
#include "bench/parallel.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#define THREADS 4
#define ROUNDS  5

enum { VTPM, LEAF, PLAIN, ALONE, SERVERS };
static const int handshakes[SERVERS] = {300, 1500, 1500, 1500};

struct run {
        OSSL_LIB_CTX *libctx, *plain; /* with the provider, and without */
        EVP_PKEY *key;                /* the leaf's, in software */
        char *chain, *written;        /* and what came of it */
        struct bench_server server[SERVERS];
};

static void *share(void *arg)
{
        return arg;
}

static void keep(void *state)
{
        (void)state;
}

/* ---- certificates and keys ---- */

/* The private key as PEM; the caller frees. */
static char *key_text(EVP_PKEY *key)
{
        BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL, *copy = NULL;

        if (bio != NULL &&
            PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
                const long len = BIO_get_mem_data(bio, &text);
                copy = strndup(text, (size_t)len);
        }
        BIO_free(bio);
        return copy;
}

static bool make_chain(struct run *run)
{
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;
        azattest_context *ctx = NULL;
        char *text = key_text(run->key);
        bool good = text != NULL && azattest_context_new(NULL, &ctx) == 0;

        options.leaf = text;
        if (good)
                good = azattest_certificate_make(ctx, &options, &run->chain, &run->written) == 0;
        if (!good)
                (void)fprintf(stderr, "bench: no leaf: %s\n", azattest_error_message(ctx));
        azattest_context_free(ctx);
        free(text);
        return good;
}

static EVP_PKEY *read_key(OSSL_LIB_CTX *libctx, const char *text)
{
        BIO *bio = BIO_new_mem_buf(text, -1);
        EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, libctx, NULL);

        BIO_free(bio);
        return key;
}

/* The first certificate is the leaf's. */
static bool use_chain(SSL_CTX *server, OSSL_LIB_CTX *libctx, const char *chain)
{
        BIO *bio = BIO_new_mem_buf(chain, -1);
        bool good = bio != NULL;

        for (int i = 0; good && BIO_pending(bio) > 0; i++) {
                X509 *x = X509_new_ex(libctx, NULL);

                good = x != NULL && PEM_read_bio_X509(bio, &x, NULL, NULL) != NULL &&
                       (i == 0 ? SSL_CTX_use_certificate(server, x)
                               : SSL_CTX_add1_chain_cert(server, x)) == 1;
                X509_free(x);
        }
        BIO_free(bio);
        return good;
}

/* ---- servers ---- */

/* Takes `key` over. `chain` NULL: a certificate that is its own issuer. */
static bool start(struct run *run, int which, OSSL_LIB_CTX *libctx, EVP_PKEY *key,
                  const char *chain)
{
        struct bench_server *s = &run->server[which];
        X509 *own = key != NULL && chain == NULL ? bench_self_signed(libctx, key) : NULL;
        bool good;

        s->server = SSL_CTX_new_ex(libctx, NULL, TLS_server_method());
        s->client = SSL_CTX_new_ex(run->plain, NULL, TLS_client_method());
        good = key != NULL && s->server != NULL && s->client != NULL &&
               SSL_CTX_set_min_proto_version(s->server, TLS1_3_VERSION) == 1 &&
               SSL_CTX_set_num_tickets(s->server, 0) == 1 &&
               (chain != NULL ? use_chain(s->server, libctx, chain)
                              : SSL_CTX_use_certificate(s->server, own) == 1) &&
               SSL_CTX_use_PrivateKey(s->server, key) == 1;
        X509_free(own);
        EVP_PKEY_free(key);
        return good;
}

static bool start_all(struct run *run)
{
        AZA_OWN(free) char *text = key_text(run->key);

        return text != NULL &&
               start(run, VTPM, run->libctx, bench_load_key(run->libctx, "azattest://sign"),
                     NULL) &&
               start(run, LEAF, run->libctx, read_key(run->libctx, run->written), run->chain) &&
               start(run, PLAIN, run->plain, read_key(run->plain, text), run->chain) &&
               start(run, ALONE, run->plain, read_key(run->plain, text), NULL);
}

static int measure(struct run *run)
{
        double rates[SERVERS][ROUNDS], rate[SERVERS];

        for (int round = 0; round < ROUNDS; round++)
                for (int i = 0; i < SERVERS; i++)
                        if ((rates[i][round] =
                                     bench_parallel(THREADS, handshakes[i], share, &run->server[i],
                                                    bench_handshake, keep)) <= 0)
                                return -1;
        for (int i = 0; i < SERVERS; i++)
                rate[i] = bench_median(rates[i], ROUNDS);
        bench_add_rates("TLS 1.3, P-256 leaf", "vTPM key", rate[LEAF], rate[VTPM], 0);
        bench_add_rates("TLS 1.3, P-256 leaf", "the same from a plain file", rate[LEAF],
                        rate[PLAIN], 0.97);
        bench_add_rates("TLS 1.3, P-256 leaf", "without the chain", rate[LEAF], rate[ALONE], 0);
        return 0;
}

int bench_leaf(void)
{
        struct run run = {.libctx = bench_libctx(), .plain = OSSL_LIB_CTX_new()};
        int r = -1;

        if (run.libctx != NULL && run.plain != NULL)
                run.key = EVP_PKEY_Q_keygen(run.plain, NULL, "EC", "P-256");
        if (run.key != NULL && make_chain(&run) && start_all(&run))
                r = measure(&run);
        if (r != 0) {
                (void)fprintf(stderr, "bench: leaf failed\n");
                ERR_print_errors_fp(stderr);
        }
        for (int i = 0; i < SERVERS; i++) {
                SSL_CTX_free(run.server[i].server);
                SSL_CTX_free(run.server[i].client);
        }
        azattest_free(run.chain);
        azattest_free(run.written);
        EVP_PKEY_free(run.key);
        OSSL_LIB_CTX_free(run.libctx);
        OSSL_LIB_CTX_free(run.plain);
        return r;
}
