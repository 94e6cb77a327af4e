/* SPDX-License-Identifier: Apache-2.0 */
/* azattest verify: judges a token, an attested certificate, an evidence file or a bare report. */
#include "base/error.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "cli/accepted.h"
#include "cli/cli.h"
#include "cli/judge.h"
#include "cli/judge_evidence.h"
#include "cli/show.h"

#define VERIFY_MAX (64u << 20)

/* What a token says although it was refused; NULL when it cannot be parsed. */
static struct aza_token *parsed(const char *jwt, size_t len)
{
        struct aza_token *token = NULL;

        return aza_token_parse(jwt, len, NULL, &token) == 0 ? token : NULL;
}

/* 0 when there are rows to show, also of a refusal: *why then says it best (a key set that could not be
 * had is more than its row). Else the failure that kept rows from being made. */
static int judged(struct cli *cli, const struct aza_bytes *jwt, bool any_purpose,
                  enum aza_purpose purpose, struct aza_checks *checks, struct aza_error *why)
{
        struct cli_judgement how = {
                .foreign = true, .inspect = true, .purpose = purpose, .any_purpose = any_purpose};
        int r = cli_token_judge(cli, (const char *)jwt->data, &how, checks, NULL);

        *why = r != 0 ? *aza_last_error() : (struct aza_error){0};
        return checks->count > 0 ? 0 : r;
}

static int verdict(struct cli *cli, const struct aza_checks *checks, const char *subject,
                   int64_t now, json_object *claims, const struct aza_error *why)
{
        /* Nothing in a refused file deserves to be read as a claim. */
        bool accepted = aza_checks_verdict(checks) == AZA_VERDICT_ACCEPT;
        int r = cli_verdict(cli, checks, subject, now, accepted ? claims : NULL);

        if (r != 0 && why->code == r)
                return aza_error_restore(why);
        return r;
}

/* CLI_USAGE after a message when --purpose was given: `what` is not judged by it. */
static int no_purpose(const struct cli *cli, const char *what, const char *why)
{
        if (cli->options.purpose == NULL)
                return 0;
        cli_error("--purpose does not apply to %s: %s", what, why);
        return CLI_USAGE;
}

/* Demands are on evidence: beside a token only when there is some. */
static int check_demands(const struct cli *cli, const char *what)
{
        return cli->options.evidence != NULL ? 0 : cli_demands_none(cli, what);
}

/* With --evidence: its rows behind the token's, and T18. */
static int beside(struct cli *cli, const struct aza_token *token, struct aza_checks *checks)
{
        return cli->options.evidence != NULL ? cli_evidence_beside(cli, token, checks) : 0;
}

static int verify_token(struct cli *cli, struct aza_bytes *jwt, int64_t now)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct aza_error why;
        struct aza_uri uri;
        int r;

        cli->subject = "token";
        if ((r = check_demands(cli, "token")) != 0 ||
            (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 ||
            (r = judged(cli, jwt, cli->options.purpose == NULL, uri.purpose, &checks, &why)) != 0)
                return r;
        token = parsed((const char *)jwt->data, jwt->len);
        if ((r = beside(cli, token, &checks)) != 0)
                return r;
        r = verdict(cli, &checks, "token", now, token != NULL ? token->claims : NULL, &why);
        return r != 0 ? r : cli_accepted_token(cli, token, aza_bytes_span(jwt));
}

static int verify_certificate(struct cli *cli, struct aza_span content, int64_t now)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct aza_error why = {0};
        int r = check_demands(cli, "certificate");

        cli->subject = "certificate";
        if (r == 0)
                r = no_purpose(cli, "a certificate", "its keyUsage says what its key is for");
        if (r != 0)
                return r;
        if ((r = aza_one_certificate(cli->libctx, content, &certificate)) != 0)
                return aza_context(r, "%s", cli_operand_name(cli));
        r = cli_certificate_judge(cli, certificate, now, true, &checks);
        if (r != 0 && checks.count == 0)
                return r;
        if (r != 0)
                why = *aza_last_error();
        if (aza_cmw_of_certificate(certificate, AZA_CMW_OID, &jwt) == 0)
                token = parsed((const char *)jwt.data, jwt.len);
        if ((r = beside(cli, token, &checks)) != 0)
                return r;
        r = verdict(cli, &checks, "certificate", now, token != NULL ? token->claims : NULL, &why);
        return r != 0 ? r : cli_accepted_certificate(cli, token, certificate);
}

static int verify_evidence(struct cli *cli, struct aza_span content, int64_t now)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(json_object_put) json_object *claims = NULL;
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = no_purpose(cli, "evidence",
                           "nothing in it proves what a key is for; a token says it");

        if (r != 0 || (r = cli_accepted_no_key(cli, "evidence")) != 0)
                return r;
        cli->subject = "evidence";
        if ((r = aza_evidence_file_decode(content, &file)) != 0) {
                cli_refused(cli);
                return aza_context(r, "%s", cli_operand_name(cli));
        }
        r = cli_evidence_judge(cli, &file, true, &checks, &judgement);
        if (r == 0) {
                claims = aza_evidence_claims(&judgement);
                r = verdict(cli, &checks, "evidence", now, claims, &(struct aza_error){0});
                r = r != 0 ? r : cli_accepted_bytes(cli, content);
        }
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

