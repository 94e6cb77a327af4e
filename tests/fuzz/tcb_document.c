/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's TCB info and QE identity, a collateral file, and what levels are made of them. The first
 * bytes are SVNs of a platform. */
#include "fuzz.h"
#include "tdx/collateral.h"
#include "tdx/tcb.h"

/* What Intel signed is inside of what came. */
static void inside(struct aza_span body, const struct aza_tcb_document *d)
{
        FUZZ_CHECK(d->text.data > body.data && d->text.data + d->text.len < body.data + body.len);
        FUZZ_CHECK(d->text.data[0] == '{' && d->text.data[d->text.len - 1] == '}');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const uint8_t zeros[584];
        uint8_t body[584] = {0};
        struct aza_pck pck = {0};
        struct aza_td td;
        struct aza_tcb_info info;
        struct aza_qe_identity identity;
        struct aza_td_collateral collateral;
        struct aza_tcb_level level;

        if (size < 20)
                return 0;
        memcpy(body, data, 4);
        memcpy(pck.svn, data + 4, sizeof pck.svn);
        pck.pce_svn = data[3];
        aza_td_body_read(aza_span_of(body, sizeof body), &td);
        const struct aza_span text = aza_span_of(data + 20, size - 20);
        if (aza_tcb_info_parse(text, &info) == NULL) {
                inside(text, &info.document);
                level = aza_tcb_level_of(&info, &pck, &td);
                FUZZ_CHECK(level.date != NULL);
                const char *fault = aza_tdx_module(&info, &td, &level);
                FUZZ_CHECK(fault == NULL || level.status == AZA_TCB_UNKNOWN);
                aza_tcb_info_free(&info);
        }
        if (aza_qe_identity_parse(text, &identity) == NULL) {
                const struct aza_sgx_report qe = {.mrsigner = aza_span_of(zeros, 32),
                                                  .attributes = aza_span_of(zeros, 16)};
                inside(text, &identity.document);
                level = aza_qe_level(&identity, pck.pce_svn);
                FUZZ_CHECK(level.date != NULL);
                (void)aza_qe_identity_fault(&identity, &qe);
                aza_qe_identity_free(&identity);
        }
        if (aza_td_collateral_decode(text, &collateral) == 0)
                aza_td_collateral_free(&collateral);
        return 0;
}
