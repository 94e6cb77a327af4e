/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, closing and abandoning TCTIs: our own for device files and for swtpm's unix socket,
 * tpm2-tss's loader for all others (these print to stderr what goes wrong, unless TSS2_LOG forbids
 * it). Sends no TPM command.
 */
#include "tpm/connection.h"

#include "base/error.h"
#include "os/privilege.h"
#include "os/tcti.h"

#include <string.h>

#define DEVICE     "device:"
#define SWTPM_PATH "swtpm:path="

static bool begins(const char *text, const char *prefix)
{
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The path of "swtpm:path=PATH" without other settings; NULL: something else, e.g. host and
 * port. */
static const char *path_of_swtpm(const char *tcti)
{
        return begins(tcti, SWTPM_PATH) && strchr(tcti, ',') == NULL ? tcti + strlen(SWTPM_PATH)
                                                                     : NULL;
}

static int transport_open(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        const char *path = path_of_swtpm(tcti);

        (void)arg;
        if (path != NULL)
                return aza_tcti_open_socket(path, ret);
        if (begins(tcti, DEVICE))
                return aza_tcti_open_device(tcti + strlen(DEVICE), ret);
        if (aza_more_rights_than_caller())
                return AZA_FAIL(
                        AZATTEST_E_TPM_OPERATION,
                        "tcti \"%s\" is not used in a set-user-id program, whose environment its modules read: allowed are device:PATH and swtpm:path=PATH",
                        tcti);
        return aza_tcti_open_other(tcti, ret);
}

static void transport_close(void *arg, TSS2_TCTI_CONTEXT *tcti)
{
        (void)arg;
        if (aza_tcti_is_own(tcti))
                aza_tcti_close(tcti);
        else
                aza_tcti_close_other(tcti);
}

struct aza_descriptor aza_descriptor_of(TSS2_TCTI_CONTEXT *tcti)
{
        struct aza_descriptor d = {.fd = -1};

        (void)aza_descriptor_note(aza_tcti_descriptor(tcti), &d);
        return d;
}

/* Other TCTIs' own release may talk to the peer (mssim says good-bye), or to a thread that the
 * child lacks (tabrmd): of these only the descriptor is closed, and their memory is left. */
static void transport_abandon(void *arg, TSS2_TCTI_CONTEXT *tcti,
                              const struct aza_descriptor *descriptor)
{
        (void)arg;
        if (descriptor->fd >= 0 && !aza_descriptor_is_still(descriptor))
                return;
        if (aza_tcti_is_own(tcti))
                aza_tcti_close(tcti);
        else if (descriptor->fd >= 0)
                aza_descriptor_close(descriptor);
}

const struct aza_transport aza_transport_default = {transport_open, transport_close,
                                                    transport_abandon, NULL};
