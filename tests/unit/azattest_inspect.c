/* SPDX-License-Identifier: Apache-2.0 */
/* What files are and say, and their chain of trust, through the public API. */
#include "unit/this_system.h"
#include <azattest.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* {"alg":"RS256","kid":"k"} and {"iss":"https://maa.example"}: signed by nobody. */
#define UNSIGNED "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJpc3MiOiJodHRwczovL21hYS5leGFtcGxlIn0.AAAA"

static const char keys[] = "{\"keys\": []}";
static const char evidence[] = "{\"azattest-evidence\":1,\"vm\":\"sevsnp\"}";

static const uint8_t *bytes(const char *text)
{
        return (const uint8_t *)text;
}

static enum azattest_kind kind_of(const char *text)
{
        return azattest_kind_of(bytes(text), strlen(text));
}

static azattest_context *new_context(void)
{
        azattest_context *ctx = NULL;

        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_context_set(ctx, "tcti", "device:/nonexistent"), 0);
        return ctx;
}

/* Frees `json`. */
static void assert_contains(char *json, const char *text)
{
        if (json == NULL || strstr(json, text) == NULL)
                fail_msg("no %s in %s", text, json != NULL ? json : "nothing");
        azattest_free(json);
}

static int explain(azattest_context *ctx, const char *text,
                   const struct azattest_verify_options *options, char **ret)
{
        *ret = NULL;
        return azattest_explain(ctx, bytes(text), strlen(text), options, ret);
}

static void kinds(void **state)
{
        (void)state;
        assert_int_equal(kind_of(UNSIGNED), AZATTEST_KIND_TOKEN);
        assert_int_equal(kind_of(keys), AZATTEST_KIND_JWKS);
        assert_int_equal(kind_of(evidence), AZATTEST_KIND_EVIDENCE);
        assert_int_equal(kind_of("HCLA"), AZATTEST_KIND_HCL_REPORT);
        assert_int_equal(kind_of("hello"), AZATTEST_KIND_UNKNOWN);
        assert_int_equal(azattest_kind_of(NULL, 0), AZATTEST_KIND_UNKNOWN);
        assert_string_equal(azattest_kind_name(AZATTEST_KIND_TOKEN), "MAA token");
        assert_string_equal(azattest_kind_name(AZATTEST_KIND_POLICY), "claims policy");
        assert_string_equal(azattest_kind_name((enum azattest_kind)99), "unknown");
}

static void inspected(void **state)
{
        char *json = NULL;

        (void)state;
        assert_int_equal(azattest_inspect(bytes(keys), strlen(keys), &json), 0);
        assert_contains(json, "\"kind\":\"key set\"");
        json = NULL;
        assert_int_equal(azattest_inspect(bytes(UNSIGNED), strlen(UNSIGNED), &json), 0);
        assert_contains(json, "\"issuer\":\"https://maa.example\"");
        json = NULL;
        assert_int_equal(azattest_inspect(bytes("hello"), 5, &json), AZATTEST_E_INPUT);
        assert_non_null(strstr(azattest_error_message(NULL), "nothing azattest knows"));
        assert_int_equal(azattest_inspect(bytes("eyJ"), 3, &json), AZATTEST_E_TOKEN_FORM);
        assert_int_equal(azattest_inspect(NULL, 0, &json), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_inspect(bytes(keys), strlen(keys), NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);
}

static void refused_links_are_explained(void **state)
{
        azattest_context *ctx = new_context();
        char *json;

        (void)state;
        assert_int_equal(explain(ctx, UNSIGNED, NULL, &json), 0);
        assert_contains(json, "\"state\":\"refused\"");
        assert_int_equal(explain(ctx, evidence, NULL, &json), 0);
        assert_contains(json, "\"links\":[");
        azattest_context_free(ctx);
}

/* D54: what has no chain has a result, a call that was wrong none. */
static void not_explained(void **state)
{
        azattest_context *ctx = new_context();
        struct azattest_evidence_options demands = AZATTEST_EVIDENCE_OPTIONS_INIT;
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        char *json;

        (void)state;
        assert_int_equal(explain(ctx, keys, NULL, &json), AZATTEST_E_INPUT);
        assert_contains(json, "\"verdict\":\"reject\"");
        assert_int_equal(explain(ctx, "{\"azattest-evidence\":", NULL, &json), AZATTEST_E_INPUT);
        assert_contains(json, "\"verdict\":\"reject\"");
        options.evidence = &demands;
        assert_int_equal(explain(ctx, keys, &options, &json), AZATTEST_E_INPUT);
        assert_contains(json, "\"verdict\":\"reject\"");
        assert_int_equal(explain(ctx, UNSIGNED, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);
        assert_int_equal(explain(ctx, evidence, &options, &json), 0);
        assert_contains(json, "\"links\":[");
        demands.crl = "/nonexistent/crl";
        assert_int_equal(explain(ctx, evidence, &options, &json), AZATTEST_E_INPUT);
        assert_contains(json, "\"verdict\":\"incomplete\"");
        options = (struct azattest_verify_options)AZATTEST_VERIFY_OPTIONS_INIT;
        options.purpose = "sign";
        assert_int_equal(explain(ctx, evidence, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);
        azattest_context_free(ctx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kinds),
                cmocka_unit_test(inspected),
                cmocka_unit_test(refused_links_are_explained),
                cmocka_unit_test(not_explained),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
