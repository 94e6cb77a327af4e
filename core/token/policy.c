/* SPDX-License-Identifier: Apache-2.0 */
/* Claims policies: evaluation (P2, P3, P6). Pure; never stops early, so that the report says of
 * every condition whether it is met. */
#include "token/policy.h"

#include "base/error.h"
#include "base/json.h"
#include "token/policy_tree.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_CLAIM 120

bool aza_policy_has_extensions(const struct aza_policy *policy)
{
        return policy->extension != NULL;
}

char *aza_policy_vault_note(const struct aza_policy *policy, char out[96])
{
        if (policy->extension == NULL)
                out[0] = '\0';
        else
                (void)snprintf(out, 96, "; it uses %s: not usable as a Key Vault release policy",
                               policy->extension);
        return out;
}

bool aza_policy_authority_is(const char *url, const char *issuer)
{
        size_t len = strlen(url);
        if (len > 0 && url[len - 1] == '/')
                len--;
        return strlen(issuer) == len && memcmp(url, issuer, len) == 0;
}

/* One evaluation: where claims come from, and the report being written (`rows` NULL: none is
 * wanted). Values are copied, since the report may outlive policy and claims. */
struct report {
        json_object *claims;
        aza_policy_ask *ask; /* NULL: every claim is answered */
        const void *arg;
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

/* A condition and what became of it. */
struct row {
        const char *claim, *op;
        json_object *expected, *found;
        bool missing, met;
        const char *unanswered; /* why, or NULL */
};

static void add_row(struct report *report, const struct row *r)
{
        if (report->rows == NULL)
                return;
        const char *result = r->unanswered != NULL ? "not answered"
                             : r->met              ? "met"
                             : r->missing          ? "missing"
                                                   : "not met";
        json_object *row = json_object_new_object();
        bool good = row != NULL &&
                    put(row, "authority", json_object_new_string(report->authority)) &&
                    put(row, "claim", json_object_new_string(r->claim)) &&
                    put(row, "operator", json_object_new_string(r->op)) &&
                    put_copy(row, "expected", r->expected) &&
                    (r->missing || put_copy(row, "found", r->found)) &&
                    (r->unanswered == NULL ||
                     put(row, "reason", json_object_new_string(r->unanswered))) &&
                    put(row, "result", json_object_new_string(result));
        if (good && json_object_array_add(report->rows, row) == 0)
                return;
        json_object_put(row);
        report->failed = true;
}

static enum aza_policy_verdict evaluate_claim(const struct policy_node *node, struct report *report)
{
        struct row row = {.claim = node->claim,
                          .op = aza_policy_operator_names[node->op],
                          .expected = node->value};

        if (report->ask != NULL)
                row.unanswered = report->ask(report->arg, node->claim);
        row.missing =
                row.unanswered != NULL || !aza_json_path(report->claims, node->claim, &row.found);
        row.met = row.unanswered == NULL && aza_policy_met(node, !row.missing, row.found);
        add_row(report, &row);
        if (row.unanswered != NULL)
                return AZA_POLICY_UNANSWERED;
        return row.met ? AZA_POLICY_MET : AZA_POLICY_UNMET;
}

static enum aza_policy_verdict evaluate(const struct policy_node *node, struct report *report)
{
        bool all = node->kind == POLICY_ALL;
        enum aza_policy_verdict verdict = all ? AZA_POLICY_MET : AZA_POLICY_UNMET;

