/* SPDX-License-Identifier: Apache-2.0 */
/* azattest explain FILE: the chain of trust, link by link. Explains, decides nothing: exit status 0
 * also where a link is refused. */
#include "base/error.h"
#include "base/json.h"
#include "base/one.h"
#include "cli/cli.h"
#include "cli/judge.h"
#include "cli/judge_evidence.h"
#include "cli/links.h"
#include "cli/show.h"
#include "evidence/ak_cert.h"
#include "online/maa.h"
#include "os/file.h"
#include "snp/chain.h"

#include <string.h>

#define EXPLAIN_MAX (64u << 20)

static void print_links(json_object *links)
{
        for (size_t i = 0; i < json_object_array_length(links); i++) {
                json_object *link = json_object_array_get_idx(links, i);
                const char *reason = aza_json_string(link, "reason");
                const char *key = aza_json_string(link, "key-sha256");

                cli_line("%-38s %-22s by %s", aza_json_string(link, "link"),
                         aza_json_string(link, "state"), aza_json_string(link, "signed-by"));
                if (key != NULL)
                        cli_line("    key: SubjectPublicKeyInfo SHA-256 %s", key);
                cli_line("    shows: %s", aza_json_string(link, "shows"));
                if (reason != NULL && *reason != '\0')
                        cli_line("    because: %s", reason);
        }
        cli_line("physical access to the machine         out of scope           of every check");
}

static int print(struct cli *cli, json_object *subject, json_object *links)
{
        if (links == NULL)
                return AZA_NO_MEMORY();
        cli_progress_end();
        if (cli->options.json) {
                show_object(subject, "links", json_object_get(links));
                return cli_print_json(subject);
        }
        (void)cli_print_tree(subject);
        (void)putchar('\n');
        print_links(links);
        return cli_flush();
}

/* ---- tokens and certificates ---- */

/* Which kind of VM the claims are about, as links.h names it. */
static const char *vm_of_claims(json_object *claims)
{
        json_object *tee = aza_json_object(claims, "x-ms-isolation-tee");
        const char *kind = aza_json_string(tee, "x-ms-attestation-type");

        if (tee == NULL)
                return "trustedlaunch";
        return kind != NULL && strcmp(kind, "tdxvm") == 0 ? "tdx" : "sevsnp";
}

/* Of a configured issuer only: nobody else's address is asked. */
static void find_maa_key(struct cli *cli, const struct aza_token *token,
                         const struct aza_checks *checks, struct link_keys *keys)
{
        const struct aza_check *issuer = aza_checks_get(checks, AZA_CHECK_T4);
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        const char *why;
        int64_t now;
        int r;

        if (issuer == NULL || issuer->outcome != AZA_ACCEPT || token->kid == NULL ||
            cli_time(cli, &now) != 0)
                return;
        if (cli->options.jwks == NULL)
                r = aza_maa_jwks(cli->libctx, &cli->config, &cli->deadline, token, &set);
        else if ((r = aza_file_read(cli->options.jwks, AZA_JWKS_MAX, &text)) == 0)
                r = aza_jwks_parse(cli->libctx, aza_bytes_span(&text), &set);
        if (r == 0)
                link_key_set(cli->libctx, keys, LINK_KEY_MAA,
                             aza_token_signer(set, token, now, &why));
}

/* The AK that the claims name, so that it can be compared with the VM's. */
static void find_claimed_ak(struct cli *cli, const struct aza_token *token, struct link_keys *keys)
{
        AZA_CHECKS struct aza_checks unused = {0};
        struct aza_runtime runtime = {0};
        json_object *tee = aza_json_object(token->claims, "x-ms-isolation-tee");
        json_object *inner = aza_json_object(tee, "x-ms-runtime");
        const char *text = inner != NULL ? json_object_to_json_string(inner) : NULL;

        if (text == NULL ||
            !aza_runtime_parse(cli->libctx, aza_span_of(text, strlen(text)), &unused, &runtime))
                return;
        link_key_set(cli->libctx, keys, LINK_KEY_AK, runtime.ak);
        aza_runtime_free(&runtime);
}

