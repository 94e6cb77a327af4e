/* SPDX-License-Identifier: Apache-2.0 */
/* Owns one VM: starts its parts in order and fills the platform's NV indices. Speaks no HTTP and no
 * TPM wire format. */
#include "sim/vm.h"

#include "os/file.h"
#include "sim/ak_cert.h"
#include "sim/cert.h"
#include "sim/hcl.h"
#include "sim/nv.h"
#include "sim/provision.h"
#include "sim/rm.h"
#include "sim/say.h"
#include "sim/snp.h"
#include "sim/tdx.h"

#include <openssl/rand.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define REPORT_SIZE  2600
#define AK_CERT_SIZE 4096

struct sim_vm {
        enum sim_kind kind;
        bool windows;
        bool secure_boot_off;
        int quote_version;
        const struct sim_pki *pki;
        struct sim_faults *faults;
        char *tpm_path;
        char *tcti;
        char *event_log_path;
        char id[37];
        struct sim_swtpm *tpm;
        struct sim_rm *rm;
        struct sim_event_log event_log;
        struct sim_identity identity;
        struct sim_chip chip;
        struct sim_td td;
        struct sim_nv nv;
        struct aza_bytes ak_certificate; /* DER */
        bool powerless;                  /* a write was torn, and those after it are lost */
        /* The report is made anew when what it says changes. */
        struct aza_bytes runtime_json;
        struct aza_bytes report;
        const uint8_t *id_key; /* of the paravisor it is about */
};

/* --- what is in the NV indices (lock of the resource manager held)
 * ------------------------------- */

static int make_runtime_json(struct sim_vm *vm, struct aza_bytes *ret)
{
        struct sim_runtime runtime = {.vm_id = vm->id, .secure_boot_off = vm->secure_boot_off};
        uint8_t user_data[64];

        sim_nv_user_data(vm->tpm, user_data);
        runtime.ak = aza_span_of(vm->identity.ak, sizeof(vm->identity.ak));
        runtime.ek = aza_span_of(vm->identity.ek, sizeof(vm->identity.ek));
        runtime.user_data = aza_span_of(user_data, sizeof(user_data));
        if (sim_fault_take(vm->faults, "tpm-foreign-ak", NULL, 0))
                runtime.ak = runtime.ek;
        return sim_runtime_json(&runtime, ret);
}

/* Under which ID key the VM's paravisor was started: somebody who owns a genuine chip starts his
 * own. */
static const uint8_t *paravisor_id_key(struct sim_vm *vm)
{
        static const uint8_t none[48], foreign[48] = {0xF0, 0x4E};
        char value[32];

        if (!sim_fault_take(vm->faults, "tpm-foreign-paravisor", value, sizeof(value)))
                return sim_snp_azure_id_key;
        return strcmp(value, "0") == 0 ? none : foreign;
}

static int make_report(struct sim_vm *vm, struct aza_span json, struct aza_bytes *ret)
{
        uint8_t hardware[SIM_SNP_REPORT_LEN];
        uint8_t report_data[64] = {0};

        if (EVP_Q_digest(sim_libctx(), "SHA256", NULL, json.data, json.len, report_data, NULL) != 1)
                return sim_fail("cannot hash the runtime JSON");
        if (vm->kind == SIM_TDX) {
                if (sim_td_report(&vm->td, report_data, hardware) != 0)
                        return -1;
                return sim_hcl_report(SIM_HCL_TDX, aza_span_of(hardware, SIM_TDREPORT_LEN), json,
                                      ret);
        }
        if (sim_snp_report(&vm->chip, vm->id_key, report_data, hardware) != 0)
                return -1;
        return sim_hcl_report(SIM_HCL_SNP, aza_span_of(hardware, sizeof(hardware)), json, ret);
}

/* An unchanged report stays the same, so that two clients that read it at once get whole ones. */
static int refresh_report(struct sim_vm *vm)
{
        AZA_BYTES struct aza_bytes json = {0};
        AZA_BYTES struct aza_bytes report = {0};
        const uint8_t *before = vm->id_key;

        vm->id_key = paravisor_id_key(vm);
        if (make_runtime_json(vm, &json) != 0)
                return -1;
        if (vm->id_key == before &&
            aza_span_equal(aza_bytes_span(&json), aza_bytes_span(&vm->runtime_json)))
                return 0;
        if (make_report(vm, aza_bytes_span(&json), &report) != 0)
                return -1;
        aza_bytes_free(&vm->runtime_json);
        aza_bytes_free(&vm->report);
        vm->runtime_json = aza_bytes_take(&json);
        vm->report = aza_bytes_take(&report);
        return 0;
}

