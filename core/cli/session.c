/* SPDX-License-Identifier: Apache-2.0 */
/* From options and configuration to the objects the subcommands work with. */
#include "api/azattest_context.h"
#include "cli/cli.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/log.h"
#include "os/file.h"
#include "verdict/result.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint cancelled;
static azattest_context *_Atomic context; /* the one whose waits end, too */

static void on_interrupt(int number)
{
        (void)number;
        atomic_store(&cancelled, 1);
        azattest_cancel(atomic_load(&context));
}

/* The first Ctrl-C ends waits with a message, the second one the program. */
static void watch_interrupt(void)
{
        struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};

        (void)sigaction(SIGINT, &action, NULL);
}

int cli_usage(int r)
{
        if (r != AZATTEST_E_INVALID_PARAMETER)
                return r;
        cli_error("%s", aza_last_error()->message);
        return CLI_USAGE;
}

static int override(azattest_context *ctx, const char *key, const char *value)
{
        return value != NULL ? azattest_context_set(ctx, key, value) : 0;
}

int cli_override(struct cli *cli, const char *key, const char *value)
{
        int r = override(cli->ctx, key, value);

        return r != 0 ? r : aza_config_resolve(&cli->ctx->source, &cli->config);
}

static int override_all(azattest_context *ctx, const struct cli_options *o, int level)
{
        int r;

        if ((r = override(ctx, "vmid", o->vmid)) != 0 ||
            (r = override(ctx, "any-vm", o->any_vm ? "yes" : NULL)) != 0 ||
            (r = override(ctx, "allow-stale-keys", o->allow_stale_keys ? "yes" : NULL)) != 0 ||
            (r = override(ctx, "require", o->require)) != 0 ||
            (r = override(ctx, "policy", o->policy)) != 0 ||
            (r = override(ctx, "pcrs", o->pcrs)) != 0)
                return r;
        /* Of a folder of certificates it is said what was passed over. */
        const bool remarks = o->certs.count > 0 && level == AZATTEST_LOG_ERROR;
        return override(ctx, "log",
                        o->debug     ? "debug"
                        : o->verbose ? "info"
                        : remarks    ? "warn"
                                     : NULL);
}

static int read_config(struct cli *cli)
{
        int r = azattest_context_new(cli->options.config, &cli->ctx);

        if (r != 0)
                return r;
        atomic_store(&context, cli->ctx);
        azattest_set_progress(cli->ctx, cli_progress, NULL);
        const bool sound = aza_config_resolve(&cli->ctx->source, &cli->config) == 0;
        if ((r = override_all(cli->ctx, &cli->options, cli->config.log)) == 0)
                r = aza_config_resolve(&cli->ctx->source, &cli->config);
        /* Bad only since options stand above it: they are what is wrong. */
        if (r == AZATTEST_E_CONFIGURATION && sound) {
                cli_error("%s", aza_last_error()->message);
                return CLI_USAGE;
        }
        return r;
}

/* Options that weaken and stand in no configuration. */
static bool add_weakened(const struct cli_options *o, json_object *list)
{
        bool good = true;

        if (o->purpose != NULL && strcmp(o->purpose, "any") == 0)
                good = aza_weaken(list, "purpose", "any", "the key both decrypts and signs");
        if (good && o->time != NULL)
                good = aza_weaken(list, "time", o->time, "judged as of that time, not of now");
        for (size_t i = 0; good && i < o->allow_unchecked.count; i++)
                good = aza_weaken(list, "allow-unchecked", o->allow_unchecked.item[i],
                                  "accepted although this check could not be made");
        return good;
}

int cli_open_plain(struct cli *cli)
{
        watch_interrupt();
        cli->libctx =
                aza_libctx_new(cli->config.delegate[0] != '\0' ? cli->config.delegate : "default");
        return cli->libctx != NULL ? 0 : aza_last_error()->code;
}

int cli_open(struct cli *cli)
{
        int r = read_config(cli);

        if (r != 0)
                return r;
        aza_log_set_level((enum azattest_log_level)cli->config.log);
        cli->weakened = aza_config_weakened(&cli->config);
        if (cli->weakened == NULL)
                return AZA_NO_MEMORY();
        if ((r = cli_demands(cli)) != 0)
                return r;
        if (!add_weakened(&cli->options, cli->weakened) ||
            (cli->demands != NULL && !aza_demands_weakened(cli->demands, cli->weakened)))
                return AZA_NO_MEMORY();
        char line[512];
        if (aza_weakened_line(cli->weakened, line, sizeof(line)))
                cli_weakened(line);
        cli->deadline = aza_deadline_in(cli->config.timeout, &cancelled);
        return cli_open_plain(cli);
}

