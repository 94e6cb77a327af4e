/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider context: library context, configuration, TPM object, errors. Owns what provider.c
 * makes at load; every other file of the provider holds one pointer to it. No TPM command and no
 * network here, and no lock either: what is made at first use is published by compare-and-swap, so
 * that a fork at any moment leaves the child usable (PV30).
 */
#include "context.h"

#include "base/log.h"
#include "base/own.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdatomic.h>
#include <string.h>

struct aza_prov {
        const OSSL_CORE_HANDLE *core;
        OSSL_FUNC_core_new_error_fn *new_error;
        OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
        OSSL_FUNC_core_vset_error_fn *vset_error;
        OSSL_FUNC_core_get_params_fn *get_params;
        OSSL_LIB_CTX *libctx;
        struct aza_config_source source;
        unsigned int core_major;
        unsigned int core_minor;
        _Atomic(OSSL_PROVIDER *) fips; /* loaded for delegate = fips only */
        _Atomic(OSSL_PROVIDER *) base;
        atomic_bool delegate_loaded;
        _Atomic(struct aza_state *) state;
};

static void take_core_functions(struct aza_prov *prov, const OSSL_DISPATCH *in)
{
        for (; in->function_id != 0; in++) {
                switch (in->function_id) {
                case OSSL_FUNC_CORE_NEW_ERROR:
                        prov->new_error = OSSL_FUNC_core_new_error(in);
                        break;
                case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
                        prov->set_error_debug = OSSL_FUNC_core_set_error_debug(in);
                        break;
                case OSSL_FUNC_CORE_VSET_ERROR:
                        prov->vset_error = OSSL_FUNC_core_vset_error(in);
                        break;
                case OSSL_FUNC_CORE_GET_PARAMS:
                        prov->get_params = OSSL_FUNC_core_get_params(in);
                        break;
                default:
                        break;
                }
        }
}

static void read_version(struct aza_prov *prov)
{
        char *version = NULL;
        OSSL_PARAM request[] = {
                OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_CORE_VERSION, &version, 0),
                OSSL_PARAM_construct_end()};

        if (prov->get_params(prov->core, request) != 1 || version == NULL ||
            sscanf(version, "%u.%u", &prov->core_major, &prov->core_minor) != 2)
                prov->core_major = 3; /* then what every core understands */
}

bool aza_prov_core_at_least(const struct aza_prov *prov, unsigned int major, unsigned int minor)
{
        return prov->core_major > major || (prov->core_major == major && prov->core_minor >= minor);
}

/* A provider can only ask for words it knows; the core answers from the section of openssl.cnf. */
static bool read_configuration(struct aza_prov *prov)
{
        for (size_t n = 0; aza_config_key(n) != NULL; n++) {
                char *value = NULL;
                OSSL_PARAM request[] = {OSSL_PARAM_construct_utf8_ptr(aza_config_key(n), &value, 0),
                                        OSSL_PARAM_construct_end()};

                if (prov->get_params(prov->core, request) != 1 || value == NULL)
                        continue;
                if (aza_config_set(&prov->source, aza_config_key(n), value) != 0)
                        return false;
        }
        return true;
}

struct aza_prov *aza_prov_new(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in)
{
        struct aza_prov *prov = calloc(1, sizeof(*prov));

        if (prov == NULL)
                return NULL;
        prov->core = core;
        take_core_functions(prov, in);
        if (prov->new_error != NULL && prov->set_error_debug != NULL && prov->vset_error != NULL &&
            prov->get_params != NULL && read_configuration(prov)) {
                read_version(prov);
                prov->libctx = OSSL_LIB_CTX_new_from_dispatch(core, in);
        }
        if (prov->libctx == NULL) {
                aza_prov_free(prov);
                return NULL;
        }
        return prov;
}

static void state_free(struct aza_state *state)
{
        if (state == NULL)
                return;
        aza_tpm_free(state->tpm);
        free(state);
}

AZA_OWN_DEFINE(struct aza_state, state_free);

void aza_prov_free(struct aza_prov *prov)
{
        if (prov == NULL)
                return;
        state_free(atomic_load(&prov->state));
        (void)OSSL_PROVIDER_unload(atomic_load(&prov->base));
        (void)OSSL_PROVIDER_unload(atomic_load(&prov->fips));
        OSSL_LIB_CTX_free(prov->libctx);
        aza_config_source_free(&prov->source);
        free(prov);
}

const struct aza_config_source *aza_prov_source(const struct aza_prov *prov)
{
        return &prov->source;
}

OSSL_LIB_CTX *aza_prov_plain_libctx(struct aza_prov *prov)
{
        return prov->libctx;
}

static const char *delegate_word(const struct aza_prov *prov)
{
        for (size_t n = 0; aza_config_key(n) != NULL; n++)
                if (strcmp(aza_config_key(n), "delegate") == 0)
                        return prov->source.value[n] != NULL ? prov->source.value[n]
                                                             : aza_config_default(n);
        return "default";
}

