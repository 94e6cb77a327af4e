/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of `azattest doctor`: one line each, ok / no / unknown, and what to do. */
#ifndef AZA_CLI_DOCTOR_H
#define AZA_CLI_DOCTOR_H

#include "cli/cli.h"
#include "evidence/ak_cert.h"
#include "evidence/evidence.h"

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
        bool no_report; /* the report index is really absent */
        bool knows_vm;  /* `vm` is what report or AK certificate say */
        enum aza_vm vm;
        enum aza_ak_cert_kind certificate; /* which kind of VM the AK certificate names */
        struct aza_bytes report;           /* HCL report as read */
        struct aza_hcl_report hcl;         /* spans into it; all zero unless well-formed */
        EVP_PKEY *hcl_ak;                  /* HCLAkPub, or NULL */
        EVP_PKEY *ak;                      /* the vTPM's AK, or NULL */
};

void doctor_find(struct doctor *d, const char *name, enum finding_state state, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
/* The same with this thread's last failure as text. */
void doctor_find_failure(struct doctor *d, const char *name);

/* doctor_tpm.c: TPM device, report, AK and certificate, key; what kind of VM that makes. */
void doctor_tpm(struct doctor *d);
/* doctor_host.c: machine, boot log, secure boot, clock, runtime directory, provider. */
void doctor_machine(struct doctor *d);
void doctor_host(struct doctor *d);
/* doctor_net.c: IMDS and MAA, the clock against theirs, and a whole attestation where nothing above
 * is in its way. */
void doctor_net(struct doctor *d);

#endif
