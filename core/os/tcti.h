/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCTIs of our own for the two ways to a TPM that we know by name: tpm2-tss's print to stderr
 * whatever goes wrong, and no library can forbid them that (PV34).
 *
 * What goes wrong later, during a command, has a TSS2_TCTI_RC_* code and a text, aza_tcti_said.
 */
#ifndef AZA_OS_TCTI_H
#define AZA_OS_TCTI_H

#include <stdbool.h>
#include <stddef.h>
#include <tss2/tss2_tcti.h>

/* The TPM device of the kernel at `path`. 0 or AZATTEST_E_TPM_OPERATION with what to do. Undo with
 * aza_tcti_close. */
int aza_tcti_open_device(const char *path, TSS2_TCTI_CONTEXT **ret);
/* A swtpm, or who speaks as it does, at the unix socket `path`. It serves one connection at a time,
 * so each command has its own, and none is open in between. Otherwise as above. */
int aza_tcti_open_socket(const char *path, TSS2_TCTI_CONTEXT **ret);

/* What else a TCTI string may name, by tpm2-tss's loader. Otherwise as above; undo with
 * aza_tcti_close_other. */
int aza_tcti_open_other(const char *tcti, TSS2_TCTI_CONTEXT **ret);
void aza_tcti_close_other(TSS2_TCTI_CONTEXT *tcti);
/* The one descriptor by which any TCTI reaches its peer; -1: not known. */
int aza_tcti_descriptor(TSS2_TCTI_CONTEXT *tcti);

/* Whether `tcti` is one of the first two. */
bool aza_tcti_is_own(TSS2_TCTI_CONTEXT *tcti);
/* Closes this process's descriptor and frees. Sends nothing, so that a forked child may do it,
 * too. */
void aza_tcti_close(TSS2_TCTI_CONTEXT *tcti);

/* What stood behind the failure `rc` of this thread's last command: "the TPM at /dev/tpmrm0 ...".
 * NULL: no TCTI of ours said anything about it. */
const char *aza_tcti_said(TSS2_RC rc);
void aza_tcti_say_nothing(void); /* forgets that */

#endif
