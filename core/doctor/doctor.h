/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine is and has, as findings: one line each, ok / no / unknown, and what to do.
 * Never guesses: what cannot be found out is "unknown". */
#ifndef AZA_DOCTOR_DOCTOR_H
#define AZA_DOCTOR_DOCTOR_H

#include "base/clock.h"
#include "config/config.h"
#include "evidence/ak_cert.h"
#include "evidence/evidence.h"
#include "tpm/device.h"

#define AZA_DOCTOR_KEY "azattest://key" /* the key that is tried */
/* Of the AK's certificate, for AZA_AK_HANDLE. */
#define AZA_DOCTOR_OTHER_AK \
        "it is for another key than the AK at handle 0x%08x (A1): reboot the VM, Azure renews it at start; redeploy it if that does not help"

enum aza_finding_state {
        AZA_FINDING_OK,
        AZA_FINDING_NO,      /* something to do */
        AZA_FINDING_UNKNOWN, /* could not be found out, or does not apply */
};

struct aza_doctor {
        /* set by the caller */
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        struct aza_tpm *tpm;
        const struct aza_deadline *deadline;
        azattest_progress_fn *progress; /* or NULL */
        void *progress_arg;
        /* found */
        json_object *findings; /* array of {name, state, text}; the caller puts it */
        bool sick;             /* an AZA_FINDING_NO was added */
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

/* Looks at everything; findings and `sick` say what was found. 0 or AZATTEST_E_NO_MEMORY. */
int aza_doctor(struct aza_doctor *d);

/* Adds {name, state, text} to `list`. */
void aza_finding_add(json_object *list, const char *name, enum aza_finding_state state,
                     const char *text);

/* ---- for the files of this room ---- */

void aza_doctor_find(struct aza_doctor *d, const char *name, enum aza_finding_state state,
                     const char *format, ...) AZATTEST_PRINTF(4, 5);
/* The same with this thread's last failure as text. */
void aza_doctor_find_failure(struct aza_doctor *d, const char *name);
/* A short text for people. */
void aza_doctor_step(const struct aza_doctor *d, const char *step);

/* tpm.c: TPM device, report, AK and certificate, key; what kind of VM that makes. */
void aza_doctor_tpm(struct aza_doctor *d);
/* host.c: machine, boot log, secure boot, clock, runtime directory, provider. */
void aza_doctor_machine(struct aza_doctor *d);
void aza_doctor_host(struct aza_doctor *d);
/* net.c: IMDS and MAA, the clock against theirs, and a whole attestation where nothing above is in
 * its way. */
void aza_doctor_net(struct aza_doctor *d);

#endif
