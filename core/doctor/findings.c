/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: how one is noted. */
#include "base/error.h"
#include "doctor/doctor.h"
#include "doctor/status.h"
#include "show/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void aza_status_note(struct aza_status_row *row, enum aza_finding_state state, const char *format,
                     ...)
{
        const size_t used = strlen(row->text);
        va_list args;

        if (row->state == AZA_FINDING_OK || state == AZA_FINDING_NO)
                row->state = state;
        const int n =
                snprintf(row->text + used, sizeof(row->text) - used, "%s", used > 0 ? "; " : "");
        const size_t at = used + (size_t)(n > 0 ? n : 0);
        if (at >= sizeof(row->text))
                return;
        va_start(args, format);
        (void)vsnprintf(row->text + at, sizeof(row->text) - at, format, args);
        va_end(args);
}
