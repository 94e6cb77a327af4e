/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what happens to one command between client and TPM: counting, faults, handles translated,
 * what it needs loaded, what it leaves behind recorded. */
#include "sim/rm_internal.h"
#include "sim/say.h"
#include "sim/writer.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define MAX_HANDLES  3U
#define MAX_SESSIONS 3U
/* TPM_E_COMMAND_BLOCKED: what TPM Base Services answer in the TPM's stead. */
#define WINDOWS_BLOCKED 0x80280400U

struct parsed {
        struct aza_bytes bytes; /* owned copy, handles replaced */
        uint32_t code;
        uint32_t attributes; /* TPMA_CC */
        size_t handles;
        struct rm_entry *by_handle[MAX_HANDLES]; /* NULL: not swapped */
        size_t sessions;
        struct rm_entry *by_session[MAX_SESSIONS];
        bool session_ends[MAX_SESSIONS];
};

void rm_answer_code(struct aza_bytes *answer, uint32_t rc)
{
        const uint8_t bytes[10] = {0x80,
                                   0x01,
                                   0,
                                   0,
                                   0,
                                   10,
                                   (uint8_t)(rc >> 24),
                                   (uint8_t)(rc >> 16),
                                   (uint8_t)(rc >> 8),
                                   (uint8_t)rc};
        if (aza_bytes_set(answer, bytes, sizeof(bytes)) != 0)
                (void)sim_fail("out of memory");
}

static void put_be32(uint8_t *at, uint32_t v)
{
        for (int i = 0; i < 4; i++)
                at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get_be32(const struct aza_bytes *b, size_t at)
{
        if (b->len < at + 4)
                return 0;
        struct aza_reader r = aza_reader_of(aza_span_of(b->data + at, 4));
        return aza_read_be32(&r);
}

static bool is_swapped(uint32_t handle)
{
        uint32_t type = handle >> 24;
        return type == TPM2_HT_TRANSIENT || type == TPM2_HT_HMAC_SESSION ||
               type == TPM2_HT_POLICY_SESSION;
}

/* --- faults ------------------------------------------------------------------------------ */

/* `value` is "COMMAND", "COMMAND:RC" or "" (every command). */
static bool names_command(const char *value, const void *arg)
{
        char name[64];

        if (value[0] == '\0')
                return true;
        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(value, ":"), value);
        return sim_command_code(name) == *(const uint32_t *)arg;
}

static void disturb_decrypt(struct sim_rm *rm)
{
        char pcr[16];

        if (sim_fault_take(rm->options.faults, "tpm-pcr-race", pcr, sizeof(pcr)))
                (void)rm_extend(rm, (unsigned int)strtoul(pcr, NULL, 10));
        if (sim_fault_take(rm->options.faults, "tpm-reset-before-decrypt", NULL, 0))
                (void)rm_reset(rm);
}

/* --- a command's parts ---------------------------------------------------------------------- */

static uint32_t take_handle(struct sim_rm *rm, const struct rm_client *client, uint32_t handle,
                            uint32_t missing, struct rm_entry **ret)
{
        struct rm_entry *e = NULL;

        *ret = NULL;
        if (!is_swapped(handle))
                return TPM2_RC_SUCCESS;
        e = rm_find(rm, client, handle);
        if (e == NULL || e->saved_by_client)
                return missing;
        uint32_t rc = rm_load(rm, e);
        if (rc != TPM2_RC_SUCCESS) {
                /* For example cleared with its hierarchy: it will never load again. */
                if (!e->session && rc != TPM2_RC_OBJECT_MEMORY)
                        rm_forget(rm, e);
                return missing;
        }
        *ret = e;
        return TPM2_RC_SUCCESS;
}

static uint32_t take_sessions(struct sim_rm *rm, const struct rm_client *client, struct parsed *p,
                              struct aza_reader *r)
{
        uint32_t size = aza_read_be32(r);
        struct aza_reader area = aza_reader_of(aza_read(r, size));

        while (!r->failed && !area.failed && area.rest.len > 0) {
                if (p->sessions == MAX_SESSIONS)
                        return TPM2_RC_AUTHSIZE;
                uint32_t handle = aza_read_be32(&area);
                (void)aza_read(&area, aza_read_be16(&area));
                uint8_t attributes = aza_read_u8(&area);
                (void)aza_read(&area, aza_read_be16(&area));
                uint32_t rc = take_handle(rm, client, handle,
                                          TPM2_RC_REFERENCE_S0 + (uint32_t)p->sessions,
                                          &p->by_session[p->sessions]);
                if (rc != TPM2_RC_SUCCESS)
                        return rc;
                p->session_ends[p->sessions++] = (attributes & TPMA_SESSION_CONTINUESESSION) == 0;
        }
        return r->failed || area.failed ? TPM2_RC_AUTHSIZE : TPM2_RC_SUCCESS;
}

