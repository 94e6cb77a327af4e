/* SPDX-License-Identifier: Apache-2.0 */
/* The TCTIs that are not ours: tpm2-tss loads a module by its name. */
#include "base/error.h"
#include "os/tcti.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

int aza_tcti_open_other(const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        const TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti, ret);

        if (rc != TSS2_RC_SUCCESS)
                return AZA_FAIL_TPM(AZATTEST_E_TPM_OPERATION, rc,
                                    "cannot reach the TPM by tcti \"%s\": %s", tcti,
                                    Tss2_RC_Decode(rc));
        return 0;
}

void aza_tcti_close_other(TSS2_TCTI_CONTEXT *tcti)
{
        Tss2_TctiLdr_Finalize(&tcti);
}

int aza_tcti_descriptor(TSS2_TCTI_CONTEXT *tcti)
{
        TSS2_TCTI_POLL_HANDLE handles[8];
        size_t count = 0;

        if (Tss2_Tcti_GetPollHandles(tcti, NULL, &count) == TSS2_RC_SUCCESS && count == 1 &&
            Tss2_Tcti_GetPollHandles(tcti, handles, &count) == TSS2_RC_SUCCESS && count == 1)
                return handles[0].fd;
        return -1;
}
