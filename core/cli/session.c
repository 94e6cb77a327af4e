/* SPDX-License-Identifier: Apache-2.0 */
/* From options and configuration to the context the subcommands work with. */
#include "cli/cli.h"

#include "base/error.h"
#include "base/json.h"
#include "base/result.h"
#include "os/file.h"
#include "os/process.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static azattest_context *_Atomic context; /* the one whose waits end */

static void on_interrupt(int number)
{
        (void)number;
        azattest_cancel(atomic_load(&context));
}

/* The first Ctrl-C ends waits with a message, the second one the program. */
static void watch_interrupt(void)
{
        aza_on_interrupt(on_interrupt);
}

const struct aza_error *cli_library_error(int r)
{
        if (r != 0)
                (void)aza_fail(AZA_HERE, r, azattest_tpm_error(NULL), "%s",
                               azattest_error_message(NULL));
        else
                aza_clear_error();
        return aza_last_error();
}

int cli_called(int r)
{
        (void)cli_library_error(r);
        return r;
}

int cli_usage(int r)
{
        if (r != AZATTEST_E_INVALID_PARAMETER)
                return r;
        cli_error("%s", aza_last_error()->message);
        return CLI_USAGE;
}

/* Options win over the environment, which wins over openssl.cnf. */
static int override(azattest_context *ctx, const char *key, const char *value)
{
        return value != NULL ? azattest_context_set(ctx, key, value) : 0;
}

static int override_all(azattest_context *ctx, const struct cli_options *o, const char *level)
{
        int r;

        if ((r = override(ctx, "vmid", o->vmid)) != 0 ||
            (r = override(ctx, "any-vm", o->any_vm ? "yes" : NULL)) != 0 ||
            (r = override(ctx, "delegated", o->delegated ? "yes" : NULL)) != 0 ||
            (r = override(ctx, "allow-stale-keys", o->allow_stale_keys ? "yes" : NULL)) != 0 ||
            (r = override(ctx, "require", o->require)) != 0 ||
            (r = override(ctx, "policy", o->policy)) != 0 ||
            (r = override(ctx, "pcrs", o->pcrs)) != 0 ||
            (r = override(ctx, "hierarchy", o->hierarchy)) != 0)
                return r;
        /* Of a folder of certificates it is said what was passed over. */
        const bool remarks = o->certs.count > 0 && level != NULL && strcmp(level, "error") == 0;
        return override(ctx, "log",
                        o->debug     ? "debug"
                        : o->verbose ? "info"
                        : remarks    ? "warn"
                                     : NULL);
}

/* *ret_sound: the configuration is good without the options. */
static int read_config(struct cli *cli, bool *ret_sound)
{
        char *level = NULL;
        int r = azattest_context_new(cli->options.config, &cli->ctx);

        if (r != 0)
                return r;
        atomic_store(&context, cli->ctx);
        azattest_set_progress(cli->ctx, cli_progress, NULL);
        *ret_sound = azattest_context_get(cli->ctx, "log", &level) == 0;
        r = override_all(cli->ctx, &cli->options, level);
        azattest_free(level);
        level = NULL;
        if (r == 0)
                r = azattest_context_get(cli->ctx, "log", &level);
        azattest_free(level);
        return r;
}

/* Names what weakens, in settings and options (D13). */
static int find_weakened(struct cli *cli)
{
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_evidence_options evidence = cli->evidence.options;
        const char *purpose = cli->options.purpose;
        static bool said;
        char *text = NULL, line[4096];
        int r = 0;

        evidence.nonce = NULL;
        options.evidence = &evidence;
        if (purpose != NULL && strcmp(purpose, "any") == 0)
                options.purpose = purpose;
        if (cli->options.time != NULL && (r = cli_time(cli, &options.time)) != 0)
                return r;
        if ((r = cli_called(azattest_weakened(cli->ctx, &options, &text))) != 0)
                return cli_usage(r);
        if ((cli->weakened = cli_document(text)) == NULL)
                return AZA_NO_MEMORY();
        /* Where nothing is judged there is nothing to weaken. */
        const bool judges = cli->command->judges || cli->options.token != NULL;
        if (!said && judges && !cli->options.quiet &&
            aza_weakened_line(cli->weakened, line, sizeof(line)))
                cli_weakened(line);
        said = true; /* of many files, once */
        return 0;
}

int cli_open(struct cli *cli)
{
        bool sound = false;
        int r = cli_called(read_config(cli, &sound));

        watch_interrupt();
        /* Bad only since options stand above it: they are what is wrong. */
        if (r == AZATTEST_E_CONFIGURATION && sound) {
                cli_error("%s", aza_last_error()->message);
                return CLI_USAGE;
        }
        if (r != 0 || (r = cli_demands(cli)) != 0)
                return r;
        return find_weakened(cli);
}

void cli_close(struct cli *cli)
{
        free(cli->evidence.demands);
        cli->evidence = (struct cli_evidence){0};
        json_object_put(cli->weakened);
        cli->weakened = NULL;
        atomic_store(&context, NULL);
        azattest_context_free(cli->ctx);
        cli->ctx = NULL;
}

int cli_time(const struct cli *cli, int64_t *ret)
{
        if (cli->options.time == NULL)
                return aza_now(ret);
        /* Further down 0 stands for now. */
        if (aza_parse_time(cli->options.time, ret) != 0 || *ret <= 0) {
                cli_error(
                        "--time %s is neither RFC 3339 (2026-01-31T12:00:00Z) nor seconds since 1970",
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

static const struct {
        const char *purpose, *uri;
} keys[] = {
        {"decrypt", "azattest://key?name="},
        {"sign", "azattest://sign?name="},
        {"issue", "azattest://issue?name="},
        {"any", "azattest://key?purpose=any&name="},
};

#define NAME_MAX_LEN 64
#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define NONCE_MAX    512

/* What would be another URI, or none, is no name. */
static int check_name(const char *name)
{
        if (name == NULL || (*name != '\0' && strlen(name) <= NAME_MAX_LEN &&
                             name[strspn(name, NAME_LETTERS)] == '\0'))
                return 0;
        cli_error("--name %s: a name has 1 to %d letters, digits, '.', '_' or '-'", name,
                  NAME_MAX_LEN);
        return CLI_USAGE;
}

static int check_nonce(const char *nonce)
{
        if (nonce == NULL || (*nonce != '\0' && strlen(nonce) <= NONCE_MAX))
                return 0;
        cli_error("--nonce has %zu bytes; 1 to %d are possible", strlen(nonce), NONCE_MAX);
        return CLI_USAGE;
}

int cli_key(struct cli *cli, const char *fallback_purpose, char ret[CLI_URI_MAX])
{
        const struct cli_options *o = &cli->options;
        const char *purpose = o->purpose != NULL ? o->purpose : fallback_purpose;

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                if (strcmp(keys[i].purpose, purpose) != 0)
                        continue;
                if (check_name(o->name) != 0 || check_nonce(o->nonce) != 0)
                        return CLI_USAGE;
                /* Without a name the parameter goes, too. */
                (void)snprintf(ret, CLI_URI_MAX, "%s%s", keys[i].uri,
                               o->name != NULL ? o->name : "");
                if (o->name == NULL)
                        ret[strlen(ret) - strlen("?name=")] = '\0';
                return 0;
        }
        cli_error("--purpose %s: a key is for decrypt, sign, issue or any", purpose);
        return CLI_USAGE;
}

json_object *cli_document(char *text)
{
        json_object *value = text != NULL ? json_tokener_parse(text) : NULL;

        azattest_free(text);
        return value;
}
