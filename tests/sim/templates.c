/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of odd templates. */
#include "sim/templates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#define NAMES    64U
#define NAME_LEN 34U

struct sim_templates {
        pthread_mutex_t lock;
        size_t next;
        uint8_t names[NAMES][NAME_LEN]; /* a ring: the oldest is forgotten. Zeros: none */
};

struct sim_templates *sim_templates_new(void)
{
        struct sim_templates *ret = calloc(1, sizeof(*ret));

        if (ret != NULL)
                (void)pthread_mutex_init(&ret->lock, NULL);
        return ret;
}

void sim_templates_free(struct sim_templates *templates)
{
        if (templates == NULL)
                return;
        (void)pthread_mutex_destroy(&templates->lock);
        free(templates);
}

static bool section_3(const TPM2B_PUBLIC_KEY_RSA *unique)
{
        static const uint8_t zeros[256];

        return unique->size == 32 ||
               (unique->size == sizeof(zeros) && memcmp(unique->buffer, zeros, sizeof(zeros)) == 0);
}

/* inPublic of the command: after the hierarchy, the authorisations and inSensitive, of which
 * only the content may be encrypted. */
static bool read_template(struct aza_span command, TPMT_PUBLIC *ret)
{
        struct aza_reader r = aza_reader_of(command);
        size_t used = 0;

        const uint16_t tag = aza_read_be16(&r);
        (void)aza_read(&r, 8 + 4);
        if (tag == TPM2_ST_SESSIONS)
                (void)aza_read(&r, aza_read_be32(&r));
        (void)aza_read(&r, aza_read_be16(&r));
        const struct aza_span area = aza_read(&r, aza_read_be16(&r));
        memset(ret, 0, sizeof(*ret));
        return !r.failed &&
               Tss2_MU_TPMT_PUBLIC_Unmarshal(area.data, area.len, &used, ret) == TSS2_RC_SUCCESS;
}

/* The name of the new object: behind outPublic (whose content may be encrypted), creationData,
 * creationHash and creationTicket. */
static struct aza_span read_name(struct aza_span answer)
{
        struct aza_reader r = aza_reader_of(answer);

        const uint16_t tag = aza_read_be16(&r);
        (void)aza_read(&r, 4);
        if (aza_read_be32(&r) != TPM2_RC_SUCCESS)
                return (struct aza_span){0};
        (void)aza_read(&r, tag == TPM2_ST_SESSIONS ? 4 + 4 : 4);
        for (int i = 0; i < 3; i++)
                (void)aza_read(&r, aza_read_be16(&r));
        (void)aza_read(&r, 2 + 4);
        (void)aza_read(&r, aza_read_be16(&r));
        const struct aza_span name = aza_read(&r, aza_read_be16(&r));
        if (r.failed)
                return (struct aza_span){0};
        return name;
}

void sim_templates_observe(struct sim_templates *templates, struct aza_span command,
                           struct aza_span answer)
{
        TPMT_PUBLIC area;

        if (templates == NULL || !read_template(command, &area) || area.type != TPM2_ALG_RSA ||
            section_3(&area.unique.rsa))
                return;
        const struct aza_span name = read_name(answer);
        if (name.len != NAME_LEN || sim_templates_odd(templates, name))
                return;
        (void)pthread_mutex_lock(&templates->lock);
        memcpy(templates->names[templates->next], name.data, NAME_LEN);
        templates->next = (templates->next + 1) % NAMES;
        (void)pthread_mutex_unlock(&templates->lock);
}

bool sim_templates_odd(struct sim_templates *templates, struct aza_span name)
{
        bool found = false;

        if (templates == NULL || name.len != NAME_LEN)
                return false;
        (void)pthread_mutex_lock(&templates->lock);
        for (size_t i = 0; i < NAMES && !found; i++)
                found = memcmp(templates->names[i], name.data, NAME_LEN) == 0;
        (void)pthread_mutex_unlock(&templates->lock);
        return found;
}
