/* SPDX-License-Identifier: Apache-2.0 */
/* Words that were meant. */
#include "base/words.h"

#include <stddef.h>
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
        const char *nearest = words[0];

        for (size_t i = 0; words[i] != NULL; i++)
                if (distance(word, words[i]) < distance(word, nearest))
                        nearest = words[i];
        return nearest;
}
