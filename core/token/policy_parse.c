/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims policies: text to tree (P1, P4, P5, P7). Whatever is not known makes the file invalid: an
 * ignored condition would be a silent accept. Pure, fuzzed; evaluation is policy.c.
 */
#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "token/policy_tree.h"

#include <stdio.h>
#include <string.h>

#define MAX_TEXT 65536u

const char *const aza_policy_operator_names[POLICY_OPERATORS] = {
        "equals",          "notEquals", "less",    "lessOrEquals", "greater",
        "greaterOrEquals", "exists",    "atLeast", "in",           "contains",
};

static void free_node(struct policy_node *node)
{
        for (size_t i = 0; i < node->count; i++)
                free_node(&node->children[i]);
        free(node->children);
}

void aza_policy_free(struct aza_policy *policy)
{
        if (policy == NULL)
                return;
        for (size_t i = 0; i < policy->count; i++)
                free_node(&policy->authorities[i].root);
        free(policy->authorities);
        json_object_put(policy->document);
        free(policy);
}

static int invalid(const char *what, const char *name)
{
        char shown[64];
        return AZA_FAIL(AZATTEST_E_INPUT, "policy: %s \"%s\"", what,
                        aza_printable(name, strlen(name), shown, sizeof shown));
}

static bool is_scalar(json_object *value)
{
        return json_object_is_type(value, json_type_string) ||
               json_object_is_type(value, json_type_int) ||
               json_object_is_type(value, json_type_boolean);
}

static bool is_scalar_list(json_object *value)
{
        size_t n =
                json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
        for (size_t i = 0; i < n; i++)
                if (!is_scalar(json_object_array_get_idx(value, i)))
                        return false;
        return n > 0;
}

static bool is_truth(json_object *value)
{
        const char *text = aza_json_text(value);

        return json_object_is_type(value, json_type_boolean) ||
               (text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0));
}

static bool value_fits(enum policy_operator op, json_object *value)
{
        int64_t number;

        switch (op) {
        case POLICY_EQUALS:
        case POLICY_NOT_EQUALS:
                return is_scalar(value);
        case POLICY_LESS:
        case POLICY_LESS_OR_EQUALS:
        case POLICY_GREATER:
        case POLICY_GREATER_OR_EQUALS:
                return aza_policy_number(value, &number);
        case POLICY_EXISTS:
                return is_truth(value);
        case POLICY_AT_LEAST:
                return json_object_is_type(value, json_type_int);
        case POLICY_IN:
                return is_scalar_list(value);
        case POLICY_CONTAINS:
                return is_scalar(value) || is_scalar_list(value);
        default:
                return false;
        }
}

/* {"claim": name, OPERATOR: value} and nothing else. */
static int parse_claim(struct aza_policy *policy, json_object *object, struct policy_node *node)
{
        node->kind = POLICY_CLAIM;
        node->claim = aza_json_string(object, "claim");
        if (node->claim == NULL || node->claim[0] == '\0')
                return AZA_FAIL(AZATTEST_E_INPUT, "policy: \"claim\" is not a name");
        bool found = false;
        json_object_object_foreach(object, name, value)
        {
                if (strcmp(name, "claim") == 0)
                        continue;
                size_t op = 0;
                while (op < POLICY_OPERATORS && strcmp(name, aza_policy_operator_names[op]) != 0)
                        op++;
                if (op == POLICY_OPERATORS)
                        return invalid("a condition has the unknown operator or member", name);
                if (found)
                        return invalid("more than one operator for claim", node->claim);
                found = true;
                node->op = (enum policy_operator)op;
                node->value = value;
                if (!value_fits(node->op, value))
                        return invalid("value of the wrong type for claim", node->claim);
        }
        if (!found)
                return invalid("no operator for claim", node->claim);
        if (policy->extension == NULL && node->op >= POLICY_AT_LEAST)
                policy->extension = aza_policy_operator_names[node->op];
        return 0;
}

static int parse_condition(struct aza_policy *policy, json_object *object,
                           struct policy_node *node);

