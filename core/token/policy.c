/* SPDX-License-Identifier: Apache-2.0 */
/* Claims policies: evaluation (P2, P3, P4, P6). Pure; never stops early, so that the report says of
 * every condition whether it is met. */
#include "token/policy.h"

#include "base/json.h"
#include "token/policy_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool aza_policy_has_extensions(const struct aza_policy *policy)
{
        return policy->extensions;
}

bool aza_policy_authority_is(const char *url, const char *issuer)
{
        size_t len = strlen(url);
        if (len > 0 && url[len - 1] == '/')
                len--;
        return strlen(issuer) == len && memcmp(url, issuer, len) == 0;
}

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

static bool condition_met(const struct policy_node *node, json_object *claim)
{
        switch (node->op) {
        case POLICY_EQUALS:
                return scalar_equals(node->value, claim);
        case POLICY_AT_LEAST:
                return json_object_is_type(claim, json_type_int) &&
                       json_object_get_int64(claim) >= json_object_get_int64(node->value);
        case POLICY_IN:
                return any_equals(node->value, claim, true);
        case POLICY_CONTAINS:
                return contains(node->value, claim);
        default:
                return false;
        }
}

/* The report being written; `rows` NULL: none is wanted. Values are copied, since the report may
 * outlive policy and token. */
struct report {
        json_object *rows;
        bool failed;
        const char *authority;
};

static bool put(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool put_copy(json_object *object, const char *name, json_object *value)
{
        json_object *copy = NULL;
        if (value == NULL)
                return json_object_object_add(object, name, NULL) == 0;
        return json_object_deep_copy(value, &copy, NULL) == 0 && put(object, name, copy);
}

static void add_row(struct report *report, const char *claim, const char *op, json_object *expected,
                    bool missing, json_object *found, bool met)
{
        if (report->rows == NULL)
                return;
        const char *result = met ? "met" : missing ? "missing" : "not met";
        json_object *row = json_object_new_object();
        bool good =
                row != NULL && put(row, "authority", json_object_new_string(report->authority)) &&
                put(row, "claim", json_object_new_string(claim)) &&
                put(row, "operator", json_object_new_string(op)) &&
                put_copy(row, "expected", expected) && (missing || put_copy(row, "found", found)) &&
                put(row, "result", json_object_new_string(result));
        if (good && json_object_array_add(report->rows, row) == 0)
                return;
        json_object_put(row);
        report->failed = true;
}

static void add_authority(struct report *report, const char *issuer, bool ours)
{
        if (report->rows == NULL)
                return;
        AZA_OWN(json_object_put) json_object *expected = json_object_new_string(report->authority);
        AZA_OWN(json_object_put) json_object *found = json_object_new_string(issuer);
        add_row(report, "iss", "equals", expected, false, found, ours);
}

static bool evaluate(const struct policy_node *node, json_object *claims, struct report *report)
{
        if (node->kind == POLICY_CLAIM) {
                json_object *claim = NULL;
                bool missing = !aza_json_path(claims, node->claim, &claim);
                bool met = !missing && condition_met(node, claim);
                add_row(report, node->claim, aza_policy_operator_names[node->op], node->value,
                        missing, claim, met);
                return met;
        }
        size_t met = 0;
        for (size_t i = 0; i < node->count; i++)
                met += evaluate(&node->children[i], claims, report) ? 1 : 0;
        return node->kind == POLICY_ALL ? met == node->count : met > 0;
}

bool aza_policy_satisfied(const struct aza_policy *policy, json_object *claims, const char *issuer,
                          json_object **ret_conditions)
{
        struct report report = {0};
        bool satisfied = false;

        if (ret_conditions != NULL) {
                report.rows = json_object_new_array();
                report.failed = report.rows == NULL;
        }
        for (size_t i = 0; i < policy->count; i++) {
                const struct policy_authority *authority = &policy->authorities[i];
                bool ours = aza_policy_authority_is(authority->url, issuer);
                report.authority = authority->url;
                add_authority(&report, issuer, ours);
                bool met = evaluate(&authority->root, claims, &report);
                satisfied |= ours && met;
        }
        if (report.failed)
                json_object_put(aza_take(&report.rows));
        if (ret_conditions != NULL)
                *ret_conditions = report.rows;
        return satisfied;
}

/* A confidential VM's host data is zero unless a container group set it. */
static bool is_zero_text(json_object *value)
{
        const char *text = aza_json_text(value);
        return text != NULL && strspn(text, "0") == strlen(text);
}

static bool condition_pins(const struct policy_node *node)
{
        static const char *const identities[] = {
                "x-ms-azurevm-vmid",
                "x-ms-isolation-tee.x-ms-sevsnpvm-reportid",
                "x-ms-isolation-tee.x-ms-sevsnpvm-hostdata",
                "x-ms-isolation-tee.x-ms-runtime.vm-configuration.vmUniqueId",
                "x-ms-isolation-tee.x-ms-runtime.vm-configuration.vmuniqueid",
        };
        if (node->op != POLICY_EQUALS && node->op != POLICY_IN)
                return false;
        size_t n = node->op == POLICY_IN ? json_object_array_length(node->value) : 0;
        bool zero = is_zero_text(node->value);
        for (size_t i = 0; i < n; i++)
                zero |= is_zero_text(json_object_array_get_idx(node->value, i));
        for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++)
                if (strcmp(node->claim, identities[i]) == 0)
                        return !zero;
        return false;
}

static bool node_pins(const struct policy_node *node)
{
        if (node->kind == POLICY_CLAIM)
                return condition_pins(node);
        size_t pinning = 0;
        for (size_t i = 0; i < node->count; i++)
                pinning += node_pins(&node->children[i]) ? 1 : 0;
        return node->kind == POLICY_ALL ? pinning > 0 : pinning == node->count;
}

bool aza_policy_pins_identity(const struct aza_policy *policy)
{
        for (size_t i = 0; i < policy->count; i++)
                if (!node_pins(&policy->authorities[i].root))
                        return false;
        return true;
}

/* The id that `root` demands whatever else it says; NULL when it demands none. */
static const char *demanded_vmid(const struct policy_node *root)
{
        for (size_t i = 0; root->kind == POLICY_ALL && i < root->count; i++) {
                const struct policy_node *child = &root->children[i];
                if (child->kind == POLICY_CLAIM && child->op == POLICY_EQUALS &&
                    strcmp(child->claim, "x-ms-azurevm-vmid") == 0)
                        return aza_json_text(child->value);
        }
        return NULL;
}

const char *aza_policy_vmid(const struct aza_policy *policy)
{
        const char *vmid = NULL;

        for (size_t i = 0; i < policy->count; i++) {
                const char *demanded = demanded_vmid(&policy->authorities[i].root);
                if (demanded == NULL || (vmid != NULL && strcasecmp(vmid, demanded) != 0))
                        return NULL;
                vmid = demanded;
        }
        return vmid;
}
