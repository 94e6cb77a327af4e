/* SPDX-License-Identifier: Apache-2.0 */
/* stdout and stderr of azattest(1). */
#include "cli/output.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/own.h"
#include "os/process.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERASE_LINE "\r\033[K"

static bool progress_shown;
static bool json_printed;
static json_object *json_list; /* NULL: nothing is kept */
static const char *json_file;

void cli_progress(void *arg, const char *step)
{
        (void)arg;
        if (!aza_stderr_is_terminal())
                return;
        char shown[71];

        (void)fprintf(stderr, ERASE_LINE "%s ...",
                      aza_printable(step, strlen(step), shown, sizeof(shown)));
        (void)fflush(stderr);
        progress_shown = true;
}

void cli_progress_end(void)
{
        if (!progress_shown)
                return;
        (void)fputs(ERASE_LINE, stderr);
        (void)fflush(stderr);
        progress_shown = false;
}

static void print_line(FILE *out, const char *format, va_list args) AZATTEST_PRINTF(2, 0);

static void print_line(FILE *out, const char *format, va_list args)
{
        AZA_OWN(free) char *text = NULL;

        if (vasprintf(&text, format, args) < 0)
                text = NULL;
        aza_print(out, text != NULL ? text : "out of memory");
        (void)fputc('\n', out);
}

void cli_error(const char *format, ...)
{
        va_list args;

        cli_progress_end();
        (void)fputs("azattest: ", stderr);
        va_start(args, format);
        print_line(stderr, format, args);
        va_end(args);
}

void cli_line(const char *format, ...)
{
        va_list args;

        cli_progress_end();
        va_start(args, format);
        print_line(stdout, format, args);
        va_end(args);
}

void cli_weakened(const char *text)
{
        cli_error("weakened: %s", text);
}

int cli_flush(void)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return 0;
        if (aza_reader_went_away(errno)) /* `| head` has what it wanted */
                return CLI_NO;
        return AZA_FAIL(AZATTEST_E_INPUT, "standard output could not be written: %s",
                        strerror(errno));
}

void cli_json_begin(void)
{
        json_list = json_object_new_array();
}

void cli_json_of(const char *file)
{
        json_file = file;
        json_printed = false;
}

static int keep_json(json_object *value)
{
        AZA_OWN(free) char *name = aza_printable_copy(json_file);
        AZA_OWN(json_object_put) json_object *item = json_object_new_object();
        json_object *file = name != NULL ? json_object_new_string(name) : NULL;

        if (item == NULL || file == NULL || json_object_object_add(item, "file", file) != 0 ||
            json_object_object_add(item, "result", json_object_get(value)) != 0 ||
            json_object_array_add(json_list, json_object_get(item)) != 0)
                return AZA_NO_MEMORY();
        json_printed = true;
        return 0;
}

int cli_json_end(void)
{
        AZA_OWN(json_object_put) json_object *list = json_list;

        json_list = NULL;
        return list != NULL ? cli_print_json(list) : AZA_NO_MEMORY();
}

int cli_print_json(json_object *value)
{
        if (json_list != NULL)
                return keep_json(value);
        AZA_OWN(free)
        char *text =
                aza_json_write(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE |
                                              JSON_C_TO_STRING_SPACED);

        if (text == NULL)
                return AZA_NO_MEMORY();
        cli_progress_end();
        json_printed = true;
        (void)puts(text);
        return cli_flush();
}

bool cli_json_printed(void)
{
        return json_printed;
}

static void print_text(const char *text)
{
        aza_print(stdout, text);
}

static void print_scalar(json_object *value)
{
        if (json_object_is_type(value, json_type_string))
                print_text(json_object_get_string(value));
        else
                print_text(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

static bool is_scalar(json_object *value)
{
        return !json_object_is_type(value, json_type_object) &&
               !json_object_is_type(value, json_type_array);
}

static bool is_scalar_list(json_object *value)
{
        if (!json_object_is_type(value, json_type_array))
                return false;
        for (size_t i = 0; i < json_object_array_length(value); i++)
                if (!is_scalar(json_object_array_get_idx(value, i)))
                        return false;
        return true;
}

static const char *member_text(json_object *object, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(object, name, &value) || value == NULL)
                return "";
        return json_object_get_string(value);
}

static void print_check(json_object *check, int indent)
{
        const char *expected = member_text(check, "expected");
        const char *found = member_text(check, "found");

        const bool values = *expected != '\0' || *found != '\0';

        cli_line("%*s%-4s %-24s %-12s %s%s%s%s%s%s", indent, "", member_text(check, "id"),
                 member_text(check, "name"), member_text(check, "outcome"),
                 member_text(check, "reason"), values ? " (expected " : "",
                 values && *expected == '\0' ? "-" : expected, values ? ", found " : "",
                 values && *found == '\0' ? "-" : found, values ? ")" : "");
}

static void print_tree(json_object *value, int indent);

static void print_member(const char *name, json_object *value, int indent, int width)
{
        (void)printf("%*s", indent, "");
        print_text(name);
        if (!is_scalar(value) && !is_scalar_list(value)) {
                (void)putchar('\n');
                print_tree(value, indent + 2);
                return;
        }
        (void)printf("%*s  ", width - (int)strlen(name), "");
        if (is_scalar(value)) {
                print_scalar(value);
        } else {
                for (size_t i = 0; i < json_object_array_length(value); i++) {
                        if (i > 0)
                                (void)fputs(", ", stdout);
                        print_scalar(json_object_array_get_idx(value, i));
                }
        }
        (void)putchar('\n');
}

static void print_tree(json_object *value, int indent)
{
        int width = 0;
        char number[24];

        if (json_object_is_type(value, json_type_array)) {
                for (size_t i = 0; i < json_object_array_length(value); i++) {
                        json_object *item = json_object_array_get_idx(value, i);

                        if (json_object_is_type(item, json_type_object) &&
                            json_object_object_get_ex(item, "outcome", NULL)) {
                                print_check(item, indent);
                                continue;
                        }
                        (void)snprintf(number, sizeof(number), "[%zu]", i);
                        print_member(number, item, indent, 4);
                }
                return;
        }
        json_object_object_foreach(value, key, item)
        {
                int len = (int)strlen(key);

                if ((is_scalar(item) || is_scalar_list(item)) && len > width && len <= 44)
                        width = len;
        }
        json_object_object_foreach(value, name, member)
        {
                print_member(name, member, indent, width);
        }
}

int cli_print_tree(json_object *value)
{
        cli_progress_end();
        print_tree(value, 0);
        return cli_flush();
}

void cli_say_closed(const char *path, unsigned int mode)
{
        if ((mode & AZA_FILE_SECRET) != 0 && aza_file_is_shared(path))
                cli_error(
                        "%s was open to others than its owner, and will not be: a secret is written to it",
                        path);
}

int cli_write_files(const struct aza_file_new *files, size_t count)
{
        cli_progress_end();
        for (size_t i = 0; i < count; i++)
                cli_say_closed(files[i].path, files[i].mode);
        return aza_files_write(files, count);
}

int cli_write(const char *path, struct aza_span content, unsigned int mode)
{
        const struct aza_file_new file = {path != NULL ? path : "-", content, mode};

        return cli_write_files(&file, 1);
}
