/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCTI that passes everything to another one (its configuration) and calls the test's hooks:
 * before each command, the moment in which a TPM stack's own cryptography may come back to the
 * provider (PV23), and with each response before anybody of ours saw it. Loaded by the TSS as
 * "/path/of/this.so:OTHER"; the test sets the hooks through dlsym.
 */
#include <stdint.h>
#include <stdlib.h>
#include <tss2/tss2_tctildr.h>

#define MAGIC 0x7265656e746572ULL

typedef void reenter_hook(void);
extern __attribute__((visibility("default"))) reenter_hook *reenter_before_command;
reenter_hook *reenter_before_command;

typedef void response_hook(uint8_t *response, size_t size);
extern __attribute__((visibility("default"))) response_hook *reenter_on_response;
response_hook *reenter_on_response;

struct reenter {
        TSS2_TCTI_CONTEXT_COMMON_V1 common;
        TSS2_TCTI_CONTEXT *inner;
};

static struct reenter *of(TSS2_TCTI_CONTEXT *tcti)
{
        return (struct reenter *)(void *)tcti;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
        if (reenter_before_command != NULL)
                reenter_before_command();
        return Tss2_Tcti_Transmit(of(tcti)->inner, size, command);
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response, int32_t timeout)
{
        const TSS2_RC rc = Tss2_Tcti_Receive(of(tcti)->inner, size, response, timeout);

        if (rc == TSS2_RC_SUCCESS && response != NULL && reenter_on_response != NULL)
                reenter_on_response(response, *size);
        return rc;
}

static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles, size_t *count)
{
        return Tss2_Tcti_GetPollHandles(of(tcti)->inner, handles, count);
}

static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
        Tss2_TctiLdr_Finalize(&of(tcti)->inner);
}

static TSS2_RC init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *config)
{
        struct reenter *new = of(tcti);

        if (tcti == NULL) {
                *size = sizeof(*new);
                return TSS2_RC_SUCCESS;
        }
        *new = (struct reenter){
                .common = {.magic = MAGIC,
                           .version = 1,
                           .transmit = transmit,
                           .receive = receive,
                           .finalize = finalize,
                           .getPollHandles = poll_handles},
        };
        return Tss2_TctiLdr_Initialize(config, &new->inner);
}

static const TSS2_TCTI_INFO info = {
        .version = 2,
        .name = "reenter",
        .description = "calls a hook before each command",
        .config_help = "the TCTI behind",
        .init = init,
};

extern __attribute__((visibility("default"))) const TSS2_TCTI_INFO *Tss2_Tcti_Info(void);
const TSS2_TCTI_INFO *Tss2_Tcti_Info(void)
{
        return &info;
}
