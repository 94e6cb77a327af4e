/* SPDX-License-Identifier: Apache-2.0 */
/* Judging evidence, second half: AK, quote, attested key, event log, identity. Each part only uses
 * what the parts before it have proven. */
#include "evidence/judge.h"

#include "base/error.h"
#include "config/config.h"
#include "evidence/ak_cert.h"
#include "evidence/judge_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The firmware measures into it what it starts, before that runs. */
#define LOADER_PCR 4u
/* With what loaders, kernel and distribution extend: nothing the guest can reset. */
#define SOFTWARE_PCRS (1u << LOADER_PCR | 0xFF00u)

void aza_judgement_free(struct aza_judgement *j)
{
        EVP_PKEY_free(j->ak);
        EVP_PKEY_free(j->key);
        json_object_put(j->runtime);
        *j = (struct aza_judgement){0};
}

/* ---- AK ---- */

/* Everything that may be an issuer of the AK certificate. */
static aza_certs *ak_pile(const struct aza_judging *c)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();

        if (pile == NULL || aza_certs_add(c->libctx, aza_bytes_span(&c->f->ak_chain), pile) != 0)
                return NULL;
        return aza_certs_copy(c->o->certs, pile) == 0 ? aza_take(&pile) : NULL;
}

/* On a confidential VM the HCL report already says whose AK it is: an AK certificate whose chain is
 * not at hand then takes nothing away. A bad one still rejects. */
static void relax_unavailable(struct aza_judging *c, bool required)
{
        if (required)
                return;
        for (size_t i = 0; i < c->checks->count; i++) {
                struct aza_check *row = &c->checks->items[i];
                if (row->id >= AZA_CHECK_A2 && row->id <= AZA_CHECK_A8 &&
                    (row->outcome == AZA_UNAVAILABLE || row->outcome == AZA_NO_INPUT))
                        row->required = false;
        }
}

/* A2-A8; the certificate, or NULL. */
static X509 *judge_certificate(struct aza_judging *c, bool required)
{
        X509 *cert = NULL;
        bool trusted_launch = c->j->vm == AZA_VM_TRUSTEDLAUNCH;

        if (c->f->ak_certificate.len == 0) {
                aza_judge_skip(c, AZA_ROWS(A2, A8), AZA_NO_INPUT, required,
                               "there is no AK certificate");
                return NULL;
        }
        if (!aza_ak_cert_parse(c->libctx, aza_bytes_span(&c->f->ak_certificate), c->checks,
                               &cert)) {
                aza_judge_skip(c, AZA_ROWS(A3, A8), AZA_FOLLOWS, true, "as A2");
                return NULL;
        }
        AZA_OWN(aza_certs_free) aza_certs *pile = ak_pile(c);
        if (pile == NULL) {
                (void)aza_reject(c->checks, AZA_CHECK_A3, "ak-chain: %s",
                                 aza_last_error()->message);
                aza_judge_skip(c, AZA_ROWS(A4, A8), AZA_FOLLOWS, true, "as A3");
                return cert;
        }
        const struct aza_ak_options o = {.roots = c->o->vtpm_roots,
                                         .time = c->o->time,
                                         .trusted_launch = trusted_launch,
                                         .crls = c->o->crls,
                                         .fetch_asked = c->o->fetch_asked,
                                         .fetched = c->o->fetched,
                                         .crl_required = c->o->crl_mode == AZA_CRL_REQUIRE};
        (void)aza_ak_chain_verify(c->libctx, cert, pile, &o, c->checks);
        relax_unavailable(c, required);
        return cert;
}

/* The key that is to sign quotes: as the vTPM gave it, else as HCL report or certificate name
 * it. */
static EVP_PKEY *quoting_key(struct aza_judging *c, X509 *cert)
{
        struct aza_tpm_public public = {0};
        EVP_PKEY *key = c->run.ak;

        if (c->f->ak_public.len > 0) {
                if (aza_tpm_public_parse(c->libctx, aza_bytes_span(&c->f->ak_public), false,
                                         &public) != 0) {
                        (void)aza_reject(c->checks, AZA_CHECK_A1, "ak-public: %s",
                                         aza_last_error()->message);
                        return NULL;
                }
                return public.key;
        }
        if (key == NULL && cert != NULL)
                key = X509_get0_pubkey(cert);
        if (key == NULL || EVP_PKEY_up_ref(key) != 1) {
                aza_judge_skip(c, AZA_ROWS(A1, A1), AZA_NO_INPUT, true,
                               "nothing says which key the AK is");
                return NULL;
        }
        return key;
}