static uint32_t fill_report(struct sim_vm *vm, struct aza_bytes *content)
{
        char value[32];

        if (sim_fault_take(vm->faults, "tpm-no-report", NULL, 0))
                return TPM2_RC_NV_UNINITIALIZED;
        if (sim_fault_take(vm->faults, "tpm-report-read-error", value, sizeof(value)))
                return (uint32_t)strtoul(value, NULL, 16);
        if (refresh_report(vm) != 0 || aza_bytes_set(content, vm->report.data, vm->report.len) != 0)
                return TPM2_RC_FAILURE;
        /* The last digit of user-data: the JSON stays well-formed. */
        if (sim_fault_take(vm->faults, "tpm-report-tampered", NULL, 0))
                content->data[content->len - 3] =
                        content->data[content->len - 3] == '0' ? '1' : '0';
        return TPM2_RC_SUCCESS;
}

int sim_vm_ak_certificate(const struct sim_vm *vm, const struct sim_vm_ak *ak,
                          struct aza_bytes *ret)
{
        uint8_t modulus[256];
        const struct sim_ak_plan plan = {.modulus = modulus,
                                         .vm_id = vm->id,
                                         .days = ak->days,
                                         .confidential = vm->kind != SIM_TRUSTEDLAUNCH,
                                         .by_root = ak->other_issuer};

        memcpy(modulus, vm->identity.ak, sizeof(modulus));
        if (ak->other_key)
                modulus[100] ^= 1;
        return sim_ak_certificate_make(vm->pki, &plan, ret);
}

static int own_ak_certificate(const struct sim_vm *vm, int days, struct aza_bytes *ret)
{
        return sim_vm_ak_certificate(vm, &(struct sim_vm_ak){.days = days}, ret);
}

static uint32_t fill_ak_certificate(struct sim_vm *vm, struct aza_bytes *content)
{
        const struct sim_vm_ak other = {.days = SIM_AK_DAYS, .other_key = true};
        int result = 0;

        if (sim_fault_take(vm->faults, "tpm-no-ak-cert", NULL, 0))
                return TPM2_RC_NV_UNINITIALIZED;
        if (sim_fault_take(vm->faults, "tpm-placeholder-ak-cert", NULL, 0))
                result = sim_ak_placeholder(vm->pki, content);
        else if (sim_fault_take(vm->faults, "tpm-ak-cert-garbage", NULL, 0))
                result = aza_bytes_append_text(content, "this is not a certificate");
        else if (sim_fault_take(vm->faults, "tpm-ak-cert-expired", NULL, 0))
                result = own_ak_certificate(vm, -1, content);
        else if (sim_fault_take(vm->faults, "tpm-ak-cert-other-key", NULL, 0))
                result = sim_vm_ak_certificate(vm, &other, content);
        else
                result = aza_bytes_set(content, vm->ak_certificate.data, vm->ak_certificate.len);
        return result == 0 ? TPM2_RC_SUCCESS : TPM2_RC_FAILURE;
}

/* Only the AK certificate is a client's to write. Power lost half-way: some of it is there. */
static uint32_t store(void *arg, uint32_t index, struct aza_span data, uint16_t offset)
{
        struct sim_vm *vm = arg;

        if (index != SIM_NV_AK_CERT)
                return TPM2_RC_NV_LOCKED;
        const bool torn = sim_fault_take(vm->faults, "tpm-nv-torn-write", NULL, 0);
        if (sim_fault_take(vm->faults, "tpm-nv-lost-write", NULL, 0))
                return TPM2_RC_SUCCESS;
        if (torn)
                data.len = vm->powerless ? 0 : data.len / 2;
        vm->powerless = torn;
        if (vm->ak_certificate.len < offset + data.len &&
            aza_bytes_resize(&vm->ak_certificate, offset + data.len) != 0)
                return TPM2_RC_MEMORY;
        memcpy(vm->ak_certificate.data + offset, data.data, data.len);
        return torn ? TPM2_RC_FAILURE : TPM2_RC_SUCCESS;
}

static uint32_t fill(void *arg, uint32_t index, struct aza_bytes *content)
{
        return index == SIM_NV_REPORT ? fill_report(arg, content)
                                      : fill_ak_certificate(arg, content);
}

static bool is_written(void *arg, uint32_t index)
{
        const struct sim_vm *vm = arg;
        return !sim_fault_is_set(vm->faults,
                                 index == SIM_NV_REPORT ? "tpm-no-report" : "tpm-no-ak-cert");
}

