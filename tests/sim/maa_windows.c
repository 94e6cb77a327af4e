/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of Windows' tagged events. Replays nothing (maa_log.c). */
#include "sim/maa_windows.h"

#include "base/crypto.h"
#include "sim/cert.h"

#define TRUST_BOUNDARY   0x40010001u
#define ELAM_AGGREGATION 0x40010002u
#define BOOT_OPTIONS     12u
#define BOOT_MODULES     13u

static bool digest_is(struct aza_span sha256, struct aza_span data)
{
        uint8_t digest[AZA_SHA256_LEN];

        return aza_sha256(sim_libctx(), data, digest) == 0 &&
               aza_span_equal(sha256, aza_span_of(digest, sizeof(digest)));
}

static bool *flag_of(struct sim_windows_facts *facts, uint32_t tag)
{
        switch (tag) {
        case 0x00040001u:
                return &facts->boot_debug;
        case 0x00050001u:
                return &facts->kernel_debug;
        case 0x00050003u:
                return &facts->test_signing;
        case 0x0005000Du:
                return &facts->hypervisor_debug;
        case 0x00050021u:
                return &facts->flight_signing;
        default:
                return NULL;
        }
}

/* What one program measured: tags, one after the other. */
static bool read_boundary(struct sim_windows_facts *facts, struct aza_span inside)
{
        struct aza_reader r = aza_reader_of(inside);

        while (!r.failed && r.rest.len > 0) {
                uint32_t tag = aza_read_le32(&r);
                struct aza_span content = aza_read(&r, aza_read_le32(&r));
                bool *flag = flag_of(facts, tag);

                if (flag != NULL && content.len != 1)
                        return false;
                if (flag != NULL)
                        *flag = *flag || content.data[0] != 0;
                facts->antimalware = facts->antimalware || tag == ELAM_AGGREGATION;
        }
        return !r.failed;
}

bool sim_windows_event(struct sim_windows *w, uint32_t pcr, struct aza_span sha256,
                       struct aza_span data)
{
        struct aza_reader r = aza_reader_of(data);

        if ((pcr != BOOT_OPTIONS && pcr != BOOT_MODULES) || (w->ended & 1u << pcr) != 0)
                return true;
        if (digest_is(sha256, aza_span_of("WBCL", 4))) {
                w->ended |= 1u << pcr;
                return true;
        }
        if (aza_read_le32(&r) != TRUST_BOUNDARY || r.failed)
                return true; /* another system's */
        struct aza_span inside = aza_read(&r, aza_read_le32(&r));
        return aza_reader_done(&r) && digest_is(sha256, data) && read_boundary(&w->facts, inside);
}
