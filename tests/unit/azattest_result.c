/* SPDX-License-Identifier: Apache-2.0 */
/* What the library makes of results for people: azattest_summary. */
#include "azattest.h"
#include "unit/this_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RESULT(verdict, code, reason, weakened, claims)                                       \
        "{\"schema\":1,\"verdict\":\"" verdict "\",\"subject\":\"token\",\"result\":" code    \
        ",\"result-name\":\"X\",\"reason\":\"" reason "\",\"time\":\"2026-01-01T00:00:00Z\"," \
        "\"weakened\":[" weakened "],\"checks\":[],\"claims\":{" claims "}}"

static void expect_line(const char *json, const char *line)
{
        char *text = NULL;

        assert_int_equal(azattest_summary(json, &text), 0);
        assert_string_equal(text, line);
        azattest_free(text);
}

static void one_line(void **state)
{
        (void)state;
        expect_line(
                RESULT("accept", "0", "", "", "\"x-ms-azurevm-vmid\":\"AB-1\",\"exp\":1795951980"),
                "accept: token of VM AB-1, valid until 2026-11-29T11:33:00Z");
        expect_line(RESULT("accept", "0", "", "", "\"vm-id-host-says\":\"AB-1\""),
                    "accept: token of VM AB-1 (the host says)");
        expect_line(RESULT("reject", "-106", "check T9 (time): expired",
                           "\"any-vm = yes: all\",\"time = x: then\"", ""),
                    "reject: token: check T9 (time): expired; weakened: any-vm, time");
        expect_line(RESULT("incomplete", "-118", "no file", "", ""), "incomplete: token: no file");
}

/* Whatever is in it, it is one line of printable text. */
static void hostile(void **state)
{
        char *text = NULL;

        (void)state;
        assert_int_equal(
                azattest_summary(RESULT("accept\\u001b[2J", "0", "a\\nT8 accept\\u202e",
                                        "\"k\\n = v: m\"", "\"x-ms-azurevm-vmid\":\"\\u009b1\\n\""),
                                 &text),
                0);
        for (const char *p = text; *p != '\0'; p++)
                assert_true(*p >= ' ' && *p <= '~');
        assert_null(strchr(text, '\n'));
        azattest_free(text);
}