static bool serve(void *arg, uint32_t command_code, struct aza_span command,
                  struct aza_bytes *answer)
{
        struct sim_vm *vm = arg;
        return sim_nv_serve(&vm->nv, command_code, command, answer);
}

static int boot(void *arg)
{
        const struct sim_vm *vm = arg;
        return sim_boot(vm->tpm, &vm->event_log);
}

/* --- start and stop
 * ------------------------------------------------------------------------------ */

static int make_paths(struct sim_vm *vm, const char *dir)
{
        if (asprintf(&vm->tpm_path, "%s/tpm", dir) < 0 ||
            asprintf(&vm->tcti, "swtpm:path=%s/tpm", dir) < 0 ||
            asprintf(&vm->event_log_path, "%s/event.log", dir) < 0)
                return sim_fail("out of memory");
        return 0;
}

static int make_id(char out[37])
{
        uint8_t b[16];

        if (RAND_bytes_ex(sim_libctx(), b, sizeof(b), 0) != 1)
                return sim_fail("no random numbers");
        b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
        b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
        (void)snprintf(out, 37,
                       "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", b[0],
                       b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                       b[13], b[14], b[15]);
        return 0;
}

static struct sim_windows_boot windows_boot(struct sim_faults *faults)
{
        return (struct sim_windows_boot){
                .boot_debugging = sim_fault_take(faults, "windows-boot-debug", NULL, 0),
                .kernel_debugging = sim_fault_take(faults, "windows-kernel-debug", NULL, 0),
                .test_signing = sim_fault_take(faults, "windows-test-signing", NULL, 0),
                .bad_tag = sim_fault_take(faults, "windows-bad-tag", NULL, 0),
        };
}

static int make_event_log(struct sim_vm *vm)
{
        unsigned char *der = NULL;
        int len = i2d_X509(vm->pki->vtpm_root, &der);
        const struct sim_boot_plan plan = {
                .db_certificate = aza_span_of(der, len > 0 ? (size_t)len : 0),
                .secure_boot = !vm->secure_boot_off,
                .windows = vm->windows,
                .windows_boot = windows_boot(vm->windows ? vm->faults : NULL),
        };
        int result = len <= 0 ? sim_fail("cannot encode a certificate")
                              : sim_event_log_make(&plan, &vm->event_log);

        OPENSSL_free(der);
        if (result != 0)
                return -1;
        struct aza_span content = aza_bytes_span(&vm->event_log.file);
        if (sim_fault_take(vm->faults, "tpm-no-log", NULL, 0))
                content.len = 0;
        if (aza_file_write(vm->event_log_path, content, 0644) != 0)
                return sim_fail("cannot write %s", vm->event_log_path);
        return 0;
}

static int make_hardware(struct sim_vm *vm)
{
        switch (vm->kind) {
        case SIM_SEVSNP:
                return sim_chip_make(vm->pki, &vm->chip);
        case SIM_TDX:
                vm->td.faults = vm->faults;
                vm->td.quote_version = vm->quote_version;
                return sim_td_make(vm->pki, &vm->td);
        case SIM_TRUSTEDLAUNCH:
                return 0;
        }
        return -1;
}

static int start_parts(struct sim_vm *vm, const struct sim_vm_options *o)
{
        const struct sim_nv nv = {
                .faults = vm->faults,
                .indices = {{.index = vm->kind == SIM_TRUSTEDLAUNCH ? 0 : SIM_NV_REPORT,
                             .size = REPORT_SIZE},
                            {.index = SIM_NV_AK_CERT, .size = AK_CERT_SIZE}},
                .fill = fill,
                .is_written = is_written,
                .store = store,
                .arg = vm,
        };

        if (make_paths(vm, o->dir) != 0 || make_id(vm->id) != 0 || make_event_log(vm) != 0 ||
            make_hardware(vm) != 0 || sim_swtpm_start(o->dir, &vm->tpm) != 0 ||
            sim_provision(vm->tpm, &vm->identity) != 0 ||
            own_ak_certificate(
                    vm,
                    sim_fault_take(vm->faults, "tpm-ak-cert-expiring", NULL, 0) ? 30 : SIM_AK_DAYS,
                    &vm->ak_certificate) != 0 ||
            boot(vm) != 0)
                return -1;
        vm->nv = nv;
        vm->nv.tpm = vm->tpm;
        const struct sim_rm_options options = {
                .path = vm->tpm_path,
                .tcp = o->tcp,
                .no_contexts = o->windows,
                .tpm = vm->tpm,
                .faults = vm->faults,
                .templates = o->templates,
                .serve = serve,
                .boot = boot,
                .arg = vm,
        };
        return sim_rm_start(&options, &vm->rm);
}

