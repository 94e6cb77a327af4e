/* SPDX-License-Identifier: Apache-2.0 */
/* Records of key sets: their text, and what a new set does to them. No files, no network, no
 * clock. */
#include "token/jwks_record.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define SKEW_SECONDS  60
#define WITHDRAWN_MAX 32

void aza_jwks_record_free(struct aza_jwks_record *record)
{
        json_object_put(record->keys);
        json_object_put(record->withdrawn);
        *record = (struct aza_jwks_record){0};
}

static bool read_time(json_object *object, const char *name, int64_t now, int64_t *ret)
{
        return aza_json_int64(object, name, ret) && *ret >= 0 && *ret <= now + SKEW_SECONDS;
}

static bool read_withdrawn(json_object *withdrawn, int64_t now)
{
        size_t n = withdrawn != NULL ? json_object_array_length(withdrawn) : 0;
        int64_t time;

        for (size_t i = 0; i < n; i++) {
                json_object *row = json_object_array_get_idx(withdrawn, i);
                if (aza_json_object(row, "key") == NULL || !read_time(row, "seen", now, &time) ||
                    !read_time(row, "gone", now, &time))
                        return false;
        }
        return true;
}

static bool read_failure(json_object *document, struct aza_jwks_record *record)
{
        const char *message = aza_json_string(document, "failure");
        int64_t code = 0;

        if (record->failed == 0)
                return true;
        if (message == NULL || !aza_json_int64(document, "code", &code) || code >= 0 ||
            code < INT16_MIN)
                return false;
        record->code = (int)code;
        (void)aza_printable(message, strlen(message), record->failure, sizeof record->failure);
        return true;
}

int aza_jwks_record_parse(struct aza_span text, int64_t now, struct aza_jwks_record *ret)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        AZA_OWN(json_object_put) json_object *document = NULL;

        int r = aza_json_parse(text, AZA_JWKS_RECORD_MAX, &document);
        if (r != 0)
                return r;
        record.keys = json_object_get(aza_json_array(document, "keys"));
        record.withdrawn = json_object_get(aza_json_array(document, "withdrawn"));
        if (!read_time(document, "fetched", now, &record.fetched) ||
            !read_time(document, "asked", now, &record.asked) ||
            !read_time(document, "failed", now, &record.failed) ||
            !read_time(document, "written", now, &record.written) ||
            !read_withdrawn(record.withdrawn, now) || !read_failure(document, &record))
                return AZA_FAIL(AZATTEST_E_INPUT, "not the record of a key set");
        aza_jwks_record_free(ret);
        *ret = record;
        record = (struct aza_jwks_record){0};
        return 0;
}

/* Takes `value`. */
static bool add(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool add_time(json_object *object, const char *name, int64_t time)
{
        return add(object, name, json_object_new_int64(time));
}

static bool push(json_object *array, json_object *value)
{
        if (value != NULL && json_object_array_add(array, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

int aza_jwks_record_text(const struct aza_jwks_record *record, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *document = json_object_new_object();
        bool good = document != NULL && add_time(document, "written", record->written) &&
                    add_time(document, "fetched", record->fetched) &&
                    add_time(document, "asked", record->asked) &&
                    add_time(document, "failed", record->failed);

        if (good && record->failed != 0)
                good = add_time(document, "code", record->code) &&
                       add(document, "failure", json_object_new_string(record->failure));
        if (good && record->keys != NULL)
                good = add(document, "keys", json_object_get(record->keys));
        if (good && record->withdrawn != NULL)
                good = add(document, "withdrawn", json_object_get(record->withdrawn));
        const char *text =
                good ? json_object_to_json_string_ext(
                               document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                     : NULL;
        return text != NULL ? aza_bytes_set(ret, text, strlen(text)) : AZA_NO_MEMORY();
}

static bool has_kid(json_object *keys, const char *kid)
{
        for (size_t i = 0; i < json_object_array_length(keys); i++) {
                const char *other = aza_json_string(json_object_array_get_idx(keys, i), "kid");
                if (other != NULL && strcmp(other, kid) == 0)
                        return true;
        }
        return false;
}

static json_object *withdrawn_row(json_object *key, int64_t seen, int64_t gone)
{
        AZA_OWN(json_object_put) json_object *row = json_object_new_object();

        if (row == NULL || !add(row, "key", json_object_get(key)) || !add_time(row, "seen", seen) ||
            !add_time(row, "gone", gone))
                return NULL;
        return aza_take(&row);
}

/* Those of the record that `keys` lacks, the latest first: what is beyond the limit is the
 * oldest. */
static json_object *find_withdrawn(const struct aza_jwks_record *record, json_object *keys,
                                   int64_t now)
{
        AZA_OWN(json_object_put) json_object *found = json_object_new_array();
        size_t count = record->keys != NULL ? json_object_array_length(record->keys) : 0;
        bool good = found != NULL;
        int64_t seen = 0;

        if (now >= record->fetched + AZA_JWKS_FRESH)
                count = 0;
        for (size_t i = 0; good && i < count; i++) {
                json_object *key = json_object_array_get_idx(record->keys, i);
                const char *kid = aza_json_string(key, "kid");
                if (kid != NULL && !has_kid(keys, kid))
                        good = push(found, withdrawn_row(key, record->fetched, now));
        }
        count = record->withdrawn != NULL ? json_object_array_length(record->withdrawn) : 0;
        for (size_t i = 0; good && i < count; i++) {
                json_object *row = json_object_array_get_idx(record->withdrawn, i);
                const char *kid = aza_json_string(aza_json_object(row, "key"), "kid");
                if (kid != NULL && !has_kid(keys, kid) && aza_json_int64(row, "seen", &seen) &&
                    now < seen + AZA_JWKS_FRESH)
                        good = push(found, json_object_get(row));
        }
        count = good ? json_object_array_length(found) : 0;
        if (count > WITHDRAWN_MAX)
                good = json_object_array_del_idx(found, WITHDRAWN_MAX, count - WITHDRAWN_MAX) == 0;
        return good ? aza_take(&found) : NULL;
}

int aza_jwks_record_fetched(struct aza_jwks_record *record, struct aza_span set, int64_t now)
{
        AZA_OWN(json_object_put) json_object *document = NULL;

        int r = aza_json_parse(set, AZA_JWKS_MAX, &document);
        if (r != 0)
                return r == AZATTEST_E_NO_MEMORY ? r : AZATTEST_E_TOKEN_SIGNATURE;
        json_object *keys = aza_json_array(document, "keys");
        if (keys == NULL)
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE, "key set: no array \"keys\"");
        json_object *withdrawn = find_withdrawn(record, keys, now);
        if (withdrawn == NULL)
                return AZA_NO_MEMORY();
        json_object_put(record->withdrawn);
        json_object_put(record->keys);
        record->withdrawn = withdrawn;
        record->keys = json_object_get(keys);
        record->fetched = now;
        record->failed = 0;
        return 0;
}

void aza_jwks_record_failed(struct aza_jwks_record *record, int code, const char *message,
                            int64_t now)
{
        record->failed = now;
        record->code = code;
        (void)aza_printable(message, strlen(message), record->failure, sizeof record->failure);
}
