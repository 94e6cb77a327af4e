/* SPDX-License-Identifier: Apache-2.0 */
/* os/file_stream: a file written piece by piece is there as a whole or not at all, and what
 * cannot be is held back. */
#include "os/file.h"

#include "base/error.h"
#include "unit/own_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int put(struct aza_file_out *out, const char *text)
{
        return aza_file_out_write(out, aza_span_of(text, strlen(text)));
}

static void holds(const char *path, const char *text, mode_t mode)
{
        AZA_BYTES struct aza_bytes content = {0};
        struct stat st;

        assert_int_equal(aza_file_read(path, 4096, &content), 0);
        assert_string_equal((const char *)content.data, text);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, mode);
}

/* What somebody who interrupts us finds. */
static int entries(void)
{
        struct dirent **list = NULL;
        const int n = scandir(dir, &list, NULL, NULL);

        for (int i = 0; i < n; i++)
                free(list[i]);
        free(list);
        return n - 2; /* . and .. */
}

/* Where the file system can, what is incomplete has no name. */
static void what_is_interrupted_leaves_nothing(void **state)
{
        const char *path = in_dir("half");
        struct aza_file_out out = {.path = path, .mode = 0600};
        const int nameless = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

        (void)state;
        assert_int_equal(entries(), 0);
        assert_int_equal(aza_file_out_begin(&out), 0);
        assert_int_equal(put(&out, "plaintext that nobody vouches for yet"), 0);
        assert_int_equal(entries(), nameless >= 0 ? 0 : 1);
        assert_int_equal(aza_file_out_end(&out), 0);
        assert_int_equal(entries(), 1);
        assert_int_equal(unlink(path), 0);
        if (nameless >= 0)
                close(nameless);
}

static void a_whole_file_or_none(void **state)
{
        const char *path = in_dir("new");
        struct aza_file_out out = {.path = path, .mode = 0600};
        struct stat st;

        (void)state;
        assert_int_equal(aza_file_out_begin(&out), 0);
        assert_int_equal(put(&out, "one "), 0);
        assert_int_not_equal(stat(path, &st), 0);
        assert_int_equal(put(&out, "two"), 0);
        assert_int_equal(aza_file_out_end(&out), 0);
        holds(path, "one two", 0600);

        out = (struct aza_file_out){.path = path, .mode = 0600};
        assert_int_equal(aza_file_out_begin(&out), 0);
        assert_int_equal(put(&out, "half of anoth"), 0);
        aza_file_out_abandon(&out);
        holds(path, "one two", 0600);

        /* What is replaced passes its mode on; nothing that was begun stays behind. */
        assert_int_equal(chmod(path, 0640), 0);
        out = (struct aza_file_out){.path = path, .mode = 0600, .early = true};
        assert_int_equal(aza_file_out_begin(&out), 0);
        assert_int_equal(put(&out, "three"), 0);
        holds(path, "one two", 0640);
        assert_int_equal(aza_file_out_end(&out), 0);
        holds(path, "three", 0640);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(dir), 0);
        assert_int_equal(mkdir(dir, 0700), 0);
}

static void what_cannot_be_begun(void **state)
{
        struct aza_file_out out = {.path = in_dir("none/file"), .mode = 0600};

        (void)state;
        assert_int_equal(aza_file_out_begin(&out), AZATTEST_E_INPUT);
        aza_file_out_abandon(&out);
}

/* A pipe's other end sees nothing before the end, unless half of it does no harm. */
static void pipes(void **state)
{
        char path[64], text[16] = "";
        int ends[2];

        (void)state;
        assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
        for (int early = 0; early < 2; early++) {
                struct aza_file_out out = {.path = path, .mode = 0600, .early = early != 0};

                assert_int_equal(aza_file_out_begin(&out), 0);
                assert_int_equal(put(&out, "abc"), 0);
                assert_int_equal(read(ends[0], text, sizeof(text)), early != 0 ? 3 : -1);
                assert_int_equal(aza_file_out_end(&out), 0);
                assert_int_equal(read(ends[0], text, sizeof(text)), early != 0 ? -1 : 3);
                assert_memory_equal(text, "abc", 3);
        }
        struct aza_file_out out = {.path = path, .mode = 0600};
        assert_int_equal(aza_file_out_begin(&out), 0);
        assert_int_equal(put(&out, "secret"), 0);
        aza_file_out_abandon(&out);
        assert_int_equal(read(ends[0], text, sizeof(text)), -1);
        close(ends[0]);
        close(ends[1]);
}

static void no_more_than_there_is_room_for(void **state)
{
        AZA_BYTES struct aza_bytes much = {0};
        struct aza_file_out out = {.path = "/dev/null", .mode = 0600};

        (void)state;
        assert_int_equal(aza_bytes_resize(&much, AZA_FILE_HELD_MAX), 0);
        assert_int_equal(aza_file_out_begin(&out), 0);
        assert_int_equal(aza_file_out_write(&out, aza_bytes_span(&much)), 0);
        assert_int_equal(put(&out, "x"), AZATTEST_E_INPUT);
        assert_non_null(strstr(aza_last_error()->message, "give --out FILE"));
        aza_file_out_abandon(&out);
}

static void reading(void **state)
{
        const char *path = in_dir("read");
        struct aza_file_in in;
        uint8_t some[4];
        size_t n = 0;

        (void)state;
        assert_int_equal(aza_file_write(path, aza_span_of("abcdef", 6), 0600), 0);
        assert_int_equal(aza_file_in_open(path, &in), 0);
        assert_int_equal(aza_file_in_read(&in, some, sizeof(some), &n), 0);
        assert_int_equal(n, 4);
        assert_int_equal(aza_file_in_read(&in, some, sizeof(some), &n), 0);
        assert_int_equal(n, 2);
        assert_memory_equal(some, "ef", 2);
        assert_int_equal(aza_file_in_read(&in, some, sizeof(some), &n), 0);
        assert_int_equal(n, 0);
        aza_file_in_close(&in);
        assert_int_equal(aza_file_in_open(dir, &in), AZATTEST_E_INPUT);
        assert_int_equal(aza_file_in_open(in_dir("absent"), &in), AZATTEST_E_INPUT);
        assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
        assert_int_equal(aza_file_in_open(in_dir("fifo"), &in), AZATTEST_E_INPUT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_interrupted_leaves_nothing),
                cmocka_unit_test(a_whole_file_or_none),
                cmocka_unit_test(what_cannot_be_begun),
                cmocka_unit_test(pipes),
                cmocka_unit_test(no_more_than_there_is_room_for),
                cmocka_unit_test(reading),
        };

        return cmocka_run_group_tests_name("file_stream", tests, make_dir, remove_dir);
}
