/* SPDX-License-Identifier: Apache-2.0 */
/* The client payload: the caller's members as strings, and ours, the nonce and the key's purpose
 * (PROTOCOL.md 7.6, D14, D15). Pure. */
#include "maa/request.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

#include <string.h>
#include <strings.h>

/* A token carries it encoded twice (16 bytes for 9), beside 4 KiB of its own: more would come back
 * in a token that no longer fits AZA_TOKEN_MAX. */
#define PAYLOAD_MAX    32768
#define NONCE_BYTES    16
#define MEMBER_NONCE   "nonce"
#define MEMBER_PURPOSE "azattest-purpose"

static int bad(const char *what)
{
        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "client payload: %s", what);
}

static int add_text(json_object *object, const char *name, const char *text)
{
        json_object *value = json_object_new_string(text);

        if (value == NULL || json_object_object_add(object, name, value) != 0) {
                json_object_put(value);
                return AZA_NO_MEMORY();
        }
        return 0;
}

/* A member's value as the reference client spells it; NULL when it may not be in a payload. */
static const char *member_text(json_object *value)
{
        switch (json_object_get_type(value)) {
        case json_type_null:
                return "";
        case json_type_boolean:
        case json_type_int:
        case json_type_double:
                return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
        case json_type_string: {
                const char *text = json_object_get_string(value);
                return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
        }
        default:
                return NULL;
        }
}

/* Copies the caller's members, each as a string. */
static int copy_members(const char *payload, json_object *to)
{
        AZA_OWN(json_object_put) json_object *from = NULL;
        const size_t len = strlen(payload);

        if (len > PAYLOAD_MAX)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "client payload has %zu bytes, and a token carries at most %d: let it carry a hash of the data",
                        len, PAYLOAD_MAX);
        int r = aza_json_parse(aza_span_of(payload, len), PAYLOAD_MAX, &from);

        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        if (r != 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "client payload is not JSON: %s",
                                aza_last_error()->message);
        if (!json_object_is_type(from, json_type_object))
                return bad("must be a JSON object such as {\"nonce\":\"...\"}");
        json_object_object_foreach(from, name, value)
        {
                const char *text = member_text(value);
                if (text == NULL)
                        return bad(
                                "values must be strings, numbers, booleans or null; nothing nested, no NUL character");
                if (strcmp(name, MEMBER_PURPOSE) == 0)
                        return bad(
                                "'" MEMBER_PURPOSE
                                "' is set by azattest; choose the purpose with the key's URI or --purpose");
                r = add_text(to, name, text);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* {"Nonce": ...} is echoed as any member is, and compared by nobody. */
static void warn_of_others(json_object *object)
{
        json_object_object_foreach(object, name, value)
        {
                (void)value;
                if (strcasecmp(name, MEMBER_NONCE) == 0)
                        AZA_LOG(WARN,
                                "client payload has '%s': the token's nonce is 'nonce', in small letters; this member is passed on and not compared",
                                name);
        }
}

/* Puts the nonce in force into `object` and `ret`: the caller's, the payload's, else a random
 * one. */
static int settle_nonce(OSSL_LIB_CTX *libctx, json_object *object, const char *nonce,
                        struct aza_bytes *ret)
{
        const char *given = aza_json_string(object, MEMBER_NONCE);
        uint8_t random[NONCE_BYTES];
        char hex[2 * NONCE_BYTES + 1];

        if (given != NULL && nonce != NULL)
                return bad("has 'nonce', and a nonce was given beside it; give it once");
        if (given != NULL && given[0] == '\0')
                return bad("'nonce' must not be empty");
        if (given != NULL)
                return aza_bytes_set(ret, given, strlen(given));
        warn_of_others(object);
        if (nonce == NULL) {
                int r = aza_random(libctx, random, sizeof(random));
                if (r != 0)
                        return r;
                nonce = aza_hex(aza_span_of(random, sizeof(random)), hex);
        }
        int r = aza_bytes_set(ret, nonce, strlen(nonce));
        return r != 0 ? r : add_text(object, MEMBER_NONCE, nonce);
}

int aza_payload_build(OSSL_LIB_CTX *libctx, const struct aza_payload *payload, json_object **ret,
                      struct aza_bytes *ret_nonce)
{
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();
        AZA_BYTES struct aza_bytes used = {0};
        int r;

        if (object == NULL)
                return AZA_NO_MEMORY();
        if (payload->nonce != NULL && payload->nonce[0] == '\0')
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "the nonce must not be empty");
        if (payload->members != NULL && (r = copy_members(payload->members, object)) != 0)
                return r;
        r = settle_nonce(libctx, object, payload->nonce, &used);
        if (r != 0)
                return r;
        r = add_text(object, MEMBER_PURPOSE, aza_purpose_text(payload->purpose));
        if (r != 0)
                return r;
        *ret = aza_take(&object);
        aza_bytes_free(ret_nonce);
        *ret_nonce = aza_bytes_take(&used);
        return 0;
}
