/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens and JWE headers say, also malformed ones as far as they can be read. */
#include "show/show.h"

#include "base/base64.h"
#include "base/checks.h"
#include "base/error.h"
#include "base/json.h"
#include "token/token.h"

#include <string.h>

/* Trailing line end of an editor or echo is not part of the token. */
static struct aza_span trimmed(struct aza_span s)
{
        while (s.len > 0 && strchr(" \t\r\n", s.data[s.len - 1]) != NULL)
                s.len--;
        return s;
}

/* The n-th dot-separated part, decoded and parsed; NULL when that cannot be done. */
static json_object *segment(struct aza_span s, int n)
{
        AZA_BYTES struct aza_bytes text = {0};
        json_object *value = NULL;
        const uint8_t *end;

        for (; n > 0; n--) {
                const uint8_t *dot = s.len > 0 ? memchr(s.data, '.', s.len) : NULL;

                if (dot == NULL)
                        return NULL;
                s = aza_span_of(dot + 1, s.len - (size_t)(dot + 1 - s.data));
        }
        end = s.len > 0 ? memchr(s.data, '.', s.len) : NULL;
        if (end != NULL)
                s.len = (size_t)(end - s.data);
        if (aza_base64_decode(AZA_BASE64URL, (const char *)s.data, s.len, &text) != 0 ||
            aza_json_parse(aza_bytes_span(&text), AZA_TOKEN_MAX, &value) != 0)
                return NULL;
        return value;
}

static void show_claim_time(json_object *out, const char *name, json_object *claims,
                            const char *claim)
{
        int64_t seconds;

        if (aza_json_int64(claims, claim, &seconds))
                aza_show_time(out, name, seconds);
}

static void show_claim_text(json_object *out, const char *name, json_object *claims,
                            const char *path)
{
        json_object *value = NULL;

        if (aza_json_path(claims, path, &value) && value != NULL)
                aza_show_object(out, name, json_object_get(value));
}

/* client-payload values are base64 of what the caller sent. */
static void show_payload(json_object *out, json_object *claims)
{
        json_object *payload = NULL, *shown;

        if (!aza_json_path(claims, "x-ms-runtime.client-payload", &payload) ||
            !json_object_is_type(payload, json_type_object))
                return;
        shown = json_object_new_object();
        if (shown == NULL)
                return;
        json_object_object_foreach(payload, name, value)
        {
                AZA_BYTES struct aza_bytes plain = {0};
                const char *text = json_object_get_string(value);

                if (text != NULL &&
                    aza_base64_decode(AZA_BASE64, text, strlen(text), &plain) == 0 &&
                    plain.data != NULL && strlen((const char *)plain.data) == plain.len)
                        aza_show_text(shown, name, "%s", (const char *)plain.data);
                else
                        aza_show_object(shown, name, json_object_get(value));
        }
        aza_show_object(out, "payload", shown);
}

static void show_attested_key(OSSL_LIB_CTX *libctx, json_object *out, const struct aza_token *token)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        if (aza_token_key(libctx, token, &key) == 0)
                aza_show_key(libctx, out, "attested-key", key);
        else
                aza_show_text(out, "attested-key", "none: %s", aza_last_error()->message);
}

json_object *aza_show_token(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *header = NULL;
        AZA_OWN(json_object_put) json_object *claims = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks checks = {0};

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        content = trimmed(content);
        header = segment(content, 0);
        claims = segment(content, 1);
        if (header == NULL && claims == NULL)
                return AZA_FAIL(AZATTEST_E_TOKEN_FORM,
                                "no token: neither header nor claims are base64url JSON"),
                       NULL;
        if (aza_token_parse((const char *)content.data, content.len, &checks, &token) == 0)
                aza_show_text(out, "form", "ok");
        else
                aza_show_object(out, "form", aza_checks_json(&checks));
        show_claim_text(out, "issuer", claims, "iss");
        show_claim_time(out, "issued", claims, "iat");
        show_claim_time(out, "expires", claims, "exp");
        show_claim_text(out, "hardware", claims, "x-ms-isolation-tee.x-ms-attestation-type");
        show_claim_text(out, "compliance", claims, "x-ms-isolation-tee.x-ms-compliance-status");
        show_claim_text(out, "vm-id", claims, "x-ms-azurevm-vmid");
        show_payload(out, claims);
        if (token != NULL)
                show_attested_key(libctx, out, token);
        aza_show_object(out, "header", json_object_get(header));
        aza_show_object(out, "claims", json_object_get(claims));
        return aza_take(&out);
}

json_object *aza_show_jwe(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *header = NULL;

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        content = trimmed(content);
        header = segment(content, 0);
        if (header == NULL)
                return AZA_FAIL(AZATTEST_E_JWE, "the JWE's header is no base64url JSON"), NULL;
        aza_show_object(out, "header", json_object_get(header));
        aza_show_number(out, "size", content.len);
        return aza_take(&out);
}
