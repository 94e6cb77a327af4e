/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the set faults and the table of all names. Implements none of them. */
#include "sim/fault.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum value_kind {
        VALUE_NONE,
        VALUE_NUMBER,       /* decimal, required */
        VALUE_MAYBE_NUMBER, /* decimal, may be left out */
        VALUE_CODE,         /* hexadecimal return code */
        VALUE_COMMAND,      /* TPM command name or hexadecimal code, may be left out */
        VALUE_COMMAND_CODE, /* COMMAND:CODE */
};

struct fault_name {
        const char *name;
        enum value_kind kind;
        const char *placeholder;
        const char *help;
};

struct fault {
        const struct fault_name *name;
        char value[64];
        unsigned int left; /* UINT_MAX: always */
        struct fault *next;
};

struct sim_faults {
        pthread_mutex_t lock;
        struct fault *first;
};

/* The table; NULL at its end. */
static const struct fault_name *name_at(size_t i);

struct sim_faults *sim_faults_new(void)
{
        struct sim_faults *f = calloc(1, sizeof(*f));
        if (f != NULL && pthread_mutex_init(&f->lock, NULL) != 0) {
                free(f);
                return NULL;
        }
        return f;
}

void sim_faults_clear(struct sim_faults *f)
{
        (void)pthread_mutex_lock(&f->lock);
        while (f->first != NULL) {
                struct fault *next = f->first->next;
                free(f->first);
                f->first = next;
        }
        (void)pthread_mutex_unlock(&f->lock);
}

void sim_faults_free(struct sim_faults *f)
{
        if (f == NULL)
                return;
        sim_faults_clear(f);
        (void)pthread_mutex_destroy(&f->lock);
        free(f);
}

static bool is_number(const char *text, size_t len, const char *digits)
{
        return len > 0 && len <= 9 && strspn(text, digits) >= len;
}

/* Where the count's 'x' stands in `text`, or its length. */
static size_t count_position(const char *text, bool hex_values)
{
        size_t len = strlen(text);
        const char *x = strrchr(text, 'x');

        if (x == NULL || x == text || !is_number(x + 1, strlen(x + 1), "0123456789"))
                return len;
        bool prefix = x[-1] == '0' && x - text >= 2 && strchr("=:", x[-2]) != NULL;
        return hex_values && prefix ? len : (size_t)(x - text);
}

static bool is_code(const char *text)
{
        const char *digits = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
        return is_number(digits, strlen(digits), "0123456789abcdefABCDEF");
}

static bool value_fits(enum value_kind kind, const char *value)
{
        const char *colon = strchr(value, ':');

        switch (kind) {
        case VALUE_NONE:
                return value[0] == '\0';
        case VALUE_MAYBE_NUMBER:
        case VALUE_NUMBER:
                return (value[0] == '\0' && kind == VALUE_MAYBE_NUMBER) ||
                       is_number(value, strlen(value), "0123456789");
        case VALUE_CODE:
                return is_code(value);
        case VALUE_COMMAND:
                return colon == NULL;
        case VALUE_COMMAND_CODE:
                return colon != NULL && colon != value && is_code(colon + 1);
        }
        return false;
}

static const struct fault_name *find_name(const char *text, size_t len)
{
        const struct fault_name *name = NULL;

        for (size_t i = 0; (name = name_at(i)) != NULL; i++) {
                if (strlen(name->name) == len && memcmp(name->name, text, len) == 0)
                        break;
        }
        return name;
}

/* Name of `text`, which may be followed by =VALUE, or by xCOUNT without a value. */
static const struct fault_name *parse_name(const char *text, size_t *ret_len)
{
        size_t len = strcspn(text, "=");
        const struct fault_name *name = find_name(text, len);

        if (name == NULL && text[len] == '\0') {
                len = count_position(text, false);
                name = find_name(text, len);
        }
        *ret_len = len;
        return name;
}

