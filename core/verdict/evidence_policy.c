/* SPDX-License-Identifier: Apache-2.0 */
/* See evidence_policy.h. A value counts only when the rows that prove it accept: what is merely
 * written in the evidence is no claim. */
#include "verdict/evidence_policy.h"

#include "base/own.h"

#include <stddef.h>
#include <string.h>

#define TEE         "x-ms-isolation-tee."
#define SNP         TEE "x-ms-sevsnpvm-"
#define TDX         TEE "tdx_"
#define RUNTIME     TEE "x-ms-runtime"
#define SHOWN       400
#define SVN_BITS    0xFFFFu
#define LONGEST_HEX 64 /* bytes */

/* What a claim's value rests on. */
enum proof {
        BY_HARDWARE, /* signature of report or TD quote */
        BY_RUNTIME,  /* runtime data hashed into it */
        BY_QUOTE,    /* by the AK that report or Azure's certificate names (A1) */
        BY_LOG,
        BY_WINDOWS, /* its own events in the log; `where` says which */
        BY_TCB,     /* Intel's documents about the platform */
};

enum value {
        KIND_OF_VM,
        AZURE_VM,
        VM_ID,
        ATTESTED_PCRS,
        SECURE_BOOT,
        WINDOWS, /* a setting, `where` an enum aza_windows_flag */
        RUNTIME_DATA,
        TD_SPAN,    /* of the TD quote, `where` its offset in struct aza_td; hex */
        TD_STATUS,  /* what Intel says of the platform */
        TD_MODULE,  /* SVN of the TDX module: minor, then major */
        TD_BIT,     /* of the TD's attributes, `where` its number */
        SPAN,       /* of the report, `where` its offset in struct aza_snp_report; hex */
        POLICY_BIT, /* `where` its number */
        GUEST_SVN,
        VMPL,
        SVN, /* of the reported TCB, `where` its offset in struct aza_snp_tcb */
};

struct mapping {
        const char *claim;
        enum proof proof;
        enum value value;
        size_t where;
};

/* The n-th row of the table at the end of this file, NULL past its last. */
static const struct mapping *mapping_at(size_t n);
/* The row for a claim, also for one inside the runtime data; NULL: evidence has no such value. */
static const struct mapping *mapping_of(const char *claim)
{
        const size_t len = sizeof RUNTIME - 1;

        for (size_t i = 0; mapping_at(i) != NULL; i++) {
                const struct mapping *m = mapping_at(i);
                if (strcmp(m->claim, claim) == 0 ||
                    (m->value == RUNTIME_DATA && strncmp(claim, m->claim, len) == 0 &&
                     claim[len] == '.'))
                        return m;
        }
        return NULL;
}

/* ---- what is proven ---- */

/* A row that met the demands of evidence which nothing vouches for still contradicts what says
 * otherwise (T18). */
static bool accepted(const struct aza_checks *rows, enum aza_check_id id)
{
        const struct aza_check *row = aza_checks_get(rows, id);

        return row != NULL && (row->outcome == AZA_ACCEPT || row->doubted);
}

static const char *unproven_windows(const struct aza_judgement *j, const struct aza_checks *rows,
                                    size_t flag)
{
        const struct aza_windows_facts *w = &j->boot.windows;

        return j->has_boot && accepted(rows, AZA_CHECK_E6) && w->present && w->fault == NULL &&
                               (w->said >> flag & 1) != 0
                       ? NULL
                       : "no event log in which Windows says it (E6, E16)";
}

/* Why the claim's value counts for nothing; NULL when it is proven. */
static const char *unproven(const struct aza_judgement *j, const struct aza_checks *rows,
                            const struct mapping *m)
{
        bool signature =
                j->vm == AZA_VM_SEVSNP
                        ? j->has_snp && accepted(rows, AZA_CHECK_S11) &&
                                  accepted(rows, AZA_CHECK_S12) && accepted(rows, AZA_CHECK_S22)
                        : j->vm == AZA_VM_TDX && j->has_td && accepted(rows, AZA_CHECK_H12);

        switch (m->proof) {
        case BY_HARDWARE:
                return signature ? NULL : "no proven hardware report (S11, S12, S22; H11, H12)";
        case BY_RUNTIME:
                return signature && accepted(rows, AZA_CHECK_H9) && j->runtime != NULL
                               ? NULL
                               : "no proven runtime data (H9, S22)";
        case BY_QUOTE:
                return j->has_quote && accepted(rows, AZA_CHECK_A1) && accepted(rows, AZA_CHECK_Q7)
                               ? NULL
                               : "no proven quote (Q7)";
        case BY_LOG:
                return j->has_boot && accepted(rows, AZA_CHECK_E6) &&
                                       j->boot.secure_boot != AZA_SECURE_BOOT_UNDECIDED
                               ? NULL
                               : "no event log that decides it (E6, E13)";
        case BY_WINDOWS:
                return unproven_windows(j, rows, m->where);
        case BY_TCB:
                return signature && j->td_signed && accepted(rows, AZA_CHECK_I12) &&
                                       j->td_tcb.status != AZA_TCB_UNKNOWN
                               ? NULL
                               : "no TCB level of Intel's (H12, I12)";
        default:
                return "not proven";
        }
}

