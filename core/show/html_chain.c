/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of trust as a picture: a row for each link, an arrow from what signs to what is
 * signed. */
#include "show/html.h"

#include "base/json.h"

#include <string.h>

#define WIDTH      780
#define ROW        66
#define BOX        200
#define BOX_HEIGHT 38
#define RIGHT      (WIDTH - BOX - 2)
#define MOST       30 /* characters of a name in its box */

/* As much of `text` as a box holds; all of it is in the table below the picture. */
static void put_name(struct aza_html *page, const char *text, size_t len)
{
        char name[4 * MOST + 8];
        size_t n = 0, characters = 0;

        for (; n < len && characters < MOST && n + 4 < sizeof name; n++) {
                characters += ((unsigned char)text[n] & 0xC0) != 0x80 ? 1 : 0;
                name[n] = text[n];
        }
        name[n] = '\0';
        aza_html_text(page, name);
        if (n < len)
                aza_html_put(page, "…");
}

static void put_box(struct aza_html *page, int x, int y, const char *text, size_t len)
{
        aza_html_format(
                page,
                "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
                x, y, BOX, BOX_HEIGHT, x + BOX / 2, y + 24);
        put_name(page, text, len);
        aza_html_put(page, "</text>");
}

/* "chip key -> hardware report": what is before the arrow signs what is behind it. */
static void put_link(struct aza_html *page, json_object *link, int y)
{
        static const char arrow[] = " -> ";
        const char *name = aza_json_string(link, "link");
        const char *state = aza_json_string(link, "state");
        const char *signer = aza_json_string(link, "signed-by");
        const char *class = aza_html_class(state);
        const char *to = name != NULL ? strstr(name, arrow) : NULL;
        const int middle = y + BOX_HEIGHT / 2;

        if (to == NULL)
                return;
        put_box(page, 2, y, name, (size_t)(to - name));
        to += sizeof arrow - 1;
        put_box(page, RIGHT, y, to, strlen(to));
        aza_html_format(
                page,
                "<path class=\"line %s\" d=\"M%d %dH%d\"/><path class=\"tip %s\" d=\"M%d %dl-10 -5v10z\"/>",
                class, BOX + 2, middle, RIGHT - 9, class, RIGHT, middle);
        aza_html_format(page, "<text class=\"by\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
                        WIDTH / 2, middle - 7);
        put_name(page, signer != NULL ? signer : "", signer != NULL ? strlen(signer) : 0);
        aza_html_format(
                page,
                "</text><text class=\"state %s\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s ",
                class, WIDTH / 2, middle + 18, aza_html_sign(state));
        put_name(page, state != NULL ? state : "", state != NULL ? strlen(state) : 0);
        aza_html_put(page, "</text>\n");
}

void aza_html_chain(struct aza_html *page, json_object *links)
{
        const size_t n = links != NULL ? json_object_array_length(links) : 0;

        if (n == 0 || n > 64)
                return;
        aza_html_format(
                page,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Chain of trust; the table below says the same\">\n",
                WIDTH, (int)n * ROW + 4);
        for (size_t i = 0; i < n; i++)
                put_link(page, json_object_array_get_idx(links, i), (int)i * ROW + 4);
        aza_html_put(page, "</svg>\n");
}
