/* SPDX-License-Identifier: Apache-2.0 */
/* How the command judges tokens: the checks are core/token's, here are only their inputs. */
#include "cli/judge.h"

#include "base/error.h"
#include "base/file.h"
#include "base/one.h"
#include "base/result.h"
#include "certificate_verify.h"
#include "maa/client.h"
#include "verify.h"

#include <openssl/x509v3.h>

int cli_token_read(const char *path, struct aza_bytes *ret)
{
        int r = aza_file_read(path, AZA_TOKEN_MAX + 2, ret);

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

int cli_certificate_judge(struct cli *cli, X509 *certificate, int64_t now, bool foreign,
                          struct aza_checks *checks)
{
        struct aza_verify_request request = {.nonce = cli->options.nonce,
                                             .jwks_file = cli->options.jwks,
                                             .vmid = cli->config.vmid[0] != '\0' ? cli->config.vmid
                                                                                 : NULL,
                                             .time = now,
                                             .foreign = foreign,
                                             .purpose = AZA_PURPOSE_SIGN};

        /* All bits are set when there is no such extension. */
        if ((X509_get_key_usage(certificate) & (KU_KEY_ENCIPHERMENT | KU_DIGITAL_SIGNATURE)) ==
            KU_KEY_ENCIPHERMENT)
                request.purpose = AZA_PURPOSE_DECRYPT;
        return aza_certificate_verify(cli->libctx, &cli->config, &request, certificate,
                                      aza_find_fetched, &cli->deadline, checks, NULL);
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
