/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: what this machine is and has. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "doctor/doctor.h"
#include "show/show.h"

int azattest_doctor(azattest_context *ctx, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(json_object_put) json_object *out = NULL;
        int r;

        aza_clear_error();
        if (ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for the findings");
        if ((r = aza_call_begin(ctx, true, &call)) != 0)
                return r;
        struct aza_doctor doctor = {.libctx = call.libctx,
                                    .config = &call.config,
                                    .tpm = call.tpm,
                                    .deadline = &call.deadline,
                                    .progress = call.progress,
                                    .progress_arg = call.progress_arg};
        if ((r = aza_doctor(&doctor)) != 0)
                return r;
        if ((out = json_object_new_object()) != NULL)
                aza_show_text(out, "verdict", "%s", doctor.sick ? "no" : "ok");
        if (out != NULL)
                aza_show_object(out, "findings", json_object_get(doctor.findings));
        json_object_put(doctor.findings);
        return aza_hand_out_json(out, ret_json);
}
