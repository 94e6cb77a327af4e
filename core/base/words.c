/* SPDX-License-Identifier: Apache-2.0 */
/* Words that were meant. */
#include "base/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Edit distance of two short words; `b` is cut at 31 characters. */
static size_t distance(const char *a, const char *b)
{
        size_t row[32];
        size_t width = strnlen(b, 31);

        for (size_t j = 0; j <= width; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1] != '\0' && i < 64; i++) {
                size_t diagonal = row[0];
                row[0] = i;
                for (size_t j = 1; j <= width; j++) {
                        size_t best = diagonal + (a[i - 1] != b[j - 1]);
                        if (row[j] + 1 < best)
                                best = row[j] + 1;
                        if (row[j - 1] + 1 < best)
                                best = row[j - 1] + 1;
                        diagonal = row[j];
                        row[j] = best;
                }
        }
        return row[width];
}

const char *aza_nearest_word(const char *word, const char *const *words)
{
        const size_t len = strlen(word);
        const char *nearest = NULL;
        size_t best = (len + 1) / 2 + 1; /* more letters than half, and anything would do */

        for (size_t i = 0; words[i] != NULL; i++) {
                const bool begins = len > 1 && strncmp(word, words[i], len) == 0;
                const size_t d = begins ? 0 : distance(word, words[i]);

                if (d < best) {
                        nearest = words[i];
                        best = d;
                }
        }
        return nearest;
}

const char *aza_words_advice(const char *word, const char *const *words, char *out, size_t size)
{
        const char *nearest = aza_nearest_word(word, words);
        size_t used = 0;

        out[0] = '\0';
        if (nearest != NULL)
                (void)snprintf(out, size, "did you mean \"%s\"?", nearest);
        for (size_t i = 0; nearest == NULL && words[i] != NULL && used < size; i++) {
                int n = snprintf(out + used, size - used, "%s%s%s", i == 0 ? "there are " : ", ",
                                 words[i], words[i + 1] == NULL ? "." : "");

                used += n > 0 ? (size_t)n : 0;
        }
        return out;
}
