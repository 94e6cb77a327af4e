/* SPDX-License-Identifier: Apache-2.0 */
/* The page: verdict, facts, chain of trust, checks, claims. */
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/result.h"
#include "show/html.h"
#include "show/summary.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_LEN 400

/* ---- style: on a screen, and on paper ---- */

static const char style[] =
        "body{font:15px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:62rem;"
        "margin:1.5rem auto;padding:0 1rem}\n"
        "h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:1.8rem 0 .5rem}\n"
        ".verdict{border:2px solid;border-radius:8px;padding:.6rem 1rem;font-weight:600}\n"
        ".verdict p{margin:.2rem 0;font-weight:400;color:#1a1a1a}\n"
        "table{border-collapse:collapse;width:100%;font-size:.85rem}\n"
        "th,td{border-bottom:1px solid #ccc;padding:.25rem .5rem;text-align:left;"
        "vertical-align:top;overflow-wrap:anywhere}\n"
        "th{white-space:nowrap}thead th{border-bottom:2px solid #888}\n"
        "td.value{font-family:ui-monospace,monospace;font-size:.8rem}\n"
        ".proven{color:#0b6b2e}.vouched{color:#0b4f8a}.open{color:#7a5200}.refused{color:#a8071a}\n"
        "tr.off td{color:#555}td.outcome{white-space:nowrap;font-weight:600}td.id{white-space:nowrap}\n"
        "svg{width:100%;height:auto;max-width:780px;font:13px system-ui,sans-serif}\n"
        "svg .box{fill:#f6f7f9;stroke:#555}svg .line{fill:none;stroke:currentColor;stroke-width:2}\n"
        "svg .tip{fill:currentColor}svg .by{fill:#444;font-size:11px}\n"
        "svg .state{fill:currentColor;font-size:11px;font-weight:600}\n"
        "svg .line.vouched{stroke-dasharray:9 4}svg .line.open{stroke-dasharray:2 4}\n"
        "footer{margin-top:2rem;font-size:.8rem;color:#444}\n"
        "@media print{body{margin:0;max-width:none}tr,svg{break-inside:avoid}h2{break-after:avoid}}\n";

static const char *verdict_text(const char *verdict)
{
        if (strcmp(verdict, "accept") == 0)
                return "accepted";
        return strcmp(verdict, "incomplete") == 0 ? "not decided" : "refused";
}

