/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the number of requests per server, method and path. */
#include "sim/web_counts.h"

#include "sim/web.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A client may ask for any path: what does not fit is counted together. */
#define COUNTED_PATHS 64

struct line {
        char text[128];
        unsigned long count;
};

struct sim_web_counts {
        pthread_mutex_t lock;
        struct line lines[COUNTED_PATHS];
        size_t used;
};

struct sim_web_counts *sim_web_counts_new(void)
{
        struct sim_web_counts *counts = calloc(1, sizeof(*counts));
        if (counts != NULL && pthread_mutex_init(&counts->lock, NULL) != 0) {
                free(counts);
                return NULL;
        }
        return counts;
}

void sim_web_counts_free(struct sim_web_counts *counts)
{
        if (counts == NULL)
                return;
        (void)pthread_mutex_destroy(&counts->lock);
        free(counts);
}

static void printable(char *text)
{
        for (; *text != '\0'; text++)
                if (*text < ' ' || *text > '~')
                        *text = '?';
}

void sim_web_counts_add(struct sim_web_counts *counts, const char *server, const char *method,
                        const char *path)
{
        char text[128];
        size_t i = 0;

        (void)snprintf(text, sizeof(text), "%s %.8s %.100s", server, method, path);
        printable(text);
        (void)pthread_mutex_lock(&counts->lock);
        if (counts->used == COUNTED_PATHS - 1)
                (void)snprintf(text, sizeof(text), "others");
        while (i < counts->used && strcmp(counts->lines[i].text, text) != 0)
                i++;
        if (i == counts->used) {
                memcpy(counts->lines[i].text, text, sizeof(text));
                counts->used++;
        }
        counts->lines[i].count++;
        (void)pthread_mutex_unlock(&counts->lock);
}

void sim_web_counts_text(struct sim_web_counts *counts, struct aza_bytes *out)
{
        char line[160];

        (void)pthread_mutex_lock(&counts->lock);
        for (size_t i = 0; i < counts->used; i++) {
                (void)snprintf(line, sizeof(line), "%s %lu\n", counts->lines[i].text,
                               counts->lines[i].count);
                (void)aza_bytes_append_text(out, line);
        }
        (void)pthread_mutex_unlock(&counts->lock);
}
