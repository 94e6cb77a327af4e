/* SPDX-License-Identifier: Apache-2.0 */
/* azattest policy: makes a policy of a token, and shows one condition by condition. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"
#include "os/file.h"

#include <string.h>

#define POLICY_MAX 65536

static int usage(const char *what)
{
        cli_error(
                "policy %s: 'azattest policy new --from TOKEN' makes one, 'azattest policy test FILE --token TOKEN' shows what it says of a token",
                what);
        return CLI_USAGE;
}

int cli_pins(const struct cli *cli, struct cli_pins *ret)
{
        const struct cli_list *list = &cli->options.pin;

        *ret = (struct cli_pins){0};
        for (size_t i = 0; i < list->count; i++) {
                char *text = strdup(list->item[i]), *rest = text, *pin;

                if (text == NULL)
                        return AZA_NO_MEMORY();
                ret->texts[i] = text;
                while ((pin = strsep(&rest, ",")) != NULL) {
                        if (*pin == '\0' || ret->count == CLI_LIST_MAX) {
                                cli_error("--pin %s: names, separated by commas, %d at most",
                                          list->item[i], CLI_LIST_MAX);
                                return CLI_USAGE;
                        }
                        ret->pins[ret->count++] = pin;
                }
        }
        return 0;
}

void cli_pins_free(struct cli_pins *pins)
{
        for (size_t i = 0; i < CLI_LIST_MAX; i++)
                free(pins->texts[i]);
}

/* What was made, where --out says, and what is in it for people. */
static int make(struct cli *cli)
{
        __attribute__((cleanup(cli_pins_free))) struct cli_pins pins = {0};
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_draft_options draft = AZATTEST_DRAFT_INIT;
        AZA_BYTES struct aza_bytes jwt = {0};
        char *policy = NULL, *notes = NULL;
        int r;

        cli->subject = "token";
        options.jwks_file = cli->options.jwks;
        if ((r = cli_pins(cli, &pins)) != 0 || (r = cli_open(cli)) != 0 ||
            (cli->options.time != NULL && (r = cli_time(cli, &options.time)) != 0) ||
            (r = cli_token_read(cli->options.from, &jwt)) != 0)
                return r;
        draft.verify = &options;
        draft.pins = pins.count > 0 ? pins.pins : NULL;
        r = cli_called(
                azattest_policy_new(cli->ctx, (const char *)jwt.data, &draft, &policy, &notes));
        if (r != 0)
                return cli_usage(r);
        r = cli_write(cli->options.out, aza_span_of(policy, strlen(policy)), 0644);
        for (char *rest = notes, *line; r == 0 && (line = strsep(&rest, "\n")) != NULL;)
                if (*line != '\0')
                        cli_error("%s", line);
        azattest_free(policy);
        azattest_free(notes);
        return r;
}

static void print_condition(json_object *row)
{
        json_object *expected = NULL, *found = NULL;
        const char *result = aza_json_string(row, "result");
        const bool met = strcmp(result, "met") == 0;

        (void)json_object_object_get_ex(row, "expected", &expected);
        const bool has = json_object_object_get_ex(row, "found", &found) != 0;
        cli_line("%-9s %s %s %s%s%s", result, aza_json_string(row, "claim"),
                 aza_json_string(row, "operator"),
                 json_object_to_json_string_ext(expected, JSON_C_TO_STRING_NOSLASHESCAPE),
                 met || !has ? "" : ", found ",
                 met || !has
                         ? ""
                         : json_object_to_json_string_ext(found, JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void print_test(json_object *said)
{
        json_object *rows = aza_json_array(said, "conditions");
        const char *note = aza_json_string(said, "note"), *authority = "";
        json_object *flag = NULL;

        for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);

                if (strcmp(authority, aza_json_string(row, "authority")) != 0)
                        cli_line("authority %s", authority = aza_json_string(row, "authority"));
                print_condition(row);
        }
        (void)json_object_object_get_ex(said, "names-vm", &flag);
        cli_line("%s", json_object_get_boolean(flag)
                               ? "it names the VM: it is an identity"
                               : "it names no VM: --vmid or --any-vm has to stand beside it");
        if (note != NULL)
                cli_line("%s", note);
        (void)json_object_object_get_ex(said, "satisfied", &flag);
        cli_line("policy: %s", json_object_get_boolean(flag) ? "satisfied" : "not satisfied");
}

/* The file is what is tried, so that a broken one is the answer. */
static int try_it(struct cli *cli, const char *path)
{
        AZA_BYTES struct aza_bytes policy = {0}, jwt = {0};
        AZA_OWN(json_object_put) json_object *said = NULL;
        json_object *satisfied = NULL;
        char *text = NULL;
        int r;

        if ((r = aza_file_read(path, POLICY_MAX, &policy)) != 0 ||
            (r = cli_token_read(cli->options.token, &jwt)) != 0)
                return r;
        if (policy.len == 0 || memchr(policy.data, '\0', policy.len) != NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "%s is empty, or no text", path);
        r = cli_called(
                azattest_policy_test((const char *)policy.data, (const char *)jwt.data, &text));
        if (r != 0)
                return r == AZATTEST_E_INPUT ? aza_context(r, "%s", path) : r;
        if ((said = cli_document(text)) == NULL)
                return AZA_NO_MEMORY();
        if (cli->options.json)
                r = cli_print_json(said);
        else
                print_test(said);
        if (r != 0 || (r = cli_flush()) != 0)
                return r;
        (void)json_object_object_get_ex(said, "satisfied", &satisfied);
        return json_object_get_boolean(satisfied) ? 0 : CLI_NO;
}

static int run(struct cli *cli)
{
        const struct cli_operands *operands = &cli->options.operands;
        const char *action = operands->item[0];

        cli->options.operand = NULL; /* what fails names its file, which may be the token's */
        if (strcmp(action, "new") == 0 && operands->count == 1)
                return cli->options.from != NULL ? make(cli) : usage("new needs --from");
        if (strcmp(action, "test") == 0 && operands->count == 2)
                return cli->options.token != NULL ? try_it(cli, operands->item[1])
                                                  : usage("test needs --token");
        return usage("takes 'new', or 'test' and one FILE");
}

const struct cli_command cli_policy = {
        .name = "policy",
        .operand = "ACTION [FILE]...",
        .summary = "make a policy from a token, or see what one says of a token",
        .about =
                "ACTION is new or test. 'policy new --from TOKEN' verifies the token and writes a "
                "policy\nthat accepts it: the built-in conditions of its kind, and what --pin names. "
                "What each\ncondition means goes to standard error. 'policy test FILE --token TOKEN' "
                "shows, condition\nby condition, what the token meets; the token is only read.",
        .options = "from pin token out jwks require allow-stale-keys time json",
        .example = "  azattest policy new --from token.jwt --pin vmid,guest-svn --out policy.json\n"
                   "  azattest policy test policy.json --token token.jwt",
        .status = "  0  made; or the token satisfies it\n  1  the token is refused; or does not "
                  "satisfy it",
        .judges = true,
        .run = run,
};
