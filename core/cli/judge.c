/* SPDX-License-Identifier: Apache-2.0 */
/* How the command judges tokens: the checks are core/token's, here are only their inputs. */
#include "cli/judge.h"

#include "base/error.h"
#include "base/one.h"
#include "online/maa.h"
#include "online/token.h"
#include "os/file.h"
#include "verdict/certificate.h"
#include "verdict/result.h"
#include "verdict/token.h"

#include <openssl/x509v3.h>

#define CA_MAX 65536

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

/* --ca: one certificate, as everything that is judged (D41). */
static int read_ca(struct cli *cli, X509 **ret)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r;

        if (cli->options.ca == NULL)
                return 0;
        if ((r = aza_file_read(cli->options.ca, CA_MAX, &content)) == 0)
                r = aza_one_certificate(cli->libctx, aza_bytes_span(&content), ret);
        return r != 0 ? aza_context(r, "--ca %s", cli->options.ca) : 0;
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
        AZA_OWN(X509_free) X509 *ca = NULL;
        int r = read_ca(cli, &ca);
        const struct aza_certificate_request judged = {
                .token = &request, .find = aza_find_fetched, .find_arg = &cli->deadline, .ca = ca};
        return r != 0 ? r
                      : aza_certificate_verify(cli->libctx, &cli->config, &judged, certificate,
                                               checks, NULL);
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
