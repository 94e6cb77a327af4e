/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of `azattest doctor`: one line each, ok / no / unknown, and what to do. */
#ifndef AZA_CLI_DOCTOR_H
#define AZA_CLI_DOCTOR_H

#include "cli/cli.h"

enum finding_state {
        FINDING_OK,
        FINDING_NO,      /* something to do */
        FINDING_UNKNOWN, /* could not be found out, or does not apply */
};

struct doctor {
        struct cli *cli;
        json_object *findings; /* array of {name, state, text} */
        bool sick;             /* a FINDING_NO was added */
        bool has_tpm;
        bool has_report;     /* HCL report present and well-formed: hardware is known */
        bool trusted_launch; /* report index really absent */
};

void doctor_find(struct doctor *d, const char *name, enum finding_state state, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
/* The same with this thread's last failure as text. */
void doctor_find_failure(struct doctor *d, const char *name);

/* doctor_tpm.c: TPM device, report, AK and certificate, key. */
void doctor_tpm(struct doctor *d);
/* doctor_host.c: machine, boot log, secure boot, clock, runtime directory, provider. */
void doctor_machine(struct doctor *d);
void doctor_host(struct doctor *d);
/* doctor_net.c: IMDS and MAA, and the clock against theirs. */
void doctor_net(struct doctor *d);

#endif
