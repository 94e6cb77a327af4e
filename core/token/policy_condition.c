/* SPDX-License-Identifier: Apache-2.0 */
/* Claims policies: one condition (P4, P5): its operator, its value, a claim. Pure. */
#include "base/json.h"
#include "token/policy_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool string_is(json_object *value, const char *text)
{
        size_t len = (size_t)json_object_get_string_len(value);
        return strlen(text) == len && memcmp(json_object_get_string(value), text, len) == 0;
}

/* P4, with its one conversion: a policy string equals the JSON text of a boolean or an integer. */
static bool scalar_equals(json_object *wanted, json_object *claim)
{
        char number[24];
        enum json_type wanted_type = json_object_get_type(wanted);
        enum json_type claim_type = json_object_get_type(claim);

        if (wanted_type == json_type_string) {
                switch (claim_type) {
                case json_type_string:
                        return json_object_equal(wanted, claim) != 0;
                case json_type_boolean:
                        return string_is(wanted, json_object_get_boolean(claim) ? "true" : "false");
                case json_type_int:
                        (void)snprintf(number, sizeof number, "%" PRId64,
                                       json_object_get_int64(claim));
                        return string_is(wanted, number);
                default:
                        return false;
                }
        }
        if (wanted_type != claim_type)
                return false;
        if (wanted_type == json_type_int)
                return json_object_get_int64(wanted) == json_object_get_int64(claim);
        return wanted_type == json_type_boolean &&
               json_object_get_boolean(wanted) == json_object_get_boolean(claim);
}

/* True when `one` is among the elements of `list`; `wanted_first` says on which side the policy's
 * value stands. */
static bool any_equals(json_object *list, json_object *one, bool list_is_wanted)
{
        size_t n = json_object_array_length(list);
        for (size_t i = 0; i < n; i++) {
                json_object *element = json_object_array_get_idx(list, i);
                if (list_is_wanted ? scalar_equals(element, one) : scalar_equals(one, element))
                        return true;
        }
        return false;
}

static bool contains(json_object *wanted, json_object *claim)
{
        if (!json_object_is_type(claim, json_type_array))
                return false;
        if (!json_object_is_type(wanted, json_type_array))
                return any_equals(claim, wanted, false);
        size_t n = json_object_array_length(wanted);
        for (size_t i = 0; i < n; i++)
                if (!any_equals(claim, json_object_array_get_idx(wanted, i), false))
                        return false;
        return true;
}

bool aza_policy_number(json_object *value, int64_t *ret)
{
        const char *text = aza_json_text(value);
        char again[24];
        char *end = NULL;

        if (json_object_is_type(value, json_type_int)) {
                *ret = json_object_get_int64(value);
                return true;
        }
        if (text == NULL)
                return false;
        errno = 0;
        *ret = strtoll(text, &end, 10);
        (void)snprintf(again, sizeof again, "%" PRId64, *ret);
        return errno == 0 && strcmp(again, text) == 0;
}

/* The four orders and ours: the claim is a number, the policy's value one or its text. */
static bool ordered(const struct policy_node *node, json_object *claim)
{
        int64_t wanted = 0, found;

        if (!json_object_is_type(claim, json_type_int) || !aza_policy_number(node->value, &wanted))
                return false;
        found = json_object_get_int64(claim);
        switch (node->op) {
        case POLICY_LESS:
                return found < wanted;
        case POLICY_LESS_OR_EQUALS:
                return found <= wanted;
        case POLICY_GREATER:
                return found > wanted;
        default:
                return found >= wanted;
        }
}

static bool is_scalar_claim(json_object *claim)
{
        return json_object_is_type(claim, json_type_string) ||
               json_object_is_type(claim, json_type_int) ||
               json_object_is_type(claim, json_type_boolean);
}

/* What is there as null is neither there nor missing: no policy means it. */
static bool exists(const struct policy_node *node, bool present, json_object *claim)
{
        const bool wanted = json_object_is_type(node->value, json_type_boolean)
                                    ? json_object_get_boolean(node->value)
                                    : string_is(node->value, "true");

        return wanted ? present && claim != NULL : !present;
}

bool aza_policy_met(const struct policy_node *node, bool present, json_object *claim)
{
        if (node->op == POLICY_EXISTS)
                return exists(node, present, claim);
        if (!present)
                return false;
        switch (node->op) {
        case POLICY_EQUALS:
                return scalar_equals(node->value, claim);
        case POLICY_NOT_EQUALS:
                return is_scalar_claim(claim) && !scalar_equals(node->value, claim);
        case POLICY_IN:
                return any_equals(node->value, claim, true);
        case POLICY_CONTAINS:
                return contains(node->value, claim);
        default:
                return ordered(node, claim);
        }
}

/* Whether a claim that equals `value` meets `node`. A text of the policy also equals the number or
 * boolean that it spells, so that only texts compare with it. */
static bool value_implies(json_object *value, const struct policy_node *node)
{
        const bool text = json_object_is_type(value, json_type_string);

        if (text && node->op != POLICY_EQUALS && node->op != POLICY_IN && node->op != POLICY_EXISTS)
                return false;
        return aza_policy_met(node, true, value);
}

bool aza_policy_condition_implies(const struct policy_node *a, const struct policy_node *b)
{
        if (strcmp(a->claim, b->claim) != 0)
                return false;
        if (a->op == POLICY_EQUALS)
                return value_implies(a->value, b);
        if (a->op != POLICY_IN)
                return a->op == b->op && json_object_equal(a->value, b->value) != 0;
        for (size_t i = 0; i < json_object_array_length(a->value); i++)
                if (!value_implies(json_object_array_get_idx(a->value, i), b))
                        return false;
        return true;
}