static void judge_ak(struct aza_judging *c)
{
        bool trusted_launch = c->j->vm == AZA_VM_TRUSTEDLAUNCH;
        bool required = trusted_launch || c->o->need_ak_certificate;
        AZA_OWN(X509_free) X509 *cert = judge_certificate(c, required);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = quoting_key(c, cert);

        if (key == NULL)
                return;
        if (trusted_launch || c->run.ak != NULL) {
                if (aza_ak_same(key, c->run.ak, cert, c->checks))
                        c->j->ak = aza_take(&key);
                return;
        }
        AZA_CHECKS struct aza_checks rows = {0};
        (void)(cert == NULL ? aza_accept(&rows, AZA_CHECK_A1, NULL)
                            : aza_ak_same(key, NULL, cert, &rows));
        aza_checks_unproven(c->checks, &rows, AZA_NO_INPUT, "no HCLAkPub to compare with");
        c->claimed_ak = aza_take(&key);
}

/* A chip whose key can be extracted proves nothing alone: Azure's certificate of the AK, which
 * comes from another root, must say the same. A report that does not say its product may be of such
 * a chip. */
static void require_second_root(struct aza_judging *c)
{
        const struct aza_profile *profile =
                c->o->snp.profile != NULL ? c->o->snp.profile : aza_profile_find(NULL);
        enum aza_snp_product product =
                c->j->product != AZA_SNP_UNKNOWN ? c->j->product : c->j->snp.product;
        char why[600];

        if (c->j->vm != AZA_VM_SEVSNP ||
            (product == AZA_SNP_UNKNOWN ? profile->second_root == 0
                                        : (profile->second_root >> product & 1) == 0))
                return;
        for (size_t i = 0; i < c->checks->count; i++) {
                struct aza_check *row = &c->checks->items[i];
                if (row->id != AZA_CHECK_A3 || row->outcome == AZA_ACCEPT ||
                    row->outcome == AZA_REJECT)
                        continue;
                (void)snprintf(
                        why, sizeof(why),
                        "%.350s; the key of a Milan chip can be extracted (AMD-SB-3045), and profile %.64s wants Azure's certificate of the AK beside it%s",
                        row->reason != NULL ? row->reason : "not checked", profile->name,
                        c->f->ak_certificate.len == 0 ? ": judge whole evidence" : "");
                free(row->reason);
                row->reason = strdup(why);
                c->checks->out_of_memory |= row->reason == NULL;
                row->required = true;
        }
}

/* ---- quote, key, log ---- */

/* PCRs that the guest can reset are not relied on, whatever the evidence has. */
static void skip_quote(struct aza_judging *c, const char *why)
{
        const struct aza_quote_expect expect = {.policy_mask = c->o->policy_mask,
                                                .values = c->o->pcr_values,
                                                .allow_resettable = c->o->allow_resettable};
        AZA_CHECKS struct aza_checks relied = {0};

        aza_judge_skip(c, AZA_ROWS(Q1, Q8), AZA_NO_INPUT, true, why);
        if (aza_quote_relied_on(&expect, aza_quote_named(&expect), false, &relied))
                aza_judge_skip(c, AZA_ROWS(Q9, Q9), AZA_NO_INPUT, true, why);
        else
                aza_checks_append(c->checks, &relied);
        aza_judge_skip(c, AZA_ROWS(Q10, Q10), AZA_NO_INPUT, true, why);
}

/* The quote under `ak`; true when the values in the file are proven by it. */
static bool verify_quote(struct aza_judging *c, EVP_PKEY *ak, uint32_t mask,
                         struct aza_checks *rows)
{
        const struct aza_evidence_file *f = c->f;
        struct aza_pcrs pcrs = f->pcrs;
        bool complete = mask != 0 && (mask & ~f->pcrs.mask) == 0;