const char *aza_evidence_unproven(const struct aza_judgement *j, const struct aza_checks *rows,
                                  bool runtime)
{
        const struct mapping m = {.proof = runtime ? BY_RUNTIME : BY_HARDWARE};

        return unproven(j, rows, &m);
}

/* ---- values ---- */

static json_object *hex_value(struct aza_span span)
{
        char text[2 * LONGEST_HEX + 1];

        return span.len <= LONGEST_HEX ? json_object_new_string(aza_hex(span, text)) : NULL;
}

static json_object *pcr_list(uint32_t mask)
{
        json_object *list = json_object_new_array();

        for (int i = 0; list != NULL && i < AZA_PCR_COUNT; i++)
                if (mask >> i & 1)
                        (void)json_object_array_add(list, json_object_new_int(i));
        return list;
}

static json_object *kind_value(enum aza_vm vm)
{
        if (vm == AZA_VM_TRUSTEDLAUNCH)
                return NULL;
        return json_object_new_string(vm == AZA_VM_TDX ? "tdxvm" : "sevsnpvm");
}

/* The upper half of guest_svn is a flag of its own (S32). */
static json_object *snp_value(const struct mapping *m, const struct aza_judgement *j)
{
        const uint8_t *report = (const uint8_t *)&j->snp;

        if (j->vm != AZA_VM_SEVSNP)
                return NULL;
        switch (m->value) {
        case SPAN:
                return hex_value(*(const struct aza_span *)(const void *)(report + m->where));
        case POLICY_BIT:
                return json_object_new_boolean((j->snp.policy >> m->where & 1) != 0);
        case GUEST_SVN:
                return json_object_new_int64(j->snp.guest_svn & SVN_BITS);
        case VMPL:
                return json_object_new_int64(j->snp.vmpl);
        default: {
                struct aza_snp_tcb tcb = aza_snp_tcb_of(j->snp.reported_tcb, j->product);
                return json_object_new_int(((const uint8_t *)&tcb)[m->where]);
        }
        }
}

static json_object *td_value(const struct mapping *m, const struct aza_judgement *j)
{
        const uint8_t *td = (const uint8_t *)&j->td;

        if (j->vm != AZA_VM_TDX)
                return NULL;
        if (m->value == TD_BIT)
                return json_object_new_boolean(
                        (j->td.attributes.data[m->where / 8] >> m->where % 8 & 1) != 0);
        if (m->value == TD_MODULE)
                return json_object_new_int(j->td.tee_tcb_svn.data[0] | j->td.tee_tcb_svn.data[1]
                                                                               << 8);
        return hex_value(*(const struct aza_span *)(const void *)(td + m->where));
}

static json_object *value_of(const struct mapping *m, const struct aza_judgement *j)
{
        switch (m->value) {
        case KIND_OF_VM:
                return kind_value(j->vm);
        case AZURE_VM: /* the kind of attestation; whose paravisor it is, MAA alone says */
                return json_object_new_string("azurevm");
        case VM_ID:
                return j->vmid[0] != '\0' ? json_object_new_string(j->vmid) : NULL;
        case ATTESTED_PCRS:
                return pcr_list(j->pcrs.mask);
        case SECURE_BOOT:
                return json_object_new_boolean(j->boot.secure_boot == AZA_SECURE_BOOT_ON);
        case WINDOWS:
                return json_object_new_boolean((j->boot.windows.set >> m->where & 1) != 0);
        case RUNTIME_DATA:
                return json_object_get(j->runtime);
        case TD_STATUS:
                return json_object_new_string(aza_tcb_status_text(j->td_tcb.status));
        case TD_SPAN:
        case TD_BIT:
        case TD_MODULE:
                return td_value(m, j);
        default:
                return snp_value(m, j);
        }
}

/* `claim` is a member of `root` or of its x-ms-isolation-tee. */
static void put_claim(json_object *root, json_object *tee, const char *claim, json_object *value)
{
        bool inside = strncmp(claim, TEE, sizeof TEE - 1) == 0;

        if (value != NULL &&
            json_object_object_add(inside ? tee : root, inside ? claim + sizeof TEE - 1 : claim,
                                   value) != 0)
                json_object_put(value); /* a claim that is missing is never met */
}