static bool parse_fault(const char *text, struct fault *ret, char *error, size_t error_size)
{
        size_t len = 0;
        const struct fault_name *name = parse_name(text, &len);

        if (name == NULL) {
                (void)snprintf(error, error_size, "unknown fault '%.60s' (--help lists them)",
                               text);
                return false;
        }
        bool hex = name->kind >= VALUE_CODE;
        size_t end = count_position(text, hex);
        size_t value_at = text[len] == '=' ? len + 1 : len;
        if (end < value_at || end - value_at >= sizeof(ret->value)) {
                (void)snprintf(error, error_size, "fault %s: bad value", name->name);
                return false;
        }
        ret->name = name;
        memcpy(ret->value, text + value_at, end - value_at);
        ret->value[end - value_at] = '\0';
        ret->left = text[end] == 'x' ? (unsigned int)strtoul(text + end + 1, NULL, 10) : UINT32_MAX;
        if (!value_fits(name->kind, ret->value)) {
                (void)snprintf(error, error_size, "fault %s wants %s%s, not '%s'", name->name,
                               name->name, name->placeholder, ret->value);
                return false;
        }
        return true;
}

/* The kinds of VM that have what a fault is about, of a name or of names that begin so. */
static const struct {
        const char *name, *kinds;
} belongings[] = {
        {"tdx-", "tdx"},
        {"windows-", "windows"},
        {"imds-wrong-vcek", "sevsnp windows"},
        {"tpm-foreign-paravisor", "sevsnp windows"},
        {"tpm-no-report", "sevsnp windows tdx"},
        {"tpm-report-", "sevsnp windows tdx"},
        {"tpm-foreign-ak", "sevsnp windows tdx"},
};

static const char *kinds_of(const char *name)
{
        for (size_t i = 0; i < sizeof(belongings) / sizeof(belongings[0]); i++)
                if (strncmp(name, belongings[i].name, strlen(belongings[i].name)) == 0)
                        return belongings[i].kinds;
        return NULL;
}

/* Among words with one space between them. */
static bool has_word(const char *words, const char *word)
{
        const size_t len = strlen(word);

        for (const char *p = words; p != NULL; p = strchr(p, ' ')) {
                p += *p == ' ' ? 1 : 0;
                if (strncmp(p, word, len) == 0 && (p[len] == ' ' || p[len] == '\0'))
                        return true;
        }
        return false;
}

bool sim_fault_fits(const char *text, const struct sim_fault_vm *vm, char *error, size_t error_size)
{
        struct fault fault = {0};

        if (!parse_fault(text, &fault, error, error_size))
                return false;
        const char *name = fault.name->name;
        const char *kinds = kinds_of(name);

        if (kinds != NULL && !has_word(kinds, vm->kind)) {
                (void)snprintf(
                        error, error_size,
                        "fault %s would never strike in this VM, which is --vm %s: it is for %s",
                        name, vm->kind, kinds);
                return false;
        }
        if (vm->running && strstr(fault.name->help, "(when the VM starts)") != NULL) {
                (void)snprintf(
                        error, error_size,
                        "fault %s strikes when the VM starts, and this one has: start or run another with --fault %s",
                        name, name);
                return false;
        }
        return true;
}

bool sim_faults_add(struct sim_faults *f, const char *text, char *error, size_t error_size)
{
        struct fault *fault = calloc(1, sizeof(*fault));

        if (fault == NULL) {
                (void)snprintf(error, error_size, "out of memory");
                return false;
        }
        if (!parse_fault(text, fault, error, error_size)) {
                free(fault);
                return false;
        }
        (void)pthread_mutex_lock(&f->lock);
        struct fault **end = &f->first;
        while (*end != NULL)
                end = &(*end)->next;
        *end = fault;
        (void)pthread_mutex_unlock(&f->lock);
        return true;
}

bool sim_fault_take_if(struct sim_faults *f, const char *name,
                       bool (*applies)(const char *value, const void *arg), const void *arg,
                       char *value, size_t value_size)
{
        bool strikes = false;

        if (f == NULL)
                return false;
        (void)pthread_mutex_lock(&f->lock);
        for (struct fault *fault = f->first; fault != NULL && !strikes; fault = fault->next) {
                if (fault->left == 0 || strcmp(fault->name->name, name) != 0 ||
                    (applies != NULL && !applies(fault->value, arg)))
                        continue;
                if (fault->left != UINT32_MAX)
                        fault->left--;
                if (value != NULL)
                        (void)snprintf(value, value_size, "%s", fault->value);
                strikes = true;
        }
        (void)pthread_mutex_unlock(&f->lock);
        return strikes;
}