static uint32_t parse(struct sim_rm *rm, const struct rm_client *client, struct parsed *p)
{
        struct aza_reader r = aza_reader_of(aza_bytes_span(&p->bytes));

        uint16_t tag = aza_read_be16(&r);
        (void)aza_read(&r, 8);
        p->attributes = p->code - RM_FIRST_COMMAND < RM_COMMANDS
                                ? rm->attributes[p->code - RM_FIRST_COMMAND]
                                : 0;
        p->handles = (p->attributes & TPMA_CC_CHANDLES_MASK) >> TPMA_CC_CHANDLES_SHIFT;
        for (size_t i = 0; i < p->handles && i < MAX_HANDLES; i++) {
                uint32_t rc = take_handle(rm, client, aza_read_be32(&r),
                                          TPM2_RC_REFERENCE_H0 + (uint32_t)i, &p->by_handle[i]);
                if (rc != TPM2_RC_SUCCESS)
                        return rc;
        }
        if (r.failed)
                return TPM2_RC_COMMAND_SIZE;
        return tag == TPM2_ST_SESSIONS ? take_sessions(rm, client, p, &r) : TPM2_RC_SUCCESS;
}

/* --- afterwards ----------------------------------------------------------------------------- */

static void forget_in(struct sim_rm *rm, struct parsed *p, struct rm_entry *e)
{
        for (size_t i = 0; i < MAX_HANDLES; i++) {
                if (p->by_handle[i] == e)
                        p->by_handle[i] = NULL;
        }
        for (size_t i = 0; i < MAX_SESSIONS; i++) {
                if (p->by_session[i] == e)
                        p->by_session[i] = NULL;
        }
        rm_forget(rm, e);
}

/* The TPM made or loaded something: give it to the client under our handle. */
static void take_new(struct sim_rm *rm, struct rm_client *client, const struct parsed *p,
                     struct aza_bytes *answer)
{
        uint32_t real = get_be32(answer, 10);
        struct rm_entry *e = NULL;

        if (!is_swapped(real))
                return;
        for (e = rm->entries; e != NULL; e = e->next) {
                if (e->session && e->handle == real)
                        break;
        }
        if (e == NULL)
                e = rm_add(rm, client, real);
        if (e == NULL) {
                rm_answer_code(answer, TPM2_RC_MEMORY);
                return;
        }
        e->owner = client;
        e->loaded = true;
        e->saved_by_client = false;
        e->used = rm->now;
        /* TPMS_CONTEXT: savedHandle 0x80000001 is a sequence. */
        e->changes = p->code == TPM2_CC_HashSequenceStart || p->code == TPM2_CC_HMAC_Start ||
                     (p->code == TPM2_CC_ContextLoad && get_be32(&p->bytes, 18) == 0x80000001);
        put_be32(answer->data + 10, e->handle);
}

static void record(struct sim_rm *rm, struct rm_client *client, struct parsed *p,
                   struct aza_bytes *answer)
{
        if (p->code == TPM2_CC_ContextSave && p->by_handle[0] != NULL && p->by_handle[0]->session) {
                p->by_handle[0]->loaded = false;
                p->by_handle[0]->saved_by_client = true;
        }
        for (size_t i = 0; (p->attributes & TPMA_CC_FLUSHED) != 0 && i < MAX_HANDLES; i++) {
                if (p->by_handle[i] != NULL && !p->by_handle[i]->session)
                        forget_in(rm, p, p->by_handle[i]);
        }
        for (size_t i = 0; i < MAX_SESSIONS; i++) {
                if (p->by_session[i] != NULL && p->session_ends[i])
                        forget_in(rm, p, p->by_session[i]);
        }
        if ((p->attributes & TPMA_CC_RHANDLE) != 0)
                take_new(rm, client, p, answer);
}

/* Makes room and says whether the command may be tried again. */
static bool make_room(struct sim_rm *rm, uint32_t rc)
{
        if (rc == TPM2_RC_OBJECT_MEMORY)
                rm_evict(rm, false);
        else if (rc == TPM2_RC_SESSION_MEMORY)
                rm_evict(rm, true);
        else if (rc == TPM2_RC_CONTEXT_GAP)
                rm_refresh_sessions(rm);
        else
                return false;
        return true;
}

