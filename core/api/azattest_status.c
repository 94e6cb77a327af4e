/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: what this VM's keys and the files of them are worth now. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "doctor/status.h"
#include "show/show.h"

static int hand_out(const struct aza_status *s, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        if (out == NULL)
                return AZA_NO_MEMORY();
        aza_show_text(out, "verdict", "%s", s->sick ? "no" : s->unsure ? "unknown" : "ok");
        aza_show_time(out, "time", s->now);
        aza_show_object(out, "findings", json_object_get(s->findings));
        return aza_hand_out_json(out, ret_json);
}

int azattest_status(azattest_context *ctx, const struct azattest_status_options *options,
                    char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        struct azattest_status_options o;
        int r;

        aza_clear_error();
        if (ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for the findings");
        if ((r = aza_status_options_take(options, &o)) != 0)
                return r;
        if ((o.files == NULL && o.count > 0) || o.within < 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no files, or less than no time in which something may end");
        if ((r = aza_call_begin(ctx, true, &call)) != 0)
                return r;
        struct aza_status s = {.libctx = call.libctx,
                               .config = &call.config,
                               .tpm = call.tpm,
                               .files = o.files,
                               .count = o.count,
                               .within = o.within};
        if ((r = aza_now(&s.now)) == 0 && (r = aza_status(&s)) == 0)
                r = hand_out(&s, ret_json);
        json_object_put(s.findings);
        return r;
}
