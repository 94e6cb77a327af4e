/* SPDX-License-Identifier: Apache-2.0 */
/* Replaying a log: every PCR in scope must end at its quoted value (E1-E8). */
#include "boot/event_log.h"

#include "config/config.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define LOCALITY_ID "StartupLocality"
#define FIRMWARE    0xFFu /* PCR 0-7 */

struct replay {
        const EVP_MD *md;
        EVP_MD_CTX *ctx;
        size_t size;
        uint8_t value[AZA_PCR_COUNT][EVP_MAX_MD_SIZE];
        uint32_t events[AZA_PCR_COUNT]; /* that extended the PCR */
        uint32_t no_action;             /* events of that type: never extended (E4) */
        bool locality_seen;
        uint8_t locality;
        const char *locality_fault;
};

static bool skip_from(struct aza_checks *checks, int from, enum aza_outcome kind, bool required,
                      const char *why)
{
        for (int id = from; id <= AZA_CHECK_E16; id++) {
                (void)aza_not_checked(checks, (enum aza_check_id)id, kind, "%s", why);
                aza_check_required(checks, required);
        }
        return false;
}

static const char *digest_name(uint16_t bank, size_t *ret_size)
{
        switch (bank) {
        case TPM2_ALG_SHA1:
                *ret_size = 20;
                return "SHA1";
        case TPM2_ALG_SHA384:
                *ret_size = 48;
                return "SHA2-384";
        case TPM2_ALG_SHA512:
                *ret_size = 64;
                return "SHA2-512";
        case TPM2_ALG_SHA256:
                *ret_size = 32;
                return "SHA2-256";
        default:
                *ret_size = 0;
                return NULL;
        }
}

/* 0-16 and 23 begin as zeros, 17-22 as ones (E6). */
static void initial_value(unsigned int pcr, uint8_t *out, size_t size)
{
        memset(out, pcr >= 17 && pcr <= 22 ? 0xFF : 0, size);
}

static bool extend(struct replay *r, const struct aza_event *e)
{
        r->events[e->pcr]++;
        return EVP_DigestInit_ex2(r->ctx, r->md, NULL) == 1 &&
               EVP_DigestUpdate(r->ctx, r->value[e->pcr], r->size) == 1 &&
               EVP_DigestUpdate(r->ctx, e->digest.data, e->digest.len) == 1 &&
               EVP_DigestFinal_ex(r->ctx, r->value[e->pcr], NULL) == 1;
}

/* E5. */
static void start_at_locality(struct replay *r, const struct aza_event *e)
{
        uint8_t locality = 0;

        if (e->data.len < sizeof(LOCALITY_ID) ||
            memcmp(e->data.data, LOCALITY_ID, sizeof(LOCALITY_ID)) != 0)
                return;
        if (e->data.len == sizeof(LOCALITY_ID) + 1)
                locality = e->data.data[sizeof(LOCALITY_ID)];
        if (e->data.len != sizeof(LOCALITY_ID) + 1)
                r->locality_fault = "it is not 17 bytes long";
        else if (e->pcr != 0)
                r->locality_fault = "it is for another PCR than 0";
        else if (r->locality_seen)
                r->locality_fault = "it stands twice";
        else if (r->events[0] != 0)
                r->locality_fault = "PCR 0 was extended before it";
        else
                r->value[0][r->size - 1] = r->locality = locality;
        if (locality != 0 && locality != 3 && locality != 4)
                r->locality_fault = "no TPM starts at that locality";
        r->locality_seen = true;
}

/* Runs through the log. False when it is malformed (E3) or hashing failed. */
static bool run(struct aza_events *events, struct replay *r, struct aza_checks *checks)
{
        struct aza_event e;

        while (aza_events_next(events, &e)) {
                if (e.type == AZA_EV_NO_ACTION) {
                        r->no_action++;
                        start_at_locality(r, &e);
                } else if (!extend(r, &e)) {
                        return aza_reject(checks, AZA_CHECK_E3, "hashing failed");
                }
        }
        if (events->fault != NULL)
                return aza_reject(checks, AZA_CHECK_E3, "event %u: %s", events->next,
                                  events->fault);
        return aza_accept(checks, AZA_CHECK_E3, "%u events", events->next);
}

/* The quoted value of `pcr` among the selected ones. */
static const uint8_t *quoted(const struct aza_event_options *o, unsigned int pcr, size_t size)
{
        size_t before = (size_t)__builtin_popcount(o->mask & ((1u << pcr) - 1));
        return o->values.data + before * size;
}