        pcrs.mask = mask;
        const struct aza_quote_expect expect = {.pcrs = complete ? &pcrs : NULL,
                                                .mask = mask,
                                                .offered = f->pcrs.mask,
                                                .nonce = c->o->qualifying,
                                                .policy_mask = c->o->policy_mask,
                                                .values = c->o->pcr_values,
                                                .allow_resettable = c->o->allow_resettable};
        const struct aza_signed quote = {ak, aza_bytes_span(&f->quote.message),
                                         aza_bytes_span(&f->quote.signature)};
        return aza_quote_verify(c->libctx, &quote, &expect, rows, &c->j->quote);
}

static void judge_quote(struct aza_judging *c)
{
        const struct aza_evidence_file *f = c->f;
        AZA_CHECKS struct aza_checks rows = {0};
        uint32_t mask = c->o->pcr_mask != 0 ? c->o->pcr_mask : f->pcrs.mask;

        if (f->quote.message.len == 0) {
                skip_quote(c, "there is no quote");
                return;
        }
        if (c->j->ak == NULL && c->claimed_ak == NULL) {
                skip_quote(c, "no proven AK (A1)");
                return;
        }
        if (c->j->ak == NULL) {
                (void)verify_quote(c, c->claimed_ak, mask, &rows);
                aza_checks_unproven(c->checks, &rows, AZA_NO_INPUT, "no proven AK (A1)");
                return;
        }
        c->j->has_quote = verify_quote(c, c->j->ak, mask, &rows);
        aza_checks_append(c->checks, &rows);
        if (!c->j->has_quote)
                return;
        c->j->pcrs.mask = mask;
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++)
                if (mask >> i & 1)
                        memcpy(c->j->pcrs.value[i], f->pcrs.value[i], AZA_PCR_SIZE);
}

/* Under `ak`, of the quoted state, also when the values it is over are missing. */
static bool verify_key(const struct aza_judging *c, EVP_PKEY *ak, struct aza_checks *rows)
{
        const struct aza_evidence_file *f = c->f;
        const struct aza_pcr_state *state = &c->j->quote.state;

        const struct aza_signed certification = {ak, aza_bytes_span(&f->certify.message),
                                                 aza_bytes_span(&f->certify.signature)};
        const struct aza_certify_expect expect = {.key_public = aza_bytes_span(&f->key_public),
                                                  .state = state->mask != 0 ? state : NULL,
                                                  .nonce = c->o->qualifying};
        return aza_certify_verify(c->libctx, &certification, &expect, rows);
}

static void judge_key(struct aza_judging *c)
{
        const struct aza_evidence_file *f = c->f;
        struct aza_tpm_public public = {0};

        if (f->key_public.len == 0 && f->certify.message.len == 0) {
                aza_judge_skip(c, AZA_ROWS(Q11, Q15),
                               c->o->need_key ? AZA_NO_INPUT : AZA_NOT_APPLICABLE, c->o->need_key,
                               "the evidence claims no attested key");
                return;
        }
        if (c->j->ak == NULL && c->claimed_ak == NULL) {
                aza_judge_skip(c, AZA_ROWS(Q11, Q15), AZA_NO_INPUT, true, "no proven AK (A1)");
                return;
        }
        if (c->j->ak == NULL) {
                AZA_CHECKS struct aza_checks rows = {0};
                (void)verify_key(c, c->claimed_ak, &rows);
                aza_checks_unproven(c->checks, &rows, AZA_NO_INPUT, "no proven AK (A1)");
                return;
        }
        /* Only a key that is bound to proven values is handed on. */
        if (verify_key(c, c->j->ak, c->checks) && c->j->has_quote &&
            aza_tpm_public_parse(c->libctx, aza_bytes_span(&f->key_public), false, &public) == 0)
                c->j->key = public.key;
}

