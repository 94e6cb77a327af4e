/* SPDX-License-Identifier: Apache-2.0 */
/* How the command judges tokens: the checks are core/token's, here are only their inputs. */
#include "cli/judge.h"

#include "base/error.h"
#include "base/json.h"
#include "base/one.h"
#include "online/maa.h"
#include "online/token.h"
#include "os/file.h"
#include "verdict/result.h"
#include "verdict/token.h"

int cli_token_read(const char *path, struct aza_bytes *ret)
{
        int r = aza_file_read(path, AZA_TOKEN_MAX + 2, ret);
        const enum azattest_kind kind = azattest_kind_of(ret->data, ret->len);

        if (r == 0 && kind != AZATTEST_KIND_TOKEN && kind != AZATTEST_KIND_JWE &&
            kind != AZATTEST_KIND_UNKNOWN)
                return AZA_FAIL(AZATTEST_E_TOKEN_FORM, "%s is a %s, not a token%s", path,
                                azattest_kind_name(kind),
                                kind == AZATTEST_KIND_REQUEST ? ": its key signs and cannot decrypt"
                                                              : "");
        if (r == 0 && (r = aza_one_token(ret)) != 0)
                r = aza_context(r, "%s", path);
        return r;
}

int cli_token_judge(struct cli *cli, const char *jwt, const struct cli_judgement *how,
                    struct aza_checks *checks, struct aza_token **ret)
{
        struct aza_verify_request request = {.nonce = cli->options.nonce,
                                             .jwks_file = cli->options.jwks,
                                             .vmid = cli->config.vmid[0] != '\0' ? cli->config.vmid
                                                                                 : NULL,
                                             .own_modulus = how->own_modulus,
                                             .foreign = how->foreign,
                                             .inspect = how->inspect,
                                             .any_purpose = how->any_purpose,
                                             .purpose = how->purpose};
        int r = cli_time(cli, &request.time);

        if (r != 0)
                return r;
        cli_progress(NULL, "verifying the token");
        return aza_verify_online(cli->libctx, &cli->config, &cli->deadline, &request, jwt, checks,
                                 ret);
}

int cli_verdict(struct cli *cli, const struct aza_checks *checks, const char *subject, int64_t time,
                json_object *claims)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        int r;

        cli->judged = true;
        cli->verdict = aza_checks_verdict(checks);
        cli_progress_end();
        if (cli->options.json) {
                result = aza_result_json(checks, subject, time, cli->weakened, claims);
                if (result == NULL)
                        return AZA_NO_MEMORY();
                r = cli_print_json(result);
        } else {
                r = aza_result_table(stdout, checks);
                if (r == 0)
                        cli_line("%s: %s", subject, aza_verdict_text(aza_checks_verdict(checks)));
                r = r == 0 ? cli_flush() : r;
        }
        return r != 0 ? r : aza_checks_result(checks, subject);
}

/* The rows of a result, and its verdict. */
static int print_table(json_object *result)
{
        json_object *rows = aza_json_array(result, "checks");

        if (rows == NULL || json_object_array_length(rows) == 0)
                return 0;
        aza_result_rows(stdout, rows);
        cli_line("%s: %s", aza_json_string(result, "subject"), aza_json_string(result, "verdict"));
        return cli_flush();
}

/* What was to be judged is no such thing: which file that was, the library does not know. */
static int name_file(const struct cli *cli, json_object *result, int r)
{
        const bool unread = json_object_array_length(aza_json_array(result, "checks")) == 0 &&
                            cli->verdict == AZA_VERDICT_REJECT;

        return unread && cli->options.operand != NULL &&
                               (r == AZATTEST_E_INPUT || r == AZATTEST_E_CERTIFICATE ||
                                r == AZATTEST_E_TOKEN_FORM)
                       ? aza_context(r, "%s", cli_operand_name(cli))
                       : r;
}

json_object *cli_document(char *text)
{
        json_object *value = text != NULL ? json_tokener_parse(text) : NULL;

        azattest_free(text);
        return value;
}

int cli_result(struct cli *cli, int r, char *text)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        const struct aza_error why = *aza_last_error();

        cli_progress_end();
        result = cli_document(text);
        if (result == NULL || aza_json_array(result, "checks") == NULL)
                return r == 0 ? AZA_NO_MEMORY() : cli_usage(r);
        cli->judged = true;
        cli->verdict = aza_verdict_of(aza_json_string(result, "verdict"));
        int printed = cli->options.json ? cli_print_json(result) : print_table(result);
        if (printed != 0 || r == 0)
                return printed;
        return name_file(cli, result, aza_error_restore(&why));
}
