/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAA echoes the runtime JSON with its members reordered. Put back into the paravisor's order its
 * SHA-256 equals the report data, which MAA echoes too: a second opinion on MAA (T17).
 */
#include "token/inner_hash.h"

#include "base/crypto.h"
#include "base/json.h"

#include <string.h>

/* Compact JSON of a value, appended. */
static bool append_value(struct aza_bytes *out, json_object *value)
{
        const char *text = json_object_to_json_string_ext(
                value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        return text != NULL && aza_bytes_append_text(out, text) == 0;
}

static bool append_member(struct aza_bytes *out, json_object *object, const char *name)
{
        json_object *value = NULL;
        return json_object_object_get_ex(object, name, &value) &&
               aza_bytes_append_text(out, "\"") == 0 && aza_bytes_append_text(out, name) == 0 &&
               aza_bytes_append_text(out, "\":") == 0 && append_value(out, value);
}

static bool append_keys(struct aza_bytes *out, json_object *keys)
{
        static const char *const order[] = {"kid", "key_ops", "kty", "e", "n"};
        size_t n = json_object_array_length(keys);

        for (size_t i = 0; i < n; i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                if (!json_object_is_type(key, json_type_object) ||
                    aza_bytes_append_text(out, i > 0 ? ",{" : "{") != 0)
                        return false;
                for (size_t m = 0; m < sizeof order / sizeof order[0]; m++) {
                        if ((m > 0 && aza_bytes_append_text(out, ",") != 0) ||
                            !append_member(out, key, order[m]))
                                return false;
                }
                if (aza_bytes_append_text(out, "}") != 0)
                        return false;
        }
        return true;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool append_sorted(struct aza_bytes *out, json_object *object)
{
        const char *names[64];
        size_t n = 0;

        json_object_object_foreach(object, name, value)
        {
                (void)value;
                if (n == sizeof names / sizeof names[0])
                        return false;
                names[n++] = name;
        }
        qsort(names, n, sizeof names[0], compare_names);
        if (aza_bytes_append_text(out, "{") != 0)
                return false;
        for (size_t i = 0; i < n; i++)
                if ((i > 0 && aza_bytes_append_text(out, ",") != 0) ||
                    !append_member(out, object, names[i]))
                        return false;
        return aza_bytes_append_text(out, "}") == 0;
}

static bool rebuild(json_object *runtime, bool sorted, struct aza_bytes *out)
{
        json_object *keys = aza_json_array(runtime, "keys");
        json_object *configuration = aza_json_object(runtime, "vm-configuration");
        if (keys == NULL || configuration == NULL ||
            aza_bytes_append_text(out, "{\"keys\":[") != 0 || !append_keys(out, keys) ||
            aza_bytes_append_text(out, "],\"vm-configuration\":") != 0)
                return false;
        if (!(sorted ? append_sorted(out, configuration) : append_value(out, configuration)))
                return false;
        if (json_object_object_get_ex(runtime, "user-data", NULL) &&
            (aza_bytes_append_text(out, ",") != 0 || !append_member(out, runtime, "user-data")))
                return false;
        return aza_bytes_append_text(out, "}") == 0;
}

enum aza_inner_hash aza_inner_hash_check(OSSL_LIB_CTX *libctx, json_object *tee)
{
        uint8_t report_data[64];
        uint8_t hash[AZA_SHA256_LEN];
        const char *snp = aza_json_string(tee, "x-ms-sevsnpvm-reportdata");
        const char *hex = snp != NULL ? snp : aza_json_string(tee, "tdx_report_data");
        AZA_OWN(json_object_put) json_object *runtime = NULL;

        /* A copy, because json-c keeps the text it renders inside the object. */
        if (hex == NULL ||
            json_object_deep_copy(aza_json_object(tee, "x-ms-runtime"), &runtime, NULL) != 0 ||
            aza_unhex(hex, strlen(hex), report_data, sizeof report_data) != 0)
                return AZA_INNER_UNAVAILABLE;
        if (!aza_span_is_zero(aza_span_of(report_data + 32, 32)))
                return AZA_INNER_DIFFERENT;
        for (int sorted = 0; sorted < 2; sorted++) {
                AZA_BYTES struct aza_bytes json = {0};
                if (!rebuild(runtime, sorted != 0, &json) ||
                    aza_sha256(libctx, aza_bytes_span(&json), hash) != 0)
                        return AZA_INNER_UNAVAILABLE;
                if (aza_span_equal(aza_span_of(hash, sizeof hash), aza_span_of(report_data, 32)))
                        return AZA_INNER_EQUAL;
        }
        return AZA_INNER_DIFFERENT;
}
