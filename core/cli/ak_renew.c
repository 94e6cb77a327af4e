/* SPDX-License-Identifier: Apache-2.0 */
/* azattest ak-renew: a new certificate for the vTPM's attestation key. The library renews. */
#include "azattest.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"

#include <errno.h>
#include <stdlib.h>

#define DAYS_MAX    36500
#define DAY_SECONDS 86400

/* Negative: in any case. */
static int parse_days(const struct cli *cli, int64_t *ret)
{
        const char *text = cli->options.if_before;
        char *end = NULL;

        *ret = -1;
        if (text == NULL)
                return 0;
        errno = 0;
        const long days = strtol(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || days < 0 || days > DAYS_MAX) {
                cli_error("--if-before takes days, 0 to %d", DAYS_MAX);
                return CLI_USAGE;
        }
        *ret = days * DAY_SECONDS;
        return 0;
}

static int print(const struct cli *cli, json_object *said)
{
        const char *until = aza_json_string(said, "until");
        json_object *renewed = NULL, *restored = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        int r = 0;

        if (cli->options.json)
                return cli_print_json(said);
        (void)json_object_object_get_ex(said, "renewed", &renewed);
        (void)json_object_object_get_ex(said, "restored", &restored);
        if (json_object_get_boolean(restored))
                r = aza_bytes_append_text(&text, "put back what an interrupted renewal left\n");
        if (r == 0)
                r = aza_bytes_append_text(&text, json_object_get_boolean(renewed)
                                                         ? "renewed: valid until "
                                                         : "not renewed: valid until ");
        if (r == 0)
                r = aza_bytes_append_text(&text, until != NULL ? until : "?");
        if (r == 0)
                r = aza_bytes_append_text(&text, "\n");
        return r != 0 ? r : cli_write(NULL, aza_bytes_span(&text), 0644);
}

static int run(struct cli *cli)
{
        AZA_OWN(json_object_put) json_object *said = NULL;
        int64_t before = -1;
        char *text = NULL;
        int r;

        cli->subject = "machine";
        if ((r = parse_days(cli, &before)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_called(azattest_ak_renew(cli->ctx, before, &text))) != 0)
                return r;
        if ((said = cli_document(text)) == NULL)
                return AZA_NO_MEMORY();
        cli_progress_end();
        return print(cli, said);
}

const struct cli_command cli_ak_renew = {
        .name = "ak-renew",
        .summary = "renew the certificate of this VM's attestation key",
        .about = "Asks Azure's instance metadata for a new certificate of the vTPM's attestation "
                 "key and writes it\ninto the vTPM, if it is for the same key, of the same issuer "
                 "and ends later. The old one is\nkept in the runtime directory until the new one "
                 "reads back, and put back if it does not;\nwhat was interrupted the next run "
                 "puts right.",
        .options = "if-before json",
        .example = "  azattest ak-renew --if-before 90",
        .status = "  0  renewed, or nothing had to be done\n  1  not renewed: the message says "
                  "which certificate is in place",
        .undecided = "the service could not be asked",
        .run = run,
};
