/* SPDX-License-Identifier: Apache-2.0 */
/* What weakens a verdict (D13): of the configuration, and of a call's own options. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/result.h"
#include "config/weakened.h"
#include "os/path.h"

int aza_call_weaken(struct azattest_call *call, const char *key, const char *value,
                    const char *meaning)
{
        if (call->weakened == NULL)
                call->weakened = json_object_new_array();
        if (call->weakened == NULL || !aza_weaken(call->weakened, key, value, meaning))
                return AZA_NO_MEMORY();
        return 0;
}

int aza_call_time(struct azattest_call *call, int64_t given, int64_t *ret)
{
        char text[32];

        *ret = given;
        return given == 0 ? aza_now(ret)
                          : aza_call_weaken(call, "time", aza_rfc3339(given, text),
                                            "judged as of that time, not of now");
}

/* Whether the configured policy lets pass what the built-in one refuses, floors aside, which none
 * takes away (D43). One that cannot be read fails by itself. */
static bool policy_is_weaker(const struct aza_config *config)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        AZA_OWN(aza_policy_free) struct aza_policy *builtin = NULL;
        const struct aza_error before = *aza_last_error();
        struct aza_config floors = *config;
        bool weaker = false;

        floors.allow_debug = true;
        floors.secure_boot = AZA_SECURE_BOOT_REPORT;
        if (aza_policy_load(config, &policy) == 0 && policy != NULL &&
            aza_policy_builtin(&floors, "https://any.example", &builtin) == 0)
                weaker = !aza_policy_implies(policy, builtin);
        (void)aza_error_restore(&before);
        return weaker;
}

/* D13. A pipe can be read once, and is for who judges by it. */
static bool weaken_by_policy(const struct aza_config *config, json_object *list)
{
        const enum aza_path_kind kind = aza_path_kind(config->policy);

        if (config->policy[0] == '\0' || kind == AZA_PATH_NONE)
                return true;
        if (kind != AZA_PATH_FILE)
                return aza_weaken(list, "policy", config->policy,
                                  "replaces the built-in policy, and was not compared with it");
        return !policy_is_weaker(config) ||
               aza_weaken(list, "policy", config->policy,
                          "it can be satisfied by what the built-in policy refuses");
}

/* Configuration first, then the call's own. NULL when out of memory. */
json_object *aza_call_weakened(const struct azattest_call *call)
{
        AZA_OWN(json_object_put) json_object *list = aza_config_weakened(&call->config);
        if (list != NULL && !weaken_by_policy(&call->config, list))
                return NULL;
        size_t more = call->weakened != NULL ? json_object_array_length(call->weakened) : 0;

        for (size_t i = 0; list != NULL && i < more; i++) {
                json_object *item = json_object_get(json_object_array_get_idx(call->weakened, i));
                if (json_object_array_add(list, item) != 0) {
                        json_object_put(item);
                        return NULL;
                }
        }
        return aza_take(&list);
}
