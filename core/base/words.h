/* SPDX-License-Identifier: Apache-2.0 */
/* Words that were meant. */
#ifndef AZA_BASE_WORDS_H
#define AZA_BASE_WORDS_H

/* The word of `words` (NULL-terminated) closest to `word`, for messages. */
const char *aza_nearest_word(const char *word, const char *const *words);

#endif
