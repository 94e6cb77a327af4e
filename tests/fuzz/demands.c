/* SPDX-License-Identifier: Apache-2.0 */
/* Profile files: whatever is read lowers nothing of its base but what it says under `weakened`. */
#include "verdict/demands.h"
#include "base/json.h"
#include "fuzz.h"

static void check_floors(const struct aza_demands *d)
{
        for (size_t i = 0; d->base->floors != NULL && d->base->floors[i].line != NULL; i++) {
                const struct aza_snp_floor *low = &d->base->floors[i], *f = &d->profile.floors[i];
                FUZZ_CHECK(f->bootloader >= low->bootloader && f->tee >= low->tee &&
                           f->snp >= low->snp && f->microcode >= low->microcode);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(aza_demands_free) struct aza_demands *d = NULL;
        if (aza_demands_parse(aza_span_of(data, size), &d) != 0) {
                FUZZ_CHECK(d == NULL);
                return 0;
        }
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();
        FUZZ_CHECK(aza_demands_weakened(d, list));
        bool weak = d->base->floors == NULL || d->judge.snp.policy_allow != 0 ||
                    d->judge.snp.vmpl_allow != 0 || d->judge.snp.platform_allow_unknown ||
                    d->judge.snp.allow_masked_chip || d->judge.crl_mode == AZA_CRL_IGNORE ||
                    d->judge.allow_resettable;
        FUZZ_CHECK(weak == (json_object_array_length(list) > 0));
        check_floors(d);
        FUZZ_CHECK(d->profile.guest_svn >= d->base->guest_svn);
        FUZZ_CHECK((d->base->excluded_products & ~d->profile.excluded_products) == 0);
        FUZZ_CHECK((d->base->platform_required & ~d->profile.platform_required) == 0);
        FUZZ_CHECK(d->judge.pcr_values.count <= AZA_DEMANDS_PCRS);
        for (size_t i = 0; i < d->judge.pcr_values.count; i++)
                FUZZ_CHECK(d->pcrs[i].pcr < AZA_PCR_COUNT);
        FUZZ_CHECK(d->measurements.count <= AZA_DEMANDS_LIST && strlen(d->profile.name) <= 64);
        return 0;
}
