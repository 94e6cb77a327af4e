/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of a TD quote, from the pinned root down to the TD (I1-I8, H12). */
#include "tdx/verify.h"

#include "base/crypto.h"
#include "tdx/p256.h"

#include <openssl/err.h>
#include <string.h>

struct walk {
        OSSL_LIB_CTX *libctx;
        const struct aza_td_options *o;
        struct aza_checks *checks;
        struct aza_td_quote quote;
        struct aza_td_certification qe;
        struct aza_intel_chain chain;
        struct aza_pck pck;
        bool has_pck;
        struct aza_td_signers signers; /* of the collateral, where it counts */
};

static bool skip(struct walk *w, int from, int to, const char *why)
{
        for (int id = from; id <= to; id++)
                (void)aza_not_checked(w->checks, (enum aza_check_id)id, AZA_FOLLOWS, "%s", why);
        return false;
}

/* ---- I1 to I4 ---- */

static void check_chain(struct walk *w)
{
        const struct aza_intel_trust trust = {.roots = w->o->roots, .time = w->o->time};
        uint8_t hash[32] = {0};
        char hex[65];
        bool extra = false;
        const char *fault =
                aza_intel_chain_fault(w->libctx, &w->chain, AZA_INTEL_PCK, &trust, &extra);

        if (fault != NULL) {
                (void)aza_reject(w->checks, AZA_CHECK_I3, "%s", fault);
                return;
        }
        if (extra && aza_cert_spki_sha256(w->libctx, aza_intel_root(&w->chain), hash))
                (void)aza_accept(w->checks, AZA_CHECK_I3,
                                 "not Intel's: added by intel-root, key %s",
                                 aza_hex(aza_span_of(hash, sizeof(hash)), hex));
        else
                (void)aza_accept(w->checks, AZA_CHECK_I3, "Intel SGX Root CA, built in");
}

static void check_pck(struct walk *w)
{
        const char *fault = aza_pck_of(w->chain.certs[0], &w->pck);
        char fmspc[13], pce_id[5];

        w->has_pck = fault == NULL;
        if (fault != NULL) {
                (void)aza_reject(w->checks, AZA_CHECK_I4, "%s", fault);
                return;
        }
        (void)aza_accept(w->checks, AZA_CHECK_I4, "FMSPC %s, PCE-ID %s, PCESVN %u",
                         aza_hex(aza_span_of(w->pck.fmspc, 6), fmspc),
                         aza_hex(aza_span_of(w->pck.pce_id, 2), pce_id), w->pck.pce_svn);
}

/* False: there is nothing to verify signatures with. */
static bool read_all(struct walk *w, struct aza_span quote)
{
        const char *fault = aza_td_quote_parse(quote, &w->quote);

        if (fault != NULL) {
                (void)aza_reject(w->checks, AZA_CHECK_I1, "%s", fault);
                return skip(w, AZA_CHECK_I2, AZA_CHECK_I13, "as I1");
        }
        (void)aza_accept(w->checks, AZA_CHECK_I1, "version %u, TD %s", w->quote.version,
                         w->quote.td.mrservicetd.len > 0 ? "1.5" : "1.0");
        fault = aza_td_certification_parse(&w->quote, &w->qe);
        if (fault == NULL)
                fault = aza_intel_chain_parse(w->libctx, w->qe.certificates, 3, NULL, &w->chain);
        if (fault != NULL) {
                (void)aza_reject(w->checks, AZA_CHECK_I2, "%s", fault);
                return skip(w, AZA_CHECK_I3, AZA_CHECK_I13, "as I2");
        }
        (void)aza_accept(w->checks, AZA_CHECK_I2, NULL);
        return true;
}

/* ---- I5 to I7 ---- */

