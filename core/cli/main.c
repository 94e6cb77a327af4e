/* SPDX-License-Identifier: Apache-2.0 */
/* azattest(1): finds the subcommand, reads its options, runs it, turns its result into the exit
 * status. What the commands do is in the files named after them. */
#include "cli/cli.h"

#include "base/error.h"
#include "base/result.h"
#include "base/words.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* All commands, NULL-terminated: the table at the end of this file. */
static const struct cli_command *const *all_commands(void);

static const struct cli_command *find(const char *word)
{
        const struct cli_command *const *commands = all_commands();

        for (size_t i = 0; commands[i] != NULL; i++)
                if (strcmp(commands[i]->name, word) == 0)
                        return commands[i];
        return NULL;
}

static int unknown_command(const char *word)
{
        const char *names[32] = {NULL};
        const char *nearest;
        const struct cli_command *const *commands = all_commands();

        for (size_t i = 0; commands[i] != NULL && i + 1 < 32; i++)
                names[i] = commands[i]->name;
        nearest = aza_nearest_word(word, names);
        if (nearest != NULL)
                cli_error("unknown command '%s'; did you mean '%s'? 'azattest --help' lists them",
                          word, nearest);
        else
                cli_error("unknown command '%s'; 'azattest --help' lists them", word);
        return CLI_USAGE;
}

#define UNDECIDED 3

/* D54: whoever asks for JSON gets it, also where there was nothing to judge. */
static void print_failure(struct cli *cli, const struct aza_error *why)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        int64_t now = 0;

        if (!cli->options.json || cli_json_printed() || why->code == 0)
                return;
        if (cli_time(cli, &now) != 0)
                now = 0;
        result = aza_result_failure(cli->subject != NULL ? cli->subject : "file", now,
                                    cli->weakened, cli->verdict, why);
        if (result != NULL)
                (void)cli_print_json(result);
}

static int exit_status(struct cli *cli, int result)
{
        const struct aza_error why = *aza_last_error();

        cli_progress_end();
        if (result == 0)
                return 0;
        if (result == CLI_USAGE || result == CLI_KEPT)
                return result;
        if (!cli->judged || cli->verdict == AZA_VERDICT_ACCEPT)
                cli->verdict = azattest_result_undecided(result) ? AZA_VERDICT_INCOMPLETE
                                                                 : AZA_VERDICT_REJECT;
        if (result != CLI_NO) {
                print_failure(cli, &why);
                cli_error("%s [%s %d]", why.message[0] != '\0' ? why.message : "failed",
                          azattest_result_name(result), result);
        }
        return cli->verdict == AZA_VERDICT_INCOMPLETE ? UNDECIDED : 1;
}

static int run(int argc, char **argv)
{
        struct cli cli = {0};
        int at = 0;
        int result, status;

        if (cli_options_global(argc, argv, &cli.options, &at) != 0)
                return CLI_USAGE;
        if (cli.options.help) {
                cli_help_program(stdout, all_commands());
                return exit_status(&cli, cli_flush());
        }
        if (cli.options.version) {
                (void)puts("azattest " AZATTEST_VERSION);
                return exit_status(&cli, cli_flush());
        }
        if (at >= argc) {
                cli_help_program(stderr, all_commands());
                return CLI_USAGE;
        }
        cli.command = find(argv[at]);
        if (cli.command == NULL)
                return unknown_command(argv[at]);
        if (cli_options_command(cli.command, argc - at, argv + at, &cli.options) != 0)
                return CLI_USAGE;
        if (cli.options.help) {
                cli_help_command(stdout, cli.command);
                return exit_status(&cli, cli_flush());
        }
        result = cli.command->run(&cli);
        status = exit_status(&cli, result);
        cli_close(&cli);
        return status;
}

int main(int argc, char **argv)
{
        /* A reader that goes away is an error we report, no reason to die silently. */
        (void)signal(SIGPIPE, SIG_IGN);
        /* Our own TCTIs print nothing; tpm2-tss's, for what has no path (tabrmd, mssim), do. */
        (void)setenv("TSS2_LOG", "all+none", 0);
        return run(argc, argv);
}

static const struct cli_command *const *all_commands(void)
{
        static const struct cli_command *const commands[] = {
                &cli_attest,  &cli_check,   &cli_verify, &cli_encrypt, &cli_decrypt, &cli_evidence,
                &cli_inspect, &cli_explain, &cli_doctor, &cli_cert,    NULL,
        };

        return commands;
}
