/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of configuration keys and the checks of their values. Reading openssl.cnf is in
 * config_file.c; a provider gets its values from the core instead and comes here with them.
 */
#include "config/config.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/url.h"
#include "base/words.h"
#include "os/defaults.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

enum value_type {
        TEXT,
        HTTPS_URL,
        HTTP_URL,
        WORD,
        BOOLEAN,
        SECONDS,
        PCRS,
        PINS,
        VM_ID,
        URLS,
};

struct word {
        const char *text;
        uint32_t value;
};

struct key {
        const char *name;
        const char *environment; /* NULL: cannot be overridden that way */
        const char *fallback;
        const char *meaning;
        enum value_type type;
        size_t offset; /* in struct aza_config */
        size_t size;   /* of the field */
        const struct word *words;
};

static const struct word require_words[] = {
        {"sevsnp", AZA_REQUIRE_SEVSNP},
        {"tdx", AZA_REQUIRE_TDX},
        {"trustedlaunch", AZA_REQUIRE_TRUSTEDLAUNCH},
        {"cvm", AZA_REQUIRE_CVM},
        {"any", AZA_REQUIRE_ANY},
        {"platform", AZA_REQUIRE_PLATFORM},
        {NULL, 0},
};
static const struct word secure_boot_words[] = {
        {"require", AZA_SECURE_BOOT_REQUIRE},
        {"report", AZA_SECURE_BOOT_REPORT},
        {NULL, 0},
};
static const struct word attest_words[] = {
        {"auto", AZA_ATTEST_AUTO},
        {"always", AZA_ATTEST_ALWAYS},
        {"never", AZA_ATTEST_NEVER},
        {NULL, 0},
};
static const struct word hierarchy_words[] = {
        {"null", TPM2_RH_NULL},
        {"owner", TPM2_RH_OWNER},
        {NULL, 0},
};
static const struct word delegate_words[] = {{"default", 0}, {"fips", 0}, {NULL, 0}};
static const struct word log_words[] = {
        {"error", AZATTEST_LOG_ERROR},
        {"warn", AZATTEST_LOG_WARN},
        {"info", AZATTEST_LOG_INFO},
        {"debug", AZATTEST_LOG_DEBUG},
        {NULL, 0},
};
static const struct word boolean_words[] = {
        {"no", 0}, {"yes", 1}, {"false", 0}, {"true", 1}, {"0", 0}, {"1", 1}, {NULL, 0},
};

#define FIELD(member) offsetof(struct aza_config, member), sizeof(((struct aza_config *)0)->member)

