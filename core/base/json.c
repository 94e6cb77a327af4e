/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a JSON tree by name and type. */
#include "base/json.h"

#include <string.h>

static json_object *member(json_object *object, const char *name, enum json_type type)
{
        json_object *found = NULL;
        if (!json_object_is_type(object, json_type_object) ||
            !json_object_object_get_ex(object, name, &found) || !json_object_is_type(found, type))
                return NULL;
        return found;
}

json_object *aza_json_object(json_object *object, const char *name)
{
        return member(object, name, json_type_object);
}

json_object *aza_json_array(json_object *object, const char *name)
{
        return member(object, name, json_type_array);
}

const char *aza_json_text(json_object *value)
{
        if (!json_object_is_type(value, json_type_string))
                return NULL;
        const char *text = json_object_get_string(value);
        return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *aza_json_string(json_object *object, const char *name)
{
        return aza_json_text(member(object, name, json_type_string));
}

bool aza_json_int64(json_object *object, const char *name, int64_t *ret)
{
        json_object *found = member(object, name, json_type_int);
        if (found == NULL)
                return false;
        *ret = json_object_get_int64(found);
        return true;
}

bool aza_json_bool(json_object *object, const char *name, bool *ret)
{
        json_object *found = member(object, name, json_type_boolean);
        if (found == NULL)
                return false;
        *ret = json_object_get_boolean(found) != 0;
        return true;
}

bool aza_json_path(json_object *object, const char *path, json_object **ret)
{
        char name[256];
        json_object *at = object;
        for (;;) {
                size_t len = strcspn(path, ".");
                json_object *next = NULL;
                if (len >= sizeof name)
                        return false;
                memcpy(name, path, len);
                name[len] = '\0';
                if (!json_object_is_type(at, json_type_object) ||
                    !json_object_object_get_ex(at, name, &next))
                        return false;
                at = next;
                if (path[len] == '\0')
                        break;
                path += len + 1;
        }
        *ret = at;
        return true;
}
