/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form of a verification's result (D33), and what weakens it (D13). */
#include "base/clock.h"
#include "verify.h"

static bool add(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool say(json_object *list, bool applies, const char *text)
{
        if (!applies)
                return true;
        json_object *value = json_object_new_string(text);
        if (value != NULL && json_object_array_add(list, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

json_object *aza_weakened(const struct aza_config *config, const char *policy_file)
{
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();

        if (list == NULL ||
            !say(list, config->require == AZA_REQUIRE_ANY,
                 "require = any: any kind of VM passes") ||
            !say(list, config->any_vm, "any-vm: which VM it is was not asked") ||
            !say(list, config->attest == AZA_ATTEST_NEVER, "attest = never: key without token") ||
            !say(list, config->amd_root[0] != '\0', "amd-root: added ARK pins are trusted") ||
            !say(list, config->vtpm_root[0] != '\0', "vtpm-root: added vTPM roots are trusted") ||
            !say(list, policy_file != NULL || config->policy[0] != '\0',
                 "policy: a file replaces the built-in policy"))
                return NULL;
        return aza_take(&list);
}

json_object *aza_result_json(const char *subject, int64_t time, json_object *weakened,
                             const struct aza_checks *checks, json_object *claims)
{
        AZA_OWN(json_object_put) json_object *result = json_object_new_object();
        const char *verdict = aza_verdict_text(aza_checks_verdict(checks));
        char text[32];

        if (result == NULL) {
                json_object_put(weakened);
                return NULL;
        }
        if (!add(result, "weakened", weakened) ||
            !add(result, "verdict", json_object_new_string(verdict)) ||
            !add(result, "subject", json_object_new_string(subject)) ||
            !add(result, "time", json_object_new_string(aza_rfc3339(time, text))) ||
            !add(result, "checks", aza_checks_json(checks)) ||
            (claims != NULL && !add(result, "claims", json_object_get(claims))))
                return NULL;
        return aza_take(&result);
}
