/* SPDX-License-Identifier: Apache-2.0 */
/* HTML as bytes: markup of ours and text of others. */
#include "show/html.h"

#include "base/error.h"
#include "base/printable.h"

#include <stdio.h>
#include <string.h>

static void append(struct aza_html *page, const char *bytes, size_t len)
{
        page->failed |= !page->failed && aza_bytes_append(&page->text, bytes, len) != 0;
}

void aza_html_put(struct aza_html *page, const char *markup)
{
        append(page, markup, strlen(markup));
}

void aza_html_format(struct aza_html *page, const char *format, ...)
{
        char text[1024];
        va_list args;

        va_start(args, format);
        const int n = vsnprintf(text, sizeof text, format, args);
        va_end(args);
        page->failed |= n < 0 || (size_t)n >= sizeof text;
        if (!page->failed)
                append(page, text, (size_t)n);
}

static const char *entity(char c)
{
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        case '\'':
                return "&#39;";
        default:
                return NULL;
        }
}

void aza_html_text(struct aza_html *page, const char *text)
{
        AZA_OWN(free) char *shown = aza_printable_copy(text != NULL ? text : "");
        const char *from = shown;

        page->failed |= shown == NULL;
        for (const char *p = shown; p != NULL && *p != '\0'; p++) {
                const char *name = entity(*p);

                if (name == NULL)
                        continue;
                append(page, from, (size_t)(p - from));
                aza_html_put(page, name);
                from = p + 1;
        }
        if (shown != NULL)
                append(page, from, strlen(from));
}

void aza_html_value(struct aza_html *page, json_object *value)
{
        if (json_object_is_type(value, json_type_string))
                aza_html_text(page, json_object_get_string(value));
        else
                aza_html_text(page, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

static const struct {
        const char *state, *class, *sign;
} states[] = {
        {"proven here", "proven", "✓"},
        {"accept", "proven", "✓"},
        {"vouched for by MAA", "vouched", "◇"},
        {"not checked", "open", "?"},
        {"incomplete", "open", "?"},
        {"refused", "refused", "✗"},
        {"reject", "refused", "✗"},
};

/* What no table knows counts as refused. */
static size_t find(const char *state)
{
        size_t n = sizeof states / sizeof states[0];

        for (size_t i = 0; state != NULL && i < n; i++)
                if (strcmp(states[i].state, state) == 0)
                        return i;
        return n - 1;
}

const char *aza_html_class(const char *state)
{
        return states[find(state)].class;
}

const char *aza_html_sign(const char *state)
{
        return states[find(state)].sign;
}
