/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: the chain of trust, link by link. Explains, decides nothing: what is refused is a
 * link that says so. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/json.h"
#include "base/one.h"
#include "base/printable.h"
#include "evidence/ak_cert.h"
#include "online/maa.h"
#include "online/token.h"
#include "os/file.h"
#include "show/links.h"
#include "show/show.h"
#include "snp/chain.h"
#include "tdx/p256.h"
#include "tdx/verify.h"
#include "verdict/certificate.h"

#include <openssl/err.h>
#include <string.h>

/* What is explained, and how it is judged on the way. */
struct explained {
        struct azattest_call *call;
        const struct azattest_verify_options *options;
        struct aza_verify_request request; /* of a token, its time set */
        struct aza_checks checks;
        struct aza_link_keys keys;
        json_object *out;
};

/* What `azattest verify` would decide. That nobody said which VM it must be refuses nothing
 * here, and leaves it open. */
static int settle(struct explained *e)
{
        const struct aza_check *identity = aza_checks_get(&e->checks, AZA_CHECK_G4);
        AZA_CHECKS struct aza_checks open = {0};
        char reason[1600];

        if (identity != NULL && identity->outcome == AZA_REJECT && identity->code == 0) {
                (void)aza_not_checked(
                        &open, AZA_CHECK_G4, AZA_NO_INPUT,
                        "which VM it must be was not said (--vmid, or a policy that pins x-ms-azurevm-vmid)");
                aza_checks_replace(&e->checks, &open);
        }
        const int code = aza_checks_reason(&e->checks, reason, sizeof(reason));
        json_object *number = json_object_new_int(code);

        if (number == NULL)
                return AZA_NO_MEMORY();
        aza_show_text(e->out, "verdict", "%s", aza_verdict_text(aza_checks_verdict(&e->checks)));
        aza_show_object(e->out, "result", number);
        aza_show_text(e->out, "result-name", "%s", azattest_result_name(code));
        aza_show_text(e->out, "reason", "%s", reason);
        return 0;
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
static void find_maa_key(struct explained *e, const struct aza_token *token)
{
        const struct aza_check *issuer = aza_checks_get(&e->checks, AZA_CHECK_T4);
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        struct azattest_call *call = e->call;
        int r;

        if (issuer == NULL || issuer->outcome != AZA_ACCEPT || token->kid == NULL)
                return;
        if (e->request.jwks_file == NULL)
                r = aza_maa_jwks(call->libctx, &call->config, &call->deadline, token, &set);
        else if ((r = aza_file_read(e->request.jwks_file, AZA_JWKS_MAX, &text)) == 0)
                r = aza_jwks_parse(call->libctx, aza_bytes_span(&text), &set);
        if (r == 0)
                aza_link_key_set(call->libctx, &e->keys, AZA_LINK_KEY_MAA,
                                 aza_token_signer(set, token, e->request.time).key);
}

/* The AK that the claims name, so that it can be compared with the VM's. */
static void find_claimed_ak(struct explained *e, const struct aza_token *token)
{
        AZA_CHECKS struct aza_checks unused = {0};
        struct aza_runtime runtime = {0};
        json_object *tee = aza_json_object(token->claims, "x-ms-isolation-tee");
        json_object *inner = aza_json_object(tee, "x-ms-runtime");
        const char *text = inner != NULL ? json_object_to_json_string(inner) : NULL;

        if (text == NULL ||
            !aza_runtime_parse(e->call->libctx, aza_span_of(text, strlen(text)), &unused, &runtime))
                return;
        aza_link_key_set(e->call->libctx, &e->keys, AZA_LINK_KEY_AK, runtime.ak);
        aza_runtime_free(&runtime);
}

static void describe_token(struct explained *e, const struct aza_token *token)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        aza_show_text(e->out, "issuer", "%s", token->issuer != NULL ? token->issuer : "none");
        aza_show_text(e->out, "vm", "%s", vm_of_claims(token->claims));
        if (token->kid != NULL)
                aza_show_text(e->out, "signing-key", "kid %s", token->kid);
        if (aza_token_key(e->call->libctx, token, &key) == 0) {
                aza_show_key(e->call->libctx, e->out, "attested-key", key);
                aza_link_key_set(e->call->libctx, &e->keys, AZA_LINK_KEY_ATTESTED, key);
        }
        find_claimed_ak(e, token);
        find_maa_key(e, token);
}

