/* SPDX-License-Identifier: Apache-2.0 */
/* Claims policies: what one as a whole lets pass: which VM (D42), and whether less than another
 * one. Pure. */
#include "base/json.h"
#include "base/printable.h"
#include "token/policy_tree.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- which VM (D42) ---- */

#define VM_ID  "x-ms-azurevm-vmid"
#define ISSUED "x-ms-policy." /* claims that a provider's own attestation policy issues */

/* True when the attestation provider is the relying party's own: what its policy issues it wrote
 * itself. A shared one issues for everybody. */
static bool is_own_provider(const char *authority)
{
        static const char scheme[] = "https://";
        const char *host = authority + sizeof scheme - 1;

        return strncmp(authority, scheme, sizeof scheme - 1) == 0 && *host != '\0' &&
               strchr(host, '@') == NULL && strncasecmp(host, "shared", sizeof "shared" - 1) != 0;
}

/* Chip, host data, measurement and ID key are everybody's on that host or paravisor; what runtime
 * data and client payload say is the host's or the VM's own word. */
static bool condition_pins(const struct policy_node *node, bool own_provider)
{
        if (node->op != POLICY_EQUALS && node->op != POLICY_IN)
                return false;
        return strcmp(node->claim, VM_ID) == 0 ||
               (own_provider && strncmp(node->claim, ISSUED, sizeof ISSUED - 1) == 0);
}

static bool node_pins(const struct policy_node *node, bool own_provider)
{
        size_t pinning = 0;

        if (node->kind == POLICY_CLAIM)
                return condition_pins(node, own_provider);
        for (size_t i = 0; i < node->count; i++)
                pinning += node_pins(&node->children[i], own_provider) ? 1 : 0;
        return node->kind == POLICY_ALL ? pinning > 0 : pinning == node->count;
}

bool aza_policy_pins_identity(const struct aza_policy *policy)
{
        for (size_t i = 0; i < policy->count; i++)
                if (!node_pins(&policy->authorities[i].root,
                               is_own_provider(policy->authorities[i].url)))
                        return false;
        return policy->count > 0;
}

bool aza_policy_pins_vm(const struct aza_policy *policy)
{
        for (size_t i = 0; i < policy->count; i++)
                if (!node_pins(&policy->authorities[i].root, false))
                        return false;
        return policy->count > 0;
}

/* Whether `node` can be met when nothing but the VM's id decides. */
static bool node_allows(const struct policy_node *node, json_object *vmid)
{
        bool all = node->kind == POLICY_ALL;

        if (node->kind == POLICY_CLAIM)
                return strcmp(node->claim, VM_ID) != 0 || aza_policy_met(node, vmid != NULL, vmid);
        for (size_t i = 0; i < node->count; i++)
                if (node_allows(&node->children[i], vmid) != all)
                        return !all;
        return all;
}

bool aza_policy_allows_vm(const struct aza_policy *policy, const char *issuer, const char *vmid)
{
        AZA_OWN(json_object_put)
        json_object *value = vmid != NULL ? json_object_new_string(vmid) : NULL;
        bool ours = false;

        for (size_t i = 0; i < policy->count; i++) {
                if (issuer != NULL && !aza_policy_authority_is(policy->authorities[i].url, issuer))
                        continue;
                if (node_allows(&policy->authorities[i].root, value))
                        return true;
                ours = true;
        }
        return !ours; /* no authority: another matter than which VM */
}

static void list_vms(const struct policy_node *node, char *out, size_t size)
{
        char shown[64];
        size_t n = 1, used;

        for (size_t i = 0; i < node->count; i++)
                list_vms(&node->children[i], out, size);
        if (node->kind != POLICY_CLAIM || strcmp(node->claim, VM_ID) != 0 ||
            (node->op != POLICY_EQUALS && node->op != POLICY_IN && node->op != POLICY_CONTAINS))
                return;
        if (node->op == POLICY_IN || node->op == POLICY_CONTAINS)
                n = json_object_is_type(node->value, json_type_array)
                            ? json_object_array_length(node->value)
                            : 1;
        for (size_t i = 0; i < n && (used = strlen(out)) + 1 < size; i++) {
                json_object *value = json_object_is_type(node->value, json_type_array)
                                             ? json_object_array_get_idx(node->value, i)
                                             : node->value;
                const char *text = json_object_get_string(value);
                (void)snprintf(out + used, size - used, "%s%s", used > 0 ? " or " : "",
                               aza_printable(text, strlen(text), shown, sizeof shown));
        }
}

const char *aza_policy_vms(const struct aza_policy *policy, char *out, size_t size)
{
        out[0] = '\0';
        for (size_t i = 0; i < policy->count; i++)
                list_vms(&policy->authorities[i].root, out, size);
        return out;
}

/* ---- how much it demands (D13) ---- */

static bool node_implies(const struct policy_node *a, const struct policy_node *b);

/* Whether some (`all`: each) part of `a` implies `b`. */
static bool parts_imply(const struct policy_node *a, const struct policy_node *b, bool all)
{
        for (size_t i = 0; i < a->count; i++)
                if (node_implies(&a->children[i], b) != all)
                        return !all;
        return all;
}

static bool implies_parts(const struct policy_node *a, const struct policy_node *b, bool all)
{
        for (size_t i = 0; i < b->count; i++)
                if (node_implies(a, &b->children[i]) != all)
                        return !all;
        return all;
}

static bool node_implies(const struct policy_node *a, const struct policy_node *b)
{
        if (b->kind == POLICY_ALL)
                return implies_parts(a, b, true);
        if (a->kind == POLICY_ANY)
                return parts_imply(a, b, true);
        if (a->kind == POLICY_ALL && parts_imply(a, b, false))
                return true;
        if (b->kind == POLICY_ANY)
                return implies_parts(a, b, false);
        return a->kind == POLICY_CLAIM && aza_policy_condition_implies(a, b);
}

bool aza_policy_implies(const struct aza_policy *policy, const struct aza_policy *other)
{
        for (size_t i = 0; i < policy->count; i++) {
                bool one = false;

                for (size_t j = 0; j < other->count && !one; j++)
                        one = node_implies(&policy->authorities[i].root,
                                           &other->authorities[j].root);
                if (!one)
                        return false;
        }
        return policy->count > 0;
}