static const struct key keys[] = {
        {"maa-url", "AZATTEST_MAA_URL", "", "attestation provider, https only", HTTPS_URL,
         FIELD(maa_url), NULL},
        {"issuer", NULL, "", "expected issuer of tokens, when it is not maa-url", HTTPS_URL,
         FIELD(issuer), NULL},
        {"issuers", NULL, "", "further issuers a relying party accepts, separated by spaces", URLS,
         FIELD(issuers), NULL},
        {"tcti", "AZATTEST_TCTI", AZA_DEFAULT_TCTI, "tpm2-tss TCTI string of the vTPM", TEXT,
         FIELD(tcti), NULL},
        {"imds-url", "AZATTEST_IMDS_URL", "http://169.254.169.254", "instance metadata service",
         HTTP_URL, FIELD(imds_url), NULL},
        {"ca-file", "AZATTEST_CA_FILE", "", "CA bundle for the MAA connection (system store)", TEXT,
         FIELD(ca_file), NULL},
        {"event-log", "AZATTEST_EVENT_LOG", AZA_DEFAULT_EVENT_LOG, "TCG event log", TEXT,
         FIELD(event_log), NULL},
        {"require", "AZATTEST_REQUIRE", "sevsnp",
         "kind of VM: sevsnp, tdx, trustedlaunch, cvm (sevsnp or tdx), any; platform (verify only)",
         WORD, FIELD(require), require_words},
        {"attest", "AZATTEST_ATTEST", "auto",
         "auto (reuse a valid stored token), always, never (key without token)", WORD,
         FIELD(attest), attest_words},
        {"policy", "AZATTEST_POLICY", "", "claims policy file that tokens must satisfy (built-in)",
         TEXT, FIELD(policy), NULL},
        {"vmid", NULL, "", "id of the VM whose tokens a relying party accepts", VM_ID, FIELD(vmid),
         NULL},
        {"any-vm", NULL, "no", "accept tokens of any VM (weakens identity)", BOOLEAN, FIELD(any_vm),
         boolean_words},
        {"allow-debug", NULL, "no", "accept VMs that the host may debug (weakens)", BOOLEAN,
         FIELD(allow_debug), boolean_words},
        {"delegated", NULL, "no",
         "accept certificates of keys in memory for which an attested key vouches (weakens)",
         BOOLEAN, FIELD(delegated), boolean_words},
        {"secure-boot", NULL, "require",
         "require (it must be on), report (it is only shown; weakens)", WORD, FIELD(secure_boot),
         secure_boot_words},
        {"allow-stale-keys", NULL, "no",
         "use an issuer's keys for 7 days while it cannot be asked (weakens revocation)", BOOLEAN,
         FIELD(allow_stale_keys), boolean_words},
        {"runtime-dir", "AZATTEST_RUNTIME_DIR", NULL,
         "saved key context, token and key-set cache; " AZA_PRIVATE, TEXT, FIELD(runtime_dir),
         NULL},
        {"pcrs", NULL, "0-7", "PCRs in quote and key policy (SHA-256 bank)", PCRS, FIELD(pcr_mask),
         NULL},
        {"hierarchy", "AZATTEST_HIERARCHY", "null", "null (key ends at reboot) or owner", WORD,
         FIELD(hierarchy), hierarchy_words},
        {"timeout", "AZATTEST_TIMEOUT", "60", "seconds for a whole attestation, retries included",
         SECONDS, FIELD(timeout), NULL},
        {"amd-root", NULL, "", "extra ARK pins: SHA-256 of the SubjectPublicKeyInfo", PINS,
         FIELD(amd_root), NULL},
        {"intel-root", NULL, "", "extra SGX root pins: SHA-256 of the SubjectPublicKeyInfo", PINS,
         FIELD(intel_root), NULL},
        {"vtpm-root", NULL, "", "extra vTPM root pins: SHA-256 of the certificate", PINS,
         FIELD(vtpm_root), NULL},
        {"ak-issuers", NULL, "fetch",
         "issuers of the AK certificate in evidence: fetch, none, or a file of certificates", TEXT,
         FIELD(ak_issuers), NULL},
        {"renew-ak", NULL, "no",
         "ask Azure for a new AK certificate before attesting when it ends within 90 days", BOOLEAN,
         FIELD(renew_ak), boolean_words},
        {"td-collateral", NULL, "fetch",
         "Intel's documents in evidence of a TDX VM: fetch, none, or a file or directory of them",
         TEXT, FIELD(td_collateral), NULL},
        {"maa-root", NULL, "",
         "pins that the issuer's keys must chain to: SHA-256 of a certificate (x5c)", PINS,
         FIELD(maa_root), NULL},
        {"vault-identity", "AZATTEST_VAULT_IDENTITY", "imds",
         "who asks a key vault: imds, imds,client_id=ID, environment, or file:PATH of a token",
         TEXT, FIELD(vault_identity), NULL},
        {"vault-authority", NULL, "", "login service beside Azure's own for 'environment', https",
         HTTPS_URL, FIELD(vault_authority), NULL},
        {"delegate", NULL, "default", "provider for public operations and hashes: default, fips",
         WORD, FIELD(delegate), delegate_words},
        {"log", "AZATTEST_LOG", "error", "error, warn, info, debug; to stderr", WORD, FIELD(log),
         log_words},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
_Static_assert(KEY_COUNT == AZA_CONFIG_KEYS, "struct aza_config_source has one slot per key");

void aza_config_source_free(struct aza_config_source *source)
{
        for (size_t i = 0; i < KEY_COUNT; i++) {
                free(source->value[i]);
                free(source->chosen[i]);
        }
        *source = (struct aza_config_source){0};
}

const char *aza_config_key(size_t n)
{
        return n < KEY_COUNT ? keys[n].name : NULL;
}

const char *aza_config_default(size_t n)
{
        return keys[n].fallback != NULL ? keys[n].fallback
                                        : "/run/azattest, else $XDG_RUNTIME_DIR/azattest";
}

const char *aza_config_environment(size_t n)
{
        return keys[n].environment;
}

/* Set to nothing it is not set: a unit file's variable whose own variable is missing says no more
 * than one that is left out. */
static const char *environment_of(const struct key *key)
{
        const char *value = key->environment != NULL ? aza_environment(key->environment) : NULL;

        return value != NULL && *value != '\0' ? value : NULL;
}

bool aza_config_from_environment(size_t n)
{
        return environment_of(&keys[n]) != NULL;
}

const char *aza_config_meaning(size_t n)
{
        return keys[n].meaning;
}

static int unknown_key(const char *key, const char *const *names)
{
        const char *nearest = aza_nearest_word(key, names);

        if (nearest == NULL)
                return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                                "unknown configuration key '%.60s'; 'azattest --help' lists them",
                                key);
        return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                        "unknown configuration key '%.60s'; did you mean '%s'?", key, nearest);
}

