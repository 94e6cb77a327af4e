/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral of TDX from a file. */
#include "tdx/collateral.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/own.h"

#include <string.h>

#define AT(member) offsetof(struct aza_td_collateral, member)
static const struct aza_td_collateral_part parts[] = {
        {"tcb-info", AT(tcb_info), true},       {"tcb-info-chain", AT(tcb_info_chain), true},
        {"qe-identity", AT(qe_identity), true}, {"qe-identity-chain", AT(qe_identity_chain), true},
        {"pck-crl", AT(pck_crl), false},        {"root-crl", AT(root_crl), false},
};

bool aza_td_collateral_part(size_t n, struct aza_td_collateral_part *ret)
{
        if (n >= sizeof(parts) / sizeof(parts[0]))
                return false;
        *ret = parts[n];
        return true;
}

struct aza_bytes *aza_td_collateral_bytes(struct aza_td_collateral *c,
                                          const struct aza_td_collateral_part *part)
{
        return (struct aza_bytes *)(void *)((char *)c + part->offset);
}

void aza_td_collateral_free(struct aza_td_collateral *c)
{
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                aza_bytes_free(aza_td_collateral_bytes(c, &parts[i]));
        *c = (struct aza_td_collateral){0};
}

bool aza_td_collateral_is_empty(const struct aza_td_collateral *c)
{
        return c->tcb_info.len == 0 && c->qe_identity.len == 0 && c->tcb_info_chain.len == 0 &&
               c->qe_identity_chain.len == 0 && c->pck_crl.len == 0 && c->root_crl.len == 0;
}

static int bad(const char *name, const char *why)
{
        char shown[65];

        return AZA_FAIL(AZATTEST_E_INPUT, "TDX collateral: \"%s\" %s",
                        aza_printable(name, strlen(name), shown, sizeof(shown)), why);
}

static int read_part(const char *name, json_object *value, struct aza_td_collateral *c)
{
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                struct aza_bytes *to = aza_td_collateral_bytes(c, &parts[i]);
                if (strcmp(parts[i].name, name) != 0)
                        continue;
                const char *text = aza_json_text(value);
                if (text == NULL || *text == '\0')
                        return bad(name, "is no text, or empty");
                if (parts[i].text)
                        return aza_bytes_set(to, text, strlen(text));
                int r = aza_base64_decode(AZA_BASE64, text, strlen(text), to);
                return r == AZATTEST_E_INPUT ? bad(name, "is not base64") : r;
        }
        return bad(name, "is unknown");
}

int aza_td_collateral_decode(struct aza_span text, struct aza_td_collateral *ret)
{
        AZA_OWN(json_object_put) json_object *root = NULL;
        struct aza_td_collateral c = {0};
        int r = aza_json_parse(text, AZA_TD_COLLATERAL_MAX, &root);

        if (r != 0)
                return aza_context(r, "TDX collateral");
        if (!json_object_is_type(root, json_type_object))
                return AZA_FAIL(AZATTEST_E_INPUT, "TDX collateral: it is no JSON object");
        json_object_object_foreach(root, name, value)
        {
                r = read_part(name, value, &c);
                if (r != 0) {
                        aza_td_collateral_free(&c);
                        return r;
                }
        }
        *ret = c;
        return 0;
}

static bool put_part(json_object *root, const char *name, struct aza_span value)
{
        json_object *text = json_object_new_string_len((const char *)value.data, (int)value.len);

        if (text != NULL && json_object_object_add(root, name, text) == 0)
                return true;
        json_object_put(text);
        return false;
}

int aza_td_collateral_encode(struct aza_td_collateral *c, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *root = json_object_new_object();
        int r = root != NULL ? 0 : AZA_NO_MEMORY();

        for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
                AZA_BYTES struct aza_bytes encoded = {0};
                struct aza_span value = aza_bytes_span(aza_td_collateral_bytes(c, &parts[i]));
                if (value.len == 0)
                        continue;
                if (!parts[i].text) {
                        r = aza_base64_encode(AZA_BASE64, value, &encoded);
                        value = aza_bytes_span(&encoded);
                }
                if (r == 0 && !put_part(root, parts[i].name, value))
                        r = AZA_NO_MEMORY();
        }
        if (r != 0)
                return r;
        const char *json = json_object_to_json_string_ext(
                root,
                JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (json == NULL)
                return AZA_NO_MEMORY();
        r = aza_bytes_append_text(ret, json);
        return r != 0 ? r : aza_bytes_append_text(ret, "\n");
}
