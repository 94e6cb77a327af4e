/* SPDX-License-Identifier: Apache-2.0 */
/* The bare TPM from inside: single commands, for what is put together of them. */
#ifndef BENCH_BARE_TPM_PARTS_H
#define BENCH_BARE_TPM_PARTS_H

#include "bench/bare_tpm.h"

#include <tss2/tss2_sys.h>

struct bare_tpm {
        TSS2_TCTI_CONTEXT *tcti;
        TSS2_SYS_CONTEXT *sys;
        TPM2_HANDLE hierarchy;
        TPM2B_PUBLIC template;
        TPM2_HANDLE key;
        TPM2_HANDLE session;
        TPML_PCR_SELECTION selection;
};

/* Says what failed; -1. */
int bare_tpm_failed(const char *what, TSS2_RC rc);

/* The key once more, and a session of `type`: the caller flushes them. */
TSS2_RC bare_tpm_create(struct bare_tpm *bare, TPM2_HANDLE *ret);
TSS2_RC bare_tpm_session(struct bare_tpm *bare, TPM2_SE type, TPM2_HANDLE *ret);
/* PolicyPCR and RSA_Decrypt; *block becomes the result. */
TSS2_RC bare_tpm_private(struct bare_tpm *bare, TPM2_HANDLE key, TPM2_HANDLE session,
                         TPM2B_PUBLIC_KEY_RSA *block);

#endif