/* Names the first PCR that the log does not explain (E6, E7). */
static bool reject_value(const struct replay *r, unsigned int pcr, const uint8_t *want,
                         struct aza_checks *checks)
{
        char expected[2 * EVP_MAX_MD_SIZE + 1], found[2 * EVP_MAX_MD_SIZE + 1];

        if (r->events[pcr] == 0) {
                (void)aza_accept(checks, AZA_CHECK_E6, "but for E7");
                (void)aza_reject(checks, AZA_CHECK_E7,
                                 "PCR %u was extended, but the log has no event for it", pcr);
                return false;
        }
        (void)aza_reject(
                checks, AZA_CHECK_E6,
                "the log's %u events of PCR %u do not lead to the value that was quoted: %s",
                r->events[pcr], pcr,
                (FIRMWARE >> pcr & 1) != 0
                        ? "the log was altered, or is of another boot"
                        : "the log was altered, or the system has extended this PCR since the log ended; if so, demand the PCR's value (--pcr), or have evidence made without it (--pcrs)");
        aza_check_values(checks, aza_hex(aza_span_of(want, r->size), expected),
                         aza_hex(aza_span_of(r->value[pcr], r->size), found));
        (void)aza_not_checked(checks, AZA_CHECK_E7, AZA_FOLLOWS, "as E6");
        return false;
}

static bool check_values(const struct replay *r, const struct aza_event_options *o, uint32_t scope,
                         struct aza_checks *checks)
{
        for (unsigned int pcr = 0; pcr < AZA_PCR_COUNT; pcr++) {
                const uint8_t *want = quoted(o, pcr, r->size);
                if ((scope >> pcr & 1) != 0 && memcmp(want, r->value[pcr], r->size) != 0)
                        return reject_value(r, pcr, want, checks);
        }
        (void)aza_accept(checks, AZA_CHECK_E6, NULL);
        return aza_accept(checks, AZA_CHECK_E7, NULL);
}

/* E8: PCRs of the quote that the log says nothing of (they are returned), and of the log that the
 * quote says nothing of. */
static uint32_t check_scope(const struct replay *r, const struct aza_event_options *o,
                            uint32_t scope, struct aza_checks *checks)
{
        uint32_t unexplained = 0, unquoted = 0;
        uint8_t initial[EVP_MAX_MD_SIZE];
        char done[64], text[64];

        for (unsigned int pcr = 0; pcr < AZA_PCR_COUNT; pcr++) {
                uint32_t bit = 1u << pcr;
                initial_value(pcr, initial, r->size);
                if ((o->mask & ~scope & bit) != 0 &&
                    memcmp(quoted(o, pcr, r->size), initial, r->size) != 0)
                        unexplained |= bit;
                if ((o->mask & bit) == 0 && r->events[pcr] != 0)
                        unquoted |= bit;
        }
        (void)aza_config_pcrs_text(scope, done);
        if (unexplained != 0) {
                (void)aza_not_checked(
                        checks, AZA_CHECK_E8, AZA_NO_INPUT,
                        "PCR %s; the log does not explain the values of PCR %s (extended after it ended): the quote proves them, not what they stand for",
                        done, aza_config_pcrs_text(unexplained, text));
                aza_check_required(checks, false);
        } else if (unquoted != 0) {
                (void)aza_accept(
                        checks, AZA_CHECK_E8,
                        "PCR %s; PCR %s is not quoted: the log's events there prove nothing", done,
                        aza_config_pcrs_text(unquoted, text));
        } else {
                (void)aza_accept(checks, AZA_CHECK_E8, "PCR %s; the log has events of no other",
                                 done);
        }
        return unexplained;
}

/* E5. The locality is in PCR 0's value alone. */
static void check_locality(const struct replay *r, bool proven, struct aza_checks *checks)
{
        if (r->locality_fault != NULL) {
                (void)aza_reject(checks, AZA_CHECK_E5, "StartupLocality: %s", r->locality_fault);
        } else if (proven) {
                (void)aza_accept(checks, AZA_CHECK_E5, "locality %u", r->locality);
        } else {
                (void)aza_not_checked(checks, AZA_CHECK_E5, AZA_NO_INPUT,
                                      "PCR 0 was not replayed: nothing proves the locality");
                aza_check_required(checks, false);
        }
}

/* Those quoted that the log has events of are replayed, too. Where the system goes on extending a
 * PCR above 7 after the log ended, a value that the verifier demands is proof enough (Q9). */
