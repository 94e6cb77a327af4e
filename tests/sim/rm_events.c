/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the simulator itself does to the TPM while clients use it, and what it tells about
 * them. */
#include "sim/provision.h"
#include "sim/rm_internal.h"
#include "sim/say.h"

#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

int rm_reset(struct sim_rm *rm)
{
        rm_forget_all(rm);
        if (sim_swtpm_reset(rm->options.tpm) != 0)
                return -1;
        return rm->options.boot == NULL ? 0 : rm->options.boot(rm->options.arg);
}

int rm_extend(struct sim_rm *rm, unsigned int pcr)
{
        static const char text[] = "azattest-sim pcr-extend";
        return sim_pcr_extend(rm->options.tpm, pcr, aza_span_of(text, strlen(text)));
}

int sim_rm_reset(struct sim_rm *rm)
{
        (void)pthread_mutex_lock(&rm->lock);
        int result = rm_reset(rm);
        (void)pthread_mutex_unlock(&rm->lock);
        return result;
}

int sim_rm_extend(struct sim_rm *rm, unsigned int pcr)
{
        (void)pthread_mutex_lock(&rm->lock);
        int result = rm_extend(rm, pcr);
        (void)pthread_mutex_unlock(&rm->lock);
        return result;
}

uint64_t sim_rm_count(struct sim_rm *rm, uint32_t command_code)
{
        uint64_t n = 0;

        (void)pthread_mutex_lock(&rm->lock);
        for (uint32_t i = 0; i < RM_COMMANDS; i++) {
                if (command_code == 0 || command_code == i + RM_FIRST_COMMAND)
                        n += rm->counts[i];
        }
        (void)pthread_mutex_unlock(&rm->lock);
        return n;
}

void sim_rm_counts(struct sim_rm *rm, struct aza_bytes *ret)
{
        char line[80];

        aza_bytes_free(ret);
        (void)pthread_mutex_lock(&rm->lock);
        for (uint32_t i = 0; i < RM_COMMANDS; i++) {
                const char *name = sim_command_name(i + RM_FIRST_COMMAND);
                if (rm->counts[i] == 0)
                        continue;
                (void)snprintf(line, sizeof(line), "%s %llu\n", name != NULL ? name : "?",
                               (unsigned long long)rm->counts[i]);
                if (aza_bytes_append_text(ret, line) != 0)
                        (void)sim_fail("out of memory");
        }
        (void)pthread_mutex_unlock(&rm->lock);
}

void sim_rm_counts_clear(struct sim_rm *rm)
{
        (void)pthread_mutex_lock(&rm->lock);
        memset(rm->counts, 0, sizeof(rm->counts));
        (void)pthread_mutex_unlock(&rm->lock);
}

void sim_rm_held(struct sim_rm *rm, size_t *ret_objects, size_t *ret_sessions)
{
        (void)pthread_mutex_lock(&rm->lock);
        *ret_objects = rm_held(rm, NULL, false);
        *ret_sessions = rm_held(rm, NULL, true);
        (void)pthread_mutex_unlock(&rm->lock);
}