int sim_vm_start(const struct sim_vm_options *options, struct sim_vm **ret)
{
        struct sim_vm *vm = calloc(1, sizeof(*vm));

        if (vm == NULL)
                return sim_fail("out of memory");
        vm->kind = options->kind;
        vm->windows = options->windows;
        vm->secure_boot_off = options->secure_boot_off;
        vm->quote_version = options->quote_version == 5 ? 5 : 4;
        vm->pki = options->pki;
        vm->faults = options->faults;
        if (start_parts(vm, options) != 0) {
                sim_vm_stop(vm);
                return sim_fail("cannot start the VM in %s", options->dir);
        }
        *ret = vm;
        return 0;
}

void sim_vm_stop(struct sim_vm *vm)
{
        if (vm == NULL)
                return;
        sim_rm_stop(vm->rm);
        sim_swtpm_stop(vm->tpm);
        sim_nv_free(&vm->nv);
        sim_chip_free(&vm->chip);
        sim_td_free(&vm->td);
        sim_event_log_free(&vm->event_log);
        aza_bytes_free(&vm->ak_certificate);
        aza_bytes_free(&vm->runtime_json);
        aza_bytes_free(&vm->report);
        free(vm->tpm_path);
        free(vm->tcti);
        free(vm->event_log_path);
        free(vm);
}

/* --- what others ask
 * ----------------------------------------------------------------------------- */

const char *sim_vm_tcti(const struct sim_vm *vm)
{
        return vm->tcti;
}

const char *sim_vm_tpm_port(const struct sim_vm *vm)
{
        return sim_rm_port(vm->rm);
}

const char *sim_vm_event_log(const struct sim_vm *vm)
{
        return vm->event_log_path;
}

const char *sim_vm_id(const struct sim_vm *vm)
{
        return vm->id;
}

const char *sim_vm_vcek_pem(const struct sim_vm *vm)
{
        return vm->chip.vcek_pem;
}

int sim_vm_td_quote(struct sim_vm *vm, struct aza_span td_report, struct aza_bytes *ret)
{
        return vm->kind == SIM_TDX ? sim_td_quote(&vm->td, td_report, ret) : -1;
}

static int count(struct sim_vm *vm, const char *name, char *reply, size_t reply_size)
{
        uint32_t code = name[0] == '\0' ? 0 : sim_command_code(name);

        if (name[0] != '\0' && code == 0) {
                (void)snprintf(reply, reply_size, "unknown TPM command '%.40s'", name);
                return -1;
        }
        (void)snprintf(reply, reply_size, "%llu", (unsigned long long)sim_rm_count(vm->rm, code));
        return 0;
}

static int extend(struct sim_vm *vm, const char *number, char *reply, size_t reply_size)
{
        char *end = NULL;
        unsigned long pcr = strtoul(number, &end, 10);

        if (end == number || *end != '\0' || pcr > 23) {
                (void)snprintf(reply, reply_size, "pcr-extend wants a PCR, 0 to 23");
                return -1;
        }
        return sim_rm_extend(vm->rm, (unsigned int)pcr);
}

int sim_vm_event(struct sim_vm *vm, const char *event, char *reply, size_t reply_size)
{
        AZA_BYTES struct aza_bytes text = {0};
        size_t length = strcspn(event, " ");
        const char *argument = event[length] == ' ' ? event + length + 1 : "";
        char name[32];
        size_t objects = 0;
        size_t sessions = 0;

        (void)snprintf(reply, reply_size, "%s", "");
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, event);
        if (strcmp(name, "tpm-reset") == 0)
                return sim_rm_reset(vm->rm);
        if (strcmp(name, "pcr-extend") == 0)
                return extend(vm, argument, reply, reply_size);
        if (strcmp(name, "count") == 0)
                return count(vm, argument, reply, reply_size);
        if (strcmp(name, "counts") == 0) {
                sim_vm_counts(vm, &text);
                (void)snprintf(reply, reply_size, "%s", text.len > 0 ? (char *)text.data : "");
        } else if (strcmp(name, "counts-clear") == 0) {
                sim_rm_counts_clear(vm->rm);
        } else if (strcmp(name, "held") == 0) {
                sim_rm_held(vm->rm, &objects, &sessions);
                (void)snprintf(reply, reply_size, "%zu %zu", objects, sessions);
        } else {
                return SIM_VM_NO_EVENT;
        }
        return 0;
}

void sim_vm_counts(const struct sim_vm *vm, struct aza_bytes *ret)
{
        sim_rm_counts(vm->rm, ret);
}