static void what_is_none(void **state)
{
        static const char *const none[] = {"",
                                           "hello",
                                           "[]",
                                           "{}",
                                           "{\"verdict\":\"accept\"}",
                                           "{\"verdict\":1,\"result\":0}"};
        char *text = NULL;

        (void)state;
        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
                assert_int_equal(azattest_summary(none[i], &text), AZATTEST_E_INPUT);
        assert_int_equal(azattest_summary(NULL, &text), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_summary("{}", NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_null(text);
}

/* ---- the page ---- */

static const char *const tags[] = {
        "!DOCTYPE html", "html", "head",  "meta",  "title", "style",  "body", "h1", "h2",
        "div",           "p",    "table", "thead", "tbody", "tr",     "th",   "td", "br",
        "span",          "svg",  "rect",  "text",  "path",  "footer", NULL,
};

/* Every tag in it is one of ours, whatever was put in: none of a script, a link or an image, and no
 * attribute that runs something or fetches something. */
static void assert_ours(const char *html)
{
        for (const char *p = strchr(html, '<'); p != NULL; p = strchr(p + 1, '<')) {
                const char *name = p[1] == '/' ? p + 2 : p + 1;
                const char *end = strchr(p, '>');
                bool known = false;

                assert_non_null(end);
                for (size_t i = 0; tags[i] != NULL; i++) {
                        const size_t n = strlen(tags[i]);

                        known = known || (strncmp(name, tags[i], n) == 0 &&
                                          (name[n] == '>' || name[n] == ' ' || name[n] == '/'));
                }
                if (!known)
                        fail_msg("%.60s", p);
                for (const char *a = p; a < end; a++)
                        if (strncmp(a, " on", 3) == 0 || strncmp(a, "href", 4) == 0 ||
                            strncmp(a, "src=", 4) == 0)
                                fail_msg("%.60s", p);
        }
        assert_null(strstr(html, "url("));
        assert_null(strstr(html, "@import"));
        for (const char *p = html; *p != '\0'; p++)
                assert_true((unsigned char)*p >= ' ' || *p == '\n');
}

static char *page_of(const char *name, const char *result, const char *explanation)
{
        char *html = NULL;

        assert_int_equal(azattest_html(name, result, explanation, &html), 0);
        assert_ours(html);
        return html;
}

static void assert_says(const char *html, const char *text)
{
        if (strstr(html, text) == NULL)
                fail_msg("no '%s' in %s", text, html);
}

#define LINK(name, state)                                                      \
        "{\"link\":\"" name "\",\"signed-by\":\"somebody\",\"state\":\"" state \
        "\",\"shows\":\"something\"}"
#define EXPLANATION(links)                                                                     \
        "{\"kind\":\"MAA token\",\"verdict\":\"incomplete\",\"result\":-115,\"reason\":\"r\"," \
        "\"links\":[" links "]}"

static void page(void **state)
{
        (void)state;
        char *html =
                page_of("t.jwt",
                        RESULT("accept", "0", "", "\"any-vm = yes: of anybody\"",
                               "\"a\":{\"b\":[1,\"x\"]},\"exp\":1795951980"),
                        EXPLANATION(LINK("A -> B", "proven here") "," LINK(
                                "B -> C",
                                "vouched for by MAA") "," LINK("C -> D",
                                                               "not checked") "," LINK("D -> E",
                                                                                       "refused")));
        assert_says(html, "<title>t.jwt ");
        assert_says(html, "<div class=\"verdict proven\">✓ accepted: token</div>");
        assert_says(html, "any-vm = yes: of anybody");
        assert_says(html, "2026-11-29T11:33:00Z");
        assert_says(html, "a.b[1]</th><td class=\"value\">x</td>");
        assert_says(html, "<path class=\"line proven\"");
        assert_says(html, "<path class=\"line vouched\"");
        assert_says(html, "<path class=\"line open\"");
        assert_says(html, "<path class=\"line refused\"");
        azattest_free(html);
        html = page_of("t.jwt", RESULT("reject", "-106", "expired", "", ""), NULL);
        assert_says(html, "<div class=\"verdict refused\">✗ refused: token<p>expired</p></div>");
        assert_null(strstr(html, "<svg"));
        azattest_free(html);
        html = page_of("t.jwt", NULL, EXPLANATION(LINK("A -> B", "proven here")));
        assert_says(html, "<div class=\"verdict open\">? not decided<p>r</p></div>");
        azattest_free(html);
}

#define EVIL                                                                                  \
        "</td></title><script>alert(1)</script><img src=x onerror=alert(1)>\\\"' onload='x' " \
        "&lt;\\u0000\\u001b[2J\\u202e]]>--></style><style>@import url(//x)"

/* A claim, a name, a row, a link: anybody may have written them. */
static void hostile_page(void **state)
{
        static const char row[] =
                "{\"schema\":1,\"verdict\":\"accept\",\"subject\":\"" EVIL "\",\"result\":0,"
                "\"reason\":\"" EVIL "\",\"time\":\"" EVIL "\",\"weakened\":[\"" EVIL "\"],"
                "\"checks\":[{\"id\":\"" EVIL "\",\"name\":\"" EVIL "\",\"outcome\":\"" EVIL
                "\",\"reason\":\"" EVIL "\",\"expected\":\"" EVIL "\",\"found\":\"" EVIL "\"}],"
                "\"claims\":{\"<script>\":\"" EVIL "\",\"x-ms-azurevm-vmid\":\"" EVIL
                "\",\"n\":null,\"o\":{},\"l\":[[[]]]}}";
        static const char links[] =
                "{\"kind\":\"" EVIL "\",\"vm\":\"" EVIL "\",\"links\":[{\"link\":\"" EVIL
                " -> " EVIL "\",\"signed-by\":\"" EVIL "\",\"state\":\"" EVIL
                "\",\"reason\":\"" EVIL "\",\"shows\":\"" EVIL "\",\"key-sha256\":\"" EVIL
                "\"},{},{\"link\":1}]}";
        char name[] = "</title><script>\"'&.jwt";
        /* NUL cuts a text, in C. */
        char *html = page_of(name, row, links);

        (void)state;
        assert_says(html, "<title>&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;.jwt ");
        assert_says(html, "&lt;script&gt;alert(1)");
        /* An unknown word is no good one. */
        assert_says(html, "<td class=\"outcome refused\">");
        azattest_free(html);
}

static void no_page(void **state)
{
        char *html = NULL;

        (void)state;
        assert_int_equal(azattest_html("x", "{}", NULL, &html), AZATTEST_E_INPUT);
        assert_int_equal(azattest_html("x", NULL, "{\"links\":[]}", &html), AZATTEST_E_INPUT);
        assert_int_equal(azattest_html("x", "hello", NULL, &html), AZATTEST_E_INPUT);
        assert_int_equal(azattest_html("x", NULL, NULL, &html), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_html(NULL, "{}", NULL, &html), AZATTEST_E_INVALID_PARAMETER);
        assert_null(html);
}

/* ---- policies and profiles ---- */

static void not_made(void **state)
{
        struct azattest_draft_options odd = {.size = 3};
        struct azattest_verify_options with = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_evidence_options evidence = AZATTEST_EVIDENCE_OPTIONS_INIT;
        struct azattest_draft_options demands = AZATTEST_DRAFT_INIT;
        azattest_context *ctx = NULL;
        char *text = NULL;

        (void)state;
        assert_int_equal(azattest_policy_test("{\"version\":1}", "a.b.c", &text), AZATTEST_E_INPUT);
        assert_int_equal(azattest_policy_test(NULL, "a.b.c", &text), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(
                azattest_policy_test("{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"a\","
                                     "\"allOf\":[{\"claim\":\"c\",\"exists\":true}]}]}",
                                     "a.b.c", &text),
                AZATTEST_E_TOKEN_FORM);
        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_policy_new(ctx, "a.b.c", &odd, &text, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_profile_new(ctx, "{}", &odd, &text),
                         AZATTEST_E_INVALID_PARAMETER);
        with.evidence = &evidence;
        demands.verify = &with;
        assert_int_equal(azattest_policy_new(ctx, "a.b.c", &demands, &text, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        demands = (struct azattest_draft_options)AZATTEST_DRAFT_INIT;
        demands.name = "";
        assert_int_equal(azattest_profile_new(ctx, "{}", &demands, &text),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_profile_new(ctx, "{}", NULL, &text), AZATTEST_E_INPUT);
        assert_null(text);
        azattest_context_free(ctx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_line),     cmocka_unit_test(hostile),
                cmocka_unit_test(what_is_none), cmocka_unit_test(page),
                cmocka_unit_test(hostile_page), cmocka_unit_test(no_page),
                cmocka_unit_test(not_made),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
