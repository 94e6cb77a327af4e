/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a command writes: one file for two of them would keep the last, and nobody would
 * know. */
#include "cli/outputs.h"

#include "os/defaults.h"

#include <string.h>

static const char *plain(const char *path)
{
        while (strncmp(path, "./", 2) == 0)
                path += 2;
        return path;
}

static bool same(const char *a, const char *b)
{
        return a != NULL && b != NULL && strcmp(a, AZA_NO_FILE) != 0 &&
               strcmp(plain(a), plain(b)) == 0;
}

int cli_outputs_check(const struct cli_options *o)
{
        const struct {
                const char *option, *path;
        } outputs[] = {{"out", o->out},
                       {"key-out", o->key_out},
                       {"pubkey-out", o->pubkey_out},
                       {"html", o->html},
                       {"collateral-out", o->collateral_out}};
        const size_t count = sizeof(outputs) / sizeof(outputs[0]);

        for (size_t i = 0; i < count; i++)
                for (size_t k = i + 1; k < count; k++)
                        if (same(outputs[i].path, outputs[k].path)) {
                                cli_error("--%s and --%s name the same file: give each its own",
                                          outputs[i].option, outputs[k].option);
                                return CLI_USAGE;
                        }
        if (same(o->html, o->operand)) {
                cli_error("--html names the file that is read: give the page another name");
                return CLI_USAGE;
        }
        return 0;
}
