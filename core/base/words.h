/* SPDX-License-Identifier: Apache-2.0 */
/* Words that were meant. */
#ifndef AZA_BASE_WORDS_H
#define AZA_BASE_WORDS_H

#include <stddef.h>

/* The word of `words` (NULL-terminated) that `word` was probably meant to be: few letters
 * differ, or it is how that word begins. NULL: none of them. For messages. */
const char *aza_nearest_word(const char *word, const char *const *words);

/* The same as advice, in `out`: did you mean "a"? Else all of them: there are a, b, c. (The
 * marks are its own.) Returns `out`. */
const char *aza_words_advice(const char *word, const char *const *words, char *out, size_t size);

#endif