/* Loading counts references, which the library context does not drop by itself. */
static bool keep(struct aza_prov *prov, const char *name, _Atomic(OSSL_PROVIDER *) *slot)
{
        OSSL_PROVIDER *loaded = OSSL_PROVIDER_load(prov->libctx, name);
        OSSL_PROVIDER *none = NULL;

        if (loaded != NULL && !atomic_compare_exchange_strong(slot, &none, loaded))
                (void)OSSL_PROVIDER_unload(loaded); /* another thread was first */
        return loaded != NULL;
}

/* A fresh context falls back to `default` by itself. The fips module has no encoders or decoders:
 * base brings them. */
static bool load_delegate(struct aza_prov *prov, const char *word)
{
        if (strcmp(word, "default") == 0)
                return OSSL_PROVIDER_available(prov->libctx, word) == 1;
        return strcmp(word, "fips") == 0 && keep(prov, "fips", &prov->fips) &&
               keep(prov, "base", &prov->base);
}

OSSL_LIB_CTX *aza_prov_libctx(struct aza_prov *prov)
{
        const char *word = delegate_word(prov);

        if (atomic_load(&prov->delegate_loaded))
                return prov->libctx;
        if (!load_delegate(prov, word)) {
                AZA_RAISE(
                        prov, AZA_R_BAD_CONFIG,
                        "delegate = %s: allowed are default and fips, and OpenSSL must be able to load its module; use delegate = default",
                        word);
                return NULL;
        }
        atomic_store(&prov->delegate_loaded, true);
        return prov->libctx;
}

