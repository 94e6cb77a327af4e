/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of the TPM's own code: one swtpm for all cases, and a connection to it whose
 * commands are recorded. */
#ifndef TEST_TAPPED_TPM_H
#define TEST_TAPPED_TPM_H

#include "libctx_fixture.h"
#include "swtpm_fixture.h"

static struct swtpm swtpm;
static struct tap tap;

static inline struct aza_tpm *open_tpm(void)
{
        const struct aza_transport transport = tap_transport(&tap);
        struct aza_tpm *tpm = NULL;

        memset(&tap, 0, sizeof(tap));
        assert_ok(aza_tpm_new(libctx, swtpm.tcti, "", &tpm));
        aza_tpm_set_transport(tpm, &transport);
        return tpm;
}

static inline int tapped_setup(void **state)
{
        swtpm_start(&swtpm);
        return libctx_setup(state);
}

static inline int tapped_teardown(void **state)
{
        swtpm_stop(&swtpm);
        return libctx_teardown(state);
}

#endif
