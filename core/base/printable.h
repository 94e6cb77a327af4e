/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that came from outside, on its way to a terminal, a log or a document (D48). Everything that
 * is shown passes here: rows, messages, log lines and OpenSSL's error queue where they are made,
 * the command's output where it is written. Escaped are C0, DEL and invalid UTF-8 bytes as \xNN;
 * C1, the controls of bidirectional text and U+2028, U+2029 as \uNNNN. Other text stays as it is,
 * so that passing twice changes nothing.
 */
#ifndef AZA_BASE_PRINTABLE_H
#define AZA_BASE_PRINTABLE_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The character at `text`, `left` > 0 bytes of it: its length, or 0 when the first byte begins none
 * (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
size_t aza_utf8_character(const uint8_t *text, size_t left, uint32_t *ret);

/* As much of `text` as fits into `out`, never a part of a character or escape. Returns `out`. */
const char *aza_printable(const char *text, size_t len, char *out, size_t out_size);

/* The whole of it; free() it. NULL when out of memory. */
char *aza_printable_copy(const char *text);

/* What to do about the byte order mark that `text` begins with, as the end of a message. "": it has
 * none. */
const char *aza_text_advice(const uint8_t *text, size_t len);

/* Writes it. */
void aza_print(FILE *out, const char *text);

/* JSON of `value` with the flags of json-c. The same characters are escaped as JSON does, so that
 * the values stay what they are; bytes that are no UTF-8 become U+FFFD. free() it. NULL when out of
 * memory. */
char *aza_json_write(json_object *value, int flags);

#endif
