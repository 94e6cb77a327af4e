/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where collateral in evidence comes from, and how long it is kept. How it is asked for is
 * online/td_collateral.c's matter, what is good tdx/fit.c's. */
#include "online/td_evidence.h"

#include "base/error.h"
#include "base/log.h"
#include "online/known.h"
#include "online/td_collateral.h"
#include "online/td_collateral_file.h"
#include "os/file.h"
#include "tdx/verify.h"

#include <stdio.h>
#include <string.h>

#define FETCH_MS   10000
#define AZURE_IMDS "http://169.254.169.254"
/* As Azure documents it for the quote provider of Intel's that asks the same service. */
#define API_VERSION   "&api-version=2021-07-22-preview"
#define MISSING_LATER "whoever judges the evidence must have it (--collateral, or --fetch there)"

/* One VM has one platform at a time. */
static struct aza_known known = AZA_KNOWN_NOTHING;

struct source {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        const struct aza_deadline *deadline;
        struct aza_span quote;
        struct aza_td_platform_name platform;
        uint8_t key[AZA_SHA256_LEN]; /* of what was kept */
};

/* ---- what is good ---- */

/* It came over plain HTTP from who knows whom, or from a file of last month: what a verifier cannot
 * use would only spoil the evidence. 0, or AZATTEST_E_EVIDENCE. */
static int judge(const struct source *s, const struct aza_td_collateral *c)
{
        struct aza_intel_trust trust = {.roots = s->config->intel_root};
        const char *part = NULL;
        int r = aza_now(&trust.time);

        if (r != 0)
                return r;
        const char *fault = aza_td_collateral_fault(s->libctx, s->quote, c, &trust, &part);
        return fault == NULL ? 0 : AZA_FAIL(AZATTEST_E_EVIDENCE, "%s: %s", part, fault);
}

/* Of text that was kept; nothing when it is good no more. */
static bool revive(const struct source *s, const struct aza_bytes *text,
                   struct aza_td_collateral *ret)
{
        struct aza_td_collateral c = {0};

        if (aza_td_collateral_decode(aza_bytes_span(text), &c) == 0 && judge(s, &c) == 0) {
                *ret = c;
                return true;
        }
        aza_clear_error();
        aza_td_collateral_free(&c);
        return false;
}

/* ---- the runtime directory ---- */

#define FILE_NAME_ROOM (2 * AZA_SHA256_LEN + 8)

static void file_name(const struct source *s, char ret[FILE_NAME_ROOM])
{
        char hex[2 * AZA_SHA256_LEN + 1];

        (void)snprintf(ret, FILE_NAME_ROOM, "%s.td",
                       aza_hex(aza_span_of(s->key, sizeof(s->key)), hex));
}

static bool from_runtime(const struct source *s, struct aza_td_collateral *ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        char name[FILE_NAME_ROOM];

        file_name(s, name);
        if (aza_runtime_read(s->config->runtime_dir, name, AZA_TD_COLLATERAL_MAX, &text) != 0) {
                aza_clear_error();
                return false;
        }
        if (!revive(s, &text, ret))
                return false;
        aza_known_remember(&known, s->key, &text);
        return true;
}

static void keep(const struct source *s, struct aza_td_collateral *c)
{
        AZA_BYTES struct aza_bytes text = {0};
        char name[FILE_NAME_ROOM];

        file_name(s, name);
        if (aza_td_collateral_encode(c, &text) != 0 ||
            aza_runtime_write(s->config->runtime_dir, name, aza_bytes_span(&text)) != 0) {
                AZA_LOG(DEBUG, "TDX collateral kept in this process only: %s",
                        aza_last_error()->message);
                aza_clear_error();
        }
        if (text.len > 0)
                aza_known_remember(&known, s->key, &text);
}

/* ---- Azure's cache ---- */

static int ask(const struct source *s, const struct aza_td_services *services,
               struct aza_td_collateral *ret)
{
        int r = aza_ask_td_collateral(s->libctx, s->deadline, services, &s->platform, ret);