static uint32_t widen(const struct replay *r, const struct aza_event_options *o, uint32_t scope)
{
        for (unsigned int pcr = 0; pcr < AZA_PCR_COUNT; pcr++) {
                uint32_t bit = 1u << pcr;
                if (r->events[pcr] == 0 || (o->mask & bit) == 0)
                        continue;
                if ((o->demanded & ~FIRMWARE & bit) == 0 ||
                    memcmp(quoted(o, pcr, r->size), r->value[pcr], r->size) == 0)
                        scope |= bit;
        }
        return scope;
}

/* True when every PCR of `ret->scope` is the quoted one (E3-E8); `ret` then says which those
 * are. */
static bool replay(OSSL_LIB_CTX *libctx, struct aza_events *events,
                   const struct aza_event_options *o, struct aza_replayed *ret,
                   struct aza_checks *checks)
{
        struct replay r = {0};
        char text[64];
        const char *name = digest_name(events->bank, &r.size);
        AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(libctx, name, NULL);
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        r.md = md;
        r.ctx = ctx;
        for (unsigned int pcr = 0; pcr < AZA_PCR_COUNT; pcr++)
                initial_value(pcr, r.value[pcr], r.size);
        if (md == NULL || ctx == NULL) {
                (void)aza_reject(checks, AZA_CHECK_E3, "%s cannot be had", name);
                return skip_from(checks, AZA_CHECK_E4, AZA_FOLLOWS, true, "as E3");
        }
        if (!run(events, &r, checks))
                return skip_from(checks, AZA_CHECK_E4, AZA_FOLLOWS, true, "as E3");
        (void)aza_accept(checks, AZA_CHECK_E4, "%u without action, not extended", r.no_action);
        if (o->values.len != (size_t)__builtin_popcount(o->mask) * r.size ||
            (ret->scope & ~o->mask) != 0) {
                check_locality(&r, false, checks);
                (void)aza_not_checked(checks, AZA_CHECK_E6, AZA_NO_INPUT,
                                      "no verified quote covers PCR %s",
                                      aza_config_pcrs_text(ret->scope, text));
                return skip_from(checks, AZA_CHECK_E7, AZA_FOLLOWS, true, "as E6");
        }
        ret->scope = widen(&r, o, ret->scope);
        bool proven = check_values(&r, o, ret->scope, checks);
        check_locality(&r, proven && (ret->scope & 1) != 0, checks);
        if (!proven)
                return skip_from(checks, AZA_CHECK_E8, AZA_FOLLOWS, true, "as E6, E7");
        ret->unexplained = check_scope(&r, o, ret->scope, checks) & ~o->demanded;
        return true;
}

bool aza_event_log_verify(OSSL_LIB_CTX *libctx, struct aza_span log,
                          const struct aza_event_options *options, struct aza_checks *checks,
                          struct aza_boot_facts *ret)
{
        struct aza_events events;
        uint16_t bank = options->bank != 0 ? options->bank : TPM2_ALG_SHA256;
        struct aza_replayed replayed = {log, bank, options->scope != 0 ? options->scope : FIRMWARE,
                                        0};
        size_t size = 0;

        if (log.len == 0) {
                if (options->required || options->need_secure_boot) {
                        (void)aza_reject(checks, AZA_CHECK_E1,
                                         "there is no event log, and the verifier needs one");
                } else {
                        (void)aza_not_checked(
                                checks, AZA_CHECK_E1, AZA_NO_INPUT, "%s",
                                options->wanted
                                        ? "there is no event log: nothing says whether secure boot was on (secure-boot = report does without)"
                                        : "there is no event log");
                        aza_check_required(checks, options->wanted);
                }
                (void)skip_from(checks, AZA_CHECK_E2, AZA_NO_INPUT, false, "no event log");
                return !options->required && !options->need_secure_boot;
        }
        (void)aza_accept(checks, AZA_CHECK_E1, "%zu bytes", log.len);
        const char *fault = digest_name(bank, &size) == NULL ? "the quoted bank is unknown"
                                                             : aza_events_begin(log, bank, &events);
        if (fault != NULL) {
                (void)aza_reject(checks, AZA_CHECK_E2, "%s", fault);
                return skip_from(checks, AZA_CHECK_E3, AZA_FOLLOWS, true, "as E2");
        }
        (void)aza_accept(checks, AZA_CHECK_E2, "%s",
                         events.sha1_form ? "SHA-1 form" : "crypto-agile");
        if (!replay(libctx, &events, options, &replayed, checks))
                return false;
        bool ok = aza_event_facts(libctx, &replayed, options->need_secure_boot, checks, ret);
        const struct aza_check *locality = aza_checks_get(checks, AZA_CHECK_E5);
        return ok && locality != NULL && locality->outcome != AZA_REJECT;
}