static void put_head(struct aza_html *page, const char *name)
{
        aza_html_put(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                           "'none'; style-src 'unsafe-inline'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
        aza_html_text(page, name);
        aza_html_put(page, " \xe2\x80\x93 attestation</title>\n<style>\n");
        aza_html_put(page, style);
        aza_html_put(page, "</style>\n</head>\n<body>\n");
}

static void put_row(struct aza_html *page, const char *name, const char *value)
{
        if (value == NULL || *value == '\0')
                return;
        aza_html_put(page, "<tr><th scope=\"row\">");
        aza_html_text(page, name);
        aza_html_put(page, "</th><td class=\"value\">");
        aza_html_text(page, value);
        aza_html_put(page, "</td></tr>\n");
}

static void put_verdict(struct aza_html *page, const char *name, const struct aza_summary *s)
{
        aza_html_put(page, "<h1>");
        aza_html_text(page, name);
        aza_html_format(page, "</h1>\n<div class=\"verdict %s\">%s %s", aza_html_class(s->verdict),
                        aza_html_sign(s->verdict), verdict_text(s->verdict));
        if (s->subject[0] != '\0') {
                aza_html_put(page, ": ");
                aza_html_text(page, s->subject);
        }
        if (s->reason[0] != '\0') {
                aza_html_put(page, "<p>");
                aza_html_text(page, s->reason);
                aza_html_put(page, "</p>");
        }
        aza_html_put(page, "</div>\n");
}

/* Other facts of an explanation: kind, issuer, keys. */
static void put_facts(struct aza_html *page, const struct aza_summary *s, json_object *result,
                      json_object *explanation)
{
        static const char *const told[] = {"kind",        "vm", "issuer",
                                           "signing-key", "AK", "attested-key"};
        json_object *weakened = aza_json_array(result, "weakened");

        aza_html_put(page, "<h2>What it is</h2>\n<table>\n");
        put_row(page, "VM", s->vm);
        put_row(page, "attested key", s->key);
        put_row(page, "valid until", s->until);
        put_row(page, "judged as of", aza_json_string(result, "time"));
        for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
                put_row(page, strcmp(told[i], "vm") == 0 ? "kind of VM" : told[i],
                        aza_json_string(explanation, told[i]));
        for (size_t i = 0; weakened != NULL && i < json_object_array_length(weakened); i++)
                put_row(page, "weakened by", aza_json_text(json_object_array_get_idx(weakened, i)));
        aza_html_put(page, "</table>\n");
}

/* ---- the chain of trust ---- */

static void put_cell(struct aza_html *page, const char *class, const char *text)
{
        aza_html_format(page, "<td class=\"%s\">", class);
        aza_html_text(page, text);
        aza_html_put(page, "</td>");
}

static void put_state(struct aza_html *page, const char *state)
{
        aza_html_format(page, "<td class=\"outcome %s\">%s ", aza_html_class(state),
                        aza_html_sign(state));
        aza_html_text(page, state);
        aza_html_put(page, "</td>");
}

/* A browser would end a line within "->". */
static void put_link_name(struct aza_html *page, const char *name)
{
        static const char arrow[] = " -> ";
        const char *to = name != NULL ? strstr(name, arrow) : NULL;
        char from[64];

        if (to == NULL || (size_t)(to - name) >= sizeof(from)) {
                put_cell(page, "", name);
                return;
        }
        memcpy(from, name, (size_t)(to - name));
        from[to - name] = '\0';
        aza_html_put(page, "<td>");
        aza_html_text(page, from);
        aza_html_put(page, " → ");
        aza_html_text(page, to + sizeof(arrow) - 1);
        aza_html_put(page, "</td>");
}

static void put_link(struct aza_html *page, json_object *link)
{
        const char *reason = aza_json_string(link, "reason");

        aza_html_put(page, "<tr>");
        put_link_name(page, aza_json_string(link, "link"));
        put_state(page, aza_json_string(link, "state"));
        put_cell(page, "", aza_json_string(link, "signed-by"));
        aza_html_put(page, "<td>");
        aza_html_text(page, aza_json_string(link, "shows"));
        if (reason != NULL && *reason != '\0') {
                aza_html_put(page, "<br>because: ");
                aza_html_text(page, reason);
        }
        aza_html_put(page, "</td>");
        put_cell(page, "value", aza_json_string(link, "key-sha256"));
        aza_html_put(page, "</tr>\n");
}

static void put_links(struct aza_html *page, json_object *links)
{
        if (links == NULL || json_object_array_length(links) == 0)
                return;
        aza_html_put(
                page,
                "<h2>Chain of trust</h2>\n<p>Each arrow goes from what signs to what is "
                "signed. <span class=\"proven\">✓ proven here</span>: checked while this "
                "page was made. <span class=\"vouched\">◇ vouched for by MAA</span>: the "
                "attestation service checked it and signed that it did. <span class=\"open\">? not checked</span>. <span class=\"refused\">✗ refused</span>. Physical access to the machine is out of scope of every check.</p>\n");
        aza_html_chain(page, links);
        aza_html_put(page, "<table>\n<thead><tr><th>link</th><th>state</th><th>signed by</th>"
                           "<th>what it shows</th><th>SHA-256 of that key</th></tr></thead>\n"
                           "<tbody>\n");
        for (size_t i = 0; i < json_object_array_length(links); i++)
                put_link(page, json_object_array_get_idx(links, i));
        aza_html_put(page, "</tbody>\n</table>\n");
}

/* ---- checks and claims ---- */

static void put_check(struct aza_html *page, json_object *row)
{
        const char *expected = aza_json_string(row, "expected");
        const char *found = aza_json_string(row, "found");

        aza_html_put(page, aza_result_row_matters(row) ? "<tr>" : "<tr class=\"off\">");
        put_cell(page, "id", aza_json_string(row, "id"));
        put_cell(page, "", aza_json_string(row, "name"));
        put_state(page, aza_json_string(row, "outcome"));
        aza_html_put(page, "<td>");
        aza_html_text(page, aza_json_string(row, "reason"));
        if (expected != NULL || found != NULL) {
                aza_html_put(page, "<br>expected ");
                aza_html_text(page, expected != NULL ? expected : "-");
                aza_html_put(page, ", found ");
                aza_html_text(page, found != NULL ? found : "-");
        }
        aza_html_put(page, "</td></tr>\n");
}

static void put_checks(struct aza_html *page, json_object *rows)
{
        if (rows == NULL || json_object_array_length(rows) == 0)
                return;
        aza_html_put(page, "<h2>Checks</h2>\n<table>\n<thead><tr><th>id</th><th>check</th><th>"
                           "outcome</th><th>why</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < json_object_array_length(rows); i++)
                put_check(page, json_object_array_get_idx(rows, i));
        aza_html_put(page, "</tbody>\n</table>\n");
}

static void put_claim(struct aza_html *page, const char *path, json_object *value)
{
        char inner[PATH_MAX_LEN];

        if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, name, member)
                {
                        (void)snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "." : "", name);
                        put_claim(page, inner, member);
                }
                return;
        }
        if (json_object_is_type(value, json_type_array)) {
                for (size_t i = 0; i < json_object_array_length(value); i++) {
                        (void)snprintf(inner, sizeof inner, "%s[%zu]", path, i);
                        put_claim(page, inner, json_object_array_get_idx(value, i));
                }
                return;
        }
        aza_html_put(page, "<tr><th scope=\"row\">");
        aza_html_text(page, path);
        aza_html_put(page, "</th><td class=\"value\">");
        aza_html_value(page, value);
        aza_html_put(page, "</td></tr>\n");
}

static void put_claims(struct aza_html *page, json_object *claims)
{
        if (claims == NULL || json_object_object_length(claims) == 0)
                return;
        aza_html_put(page, "<h2>Claims that were accepted</h2>\n<table>\n");
        put_claim(page, "", claims);
        aza_html_put(page, "</table>\n");
}

int aza_html_page(OSSL_LIB_CTX *libctx, const char *name, json_object *result,
                  json_object *explanation, struct aza_bytes *ret)
{
        struct aza_html page = {0};
        struct aza_summary summary;
        int r = aza_summary_of(libctx, result != NULL ? result : explanation, &summary);

        if (r != 0)
                return r;
        put_head(&page, name);
        put_verdict(&page, name, &summary);
        put_facts(&page, &summary, result, explanation);
        put_links(&page, aza_json_array(explanation, "links"));
        put_checks(&page, aza_json_array(result, "checks"));
        put_claims(&page, aza_json_object(result, "claims"));
        aza_html_put(&page,
                     "<footer>Made by azattest " AZATTEST_VERSION ". This page says what was "
                     "found; it is signed by nobody and proves nothing to others, who verify "
                     "the file themselves.</footer>\n</body>\n</html>\n");
        if (!page.failed)
                *ret = aza_bytes_take(&page.text);
        aza_bytes_free(&page.text);
        return page.failed ? AZA_NO_MEMORY() : 0;
}