        if (r == 0)
                r = judge(s, ret);
        if (r != 0)
                aza_td_collateral_free(ret);
        return r != 0 ? aza_context(r, "%s", services->what) : 0;
}

/* The public address only where instance metadata is Azure's own: who set another has no business
 * with it. */
static int fetch(const struct source *s, struct aza_td_collateral *ret)
{
        char base[sizeof(s->config->imds_url) + 32];
        const struct aza_td_services imds = {.certification = base,
                                             .ca_file = "",
                                             .what = "Azure's cache of TDX collateral (IMDS)",
                                             .query = API_VERSION,
                                             .imds = true};
        const struct aza_td_services cache = {.certification = "https://global.acccache.azure.net",
                                              .ca_file = "",
                                              .what = "Azure's cache of TDX collateral"};

        (void)snprintf(base, sizeof(base), "%s/metadata/THIM", s->config->imds_url);
        int r = ask(s, &imds, ret);
        if (r == 0 || strcmp(s->config->imds_url, AZURE_IMDS) != 0 ||
            aza_deadline_left(s->deadline) == 0)
                return r;
        AZA_LOG(INFO, "%s", aza_last_error()->message);
        aza_clear_error();
        return ask(s, &cache, ret);
}

static void from_network(const struct source *whole, struct aza_td_collateral *ret)
{
        struct aza_deadline soon = *whole->deadline;
        struct source hurried = *whole;
        const struct source *s = &hurried;
        const int64_t latest = aza_monotonic_ms() + FETCH_MS;

        if (soon.at_ms > latest)
                soon.at_ms = latest;
        hurried.deadline = &soon;
        if (fetch(s, ret) == 0) {
                keep(s, ret);
                return;
        }
        AZA_LOG(WARN,
                "no TDX collateral (TCB info, QE identity, revocation lists): %s; " MISSING_LATER,
                aza_last_error()->message);
        aza_clear_error();
        /* Whose call was cancelled or had no time left has learnt nothing. */
        if (aza_deadline_left(whole->deadline) > 0)
                aza_known_remember(&known, s->key, &(const struct aza_bytes){0});
}

/* ---- the setting ---- */

static bool identify(struct source *s)
{
        char name[32];

        if (!aza_td_platform_named(s->libctx, s->quote, &s->platform))
                return false;
        const int len = snprintf(name, sizeof(name), "%s %s", s->platform.fmspc, s->platform.ca);
        return aza_sha256(s->libctx, aza_span_of(name, (size_t)len), s->key) == 0;
}

static void from_anywhere(struct source *s, struct aza_td_collateral *ret)
{
        AZA_BYTES struct aza_bytes text = {0};

        if (!identify(s)) {
                AZA_LOG(WARN, "no TDX collateral: the TD quote names no platform; " MISSING_LATER);
                aza_clear_error();
                return;
        }
        if (aza_known_recall(&known, s->key, &text) && (text.len == 0 || revive(s, &text, ret)))
                return;
        if (!from_runtime(s, ret))
                from_network(s, ret);
}

int aza_evidence_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                               const struct aza_deadline *deadline, struct aza_evidence_file *file)
{
        const char *setting = config->td_collateral;
        struct source s = {.libctx = libctx,
                           .config = config,
                           .deadline = deadline,
                           .quote = aza_bytes_span(&file->td_quote)};

        if (file->vm != AZA_VM_TDX || strcmp(setting, "none") == 0 ||
            !aza_td_collateral_is_empty(&file->td_collateral))
                return 0;
        if (strcmp(setting, "fetch") == 0) {
                from_anywhere(&s, &file->td_collateral);
                return 0;
        }
        int r = aza_td_collateral_read(setting, &file->td_collateral);
        return r != 0 ? aza_context(r == AZATTEST_E_INPUT ? AZATTEST_E_CONFIGURATION : r,
                                    "td-collateral = %s", setting)
                      : 0;
}