/* The chain of `jwt` by its rows; `more` (or NULL) are links behind the token's. */
static int explain_rows(struct explained *e, const char *kind, struct aza_span jwt,
                        const struct aza_link *more)
{
        AZA_OWN(json_object_put) json_object *links = NULL;
        AZA_OWN(json_object_put) json_object *rest = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        const struct aza_check *signature;
        const char *vm = "sevsnp";
        int r;

        aza_show_text(e->out, "kind", "%s", kind);
        if ((r = settle(e)) != 0)
                return r;
        signature = aza_checks_get(&e->checks, AZA_CHECK_T8);
        const bool trusted = signature != NULL && signature->outcome == AZA_ACCEPT;
        if (aza_token_parse((const char *)jwt.data, jwt.len, NULL, &token) == 0) {
                describe_token(e, token);
                vm = vm_of_claims(token->claims);
        }
        links = aza_links_json(aza_links_of_token(vm), &e->checks, trusted, &e->keys);
        if (more != NULL && links != NULL) {
                rest = aza_links_json(more, &e->checks, trusted, &e->keys);
                for (size_t i = 0; rest != NULL && i < json_object_array_length(rest); i++)
                        (void)json_object_array_add(
                                links, json_object_get(json_object_array_get_idx(rest, i)));
        }
        if (links == NULL)
                return AZA_NO_MEMORY();
        aza_show_object(e->out, "links", aza_take(&links));
        return 0;
}

static int explain_token(struct explained *e, struct aza_span content)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        int r = aza_bytes_set(&jwt, content.data, content.len);

        if (r != 0 || (r = aza_one_token(&jwt)) != 0)
                return r;
        e->request.inspect = e->request.any_purpose = e->request.foreign = true;
        const struct aza_verifier verifier = aza_call_verifier(e->call);
        r = aza_verify_token(&verifier, &e->request, (const char *)jwt.data, &e->checks, NULL);
        if (e->checks.count == 0)
                return r;
        return explain_rows(e, "MAA token", aza_bytes_span(&jwt), NULL);
}

static int explain_certificate(struct explained *e, struct aza_span content)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request one = {0};
        int r;

        if ((r = aza_certificate_read(e->call->libctx, content, &one)) != 0 ||
            (r = aza_certificate_token(&one, &jwt)) != 0)
                return r;
        e->request.purpose = aza_certificate_purpose(&one);
        e->request.foreign = true;
        const struct aza_certificate_request judged = {.certificate = one.certificate,
                                                       .csr = one.csr,
                                                       .above = one.above,
                                                       .token = &e->request,
                                                       .find = aza_find_fetched,
                                                       .find_arg = &e->call->deadline};
        r = aza_certificate_verify(e->call->libctx, &e->call->config, &judged, &e->checks, NULL);
        if (e->checks.count == 0)
                return r;
        return explain_rows(e,
                            one.csr != NULL ? "attested certificate request"
                            : aza_certificate_is_delegated(&one)
                                    ? "certificate below an attested one"
                                    : "attested certificate",
                            aza_bytes_span(&jwt), aza_links_of_certificate());
}

/* ---- evidence and reports ---- */

/* The key that certified the AK, if its certificate is at hand. */
static void find_ak_issuer(struct explained *e, const struct aza_evidence_file *file,
                           const aza_certs *pile)
{
        AZA_CHECKS struct aza_checks unused = {0};
        AZA_OWN(X509_free) X509 *leaf = NULL;

        if (!aza_ak_cert_parse(e->call->libctx, aza_bytes_span(&file->ak_certificate), &unused,
                               &leaf))
                return;
        for (int i = 0; i < sk_X509_num(pile); i++) {
                X509 *cert = sk_X509_value(pile, i);

                if (X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(leaf)) == 0)
                        aza_link_key_set(e->call->libctx, &e->keys, AZA_LINK_KEY_VTPM_CA,
                                         X509_get0_pubkey(cert));
        }
}

