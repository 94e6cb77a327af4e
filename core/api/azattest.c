/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: context, configuration, messages, cancellation, memory. The operations are in
 * azattest_attest.c, azattest_crypt.c and azattest_verify.c. */
#include "api/azattest_context.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/log.h"
#include "base/result_code.h"
#include "online/token.h"

#include <stdio.h>
#include <string.h>

const char *azattest_version(void)
{
        return AZATTEST_VERSION;
}

int azattest_context_new(const char *config_file, azattest_context **ret)
{
        aza_clear_error();
        if (ret == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for the context");
        azattest_context *ctx = calloc(1, sizeof(*ctx));
        if (ctx == NULL || pthread_mutex_init(&ctx->lock, NULL) != 0) {
                free(ctx);
                return AZA_NO_MEMORY();
        }
        int r = aza_config_read(&ctx->source, config_file);
        if (r != 0) {
                azattest_context_free(ctx);
                return r;
        }
        *ret = ctx;
        return 0;
}

void azattest_context_free(azattest_context *ctx)
{
        if (ctx == NULL)
                return;
        if (ctx->tpm != NULL)
                aza_tpm_free(ctx->tpm);
        OSSL_LIB_CTX_free(ctx->libctx);
        aza_config_source_free(&ctx->source);
        aza_bytes_free(&ctx->access.authorization);
        (void)pthread_mutex_destroy(&ctx->lock);
        free(ctx);
}

/* What an open TPM connection or library context was made from cannot change under it. */
static bool is_fixed(const azattest_context *ctx, const char *key)
{
        return (ctx->tpm != NULL &&
                (strcmp(key, "tcti") == 0 || strcmp(key, "runtime-dir") == 0)) ||
               (ctx->libctx != NULL && strcmp(key, "delegate") == 0);
}

static int set(azattest_context *ctx, const char *key, const char *value,
               int (*into)(struct aza_config_source *, const char *, const char *))
{
        aza_clear_error();
        if (ctx == NULL || key == NULL || value == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "context, key or value is NULL");
        int r = aza_config_check(key, value);
        if (r != 0)
                return r;
        (void)pthread_mutex_lock(&ctx->lock);
        r = is_fixed(ctx, key)
                    ? AZA_FAIL(AZATTEST_E_CONFIGURATION,
                               "'%s' is in use already; set it before the first operation", key)
                    : into(&ctx->source, key, value);
        (void)pthread_mutex_unlock(&ctx->lock);
        return r;
}

int azattest_context_set(azattest_context *ctx, const char *key, const char *value)
{
        return set(ctx, key, value, aza_config_choose);
}

int azattest_context_set_default(azattest_context *ctx, const char *key, const char *value)
{
        return set(ctx, key, value, aza_config_suggest);
}

static int value_of(azattest_context *ctx, const char *key, char **ret_value)
{
        struct aza_config config;
        const char *value = NULL;
        uint8_t *copy = NULL;
        int r = aza_config_value(&ctx->source, key, &value);

        if (r == 0)
                r = aza_config_resolve(&ctx->source, &config);
        if (r == 0 && value != NULL)
                r = aza_hand_out(aza_span_of(value, strlen(value)), &copy);
        if (r == 0)
                *ret_value = (char *)copy;
        return r;
}

int azattest_context_get(azattest_context *ctx, const char *key, char **ret_value)
{
        aza_clear_error();
        if (ctx == NULL || key == NULL || ret_value == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "context, key or the place for the value is NULL");
        (void)pthread_mutex_lock(&ctx->lock);
        int r = value_of(ctx, key, ret_value);
        (void)pthread_mutex_unlock(&ctx->lock);
        return r;
}

const char *azattest_setting(size_t n, const char **ret_environment, const char **ret_meaning)
{
        const char *key = aza_config_key(n);

        if (key != NULL && ret_environment != NULL)
                *ret_environment = aza_config_environment(n);
        if (key != NULL && ret_meaning != NULL)
                *ret_meaning = aza_config_meaning(n);
        return key;
}

bool azattest_result_undecided(int result)
{
        return aza_result_undecided(result);
}

const char *azattest_error_message(const azattest_context *ctx)
{
        (void)ctx;
        return aza_last_error()->message;
}

uint32_t azattest_tpm_error(const azattest_context *ctx)
{
        (void)ctx;
        return aza_last_error()->tpm_rc;
}

void azattest_set_log(azattest_log_fn *fn, void *arg)
{
        aza_log_set_sink(fn, arg);
}

void azattest_set_progress(azattest_context *ctx, azattest_progress_fn *fn, void *arg)
{
        if (ctx == NULL)
                return;
        (void)pthread_mutex_lock(&ctx->lock);
        ctx->progress = fn;
        ctx->progress_arg = arg;
        (void)pthread_mutex_unlock(&ctx->lock);
}

void azattest_cancel(azattest_context *ctx)
{
        if (ctx == NULL)
                return;
        (void)atomic_fetch_add(&ctx->cancelled, 1);
}

void aza_call_asked(azattest_context *ctx, const char *url)
{
        (void)pthread_mutex_lock(&ctx->lock);
        (void)snprintf(ctx->asked, sizeof(ctx->asked), "%s", url);
        (void)pthread_mutex_unlock(&ctx->lock);
}

/* Whom the program itself asked for a token may have issued the tokens it works with. */
static int accept_asked(const azattest_context *ctx, struct aza_config *config)
{
        const size_t used = strlen(config->issuers);
        const size_t more = strlen(ctx->asked);

        if (more == 0)
                return 0;
        if (used + 1 + more >= sizeof(config->issuers))
                return AZA_FAIL(
                        AZATTEST_E_CONFIGURATION,
                        "issuers: the list is too long to take in %s, which azattest_attest was given",
                        ctx->asked);
        (void)snprintf(config->issuers + used, sizeof(config->issuers) - used, "%s%s",
                       used > 0 ? " " : "", ctx->asked);
        return 0;
}

/* With the lock held. */
static int open_parts(azattest_context *ctx, bool with_tpm, struct azattest_call *call)
{
        int r = aza_config_resolve(&ctx->source, &call->config);

        if (r != 0)
                return r;
        aza_log_set_level((enum azattest_log_level)call->config.log);
        if ((r = accept_asked(ctx, &call->config)) != 0)
                return r;
        if (ctx->libctx == NULL)
                ctx->libctx = aza_libctx_new(call->config.delegate);
        if (ctx->libctx == NULL)
                return aza_last_error()->code;
        if (with_tpm && ctx->tpm == NULL)
                r = aza_tpm_new(ctx->libctx, call->config.tcti, call->config.runtime_dir,
                                &ctx->tpm);
        call->libctx = ctx->libctx;
        call->tpm = with_tpm ? ctx->tpm : NULL;
        call->progress = ctx->progress;
        call->progress_arg = ctx->progress_arg;
        return r;
}

int aza_call_begin(azattest_context *ctx, bool with_tpm, struct azattest_call *call)
{
        aza_clear_error();
        if (ctx == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "the context is NULL");
        const unsigned int seen = atomic_load(&ctx->cancelled);
        (void)pthread_mutex_lock(&ctx->lock);
        int r = open_parts(ctx, with_tpm, call);
        (void)pthread_mutex_unlock(&ctx->lock);
        if (r != 0)
                return r;
        call->deadline = aza_deadline_in(call->config.timeout, &ctx->cancelled);
        call->deadline.seen = seen;
        return 0;
}

void aza_call_end(struct azattest_call *call)
{
        json_object_put(call->weakened);
}

struct aza_verifier aza_call_verifier(struct azattest_call *call)
{
        return (struct aza_verifier){call->libctx, &call->config, aza_find_fetched,
                                     &call->deadline};
}

struct aza_attester aza_call_attester(const struct azattest_call *call)
{
        return (struct aza_attester){call->libctx, &call->config, call->tpm, &call->deadline};
}

int aza_hand_out(struct aza_span bytes, uint8_t **ret)
{
        AZA_BYTES struct aza_bytes copy = {0};
        const int r = aza_bytes_append(&copy, bytes.data, bytes.len);

        return r != 0 ? r : aza_hand_over(&copy, ret);
}

int aza_hand_over(struct aza_bytes *bytes, uint8_t **ret)
{
        uint8_t *given = aza_bytes_give(bytes);

        if (given == NULL)
                return aza_last_error()->code;
        *ret = given;
        return 0;
}

void azattest_free(void *p)
{
        aza_given_free(p);
}