        if (node->kind == POLICY_CLAIM)
                return evaluate_claim(node, report);
        for (size_t i = 0; i < node->count; i++) {
                enum aza_policy_verdict one = evaluate(&node->children[i], report);
                if (all ? one < verdict : one > verdict)
                        verdict = one;
        }
        return verdict;
}

/* True when `issuer` (NULL: anybody) is the authority; a row of its own says so. */
static bool is_authority(const char *url, const char *issuer, struct report *report)
{
        if (issuer == NULL)
                return true;
        if (report->rows == NULL)
                return aza_policy_authority_is(url, issuer);
        AZA_OWN(json_object_put) json_object *expected = json_object_new_string(url);
        AZA_OWN(json_object_put) json_object *found = json_object_new_string(issuer);
        struct row row = {.claim = "iss",
                          .op = "equals",
                          .expected = expected,
                          .found = found,
                          .met = aza_policy_authority_is(url, issuer)};
        add_row(report, &row);
        return row.met;
}

static enum aza_policy_verdict evaluate_all(const struct aza_policy *policy, const char *issuer,
                                            struct report *report, json_object **ret_conditions)
{
        enum aza_policy_verdict verdict = AZA_POLICY_UNMET;

        if (ret_conditions != NULL) {
                report->rows = json_object_new_array();
                report->failed = report->rows == NULL;
        }
        for (size_t i = 0; i < policy->count; i++) {
                const struct policy_authority *authority = &policy->authorities[i];
                report->authority = authority->url;
                bool ours = is_authority(authority->url, issuer, report);
                enum aza_policy_verdict one = evaluate(&authority->root, report);
                if (ours && one > verdict)
                        verdict = one;
        }
        if (report->failed)
                json_object_put(aza_take(&report->rows));
        if (ret_conditions != NULL)
                *ret_conditions = report->rows;
        return verdict;
}

bool aza_policy_satisfied(const struct aza_policy *policy, json_object *claims, const char *issuer,
                          json_object **ret_conditions)
{
        struct report report = {.claims = claims};

        return evaluate_all(policy, issuer, &report, ret_conditions) == AZA_POLICY_MET;
}

enum aza_policy_verdict aza_policy_judge(const struct aza_policy *policy, json_object *claims,
                                         aza_policy_ask *ask, const void *arg,
                                         json_object **ret_conditions)
{
        struct report report = {.claims = claims, .ask = ask, .arg = arg};

        return evaluate_all(policy, NULL, &report, ret_conditions);
}

/* One condition, as far as there is room. */
static void describe(json_object *row, char *out, size_t size)
{
        char found[SHOWN_CLAIM] = "missing";
        char expected[SHOWN_CLAIM];
        const char *reason = aza_json_string(row, "reason");
        json_object *value = NULL;

        if (json_object_object_get_ex(row, "found", &value)) {
                const char *text = json_object_to_json_string(value);
                (void)aza_printable(text, strlen(text), found, sizeof found);
        } else if (strcmp(aza_json_string(row, "operator"), "notEquals") == 0) {
                (void)snprintf(found, sizeof found, "none, and notEquals wants one that differs");
        }
        (void)json_object_object_get_ex(row, "expected", &value);
        const char *text = json_object_to_json_string(value);
        (void)aza_printable(text, strlen(text), expected, sizeof expected);
        size_t used = strlen(out);
        (void)snprintf(out + used, size - used, "%s%s %s %s: %s%s", used > 0 ? "; " : "",
                       aza_json_string(row, "claim"), aza_json_string(row, "operator"), expected,
                       reason != NULL ? "" : "found ", reason != NULL ? reason : found);
}

bool aza_policy_reasons(json_object *conditions, const char *issuer, bool unanswered, char *out,
                        size_t size)
{
        bool known = false;

        out[0] = '\0';
        for (size_t i = 0; i < json_object_array_length(conditions); i++) {
                json_object *row = json_object_array_get_idx(conditions, i);
                const char *authority = aza_json_string(row, "authority");
                const char *result = aza_json_string(row, "result");

                if (authority == NULL || result == NULL ||
                    (issuer != NULL && !aza_policy_authority_is(authority, issuer)))
                        continue;
                known = true;
                bool open = strcmp(result, "not answered") == 0;
                if (open == unanswered && strcmp(result, "met") != 0)
                        describe(row, out, size);
        }
        return known;
}
