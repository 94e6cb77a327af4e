/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259) to json-c's trees. Refused is, too, what json-c itself lets pass:
 * duplicate or NUL-containing member names, NaN, single quotes, control characters, comments, lone
 * surrogates, invalid UTF-8, integers that do not fit, depth over 16, anything after the value
 * (G8).
 */
#ifndef AZA_BASE_JSON_H
#define AZA_BASE_JSON_H

#include "base/bytes.h"

#include <json-c/json.h>

#define AZA_JSON_MAX_DEPTH 16

/* Parses one JSON text of at most `max` bytes. The caller puts (json_object_put) *ret. 0,
 * AZATTEST_E_INPUT (says what and at which offset), AZATTEST_E_NO_MEMORY. `null` gives *ret =
 * NULL. */
int aza_json_parse(struct aza_span text, size_t max, json_object **ret);

/* Members by name and type, borrowed. NULL / false when absent, of another type, or when `object`
 * is not an object. Strings with a NUL inside count as absent. */
json_object *aza_json_object(json_object *object, const char *name);
json_object *aza_json_array(json_object *object, const char *name);
const char *aza_json_string(json_object *object, const char *name);
/* The text of a string value itself, with the same rule; NULL for anything else. */
const char *aza_json_text(json_object *value);
bool aza_json_int64(json_object *object, const char *name, int64_t *ret);
bool aza_json_bool(json_object *object, const char *name, bool *ret);
/* Member by path "a.b.c" (dots address nested objects; no array index), of any type. False when
 * missing (or a name is longer than 255 bytes); *ret may be NULL for JSON null. */
bool aza_json_path(json_object *object, const char *path, json_object **ret);

#endif
