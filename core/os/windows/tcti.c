/* SPDX-License-Identifier: Apache-2.0 */
/* Carries one command to TPM Base Services and its answer back: one call, which waits. Never
 * prints. */
#include "os/tcti.h"

#include "base/bytes.h"
#include "base/error.h"
#include "os/defaults.h"
#include "os/windows/tbs.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC       0x617a6174746273ULL /* "azattbs" */
#define HEADER_SIZE 10U                 /* tag, size, code */

struct aza_tcti {
        TSS2_TCTI_CONTEXT_COMMON_V1 common;
        aza_tbs_context tbs;
        bool waiting; /* an answer is not handed out yet */
        uint32_t have;
        uint8_t answer[TPM2_MAX_RESPONSE_SIZE];
};

static _Thread_local struct {
        TSS2_RC rc;
        char text[300];
} said;

static struct aza_tcti *of(TSS2_TCTI_CONTEXT *tcti)
{
        return (struct aza_tcti *)(void *)tcti;
}

const char *aza_tcti_said(TSS2_RC rc)
{
        return said.rc == rc && rc != TSS2_RC_SUCCESS ? said.text : NULL;
}

void aza_tcti_say_nothing(void)
{
        said.rc = TSS2_RC_SUCCESS;
}

static TSS2_RC submit_failed(uint32_t result)
{
        char why[256];

        (void)snprintf(said.text, sizeof(said.text), "the TPM by TBS takes no command: %s",
                       aza_tbs_text(result, why));
        return said.rc = TSS2_TCTI_RC_IO_ERROR;
}

/* The length in its header is the one that was given. */
static TSS2_RC check_answer(const struct aza_tcti *t)
{
        const size_t have = t->have <= sizeof(t->answer) ? t->have : 0;
        struct aza_reader r = aza_reader_of(aza_span_of(t->answer, have));

        (void)aza_read(&r, 2);
        const uint32_t says = aza_read_be32(&r);
        if (!r.failed && says == t->have && says >= HEADER_SIZE)
                return TSS2_RC_SUCCESS;
        (void)snprintf(said.text, sizeof(said.text),
                       "the TPM by TBS sent what is no answer of a TPM (%u bytes, length %u)",
                       (unsigned int)t->have, (unsigned int)says);
        return said.rc = TSS2_TCTI_RC_MALFORMED_RESPONSE;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
        struct aza_tcti *t = of(tcti);
        uint32_t result;
        TSS2_RC rc;

        if (command == NULL)
                return TSS2_TCTI_RC_BAD_REFERENCE;
        if (size < HEADER_SIZE || size > TPM2_MAX_COMMAND_SIZE)
                return TSS2_TCTI_RC_BAD_VALUE;
        if (t->waiting)
                return TSS2_TCTI_RC_BAD_SEQUENCE;
        t->have = sizeof(t->answer);
        result = aza_tbs()->submit(t->tbs, 0, AZA_TBS_NORMAL, command, (uint32_t)size, t->answer,
                                   &t->have);
        if (result != 0)
                return submit_failed(result);
        rc = check_answer(t);
        t->waiting = rc == TSS2_RC_SUCCESS;
        return rc;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response, int32_t timeout)
{
        struct aza_tcti *t = of(tcti);
        size_t room;

        if (size == NULL)
                return TSS2_TCTI_RC_BAD_REFERENCE;
        if (timeout < TSS2_TCTI_TIMEOUT_BLOCK)
                return TSS2_TCTI_RC_BAD_VALUE;
        if (!t->waiting)
                return TSS2_TCTI_RC_BAD_SEQUENCE;
        room = *size;
        *size = t->have;
        if (response == NULL)
                return TSS2_RC_SUCCESS;
        if (room < t->have)
                return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
        memcpy(response, t->answer, t->have);
        OPENSSL_cleanse(t->answer, t->have);
        t->waiting = false;
        return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
        struct aza_tcti *t = of(tcti);

        if (t->tbs != NULL)
                (void)aza_tbs()->close(t->tbs);
        t->tbs = NULL;
        OPENSSL_cleanse(t->answer, sizeof(t->answer));
}

/* ---- opening and closing ---- */

static int only_tbs(const char *tcti)
{
        return AZA_FAIL(AZATTEST_E_TPM_OPERATION,
                        "no TPM by tcti \"%s\": on Windows it is " AZA_DEFAULT_TCTI, tcti);
}

int aza_tcti_open_device(const char *path, TSS2_TCTI_CONTEXT **ret)
{
        (void)ret;
        return only_tbs(path);
}

int aza_tcti_open_socket(const char *path, TSS2_TCTI_CONTEXT **ret)
{
        (void)ret;
        return only_tbs(path);
}

int aza_tcti_open_other(const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        /* cancel, setLocality, poll handles: not implemented, nobody needs them. */
        const TSS2_TCTI_CONTEXT_COMMON_V1 common = {.magic = MAGIC,
                                                    .version = 1,
                                                    .transmit = transmit,
                                                    .receive = receive,
                                                    .finalize = finalize};
        const struct aza_tbs_params params = {.version = 2, .flags = AZA_TBS_TPM20};
        const struct aza_tbs *tbs = aza_tbs();
        struct aza_tcti *t;
        char why[256];

        if (strcmp(tcti, AZA_DEFAULT_TCTI) != 0)
                return only_tbs(tcti);
        if ((t = calloc(1, sizeof(*t))) == NULL)
                return AZA_NO_MEMORY();
        t->common = common;
        const uint32_t result = tbs != NULL ? tbs->create(&params, &t->tbs) : AZA_TBS_NOT_LOADED;
        if (result != 0) {
                free(t);
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "cannot open the TPM by TBS: %s",
                                aza_tbs_text(result, why));
        }
        *ret = (TSS2_TCTI_CONTEXT *)(void *)t;
        return 0;
}

bool aza_tcti_is_own(TSS2_TCTI_CONTEXT *tcti)
{
        return TSS2_TCTI_MAGIC(tcti) == MAGIC;
}

void aza_tcti_close(TSS2_TCTI_CONTEXT *tcti)
{
        finalize(tcti);
        free(of(tcti));
}

/* All are own. */
void aza_tcti_close_other(TSS2_TCTI_CONTEXT *tcti)
{
        aza_tcti_close(tcti);
}

int aza_tcti_descriptor(TSS2_TCTI_CONTEXT *tcti)
{
        (void)tcti;
        return -1;
}
