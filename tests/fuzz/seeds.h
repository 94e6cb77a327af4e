/* SPDX-License-Identifier: Apache-2.0 */
/* First inputs of the fuzzers, all made here: nothing is copied from a real machine. */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include "fuzz.h"
#include "sim/pki.h"

/* Writes one input of fuzzer `name`; ends the program when that fails. */
void seed(const char *name, struct aza_span content);
void seed_text(const char *name, const char *text);

/* A compact JWS of these parts with a signature of zeros. */
void seed_jwt(const char *header, const char *claims, struct aza_bytes *ret);

/* The AK whose signatures hold in the seeds. */
EVP_PKEY *seed_ak(void);
/* Evidence files of a confidential VM (`pem` is its chain) and of a Trusted Launch one. */
void seed_evidence(const struct sim_pki *pki, struct aza_span hcl, const char *pem,
                   struct aza_span log);

void seeds_texts(void);                           /* JSON, tokens, policies, URIs, ... */
void seeds_reports(void);                         /* HCL and hardware reports, certificates */
void seeds_tdx(void);                             /* Intel's extension and TCB documents */
void seeds_collateral(const struct sim_pki *pki); /* the same of the simulated Intel, and answers */
void seeds_tpm(void);                             /* TPM structures, key references, padding */
void seeds_release(void);                         /* answers of key vaults */

#endif