static void find_signing_key(struct explained *e, const struct aza_td_collateral *c)
{
        struct aza_intel_chain chain = {0};

        if (aza_intel_chain_parse(e->call->libctx, aza_bytes_span(&c->tcb_info_chain), 2, NULL,
                                  &chain) == NULL)
                aza_link_key_set(e->call->libctx, &e->keys, AZA_LINK_KEY_TCB,
                                 X509_get0_pubkey(chain.certs[0]));
        aza_intel_chain_free(&chain);
}

static void find_td_keys(struct explained *e, const struct aza_evidence_file *file)
{
        OSSL_LIB_CTX *libctx = e->call->libctx;
        struct aza_td_quote quote;
        struct aza_td_certification certification;
        struct aza_intel_chain chain = {0};

        if (aza_td_quote_parse(aza_bytes_span(&file->td_quote), &quote) != NULL)
                return;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = aza_p256_key(libctx, quote.key);
        aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_TD_QUOTE, key);
        if (aza_td_certification_parse(&quote, &certification) == NULL &&
            aza_intel_chain_parse(libctx, certification.certificates, 3, NULL, &chain) == NULL) {
                aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_CHIP_ROOT,
                                 X509_get0_pubkey(aza_intel_root(&chain)));
                aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_CHIP,
                                 X509_get0_pubkey(chain.certs[0]));
        }
        aza_intel_chain_free(&chain);
}

/* `pile` are the certificates that the caller gave or had fetched. */
static void find_evidence_keys(struct explained *e, const struct aza_evidence_file *file,
                               const struct aza_judgement *judgement, aza_certs *pile)
{
        OSSL_LIB_CTX *libctx = e->call->libctx;
        struct aza_snp_chain chain = {0};

        aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_AK, judgement->ak);
        aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_ATTESTED, judgement->key);
        /* What cannot be read is in the rows. */
        if (aza_certs_add(libctx, aza_bytes_span(&file->vcek_chain), pile) != 0 ||
            aza_certs_add(libctx, aza_bytes_span(&file->ak_chain), pile) != 0)
                return;
        aza_snp_chain_find(libctx, pile, e->call->config.amd_root, &chain);
        if (chain.ark != NULL)
                aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_CHIP_ROOT,
                                 X509_get0_pubkey(chain.ark));
        if (chain.leaf != NULL)
                aza_link_key_set(libctx, &e->keys, AZA_LINK_KEY_CHIP, X509_get0_pubkey(chain.leaf));
        aza_snp_chain_free(&chain);
        find_ak_issuer(e, file, pile);
        if (judgement->vm == AZA_VM_TDX)
                find_td_keys(e, file);
}

static int explain_judgement(struct explained *e, const char *kind,
                             const struct aza_evidence_file *file,
                             const struct aza_judgement *judgement, aza_certs *pile)
{
        const char *vm = aza_vm_text(judgement->vm);
        json_object *links;

        int r;

        aza_show_text(e->out, "kind", "%s", kind);
        if ((r = settle(e)) != 0)
                return r;
        aza_show_text(e->out, "vm", "%s", vm);
        if (judgement->ak != NULL)
                aza_show_key(e->call->libctx, e->out, "AK", judgement->ak);
        if (judgement->key != NULL)
                aza_show_key(e->call->libctx, e->out, "attested-key", judgement->key);
        find_evidence_keys(e, file, judgement, pile);
        links = aza_links_json(aza_links_of_evidence(vm), &e->checks, false, &e->keys);
        if (links == NULL)
                return AZA_NO_MEMORY();
        aza_show_object(e->out, "links", links);
        return 0;
}

