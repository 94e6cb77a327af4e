/* SPDX-License-Identifier: Apache-2.0 */
/* azattest-bench: see tests/bench/run, which starts it inside a simulated VM. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

static const struct {
        const char *name;
        int (*run)(void);
} groups[] = {
        {"key", bench_key},         {"threads", bench_threads}, {"tls", bench_tls},
        {"leaf", bench_leaf},       {"verify", bench_verify},   {"reference", bench_reference},
        {"tdx", bench_tdx},         /* only by name: needs evidence of two VMs */
        {"decrypt", bench_decrypt}, /* only by name: part of key */
        {"timing", bench_timing},   /* only by name: minutes */
};
#define ALL_GROUPS 6

static int run_named(const char *name)
{
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
                if (strcmp(groups[i].name, name) == 0)
                        return groups[i].run();
        (void)fprintf(stderr, "bench: no group '%s'\n", name);
        return -1;
}

int main(int argc, char **argv)
{
        bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
        int first = json ? 2 : 1;
        int r = 0;

        for (int i = first; r == 0 && i < argc; i++)
                r = run_named(argv[i]);
        for (size_t i = 0; first == argc && r == 0 && i < ALL_GROUPS; i++)
                r = groups[i].run();
        bench_print(json);
        return r == 0 ? 0 : 1;
}
