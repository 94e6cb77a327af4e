/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the command: what is taken, what is refused, and what is said then. */
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS(...) ((char *[]){__VA_ARGS__, NULL})

static char said[2048]; /* on stderr by the last call */

static int parse(const struct cli_command *command, char **argv, struct cli_options *options)
{
        FILE *capture = tmpfile();
        int argc = 0, before = dup(STDERR_FILENO), r;
        size_t n;

        while (argv[argc] != NULL)
                argc++;
        assert_non_null(capture);
        (void)fflush(stderr);
        assert_true(dup2(fileno(capture), STDERR_FILENO) >= 0);
        r = cli_options_command(command, argc, argv, options);
        (void)fflush(stderr);
        assert_true(dup2(before, STDERR_FILENO) >= 0);
        (void)close(before);
        rewind(capture);
        n = fread(said, 1, sizeof(said) - 1, capture);
        said[n] = '\0';
        (void)fclose(capture);
        return r;
}

static void takes_what_it_names(void **state)
{
        struct cli_options o = {0};

        (void)state;
        assert_int_equal(parse(&cli_attest,
                               ARGS("attest", "--nonce", "n1", "--out=t.jwt", "--json", "-v"), &o),
                         0);
        assert_string_equal(o.nonce, "n1");
        assert_string_equal(o.out, "t.jwt");
        assert_true(o.json);
        assert_true(o.verbose);
        assert_false(o.any_vm);
        assert_null(o.policy);
        assert_string_equal(said, "");
}

