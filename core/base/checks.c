/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of named checks and their verdict. */
#include "base/checks.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
        const char *id;
        const char *name;
        int code;
} table[AZA_CHECK_COUNT] = {
#define AZA_CHECK(id, name, code) {#id, name, code},
#include "base/check_table.h"
#undef AZA_CHECK
};

void aza_checks_free(struct aza_checks *checks)
{
        for (size_t i = 0; i < checks->count; i++) {
                free(checks->items[i].reason);
                free(checks->items[i].expected);
                free(checks->items[i].found);
        }
        free(checks->items);
        *checks = (struct aza_checks){0};
}

const char *aza_check_id_text(enum aza_check_id id)
{
        return table[id].id;
}

const char *aza_check_name(enum aza_check_id id)
{
        return table[id].name;
}

bool aza_check_find(const char *id_text, enum aza_check_id *ret)
{
        for (int i = 0; i < AZA_CHECK_COUNT; i++) {
                if (strcmp(table[i].id, id_text) == 0) {
                        *ret = (enum aza_check_id)i;
                        return true;
                }
        }
        return false;
}

static bool make_room(struct aza_checks *checks)
{
        if (checks->count < checks->room)
                return true;
        size_t room = checks->room == 0 ? 32 : checks->room * 2;
        struct aza_check *items = realloc(checks->items, room * sizeof(*items));
        if (items == NULL) {
                checks->out_of_memory = true;
                return false;
        }
        checks->items = items;
        checks->room = room;
        return true;
}

static void add(struct aza_checks *checks, enum aza_check_id id, enum aza_outcome outcome,
                const char *format, va_list args)
{
        char text[512], shown[560];

        if (!make_room(checks))
                return;
        struct aza_check *row = &checks->items[checks->count++];
        *row = (struct aza_check){.id = id, .outcome = outcome, .required = true};
        if (format == NULL)
                return;
        (void)vsnprintf(text, sizeof(text), format, args);
        row->reason = strdup(aza_printable(text, strlen(text), shown, sizeof(shown)));
        if (row->reason == NULL)
                checks->out_of_memory = true;
}

bool aza_accept(struct aza_checks *checks, enum aza_check_id id, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        add(checks, id, AZA_ACCEPT, format, args);
        va_end(args);
        return true;
}

bool aza_reject(struct aza_checks *checks, enum aza_check_id id, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        add(checks, id, AZA_REJECT, format, args);
        va_end(args);
        return false;
}

bool aza_not_checked(struct aza_checks *checks, enum aza_check_id id, enum aza_outcome kind,
                     const char *format, ...)
{
        va_list args;
        va_start(args, format);
        add(checks, id, kind == AZA_FOLLOWS ? AZA_NO_INPUT : kind, format, args);
        va_end(args);
        if (checks->count > 0)
                checks->items[checks->count - 1].follows = kind == AZA_FOLLOWS;
        /* What does not apply, or was switched off by name, decides nothing (G3). */
        if (checks->count > 0 && (kind == AZA_NOT_APPLICABLE || kind == AZA_SWITCHED_OFF))
                checks->items[checks->count - 1].required = false;
        return false;
}

static void set_text(struct aza_checks *checks, char **field, const char *text)
{
        if (text == NULL)
                return;
        free(*field);
        *field = aza_printable_copy(text);
        if (*field == NULL)
                checks->out_of_memory = true;
}

void aza_check_values(struct aza_checks *checks, const char *expected, const char *found)
{
        if (checks->count == 0)
                return;
        struct aza_check *row = &checks->items[checks->count - 1];
        set_text(checks, &row->expected, expected);
        set_text(checks, &row->found, found);
}

void aza_check_required(struct aza_checks *checks, bool required)
{
        if (checks->count > 0)
                checks->items[checks->count - 1].required = required;
}

void aza_check_code(struct aza_checks *checks, int code)
{
        if (checks->count > 0)
                checks->items[checks->count - 1].code = code;
}