json_object *aza_evidence_as_claims(const struct aza_judgement *j, const struct aza_checks *rows)
{
        AZA_OWN(json_object_put) json_object *root = json_object_new_object();
        json_object *tee = json_object_new_object();

        if (root == NULL || tee == NULL ||
            json_object_object_add(root, "x-ms-isolation-tee", tee) != 0) {
                json_object_put(tee);
                return NULL;
        }
        for (size_t i = 0; mapping_at(i) != NULL; i++) {
                const struct mapping *m = mapping_at(i);
                if (unproven(j, rows, m) == NULL)
                        put_claim(root, tee, m->claim, value_of(m, j));
        }
        return aza_take(&root);
}

/* ---- the row ---- */

struct evidence {
        const struct aza_judgement *j;
        const struct aza_checks *rows;
};

/* aza_policy_ask. A claim about another kind of hardware than this is missing, as in a token. */
static const char *ask(const void *arg, const char *claim)
{
        const struct evidence *e = arg;
        const struct mapping *m = mapping_of(claim);
        bool tee = strncmp(claim, TEE, sizeof TEE - 1) == 0;

        if (tee && e->j->vm == AZA_VM_TRUSTEDLAUNCH)
                return NULL;
        if ((strncmp(claim, SNP, sizeof SNP - 1) == 0 && e->j->vm != AZA_VM_SEVSNP) ||
            (strncmp(claim, TDX, sizeof TDX - 1) == 0 && e->j->vm != AZA_VM_TDX))
                return NULL;
        if (m == NULL)
                return "only MAA says that";
        return unproven(e->j, e->rows, m);
}

void aza_evidence_policy(const struct aza_policy *policy, const struct aza_judgement *j,
                         struct aza_checks *checks)
{
        AZA_OWN(json_object_put) json_object *conditions = NULL;
        const struct evidence e = {.j = j, .rows = checks};
        char text[SHOWN] = "", note[96];

        if (policy == NULL) {
                (void)aza_not_checked(
                        checks, AZA_CHECK_P8, AZA_NOT_APPLICABLE,
                        "no policy was given; kind, debug and VMPL are checks H5, S29, S31");
                return;
        }
        AZA_OWN(json_object_put) json_object *claims = aza_evidence_as_claims(j, checks);
        enum aza_policy_verdict verdict =
                claims == NULL ? AZA_POLICY_UNMET
                               : aza_policy_judge(policy, claims, ask, &e, &conditions);
        (void)aza_policy_vault_note(policy, note);
        if (conditions == NULL) {
                (void)aza_reject(checks, AZA_CHECK_P8, "out of memory");
                return;
        }
        (void)aza_policy_reasons(conditions, NULL, verdict == AZA_POLICY_UNANSWERED, text,
                                 sizeof text);
        switch (verdict) {
        case AZA_POLICY_MET:
                (void)aza_accept(checks, AZA_CHECK_P8, "given policy, on what is proven here%s",
                                 note);
                break;
        case AZA_POLICY_UNMET:
                (void)aza_reject(checks, AZA_CHECK_P8, "%s%s", text, note);
                break;
        case AZA_POLICY_UNANSWERED:
                (void)aza_not_checked(checks, AZA_CHECK_P8, AZA_NO_INPUT, "%s%s", text, note);
                break;
        }
}

#define REPORT(field) SPAN, offsetof(struct aza_snp_report, field)
#define LEVEL(field)  SVN, offsetof(struct aza_snp_tcb, field)
#define TD(field)     TD_SPAN, offsetof(struct aza_td, field)

