/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an issuer's key set is fetched and which one counts (T7). Each question is first put to the
 * record alone; only where that says "fetch" does a thread take its turn, ask the record again,
 * since another may have fetched meanwhile, and go to the network. The turn is no mutex: a flag of
 * this process and a file lock between processes, both of which end with who holds them.
 */
#include "base/error.h"
#include "base/log.h"
#include "online/key_set_process.h"
#include "online/maa.h"
#include "os/file.h"

#include <stdio.h>
#include <string.h>

#define REFRESH_SECONDS 60   /* unknown kids cause at most one fetch in this time */
#define FAILURE_SECONDS 10   /* a failed fetch is not repeated in this time */
#define HUNG_MS         4000 /* a wait that says something about the server; a handshake has 5 s */
#define POLL_MS         20

struct question {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        const struct aza_deadline *deadline; /* NULL: no network */
        const struct aza_token *token;
        char name[AZA_JWKS_NAME];
        int64_t now;
        struct aza_jwks_record record;
        struct aza_jwks *set; /* the record's, or NULL */
        enum aza_turn turn;
        int lock; /* -1: none */
};

/* ---- the record ---- */

/* The later one of directory and process: the latter only has what could not be written. */
static void read_record(struct question *q)
{
        AZA_JWKS_RECORD struct aza_jwks_record kept = {0};

        aza_jwks_record_free(&q->record);
        aza_jwks_free(aza_take(&q->set));
        if (aza_jwks_record_read(q->config->runtime_dir, q->name, q->now, &q->record) != 0)
                aza_jwks_record_free(&q->record);
        if (aza_kept_read(q->name, q->now, &kept) == 0 && kept.written >= q->record.written) {
                struct aza_jwks_record older = q->record;
                q->record = kept;
                kept = older;
        }
        (void)aza_jwks_of_record(q->libctx, &q->record, q->now, &q->set);
        aza_clear_error();
}

static void write_record(struct question *q)
{
        q->record.written = q->now;
        if (aza_jwks_record_write(q->config->runtime_dir, q->name, &q->record) == 0) {
                aza_kept_drop(q->name);
                return;
        }
        AZA_LOG(DEBUG, "key set kept in this process only: %s", aza_last_error()->message);
        aza_kept_write(q->name, &q->record);
}

static bool has_key(const struct question *q)
{
        return q->set != NULL && aza_token_signer(q->set, q->token, q->now).key != NULL;
}

static bool is_fresh(const struct question *q)
{
        return q->set != NULL && q->now < q->record.fetched + AZA_JWKS_FRESH;
}

static bool is_recent(int64_t time, int64_t now, int64_t seconds)
{
        return time != 0 && time <= now && now - time < seconds;
}

/* ---- what the record says ---- */

static bool is_cancelled(const struct question *q)
{
        return q->deadline != NULL && aza_deadline_cancelled(q->deadline);
}

/* No fetch now because of `code` and this thread's message: a stale set, or that error. */
static int settle_failure(struct question *q, int code)
{
        const struct aza_error why = *aza_last_error();

        if (!q->config->allow_stale_keys || is_cancelled(q) || !has_key(q) ||
            q->now >= q->record.fetched + AZA_JWKS_STALE)
                return code;
        AZA_LOG(WARN, "stale key set of %s used: %s", q->token->issuer, why.message);
        return 0;
}

/* True when no fetch is wanted; *ret is then 0 (q->set is it) or the remembered failure. */
static bool settle(struct question *q, int *ret)
{
        const int64_t pause = is_fresh(q) ? REFRESH_SECONDS : FAILURE_SECONDS;
        char at[32];

        *ret = 0;
        if (is_fresh(q) && (has_key(q) || is_recent(q->record.asked, q->now, REFRESH_SECONDS)))
                return true;
        if (!is_recent(q->record.failed, q->now, pause))
                return false;
        *ret = settle_failure(
                q, AZA_FAIL(q->record.code,
                            "%s; it failed moments ago and is not asked again before %s",
                            q->record.failure, aza_rfc3339(q->record.failed + pause, at)));
        return true;
}

/* ---- the turn ---- */