static int keep(const char *key, const char *value, bool replace, char *slots[KEY_COUNT])
{
        const char *names[KEY_COUNT + 1] = {0};

        for (size_t i = 0; i < KEY_COUNT; i++) {
                names[i] = keys[i].name;
                if (strcmp(keys[i].name, key) != 0)
                        continue;
                if (slots[i] != NULL && !replace)
                        return 0;
                char *copy = strdup(value);
                if (copy == NULL)
                        return AZA_NO_MEMORY();
                free(slots[i]);
                slots[i] = copy;
                return 0;
        }
        return unknown_key(key, names);
}

int aza_config_set(struct aza_config_source *source, const char *key, const char *value)
{
        return keep(key, value, true, source->value);
}

int aza_config_choose(struct aza_config_source *source, const char *key, const char *value)
{
        return keep(key, value, true, source->chosen);
}

int aza_config_suggest(struct aza_config_source *source, const char *key, const char *value)
{
        return keep(key, value, false, source->value);
}

int aza_config_pcrs(const char *text, uint32_t *ret_mask)
{
        const char *p = text;
        uint32_t mask = 0;

        do {
                char *end = NULL;
                unsigned long first = strtoul(p, &end, 10);
                bool good = *p >= '0' && *p <= '9' && end != p;
                unsigned long last = first;
                p = end;
                if (good && *p == '-') {
                        p++;
                        last = strtoul(p, &end, 10);
                        good = *p >= '0' && *p <= '9' && end != p;
                        p = end;
                }
                if (!good || last < first || last > 23)
                        return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                                        "'%.60s' is no list of PCRs; write 0-7 or 0,2-4 (0 to 23)",
                                        text);
                for (unsigned long i = first; i <= last; i++)
                        mask |= UINT32_C(1) << i;
        } while (*p++ == ',');
        if (p[-1] != '\0')
                return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                                "'%.60s' is no list of PCRs; write 0-7 or 0,2-4 (0 to 23)", text);
        *ret_mask = mask;
        return 0;
}

const char *aza_config_pcrs_text(uint32_t mask, char out[64])
{
        size_t used = 0;

        out[0] = '\0';
        for (unsigned int i = 0; i < 24; i++) {
                unsigned int last = i;
                if (!(mask >> i & 1))
                        continue;
                while (last + 1 < 24 && (mask >> (last + 1) & 1))
                        last++;
                int n = snprintf(out + used, 64 - used, last > i ? "%s%u-%u" : "%s%u",
                                 used > 0 ? "," : "", i, last);
                if (n < 0 || (size_t)n >= 64 - used)
                        break;
                used += (size_t)n;
                i = last;
        }
        return out;
}

