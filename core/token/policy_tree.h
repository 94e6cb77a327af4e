/* SPDX-License-Identifier: Apache-2.0 */
/* The parsed form of a claims policy, shared by its parser and its evaluation only. */
#ifndef AZA_TOKEN_POLICY_TREE_H
#define AZA_TOKEN_POLICY_TREE_H

#include "token/policy.h"

enum policy_kind {
        POLICY_CLAIM,
        POLICY_ALL,
        POLICY_ANY,
};

enum policy_operator {
        /* Key Vault's: */
        POLICY_EQUALS,
        POLICY_NOT_EQUALS,
        POLICY_LESS,
        POLICY_LESS_OR_EQUALS,
        POLICY_GREATER,
        POLICY_GREATER_OR_EQUALS,
        POLICY_EXISTS,
        /* ours: */
        POLICY_AT_LEAST,
        POLICY_IN,
        POLICY_CONTAINS,
        POLICY_OPERATORS,
};

extern const char *const aza_policy_operator_names[POLICY_OPERATORS];

struct policy_node {
        enum policy_kind kind;
        /* POLICY_CLAIM: */
        const char *claim; /* into the document */
        enum policy_operator op;
        json_object *value; /* into the document */
        /* POLICY_ALL, POLICY_ANY: */
        struct policy_node *children;
        size_t count;
};

struct policy_authority {
        const char *url; /* into the document, as written */
        struct policy_node root;
};

struct aza_policy {
        json_object *document;
        struct policy_authority *authorities;
        size_t count;
        const char *extension; /* the first operator Key Vault does not take, or NULL */
};

/* P4: a whole number, or the text of one. */
bool aza_policy_number(json_object *value, int64_t *ret);
/* P4, P5: whether a condition is met by `claim`, which is there or not (`present`). */
bool aza_policy_met(const struct policy_node *node, bool present, json_object *claim);
/* Whether each claim that meets `a` meets `b`. False where that is not plain. */
bool aza_policy_condition_implies(const struct policy_node *a, const struct policy_node *b);

/* P2: equal after removing at most one '/' from the policy's value. */
bool aza_policy_authority_is(const char *url, const char *issuer);

#endif