static void check_qe_report(struct walk *w)
{
        if (aza_p256_verify(w->libctx, X509_get0_pubkey(w->chain.certs[0]), w->qe.qe_report,
                            w->qe.qe_signature))
                (void)aza_accept(w->checks, AZA_CHECK_I5, NULL);
        else
                (void)aza_reject(w->checks, AZA_CHECK_I5,
                                 "the platform's key (PCK) did not sign the QE report");
}

static void check_key_binding(struct walk *w)
{
        AZA_BYTES struct aza_bytes bound = {0};
        uint8_t hash[AZA_SHA256_LEN];
        struct aza_span data = w->qe.qe.report_data;

        if (aza_bytes_append(&bound, w->quote.key.data, w->quote.key.len) != 0 ||
            aza_bytes_append(&bound, w->qe.auth_data.data, w->qe.auth_data.len) != 0 ||
            aza_sha256(w->libctx, aza_bytes_span(&bound), hash) != 0)
                (void)aza_reject(w->checks, AZA_CHECK_I6, "out of memory");
        else if (!aza_span_equal(aza_span_of(data.data, sizeof(hash)),
                                 aza_span_of(hash, sizeof(hash))) ||
                 !aza_span_is_zero(aza_span_of(data.data + sizeof(hash), 32)))
                (void)aza_reject(w->checks, AZA_CHECK_I6,
                                 "the QE report is about another attestation key");
        else
                (void)aza_accept(w->checks, AZA_CHECK_I6, NULL);
}

static void check_signature(struct walk *w)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = aza_p256_key(w->libctx, w->quote.key);

        if (key == NULL)
                (void)aza_reject(w->checks, AZA_CHECK_I7,
                                 "the attestation key is no point on P-256");
        else if (!aza_p256_verify(w->libctx, key, w->quote.text, w->quote.signature))
                (void)aza_reject(w->checks, AZA_CHECK_I7,
                                 "the attestation key did not sign header and body");
        else
                (void)aza_accept(w->checks, AZA_CHECK_I7, NULL);
}

/* ---- I8 ---- */

static bool revoked(struct walk *w, const char *list, const char *whose, const char *fault)
{
        return fault != NULL &&
               !aza_reject(w->checks, AZA_CHECK_I8, "%s, %s: %s", list, whose, fault);
}

/* Who signed Intel's documents, when one of these chains can be read at all (I9, I10). */
static const char *signer_fault(struct walk *w, X509_CRL *root_crl)
{
        const struct aza_td_signer *const all[] = {w->signers.info, w->signers.identity};
        const char *fault = NULL;

        for (size_t i = 0; fault == NULL && i < (all[0] == all[1] ? 1 : 2); i++)
                if (all[i]->chain.count > 0)
                        fault = X509_cmp(all[i]->chain.certs[1], w->chain.certs[2]) != 0
                                        ? "it is below another root, whose list is not at hand"
                                        : aza_intel_listed_fault(root_crl, all[i]->chain.certs[0]);
        return fault;
}

/* Each list is good or not by itself, before it is asked for anybody. */
static void check_lists(struct walk *w, X509_CRL *root_crl, X509_CRL *pck_crl)
{
        X509 *pck = w->chain.certs[0], *ca = w->chain.certs[1], *root = w->chain.certs[2];
        const char *fault = aza_crl_fault(root_crl, root, w->o->time);

        if (fault == NULL)
                fault = aza_intel_listed_fault(root_crl, ca);
        if (revoked(w, "root's list", "the PCK's CA", fault))
                return;
        fault = aza_crl_fault(pck_crl, ca, w->o->time);
        if (fault == NULL)
                fault = aza_intel_listed_fault(pck_crl, pck);
        if (revoked(w, "CA's list", "PCK", fault) ||
            revoked(w, "root's list", "who signed the TCB documents", signer_fault(w, root_crl)))
                return;
        (void)aza_accept(w->checks, AZA_CHECK_I8, NULL);
}

