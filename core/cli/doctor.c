/* SPDX-License-Identifier: Apache-2.0 */
/* azattest doctor: what this machine is and has, and what to do about what it lacks. Never guesses:
 * what cannot be found out is "unknown". */
#include "cli/doctor.h"

#include "base/error.h"
#include "show/show.h"

#include <stdarg.h>
#include <string.h>

static const char *const state_text[] = {
        [FINDING_OK] = "ok", [FINDING_NO] = "no", [FINDING_UNKNOWN] = "unknown"};

void doctor_find(struct doctor *d, const char *name, enum finding_state state, const char *format,
                 ...)
{
        json_object *finding = json_object_new_object();
        char text[1024];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        d->sick = d->sick || state == FINDING_NO;
        if (finding == NULL)
                return;
        aza_show_text(finding, "name", "%s", name);
        aza_show_text(finding, "state", "%s", state_text[state]);
        aza_show_text(finding, "text", "%s", text);
        if (json_object_array_add(d->findings, finding) != 0)
                json_object_put(finding);
}

void doctor_find_failure(struct doctor *d, const char *name)
{
        doctor_find(d, name, FINDING_NO, "%s", aza_last_error()->message);
}

static int print(const struct doctor *d)
{
        AZA_OWN(json_object_put) json_object *out = NULL;

        cli_progress_end();
        if (d->cli->options.json) {
                out = json_object_new_object();
                if (out == NULL)
                        return AZA_NO_MEMORY();
                aza_show_text(out, "verdict", "%s", d->sick ? "no" : "ok");
                aza_show_object(out, "findings", json_object_get(d->findings));
                return cli_print_json(out);
        }
        for (size_t i = 0; i < json_object_array_length(d->findings); i++) {
                json_object *finding = json_object_array_get_idx(d->findings, i);

                cli_line("%-16s %-8s %s",
                         json_object_get_string(json_object_object_get(finding, "name")),
                         json_object_get_string(json_object_object_get(finding, "state")),
                         json_object_get_string(json_object_object_get(finding, "text")));
        }
        return cli_flush();
}

static int run(struct cli *cli)
{
        AZA_OWN(json_object_put) json_object *findings = json_object_new_array();
        struct doctor d = {.cli = cli, .findings = findings};
        int r;

        if (findings == NULL)
                return AZA_NO_MEMORY();
        cli->subject = "machine";
        if ((r = cli_open(cli)) != 0 || (r = cli_tpm(cli)) != 0)
                return r;
        doctor_tpm(&d);
        doctor_machine(&d);
        doctor_host(&d);
        doctor_net(&d);
        EVP_PKEY_free(d.hcl_ak);
        EVP_PKEY_free(d.ak);
        aza_bytes_free(&d.report);
        r = print(&d);
        return r != 0 ? r : d.sick ? CLI_NO : 0;
}

const struct cli_command cli_doctor = {
        .name = "doctor",
        .summary = "what this machine is and has, and what to do about what it lacks",
        .about = "The first thing to type when something fails. Each line says ok, no (and what to "
                 "do), or unknown:\nTPM device and permissions, HCL report, AK and its "
                 "certificate, key, kind of machine, event log,\nsecure boot, clock, runtime "
                 "directory, OpenSSL module, IMDS, MAA, how far the clock is from theirs.\nWhere "
                 "none "
                 "says no, it attests once, as 'azattest attest' would.",
        .options = "require json",
        .example = "  azattest doctor",
        .status =
                "  0  nothing is in the way of attesting\n  1  something is: its line says what to "
                "do",
        .run = run,
};