bool sim_fault_take(struct sim_faults *f, const char *name, char *value, size_t value_size)
{
        return sim_fault_take_if(f, name, NULL, NULL, value, value_size);
}

bool sim_fault_is_set(struct sim_faults *f, const char *name)
{
        bool set = false;

        if (f == NULL)
                return false;
        (void)pthread_mutex_lock(&f->lock);
        for (const struct fault *fault = f->first; fault != NULL; fault = fault->next)
                set = set || (fault->left != 0 && strcmp(fault->name->name, name) == 0);
        (void)pthread_mutex_unlock(&f->lock);
        return set;
}

void sim_faults_help(FILE *out)
{
        const struct fault_name *name = NULL;

        for (size_t i = 0; (name = name_at(i)) != NULL; i++) {
                char left[64];
                (void)snprintf(left, sizeof(left), "%s%s", name->name, name->placeholder);
                (void)fprintf(out, "  %-28s %s\n", left, name->help);
        }
}

static const struct fault_name *name_at(size_t i)
{
        static const struct fault_name names[] = {
                {"http-status", VALUE_NUMBER, "=CODE", "MAA answers with this HTTP status"},
                {"http-retry-after", VALUE_NUMBER, "=SECONDS", "MAA answers 429 with Retry-After"},
                {"http-garbage", VALUE_NONE, "", "MAA answers 200 with bytes that are not JSON"},
                {"http-oversized", VALUE_NONE, "", "MAA answers with an endless body"},
                {"http-truncated", VALUE_NONE, "",
                 "MAA closes the connection in the middle of the body"},
                {"http-slow", VALUE_MAYBE_NUMBER, "[=SECONDS]",
                 "MAA answers late (default 3 seconds)"},
                {"http-dead", VALUE_NONE, "", "MAA accepts the connection and never answers"},
                {"http-redirect", VALUE_NONE, "", "MAA redirects to another host"},
                {"http-date-ahead", VALUE_NUMBER, "=SECONDS",
                 "MAA's clock is ahead, says its Date"},
                {"http-date-behind", VALUE_NUMBER, "=SECONDS", "MAA's clock is behind"},
                {"envelope-wrong-tag", VALUE_NONE, "", "authentication tag with a flipped bit"},
                {"envelope-short-tag", VALUE_NONE, "", "authentication tag of 4 bytes"},
                {"envelope-swapped-key", VALUE_NONE, "", "inner key encrypted to another RSA key"},
                {"envelope-bad-iv", VALUE_NONE, "", "IV of 16 bytes"},
                {"envelope-not-json", VALUE_NONE, "", "envelope that is not JSON"},
                {"envelope-plain-token", VALUE_NONE, "", "the token itself, unencrypted"},
                {"token-wrong-key", VALUE_NONE, "", "signed with a key that is not published"},
                {"token-expired", VALUE_NONE, "", "expired an hour ago"},
                {"token-not-yet", VALUE_NONE, "", "valid from an hour ahead"},
                {"token-lifetime", VALUE_NUMBER, "=SECONDS", "expires so soon"},
                {"token-wrong-issuer", VALUE_NONE, "", "iss is another service"},
                {"token-no-nonce", VALUE_NONE, "", "client payload is not echoed"},
                {"token-wrong-nonce", VALUE_NONE, "", "another nonce is echoed"},
                {"token-alg-none", VALUE_NONE, "", "alg none, no signature"},
                {"token-unknown-kid", VALUE_NONE, "", "kid that is not in the key set"},
                {"token-other-key", VALUE_NONE, "", "names another TpmEphemeralEncryptionKey"},
                {"token-policy", VALUE_NONE, "", "claims that the VM is debuggable"},
                {"token-no-isolation", VALUE_NONE, "", "no x-ms-isolation-tee"},
                {"token-debuggable", VALUE_NONE, "", "claims that the host may debug the VM"},
                {"token-no-secure-boot", VALUE_NONE, "", "claims that secure boot was off"},
                {"token-attested-pcrs", VALUE_NUMBER, "=N", "claims that only PCR N was quoted"},
                {"token-no-kid", VALUE_NONE, "", "no kid in the header"},
                {"token-exp-before-iat", VALUE_NONE, "", "ends before it was issued"},
                {"token-platform", VALUE_NONE, "", "a platform token, about the hardware alone"},
                {"imds-status", VALUE_NUMBER, "=CODE", "IMDS answers with this HTTP status"},
                {"imds-garbage", VALUE_NONE, "", "IMDS answers 200 with bytes that are not JSON"},
                {"imds-empty", VALUE_NONE, "", "IMDS answers 200 with an empty body"},
                {"imds-oversized", VALUE_NONE, "", "IMDS answers with an endless body"},
                {"imds-dead", VALUE_NONE, "", "IMDS accepts the connection and never answers"},
                {"imds-wrong-vcek", VALUE_NONE, "", "VCEK of another chip"},
                {"imds-no-identity", VALUE_NONE, "", "the VM has no identity to ask a vault with"},
                {"vault-status", VALUE_NUMBER, "=CODE", "the vault answers with this HTTP status"},
                {"vault-retry-after", VALUE_NUMBER, "=SECONDS",
                 "the vault answers 429 with Retry-After"},
                {"vault-garbage", VALUE_NONE, "",
                 "the vault answers 200 with bytes that are not JSON"},
                {"vault-oversized", VALUE_NONE, "", "the vault answers with an endless body"},
                {"vault-slow", VALUE_MAYBE_NUMBER, "[=SECONDS]",
                 "the vault answers late (default 3 seconds)"},
                {"vault-policy", VALUE_NONE, "", "the vault finds its release policy not met"},
                {"vault-disabled", VALUE_NONE, "", "the key is disabled"},
                {"vault-not-exportable", VALUE_NONE, "", "the key is not exportable"},
                {"vault-challenge-foreign-resource", VALUE_NONE, "",
                 "the vault asks for an access token of another service"},
                {"vault-wrong-nonce", VALUE_NONE, "", "the answer echoes another nonce"},
                {"vault-wrong-kid", VALUE_NONE, "", "the answer is about another key"},
                {"vault-wrong-enc", VALUE_NONE, "", "the answer names another wrapping"},
                {"vault-foreign-root", VALUE_NONE, "", "signed under a root nobody trusts"},
                {"vault-expired-chain", VALUE_NONE, "", "signed with an expired certificate"},
                {"vault-other-host", VALUE_NONE, "", "signed with another vault's certificate"},
                {"vault-sig", VALUE_NONE, "", "signature with a flipped bit"},
                {"vault-short-wrap", VALUE_NONE, "", "the wrapped key is cut short"},
                {"vault-bad-wrap", VALUE_NONE, "", "the wrapped key has a flipped bit"},
                {"vault-other-key", VALUE_NONE, "", "another key is wrapped than the one signed"},
                {"imds-renew-refused", VALUE_NONE, "", "renewal of the AK certificate is 403"},
                {"imds-renew-later", VALUE_NONE, "",
                 "the renewed AK certificate has to be asked for, as old services have it"},
                {"imds-renew-pending", VALUE_NONE, "",
                 "the renewed AK certificate has to be asked for, and is not there (404)"},
                {"imds-renew-garbage", VALUE_NONE, "", "the renewed AK certificate is none"},
                {"imds-renew-other-key", VALUE_NONE, "", "it is for another key"},
                {"imds-renew-other-issuer", VALUE_NONE, "", "it is of another issuer"},
                {"imds-renew-shorter", VALUE_NONE, "", "it ends before the one that is there"},
                {"tdx-quote-sig", VALUE_NONE, "", "TD quote whose signature has a flipped bit"},
                {"tdx-qe-report", VALUE_NONE, "",
                 "QE report that was changed after the platform signed it"},
                {"tdx-qe-key", VALUE_NONE, "", "QE report about another attestation key"},
                {"tdx-foreign-qe", VALUE_NONE, "", "quoting enclave of somebody else"},
                {"tdx-quote-tail", VALUE_NONE, "", "TD quote with a byte behind it"},
                {"tdx-short-chain", VALUE_NONE, "", "TD quote without the root's certificate"},
                {"tdx-other-td", VALUE_NONE, "", "quote of another TD"},
                {"tdx-pck-extension", VALUE_NONE, "",
                 "the platform's certificate names no FMSPC (when the VM starts)"},
                {"tdx-report-hash", VALUE_NONE, "",
                 "TDREPORT that does not fit its own hash (when the VM starts)"},
                {"tdx-pck-expired", VALUE_NONE, "",
                 "the platform's certificate is expired (when the VM starts)"},
                {"tdx-debug", VALUE_NONE, "", "the host may debug the TD (when the VM starts)"},
                {"tdx-attributes", VALUE_NONE, "",
                 "the TD lacks SEPT_VE_DISABLE (when the VM starts)"},
                {"tdx-pck-revoked", VALUE_NONE, "", "Intel's list has the platform's certificate"},
                {"tdx-tcb-outofdate", VALUE_NONE, "",
                 "Intel's newest level is above the platform's"},
                {"tdx-tcb-revoked", VALUE_NONE, "", "Intel has revoked the platform's level"},
                {"tdx-module-unknown", VALUE_NONE, "", "Intel knows no TDX module of this version"},
                {"tdx-wrong-fmspc", VALUE_NONE, "", "Intel's TCB info is about another platform"},
                {"tdx-collateral-stale", VALUE_NONE, "", "Intel's documents ended a month ago"},
                {"tdx-evaluation-old", VALUE_NONE, "",
                 "Intel's documents are of an earlier evaluation (number 17)"},
                {"tdx-no-collateral", VALUE_NONE, "", "Azure's cache has no collateral (404)"},
                {"tpm-rc", VALUE_COMMAND_CODE, "=COMMAND:RC",
                 "TPM answers that command (name or hex) with this code (hex)"},
                {"tpm-drop", VALUE_COMMAND, "[=COMMAND]",
                 "TPM connection closes instead of an answer"},
                {"tpm-short-reply", VALUE_COMMAND, "[=COMMAND]", "TPM answer stops half-way"},
                {"tpm-pcr-race", VALUE_NUMBER, "=N",
                 "PCR N is extended just before each RSA_Decrypt"},
                {"tpm-reset-before-decrypt", VALUE_NONE, "",
                 "TPM is reset just before RSA_Decrypt"},
                {"tpm-no-ak-cert", VALUE_NONE, "", "AK certificate index defined, never written"},
                {"tpm-placeholder-ak-cert", VALUE_NONE, "", "AK certificate is the placeholder"},
                {"tpm-ak-cert-garbage", VALUE_NONE, "",
                 "AK certificate index holds no certificate"},
                {"tpm-ak-cert-expired", VALUE_NONE, "", "AK certificate is expired"},
                {"tpm-ak-cert-expiring", VALUE_NONE, "",
                 "AK certificate ends in 30 days (when the VM starts)"},
                {"tpm-ak-cert-other-key", VALUE_NONE, "", "AK certificate is for another key"},
                {"tpm-no-report", VALUE_NONE, "", "report index defined, never written"},
                {"tpm-report-read-error", VALUE_CODE, "=RC",
                 "reading the report ends in this code (hex)"},
                {"tpm-report-tampered", VALUE_NONE, "", "runtime JSON changed after it was hashed"},
                {"tpm-foreign-paravisor", VALUE_MAYBE_NUMBER, "[=0]",
                 "SNP report of somebody else's paravisor: another ID key, or (0) no ID block"},
                {"tpm-foreign-ak", VALUE_NONE, "", "HCLAkPub is not the AK of this TPM"},
                {"tpm-nv-zero-read", VALUE_NONE, "", "NV_Read succeeds with 0 bytes"},
                {"tpm-nv-torn-write", VALUE_NONE, "",
                 "NV_Write of the AK certificate fails half-way, later ones at once"},
                {"tpm-nv-lost-write", VALUE_NONE, "",
                 "NV_Write of the AK certificate succeeds and writes nothing"},
                {"tpm-no-log", VALUE_NONE, "", "event log is empty (when the VM starts)"},
                {"windows-boot-debug", VALUE_NONE, "",
                 "Windows starts with boot debugging (when the VM starts)"},
                {"windows-kernel-debug", VALUE_NONE, "",
                 "Windows starts with kernel debugging (when the VM starts)"},
                {"windows-test-signing", VALUE_NONE, "",
                 "Windows takes drivers with test signatures (when the VM starts)"},
                {"windows-bad-tag", VALUE_NONE, "",
                 "Windows measures an event that is cut short (when the VM starts)"},
        };

        return i < sizeof(names) / sizeof(names[0]) ? &names[i] : NULL;
}
