/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: renewal of the AK certificate. */
#include "api/azattest_context.h"

#include "online/ak_renew.h"
#include "show/show.h"

int azattest_ak_renew(azattest_context *ctx, int64_t if_before, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(json_object_put) json_object *out = NULL;
        struct aza_ak_renewed renewed;
        int r;

        aza_clear_error();
        if ((r = aza_call_begin(ctx, true, &call)) != 0)
                return r;
        const struct aza_attester vm = aza_call_attester(&call);
        if ((r = aza_ak_renew(&vm, if_before, &renewed)) != 0 || ret_json == NULL)
                return r;
        if ((out = json_object_new_object()) != NULL) {
                aza_show_bool(out, "renewed", renewed.renewed);
                aza_show_bool(out, "restored", renewed.restored);
                aza_show_time(out, "until", renewed.until);
                aza_show_time(out, "previous-until", renewed.previous);
        }
        return aza_hand_out_json(out, ret_json);
}
