/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick: PolicyPCR + RSA_Decrypt sent straight to the TPM, with nothing around them. */
#ifndef BENCH_BARE_TPM_H
#define BENCH_BARE_TPM_H

#include "tpm/keyref.h"

struct bare_tpm;

/* Own connection, own copy of the key `ref`, one kept policy session. 0, or -1 after a message. */
int bare_tpm_open(OSSL_LIB_CTX *libctx, const char *tcti, const struct aza_keyref *ref,
                  struct bare_tpm **ret);
/* The raw private operation: two TPM commands. 0 or -1 after a message. */
int bare_tpm_rsadp(struct bare_tpm *bare, const uint8_t in[AZA_RSA_BYTES],
                   uint8_t out[AZA_RSA_BYTES]);
/* What Microsoft's client has the TPM do for one Decrypt, and for one Attest (bare_sequence.c);
 * `in` is the block that is decrypted at the end. 0 or -1 after a message. */
int bare_tpm_decrypt_anew(struct bare_tpm *bare, const uint8_t in[AZA_RSA_BYTES]);
int bare_tpm_attest_anew(struct bare_tpm *bare, const uint8_t in[AZA_RSA_BYTES]);
/* The commands that no client can do without: the key once, and the three uses of a private key. */
int bare_tpm_attest_least(struct bare_tpm *bare, const uint8_t in[AZA_RSA_BYTES]);
/* The first of them. */
int bare_tpm_create_once(struct bare_tpm *bare);
void bare_tpm_close(struct bare_tpm *bare);

#endif