/* The one of "allOf" and "anyOf" that `object` must have. The depth limit of the JSON reader (16)
 * is reached before P1's eight levels, so nothing is counted here. */
static int parse_group(struct aza_policy *policy, json_object *object, struct policy_node *node)
{
        bool all = json_object_object_get_ex(object, "allOf", NULL) != 0;
        bool any = json_object_object_get_ex(object, "anyOf", NULL) != 0;
        if (all == any)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "policy: exactly one of \"allOf\" and \"anyOf\" is needed");
        json_object *list = aza_json_array(object, all ? "allOf" : "anyOf");
        size_t n = list != NULL ? json_object_array_length(list) : 0;
        if (n == 0)
                return invalid("not a list with conditions:", all ? "allOf" : "anyOf");
        node->kind = all ? POLICY_ALL : POLICY_ANY;
        node->children = calloc(n, sizeof *node->children);
        if (node->children == NULL)
                return AZA_NO_MEMORY();
        for (size_t i = 0; i < n; i++) {
                node->count = i + 1;
                int r = parse_condition(policy, json_object_array_get_idx(list, i),
                                        &node->children[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_condition(struct aza_policy *policy, json_object *object, struct policy_node *node)
{
        if (!json_object_is_type(object, json_type_object))
                return AZA_FAIL(AZATTEST_E_INPUT, "policy: a condition is not an object");
        if (json_object_object_get_ex(object, "claim", NULL))
                return parse_claim(policy, object, node);
        if (json_object_object_length(object) != 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "policy: a condition has unknown members");
        return parse_group(policy, object, node);
}

static int parse_authority(struct aza_policy *policy, json_object *object,
                           struct policy_authority *authority)
{
        authority->url = aza_json_string(object, "authority");
        if (authority->url == NULL || authority->url[0] == '\0')
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "policy: an entry of \"anyOf\" has no \"authority\"");
        if (json_object_object_length(object) != 2)
                return invalid("unknown or missing members for authority", authority->url);
        return parse_group(policy, object, &authority->root);
}

static int parse_document(struct aza_policy *policy)
{
        const char *version = aza_json_string(policy->document, "version");
        json_object *list = aza_json_array(policy->document, "anyOf");
        size_t n = list != NULL ? json_object_array_length(list) : 0;

        if (version == NULL || strcmp(version, "1.0.0") != 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "policy: \"version\" is not \"1.0.0\"");
        if (n == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "policy: \"anyOf\" lists no authority");
        if (json_object_object_length(policy->document) != 2)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "policy: unknown members beside \"version\" and \"anyOf\"");
        policy->authorities = calloc(n, sizeof *policy->authorities);
        if (policy->authorities == NULL)
                return AZA_NO_MEMORY();
        for (size_t i = 0; i < n; i++) {
                policy->count = i + 1;
                int r = parse_authority(policy, json_object_array_get_idx(list, i),
                                        &policy->authorities[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_json(struct aza_span text, json_object **ret)
{
        int r = aza_json_parse(text, MAX_TEXT, ret);

        return r == AZATTEST_E_INPUT ? aza_context(r, "policy") : r;
}

/* Key Vault's own wrapping: {"contentType": .., "data": base64url of the document}. */
static int unwrap(json_object **document)
{
        AZA_BYTES struct aza_bytes text = {0};
        const char *data = aza_json_string(*document, "data");
        if (data == NULL)
                return 0;
        if (aza_json_string(*document, "contentType") == NULL ||
            json_object_object_length(*document) != 2)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "policy: unknown members beside \"contentType\" and \"data\"");
        int r = aza_base64_decode(AZA_BASE64URL, data, strlen(data), &text);
        if (r == AZATTEST_E_INPUT)
                return AZA_FAIL(AZATTEST_E_INPUT, "policy: \"data\" is not base64url");
        json_object *inner = NULL;
        if (r == 0)
                r = parse_json(aza_bytes_span(&text), &inner);
        if (r < 0)
                return r;
        json_object_put(*document);
        *document = inner;
        return 0;
}

int aza_policy_parse(struct aza_span text, struct aza_policy **ret)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = calloc(1, sizeof *policy);
        if (policy == NULL)
                return AZA_NO_MEMORY();
        int r = parse_json(text, &policy->document);
        if (r == 0)
                r = unwrap(&policy->document);
        if (r == 0)
                r = parse_document(policy);
        if (r < 0)
                return r;
        *ret = aza_take(&policy);
        return 0;
}

/* The conditions of a built-in policy, which one that is given replaces (floors stay: T19, T20). */
#define IS(claim, value) "{\"claim\":\"" claim "\",\"equals\":" value "}"
#define TEE              "x-ms-isolation-tee."
#define AZURE_VM         IS("x-ms-attestation-type", "\"azurevm\"")
#define SECURE_BOOT      "," IS("secureboot", "true")
#define CVM(type)                                                            \
        AZURE_VM "," IS(TEE "x-ms-attestation-type", "\"" type "\"") "," IS( \
                TEE "x-ms-compliance-status", "\"azure-compliant-cvm\"")
#define SNP       CVM("sevsnpvm") "," IS(TEE "x-ms-sevsnpvm-vmpl", "0")
#define SNP_DEBUG "," IS(TEE "x-ms-sevsnpvm-is-debuggable", "false")
#define PLATFORM                                                                     \
        "{\"claim\":\"x-ms-attestation-type\",\"in\":[\"sevsnpvm\",\"tdxvm\"]}," IS( \
                "x-ms-compliance-status", "\"azure-compliant-cvm\"")

static int append_group(const struct aza_config *config, struct aza_bytes *text)
{
        const char *boot = config->secure_boot == AZA_SECURE_BOOT_REQUIRE ? SECURE_BOOT : "";
        const char *debug = config->allow_debug ? "" : SNP_DEBUG;
        /* NULL-terminated pieces */
        const char *const groups[][9] = {
                [AZA_REQUIRE_SEVSNP] = {"\"allOf\":[" SNP, debug, boot, "]"},
                [AZA_REQUIRE_TDX] = {"\"allOf\":[" CVM("tdxvm"), boot, "]"},
                [AZA_REQUIRE_CVM] = {"\"anyOf\":[{\"allOf\":[" SNP, debug, boot,
                                     "]},{\"allOf\":[" CVM("tdxvm"), boot, "]}]"},
                /* That x-ms-isolation-tee is absent the grammar cannot say: T12 does. */
                [AZA_REQUIRE_TRUSTEDLAUNCH] = {"\"allOf\":[" AZURE_VM, boot, "]"},
                [AZA_REQUIRE_ANY] = {"\"allOf\":[" AZURE_VM "]"},
                [AZA_REQUIRE_SHOWN] = {"\"allOf\":[" AZURE_VM "]"},
                [AZA_REQUIRE_PLATFORM] = {"\"allOf\":[" PLATFORM "]"},
        };
        int r = 0;

        for (const char *const *piece = groups[config->require]; r == 0 && *piece != NULL; piece++)
                r = aza_bytes_append_text(text, *piece);
        return r;
}

int aza_policy_builtin(const struct aza_config *config, const char *authority,
                       struct aza_policy **ret)
{
        AZA_OWN(json_object_put) json_object *name = json_object_new_string(authority);
        AZA_BYTES struct aza_bytes text = {0};
        const char *quoted = name != NULL ? json_object_to_json_string(name) : NULL;
        if (quoted == NULL)
                return AZA_NO_MEMORY();
        int r = aza_bytes_append_text(&text, "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":");
        if (r == 0)
                r = aza_bytes_append_text(&text, quoted);
        if (r == 0)
                r = aza_bytes_append_text(&text, ",");
        if (r == 0)
                r = append_group(config, &text);
        if (r == 0)
                r = aza_bytes_append_text(&text, "}]}");
        return r < 0 ? r : aza_policy_parse(aza_bytes_span(&text), ret);
}
