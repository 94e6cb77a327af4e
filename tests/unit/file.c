/* SPDX-License-Identifier: Apache-2.0 */
/* os/file: what is read as a file. Named pipes, sockets and devices are refused at once, whoever
 * might write into them; pipes without a name, as `<(...)` makes them, are read to their end. */
#include "os/file.h"

#include "base/error.h"
#include "unit/remove_tree.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/azattest-file-XXXXXX";
static char path[128];

static const char *in_dir(const char *name)
{
        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        return path;
}

static int make_dir(void **state)
{
        (void)state;
        (void)alarm(60); /* who waits for ever has failed */
        return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_dir(void **state)
{
        (void)state;
        remove_tree(dir);
        return 0;
}

static void expect_refused(const char *name, const char *words)
{
        AZA_BYTES struct aza_bytes content = {0};

        assert_int_equal(aza_file_read(name, 4096, &content), AZATTEST_E_INPUT);
        if (strstr(aza_last_error()->message, words) == NULL ||
            strstr(aza_last_error()->message, name) == NULL)
                fail_msg("'%s' does not say '%s'", aza_last_error()->message, words);
        assert_int_equal(content.len, 0);
        assert_int_equal(aza_file_readable(name), AZATTEST_E_INPUT);
}

static void expect_read(const char *name, const char *text)
{
        AZA_BYTES struct aza_bytes content = {0};

        if (aza_file_read(name, 4096, &content) != 0)
                fail_msg("%s", aza_last_error()->message);
        assert_int_equal(content.len, strlen(text));
        assert_memory_equal(content.data, text, strlen(text));
}

static void files(void **state)
{
        const struct aza_span text = aza_span_of("text", 4);

        (void)state;
        assert_int_equal(aza_file_write(in_dir("file"), text, 0600), 0);
        expect_read(in_dir("file"), "text");
        assert_int_equal(aza_file_readable(in_dir("file")), 0);
        expect_read("/dev/null", "");
        expect_refused(in_dir("none"), "No such file");
        expect_refused(dir, "Is a directory");
}

static void named_pipes(void **state)
{
        (void)state;
        assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
        expect_refused(in_dir("fifo"), "named pipe");
        assert_int_equal(symlink("fifo", in_dir("link")), 0);
        expect_refused(in_dir("link"), "named pipe");
        /* Nor with a writer, who need never be done. */
        const int fd = open(in_dir("fifo"), O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "x", 1), 1);
        expect_refused(in_dir("fifo"), "named pipe");
        /* Also by the way of a descriptor. */
        (void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
        expect_refused(path, "named pipe");
        close(fd);
}

static void sockets_and_devices(void **state)
{
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)state;
        (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", dir);
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        expect_refused(in_dir("socket"), "is a socket");
        close(fd);
        expect_refused("/dev/zero", "device");
        const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(terminal >= 0);
        assert_int_equal(grantpt(terminal), 0);
        assert_int_equal(unlockpt(terminal), 0);
        expect_refused(ptsname(terminal), "device");
        close(terminal);
}

/* ---- pipes without a name ---- */

static void *write_late(void *arg)
{
        const int fd = *(int *)arg;

        usleep(300000);
        (void)!write(fd, "la", 2);
        usleep(300000);
        (void)!write(fd, "te", 2);
        close(fd);
        return NULL;
}

static void expect_piped(int end, const char *name)
{
        pthread_t writer;

        assert_int_equal(pthread_create(&writer, NULL, write_late, &end), 0);
        expect_read(name, "late");
        assert_int_equal(pthread_join(writer, NULL), 0);
}

static void unnamed_pipes(void **state)
{
        int ends[2];

        (void)state;
        assert_int_equal(pipe(ends), 0);
        (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
        expect_piped(ends[1], path);
        assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
        close(ends[0]);
}

/* Standard input is whatever it is: `-` and /dev/stdin. */
static void standard_input(void **state)
{
        static const char *const names[] = {"-", "/dev/stdin"};
        const int before = dup(STDIN_FILENO);

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                int ends[2];

                assert_int_equal(pipe(ends), 0);
                assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
                close(ends[0]);
                expect_piped(ends[1], names[i]);
        }
        const int fifo = open(in_dir("fifo"), O_RDWR | O_CLOEXEC);
        assert_int_equal(dup2(fifo, STDIN_FILENO), STDIN_FILENO);
        expect_refused("/dev/stdin", "named pipe"); /* `-` would read it */
        close(fifo);
        assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
        close(before);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(files),          cmocka_unit_test(named_pipes),
                cmocka_unit_test(unnamed_pipes),  cmocka_unit_test(sockets_and_devices),
                cmocka_unit_test(standard_input),
        };
        return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
