/* SPDX-License-Identifier: Apache-2.0 */
/* azattest status: whether this VM's keys and certificates work now, and until when. The library
 * looks. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/metrics.h"
#include "cli/result.h"
#include "os/defaults.h"
#include "os/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse_within(const struct cli *cli, int64_t *ret)
{
        const char *text = cli->options.within;
        char *end = NULL;

        if (text == NULL)
                return 0;
        errno = 0;
        const long seconds = strtol(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || seconds < 0) {
                cli_error("--within takes seconds");
                return CLI_USAGE;
        }
        *ret = seconds;
        return 0;
}

static int check_form(const struct cli *cli)
{
        if (cli->options.prometheus && cli->options.json) {
                cli_error("--prometheus and --json are two forms of the same: give one of them");
                return CLI_USAGE;
        }
        if (cli->options.out == NULL || cli->options.prometheus)
                return 0;
        cli_error("--out is where --prometheus writes: give both");
        return CLI_USAGE;
}

static int print(const struct cli *cli, json_object *said)
{
        AZA_BYTES struct aza_bytes metrics = {0};

        if (cli->options.json)
                return cli_print_json(said);
        if (!cli->options.prometheus)
                return cli_findings(said, 24);
        const int r = cli_metrics(said, &metrics);
        return r != 0 ? r : cli_write(cli->options.out, aza_bytes_span(&metrics), 0644);
}

/* The verdict decides the exit status; the lines said why. */
static int finish(struct cli *cli, json_object *said)
{
        const char *verdict = aza_json_string(said, "verdict");
        const int r = print(cli, said);

        if (r != 0 || verdict == NULL || strcmp(verdict, "ok") == 0)
                return r;
        cli->judged = true;
        cli->verdict = strcmp(verdict, "no") == 0 ? AZA_VERDICT_REJECT : AZA_VERDICT_INCOMPLETE;
        return CLI_NO;
}

static int run(struct cli *cli)
{
        static const char *const usual[] = {AZA_USUAL_PLACE};
        struct azattest_status_options options = AZATTEST_STATUS_INIT;
        AZA_OWN(json_object_put) json_object *said = NULL;
        char *text = NULL;
        int r;

        cli->subject = "machine";
        if ((r = parse_within(cli, &options.within)) != 0 || (r = check_form(cli)) != 0 ||
            (r = cli_open(cli)) != 0)
                return r;
        options.files = (const char *const *)cli->options.operands.item;
        options.count = cli->options.operands.count;
        if (options.count == 0 && aza_path_kind(AZA_USUAL_PLACE) == AZA_PATH_FOLDER) {
                options.files = usual;
                options.count = 1;
        }
        if ((r = cli_called(azattest_status(cli->ctx, &options, &text))) != 0)
                return r;
        if ((said = cli_document(text)) == NULL)
                return AZA_NO_MEMORY();
        return finish(cli, said);
}

const struct cli_command cli_status = {
        .name = "status",
        .operand = "[FILE]...",
        .summary = "do the keys and certificates of this VM work now, and until when?",
        .about =
                "For each key file, sealed or private key and certificate (a directory stands for those\n"
                "in it" AZA_USUAL_PLACE_SAID "), the unnamed keys and the AK certificate: whether\n"
                "the key can be used now, until when the certificate lasts, which PCRs drifted, and what\n"
                "the last attestation said. Tries every key in the vTPM; asks nobody on the network.",
        .options = "within hierarchy pcrs prometheus out json",
        .example =
                "  azattest status --within 3600 /etc/azattest\n"
                "  azattest status --prometheus --out /var/lib/prometheus/node-exporter/azattest.prom",
        .status = "  0  everything works\n  1  something does not: its line says what to do",
        .undecided = "or something could not be found out",
        .out = "where --prometheus writes, in one step",
        .run = run,
};
