/* SPDX-License-Identifier: Apache-2.0 */
/* Whether collateral is worth being handed on with a quote: a bad part would only spoil it. */
#include "tdx/verify.h"

#include <openssl/err.h>
#include <string.h>

struct fit {
        OSSL_LIB_CTX *libctx;
        const struct aza_td_collateral *c;
        const struct aza_intel_trust *trust;
        struct aza_intel_chain chain; /* of the quote */
        struct aza_td_signers signers;
        struct aza_pck pck;
};

static const char *read_platform(struct fit *f, struct aza_span bytes)
{
        struct aza_td_quote quote;
        struct aza_td_certification certification;
        const char *fault = aza_td_quote_parse(bytes, &quote);

        if (fault == NULL)
                fault = aza_td_certification_parse(&quote, &certification);
        if (fault == NULL)
                fault = aza_intel_chain_parse(f->libctx, certification.certificates, 3, NULL,
                                              &f->chain);
        return fault != NULL ? fault : aza_pck_of(f->chain.certs[0], &f->pck);
}

static const char *info_fault(const struct fit *f)
{
        struct aza_tcb_info info = {0};
        const char *fault = aza_tcb_info_parse(aza_bytes_span(&f->c->tcb_info), &info);

        if (fault == NULL)
                fault = aza_td_document_fault(f->libctx, &info.document, f->signers.info,
                                              f->trust->time);
        if (fault == NULL && (memcmp(info.fmspc, f->pck.fmspc, sizeof(info.fmspc)) != 0 ||
                              memcmp(info.pce_id, f->pck.pce_id, sizeof(info.pce_id)) != 0))
                fault = "it is another platform's (FMSPC)";
        aza_tcb_info_free(&info);
        return fault;
}

static const char *identity_fault(const struct fit *f)
{
        struct aza_qe_identity qe = {0};
        const char *fault = aza_qe_identity_parse(aza_bytes_span(&f->c->qe_identity), &qe);

        if (fault == NULL)
                fault = aza_td_document_fault(f->libctx, &qe.document, f->signers.identity,
                                              f->trust->time);
        aza_qe_identity_free(&qe);
        return fault;
}

static const char *list_fault(const struct fit *f, const struct aza_bytes *list, X509 *issuer)
{
        AZA_OWN(X509_CRL_free) X509_CRL *crl = aza_crl_parse(f->libctx, aza_bytes_span(list));

        return crl == NULL ? "it is not exactly one revocation list"
                           : aza_crl_fault(crl, issuer, f->trust->time);
}

static const char *find_fault(struct fit *f, struct aza_span quote, const char **ret_part)
{
        const char *fault;

        *ret_part = "TD quote";
        if ((fault = read_platform(f, quote)) != NULL)
                return fault;
        aza_td_signers_read(f->libctx, f->c, f->trust, &f->chain, &f->signers);
        *ret_part = "tcb-info";
        if ((fault = info_fault(f)) != NULL)
                return fault;
        *ret_part = "qe-identity";
        if ((fault = identity_fault(f)) != NULL)
                return fault;
        *ret_part = "pck-crl";
        if ((fault = list_fault(f, &f->c->pck_crl, f->chain.certs[1])) != NULL)
                return fault;
        *ret_part = "root-crl";
        return list_fault(f, &f->c->root_crl, aza_intel_root(&f->chain));
}

const char *aza_td_collateral_fault(OSSL_LIB_CTX *libctx, struct aza_span quote,
                                    const struct aza_td_collateral *c,
                                    const struct aza_intel_trust *trust, const char **ret_part)
{
        struct fit f = {.libctx = libctx, .c = c, .trust = trust};

        (void)ERR_set_mark();
        const char *fault = find_fault(&f, quote, ret_part);
        (void)ERR_pop_to_mark();
        aza_td_signers_free(&f.signers);
        aza_intel_chain_free(&f.chain);
        return fault;
}
