/* SPDX-License-Identifier: Apache-2.0 */
/* Status of a sealed key: it is opened, and what was in it is forgotten at once. */
#include "doctor/status.h"

#include "key/seal.h"
#include "show/show.h"

/* Of those nothing but another file or another state of the VM makes a key. */
static bool is_dead(int r)
{
        return r == AZATTEST_E_KEY_GONE || r == AZATTEST_E_PCR_MISMATCH || r == AZATTEST_E_JWE ||
               r == AZATTEST_E_INPUT;
}

void aza_status_sealed(const struct aza_status *s, struct aza_sealed *sealed,
                       struct aza_status_row *row)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes pkcs8 = {0};
        int r = aza_sealed_key(s->tpm, s->config, &sealed->to, &ref);

        if (ref != NULL) {
                aza_status_show_key(ref, row->out);
                r = aza_unseal(s->tpm, s->config, sealed, &pkcs8);
        }
        if (ref != NULL && r == 0) {
                aza_show_bool(row->out, "usable", true);
                aza_status_note(row, AZA_FINDING_OK, "opens until %s", aza_status_life(ref));
                return;
        }
        if (is_dead(r))
                aza_show_bool(row->out, "usable", false);
        aza_status_note(row, is_dead(r) ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN, "%s",
                        aza_last_error()->message);
        if (r == AZATTEST_E_PCR_MISMATCH)
                aza_status_show_changed(s, &sealed->to.pcrs, row->out);
}
