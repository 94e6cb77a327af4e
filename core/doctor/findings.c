/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: how one is noted. */
#include "base/error.h"
#include "doctor/doctor.h"
#include "show/show.h"

#include <stdarg.h>

void aza_finding_add(json_object *list, const char *name, enum aza_finding_state state,
                     const char *text)
{
        static const char *const states[] = {[AZA_FINDING_OK] = "ok",
                                             [AZA_FINDING_NO] = "no",
                                             [AZA_FINDING_UNKNOWN] = "unknown"};
        json_object *finding = json_object_new_object();

        if (finding == NULL)
                return;
        aza_show_text(finding, "name", "%s", name);
        aza_show_text(finding, "state", "%s", states[state]);
        aza_show_text(finding, "text", "%s", text);
        if (json_object_array_add(list, finding) != 0)
                json_object_put(finding);
}

void aza_doctor_find(struct aza_doctor *d, const char *name, enum aza_finding_state state,
                     const char *format, ...)
{
        char text[1024];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        d->sick = d->sick || state == AZA_FINDING_NO;
        aza_finding_add(d->findings, name, state, text);
}

void aza_doctor_find_failure(struct aza_doctor *d, const char *name)
{
        aza_doctor_find(d, name, AZA_FINDING_NO, "%s", aza_last_error()->message);
}

void aza_doctor_step(const struct aza_doctor *d, const char *step)
{
        if (d->progress != NULL)
                d->progress(d->progress_arg, step);
}
