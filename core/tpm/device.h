/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vTPM reached over any tpm2-tss TCTI with SAPI. The object may be made before there is a TPM:
 * nothing is opened until the first command. One lock covers each whole operation, state belongs to
 * the process that opened it, and a forked child opens its own connection without sending a byte on
 * the parent's (PV26-PV31). Every function of core/tpm takes the lock itself.
 *
 * Return values: 0, or a failure. AZATTEST_E_TPM_OPERATION carries the TSS2_RC (aza_last_error).
 */
#ifndef AZA_TPM_DEVICE_H
#define AZA_TPM_DEVICE_H

#include "base/bytes.h"
#include "config/config.h"

#include <openssl/types.h>

struct aza_tpm;

/* `tcti` and `runtime_dir` ("" for none: no saved key contexts) are copied. `libctx` is borrowed
 * and must outlive the object. 0 or AZATTEST_E_NO_MEMORY. */
int aza_tpm_new(OSSL_LIB_CTX *libctx, const char *tcti, const char *runtime_dir,
                struct aza_tpm **ret);
/* Flushes and closes what this process opened; forgets silently what a parent opened. */
void aza_tpm_free(struct aza_tpm *tpm);

/* What it was made with. */
OSSL_LIB_CTX *aza_tpm_libctx(const struct aza_tpm *tpm);

/* Opens the connection now, to learn whether there is a TPM. The message names the device and says
 * what to do (no such device; not in group tss; busy). */
int aza_tpm_probe(struct aza_tpm *tpm);

#endif
