/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compact JWS to struct aza_token: T1 form, T2 algorithm, T3 header. Pure and fuzzed; trusts
 * nothing and verifies no signature. The rest of section 7 is verify.c.
 */
#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "token/token.h"

#include <string.h>

void aza_token_free(struct aza_token *t)
{
        if (t == NULL)
                return;
        free(t->jwt);
        json_object_put(t->header);
        json_object_put(t->claims);
        aza_bytes_free(&t->signature);
        free(t);
}

struct segments {
        const char *text[3];
        size_t len[3];
};

static bool split(const char *jwt, size_t len, struct segments *ret)
{
        const char *end = jwt + len;
        for (size_t n = 0; n < 3; n++) {
                const char *dot = memchr(jwt, '.', (size_t)(end - jwt));
                if (n < 2 ? dot == NULL : dot != NULL)
                        return false;
                ret->text[n] = jwt;
                ret->len[n] = (size_t)((n < 2 ? dot : end) - jwt);
                if (ret->len[n] == 0)
                        return false;
                jwt = n < 2 ? dot + 1 : end;
        }
        return true;
}

static bool decode_object(const char *text, size_t len, const char *what, struct aza_checks *rows,
                          json_object **ret)
{
        AZA_BYTES struct aza_bytes bytes = {0};
        AZA_OWN(json_object_put) json_object *value = NULL;

        if (aza_base64_decode(AZA_BASE64URL, text, len, &bytes) < 0 ||
            aza_json_parse(aza_bytes_span(&bytes), AZA_TOKEN_MAX, &value) < 0) {
                rows->out_of_memory |= aza_last_error()->code == AZATTEST_E_NO_MEMORY;
                return aza_reject(rows, AZA_CHECK_T1, "%s: %s", what, aza_last_error()->message);
        }
        if (!json_object_is_type(value, json_type_object))
                return aza_reject(rows, AZA_CHECK_T1, "%s is not a JSON object", what);
        *ret = aza_take(&value);
        return true;
}

static bool check_form(struct aza_token *t, size_t len, struct aza_checks *rows)
{
        struct segments s;
        if (!split(t->jwt, len, &s))
                return aza_reject(rows, AZA_CHECK_T1,
                                  "not three non-empty parts separated by dots");
        if (!decode_object(s.text[0], s.len[0], "header", rows, &t->header) ||
            !decode_object(s.text[1], s.len[1], "payload", rows, &t->claims))
                return false;
        if (aza_base64_decode(AZA_BASE64URL, s.text[2], s.len[2], &t->signature) < 0) {
                rows->out_of_memory |= aza_last_error()->code == AZATTEST_E_NO_MEMORY;
                return aza_reject(rows, AZA_CHECK_T1, "signature: %s", aza_last_error()->message);
        }
        t->signing_input = aza_span_of(t->jwt, s.len[0] + 1 + s.len[1]);
        t->kid = aza_json_string(t->header, "kid");
        t->issuer = aza_json_string(t->claims, "iss");
        if (!aza_json_int64(t->claims, "exp", &t->exp))
                t->exp = 0;
        return aza_accept(rows, AZA_CHECK_T1, NULL);
}

static bool check_algorithm(const struct aza_token *t, struct aza_checks *rows)
{
        char shown[32] = "absent";
        const char *alg = aza_json_string(t->header, "alg");
        if (alg != NULL && strcmp(alg, "RS256") == 0)
                return aza_accept(rows, AZA_CHECK_T2, NULL);
        (void)aza_reject(rows, AZA_CHECK_T2, "signature algorithm is not RS256");
        if (alg != NULL)
                (void)aza_printable(alg, strlen(alg), shown, sizeof shown);
        aza_check_values(rows, "RS256", shown);
        return false;
}

/* jku is the sender's choice: it is compared, never fetched. */
static bool jku_agrees(const char *jku, const char *issuer)
{
        size_t n = issuer != NULL ? strlen(issuer) : 0;
        return jku != NULL && issuer != NULL && strncmp(jku, issuer, n) == 0 &&
               strcmp(jku + n, "/certs") == 0;
}

static bool check_header(const struct aza_token *t, struct aza_checks *rows)
{
        json_object *typ = NULL;
        if (json_object_object_get_ex(t->header, "typ", &typ)) {
                const char *text = aza_json_text(typ);
                if (text == NULL || strcmp(text, "JWT") != 0)
                        return aza_reject(rows, AZA_CHECK_T3, "typ is not JWT");
        }
        if (json_object_object_get_ex(t->header, "crit", NULL))
                return aza_reject(rows, AZA_CHECK_T3, "crit demands an extension we do not know");
        if (json_object_object_get_ex(t->header, "jku", NULL) &&
            !jku_agrees(aza_json_string(t->header, "jku"), t->issuer))
                return aza_reject(rows, AZA_CHECK_T3, "jku is not the issuer's own /certs");
        return aza_accept(rows, AZA_CHECK_T3, NULL);
}

static void fill_not_checked(struct aza_checks *rows)
{
        static const enum aza_check_id all[AZA_TOKEN_ROWS] = {
                AZA_CHECK_T1,  AZA_CHECK_T2,  AZA_CHECK_T3,  AZA_CHECK_T4,  AZA_CHECK_T5,
                AZA_CHECK_T6,  AZA_CHECK_T7,  AZA_CHECK_T8,  AZA_CHECK_T9,  AZA_CHECK_T10,
                AZA_CHECK_T11, AZA_CHECK_T12, AZA_CHECK_T13, AZA_CHECK_T14, AZA_CHECK_T15,
                AZA_CHECK_T16, AZA_CHECK_T17, AZA_CHECK_T18, AZA_CHECK_T19, AZA_CHECK_T20,
                AZA_CHECK_G4,  AZA_CHECK_C5,
        };
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
                if (aza_checks_get(rows, all[i]) == NULL)
                        (void)aza_not_checked(rows, all[i], AZA_NO_INPUT,
                                              "the token could not be read");
}

static bool read_token(const char *jwt, size_t len, struct aza_checks *rows, struct aza_token *t)
{
        if (len > AZA_TOKEN_MAX)
                return aza_reject(rows, AZA_CHECK_T1, "%zu bytes, more than the %d allowed", len,
                                  AZA_TOKEN_MAX);
        t->jwt = strndup(jwt, len);
        if (t->jwt == NULL) {
                rows->out_of_memory = true;
                return false;
        }
        if (strlen(t->jwt) != len)
                return aza_reject(rows, AZA_CHECK_T1, "a NUL at character %zu", strlen(t->jwt));
        return check_form(t, len, rows) && check_algorithm(t, rows) && check_header(t, rows);
}

int aza_token_parse(const char *jwt, size_t len, struct aza_checks *checks, struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_token *t = calloc(1, sizeof *t);
        if (t == NULL)
                return AZA_NO_MEMORY();
        if (read_token(jwt, len, &rows, t)) {
                *ret = t;
                return 0;
        }
        aza_token_free(t);
        fill_not_checked(&rows);
        int r = aza_checks_result(&rows, "MAA token");
        if (checks != NULL)
                aza_checks_append(checks, &rows);
        return r;
}