/* ---- one value ---- */

static int bad_value(const struct key *key, const char *value, const char *allowed)
{
        return AZA_FAIL(AZATTEST_E_CONFIGURATION, "%s = '%.80s': %s", key->name, value, allowed);
}

static int check_words(const struct key *key, const char *value, uint32_t *ret)
{
        char allowed[200] = "allowed are";

        for (const struct word *w = key->words; w->text != NULL; w++) {
                if (strcmp(w->text, value) == 0) {
                        *ret = w->value;
                        return 0;
                }
                size_t used = strlen(allowed);
                (void)snprintf(allowed + used, sizeof(allowed) - used, " %s", w->text);
        }
        return bad_value(key, value, allowed);
}

static int check_pins(const struct key *key, const char *value)
{
        uint8_t pin[32];
        const char *p = value + strspn(value, " ,");

        while (*p != '\0') {
                size_t n = strcspn(p, " ,");
                if (aza_unhex(p, n, pin, sizeof(pin)) != 0)
                        return bad_value(
                                key, value,
                                "wanted are SHA-256 values of 64 hex digits each, separated by spaces");
                p += n;
                p += strspn(p, " ,");
        }
        return 0;
}

/* As Azure writes VM ids; another text is no VM's, and a demand for it a slip of the hand. */
static int check_vm_id(const struct key *key, const char *value)
{
        static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
        bool good = strlen(value) == sizeof(form) - 1;

        for (size_t i = 0; good && form[i] != '\0'; i++)
                good = form[i] == '-' ? value[i] == '-' : isxdigit((unsigned char)value[i]) != 0;
        return good ? 0
                    : bad_value(
                              key, value,
                              "a VM's id has the form 8A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9; it is the claim x-ms-azurevm-vmid of the VM's tokens");
}

static int check_urls(const struct key *key, const char *value, char *out, size_t size)
{
        const char *p = value + strspn(value, " ");
        char one[512];
        size_t used = 0;

        out[0] = '\0';
        while (*p != '\0') {
                size_t n = strcspn(p, " ");
                char url[512];
                if (n >= sizeof(url))
                        return bad_value(key, value, "one of the URLs is too long");
                memcpy(url, p, n);
                url[n] = '\0';
                int r = aza_url_normalise(url, false, one, sizeof(one));
                if (r != 0)
                        return aza_context(AZATTEST_E_CONFIGURATION, "%s", key->name);
                int len = snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", one);
                if (len < 0 || (size_t)len >= size - used)
                        return bad_value(key, value, "the list is too long");
                used += (size_t)len;
                p += n;
                p += strspn(p, " ");
        }
        return 0;
}

static int store_text(const struct key *key, const char *value, void *field)
{
        if (strlen(value) >= key->size)
                return bad_value(key, value, "the value is too long");
        memcpy(field, value, strlen(value) + 1);
        return 0;
}

static int store_url(const struct key *key, const char *value, void *field)
{
        if (value[0] == '\0')
                return store_text(key, value, field);
        if (aza_url_normalise(value, key->type == HTTP_URL, field, key->size) != 0)
                return aza_context(AZATTEST_E_CONFIGURATION, "%s", key->name);
        return 0;
}

static int store_seconds(const struct key *key, const char *value, void *field)
{
        char *end = NULL;
        long seconds = strtol(value, &end, 10);

        if (end == value || *end != '\0' || seconds < 1 || seconds > 3600)
                return bad_value(key, value, "wanted are 1 to 3600 seconds");
        *(int *)field = (int)seconds;
        return 0;
}