const struct aza_state *aza_prov_state(struct aza_prov *prov)
{
        struct aza_state *present = atomic_load(&prov->state);
        OSSL_LIB_CTX *libctx = present != NULL ? NULL : aza_prov_libctx(prov);

        if (present != NULL || libctx == NULL)
                return present;
        AZA_OWN(state_free) struct aza_state *made = calloc(1, sizeof(*made));
        if (made == NULL) {
                AZA_RAISE(prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        if (aza_config_resolve(&prov->source, &made->config) != 0 ||
            aza_tpm_new(libctx, made->config.tcti, made->config.runtime_dir, &made->tpm) != 0) {
                aza_raise_last(prov);
                return NULL;
        }
        if (atomic_compare_exchange_strong(&prov->state, &present, made)) {
                aza_log_set_level((enum azattest_log_level)made->config.log);
                return aza_take(&made);
        }
        return present; /* another thread was first */
}

/* ---- errors ---- */

static const struct {
        enum aza_reason reason;
        const char *words;
} reasons[] = {
        {AZA_R_OUT_OF_MEMORY, "out of memory"},
        {AZA_R_TPM_FAILED, "TPM failed"},
        {AZA_R_PCR_MISMATCH, "platform state changed since the key was made"},
        {AZA_R_PCR_BUSY, "PCRs change too fast"},
        {AZA_R_KEY_GONE, "this TPM no longer has the key"},
        {AZA_R_RECURSION, "recursion: the TPM stack's own cryptography came back to azattest"},
        {AZA_R_WRONG_PURPOSE, "wrong purpose: the key must not do this"},
        {AZA_R_KEYGEN_NEEDS_PURPOSE, "key generation needs azattest-purpose"},
        {AZA_R_NOT_A_CVM, "not the required kind of VM"},
        {AZA_R_HCL_REPORT_INVALID, "HCL report missing or malformed"},
        {AZA_R_EVIDENCE_INVALID, "evidence is incomplete or contradicts itself"},
        {AZA_R_NETWORK, "network failure"},
        {AZA_R_MAA_REFUSED, "the attestation service refused"},
        {AZA_R_DEADLINE, "time is up"},
        {AZA_R_TOKEN_INVALID, "token invalid"},
        {AZA_R_TOKEN_EXPIRED, "token expired"},
        {AZA_R_POLICY, "token does not satisfy the policy"},
        {AZA_R_IDENTITY_NEEDED, "which VM is meant was not said"},
        {AZA_R_OTHER_VM, "another VM than the demanded one"},
        {AZA_R_BAD_PEM, "malformed azattest key"},
        {AZA_R_BAD_URI, "malformed azattest URI"},
        {AZA_R_BAD_CONFIG, "bad configuration"},
        {AZA_R_UNSUPPORTED_PADDING, "unsupported padding"},
        {AZA_R_UNSUPPORTED_DIGEST, "unsupported digest"},
        {AZA_R_BAD_SALT_LENGTH, "bad salt length"},
        {AZA_R_BUFFER_TOO_SMALL, "buffer too small"},
        {AZA_R_WRONG_LENGTH, "wrong length"},
        {AZA_R_DECRYPT_FAILED, "decryption failed"},
        {AZA_R_NO_PRIVATE_KEY, "the key has no private half here"},
        {AZA_R_BAD_PARAMETER, "bad parameter"},
        {AZA_R_BAD_SIGNATURE, "the TPM returned a wrong signature"},
        {AZA_R_NO_LIBRARY, "libazattest cannot be loaded"},
        {AZA_R_FAILED, "operation failed"},
};

static const char *reason_words(enum aza_reason reason)
{
        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
                if (reasons[i].reason == reason)
                        return reasons[i].words;
        return "operation failed";
}

static void vset(const struct aza_prov *prov, enum aza_reason reason, const char *format, ...)
        AZATTEST_PRINTF(3, 4);

static void vset(const struct aza_prov *prov, enum aza_reason reason, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        prov->vset_error(prov->core, (uint32_t)reason, format, args);
        va_end(args);
}

/* Our name and the reason's words stand in the text. Handed to OpenSSL as reason strings they would
 * be unloaded with the provider; where a program's last key goes after OPENSSL_cleanup (squid),
 * OpenSSL crashes over its own lock then (D52). */
static void set_text(const struct aza_prov *prov, enum aza_reason reason, const char *text)
{
        vset(prov, reason, "azattest: %s: %s", reason_words(reason), text);
}

int aza_raise(const struct aza_prov *prov, struct aza_place place, enum aza_reason reason,
              const char *format, ...)
{
        char text[sizeof(aza_last_error()->message)], shown[sizeof(text)];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        prov->new_error(prov->core);
        prov->set_error_debug(prov->core, place.file, place.line, place.function);
        set_text(prov, reason, aza_printable(text, strlen(text), shown, sizeof(shown)));
        return 0;
}

static enum aza_reason reason_of(int code)
{
        switch (code) {
        case AZATTEST_E_NO_MEMORY:
                return AZA_R_OUT_OF_MEMORY;
        case AZATTEST_E_TPM_INTERNAL:
        case AZATTEST_E_TPM_OPERATION:
        case AZATTEST_E_JWT_DECRYPTION_TPM:
                return AZA_R_TPM_FAILED;
        case AZATTEST_E_PCR_MISMATCH:
                return AZA_R_PCR_MISMATCH;
        case AZATTEST_E_PCR_BUSY:
                return AZA_R_PCR_BUSY;
        case AZATTEST_E_KEY_GONE:
                return AZA_R_KEY_GONE;
        case AZATTEST_E_WRONG_PURPOSE:
                return AZA_R_WRONG_PURPOSE;
        case AZATTEST_E_REQUIREMENT:
                return AZA_R_NOT_A_CVM;
        case AZATTEST_E_HCL_REPORT_PARSING:
        case AZATTEST_E_HCL_REPORT_EMPTY:
                return AZA_R_HCL_REPORT_INVALID;
        case AZATTEST_E_EVIDENCE:
        case AZATTEST_E_PARAMETERS_VALIDATION:
        case AZATTEST_E_AK_CERT_PROVISIONING:
        case AZATTEST_E_AK_CERT_PARSING:
        case AZATTEST_E_EVENT_LOG:
                return AZA_R_EVIDENCE_INVALID;
        case AZATTEST_E_CURL_INIT:
        case AZATTEST_E_RETRIES_EXCEEDED:
        case AZATTEST_E_HTTP_FAILED:
        case AZATTEST_E_TRANSPORT:
        case AZATTEST_E_DNS_INFO:
                return AZA_R_NETWORK;
        case AZATTEST_E_ATTESTATION_FAILED:
        case AZATTEST_E_RESPONSE_NOT_JSON:
        case AZATTEST_E_JWT_DECRYPTION:
                return AZA_R_MAA_REFUSED;
        case AZATTEST_E_DEADLINE:
                return AZA_R_DEADLINE;
        case AZATTEST_E_TOKEN_FORM:
        case AZATTEST_E_TOKEN_SIGNATURE:
        case AZATTEST_E_TOKEN_ISSUER:
        case AZATTEST_E_TOKEN_NONCE:
        case AZATTEST_E_TOKEN_KEY:
                return AZA_R_TOKEN_INVALID;
        case AZATTEST_E_TOKEN_TIME:
                return AZA_R_TOKEN_EXPIRED;
        case AZATTEST_E_POLICY:
                return AZA_R_POLICY;
        case AZATTEST_E_IDENTITY_NEEDED:
                return AZA_R_IDENTITY_NEEDED;
        case AZATTEST_E_OTHER_VM:
                return AZA_R_OTHER_VM;
        case AZATTEST_E_CONFIGURATION:
                return AZA_R_BAD_CONFIG;
        case AZATTEST_E_DECRYPTION_TPM:
                return AZA_R_DECRYPT_FAILED;
        case AZATTEST_E_INVALID_PARAMETER:
                return AZA_R_BAD_PARAMETER;
        default:
                return AZA_R_FAILED;
        }
}

int aza_raise_last(const struct aza_prov *prov)
{
        const struct aza_error *e = aza_last_error();

        prov->new_error(prov->core);
        prov->set_error_debug(prov->core, e->place.file, e->place.line, e->place.function);
        set_text(prov, reason_of(e->code), e->message);
        return 0;
}
