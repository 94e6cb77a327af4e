/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full TLS 1.3 handshakes in memory with the attested signing key, against the floor: as many bare
 * private operations per second as the TPM gives. Four threads, as a server under load has several
 * handshakes under way and the TPM is the only bottleneck. Server, client, simulator and TPM share
 * this machine's cores here, which a VM and its TPM do not: how long the threads stood in line for
 * a core is printed beside, and tests/bench/run asks for a schedule in which they hardly do.
 */
#include "bench/bench.h"
#include "bench/handshake.h"
#include "bench/keys.h"
#include "bench/parallel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#define THREADS    4
#define HANDSHAKES 400

static void *share(void *arg)
{
        return arg;
}

static _Atomic unsigned long long waited_ns, ran_ns;

/* Of this thread, in nanoseconds: on a core, and ready to run without one. */
static void count_waiting(void *state)
{
        FILE *f = fopen("/proc/thread-self/schedstat", "re");
        unsigned long long ran = 0, waited = 0;

        (void)state;
        if (f == NULL)
                return;
        if (fscanf(f, "%llu %llu", &ran, &waited) == 2) {
                (void)atomic_fetch_add(&ran_ns, ran);
                (void)atomic_fetch_add(&waited_ns, waited);
        }
        (void)fclose(f);
}

static void tell_waiting(void)
{
        const int policy = sched_getscheduler(0);

        (void)fprintf(
                stderr,
                "bench: each handshake had a core for %.2f ms and waited %.2f ms for one (%s schedule)\n",
                (double)ran_ns / 1e6 / HANDSHAKES, (double)waited_ns / 1e6 / HANDSHAKES,
                policy == SCHED_FIFO ? "first in, first out" : "ordinary");
}

static void *open_bare(void *arg)
{
        return bench_bare(arg, AZA_PURPOSE_SIGN);
}

static int bare_once(void *arg)
{
        static const uint8_t in[AZA_RSA_BYTES] = {0, 1};
        uint8_t out[AZA_RSA_BYTES];

        return bare_tpm_rsadp(arg, in, out);
}

static void close_bare(void *state)
{
        bare_tpm_close(state);
}

int bench_tls(void)
{
        OSSL_LIB_CTX *libctx = bench_libctx();
        OSSL_LIB_CTX *plain = OSSL_LIB_CTX_new();
        EVP_PKEY *key = libctx != NULL ? bench_load_key(libctx, "azattest://sign") : NULL;
        X509 *certificate = key != NULL ? bench_self_signed(libctx, key) : NULL;
        struct bench_server s = {0};
        int r = -1;

        if (certificate != NULL) {
                s.server = SSL_CTX_new_ex(libctx, NULL, TLS_server_method());
                s.client = SSL_CTX_new_ex(plain, NULL, TLS_client_method());
        }
        if (s.server != NULL && s.client != NULL &&
            SSL_CTX_use_certificate(s.server, certificate) == 1 &&
            SSL_CTX_use_PrivateKey(s.server, key) == 1 &&
            SSL_CTX_set_min_proto_version(s.server, TLS1_3_VERSION) == 1 &&
            SSL_CTX_set_num_tickets(s.server, 0) == 1) {
                double ours = bench_parallel(THREADS, HANDSHAKES, share, &s, bench_handshake,
                                             count_waiting);
                double floor =
                        bench_parallel(1, HANDSHAKES, open_bare, plain, bare_once, close_bare);
                r = ours > 0 && floor > 0 ? 0 : -1;
                tell_waiting();
                if (r == 0)
                        bench_add_rates("TLS 1.3 full handshakes", "one bare RSADP each", ours,
                                        floor, 0.95);
        }
        if (r != 0) {
                (void)fprintf(stderr, "bench: TLS failed\n");
                ERR_print_errors_fp(stderr);
        }
        SSL_CTX_free(s.server);
        SSL_CTX_free(s.client);
        X509_free(certificate);
        EVP_PKEY_free(key);
        OSSL_LIB_CTX_free(libctx);
        OSSL_LIB_CTX_free(plain);
        return r;
}