static void judge_log(struct aza_judging *c)
{
        AZA_BYTES struct aza_bytes values = {0};
        struct aza_event_options o = {.mask = c->j->pcrs.mask,
                                      .scope = 0xFF & c->j->pcrs.mask,
                                      .required = c->o->need_event_log,
                                      .wanted = c->o->want_event_log,
                                      .need_secure_boot = c->o->need_secure_boot};

        for (size_t i = 0; i < c->o->pcr_values.count; i++)
                o.demanded |= 1u << c->o->pcr_values.items[i].pcr;
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++)
                if ((o.mask >> i & 1) != 0 &&
                    aza_bytes_append(&values, c->j->pcrs.value[i], AZA_PCR_SIZE) != 0)
                        c->checks->out_of_memory = true;
        o.values = aza_bytes_span(&values);
        (void)aza_event_log_verify(c->libctx, aza_bytes_span(&c->f->event_log), &o, c->checks,
                                   &c->j->boot);
        const struct aza_check *row = aza_checks_get(c->checks, AZA_CHECK_E9);
        c->j->has_boot = row != NULL && row->outcome == AZA_ACCEPT;
}

/* ---- a report alone ---- */

/* Nothing but the report is there, and nothing else was promised. What the verifier demanded all
 * the same (a nonce, a key, a log) is missing and says so. */
static void judge_nothing_else(struct aza_judging *c)
{
        const struct aza_judge_options *o = c->o;
        bool certificate = o->need_ak_certificate;

        aza_judge_skip(c, AZA_ROWS(A1, A8), AZA_NO_INPUT, certificate,
                       "a report alone: neither quoting key nor AK certificate");
        aza_judge_skip(c, AZA_ROWS(Q1, Q4), AZA_NO_INPUT, false, "a report alone");
        aza_judge_skip(c, AZA_ROWS(Q5, Q5), AZA_NO_INPUT, false,
                       "a report alone: its user data is what can answer a nonce (H16)");
        aza_judge_skip(c, AZA_ROWS(Q6, Q8), AZA_NO_INPUT, false, "a report alone");
        aza_judge_skip(c, AZA_ROWS(Q9, Q9), AZA_NO_INPUT, o->pcr_values.count > 0,
                       "a report alone says nothing of PCRs");
        aza_judge_skip(c, AZA_ROWS(Q10, Q10), AZA_NO_INPUT, false, "a report alone");
        aza_judge_skip(c, AZA_ROWS(Q11, Q15), AZA_NO_INPUT, o->need_key,
                       "a report alone attests no key");
        aza_judge_skip(c, AZA_ROWS(E1, E12), AZA_NO_INPUT, o->need_event_log,
                       "a report alone has no event log");
        aza_judge_skip(c, AZA_ROWS(E13, E16), AZA_NO_INPUT,
                       o->need_event_log || o->need_secure_boot,
                       "a report alone says nothing of secure boot");
}

/* ---- identity ---- */

/* A value that is demanded and that every VM has which did not extend the PCR. */
static bool is_initial(const struct aza_pcr_value *v)
{
        return aza_span_is_zero(aza_span_of(v->value, sizeof(v->value)));
}

/* The demanded PCRs that say which software runs. Who has root in a VM of his own extends PCR 8-15
 * as he likes while nobody else did: they count only with the loader that is to extend them, in PCR
 * 4, which no software comes before. */
static uint32_t software_pcrs(const struct aza_pcr_values *values)
{
        uint32_t named = 0, initial = 0;

        for (size_t i = 0; i < values->count; i++) {
                named |= 1u << values->items[i].pcr;
                initial |= is_initial(&values->items[i]) ? 1u << values->items[i].pcr : 0;
        }
        named &= SOFTWARE_PCRS & ~initial;
        return (named >> LOADER_PCR & 1) != 0 ? named : 0;
}

/* D42: demanded values of PCRs that hold the customer's own software say whose VM it is, wherever
 * it runs; Q9 has compared them with proven ones. */
static bool software_identity(struct aza_judging *c)
{
        const struct aza_check *values = aza_checks_get(c->checks, AZA_CHECK_Q9);
        const uint32_t named = software_pcrs(&c->o->pcr_values);
        char text[64];

        return named != 0 && c->j->has_quote && values != NULL && values->outcome == AZA_ACCEPT &&
               aza_accept(
                       c->checks, AZA_CHECK_G4,
                       "identity by software: the demanded values of PCR %s; which VM runs it is not said",
                       aza_config_pcrs_text(named, text));
}

