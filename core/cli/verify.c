/* SPDX-License-Identifier: Apache-2.0 */
/* azattest verify: judges a token, an attested certificate or request, an evidence file or a bare
 * report. The library judges; here are only the options. */
#include "azattest.h"
#include "base/error.h"
#include "base/one.h"
#include "base/printable.h"
#include "cli/accepted.h"
#include "cli/cli.h"
#include "cli/page.h"
#include "cli/result.h"
#include "os/file.h"

#include <string.h>

#define VERIFY_MAX   (64u << 20)
#define EVIDENCE_MAX (64u << 20)

/* CLI_USAGE after a message when --purpose was given: `what` is not judged by it. */
static int no_purpose(const struct cli *cli, const char *what, const char *why)
{
        if (cli->options.purpose == NULL)
                return 0;
        cli_error("--purpose does not apply to %s: %s", what, why);
        return CLI_USAGE;
}

/* CLI_USAGE after a message when --ca was given: `what` has no issuer to be compared. */
static int no_ca(const struct cli *cli, const char *what)
{
        if (cli->options.ca == NULL)
                return 0;
        cli_error("--ca does not apply to %s: it is for the issuer of a certificate", what);
        return CLI_USAGE;
}

/* ---- tokens and certificates ---- */

/* What the library is asked, and where it is kept. */
struct asked {
        struct azattest_verify_options options;
        struct azattest_evidence_options beside;
        struct aza_bytes evidence;
};
#define ASKED __attribute__((cleanup(free_asked)))

static void free_asked(struct asked *asked)
{
        aza_bytes_free(&asked->evidence);
}

/* The library takes texts: what stands behind a NUL would not be judged. */
static int check_text(struct cli *cli, const struct aza_bytes *text, const char *name)
{
        if (text->len == 0 || memchr(text->data, '\0', text->len) == NULL)
                return 0;
        cli_refused(cli);
        return AZA_FAIL(AZATTEST_E_INPUT, "%s: there are NUL bytes in it%s", name,
                        aza_text_advice(text->data, text->len));
}

/* --evidence, and what is demanded of it. */
static int read_beside(struct cli *cli, struct asked *ret)
{
        const char *path = cli->options.evidence;
        int r = aza_file_read(path, EVIDENCE_MAX, &ret->evidence);

        if (r == 0)
                r = check_text(cli, &ret->evidence, path);
        if (r != 0)
                return aza_context(r, "--evidence");
        ret->beside = cli->evidence.options;
        ret->beside.nonce = NULL;
        ret->options.evidence = &ret->beside;
        ret->options.evidence_json = (const char *)ret->evidence.data;
        return 0;
}

static int ask(struct cli *cli, struct asked *ret)
{
        const struct cli_options *o = &cli->options;
        int r;

        ret->options = (struct azattest_verify_options){.size = sizeof(ret->options),
                                                        .nonce = o->nonce,
                                                        .jwks_file = o->jwks,
                                                        .purpose = o->purpose,
                                                        .ca_file = o->ca};
        if (o->time != NULL && (r = cli_time(cli, &ret->options.time)) != 0)
                return r;
        return o->evidence != NULL ? read_beside(cli, ret) : 0;
}

/* Demands are on evidence: beside a token only when there is some. */
static int check_demands(const struct cli *cli, const char *what)
{
        return cli->options.evidence != NULL ? 0 : cli_demands_none(cli, what);
}

static int verify_token(struct cli *cli, struct aza_bytes *jwt)
{
        ASKED struct asked asked = {0};
        char unused[CLI_URI_MAX];
        char *result = NULL, *pem = NULL;
        int r;

        cli->subject = "token";
        cli->content = aza_bytes_span(jwt); /* without a line end */
        if ((r = check_demands(cli, "token")) != 0 || (r = no_ca(cli, "a token")) != 0 ||
            (r = cli_key(cli, "decrypt", unused)) != 0 || (r = ask(cli, &asked)) != 0)
                return r;
        cli_progress(NULL, "verifying the token");
        r = cli->options.pubkey_out != NULL
                    ? azattest_token_public_key(cli->ctx, (const char *)jwt->data, &asked.options,
                                                &pem, &result)
                    : azattest_token_verify(cli->ctx, (const char *)jwt->data, &asked.options,
                                            &result);
        r = cli_result(cli, r, result);
        r = r != 0 ? r : cli_accepted_token(cli, aza_bytes_span(jwt), pem);
        azattest_free(pem);
        return r;
}

