/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed Intel's documents. */
#include "tdx/verify.h"

static void read_signer(OSSL_LIB_CTX *libctx, const struct aza_bytes *pem,
                        const struct aza_intel_trust *trust, const struct aza_intel_chain *known,
                        struct aza_td_signer *ret)
{
        bool extra = false;

        ret->fault = aza_intel_chain_parse(libctx, aza_bytes_span(pem), 2, known, &ret->chain);
        if (ret->fault == NULL)
                ret->fault = aza_intel_chain_fault(libctx, &ret->chain, AZA_INTEL_TCB_SIGNING,
                                                   trust, &extra);
}

void aza_td_signers_read(OSSL_LIB_CTX *libctx, const struct aza_td_collateral *c,
                         const struct aza_intel_trust *trust, const struct aza_intel_chain *known,
                         struct aza_td_signers *ret)
{
        const bool one = aza_span_equal(aza_bytes_span(&c->tcb_info_chain),
                                        aza_bytes_span(&c->qe_identity_chain));

        *ret = (struct aza_td_signers){.info = &ret->own[0], .identity = &ret->own[one ? 0 : 1]};
        read_signer(libctx, &c->tcb_info_chain, trust, known, &ret->own[0]);
        if (!one)
                read_signer(libctx, &c->qe_identity_chain, trust, known, &ret->own[1]);
}

void aza_td_signers_free(struct aza_td_signers *signers)
{
        aza_intel_chain_free(&signers->own[0].chain);
        aza_intel_chain_free(&signers->own[1].chain);
}
