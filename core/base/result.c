/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where a list of checks becomes a document or a table. Decides nothing. */
#include "base/result.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/own.h"

#include <string.h>

static bool put(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

#define SCHEMA 1

static json_object *shared(json_object *value, json_object *(*make)(void))
{
        return value != NULL ? json_object_get(value) : make();
}

/* Subjects are often file names. */
static bool put_text(json_object *object, const char *name, const char *text)
{
        AZA_OWN(free) char *shown = aza_printable_copy(text);

        return shown != NULL && put(object, name, json_object_new_string(shown));
}

/* The members before the rows. */
static bool put_head(json_object *result, enum aza_verdict verdict, const char *subject, int code,
                     const char *reason)
{
        return put(result, "schema", json_object_new_int(SCHEMA)) &&
               put(result, "verdict", json_object_new_string(aza_verdict_text(verdict))) &&
               put_text(result, "subject", subject) &&
               put(result, "result", json_object_new_int(code)) &&
               put(result, "result-name", json_object_new_string(azattest_result_name(code))) &&
               put_text(result, "reason", reason);
}

static bool put_rest(json_object *result, int64_t time, json_object *weakened, json_object *rows,
                     json_object *claims)
{
        char at[32];

        return put(result, "time", json_object_new_string(aza_rfc3339(time, at))) &&
               put(result, "weakened", shared(weakened, json_object_new_array)) &&
               put(result, "checks", rows) &&
               put(result, "claims", shared(claims, json_object_new_object));
}

json_object *aza_result_json(const struct aza_checks *checks, const char *subject, int64_t time,
                             json_object *weakened, json_object *claims)
{
        AZA_OWN(json_object_put) json_object *result = json_object_new_object();
        char reason[1600];
        int code = aza_checks_reason(checks, reason, sizeof(reason));

        if (result == NULL ||
            !put_head(result, aza_checks_verdict(checks), subject, code, reason) ||
            !put_rest(result, time, weakened, aza_checks_json(checks), claims))
                return NULL;
        return aza_take(&result);
}

json_object *aza_result_failure(const char *subject, int64_t time, json_object *weakened,
                                enum aza_verdict verdict, const struct aza_error *why)
{
        AZA_OWN(json_object_put) json_object *result = json_object_new_object();

        if (result == NULL || !put_head(result, verdict, subject, why->code, why->message) ||
            !put_rest(result, time, weakened, json_object_new_array(), NULL))
                return NULL;
        return aza_take(&result);
}

static const char *text_of(json_object *row, const char *member)
{
        const char *text = aza_json_string(row, member);
        return text != NULL ? text : "";
}

static int widest(json_object *rows, const char *member)
{
        size_t max = 0;
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
                size_t len = strlen(text_of(json_object_array_get_idx(rows, i), member));
                max = len > max ? len : max;
        }
        return (int)max;
}

int aza_result_table(FILE *out, const struct aza_checks *checks)
{
        AZA_OWN(json_object_put) json_object *rows = aza_checks_json(checks);

        if (rows == NULL)
                return AZA_NO_MEMORY();
        (void)aza_result_rows(out, rows, true);
        return 0;
}

static bool listed(const char *id, const char *const *ids)
{
        for (; *ids != NULL; ids++)
                if (strcmp(*ids, id) == 0)
                        return true;
        return false;
}

bool aza_result_row_matters(json_object *row)
{
        /* What a person decides by: time, kind, demands and policy, floors, which VM, boot; and,
         * where nobody asked for it, that nothing shows when it was made. */
        static const char *const always[] = {"T9", "T12", "T13", "T19", "G4",  "P8",  "C7", "C8",
                                             "S8", "S26", "S32", "A3",  "E13", "I12", NULL};
        static const char *const open[] = {"T11", "Q13", "H16", NULL};
        const char *outcome = text_of(row, "outcome"), *id = text_of(row, "id");
        json_object *required = NULL;

        if (strcmp(outcome, "accept") == 0)
                return listed(id, always);
        if (strcmp(outcome, "not checked") != 0)
                return true;
        if (strncmp(text_of(row, "reason"), "not applicable", strlen("not applicable")) == 0)
                return false;
        (void)json_object_object_get_ex(row, "required", &required);
        return json_object_get_boolean(required) || listed(id, open) || listed(id, always) ||
               strncmp(text_of(row, "reason"), "unavailable", strlen("unavailable")) == 0;
}

static void print_row(FILE *out, json_object *row, int id, int name, int outcome)
{
        const char *expected = aza_json_string(row, "expected");
        const char *found = aza_json_string(row, "found");
        char tail[1600];
        char shown[1600];

        (void)snprintf(tail, sizeof tail, "%-*s  %s", outcome, text_of(row, "outcome"),
                       text_of(row, "reason"));
        size_t used = strlen(tail);
        if (expected != NULL || found != NULL)
                (void)snprintf(tail + used, sizeof tail - used, " (expected %s, found %s)",
                               expected != NULL ? expected : "-", found != NULL ? found : "-");
        for (used = strlen(tail); used > 0 && tail[used - 1] == ' '; used--)
                tail[used - 1] = '\0';
        (void)fprintf(out, "%-*s  %-*s  %s\n", id, text_of(row, "id"), name, text_of(row, "name"),
                      aza_printable(tail, strlen(tail), shown, sizeof shown));
}

size_t aza_result_rows(FILE *out, json_object *rows, bool all)
{
        int id = widest(rows, "id");
        int name = widest(rows, "name");
        int outcome = widest(rows, "outcome");
        size_t left_out = 0;

        for (size_t i = 0; i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);

                if (all || aza_result_row_matters(row))
                        print_row(out, row, id, name, outcome);
                else
                        left_out++;
        }
        return left_out;
}

#define MEANS ": "

bool aza_weaken(json_object *list, const char *key, const char *value, const char *meaning)
{
        char line[2400], shown[2400];
        (void)snprintf(line, sizeof line, "%s = %s" MEANS "%s", key, value, meaning);
        json_object *item =
                json_object_new_string(aza_printable(line, strlen(line), shown, sizeof shown));
        if (item != NULL && json_object_array_add(list, item) == 0)
                return true;
        json_object_put(item);
        return false;
}

bool aza_weakened_line(json_object *list, char *out, size_t size)
{
        size_t used = 0;

        out[0] = '\0';
        for (size_t i = 0; i < json_object_array_length(list) && used < size; i++) {
                const char *text = json_object_get_string(json_object_array_get_idx(list, i));
                const char *meaning = strstr(text, MEANS);
                const int len = (int)(meaning != NULL ? (size_t)(meaning - text) : strlen(text));
                int n = snprintf(out + used, size - used, "%s%.*s", used > 0 ? ", " : "", len,
                                 text);

                used += n > 0 ? (size_t)n : 0;
        }
        return out[0] != '\0';
}