static void judge_identity(struct aza_judging *c)
{
        const char *vmid = c->o->vmid;
        bool named = vmid != NULL && *vmid != '\0';

        /* Without runtime data a report names no VM: nothing to compare with. A VM that was named
         * is demanded all the same, wherever any-vm is set beside it. */
        if (c->o->report_only && c->runtime.len == 0 && c->o->foreign && (named || !c->o->any_vm)) {
                aza_judge_skip(
                        c, AZA_ROWS(G4, G4), AZA_NO_INPUT, true,
                        "an SNP report does not say of which VM it is: judge the HCL report that holds it, or accept any VM (--any-vm, and no vmid)");
                return;
        }
        if (c->o->report_only && c->runtime.len == 0)
                named = false;
        if (named && strcasecmp(vmid, c->j->vmid) == 0) {
                (void)aza_accept(c->checks, AZA_CHECK_G4, "VM %s, as the host names it (H15)",
                                 c->j->vmid);
        } else if (named) {
                (void)aza_reject(c->checks, AZA_CHECK_G4, "%s",
                                 c->j->vmid[0] != '\0'
                                         ? "it is another VM"
                                         : "the evidence does not say of which VM it is");
                aza_check_code(c->checks, AZATTEST_E_OTHER_VM);
                aza_check_values(c->checks, vmid, c->j->vmid[0] != '\0' ? c->j->vmid : "none");
        } else if (c->o->beside_token) {
                aza_judge_skip(c, AZA_ROWS(G4, G4), AZA_NOT_APPLICABLE, false,
                               "the VM must be the token's (T18)");
        } else if (!c->o->foreign) {
                aza_judge_skip(c, AZA_ROWS(G4, G4), AZA_NOT_APPLICABLE, false,
                               "evidence of this very VM");
        } else if (c->o->policy_names_vm) {
                aza_judge_skip(c, AZA_ROWS(G4, G4), AZA_NO_INPUT, true, "the policy says which VM");
        } else if (software_identity(c)) {
                return;
        } else if (c->o->any_vm) {
                aza_judge_skip(c, AZA_ROWS(G4, G4), AZA_SWITCHED_OFF, false,
                               "any VM is accepted, also an attacker's own");
        } else {
                (void)aza_reject(
                        c->checks, AZA_CHECK_G4,
                        "which VM this should be was not said: every customer has a good VM; give its id (--vmid), a policy that pins it, the value of PCR 4 (--pcr; PCR 8-15 alone anybody extends), or accept any (--any-vm)");
        }
}

/* Into the table's order, rows of one id as they came. */
static void sort_rows(struct aza_checks *checks, size_t from)
{
        for (size_t i = from + 1; i < checks->count; i++) {
                struct aza_check row = checks->items[i];
                size_t at = i;
                for (; at > from && checks->items[at - 1].id > row.id; at--)
                        checks->items[at] = checks->items[at - 1];
                checks->items[at] = row;
        }
}

int aza_evidence_judge(OSSL_LIB_CTX *libctx, const struct aza_evidence_file *f,
                       const struct aza_judge_options *options, struct aza_checks *checks,
                       struct aza_judgement *ret)
{
        AZA_CHECKS struct aza_checks own = {0};
        struct aza_judgement j = {0};
        struct aza_judging c = {.libctx = libctx, .f = f, .o = options, .checks = &own, .j = &j};

        aza_judge_hardware(&c);
        if (options->report_only) {
                judge_nothing_else(&c);
                require_second_root(&c);
        } else {
                judge_ak(&c);
                require_second_root(&c);
                judge_quote(&c);
                judge_key(&c);
                judge_log(&c);
        }
        judge_identity(&c);
        EVP_PKEY_free(c.claimed_ak);
        aza_runtime_free(&c.run);
        sort_rows(&own, 0);
        int code = aza_checks_result(&own, "evidence");
        aza_checks_append(checks, &own);
        if (ret != NULL)
                *ret = j;
        else
                aza_judgement_free(&j);
        return code;
}

void aza_checks_allow_unchecked(struct aza_checks *checks, enum aza_check_id id)
{
        for (size_t i = 0; i < checks->count; i++)
                if (checks->items[i].id == id && checks->items[i].outcome != AZA_ACCEPT &&
                    checks->items[i].outcome != AZA_REJECT)
                        checks->items[i].required = false;
}
