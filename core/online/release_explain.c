/* SPDX-License-Identifier: Apache-2.0 */
/* The vault says 403 and no more: identity, attributes and policy are looked at one by one. */
#include "online/release_explain.h"

#include "base/base64.h"
#include "base/error.h"
#include "token/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum state { OK, NO, UNKNOWN };

struct findings {
        json_object *list;
        bool no;
        bool out_of_memory;
};

static void find(struct findings *f, const char *name, enum state state, const char *format, ...)
        AZATTEST_PRINTF(4, 5);
static void find(struct findings *f, const char *name, enum state state, const char *format, ...)
{
        static const char *const words[] = {"ok", "no", "unknown"};
        json_object *row = json_object_new_object();
        char text[1024], shown[1200];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        f->no |= state == NO;
        if (row == NULL || json_object_array_add(f->list, row) != 0) {
                json_object_put(row);
                f->out_of_memory = true;
                return;
        }
        (void)json_object_object_add(row, "name", json_object_new_string(name));
        (void)json_object_object_add(row, "state", json_object_new_string(words[state]));
        (void)json_object_object_add(
                row, "text",
                json_object_new_string(aza_printable(text, strlen(text), shown, sizeof(shown))));
}

/* A member as text: strings as they are, the rest as JSON. */
static const char *shown_as(json_object *row, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(row, name, &value) || value == NULL)
                return "nothing";
        const char *text = aza_json_text(value);
        return text != NULL ? text : json_object_to_json_string(value);
}

static bool is_met(json_object *row)
{
        return strcmp(shown_as(row, "result"), "met") == 0;
}

/* Of an authority: whether the token is its. Rows of others say nothing about this VM. */
static bool find_condition(struct findings *f, json_object *row, bool satisfied)
{
        if (strcmp(shown_as(row, "claim"), "iss") == 0) {
                const bool met = is_met(row);

                find(f, "authority",
                     met         ? OK
                     : satisfied ? UNKNOWN
                                 : NO,
                     met ? "%s attested this VM%s%s"
                         : "%s is another service than the one that attested this VM, %s%s",
                     shown_as(row, "expected"), met ? "" : shown_as(row, "found"),
                     met || satisfied ? ""
                                      : ": set 'maa-url' to the policy's, or change the policy");
                return met;
        }
        find(f, "condition",
             is_met(row) ? OK
             : satisfied ? UNKNOWN
                         : NO,
             "%s %s %s; found %s", shown_as(row, "claim"), shown_as(row, "operator"),
             shown_as(row, "expected"), shown_as(row, "found"));
        return true;
}

static void find_conditions(struct findings *f, const struct aza_policy *policy,
                            const struct aza_token *token)
{
        AZA_OWN(json_object_put) json_object *rows = NULL;
        const bool satisfied = aza_policy_satisfied(policy, token->claims, token->issuer, &rows);
        bool ours = false;

        if (rows == NULL) {
                f->out_of_memory = true;
                return;
        }
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);
                const bool begins = strcmp(shown_as(row, "claim"), "iss") == 0;

                if (begins || ours)
                        ours = find_condition(f, row, satisfied);
        }
        find(f, "release policy", satisfied ? OK : NO,
             satisfied ? "this VM's token satisfies it"
                       : "this VM's token does not satisfy it: see the conditions that say no");
}

static int find_policy(struct findings *f, json_object *key, const char *jwt)
{
        const char *data = aza_json_string(aza_json_object(key, "release_policy"), "data");
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        int r;

        if (data == NULL) {
                find(f, "release policy", NO,
                     "the key has none; it is given when a key is made: 'az keyvault key create --exportable --policy FILE'");
                return 0;
        }
        r = aza_base64_decode(AZA_BASE64URL, data, strlen(data), &text);
        r = r == 0 ? aza_policy_parse(aza_bytes_span(&text), &policy) : r;
        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        if (r != 0) {
                find(f, "release policy", UNKNOWN, "cannot be read: %s", aza_last_error()->message);
                return 0;
        }
        r = aza_token_parse(jwt, strlen(jwt), NULL, &token);
        if (r == 0)
                find_conditions(f, policy, token);
        return r;
}

static void find_attributes(struct findings *f, json_object *key)
{
        json_object *attributes = aza_json_object(key, "attributes");
        bool enabled = true, exportable = false;

        (void)aza_json_bool(attributes, "enabled", &enabled);
        (void)aza_json_bool(attributes, "exportable", &exportable);
        find(f, "enabled", enabled ? OK : NO, "%s",
             enabled ? "the key may be used" : "the key is disabled: enable it in the vault");
        find(f, "exportable", exportable ? OK : NO, "%s",
             exportable
                     ? "the key may leave the vault"
                     : "the key may not leave the vault; this is decided when a key is made ('--exportable')");
}

static int look(struct aza_vault *vault, const char *jwt, struct findings *f)
{
        AZA_OWN(json_object_put) json_object *key = NULL;
        int r = aza_vault_get_key(vault, &key);

        if (r != 0 && r != AZATTEST_E_KEY_RELEASE)
                return r;
        find(f, "identity", r != 0 && vault->status == 401 ? NO : OK, "%s",
             r != 0 && vault->status == 401 ? aza_last_error()->message
                                            : "the vault takes the access token");
        if (r != 0) {
                find(f, "key", vault->status == 403 ? UNKNOWN : NO, "%s%s",
                     aza_last_error()->message,
                     vault->status == 403
                             ? ": with the permission 'get' its policy could be looked at"
                             : "");
                return 0;
        }
        find(f, "key", OK, "%s, %s", shown_as(aza_json_object(key, "key"), "kid"),
             shown_as(aza_json_object(key, "key"), "kty"));
        find_attributes(f, key);
        return find_policy(f, key, jwt);
}

int aza_release_explain(struct aza_vault *vault, const char *token, json_object *findings,
                        bool *ret_no)
{
        struct findings f = {.list = findings};
        int r = look(vault, token, &f);

        if (r == 0 && f.out_of_memory)
                r = AZA_NO_MEMORY();
        if (r != 0)
                return r;
        if (!f.no)
                find(&f, "permission", UNKNOWN,
                     "nothing here is in the way; a vault that refuses all the same misses the identity's permission 'release' (role Key Vault Crypto Service Release User), or its firewall does not let this VM in");
        *ret_no = f.no;
        return 0;
}
