/* SPDX-License-Identifier: Apache-2.0 */
/* First inputs of the fuzzers, all made here: nothing is copied from a real machine. */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include "fuzz.h"

/* Writes one input of fuzzer `name`; ends the program when that fails. */
void seed(const char *name, struct aza_span content);
void seed_text(const char *name, const char *text);

/* A compact JWS of these parts with a signature of zeros. */
void seed_jwt(const char *header, const char *claims, struct aza_bytes *ret);

void seeds_texts(void);   /* JSON, tokens, policies, URIs, ... */
void seeds_reports(void); /* HCL and hardware reports, certificates */
void seeds_tpm(void);     /* TPM structures, key references, padding */

#endif
