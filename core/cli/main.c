/* SPDX-License-Identifier: Apache-2.0 */
/* azattest(1): finds the subcommand, reads its options, runs it, turns its result into the exit
 * status. What the commands do is in the files named after them. */
#include "cli/cli.h"

#include "base/error.h"
#include "base/result.h"
#include "base/words.h"
#include "cli/outputs.h"
#include "os/path.h"
#include "os/process.h"

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
        const char *names[32] = {"help", "version", NULL};
        char advice[300];
        const struct cli_command *const *commands = all_commands();

        for (size_t i = 0; commands[i] != NULL && i + 3 < 32; i++)
                names[i + 2] = commands[i]->name;
        cli_error("unknown command '%s'; %s%s 'azattest help' says what there is", word,
                  aza_words_advice(word, names, advice, sizeof(advice)),
                  aza_path_readable(word) ? " Or 'azattest verify' of that file?" : "");
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
        const char *file = cli->options.operands.count > 1 ? cli->options.operand : NULL;
        if (!cli->judged || cli->verdict == AZA_VERDICT_ACCEPT)
                cli->verdict = azattest_result_undecided(result) ? AZA_VERDICT_INCOMPLETE
                                                                 : AZA_VERDICT_REJECT;
        if (result != CLI_NO) {
                print_failure(cli, &why);
                cli_error("%s%s%s [%s %d]", file != NULL ? file : "", file != NULL ? ": " : "",
                          why.message[0] != '\0' ? why.message : "failed",
                          azattest_result_name(result), result);
        }
        /* A setting is wrong, and nothing was judged. */
        if (result == AZATTEST_E_CONFIGURATION && !cli->judged)
                return CLI_USAGE;
        return cli->verdict == AZA_VERDICT_INCOMPLETE ? UNDECIDED : 1;
}

static int run_once(struct cli *cli)
{
        const int status = exit_status(cli, cli->command->run(cli));

        cli_close(cli);
        return status;
}

/* Each file by itself, as if there were no other; the worst status: a refusal before what could not
 * be decided. Wrong usage is wrong for all of them. */
static int run_each(const struct cli_command *command, const struct cli_options *options)
{
        int worst = 0;

        if (options->json)
                cli_json_begin();
        for (size_t i = 0; worst != CLI_USAGE && i < options->operands.count; i++) {
                struct cli cli = {.command = command, .options = *options};
                int status;

                cli.options.operand = options->operands.item[i];
                if (options->json)
                        cli_json_of(cli.options.operand);
                status = run_once(&cli);
                if (status == 1 || status == CLI_USAGE || worst == 0)
                        worst = status;
        }
        return options->json && cli_json_end() != 0 ? 1 : worst;
}

static int show_help(const char *word)
{
        const struct cli_command *command = word != NULL ? find(word) : NULL;
        struct cli cli = {0};

        if (word != NULL && command == NULL && strcmp(word, "help") != 0 &&
            strcmp(word, "version") != 0)
                return unknown_command(word);
        if (command != NULL)
                cli_help_command(stdout, command);
        else
                cli_help_program(stdout, all_commands());
        return exit_status(&cli, cli_flush());
}

static int show_version(void)
{
        struct cli cli = {0};

        (void)puts("azattest " AZATTEST_VERSION);
        return exit_status(&cli, cli_flush());
}

/* `argv` begins with the command word. */
static int run_command(int argc, char **argv, struct cli_options *options)
{
        struct cli cli = {.command = find(argv[0])};

        if (strcmp(argv[0], "help") == 0)
                return show_help(argc > 1 ? argv[1] : NULL);
        if (strcmp(argv[0], "version") == 0)
                return show_version();
        if (cli.command == NULL)
                return unknown_command(argv[0]);
        if (cli_options_command(cli.command, argc, argv, options) != 0)
                return CLI_USAGE;
        if (options->help)
                return show_help(argv[0]);
        if (cli_outputs_check(options) != 0)
                return CLI_USAGE;
        if (options->operands.count > 1 && strchr(cli.command->operand, '[') == NULL)
                return run_each(cli.command, options);
        cli.options = *options;
        return run_once(&cli);
}

static int run(int argc, char **argv)
{
        struct cli_options options = {0};
        int at = 0;

        if (cli_options_global(argc, argv, &options, &at) != 0)
                return CLI_USAGE;
        if (options.help)
                return show_help(NULL);
        if (options.version)
                return show_version();
        if (at >= argc) {
                cli_help_program(stderr, all_commands());
                return CLI_USAGE;
        }
        return run_command(argc - at, argv + at, &options);
}

int main(int argc, char **argv)
{
        /* A reader that goes away is an error we report, no reason to die silently. */
        if (!aza_program_begin(&argc, &argv)) {
                cli_error("out of memory");
                return 1;
        }
        /* Our own TCTIs print nothing; tpm2-tss's, for what has no path (tabrmd, mssim), do. */
        aza_environment_default("TSS2_LOG", "all+none");
        return run(argc, argv);
}

static const struct cli_command *const *all_commands(void)
{
        static const struct cli_command *const commands[] = {
                &cli_attest, &cli_check,   &cli_verify,  &cli_encrypt, &cli_decrypt,  &cli_evidence,
                &cli_fetch,  &cli_inspect, &cli_explain, &cli_doctor,  &cli_status,   &cli_cert,
                &cli_policy, &cli_profile, &cli_release, &cli_seal,    &cli_ak_renew, NULL,
        };

        return commands;
}
