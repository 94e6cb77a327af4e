/* SPDX-License-Identifier: Apache-2.0 */
/* From claims to the rows of `azattest check`. */
#include "doctor/check_rows.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "online/collect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ISSUERS    "AK issuers"
#define COLLATERAL "TD collateral"
#define TEE        "x-ms-isolation-tee."

static void add(struct aza_check_rows *rows, const char *name, enum aza_finding_state state,
                const char *format, ...) AZATTEST_PRINTF(4, 5);

static void add(struct aza_check_rows *rows, const char *name, enum aza_finding_state state,
                const char *format, ...)
{
        char text[512];
        va_list args;

        if (rows->count == AZA_CHECK_ROWS)
                return;
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        rows->row[rows->count].name = name;
        rows->row[rows->count].state = state;
        (void)aza_printable(text, strlen(text), rows->row[rows->count].value,
                            sizeof(rows->row[0].value));
        rows->count++;
}

static const char *text_at(json_object *claims, const char *path)
{
        json_object *value = NULL;

        if (!aza_json_path(claims, path, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

/* -1 missing, else 0 or 1. */
static int bool_at(json_object *claims, const char *path)
{
        json_object *value = NULL;

        if (!aza_json_path(claims, path, &value) || !json_object_is_type(value, json_type_boolean))
                return -1;
        return json_object_get_boolean(value) ? 1 : 0;
}

static void add_hardware(struct aza_check_rows *rows, const struct aza_config *config,
                         json_object *claims)
{
        const char *tee = text_at(claims, TEE "x-ms-attestation-type");
        bool snp = tee != NULL && strcmp(tee, "sevsnpvm") == 0;
        bool tdx = tee != NULL && strcmp(tee, "tdxvm") == 0;
        bool good = config->require == AZA_REQUIRE_ANY ||
                    (config->require == AZA_REQUIRE_SEVSNP && snp) ||
                    (config->require == AZA_REQUIRE_TDX && tdx) ||
                    (config->require == AZA_REQUIRE_CVM && (snp || tdx)) ||
                    (config->require == AZA_REQUIRE_TRUSTEDLAUNCH && tee == NULL);

        add(rows, "hardware", good ? AZA_FINDING_OK : AZA_FINDING_NO, "%s",
            snp   ? "AMD SEV-SNP"
            : tdx ? "Intel TDX"
                  : (tee != NULL ? tee : "no confidential hardware (Trusted Launch)"));
}

static void add_compliance(struct aza_check_rows *rows, const struct aza_config *config,
                           json_object *claims)
{
        const char *status = text_at(claims, TEE "x-ms-compliance-status");
        bool needed =
                config->require != AZA_REQUIRE_TRUSTEDLAUNCH && config->require != AZA_REQUIRE_ANY;

        if (status != NULL)
                add(rows, "compliance",
                    strcmp(status, "azure-compliant-cvm") == 0 ? AZA_FINDING_OK : AZA_FINDING_NO,
                    "%s", status);
        else
                add(rows, "compliance", needed ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN,
                    "no statement: MAA vouches for confidential VMs only");
}

/* MAA reads it in the boot log, where PCR 12 and 13 were quoted. */
static bool windows_debugger(json_object *claims)
{
        return bool_at(claims, "x-ms-azurevm-bootdebug-enabled") == 1 ||
               bool_at(claims, "x-ms-azurevm-kerneldebug-enabled") == 1 ||
               bool_at(claims, "x-ms-azurevm-hypervisordebug-enabled") == 1;
}

static void add_debug(struct aza_check_rows *rows, json_object *claims)
{
        int debug = bool_at(claims, TEE "x-ms-sevsnpvm-is-debuggable");
        int boot = bool_at(claims, "x-ms-azurevm-debuggersdisabled");

        if (debug < 0)
                debug = bool_at(claims, TEE "tdx_td_attributes_debug");
        if (debug != 1 && windows_debugger(claims))
                add(rows, "debug", AZA_FINDING_NO,
                    "Windows was started with a debugger (bcdedit turns it off)");
        else if (debug >= 0)
                add(rows, "debug", debug ? AZA_FINDING_NO : AZA_FINDING_OK,
                    debug ? "the host may read the VM's memory" : "off");
        else if (boot >= 0)
                add(rows, "debug", boot ? AZA_FINDING_OK : AZA_FINDING_NO, "debuggers %s at boot",
                    boot ? "disabled" : "enabled");
        else
                add(rows, "debug", AZA_FINDING_UNKNOWN, "no statement");
}

/* Without a log nobody knows, and MAA says no. */
static void add_secure_boot(struct aza_check_rows *rows, const struct aza_config *config,
                            json_object *claims)
{
        AZA_BYTES struct aza_bytes log = {0};
        int on = bool_at(claims, "secureboot");

        if (on == 0 && aza_event_log_read(config, &log) == AZATTEST_E_EVENT_LOG) {
                add(rows, "secure boot", AZA_FINDING_UNKNOWN, "the boot log was not sent (%s)",
                    aza_last_error()->message);
                return;
        }
        add(rows, "secure boot",
            on < 0    ? AZA_FINDING_UNKNOWN
            : on == 1 ? AZA_FINDING_OK
                      : AZA_FINDING_NO,
            "%s",
            on < 0    ? "no statement"
            : on == 1 ? "on"
                      : "off");
}

static void add_vtpm(struct aza_check_rows *rows, json_object *claims)
{
        const char *version = text_at(claims, "x-ms-azurevm-attestation-protocol-ver");
        const char *type = text_at(claims, "x-ms-attestation-type");
        bool good = type != NULL && strcmp(type, "azurevm") == 0;

        add(rows, "vTPM", good ? AZA_FINDING_OK : AZA_FINDING_UNKNOWN, "%s%s%s",
            good ? "quote and key accepted by MAA" : "no statement",
            version != NULL ? ", protocol " : "", version != NULL ? version : "");
}

static void add_pcrs(struct aza_check_rows *rows, const struct aza_config *config,
                     json_object *claims)
{
        json_object *list = NULL;
        uint32_t mask = 0;
        char text[64];

        (void)aza_json_path(claims, "x-ms-azurevm-attested-pcrs", &list);
        if (!json_object_is_type(list, json_type_array)) {
                add(rows, "attested PCRs", AZA_FINDING_UNKNOWN, "no statement");
                return;
        }
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                int64_t n = json_object_get_int64(json_object_array_get_idx(list, i));

                if (n >= 0 && n < 24)
                        mask |= 1u << n;
        }
        add(rows, "attested PCRs",
            (mask & config->pcr_mask) == config->pcr_mask ? AZA_FINDING_OK : AZA_FINDING_NO, "%s",
            aza_config_pcrs_text(mask, text));
}

static void add_vmid(struct aza_check_rows *rows, const struct aza_config *config,
                     json_object *claims)
{
        const char *id = text_at(claims, "x-ms-azurevm-vmid");
        bool wanted = config->vmid[0] != '\0';

        if (id == NULL)
                add(rows, "VM id", wanted ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN, "no statement");
        else if (wanted && strcasecmp(id, config->vmid) != 0)
                add(rows, "VM id", AZA_FINDING_NO, "%s, expected %s", id, config->vmid);
        else
                add(rows, "VM id", AZA_FINDING_OK, "%s", id);
}

static void add_os(struct aza_check_rows *rows, json_object *claims)
{
        const char *type = text_at(claims, "x-ms-azurevm-ostype");
        const char *distro = text_at(claims, "x-ms-azurevm-osdistro");
        json_object *major = NULL, *minor = NULL;

        (void)aza_json_path(claims, "x-ms-azurevm-osversion-major", &major);
        (void)aza_json_path(claims, "x-ms-azurevm-osversion-minor", &minor);
        if (type == NULL)
                add(rows, "OS", AZA_FINDING_UNKNOWN, "no statement");
        else
                add(rows, "OS", AZA_FINDING_OK,
                    "%s %s %" PRId64 ".%" PRId64 " (says the VM itself)", type,
                    distro != NULL ? distro : "", json_object_get_int64(major),
                    json_object_get_int64(minor));
}

static void add_key(OSSL_LIB_CTX *libctx, struct aza_check_rows *rows, const struct aza_keyref *key)
{
        uint8_t digest[AZA_SHA256_LEN];
        char hex[2 * AZA_SHA256_LEN + 1];

        if (aza_sha256(libctx, aza_span_of(key->modulus, sizeof(key->modulus)), digest) != 0) {
                add(rows, "key", AZA_FINDING_UNKNOWN, "could not be hashed");
                return;
        }
        add(rows, "key", AZA_FINDING_OK,
            "RSA 2048 bits to %s%s%s, in this vTPM, modulus SHA-256 %.16s...",
            aza_purpose_text(key->purpose), key->name[0] != '\0' ? ", name " : "", key->name,
            aza_hex(aza_span_of(digest, sizeof(digest)), hex));
}

static void add_expiry(struct aza_check_rows *rows, json_object *claims, int64_t now)
{
        char text[32];
        int64_t exp;

        if (!aza_json_int64(claims, "exp", &exp)) {
                add(rows, "token expiry", AZA_FINDING_UNKNOWN, "no statement");
                return;
        }
        add(rows, "token expiry", exp > now ? AZA_FINDING_OK : AZA_FINDING_NO,
            "%s (in %" PRId64 " minutes)", aza_rfc3339(exp, text), (exp - now) / 60);
}

static const char *policy_name(const struct aza_config *config)
{
        static const char *const names[] = {
                [AZA_REQUIRE_SEVSNP] = "built-in, sevsnp",
                [AZA_REQUIRE_TDX] = "built-in, tdx",
                [AZA_REQUIRE_TRUSTEDLAUNCH] = "built-in, trustedlaunch",
                [AZA_REQUIRE_CVM] = "built-in, cvm",
                [AZA_REQUIRE_ANY] = "built-in, any",
                [AZA_REQUIRE_PLATFORM] = "built-in, platform",
        };

        return config->policy[0] != '\0' ? config->policy : names[config->require];
}

void aza_check_rows_make(OSSL_LIB_CTX *libctx, struct aza_check_rows *rows,
                         const struct aza_config *config, const struct aza_attested *attested)
{
        static const char *const names[] = {"hardware", "compliance",    "debug", "secure boot",
                                            "vTPM",     "attested PCRs", "VM id", "OS",
                                            "key",      "token expiry"};
        json_object *claims = attested->claims;
        char reason[512];

        (void)snprintf(reason, sizeof(reason), "%.500s", aza_last_error()->message);
        if (claims == NULL || attested->key == NULL) {
                for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                        add(rows, names[i], AZA_FINDING_UNKNOWN, "not attested");
        } else {
                add_hardware(rows, config, claims);
                add_compliance(rows, config, claims);
                add_debug(rows, claims);
                add_secure_boot(rows, config, claims);
                add_vtpm(rows, claims);
                add_pcrs(rows, config, claims);
                add_vmid(rows, config, claims);
                add_os(rows, claims);
                add_key(libctx, rows, attested->key);
                add_expiry(rows, claims, attested->time);
        }
        if (attested->verdict == 0)
                add(rows, "policy", AZA_FINDING_OK, "satisfied (%s)", policy_name(config));
        else if (claims == NULL)
                add(rows, "policy", AZA_FINDING_UNKNOWN, "not reached: attestation failed");
        else
                add(rows, "policy", AZA_FINDING_NO, "%s", reason);
}

/* What is enclosed in evidence for its judges, by a setting of that name. */
struct enclosed {
        const char *row, *key, *setting;
        const char *fetched, *later;
};

static void add_enclosed(struct aza_check_rows *rows, const struct enclosed *e, bool had,
                         int result)
{
        const bool fetch = strcmp(e->setting, "fetch") == 0;

        if (result != 0)
                add(rows, e->row,
                    result == AZATTEST_E_CONFIGURATION ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN,
                    "%.480s", aza_last_error()->message);
        else if (had && fetch)
                add(rows, e->row, AZA_FINDING_OK, "fetched, %s", e->fetched);
        else if (had)
                add(rows, e->row, AZA_FINDING_OK, "from the file %.400s (%s)", e->setting, e->key);
        else if (strcmp(e->setting, "none") == 0)
                add(rows, e->row, AZA_FINDING_UNKNOWN, "not asked for: %s", e->later);
        else
                add(rows, e->row, AZA_FINDING_UNKNOWN,
                    "could not be fetched (--verbose says why; %s may name a file): %s", e->key,
                    e->later);
}

void aza_check_rows_issuers(struct aza_check_rows *rows, const struct aza_config *config, bool had,
                            int result)
{
        const struct enclosed e = {
                ISSUERS, "ak-issuers", config->ak_issuers, "they lead to a pinned root",
                "whoever judges this VM's evidence must have them (--certs, or --fetch there)"};

        add_enclosed(rows, &e, had, result);
}

void aza_check_rows_collateral(struct aza_check_rows *rows, const struct aza_config *config,
                               bool had, int result)
{
        const struct enclosed e = {
                COLLATERAL, "td-collateral", config->td_collateral,
                "signed by Intel, of this platform and not outdated",
                "whoever judges this VM's evidence must have it (--collateral, or --fetch there)"};

        add_enclosed(rows, &e, had, result);
}

void aza_check_rows_demands(struct aza_check_rows *rows, const struct aza_profile *profile,
                            bool judged, int verdict)
{
        if (verdict == 0)
                add(rows, "demands", AZA_FINDING_OK,
                    "met, profile %s of %s, by evidence without MAA", profile->name, profile->date);
        else
                add(rows, "demands", judged ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN, "%.480s",
                    aza_last_error()->message);
}

json_object *aza_check_rows_json(const struct aza_check_rows *rows)
{
        json_object *list = json_object_new_array();

        for (size_t i = 0; list != NULL && i < rows->count; i++)
                aza_finding_add(list, rows->row[i].name, rows->row[i].state, rows->row[i].value);
        return list;
}
