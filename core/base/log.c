/* SPDX-License-Identifier: Apache-2.0 */
/* The log sink: the only process-wide state of the core. */
#include "base/log.h"

#include "base/printable.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static azattest_log_fn *sink;
static void *sink_arg;
static atomic_int level_limit = AZATTEST_LOG_ERROR;

void aza_log_set_level(enum azattest_log_level level)
{
        atomic_store(&level_limit, (int)level);
}

void aza_log_set_sink(azattest_log_fn *fn, void *arg)
{
        pthread_mutex_lock(&lock);
        sink = fn;
        sink_arg = arg;
        pthread_mutex_unlock(&lock);
}

void aza_log(enum azattest_log_level level, const char *function, int line, const char *format, ...)
{
        static const char *const names[] = {"error", "warning", "info", "debug"};
        char text[1024], shown[1024];
        va_list args;

        if ((int)level > atomic_load(&level_limit))
                return;
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        (void)aza_printable(text, strlen(text), shown, sizeof(shown));

        /* The callback runs without the lock: it may log or set another sink. */
        pthread_mutex_lock(&lock);
        azattest_log_fn *fn = sink;
        void *arg = sink_arg;
        pthread_mutex_unlock(&lock);
        if (fn != NULL)
                fn(arg, level, function, line, shown);
        else
                (void)fprintf(stderr, "azattest: %s: %s\n", names[level], shown);
}