static bool take_turn(struct question *q)
{
        char file[AZA_JWKS_NAME + 8];

        q->turn = aza_turn_take(q->name);
        if (q->turn != AZA_TURN_MINE)
                return q->turn == AZA_TURN_NONE;
        (void)snprintf(file, sizeof(file), "%s.lock", q->name);
        if (aza_runtime_lock(q->config->runtime_dir, file, &q->lock) != 0)
                return true; /* also where nothing can be locked: then nothing is shared either */
        aza_turn_end(q->name);
        return false;
}

static void end_turn(struct question *q)
{
        if (q->lock >= 0)
                aza_runtime_unlock(q->lock);
        q->lock = -1;
        if (q->turn == AZA_TURN_MINE)
                aza_turn_end(q->name);
}

static int wait_for_turn(struct question *q)
{
        int r = 0;

        while (!take_turn(q)) {
                r = aza_wait(q->deadline, POLL_MS);
                if (r != 0)
                        return aza_context(r, "another thread or process fetches the key set of %s",
                                           q->token->issuer);
        }
        return 0;
}

/* ---- the fetch ---- */

/* Not what went wrong here, which says nothing about the server; nor that a caller was in a hurry,
 * unless it was about a kid that somebody may have invented. */
static bool is_remembered(const struct question *q, int code, int64_t took_ms)
{
        if (aza_deadline_cancelled(q->deadline))
                return false;
        if (is_fresh(q))
                took_ms = HUNG_MS;
        return code == AZATTEST_E_TRANSPORT || code == AZATTEST_E_HTTP_FAILED ||
               code == AZATTEST_E_RETRIES_EXCEEDED || code == AZATTEST_E_TOKEN_SIGNATURE ||
               (code == AZATTEST_E_DEADLINE && took_ms >= HUNG_MS);
}

static int take_body(struct question *q, struct aza_span body)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *parsed = NULL;

        int r = aza_jwks_parse(q->libctx, body, &parsed);
        if (r == 0)
                r = aza_jwks_record_fetched(&q->record, body, q->now);
        if (r != 0)
                return aza_context(r, "key set of %s", q->token->issuer);
        aza_jwks_free(aza_take(&q->set));
        return aza_jwks_of_record(q->libctx, &q->record, q->now, &q->set);
}

/* With the turn: asks the issuer and keeps what came of it. A failed fetch leaves the keys
 * alone. */
static int fetch(struct question *q)
{
        AZA_BYTES struct aza_bytes body = {0};
        const int64_t start = aza_monotonic_ms();
        const bool for_kid = is_fresh(q);

        int r = aza_maa_certs(q->config, q->deadline, q->token->issuer, &body);
        if (r == 0 && (r = aza_now(&q->now)) == 0)
                r = take_body(q, aza_bytes_span(&body));
        const struct aza_error why = aza_error_of(r);
        if (r != 0 && is_remembered(q, r, aza_monotonic_ms() - start))
                aza_jwks_record_failed(&q->record, r, why.message, q->now);
        else if (r == 0 && (for_kid || !has_key(q)))
                q->record.asked = q->now;
        write_record(q);
        if (r == 0)
                return 0;
        (void)aza_error_restore(&why);
        return settle_failure(q, r);
}

static int answer(struct question *q)
{
        int r;

        read_record(q);
        if (settle(q, &r))
                return r;
        if (q->deadline == NULL)
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE, "the key set of %s is not at hand",
                                q->token->issuer);
        r = wait_for_turn(q);
        if (r != 0)
                return settle_failure(q, r);
        r = aza_now(&q->now);
        if (r == 0) {
                read_record(q);
                if (!settle(q, &r))
                        r = fetch(q);
        }
        end_turn(q);
        return r;
}

int aza_maa_jwks(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_deadline *deadline, const struct aza_token *token,
                 struct aza_jwks **ret)
{
        struct question q = {.libctx = libctx,
                             .config = config,
                             .deadline = deadline,
                             .token = token,
                             .lock = -1};

        int r = aza_jwks_record_name(libctx, config, token->issuer, q.name);
        if (r == 0)
                r = aza_now(&q.now);
        if (r == 0)
                r = answer(&q);
        if (r == 0)
                *ret = aza_take(&q.set);
        aza_jwks_free(q.set);
        aza_jwks_record_free(&q.record);
        return r;
}
