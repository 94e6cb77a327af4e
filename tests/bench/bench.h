/* SPDX-License-Identifier: Apache-2.0 */
/* Timing and the result table of tests/bench. Numbers are ratios within one run, never asserted. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thing done once. Returns 0; anything else ends the bench. */
typedef int bench_fn(void *arg);

struct bench_pair {
        const char *name;      /* "decrypt (OAEP SHA-256)" */
        const char *yardstick; /* "PolicyPCR + RSA_Decrypt" */
        bench_fn *ours, *theirs;
        void *ours_arg, *theirs_arg;
        int rounds; /* ours and theirs alternate, `batch` each */
        int batch;
        double aim; /* ratio ours/theirs wished for; 0: reported only */
};

/* Runs a pair alternately, so that whatever else the machine does hits both, and adds a row with
 * the median time of each, their ratio and the TPM commands per operation of each. 0 or -1. */
int bench_run(const struct bench_pair *pair);
/* Adds a row measured elsewhere: two rates per second (higher is better; ratio ours/theirs). */
void bench_add_rates(const char *name, const char *yardstick, double ours, double theirs,
                     double aim);
void bench_print(bool json);

/* Of `n` values, which are sorted. */
double bench_median(double *values, size_t n);

/* Seconds, monotonic. */
double bench_now(void);
/* Commands this simulated VM's TPM has executed (azattest-sim ctl counts), -1 when not in one. */
long bench_tpm_commands(void);

/* The groups of measurements; each 0 or -1. */
int bench_key(void);     /* decrypt, sign, encrypt, verify against bare TPM and `default` */
int bench_threads(void); /* 1, 2, 4, 8 threads */
int bench_tls(void);     /* TLS 1.3 handshakes against the floor of one RSADP each */
int bench_leaf(void); /* TLS 1.3 handshakes with a key in memory, beside the vTPM's and a file's */
int bench_verify(void); /* token and SNP report verification */
int bench_tdx(void);    /* TD quote and evidence, beside SNP's; needs two files (tests/bench/run) */
int bench_reference(
        void);           /* Attest, Decrypt, Encrypt beside what Microsoft's client does for them */
int bench_decrypt(void); /* only the decryption rows of bench_key */
int bench_timing(void);  /* what the time of a PKCS#1 v1.5 decryption tells; prints its own table */

#endif