static int explain_file(struct explained *e, const char *kind, const struct aza_evidence_file *file,
                        bool report)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        struct aza_judgement judgement = {0};
        struct aza_evidence_request request = {.nonce = e->options->nonce};
        int r = aza_call_demands(e->call, e->options, &with, &request);

        if (r == 0)
                r = aza_call_fetch(e->call, e->options->evidence, file, &with, &request);
        if (r != 0)
                return r;
        request.judge.vmid = e->options->vmid;
        request.judge.foreign = true;
        request.judge.time = e->request.time;
        request.judge.report_only = report;
        const struct aza_verifier verifier = aza_call_verifier(e->call);
        r = aza_evidence_verify(&verifier, &request, file, &e->checks, &judgement);
        if (e->checks.count > 0) {
                const struct aza_td_collateral *c = request.judge.td.collateral;
                find_signing_key(e, c != NULL ? c : &file->td_collateral);
                r = explain_judgement(e, kind, file, &judgement, with.certs);
        }
        aza_judgement_free(&judgement);
        return r;
}

static int explain_evidence(struct explained *e, struct aza_span content, enum azattest_kind kind)
{
        const bool report = kind != AZATTEST_KIND_EVIDENCE;
        struct aza_evidence_file file = {0};
        int r = report ? aza_evidence_of_report(e->call->libctx, content, &file)
                       : aza_evidence_file_decode(content, &file);

        if (r != 0)
                e->call->refused = true;
        else
                r = explain_file(e, aza_kind_text(kind), &file, report);
        aza_evidence_file_free(&file);
        return r;
}

/* ---- the whole ---- */

static int explain(struct explained *e, struct aza_span content)
{
        const enum azattest_kind kind = aza_kind_of(content);
        int r = aza_call_options(e->call, e->options, &e->request);

        if (r != 0)
                return r;
        switch (kind) {
        case AZATTEST_KIND_EVIDENCE:
        case AZATTEST_KIND_SNP_REPORT:
        case AZATTEST_KIND_TD_QUOTE:
        case AZATTEST_KIND_HCL_REPORT:
                return explain_evidence(e, content, kind);
        case AZATTEST_KIND_TOKEN:
                r = aza_call_no_demands(e->options);
                return r != 0 ? r : explain_token(e, content);
        case AZATTEST_KIND_CERTIFICATE:
        case AZATTEST_KIND_REQUEST:
                r = aza_call_no_demands(e->options);
                return r != 0 ? r : explain_certificate(e, content);
        default:
                break;
        }
        e->call->refused = true;
        if (kind == AZATTEST_KIND_UNKNOWN && aza_private_key_refuse(content) != 0)
                return AZATTEST_E_INPUT;
        return AZA_FAIL(
                AZATTEST_E_INPUT,
                "this is no token, attested certificate or request, evidence file or report: there is no chain to explain%s",
                aza_text_advice(content.data, content.len));
}

static int explain_whole(azattest_context *ctx, struct azattest_call *call,
                         const struct aza_options *o, struct aza_span content, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        struct explained e = {.call = call, .options = &o->verify, .out = out};
        int r = out != NULL ? aza_call_no_file(&o->verify) : AZA_NO_MEMORY();

        if (r == 0)
                r = aza_call_begin(ctx, false, call);
        (void)ERR_set_mark();
        if (r == 0)
                r = explain(&e, content);
        (void)ERR_pop_to_mark();
        aza_checks_free(&e.checks);
        return r != 0 ? r : aza_hand_out_json(out, ret_json);
}

int azattest_explain(azattest_context *ctx, const uint8_t *data, size_t len,
                     const struct azattest_verify_options *options, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "file"};
        struct aza_options o;

        aza_clear_error();
        if (data == NULL || ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "nothing to explain, or no place for the chain");
        int r = aza_verify_options_take(options, &o);
        if (r != 0)
                return r;
        r = explain_whole(ctx, &call, &o, aza_span_of(data, len), ret_json);
        if (r == 0)
                return 0;
        outcome.why = *aza_last_error();
        return aza_call_finish(&call, &outcome, ret_json);
}