int cli_tpm(struct cli *cli)
{
        return aza_tpm_new(cli->libctx, cli->config.tcti, cli->config.runtime_dir, &cli->tpm);
}

void cli_close(struct cli *cli)
{
        aza_tpm_free(cli->tpm);
        aza_demands_free(cli->demands);
        cli->demands = NULL;
        free(cli->evidence.demands);
        cli->evidence = (struct cli_evidence){0};
        json_object_put(cli->weakened);
        OSSL_LIB_CTX_free(cli->libctx);
        atomic_store(&context, NULL);
        azattest_context_free(cli->ctx);
        cli->ctx = NULL;
        cli->tpm = NULL;
        cli->weakened = NULL;
        cli->libctx = NULL;
}

int cli_time(const struct cli *cli, int64_t *ret)
{
        if (cli->options.time == NULL)
                return aza_now(ret);
        /* Further down 0 stands for now. */
        if (aza_parse_time(cli->options.time, ret) != 0 || *ret <= 0) {
                cli_error("--time %s is neither RFC 3339 (2026-01-31T12:00:00Z) nor seconds since "
                          "1970",
                          cli->options.time);
                return CLI_USAGE;
        }
        return 0;
}

const char *cli_operand_name(const struct cli *cli)
{
        return strcmp(cli->options.operand, "-") == 0 ? "standard input" : cli->options.operand;
}

int cli_operand_read(const struct cli *cli, size_t max, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r = aza_file_read(cli->options.operand, max, &content);

        if (r != 0)
                return r;
        if (content.len == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "%s is empty", cli_operand_name(cli));
        *ret = aza_bytes_take(&content);
        return 0;
}

void cli_refused(struct cli *cli)
{
        cli->judged = true;
        cli->verdict = AZA_VERDICT_REJECT;
}

int cli_key(struct cli *cli, enum aza_purpose fallback, struct aza_uri *ret)
{
        const struct cli_options *o = &cli->options;
        struct aza_uri uri = {.purpose = fallback,
                              .attest = cli->config.attest,
                              .hierarchy = cli->config.hierarchy,
                              .pcr_mask = cli->config.pcr_mask};

        if (o->purpose != NULL && !aza_purpose_parse(o->purpose, &uri.purpose)) {
                cli_error("--purpose %s: a key is for decrypt, sign or any", o->purpose);
                return CLI_USAGE;
        }
        uri.object = uri.purpose == AZA_PURPOSE_SIGN ? AZA_URI_SIGN : AZA_URI_KEY;
        if (o->name != NULL && !aza_key_name_valid(o->name)) {
                cli_error("--name %s: a name has 1 to %d letters, digits, '.', '_' or '-'", o->name,
                          AZA_KEY_NAME_MAX);
                return CLI_USAGE;
        }
        if (o->nonce != NULL && (o->nonce[0] == '\0' || strlen(o->nonce) > AZA_NONCE_MAX)) {
                cli_error("--nonce has %zu bytes; 1 to %d are possible", strlen(o->nonce),
                          AZA_NONCE_MAX);
                return CLI_USAGE;
        }
        (void)snprintf(uri.name, sizeof(uri.name), "%s", o->name != NULL ? o->name : "");
        (void)snprintf(uri.nonce, sizeof(uri.nonce), "%s", o->nonce != NULL ? o->nonce : "");
        *ret = uri;
        return 0;
}

int cli_key_derive(struct cli *cli, const struct aza_uri *uri, struct aza_keyref **ret)
{
        struct aza_key_spec spec = {.purpose = uri->purpose,
                                    .name = uri->name,
                                    .hierarchy = uri->hierarchy,
                                    .pcr_mask = uri->pcr_mask};

        return aza_key_derive(cli->tpm, &spec, NULL, ret);
}

const char *cli_uri(const struct aza_uri *uri, char out[CLI_URI_MAX])
{
        const bool any = uri->purpose == AZA_PURPOSE_ANY, named = uri->name[0] != '\0';

        (void)snprintf(out, CLI_URI_MAX, "azattest://%s%s%s%s%s",
                       uri->object == AZA_URI_SIGN ? "sign" : "key", named || any ? "?" : "",
                       named ? "name=" : "", uri->name,
                       !any    ? ""
                       : named ? "&purpose=any"
                               : "purpose=any");
        return out;
}