static void run(struct sim_rm *rm, struct rm_client *client, struct parsed *p,
                struct aza_bytes *answer)
{
        uint32_t rc = parse(rm, client, p);

        if (rc == TPM2_RC_SUCCESS && (p->attributes & TPMA_CC_RHANDLE) != 0 &&
            rm_held(rm, client, false) >= RM_MAX_OBJECTS)
                rc = TPM2_RC_OBJECT_MEMORY;
        if (rc != TPM2_RC_SUCCESS) {
                rm_answer_code(answer, rc);
                return;
        }
        /* TPM2_Clear and the like drop objects behind our back; saved ones then fail to load. */
        if ((p->attributes & TPMA_CC_EXTENSIVE) != 0)
                rm_evict(rm, false);
        for (size_t i = 0; i < p->handles && i < MAX_HANDLES; i++) {
                if (p->by_handle[i] != NULL)
                        put_be32(p->bytes.data + 10 + 4 * i, p->by_handle[i]->real);
        }
        for (int tries = 0; tries < 2; tries++) {
                if (sim_swtpm_transmit(rm->options.tpm, aza_bytes_span(&p->bytes), answer) != 0) {
                        rm_answer_code(answer, TPM2_RC_FAILURE);
                        return;
                }
                rc = get_be32(answer, 6);
                if (!make_room(rm, rc))
                        break;
        }
        if (rc == TPM2_RC_SUCCESS && p->code == TPM2_CC_CreatePrimary)
                sim_templates_observe(rm->options.templates, aza_bytes_span(&p->bytes),
                                      aza_bytes_span(answer));
        if (rc == TPM2_RC_SUCCESS)
                record(rm, client, p, answer);
}

static void flush_context(struct sim_rm *rm, struct rm_client *client, struct aza_span command,
                          struct aza_bytes *answer)
{
        struct aza_reader r = aza_reader_of(command);

        (void)aza_read(&r, 10);
        uint32_t handle = aza_read_be32(&r);
        struct rm_entry *e = rm_find(rm, client, handle);
        if (!aza_reader_done(&r) || e == NULL) {
                rm_answer_code(answer, TPM2_RC_HANDLE | TPM2_RC_P | TPM2_RC_1);
                return;
        }
        rm_flush(rm, e);
        rm_answer_code(answer, TPM2_RC_SUCCESS);
}

static void dispatch(struct sim_rm *rm, struct rm_client *client, uint32_t code,
                     struct aza_span command, struct aza_bytes *answer)
{
        struct parsed p = {.code = code};

        rm->now++;
        if (code == TPM2_CC_FlushContext) {
                flush_context(rm, client, command, answer);
                return;
        }
        if (rm->options.no_contexts &&
            (code == TPM2_CC_ContextSave || code == TPM2_CC_ContextLoad)) {
                rm_answer_code(answer, WINDOWS_BLOCKED);
                return;
        }
        if (code == TPM2_CC_GetCapability && rm_list_handles(rm, client, command, answer))
                return;
        if (rm->options.serve != NULL && rm->options.serve(rm->options.arg, code, command, answer))
                return;
        if (aza_bytes_set(&p.bytes, command.data, command.len) != 0)
                rm_answer_code(answer, TPM2_RC_MEMORY);
        else
                run(rm, client, &p, answer);
        aza_bytes_free(&p.bytes);
}

enum rm_outcome rm_execute(struct sim_rm *rm, struct rm_client *client, struct aza_span command,
                           struct aza_bytes *answer)
{
        struct sim_faults *faults = rm->options.faults;
        struct aza_reader r = aza_reader_of(command);
        char value[64];

        (void)aza_read(&r, 6);
        uint32_t code = aza_read_be32(&r);
        if (code - RM_FIRST_COMMAND < RM_COMMANDS)
                rm->counts[code - RM_FIRST_COMMAND]++;
        if (sim_fault_take_if(faults, "tpm-drop", names_command, &code, NULL, 0))
                return RM_DROP;
        if (sim_fault_take_if(faults, "tpm-rc", names_command, &code, value, sizeof(value))) {
                rm_answer_code(answer, (uint32_t)strtoul(strchr(value, ':') + 1, NULL, 16));
                return RM_ANSWER;
        }
        if (code == TPM2_CC_RSA_Decrypt)
                disturb_decrypt(rm);
        dispatch(rm, client, code, command, answer);
        return sim_fault_take_if(faults, "tpm-short-reply", names_command, &code, NULL, 0)
                       ? RM_HALF
                       : RM_ANSWER;
}
