/* SPDX-License-Identifier: Apache-2.0 */
/* Timing, medians and the table. */
#include "bench/bench.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct row {
        const char *name, *yardstick;
        double ours, theirs; /* milliseconds per operation, or per second */
        bool rate;
        double commands, their_commands; /* TPM commands per operation; < 0 unknown */
        double aim;
};

static struct row rows[64];
static size_t row_count;

double bench_now(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a;
        double y = *(const double *)b;
        return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
        qsort(values, n, sizeof(*values), by_value);
        return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Milliseconds per call over one batch, or negative on failure. */
static double time_batch(bench_fn *fn, void *arg, int batch)
{
        double start = bench_now();

        for (int i = 0; i < batch; i++)
                if (fn(arg) != 0)
                        return -1;
        return (bench_now() - start) * 1e3 / batch;
}

static struct row *new_row(void)
{
        if (row_count == sizeof(rows) / sizeof(rows[0])) {
                (void)fprintf(stderr, "bench: too many rows\n");
                exit(1);
        }
        return &rows[row_count++];
}

int bench_run(const struct bench_pair *pair)
{
        size_t n = (size_t)pair->rounds;
        double *ours = calloc(n, sizeof(double));
        double *theirs = calloc(n, sizeof(double));
        long commands = 0, their_commands = 0;
        bool counted = bench_tpm_commands() >= 0;
        bool good = ours != NULL && theirs != NULL && pair->ours(pair->ours_arg) == 0 &&
                    pair->theirs(pair->theirs_arg) == 0;

        for (size_t i = 0; good && i < n; i++) {
                long before = bench_tpm_commands();
                ours[i] = time_batch(pair->ours, pair->ours_arg, pair->batch);
                const long between = bench_tpm_commands();
                theirs[i] = time_batch(pair->theirs, pair->theirs_arg, pair->batch);
                commands += between - before;
                their_commands += bench_tpm_commands() - between;
                good = ours[i] >= 0 && theirs[i] >= 0;
        }
        if (good)
                *new_row() = (struct row){
                        .name = pair->name,
                        .yardstick = pair->yardstick,
                        .ours = bench_median(ours, n),
                        .theirs = bench_median(theirs, n),
                        .commands = counted ? (double)commands / (double)n / pair->batch : -1,
                        .their_commands =
                                counted ? (double)their_commands / (double)n / pair->batch : -1,
                        .aim = pair->aim,
                };
        free(ours);
        free(theirs);
        if (!good)
                (void)fprintf(stderr, "bench: %s failed\n", pair->name);
        return good ? 0 : -1;
}

void bench_add_rates(const char *name, const char *yardstick, double ours, double theirs,
                     double aim)
{
        *new_row() = (struct row){
                .name = name,
                .yardstick = yardstick,
                .ours = ours,
                .theirs = theirs,
                .rate = true,
                .commands = -1,
                .their_commands = -1,
                .aim = aim,
        };
}

static void print_table(void)
{
        if (row_count == 0) /* the group printed a table of its own */
                return;
        printf("%-34s %11s  %-34s %11s %7s %6s %5s %5s\n", "operation", "ours", "beside", "it",
               "ratio", "aim", "TPM", "its");
        for (size_t i = 0; i < row_count; i++) {
                const struct row *r = &rows[i];
                const char *unit = r->rate ? "/s" : "ms";
                char aim[16] = "-";
                char commands[16] = "-", their_commands[16] = "-";
                if (r->aim > 0)
                        (void)snprintf(aim, sizeof(aim), "%s%.2f", r->rate ? ">=" : "<=", r->aim);
                if (r->commands >= 0)
                        (void)snprintf(commands, sizeof(commands), "%.1f", r->commands);
                if (r->their_commands >= 0)
                        (void)snprintf(their_commands, sizeof(their_commands), "%.1f",
                                       r->their_commands);
                printf("%-34s %9.3f%s  %-34s %9.3f%s %6.2fx %6s %5s %5s\n", r->name, r->ours, unit,
                       r->yardstick, r->theirs, unit, r->ours / r->theirs, aim, commands,
                       their_commands);
        }
}

static void print_json(void)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; i < row_count; i++) {
                const struct row *r = &rows[i];
                json_object *o = json_object_new_object();
                json_object_object_add(o, "operation", json_object_new_string(r->name));
                json_object_object_add(o, "beside", json_object_new_string(r->yardstick));
                json_object_object_add(o, "unit", json_object_new_string(r->rate ? "1/s" : "ms"));
                json_object_object_add(o, "ours", json_object_new_double(r->ours));
                json_object_object_add(o, "it", json_object_new_double(r->theirs));
                json_object_object_add(o, "ratio", json_object_new_double(r->ours / r->theirs));
                if (r->aim > 0)
                        json_object_object_add(o, "aim", json_object_new_double(r->aim));
                if (r->commands >= 0)
                        json_object_object_add(o, "tpm-commands",
                                               json_object_new_double(r->commands));
                if (r->their_commands >= 0)
                        json_object_object_add(o, "its-tpm-commands",
                                               json_object_new_double(r->their_commands));
                json_object_array_add(array, o);
        }
        printf("%s\n", json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY));
        json_object_put(array);
}

void bench_print(bool json)
{
        if (json)
                print_json();
        else
                print_table();
}
