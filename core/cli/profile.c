/* SPDX-License-Identifier: Apache-2.0 */
/* azattest profile: makes a profile file of evidence. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"
#include "os/file.h"

#include <string.h>

#define EVIDENCE_MAX (64u << 20)

/* No profile came of the evidence: whether it is refused or only not decided, which the code
 * does not say, stands in its result. */
static int not_made(struct cli *cli, int r, const char *evidence,
                    const struct azattest_evidence_options *options)
{
        const struct aza_error why = *aza_last_error();
        char *text = NULL;

        (void)azattest_evidence_verify(cli->ctx, evidence, options, &text);
        AZA_OWN(json_object_put) json_object *result = cli_document(text);
        if (result != NULL && r != AZATTEST_E_INVALID_PARAMETER) {
                cli->judged = true;
                cli->verdict = aza_verdict_of(aza_json_string(result, "verdict"));
        }
        return cli_usage(aza_error_restore(&why));
}

static int make(struct cli *cli, const char *const *pins)
{
        struct azattest_draft_options draft = AZATTEST_DRAFT_INIT;
        struct azattest_evidence_options options;
        AZA_BYTES struct aza_bytes evidence = {0};
        char *profile = NULL;
        int r;

        cli->subject = "evidence";
        if ((r = cli_open(cli)) != 0 ||
            (r = aza_file_read(cli->options.from, EVIDENCE_MAX, &evidence)) != 0)
                return r;
        if (evidence.len == 0 || memchr(evidence.data, '\0', evidence.len) != NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "%s is empty, or no text", cli->options.from);
        const enum azattest_kind kind = azattest_kind_of(evidence.data, evidence.len);
        if (kind != AZATTEST_KIND_EVIDENCE && kind != AZATTEST_KIND_UNKNOWN) {
                cli_refused(cli);
                return AZA_FAIL(AZATTEST_E_INPUT, "%s is a %s, not an evidence file%s",
                                cli->options.from, azattest_kind_name(kind),
                                kind == AZATTEST_KIND_TOKEN
                                        ? ": 'azattest policy new' makes a policy of it"
                                        : "");
        }
        options = cli->evidence.options;
        if (cli->options.time != NULL && (r = cli_time(cli, &options.time)) != 0)
                return r;
        draft.pins = pins;
        draft.name = cli->options.name;
        draft.evidence = &options;
        r = cli_called(
                azattest_profile_new(cli->ctx, (const char *)evidence.data, &draft, &profile));
        if (r != 0)
                return not_made(cli, r, (const char *)evidence.data, &options);
        r = cli_write(cli->options.out, aza_span_of(profile, strlen(profile)), 0644);
        azattest_free(profile);
        return r;
}

static int run(struct cli *cli)
{
        __attribute__((cleanup(cli_pins_free))) struct cli_pins pins = {0};
        const struct cli_operands *operands = &cli->options.operands;
        int r;

        cli->options.operand = NULL;
        if (operands->count != 1 || strcmp(operands->item[0], "new") != 0 ||
            cli->options.from == NULL) {
                cli_error("profile: 'azattest profile new --from EVIDENCE' makes one");
                return CLI_USAGE;
        }
        r = cli_pins(cli, &pins);
        return r != 0 ? r : make(cli, pins.count > 0 ? pins.pins : NULL);
}

const struct cli_command cli_profile = {
        .name = "profile",
        .operand = "ACTION [FILE]...",
        .summary = "make a profile file from evidence",
        .about =
                "ACTION is new. 'profile new --from EVIDENCE' judges the evidence and writes a "
                "profile file\nthat accepts it: the base azure-baseline, secure boot and an attested "
                "key as far as it proves\nthem, and what --pin names (product, measurement and "
                "guest-svn by default). Its member\n\"about\" says what each demand means.",
        .options =
                "from pin name out profile require nonce time pcrs allow-unchecked " CLI_EVIDENCE,
        .example =
                "  azattest profile new --from evidence.json --pin product,guest-svn,pcr4 --out bank.json",
        .status = "  0  made\n  1  the evidence is refused\n  3  it could not be judged, or not "
                  "wholly: something is missing",
        .out = "where the profile goes, standard output by default",
        .judges = true,
        .run = run,
};