static int verify_certificate(struct cli *cli, struct aza_span content, bool request)
{
        ASKED struct asked asked = {0};
        char *result = NULL, *pem = NULL;
        int r = check_demands(cli, request ? "request" : "certificate");

        cli->subject = request ? "request" : "certificate";
        if (r == 0)
                r = request ? no_purpose(cli, "a request", "it is signed by its own key")
                            : no_purpose(cli, "a certificate",
                                         "its keyUsage says what its key is for");
        if (r != 0 || (r = request ? no_ca(cli, "a request") : 0) != 0 ||
            (r = ask(cli, &asked)) != 0)
                return r;
        cli_progress(NULL, "verifying the token");
        r = cli->options.pubkey_out != NULL
                    ? azattest_certificate_public_key(cli->ctx, content.data, content.len,
                                                      &asked.options, &pem, &result)
                    : azattest_certificate_verify(cli->ctx, content.data, content.len,
                                                  &asked.options, &result);
        r = cli_result(cli, r, result);
        r = r != 0 ? r : cli_accepted_certificate(cli, content, pem);
        azattest_free(pem);
        return r;
}

/* ---- evidence and reports ---- */

static int verify_evidence(struct cli *cli, struct aza_bytes *content, bool report)
{
        const char *what = report ? "a report" : "evidence";
        struct azattest_evidence_options options = cli->evidence.options;
        char *result = NULL;
        int r = no_purpose(cli, what, "nothing in it proves what a key is for; a token says it");

        cli->subject = report ? "report" : "evidence";
        if (r != 0 || (r = no_ca(cli, what)) != 0 || (r = cli_accepted_no_key(cli, what)) != 0)
                return r;
        if (cli->options.time != NULL && (r = cli_time(cli, &options.time)) != 0)
                return r;
        r = report ? azattest_report_verify(cli->ctx, content->data, content->len, &options,
                                            &result)
                   : azattest_evidence_verify(cli->ctx, (const char *)content->data, &options,
                                              &result);
        r = cli_result(cli, r, result);
        return r != 0 ? r : cli_accepted_bytes(cli, aza_bytes_span(content));
}

/* ---- a live server ---- */

/* What a handshake has no use for, and ignoring would be a silent accept. */
static int check_connect(const struct cli *cli)
{
        const struct cli_options *o = &cli->options;
        const char *given = o->nonce != NULL        ? "--nonce"
                            : o->purpose != NULL    ? "--purpose"
                            : o->ca != NULL         ? "--ca"
                            : o->evidence != NULL   ? "--evidence"
                            : o->out != NULL        ? "--out"
                            : o->pubkey_out != NULL ? "--pubkey-out"
                                                    : NULL;

        if (given == NULL)
                return cli_demands_none(cli, "certificate");
        cli_error("%s does not go with --connect: a server is judged by one TLS handshake", given);
        return CLI_USAGE;
}

static int verify_server(struct cli *cli)
{
        ASKED struct asked asked = {0};
        char *result = NULL;
        int r;

        cli->subject = "certificate";
        if ((r = cli_open(cli)) != 0 || (r = check_connect(cli)) != 0 ||
            (r = ask(cli, &asked)) != 0)
                return r;
        cli_progress(NULL, "connecting");
        r = azattest_server_verify(cli->ctx, cli->options.connect, &asked.options, &result);
        return cli_result(cli, r, result);
}

