/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page for people: a result and the chain of trust behind it as HTML that needs nothing else:
 * no script, no network, readable on paper. Everything that is not ours is escaped. Decides
 * nothing.
 */
#ifndef AZA_SHOW_HTML_H
#define AZA_SHOW_HTML_H

#include "azattest.h"
#include "base/bytes.h"
#include "base/own.h"

#include <stdarg.h>
#include <stdbool.h>

/* The text so far; `failed` once there was no memory. */
struct aza_html {
        struct aza_bytes text;
        bool failed;
};

/* Markup of ours, as it is. */
void aza_html_put(struct aza_html *page, const char *markup);
void aza_html_format(struct aza_html *page, const char *format, ...) AZATTEST_PRINTF(2, 3);
/* Text of anybody's: printable, and no markup. NULL is "". */
void aza_html_text(struct aza_html *page, const char *text);
/* A JSON value's. */
void aza_html_value(struct aza_html *page, json_object *value);
/* The class of a state, verdict or outcome ("proven", "vouched", "open", "refused"), for
 * colours, and the sign that says the same on paper. */
const char *aza_html_class(const char *state);
const char *aza_html_sign(const char *state);

/* The links of an explanation (links.h) as a picture, who signs what; nothing without links. */
void aza_html_chain(struct aza_html *page, json_object *links);

/* The whole page about `name`, often a file's. One of `result` (D33) and `explanation` may be NULL.
 * AZATTEST_E_INPUT: they are no such documents. */
int aza_html_page(OSSL_LIB_CTX *libctx, const char *name, json_object *result,
                  json_object *explanation, struct aza_bytes *ret);

#endif
