/* SPDX-License-Identifier: Apache-2.0 */
/* azattest doctor: what this machine is and has, and what to do about what it lacks. The library
 * looks. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"

#include <string.h>

static int run(struct cli *cli)
{
        AZA_OWN(json_object_put) json_object *said = NULL;
        char *text = NULL;
        int r;

        cli->subject = "machine";
        if ((r = cli_open(cli)) != 0 || (r = cli_called(azattest_doctor(cli->ctx, &text))) != 0)
                return r;
        if ((said = cli_document(text)) == NULL)
                return AZA_NO_MEMORY();
        cli_progress_end();
        r = cli->options.json ? cli_print_json(said) : cli_findings(said, 16);
        return r != 0 ? r : strcmp(aza_json_string(said, "verdict"), "ok") == 0 ? 0 : CLI_NO;
}

const struct cli_command cli_doctor = {
        .name = "doctor",
        .summary = "what this machine is and has, and what to do about what it lacks",
        .about = "The first thing to type when something fails. Each line says ok, no (and what to "
                 "do), or unknown:\nTPM device and permissions, HCL report, AK and its "
                 "certificate, key, kind of machine, event log,\nsecure boot, clock, runtime "
                 "directory, OpenSSL module, IMDS, MAA, how far the clock is from theirs.\nWhere "
                 "none says no, it attests once, as 'azattest attest' would.",
        .options = "require json",
        .example = "  azattest doctor",
        .status =
                "  0  nothing is in the way of attesting\n  1  something is: its line says what to "
                "do",
        .run = run,
};