static void check_revocation(struct walk *w)
{
        const struct aza_td_collateral *c = w->o->collateral;

        if (w->o->no_collateral || w->o->ignore_crl) {
                (void)aza_not_checked(w->checks, AZA_CHECK_I8, AZA_SWITCHED_OFF, "%s",
                                      w->o->no_collateral ? "the profile asks for no collateral"
                                                          : "the caller ignores revocation");
                return;
        }
        if (c == NULL || c->root_crl.len == 0 || c->pck_crl.len == 0) {
                (void)aza_not_checked(
                        w->checks, AZA_CHECK_I8, AZA_UNAVAILABLE,
                        "no revocation lists of Intel's were given (td-collateral of the evidence, --collateral, --fetch)");
                return;
        }
        AZA_OWN(X509_CRL_free)
        X509_CRL *root_crl = aza_crl_parse(w->libctx, aza_bytes_span(&c->root_crl));
        AZA_OWN(X509_CRL_free)
        X509_CRL *pck_crl = aza_crl_parse(w->libctx, aza_bytes_span(&c->pck_crl));
        if (root_crl == NULL || pck_crl == NULL)
                (void)aza_reject(w->checks, AZA_CHECK_I8, "%s is not exactly one revocation list",
                                 root_crl == NULL ? "root-crl" : "pck-crl");
        else
                check_lists(w, root_crl, pck_crl);
}

/* ---- H12 ---- */

/* The quote is Intel's when the path to it is: I1 to I9, as far as they were asked for. */
static bool conclude(struct walk *w)
{
        bool off = false;

        for (int id = AZA_CHECK_I1; id <= AZA_CHECK_I9; id++) {
                const struct aza_check *row = aza_checks_get(w->checks, (enum aza_check_id)id);
                if (row != NULL && row->outcome == AZA_ACCEPT)
                        continue;
                off |= row != NULL && row->outcome == AZA_SWITCHED_OFF;
                if (row == NULL || row->outcome != AZA_SWITCHED_OFF)
                        return aza_not_checked(w->checks, AZA_CHECK_H12, AZA_FOLLOWS, "as %s",
                                               aza_check_id_text((enum aza_check_id)id));
        }
        return aza_accept(
                w->checks, AZA_CHECK_H12, "%s",
                off ? "Intel's signatures; revocation or the quoting enclave's identity was not asked for"
                    : "Intel's signatures");
}

bool aza_td_signature_verify(OSSL_LIB_CTX *libctx, struct aza_span quote,
                             const struct aza_td_options *options, struct aza_checks *checks,
                             struct aza_td_tcb *ret)
{
        struct walk w = {.libctx = libctx, .o = options, .checks = checks};

        *ret = (struct aza_td_tcb){.status = AZA_TCB_UNKNOWN,
                                   .platform = AZA_TCB_UNKNOWN,
                                   .module = AZA_TCB_UNKNOWN,
                                   .qe = AZA_TCB_UNKNOWN};
        (void)ERR_set_mark();
        if (read_all(&w, quote)) {
                const struct aza_intel_trust trust = {.roots = options->roots,
                                                      .time = options->time};
                const bool documents = options->collateral != NULL && !options->no_collateral;
                if (documents)
                        aza_td_signers_read(libctx, options->collateral, &trust, &w.chain,
                                            &w.signers);
                check_chain(&w);
                check_pck(&w);
                check_qe_report(&w);
                check_key_binding(&w);
                check_signature(&w);
                check_revocation(&w);
                const struct aza_td_platform platform = {.qe = &w.qe.qe,
                                                         .td = &w.quote.td,
                                                         .pck = w.has_pck ? &w.pck : NULL,
                                                         .signers = documents ? &w.signers : NULL};
                aza_td_levels_check(libctx, &platform, options, checks, ret);
        }
        (void)ERR_pop_to_mark();
        bool good = conclude(&w);
        aza_td_signers_free(&w.signers);
        aza_intel_chain_free(&w.chain);
        return good;
}