static int store(const struct key *key, const char *value, struct aza_config *config)
{
        void *field = (char *)config + key->offset;
        uint32_t word = 0;
        int r;

        switch (key->type) {
        case HTTPS_URL:
        case HTTP_URL:
                return store_url(key, value, field);
        case URLS:
                return check_urls(key, value, field, key->size);
        case WORD:
                r = check_words(key, value, &word);
                if (r != 0)
                        return r;
                /* `delegate` is passed on as a word; the others are enums of the same size. */
                if (key->words == delegate_words)
                        return store_text(key, value, field);
                memcpy(field, &word, key->size);
                return 0;
        case BOOLEAN:
                r = check_words(key, value, &word);
                if (r == 0)
                        *(bool *)field = word != 0;
                return r;
        case SECONDS:
                return store_seconds(key, value, field);
        case PCRS:
                r = aza_config_pcrs(value, field);
                return r == 0 ? 0 : aza_context(r, "%s", key->name);
        case VM_ID:
                r = *value != '\0' ? check_vm_id(key, value) : 0;
                return r != 0 ? r : store_text(key, value, field);
        case PINS:
                r = check_pins(key, value);
                return r != 0 ? r : store_text(key, value, field);
        default:
                return store_text(key, value, field);
        }
}

/* An empty demand would demand nothing, or take away what stands below it; nobody means it. */
static int check_demand(const struct key *key, const char *value)
{
        static const char *const demands[] = {"policy", "vmid", "maa-root", "issuer", "issuers"};

        if (value[strspn(value, " \t,")] != '\0')
                return 0;
        for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
                if (strcmp(demands[i], key->name) == 0)
                        return bad_value(key, value,
                                         "it is empty; leave the key out when nothing is demanded");
        return 0;
}

static int store_given(const struct key *key, const char *value, struct aza_config *config)
{
        const int r = check_demand(key, value);

        return r != 0 ? r : store(key, value, config);
}

int aza_config_check(const char *key, const char *value)
{
        struct aza_config config = {0};

        for (size_t i = 0; i < KEY_COUNT; i++)
                if (strcmp(keys[i].name, key) == 0)
                        return store_given(&keys[i], value, &config);
        return 0;
}

static int default_runtime_dir(struct aza_config *config)
{
        aza_runtime_dir_default(config->runtime_dir, sizeof(config->runtime_dir));
        return 0;
}

/* What was given for the `n`-th key; NULL: nothing. */
static const char *value_of(const struct aza_config_source *source, size_t n)
{
        const char *value = source->chosen[n];

        if (value == NULL)
                value = environment_of(&keys[n]);
        return value != NULL ? value : source->value[n];
}

int aza_config_value(const struct aza_config_source *source, const char *key, const char **ret)
{
        const char *names[KEY_COUNT + 1] = {0};

        for (size_t i = 0; i < KEY_COUNT; i++) {
                names[i] = keys[i].name;
                if (strcmp(keys[i].name, key) != 0)
                        continue;
                *ret = value_of(source, i);
                if (*ret == NULL)
                        *ret = keys[i].fallback;
                return 0;
        }
        return unknown_key(key, names);
}

uint32_t aza_config_key_pcrs(const struct aza_config *config)
{
        return config->pcrs_default ? AZA_KEY_PCRS : config->pcr_mask;
}

int aza_config_resolve(const struct aza_config_source *source, struct aza_config *ret)
{
        struct aza_config config = {0};

        for (size_t i = 0; i < KEY_COUNT; i++) {
                const char *value = value_of(source, i);
                int r = value != NULL              ? store_given(&keys[i], value, &config)
                        : keys[i].fallback != NULL ? store(&keys[i], keys[i].fallback, &config)
                                                   : default_runtime_dir(&config);
                if (r != 0)
                        return r;
                if (keys[i].type == PCRS)
                        config.pcrs_default = value == NULL;
        }
        if (config.issuer[0] == '\0')
                memcpy(config.issuer, config.maa_url, sizeof(config.issuer));
        *ret = config;
        return 0;
}