static void operand_before_or_after(void **state)
{
        struct cli_options o = {0};

        (void)state;
        assert_int_equal(parse(&cli_verify, ARGS("verify", "f.jwt", "--nonce", "n"), &o), 0);
        assert_string_equal(o.operand, "f.jwt");
        o = (struct cli_options){0};
        assert_int_equal(parse(&cli_verify, ARGS("verify", "--nonce", "n", "--", "-x"), &o), 0);
        assert_string_equal(o.operand, "-x");
        assert_int_equal(parse(&cli_verify, ARGS("verify", "-"), &o), 0);
        assert_string_equal(o.operand, "-");
        assert_int_equal(parse(&cli_verify, ARGS("verify"), &o), CLI_USAGE);
        assert_non_null(
                strstr(said, "needs one FILE or more (- is standard input), none was given"));
        assert_int_equal(parse(&cli_verify, ARGS("verify", "a", "b"), &o), 0);
        assert_int_equal(o.operands.count, 2);
        assert_string_equal(o.operands.item[1], "b");
        assert_int_equal(parse(&cli_verify, ARGS("verify", "-", "b", "-"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "only once"));
        assert_int_equal(parse(&cli_inspect, ARGS("inspect", "a", "b"), &o), CLI_USAGE);
        assert_non_null(
                strstr(said, "inspect needs one FILE (- is standard input), more were given"));
        assert_int_equal(parse(&cli_release, ARGS("release"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "release needs one URL, none was given"));
        assert_int_equal(parse(&cli_policy, ARGS("policy"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "policy needs one ACTION, none was given"));
        assert_int_equal(parse(&cli_attest, ARGS("attest", "x"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "takes no 'x'"));
}

static void unknown_names_the_nearest(void **state)
{
        struct cli_options o = {0};

        (void)state;
        assert_int_equal(parse(&cli_attest, ARGS("attest", "--noce", "x"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "unknown option --noce; did you mean --nonce?"));
        assert_int_equal(parse(&cli_attest, ARGS("attest", "--noce=x"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "did you mean --nonce?"));
        assert_int_equal(parse(&cli_attest, ARGS("attest", "-q"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "unknown option -q"));
        assert_int_equal(parse(&cli_attest, ARGS("attest", "--nonce"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "option --nonce needs a value"));
        /* An option of another command is unknown here. */
        assert_int_equal(parse(&cli_attest, ARGS("attest", "--token", "x"), &o), CLI_USAGE);
        assert_non_null(strstr(said, "unknown option --token"));
}

static void once_is_enough(void **state)
{
        struct cli_options o = {0};

        (void)state;
        assert_int_equal(parse(&cli_verify, ARGS("verify", "f", "--vmid", "a", "--vmid=b"), &o),
                         CLI_USAGE);
        assert_non_null(strstr(said, "--vmid was given twice ('a' and 'b')"));
        o = (struct cli_options){0};
        assert_int_equal(parse(&cli_verify, ARGS("verify", "f", "-q", "-q", "-v"), &o), 0);
        assert_true(o.quiet);
}

static void lists_grow(void **state)
{
        struct cli_options o = {0};

        (void)state;
        assert_int_equal(parse(&cli_cert, ARGS("cert", "--san", "DNS:a", "--san", "IP:::1"), &o),
                         0);
        assert_int_equal(o.san.count, 2);
        assert_string_equal(o.san.item[1], "IP:::1");
}

static void global_options_stop_at_the_command(void **state)
{
        struct cli_options o = {0};
        char **argv = ARGS("azattest", "-v", "--config", "f.cnf", "attest", "--nonce", "n");
        int at = 0;

        (void)state;
        assert_int_equal(cli_options_global(7, argv, &o, &at), 0);
        assert_int_equal(at, 4);
        assert_string_equal(o.config, "f.cnf");
        assert_true(o.verbose);
        assert_null(o.nonce);
}

static void every_help_is_complete(void **state)
{
        static const struct cli_command *const commands[] = {
                &cli_attest,  &cli_check,   &cli_verify, &cli_encrypt, &cli_decrypt, &cli_evidence,
                &cli_inspect, &cli_explain, &cli_doctor, &cli_cert,    &cli_policy,  &cli_profile,
        };

        (void)state;
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                AZA_OWN(free) char *text = NULL;
                size_t size = 0;
                FILE *out = open_memstream(&text, &size);
                char word[32], names[512];

                assert_non_null(out);
                cli_help_command(out, commands[i]);
                (void)fclose(out);
                (void)snprintf(word, sizeof(word), "usage: azattest %s", commands[i]->name);
                assert_int_equal(strncmp(text, word, strlen(word)), 0);
                assert_non_null(strstr(text, "\nexample:\n  "));
                assert_non_null(strstr(text, "\nexit status:\n"));
                assert_non_null(strstr(text, "\n  2  wrong usage\n"));
                /* Each option the command names exists in the table. */
                (void)snprintf(names, sizeof(names), "%s", commands[i]->options);
                for (char *rest = names, *name; (name = strsep(&rest, " ")) != NULL;) {
                        (void)snprintf(word, sizeof(word), "--%s ", name);
                        assert_non_null(strstr(text, word));
                }
        }
}

static char *help_of(const struct cli_command *command)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(out);
        cli_help_command(out, command);
        (void)fclose(out);
        assert_non_null(text);
        return text;
}

/* The key, or the demand, that is meant without --purpose. */
static void help_says_the_default_purpose(void **state)
{
        static const struct {
                const struct cli_command *command;
                const char *says;
        } all[] = {
                {&cli_attest, "decrypt (default), sign or any"},
                {&cli_check, "decrypt (default), sign or any"},
                {&cli_evidence, "decrypt (default), sign or any"},
                {&cli_decrypt, "decrypt (default) or any"},
                {&cli_cert, "sign (default) or decrypt"},
                {&cli_verify, "not asked by default"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_OWN(free) char *text = help_of(all[i].command);
                const char *at = strstr(text, "--purpose PURPOSE ");

                assert_non_null(at);
                const char *end = strchr(at, '\n');
                const char *says = strstr(at, all[i].says);
                assert_true(says != NULL && says < end);
        }
}

/* 0, 1, 2 and 3, each once. */
static void help_lists_each_exit_status_once(void **state)
{
        static const struct cli_command *const commands[] = {&cli_verify, &cli_cert, &cli_check};

        (void)state;
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                AZA_OWN(free) char *text = help_of(commands[i]);
                const char *at = strstr(text, "\nexit status:\n");
                char line[16];

                for (int n = 0; n <= 3; n++) {
                        (void)snprintf(line, sizeof(line), "\n  %d  ", n);
                        at = at != NULL ? strstr(at, line) : NULL;
                        assert_non_null(at);
                        assert_null(strstr(at + 1, line));
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(takes_what_it_names),
                cmocka_unit_test(operand_before_or_after),
                cmocka_unit_test(unknown_names_the_nearest),
                cmocka_unit_test(once_is_enough),
                cmocka_unit_test(lists_grow),
                cmocka_unit_test(global_options_stop_at_the_command),
                cmocka_unit_test(every_help_is_complete),
                cmocka_unit_test(help_says_the_default_purpose),
                cmocka_unit_test(help_lists_each_exit_status_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