static void describe_token(struct cli *cli, json_object *out, const struct aza_token *token,
                           const struct aza_checks *checks, struct link_keys *keys)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        show_text(out, "issuer", "%s", token->issuer != NULL ? token->issuer : "none");
        show_text(out, "vm", "%s", vm_of_claims(token->claims));
        if (token->kid != NULL)
                show_text(out, "signing-key", "kid %s", token->kid);
        if (aza_token_key(cli->libctx, token, &key) == 0) {
                show_key(cli->libctx, out, "attested-key", key);
                link_key_set(cli->libctx, keys, LINK_KEY_ATTESTED, key);
        }
        find_claimed_ak(cli, token, keys);
        find_maa_key(cli, token, checks, keys);
}

/* Prints the chain of `jwt` by its rows; `more` (or NULL) are links behind the token's. */
static int explain_rows(struct cli *cli, const char *kind, struct aza_span jwt,
                        const struct aza_checks *checks, const struct link *more)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *links = NULL;
        AZA_OWN(json_object_put) json_object *rest = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        const struct aza_check *signature = aza_checks_get(checks, AZA_CHECK_T8);
        bool trusted = signature != NULL && signature->outcome == AZA_ACCEPT;
        struct link_keys keys = {0};
        const char *vm = "sevsnp";

        if (out == NULL)
                return AZA_NO_MEMORY();
        show_text(out, "kind", "%s", kind);
        if (aza_token_parse((const char *)jwt.data, jwt.len, NULL, &token) == 0) {
                describe_token(cli, out, token, checks, &keys);
                vm = vm_of_claims(token->claims);
        }
        links = links_json(links_of_token(vm), checks, trusted, &keys);
        if (more != NULL && links != NULL) {
                rest = links_json(more, checks, trusted, &keys);
                for (size_t i = 0; rest != NULL && i < json_object_array_length(rest); i++)
                        (void)json_object_array_add(
                                links, json_object_get(json_object_array_get_idx(rest, i)));
        }
        return print(cli, out, links);
}

static int explain_token(struct cli *cli, struct aza_bytes *jwt)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct cli_judgement how = {.inspect = true, .any_purpose = true};
        int r = cli_demands_none(cli, "token");

        if (r != 0)
                return r;
        if ((r = aza_one_token(jwt)) != 0)
                return aza_context(r, "%s", cli_operand_name(cli));
        (void)cli_token_judge(cli, (const char *)jwt->data, &how, &checks, NULL);
        return explain_rows(cli, "MAA token", aza_bytes_span(jwt), &checks, NULL);
}

static int explain_certificate(struct cli *cli, struct aza_span content)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request judged = {0};
        const bool request = aza_is_request(content);
        int r = cli_demands_none(cli, request ? "request" : "certificate");

        if (r != 0)
                return r;
        if ((r = aza_certificate_read(cli->libctx, content, &judged)) != 0 ||
            (r = aza_certificate_token(&judged, &jwt)) != 0)
                return aza_context(r, "%s", cli_operand_name(cli));
        (void)cli_certificate_judge(cli, &judged, &checks);
        return explain_rows(cli, request ? "attested certificate request" : "attested certificate",
                            aza_bytes_span(&jwt), &checks, links_of_certificate());
}

/* ---- evidence and reports ---- */

/* The key that certified the AK, if its certificate is at hand. */
static void find_ak_issuer(struct cli *cli, const struct aza_evidence_file *file,
                           const aza_certs *pile, struct link_keys *keys)
{
        AZA_CHECKS struct aza_checks unused = {0};
        AZA_OWN(X509_free) X509 *leaf = NULL;

        if (!aza_ak_cert_parse(cli->libctx, aza_bytes_span(&file->ak_certificate), &unused, &leaf))
                return;
        for (int i = 0; i < sk_X509_num(pile); i++) {
                X509 *cert = sk_X509_value(pile, i);

                if (X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(leaf)) == 0)
                        link_key_set(cli->libctx, keys, LINK_KEY_VTPM_CA, X509_get0_pubkey(cert));
        }
}