static int verify_report(struct cli *cli, struct aza_span content, bool hcl, int64_t now)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(json_object_put) json_object *claims = NULL;
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = no_purpose(cli, "a report",
                           "nothing in it proves what a key is for; a token says it");

        if (r != 0 || (r = cli_accepted_no_key(cli, "a report")) != 0 ||
            (r = cli_report_file(cli, content, hcl, &file)) != 0)
                return r;
        r = cli_report_judge(cli, &file, true, &checks, &judgement);
        if (r == 0) {
                claims = aza_evidence_claims(&judgement);
                r = verdict(cli, &checks, "report", now, claims, &(struct aza_error){0});
                r = r != 0 ? r : cli_accepted_bytes(cli, content);
        }
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

/* What such a file lacks to be judged by itself, and what to pass instead. */
static int refuse(struct cli *cli, enum show_kind kind)
{
        const char *file = cli_operand_name(cli), *what = show_kind_text(kind);

        cli_refused(cli);
        switch (kind) {
        case SHOW_QUOTE:
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is a %s alone: neither whose AK signed it nor the PCR values "
                                "are in it; pass the evidence file ('azattest evidence') that "
                                "holds it",
                                file, what);
        case SHOW_TD_QUOTE:
        case SHOW_TD_REPORT:
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is a %s alone: nothing in it says which vTPM or VM it is "
                                "about; pass the HCL report (NV 0x01400001) or the evidence file "
                                "('azattest evidence') that holds it",
                                file, what);
        case SHOW_EVENT_LOG:
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is a %s alone: only a quote proves the PCRs it leads to; pass "
                                "the evidence file ('azattest evidence') that holds both",
                                file, what);
        case SHOW_UNKNOWN:
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is no token, certificate, evidence file or report", file);
        default:
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is a %s: there is nothing to verify in it; pass a token, "
                                "certificate, evidence file or report",
                                file, what);
        }
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        int64_t now;
        int r;

        if ((r = cli_accepted_options(cli)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_time(cli, &now)) != 0 ||
            (r = cli_operand_read(cli, VERIFY_MAX, &content)) != 0)
                return r;
        const enum show_kind kind = show_kind_of(aza_bytes_span(&content));
        if (cli->options.evidence != NULL && kind != SHOW_TOKEN && kind != SHOW_CERTIFICATE) {
                cli_error("--evidence stands beside a token or certificate; %s is neither",
                          cli->options.operand);
                return CLI_USAGE;
        }
        switch (kind) {
        case SHOW_TOKEN:
                r = aza_one_token(&content);
                return r != 0 ? aza_context(r, "%s", cli_operand_name(cli))
                              : verify_token(cli, &content, now);
        case SHOW_CERTIFICATE:
                return verify_certificate(cli, aza_bytes_span(&content), now);
        case SHOW_EVIDENCE:
                return verify_evidence(cli, aza_bytes_span(&content), now);
        case SHOW_SNP_REPORT:
                return verify_report(cli, aza_bytes_span(&content), false, now);
        case SHOW_HCL_REPORT:
                return verify_report(cli, aza_bytes_span(&content), true, now);
        default:
                return refuse(cli, kind);
        }
}

const struct cli_command cli_verify = {
        .name = "verify",
        .operand = "FILE",
        .summary = "verify a token, attested certificate, evidence file or report",
        .about = "Verifies FILE and lists every check: accept, reject or not checked, and why. It "
                 "decides about\nanother VM, so it must be told which one: --vmid, a policy that "
                 "pins "
                 "it, or the configured\nvmid. Evidence files are judged without any network; so "
                 "are bare SEV-SNP and HCL "
                 "reports, whose chain\n--certs gives (VCEK, ASK, ARK) or --fetch gets. What a "
                 "report alone cannot say is not checked.\nWith --evidence a token or certificate "
                 "is judged "
                 "together with evidence of the same VM and key, which must be\naccepted too and "
                 "which MAA must not contradict (T18); demands then are on the evidence.\n"
                 "--out writes what was accepted in one canonical form, --pubkey-out the attested "
                 "key of a token\nor certificate; neither touches a file unless it is accepted.",
        .options = "out pubkey-out nonce policy vmid any-vm require purpose evidence jwks ca "
                   "allow-stale-keys time pcrs "
                   "allow-unchecked "
                   "json " CLI_DEMANDS " " CLI_EVIDENCE,
        .example = "  azattest verify token.jwt --vmid 8A1B... --nonce \"$nonce\"",
        .status =
                "  0  accepted\n  1  rejected\n  3  incomplete: a required check could not be made",
        .run = run,
};