const struct aza_check *aza_checks_get(const struct aza_checks *checks, enum aza_check_id id)
{
        for (size_t i = 0; i < checks->count; i++)
                if (checks->items[i].id == id)
                        return &checks->items[i];
        return NULL;
}

enum aza_verdict aza_checks_verdict(const struct aza_checks *checks)
{
        enum aza_verdict verdict = AZA_VERDICT_ACCEPT;

        /* Nothing checked is nothing accepted. */
        if (checks->out_of_memory || checks->count == 0)
                return AZA_VERDICT_REJECT;
        for (size_t i = 0; i < checks->count; i++) {
                const struct aza_check *row = &checks->items[i];
                if (row->outcome == AZA_REJECT)
                        return AZA_VERDICT_REJECT;
                if (row->outcome != AZA_ACCEPT && row->required)
                        verdict = AZA_VERDICT_INCOMPLETE;
        }
        return verdict;
}

static const char *const verdicts[] = {"accept", "reject", "incomplete"};

const char *aza_verdict_text(enum aza_verdict verdict)
{
        return verdicts[verdict];
}

enum aza_verdict aza_verdict_of(const char *text)
{
        for (size_t i = 0; text != NULL && i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
                if (strcmp(verdicts[i], text) == 0)
                        return (enum aza_verdict)i;
        return AZA_VERDICT_REJECT;
}

void aza_checks_replace(struct aza_checks *checks, struct aza_checks *row)
{
        checks->out_of_memory |= row->out_of_memory;
        for (size_t i = 0; row->count == 1 && i < checks->count; i++) {
                if (checks->items[i].id != row->items[0].id)
                        continue;
                const struct aza_check old = checks->items[i];
                checks->items[i] = row->items[0];
                row->items[0] = old;
                aza_checks_free(row);
                return;
        }
        aza_checks_append(checks, row);
}

void aza_checks_append(struct aza_checks *to, struct aza_checks *from)
{
        for (size_t i = 0; i < from->count; i++) {
                if (!make_room(to))
                        break;
                to->items[to->count++] = from->items[i];
                from->items[i] = (struct aza_check){0};
        }
        to->out_of_memory |= from->out_of_memory;
        aza_checks_free(from);
}

static void doubt(struct aza_checks *checks, struct aza_check *row, enum aza_outcome kind,
                  const char *why)
{
        if (row->outcome != AZA_ACCEPT)
                return;
        row->outcome = AZA_NO_INPUT;
        row->follows = kind == AZA_FOLLOWS;
        row->required = true;
        free(row->reason);
        row->reason = strdup(why);
        checks->out_of_memory |= row->reason == NULL;
}

void aza_checks_unproven(struct aza_checks *to, struct aza_checks *from, enum aza_outcome kind,
                         const char *why)
{
        for (size_t i = 0; i < from->count; i++)
                doubt(from, &from->items[i], kind, why);
        aza_checks_append(to, from);
}

void aza_checks_doubt(struct aza_checks *checks, enum aza_check_id first, enum aza_check_id last,
                      const char *why)
{
        for (size_t i = 0; i < checks->count; i++) {
                struct aza_check *row = &checks->items[i];

                if (row->id < first || row->id > last || row->outcome != AZA_ACCEPT)
                        continue;
                doubt(checks, row, AZA_FOLLOWS, why);
                row->doubted = true;
        }
}

/* The first rejection; else what was not made though it is required, its cause before what follows
 * from it. */
static const struct aza_check *decisive(const struct aza_checks *checks)
{
        const struct aza_check *first = NULL;

        for (size_t i = 0; i < checks->count; i++)
                if (checks->items[i].outcome == AZA_REJECT)
                        return &checks->items[i];
        for (size_t i = 0; i < checks->count; i++) {
                const struct aza_check *row = &checks->items[i];

                if (row->outcome == AZA_ACCEPT || !row->required)
                        continue;
                if (!row->follows)
                        return row;
                first = first == NULL ? row : first;
        }
        return first;
}

static void describe(const struct aza_check *row, char *out, size_t size)
{
        bool values = row->expected != NULL || row->found != NULL;

        (void)snprintf(out, size, "check %s (%s): %s%s%s%s%s%s", table[row->id].id,
                       table[row->id].name, row->reason != NULL ? row->reason : "failed",
                       values ? " (expected " : "",
                       values ? (row->expected != NULL ? row->expected : "-") : "",
                       values ? ", found " : "",
                       values ? (row->found != NULL ? row->found : "-") : "", values ? ")" : "");
}

int aza_checks_reason(const struct aza_checks *checks, char *out, size_t size)
{
        const struct aza_check *row = decisive(checks);

        if (checks->out_of_memory || checks->count == 0) {
                (void)snprintf(out, size, "%s",
                               checks->out_of_memory ? "out of memory" : "nothing was checked");
                return checks->out_of_memory ? AZATTEST_E_NO_MEMORY : AZATTEST_E_INPUT;
        }
        if (row == NULL) {
                out[0] = '\0';
                return 0;
        }
        describe(row, out, size);
        return row->code != 0 ? row->code : table[row->id].code;
}

int aza_checks_result(const struct aza_checks *checks, const char *subject)
{
        char text[1600];
        int code = aza_checks_reason(checks, text, sizeof(text));

        if (checks->out_of_memory)
                return AZA_NO_MEMORY();
        if (checks->count == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "%s: nothing was checked", subject);
        if (code == 0)
                return 0;
        return AZA_FAIL(code, "%s %s: %s", subject,
                        aza_checks_verdict(checks) == AZA_VERDICT_REJECT ? "refused"
                                                                         : "not fully verified",
                        text);
}

static const char *outcome_text(enum aza_outcome outcome)
{
        switch (outcome) {
        case AZA_ACCEPT:
                return "accept";
        case AZA_REJECT:
                return "reject";
        default:
                return "not checked";
        }
}

/* G2: "not checked" is never silent about which kind it is. */
static const char *kind_text(enum aza_outcome outcome)
{
        switch (outcome) {
        case AZA_NO_INPUT:
                return "no input";
        case AZA_SWITCHED_OFF:
                return "switched off";
        case AZA_NOT_APPLICABLE:
                return "not applicable";
        case AZA_UNAVAILABLE:
                return "unavailable";
        default:
                return NULL;
        }
}

static bool put(json_object *object, const char *name, json_object *value)
{
        if (value == NULL)
                return false;
        if (json_object_object_add(object, name, value) != 0) {
                json_object_put(value);
                return false;
        }
        return true;
}

static bool put_text(json_object *object, const char *name, const char *text)
{
        return text == NULL || put(object, name, json_object_new_string(text));
}

static json_object *row_json(const struct aza_check *row)
{
        json_object *object = json_object_new_object();
        const char *kind = kind_text(row->outcome);
        char reason[600];

        if (object == NULL)
                return NULL;
        if (kind != NULL)
                (void)snprintf(reason, sizeof(reason), "%s%s%s", kind,
                               row->reason != NULL ? ": " : "",
                               row->reason != NULL ? row->reason : "");
        else
                (void)snprintf(reason, sizeof(reason), "%s",
                               row->reason != NULL ? row->reason : "");
        if (put_text(object, "id", table[row->id].id) &&
            put_text(object, "name", table[row->id].name) &&
            put_text(object, "outcome", outcome_text(row->outcome)) &&
            put_text(object, "reason", reason) &&
            put(object, "required", json_object_new_boolean(row->required)) &&
            put_text(object, "expected", row->expected) && put_text(object, "found", row->found))
                return object;
        json_object_put(object);
        return NULL;
}

json_object *aza_checks_json(const struct aza_checks *checks)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; array != NULL && i < checks->count; i++) {
                json_object *row = row_json(&checks->items[i]);
                if (row == NULL || json_object_array_add(array, row) != 0) {
                        json_object_put(row);
                        json_object_put(array);
                        return NULL;
                }
        }
        return array;
}
