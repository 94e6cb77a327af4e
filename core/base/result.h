/* SPDX-License-Identifier: Apache-2.0 */
/* Results for programs and people (D33), and how what weakens them is named (D13). */
#ifndef AZA_BASE_RESULT_H
#define AZA_BASE_RESULT_H

#include "base/checks.h"
#include "base/error.h"

#include <stdio.h>

/* The document of D33 and D54: schema, verdict, subject ("token", "evidence", "certificate",
 * "report"), result, result-name, reason, time, weakened, checks, claims. No member name has a
 * space. `weakened` (NULL: []) and `claims` (NULL: {}) stay the caller's and are shared. The caller
 * puts the result; NULL when out of memory. */
json_object *aza_result_json(const struct aza_checks *checks, const char *subject, int64_t time,
                             json_object *weakened, json_object *claims);
/* The same where `why` kept rows from being made: without rows and claims. */
json_object *aza_result_failure(const char *subject, int64_t time, json_object *weakened,
                                enum aza_verdict verdict, const struct aza_error *why);

/* One line a row: id, name, outcome, reason (with expected and found), aligned, nothing wrapped and
 * nothing but printable ASCII. 0 or AZATTEST_E_NO_MEMORY; write errors are the stream's. */
int aza_result_table(FILE *out, const struct aza_checks *checks);
/* The same of the member "checks" of a result; without `all` only rows that matter. Returns how
 * many were left out. */
size_t aza_result_rows(FILE *out, json_object *rows, bool all);
/* Whether a row says what was decided or left open: a refusal, what could not be checked, and what
 * people decide by (time, policy, which VM). False: accepted as ever, or without bearing. */
bool aza_result_row_matters(json_object *row);

/* Texts of aza_weaken on one line for people: keys and values, in full, without what they mean.
 * False when there are none. */
bool aza_weakened_line(json_object *list, char *out, size_t size);
/* Adds "key = value: what it means" of a setting or option that weakens. False: out of memory. */
bool aza_weaken(json_object *list, const char *key, const char *value, const char *meaning);

#endif
