/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about the machine around the vTPM. */
#include "doctor/doctor.h"

#include "base/error.h"
#include "boot/event_log.h"
#include "online/collect.h"
#include "os/defaults.h"
#include "os/file.h"
#include "os/firmware.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define AZURE_TAG "7783-7084-3265-9085-8269-3286-77" /* what Azure gives every VM */
#define PROBE     "doctor.probe"

/* -1: cannot be read. */
static int azure_tag(void)
{
        AZA_BYTES struct aza_bytes tag = {0};

        if (aza_chassis_tag(&tag) != 0)
                return -1;
        return tag.len >= strlen(AZURE_TAG) && memcmp(tag.data, AZURE_TAG, strlen(AZURE_TAG)) == 0;
}

/* What to do where `require` wants another kind of VM than this one. */
static void find_other_kind(struct aza_doctor *d, const char *what)
{
        if (d->vm == AZA_VM_TRUSTEDLAUNCH)
                aza_doctor_find(
                        d, "machine", AZA_FINDING_NO,
                        "%s: no confidential hardware, and require = %s; create a VM of a DC or EC size with security type ConfidentialVM, or set require = trustedlaunch",
                        what, aza_require_text(d->config->require));
        else
                aza_doctor_find(d, "machine", AZA_FINDING_NO,
                                "%s, but require = %s; set require = %s if that is what you want",
                                what, aza_require_text(d->config->require), aza_vm_text(d->vm));
}

static void find_kind(struct aza_doctor *d, const char *where)
{
        static const char *const kinds[] = {
                [AZA_VM_SEVSNP] = "confidential VM, AMD SEV-SNP, says its HCL report",
                [AZA_VM_TDX] = "confidential VM, Intel TDX, says its HCL report",
                [AZA_VM_TRUSTEDLAUNCH] = "Trusted Launch VM, says its AK certificate"};
        char what[160];

        (void)snprintf(what, sizeof(what), "%s (%s)", kinds[d->vm], where);
        if (aza_vm_allowed(d->config->require, d->vm))
                aza_doctor_find(d, "machine", AZA_FINDING_OK, "%s", what);
        else
                find_other_kind(d, what);
}

void aza_doctor_machine(struct aza_doctor *d)
{
        int azure = azure_tag();
        const char *where = azure == 1   ? "the chassis tag is Azure's"
                            : azure == 0 ? "the chassis tag is not Azure's"
                                         : "the chassis tag cannot be read";

        if (d->knows_vm)
                find_kind(d, where);
        else if (d->has_tpm && d->no_report && d->certificate == AZA_AK_CERT_CONFIDENTIAL)
                aza_doctor_find(
                        d, "machine", AZA_FINDING_NO,
                        "the AK certificate is a confidential VM's, but NV 0x01400001 is not defined (%s): redeploy the VM",
                        where);
        else if (d->has_tpm)
                aza_doctor_find(
                        d, "machine", AZA_FINDING_UNKNOWN,
                        "a TPM, but neither HCL report nor AK certificate says what kind of VM this is; %s",
                        where);
        else if (azure == 1)
                aza_doctor_find(
                        d, "machine", AZA_FINDING_NO,
                        "Azure VM without usable vTPM: enable Trusted Launch or create a confidential VM; in a container pass /dev/tpmrm0 through");
        else
                aza_doctor_find(d, "machine", azure == 0 ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN,
                                "no usable TPM; %s" AZA_SIMULATOR_HINT, where);
}

/* Quotes are over the SHA-256 bank. Why this log is none of it, or breaks off; or NULL. */
static const char *event_log_fault(struct aza_span log)
{
        struct aza_events events;
        struct aza_event event;
        const char *fault = aza_events_begin(log, TPM2_ALG_SHA256, &events);

        if (fault != NULL)
                return fault;
        while (aza_events_next(&events, &event))
                ;
        return events.fault;
}

static void find_event_log(struct aza_doctor *d)
{
        AZA_BYTES struct aza_bytes log = {0};
        const char *fault = NULL;

        if (aza_event_log_read(d->config, &log) != 0)
                aza_doctor_find(
                        d, "event log", AZA_FINDING_UNKNOWN,
                        "%s; without it MAA says that secure boot was off, which is refused unless secure-boot = report (%s)",
                        aza_last_error()->message, AZA_BOOT_LOG_HINT);
        else if ((fault = event_log_fault(aza_bytes_span(&log))) != NULL)
                aza_doctor_find(
                        d, "event log", AZA_FINDING_NO,
                        "%s: %s; evidence with this log is refused (E2, E3): set event-log to the right file, or to none",
                        d->config->event_log, fault);
        else
                aza_doctor_find(d, "event log", AZA_FINDING_OK, "%zu bytes in %s", log.len,
                                d->config->event_log);
}

static void find_secure_boot(struct aza_doctor *d)
{
        const int on = aza_secure_boot();

        if (on < 0)
                aza_doctor_find(
                        d, "secure boot", AZA_FINDING_UNKNOWN,
                        "this system shows no SecureBoot variable; 'azattest check' asks MAA");
        else if (on == 1)
                aza_doctor_find(d, "secure boot", AZA_FINDING_OK, "on, says the system");
        else
                aza_doctor_find(d, "secure boot", AZA_FINDING_UNKNOWN,
                                "off, says the system; policies that require it refuse this VM");
}

