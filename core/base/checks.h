/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of a verification: a list of named checks, each accepted, rejected or not checked,
 * with the reason (G1-G3, D33). Ids and names stand in check_table.h only.
 */
#ifndef AZA_BASE_CHECKS_H
#define AZA_BASE_CHECKS_H

#include "azattest.h"
#include "base/bytes.h"

#include <json-c/json.h>

enum aza_check_id {
#define AZA_CHECK(id, name, code) AZA_CHECK_##id,
#include "base/check_table.h"
#undef AZA_CHECK
        AZA_CHECK_COUNT
};

enum aza_outcome {
        AZA_ACCEPT,
        AZA_REJECT,
        AZA_NO_INPUT, /* the four kinds of "not checked" */
        AZA_SWITCHED_OFF,
        AZA_NOT_APPLICABLE,
        AZA_UNAVAILABLE,
        /* To aza_not_checked only: no input, as another check gave none; the reason names it. */
        AZA_FOLLOWS,
};

struct aza_check {
        enum aza_check_id id;
        enum aza_outcome outcome;
        bool required;
        bool follows; /* not made because another check was not, or failed: no cause of its own */
        bool doubted; /* it met the demands; nothing vouches for what it read (aza_checks_doubt) */
        int code;     /* result code when it is not the check's usual one, else 0 */
        char *reason; /* what happened, for people; NULL when accepted without remark */
        char *expected; /* or NULL */
        char *found;    /* or NULL */
};

struct aza_checks {
        struct aza_check *items;
        size_t count;
        size_t room;
        bool out_of_memory; /* then the verdict is reject */
};

enum aza_verdict {
        AZA_VERDICT_ACCEPT,
        AZA_VERDICT_REJECT,
        AZA_VERDICT_INCOMPLETE,
};

#define AZA_CHECKS __attribute__((cleanup(aza_checks_free)))
void aza_checks_free(struct aza_checks *checks);

const char *aza_check_id_text(enum aza_check_id id); /* "T8" */
const char *aza_check_name(enum aza_check_id id);    /* "signature" */
bool aza_check_find(const char *id_text, enum aza_check_id *ret);

/* Each adds one row. `format` may be NULL for accept. Return the outcome's truth: accept true,
 * others false, so that `if (!aza_reject(...)) goto out` style is not needed:
 * `return aza_reject(checks, AZA_CHECK_T8, "...")`. Required by default. */
bool aza_accept(struct aza_checks *checks, enum aza_check_id id, const char *format, ...)
        AZATTEST_PRINTF(3, 4);
bool aza_reject(struct aza_checks *checks, enum aza_check_id id, const char *format, ...)
        AZATTEST_PRINTF(3, 4);
bool aza_not_checked(struct aza_checks *checks, enum aza_check_id id, enum aza_outcome kind,
                     const char *format, ...) AZATTEST_PRINTF(4, 5);
/* Sets expected and found of the row added last (either may be NULL; copied). */
void aza_check_values(struct aza_checks *checks, const char *expected, const char *found);
/* Changes whether the row added last is required. */
void aza_check_required(struct aza_checks *checks, bool required);

/* Gives the row added last another result code than its check's usual one. */
void aza_check_code(struct aza_checks *checks, int code);

/* The row of `id`, or NULL. */
const struct aza_check *aza_checks_get(const struct aza_checks *checks, enum aza_check_id id);
enum aza_verdict aza_checks_verdict(const struct aza_checks *checks);
const char *aza_verdict_text(enum aza_verdict verdict);
/* Of such a text (may be NULL); what is none rejects. */
enum aza_verdict aza_verdict_of(const char *text);
/* Moves the one row of `row` to where the row of its id is, which goes; to the end when there is
 * none. */
void aza_checks_replace(struct aza_checks *checks, struct aza_checks *row);
/* Moves all rows of `from` behind those of `to`. */
void aza_checks_append(struct aza_checks *to, struct aza_checks *from);

/* The same of rows about what is not proven itself: rejections stay, what was accepted becomes "not
 * checked" (`kind`: AZA_NO_INPUT or AZA_FOLLOWS) for the reason `why`. What contradicts the demands
 * is refused also when something else, that would prove it, was left out of the evidence. */
void aza_checks_unproven(struct aza_checks *to, struct aza_checks *from, enum aza_outcome kind,
                         const char *why);

/* The same in place, of the rows `first` to `last` and as what follows from another row. */
void aza_checks_doubt(struct aza_checks *checks, enum aza_check_id first, enum aza_check_id last,
                      const char *why);

/* 0 when the verdict is accept; else the code of the first rejecting (or required unchecked) row,
 * raised as a failure whose message is "ID name: reason (expected .., found ..)". */
int aza_checks_result(const struct aza_checks *checks, const char *subject);

/* The same without a failure: code and text (cut to `size`, "" when accepted) of what decides. */
int aza_checks_reason(const struct aza_checks *checks, char *out, size_t size);

/* The JSON array of D33's "checks". NULL when out of memory. */
json_object *aza_checks_json(const struct aza_checks *checks);

#endif