/* What such a file lacks to be judged by itself, and what to pass instead. */
static int refuse(struct cli *cli, enum azattest_kind kind, struct aza_span content)
{
        const char *file = cli_operand_name(cli), *what = azattest_kind_name(kind);

        cli_refused(cli);
        switch (kind) {
        case AZATTEST_KIND_QUOTE:
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%s is a %s alone: neither whose AK signed it nor the PCR values are in it; pass the evidence file ('azattest evidence') that holds it",
                        file, what);
        case AZATTEST_KIND_TD_REPORT:
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%s is a %s alone: nothing in it says which vTPM or VM it is about; pass the HCL report (NV 0x01400001) or the evidence file ('azattest evidence') that holds it",
                        file, what);
        case AZATTEST_KIND_EVENT_LOG:
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%s is a %s alone: only a quote proves the PCRs it leads to; pass the evidence file ('azattest evidence') that holds both",
                        file, what);
        case AZATTEST_KIND_UNKNOWN:
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is no token, certificate, request, evidence file or report%s",
                                file, aza_text_advice(content.data, content.len));
        default:
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%s is a %s: there is nothing to verify in it; pass a token, certificate, request, evidence file or report",
                        file, what);
        }
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r;

        if (cli->options.quiet && cli->options.json) {
                cli_error(
                        "--quiet is one line for people, --json all for programs: give one of them");
                return CLI_USAGE;
        }
        if (cli->options.connect != NULL)
                return (r = cli_page_options(cli)) != 0 ? r : verify_server(cli);
        if ((r = cli_accepted_options(cli)) != 0 || (r = cli_page_options(cli)) != 0 ||
            (r = cli_open(cli)) != 0 || (r = cli_operand_read(cli, VERIFY_MAX, &content)) != 0)
                return r;
        const enum azattest_kind kind = azattest_kind_of(content.data, content.len);
        cli->content = aza_bytes_span(&content);
        if (cli->options.evidence != NULL && kind != AZATTEST_KIND_TOKEN &&
            kind != AZATTEST_KIND_CERTIFICATE && kind != AZATTEST_KIND_REQUEST) {
                cli_error("--evidence stands beside a token or certificate; %s is neither",
                          cli->options.operand);
                return CLI_USAGE;
        }
        switch (kind) {
        case AZATTEST_KIND_TOKEN:
                if ((r = aza_one_token(&content)) != 0)
                        return aza_context(r, "%s", cli_operand_name(cli));
                return verify_token(cli, &content);
        case AZATTEST_KIND_CERTIFICATE:
        case AZATTEST_KIND_REQUEST:
                return verify_certificate(cli, aza_bytes_span(&content),
                                          kind == AZATTEST_KIND_REQUEST);
        case AZATTEST_KIND_EVIDENCE:
                r = check_text(cli, &content, cli_operand_name(cli));
                return r != 0 ? r : verify_evidence(cli, &content, false);
        case AZATTEST_KIND_SNP_REPORT:
        case AZATTEST_KIND_TD_QUOTE:
        case AZATTEST_KIND_HCL_REPORT:
                return verify_evidence(cli, &content, true);
        default:
                return refuse(cli, kind, aza_bytes_span(&content));
        }
}

const struct cli_command cli_verify = {
        .name = "verify",
        .operand = "FILE...",
        .summary = "verify a token, attested certificate or request, evidence file or report",
        .about =
                "Verifies FILE and lists the checks that decide (-v: every check): accept, reject or\n"
                "not checked, and why. Several are judged one by one. It\n"
                "decides about another VM, so it must be told which one: --vmid, a policy that "
                "pins\n"
                "it, or the configured vmid. Evidence files and bare SEV-SNP and HCL reports are\n"
                "judged without network, unless --fetch asks for certificates; a bare report's "
                "chain\n"
                "(VCEK, ASK, ARK) comes from there or from --certs, and what it alone cannot say "
                "is\n"
                "not checked. With --evidence a token or certificate is judged together with\n"
                "evidence of the same VM and key, which must be accepted too and which MAA must "
                "not\n"
                "contradict (T18); demands then are on the evidence. A certificate request must "
                "be\n"
                "signed by the attested key itself, for signing. --out writes what was accepted "
                "in\n"
                "one canonical form, --pubkey-out the attested key of a token, certificate or\n"
                "request; neither touches a file unless it is accepted. --connect judges a live TLS\n"
                "server instead of a file.",
        .options =
                "out pubkey-out html connect nonce policy vmid any-vm require purpose evidence jwks ca delegated allow-stale-keys time pcrs allow-unchecked json quiet " CLI_DEMANDS
                " " CLI_EVIDENCE,
        .example = "  azattest verify token.jwt --vmid 8A1B... --nonce \"$nonce\"\n"
                   "  azattest verify --quiet /srv/certificates/*.crt",
        .status = "  0  accepted\n  1  rejected",
        .undecided = "or incomplete: a required check could not be made",
        .purpose =
                "what a token's key must be for: decrypt, sign, issue or any; not asked by default",
        .out = "where what was judged goes, only when it is accepted; nowhere by default",
        .judges = true,
        .run = run,
};