static const struct mapping mappings[] = {
        {"x-ms-attestation-type", BY_QUOTE, AZURE_VM, 0},
        {"x-ms-azurevm-vmid", BY_RUNTIME, VM_ID, 0},
        {"x-ms-azurevm-attested-pcrs", BY_QUOTE, ATTESTED_PCRS, 0},
        {"secureboot", BY_LOG, SECURE_BOOT, 0},
        {"x-ms-azurevm-bootdebug-enabled", BY_WINDOWS, WINDOWS, AZA_WINDOWS_BOOT_DEBUG},
        {"x-ms-azurevm-kerneldebug-enabled", BY_WINDOWS, WINDOWS, AZA_WINDOWS_KERNEL_DEBUG},
        {"x-ms-azurevm-hypervisordebug-enabled", BY_WINDOWS, WINDOWS, AZA_WINDOWS_HYPERVISOR_DEBUG},
        {"x-ms-azurevm-testsigning-enabled", BY_WINDOWS, WINDOWS, AZA_WINDOWS_TEST_SIGNING},
        {"x-ms-azurevm-flightsigning-enabled", BY_WINDOWS, WINDOWS, AZA_WINDOWS_FLIGHT_SIGNING},
        {TEE "x-ms-attestation-type", BY_HARDWARE, KIND_OF_VM, 0},
        {RUNTIME, BY_RUNTIME, RUNTIME_DATA, 0},
        {SNP "launchmeasurement", BY_HARDWARE, REPORT(measurement)},
        {SNP "hostdata", BY_HARDWARE, REPORT(host_data)},
        {SNP "reportdata", BY_HARDWARE, REPORT(report_data)},
        {SNP "reportid", BY_HARDWARE, REPORT(report_id)},
        {SNP "familyId", BY_HARDWARE, REPORT(family_id)},
        {SNP "imageId", BY_HARDWARE, REPORT(image_id)},
        {SNP "idkeydigest", BY_HARDWARE, REPORT(id_key_digest)},
        {SNP "authorkeydigest", BY_HARDWARE, REPORT(author_key_digest)},
        {SNP "bootloader-svn", BY_HARDWARE, LEVEL(bootloader)},
        {SNP "tee-svn", BY_HARDWARE, LEVEL(tee)},
        {SNP "snpfw-svn", BY_HARDWARE, LEVEL(snp)},
        {SNP "microcode-svn", BY_HARDWARE, LEVEL(microcode)},
        {SNP "guestsvn", BY_HARDWARE, GUEST_SVN, 0},
        {SNP "vmpl", BY_HARDWARE, VMPL, 0},
        {SNP "smt-allowed", BY_HARDWARE, POLICY_BIT, 16},
        {SNP "migration-allowed", BY_HARDWARE, POLICY_BIT, 18},
        {SNP "is-debuggable", BY_HARDWARE, POLICY_BIT, 19},
        {SNP "singlesocket", BY_HARDWARE, POLICY_BIT, 20},
        {SNP "cxl-allowed", BY_HARDWARE, POLICY_BIT, 21},
        {SNP "mem-aes256-xts-required", BY_HARDWARE, POLICY_BIT, 22},
        {SNP "rapl-disabled", BY_HARDWARE, POLICY_BIT, 23},
        {SNP "ciphertext-hiding-dram-enabled", BY_HARDWARE, POLICY_BIT, 24},
        {SNP "page-swap-disabled", BY_HARDWARE, POLICY_BIT, 25},
        {TEE "attester_tcb_status", BY_TCB, TD_STATUS, 0},
        {TDX "mrtd", BY_HARDWARE, TD(mrtd)},
        {TDX "rtmr0", BY_HARDWARE, TD(rtmr[0])},
        {TDX "rtmr1", BY_HARDWARE, TD(rtmr[1])},
        {TDX "rtmr2", BY_HARDWARE, TD(rtmr[2])},
        {TDX "rtmr3", BY_HARDWARE, TD(rtmr[3])},
        {TDX "mrconfigid", BY_HARDWARE, TD(mrconfigid)},
        {TDX "mrowner", BY_HARDWARE, TD(mrowner)},
        {TDX "mrownerconfig", BY_HARDWARE, TD(mrownerconfig)},
        {TDX "mrseam", BY_HARDWARE, TD(mrseam)},
        {TDX "mrsignerseam", BY_HARDWARE, TD(mrsignerseam)},
        {TDX "seam_attributes", BY_HARDWARE, TD(seam_attributes)},
        {TDX "tee_tcb_svn", BY_HARDWARE, TD(tee_tcb_svn)},
        {TDX "seamsvn", BY_HARDWARE, TD_MODULE, 0},
        {TDX "report_data", BY_HARDWARE, TD(report_data)},
        {TDX "xfam", BY_HARDWARE, TD(xfam)},
        {TDX "td_attributes", BY_HARDWARE, TD(attributes)},
        {TDX "td_attributes_debug", BY_HARDWARE, TD_BIT, AZA_TD_DEBUG},
        {TDX "td_attributes_septve_disable", BY_HARDWARE, TD_BIT, AZA_TD_SEPTVE_DISABLE},
        {TDX "td_attributes_protection_keys", BY_HARDWARE, TD_BIT, AZA_TD_PROTECTION_KEYS},
        {TDX "td_attributes_key_locker", BY_HARDWARE, TD_BIT, AZA_TD_KEY_LOCKER},
        {TDX "td_attributes_perfmon", BY_HARDWARE, TD_BIT, AZA_TD_PERFMON},
};

static const struct mapping *mapping_at(size_t n)
{
        return n < sizeof mappings / sizeof mappings[0] ? &mappings[n] : NULL;
}