static void find_clock(struct aza_doctor *d)
{
        char text[32];
        int64_t now;

        if (aza_now(&now) != 0)
                aza_doctor_find_failure(d, "clock");
        else
                aza_doctor_find(d, "clock", AZA_FINDING_OK, "%s", aza_rfc3339(now, text));
}

static void find_runtime_dir(struct aza_doctor *d)
{
        static const uint8_t probe[4096]; /* a full file system takes an empty file */
        const char *dir = d->config->runtime_dir;
        const bool usable = dir[0] != '\0' && aza_runtime_dir_usable(dir);

        if (usable && aza_runtime_write(dir, PROBE, aza_span_of(probe, sizeof(probe))) == 0)
                aza_doctor_find(d, "runtime dir", AZA_FINDING_OK, "%s", dir);
        else if (usable)
                aza_doctor_find(
                        d, "runtime dir", AZA_FINDING_NO,
                        "%s; keys and tokens are not cached, every start attests again: make room there, or set runtime-dir to another place",
                        aza_last_error()->message);
        else
                aza_doctor_find(
                        d, "runtime dir", AZA_FINDING_UNKNOWN,
                        "none usable: keys and tokens are not cached, every start attests again; set runtime-dir to a " AZA_PRIVATE_FOLDER);
        if (usable)
                aza_runtime_remove(dir, PROBE);
}

/* The names of the other active providers. */
struct others {
        char names[200];
};

static int note_other(OSSL_PROVIDER *provider, void *arg)
{
        struct others *others = arg;
        const char *name = OSSL_PROVIDER_get0_name(provider);
        const size_t len = strlen(others->names);

        if (strcmp(name, "azattest") != 0 && strcmp(name, "default") != 0)
                (void)snprintf(others->names + len, sizeof(others->names) - len, "%s%s",
                               len > 0 ? ", " : " and ", name);
        return 1;
}

/* One of them may answer for "RSA" where nobody was named: then it gets the ordinary keys. */
static void judge_beside(struct aza_doctor *d, OSSL_LIB_CTX *libctx, const char *file)
{
        EVP_KEYMGMT *rsa = EVP_KEYMGMT_fetch(libctx, "RSA", NULL);
        struct others others = {""};
        const char *name =
                rsa != NULL ? OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(rsa)) : "nobody";

        (void)OSSL_PROVIDER_do_all(libctx, note_other, &others);
        if (others.names[0] != '\0' && strcmp(name, "default") != 0 &&
            strcmp(name, "azattest") != 0 && strcmp(name, "fips") != 0)
                aza_doctor_find(
                        d, "OpenSSL module", AZA_FINDING_UNKNOWN,
                        "active beside default%s, by %s; ordinary RSA keys go to %s there: put default first if they should not",
                        others.names, file, name);
        else
                aza_doctor_find(d, "OpenSSL module", AZA_FINDING_OK,
                                "active beside default%s, by %s", others.names, file);
        EVP_KEYMGMT_free(rsa);
}

static void judge_provider(struct aza_doctor *d, OSSL_LIB_CTX *libctx, const char *file)
{
        const bool active = OSSL_PROVIDER_available(libctx, "azattest") == 1;

        if (active && OSSL_PROVIDER_available(libctx, "default") == 1)
                judge_beside(d, libctx, file);
        else if (active)
                aza_doctor_find(
                        d, "OpenSSL module", AZA_FINDING_NO,
                        "%s activates azattest without default, so that every ordinary key and hash fails: activate both",
                        file);
        else if (aza_config_names_provider(file))
                aza_doctor_find(
                        d, "OpenSSL module", AZA_FINDING_NO,
                        "%s names azattest, but the module does not load: give its path there (module = ...), or set OPENSSL_MODULES",
                        file);
        else if (aza_file_readable(file) != 0)
                aza_doctor_find(
                        d, "OpenSSL module", AZA_FINDING_UNKNOWN,
                        "%s: other programs find azattest:// keys by that file (OPENSSL_CONF), this command needs no module",
                        aza_last_error()->message);
        else
                aza_doctor_find(
                        d, "OpenSSL module", AZA_FINDING_UNKNOWN,
                        "%s does not name azattest; other programs find azattest:// keys when it includes azattest.cnf (azattest-provider(7)), this command needs no module",
                        file);
}

/* As a program comes to it, by openssl.cnf, in a context of its own. Loading the module opens no
 * TPM. */
static void find_provider(struct aza_doctor *d)
{
        OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
        char *file = CONF_get1_default_config_file();

        (void)ERR_set_mark();
        if (libctx == NULL || file == NULL) {
                aza_doctor_find(d, "OpenSSL module", AZA_FINDING_UNKNOWN, "out of memory");
        } else {
                (void)OSSL_LIB_CTX_load_config(libctx, file);
                judge_provider(d, libctx, file);
        }
        (void)ERR_pop_to_mark();
        OPENSSL_free(file);
        OSSL_LIB_CTX_free(libctx);
}

void aza_doctor_host(struct aza_doctor *d)
{
        find_event_log(d);
        find_secure_boot(d);
        find_clock(d);
        find_runtime_dir(d);
        find_provider(d);
}