static void find_evidence_keys(struct cli *cli, const struct aza_evidence_file *file,
                               const struct aza_judgement *judgement, struct link_keys *keys)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        struct aza_snp_chain chain = {0};

        link_key_set(cli->libctx, keys, LINK_KEY_AK, judgement->ak);
        link_key_set(cli->libctx, keys, LINK_KEY_ATTESTED, judgement->key);
        /* What cannot be read is in the rows. */
        if (pile == NULL ||
            aza_certs_add(cli->libctx, aza_bytes_span(&file->vcek_chain), pile) != 0 ||
            aza_certs_add(cli->libctx, aza_bytes_span(&file->ak_chain), pile) != 0 ||
            cli_certificates(cli, pile) != 0)
                return;
        aza_snp_chain_find(cli->libctx, pile, cli->config.amd_root, &chain);
        if (chain.ark != NULL)
                link_key_set(cli->libctx, keys, LINK_KEY_CHIP_ROOT, X509_get0_pubkey(chain.ark));
        if (chain.leaf != NULL)
                link_key_set(cli->libctx, keys, LINK_KEY_CHIP, X509_get0_pubkey(chain.leaf));
        aza_snp_chain_free(&chain);
        find_ak_issuer(cli, file, pile, keys);
}

static int explain_judgement(struct cli *cli, const char *kind,
                             const struct aza_evidence_file *file, const struct aza_checks *checks,
                             const struct aza_judgement *judgement)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *links = NULL;
        struct link_keys keys = {0};

        if (out == NULL)
                return AZA_NO_MEMORY();
        show_text(out, "kind", "%s", kind);
        show_text(out, "vm", "%s", aza_vm_text(judgement->vm));
        if (judgement->ak != NULL)
                show_key(cli->libctx, out, "AK", judgement->ak);
        if (judgement->key != NULL)
                show_key(cli->libctx, out, "attested-key", judgement->key);
        find_evidence_keys(cli, file, judgement, &keys);
        links = links_json(links_of_evidence(aza_vm_text(judgement->vm)), checks, false, &keys);
        return print(cli, out, links);
}

static int explain_evidence(struct cli *cli, struct aza_span content)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = aza_evidence_file_decode(content, &file);

        if (r != 0) {
                cli_refused(cli);
                return aza_context(r, "%s", cli_operand_name(cli));
        }
        r = cli_evidence_judge(cli, &file, false, &checks, &judgement);
        if (r == 0)
                r = explain_judgement(cli, "evidence file", &file, &checks, &judgement);
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

static int explain_report(struct cli *cli, struct aza_span content, bool hcl)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = aza_evidence_of_report(cli->libctx, content, &file);

        if (r != 0)
                return r;
        r = cli_report_judge(cli, &file, false, &checks, &judgement);
        if (r == 0)
                r = explain_judgement(cli, hcl ? "HCL report" : "SEV-SNP report", &file, &checks,
                                      &judgement);
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_operand_read(cli, EXPLAIN_MAX, &content)) != 0)
                return r;
        switch (show_kind_of(aza_bytes_span(&content))) {
        case SHOW_TOKEN:
                return explain_token(cli, &content);
        case SHOW_CERTIFICATE:
        case SHOW_REQUEST:
                return explain_certificate(cli, aza_bytes_span(&content));
        case SHOW_EVIDENCE:
                return explain_evidence(cli, aza_bytes_span(&content));
        case SHOW_SNP_REPORT:
                return explain_report(cli, aza_bytes_span(&content), false);
        case SHOW_HCL_REPORT:
                return explain_report(cli, aza_bytes_span(&content), true);
        default:
                cli_refused(cli);
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%s is no token, attested certificate or request, evidence file or "
                                "report: "
                                "there is no chain to explain",
                                cli_operand_name(cli));
        }
}

const struct cli_command cli_explain = {
        .name = "explain",
        .operand = "FILE",
        .summary = "the chain of trust of a token, certificate, request or evidence file",
        .about = "Draws the chain of trust of a token, attested certificate or request, evidence "
                 "file or\n"
                 "report: "
                 "each link, who signs\nit and with which key, what it shows, and whether it is "
                 "proven here, vouched for by MAA, not checked,\nor refused. Demands are those of "
                 "'azattest verify' and are on evidence and reports.",
        .options = "nonce policy require jwks allow-stale-keys time pcrs json " CLI_DEMANDS
                   " " CLI_EVIDENCE,
        .example = "  azattest explain token.jwt",
        .status = "  0  explained, whatever the verdict\n  1  the file is none that has a chain of "
                  "trust",
        .run = run,
};
