/* SPDX-License-Identifier: Apache-2.0 */
/* Claims policies: Azure Key Vault's release-policy grammar 1.0.0, its seven operators and three of
 * our own (CHECKS.md 9). Pure, fuzzed. */
#ifndef AZA_TOKEN_POLICY_H
#define AZA_TOKEN_POLICY_H

#include "base/checks.h"
#include "base/own.h"
#include "config/config.h"

struct aza_policy;

/* P1, P4, P5. 0 or AZATTEST_E_INPUT naming the member and what is wrong. */
int aza_policy_parse(struct aza_span text, struct aza_policy **ret);
/* The built-in policy of config->require for `authority` (P7, D20), with secure boot and without
 * debug as `secure-boot` and `allow-debug` leave them (D43). */
int aza_policy_builtin(const struct aza_config *config, const char *authority,
                       struct aza_policy **ret);
void aza_policy_free(struct aza_policy *policy);
AZA_OWN_DEFINE(struct aza_policy, aza_policy_free);

/* True when the file uses operators Key Vault does not take. */
bool aza_policy_has_extensions(const struct aza_policy *policy);
/* What P5 says of such a file, to stand behind another text: "; it uses atLeast: not usable as a
 * Key Vault release policy", at most 80 characters; "" for a file without. Returns `out`. */
char *aza_policy_vault_note(const struct aza_policy *policy, char out[96]);
/* True when every way to satisfy `policy` satisfies `other`'s conditions, too, authorities
 * aside. May be false of one that is only written in another way. */
bool aza_policy_implies(const struct aza_policy *policy, const struct aza_policy *other);
/* D42: true when every way to satisfy the policy pins x-ms-azurevm-vmid (equals, in), or a claim
 * below x-ms-policy. of an authority whose host does not begin with "shared". */
bool aza_policy_pins_identity(const struct aza_policy *policy);
/* The same of the VM's id alone: evidence answers nothing that a provider issues. */
bool aza_policy_pins_vm(const struct aza_policy *policy);
/* False when the VM id `vmid` (NULL: the claim is missing) alone keeps `issuer`'s authorities
 * (NULL: all) from being satisfied, whatever the other claims say: it is another VM than the
 * demanded one. */
bool aza_policy_allows_vm(const struct aza_policy *policy, const char *issuer, const char *vmid);
/* The ids that it names, for messages: "A or B", as far as there is room. Returns `out`. */
const char *aza_policy_vms(const struct aza_policy *policy, char *out, size_t size);

/* Evaluates every condition (P6). `ret_conditions` (may be NULL) receives a JSON array of
 * {authority, claim, operator, expected, found, result: "met"|"not met"|"missing"}, owned by the
 * caller, NULL when out of memory; each authority has one row with claim "iss" first. True when
 * satisfied. */
bool aza_policy_satisfied(const struct aza_policy *policy, json_object *claims, const char *issuer,
                          json_object **ret_conditions);

/* Worst first: allOf has the least of its conditions' values, anyOf the greatest. */
enum aza_policy_verdict {
        AZA_POLICY_UNMET,
        AZA_POLICY_UNANSWERED, /* it depends on claims that nobody could answer */
        AZA_POLICY_MET,
};
/* Why `claim` cannot be answered; NULL when it can: then a claim that is not there is missing. */
typedef const char *aza_policy_ask(const void *arg, const char *claim);

/* The same for claims of something that no issuer vouches for: authorities are not compared, one
 * whose conditions are met is enough, and what `ask` has no answer to decides neither way. A row of
 * such a condition has result "not answered" and a member "reason". */
enum aza_policy_verdict aza_policy_judge(const struct aza_policy *policy, json_object *claims,
                                         aza_policy_ask *ask, const void *arg,
                                         json_object **ret_conditions);

/* The rows of `conditions` that decided against it, as far as there is room: those of `issuer`
 * (NULL: of every authority) that are not met, or with `unanswered` those that could not be
 * answered. False when no row is of `issuer`. */
bool aza_policy_reasons(json_object *conditions, const char *issuer, bool unanswered, char *out,
                        size_t size);

#endif
