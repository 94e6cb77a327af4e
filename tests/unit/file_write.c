/* SPDX-License-Identifier: Apache-2.0 */
/* os/file_write: what becomes of the file that is written over (D56): its mode, owner, access list
 * and links stay, the umask counts for new files, and where no file can be put in its place it is
 * written itself. */
#include "os/file.h"

#include "base/error.h"
#include "os/file_write.h"
#include "unit/own_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

static void put(const char *name, const char *text, mode_t mode)
{
        const int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
}

static void written(const char *name, const char *text)
{
        if (aza_file_write(in_dir(name), aza_span_of(text, strlen(text)), 0644) != 0)
                fail_msg("%s", aza_last_error()->message);
}

static void holds(const char *name, const char *text)
{
        AZA_BYTES struct aza_bytes content = {0};

        assert_int_equal(aza_file_read(in_dir(name), 4096, &content), 0);
        assert_int_equal(content.len, strlen(text));
        assert_memory_equal(content.data, text, strlen(text));
}

static struct stat look(const char *name)
{
        struct stat st = {0};

        assert_int_equal(lstat(in_dir(name), &st), 0);
        return st;
}

static void mode_is(const char *name, mode_t mode)
{
        assert_int_equal(look(name).st_mode & 07777, mode);
}

static void umask_counts(void **state)
{
        (void)state;
        written("usual", "x");
        mode_is("usual", 0644);
        (void)umask(077);
        written("closed", "x");
        mode_is("closed", 0600);
        (void)umask(0777);
        assert_int_equal(aza_file_write_private(in_dir("own"), aza_span_of("x", 1)), 0);
        (void)umask(022);
        mode_is("own", 0600);
}

static void mode_stays(void **state)
{
        const mode_t modes[] = {0640, 0600, 0444, 0666};

        (void)state;
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                put("m", "a longer old text", modes[i]);
                const ino_t before = look("m").st_ino;
                written("m", "new");
                holds("m", "new");
                mode_is("m", modes[i]);
                assert_int_not_equal(look("m").st_ino, before); /* replaced as a whole */
        }
        put("m", "old", 06755);
        written("m", "new");
        mode_is("m", 0755);
        put("m", "old", 0666);
        assert_int_equal(aza_file_write_private(in_dir("m"), aza_span_of("x", 1)), 0);
        mode_is("m", 0600);
}

/* user::rw-, user:65534:r--, group::---, mask::r--, other::--- */
static const uint8_t list[] = {2,    0,    0,    0,    1,    0,    6,    0,    0xff, 0xff, 0xff,
                               0xff, 2,    0,    4,    0,    0xfe, 0xff, 0,    0,    4,    0,
                               0,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,    4,    0,    0xff,
                               0xff, 0xff, 0xff, 0x20, 0,    0,    0,    0xff, 0xff, 0xff, 0xff};

static void access_list_stays(void **state)
{
        uint8_t now[sizeof(list) + 1];

        (void)state;
        put("acl", "old", 0640);
        if (setxattr(in_dir("acl"), "system.posix_acl_access", list, sizeof(list), 0) != 0)
                skip(); /* no access lists in this file system */
        written("acl", "new");
        holds("acl", "new");
        assert_int_equal(getxattr(in_dir("acl"), "system.posix_acl_access", now, sizeof(now)),
                         (ssize_t)sizeof(list));
        assert_memory_equal(now, list, sizeof(list));
}

static void links_stay(void **state)
{
        (void)state;
        assert_int_equal(mkdir(in_dir("archive"), 0755), 0);
        put("archive/t", "old", 0640);
        assert_int_equal(symlink("archive/t", in_dir("t")), 0);
        assert_int_equal(symlink(in_dir("t"), in_dir("u")), 0);
        written("u", "new");
        assert_true(S_ISLNK(look("u").st_mode) && S_ISLNK(look("t").st_mode));
        holds("archive/t", "new");
        mode_is("archive/t", 0640);
        /* Also to what is not there yet. */
        assert_int_equal(symlink("archive/later", in_dir("l")), 0);
        written("l", "new");
        holds("archive/later", "new");
        assert_int_equal(symlink("round", in_dir("round")), 0);
        assert_int_equal(aza_file_write(in_dir("round"), aza_span_of("x", 1), 0644),
                         AZATTEST_E_INPUT);
        /* Nobody's link leads out of the runtime directory. */
        assert_int_equal(aza_file_write_private(in_dir("t"), aza_span_of("mine", 4)), 0);
        assert_true(S_ISREG(look("t").st_mode));
        holds("archive/t", "new");
}

/* Nothing is left beside what was written. */
static void nothing_is_left(void **state)
{
        char command[200];

        (void)state;
        (void)snprintf(command, sizeof(command),
                       "test -z \"$(find %s -name '*.[a-z2-7][a-z2-7][a-z2-7][a-z2-7]*')\"", dir);
        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

/* ---- secrets ---- */

static void secret(const char *name)
{
        if (aza_file_write(in_dir(name), aza_span_of("secret", 6), AZA_FILE_SECRET) != 0)
                fail_msg("%s", aza_last_error()->message);
        holds(name, "secret");
}

static void secrets_are_closed(void **state)
{
        const mode_t modes[][2] = {{0644, 0600}, {0666, 0600}, {0444, 0400}, {0640, 0600},
                                   {0600, 0600}, {0755, 0700}, {04711, 0700}};

        (void)state;
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                put("s", "a longer old text", modes[i][0]);
                assert_int_equal(aza_file_is_shared(in_dir("s")), (modes[i][0] & 077) != 0);
                secret("s");
                mode_is("s", modes[i][1]);
        }
        secret("new-secret");
        mode_is("new-secret", 0600);
        assert_false(aza_file_is_shared(in_dir("new-secret")));
        assert_false(aza_file_is_shared(in_dir("none")));
        assert_false(aza_file_is_shared("/dev/null"));
        (void)umask(0777);
        secret("under-umask");
        (void)umask(022);
        mode_is("under-umask", 0600);
        assert_int_equal(symlink("under-umask", in_dir("to-secret")), 0);
        assert_int_equal(chmod(in_dir("under-umask"), 0644), 0);
        assert_true(aza_file_is_shared(in_dir("to-secret")));
        secret("to-secret");
        assert_true(S_ISLNK(look("to-secret").st_mode));
        mode_is("under-umask", 0600);
}

/* Not with a mask that hides it: the next chmod would show it. */
static void secrets_lose_access_lists(void **state)
{
        (void)state;
        put("secret-acl", "old", 0640);
        if (setxattr(in_dir("secret-acl"), "system.posix_acl_access", list, sizeof(list), 0) != 0)
                skip(); /* no access lists in this file system */
        secret("secret-acl");
        mode_is("secret-acl", 0600);
        assert_int_equal(getxattr(in_dir("secret-acl"), "system.posix_acl_access", NULL, 0), -1);
}

/* ---- several files ---- */

static int both(const char *first, const char *second)
{
        const struct aza_file_new files[] = {{in_dir(first), aza_span_of("new", 3), 0644},
                                             {second, aza_span_of("too", 3), 0644}};

        return aza_files_write(files, 2);
}

static void all_or_none(void **state)
{
        char second[AZA_FILE_PATH];

        (void)state;
        (void)snprintf(second, sizeof(second), "%s", in_dir("two"));
        put("one", "old", 0640);
        assert_int_equal(both("one", second), 0);
        holds("one", "new");
        holds("two", "too");
        mode_is("one", 0640);
        put("one", "old", 0640);
        assert_int_equal(both("one", dir), AZATTEST_E_INPUT);
        assert_non_null(strstr(aza_last_error()->message, "directory"));
        assert_int_equal(both("none/one", second), AZATTEST_E_INPUT);
        (void)snprintf(second, sizeof(second), "%s", in_dir("none/two"));
        assert_int_equal(both("one", second), AZATTEST_E_INPUT);
        assert_int_equal(both("fresh", second), AZATTEST_E_INPUT);
        assert_int_equal(both("one", "/dev/full"), AZATTEST_E_INPUT);
        assert_int_equal(access(in_dir("fresh"), F_OK), -1);
        holds("one", "old");
        holds("two", "too");
}

/* Of two that write the same files at once, one writes all of them behind the other. */
static void one_after_the_other(void **state)
{
        char second[AZA_FILE_PATH];
        int status = -1;

        (void)state;
        (void)snprintf(second, sizeof(second), "%s", in_dir("two"));
        put("one", "old", 0640);
        put("two", "old", 0640);
        const int held = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(held >= 0);
        assert_int_equal(flock(held, LOCK_EX), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                close(held);
                _exit(both("one", second) == 0 ? 0 : 1);
        }
        usleep(100000); /* it waits for two seconds at most */
        holds("one", "old");
        holds("two", "old");
        close(held);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        holds("one", "new");
        holds("two", "too");
}

/* ---- others' files: in a child, as nobody ---- */

static void as_nobody(void (*what)(void))
{
        int status = -1;

        if (geteuid() != 0)
                skip(); /* only root makes files of others */
        assert_int_equal(chmod(dir, 0755), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                if (setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
                    setresuid(NOBODY, NOBODY, NOBODY) != 0)
                        _exit(99);
                what();
                _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
}

static void write_as_nobody(void)
{
        static const struct aza_span text = {(const uint8_t *)"new", 3};

        if (aza_file_write(in_dir("others/file"), text, 0644) != 0)
                _exit(1);
        if (aza_file_write(in_dir("others/none"), text, 0644) != AZATTEST_E_INPUT)
                _exit(2);
        if (aza_file_write(in_dir("others/closed"), text, 0644) != AZATTEST_E_INPUT)
                _exit(3);
        if (aza_file_write(in_dir("mine/link"), text, 0644) != AZATTEST_E_INVALID_PARAMETER ||
            strstr(aza_last_error()->message, "link of another user") == NULL)
                _exit(4);
        if (aza_file_write(in_dir("mine/shared"), text, 0644) != 0)
                _exit(5);
        /* Its owner would read it. */
        if (aza_file_write(in_dir("mine/shared"), text, AZA_FILE_SECRET) !=
                    AZATTEST_E_INVALID_PARAMETER ||
            strstr(aza_last_error()->message, "another user's") == NULL)
                _exit(6);
        /* Who opened it while it was open to him reads on. */
        if (aza_file_write(in_dir("others/open"), text, AZA_FILE_SECRET) !=
                    AZATTEST_E_INVALID_PARAMETER ||
            strstr(aza_last_error()->message, "chmod 600") == NULL)
                _exit(7);
        if (aza_file_write(in_dir("others/file"), text, AZA_FILE_SECRET) != 0)
                _exit(8);
}

static void files_of_others(void **state)
{
        const uid_t other = 65533;

        (void)state;
        if (geteuid() != 0)
                skip();
        assert_int_equal(mkdir(in_dir("others"), 0755), 0);
        put("others/file", "a longer old text", 0600);
        put("others/open", "old", 0640);
        assert_int_equal(chown(in_dir("others/open"), NOBODY, NOBODY), 0);
        put("others/closed", "old", 0644);
        assert_int_equal(chown(in_dir("others/file"), NOBODY, NOBODY), 0);
        assert_int_equal(mkdir(in_dir("mine"), 0700), 0);
        assert_int_equal(chown(in_dir("mine"), NOBODY, NOBODY), 0);
        assert_int_equal(symlink("own", in_dir("mine/link")), 0);
        assert_int_equal(lchown(in_dir("mine/link"), other, other), 0);
        put("mine/shared", "old", 0660);
        assert_int_equal(chown(in_dir("mine/shared"), other, NOBODY), 0);
        as_nobody(write_as_nobody);
        holds("others/file", "new"); /* in place: there is no writing beside it */
        mode_is("others/file", 0600);
        holds("others/open", "old");
        mode_is("others/open", 0640);
        holds("others/closed", "old");
        holds("mine/shared", "new"); /* in place: its owner cannot be given to a new file */
        assert_int_equal(look("mine/shared").st_uid, other);
        mode_is("mine/shared", 0660);
        assert_true(S_ISLNK(look("mine/link").st_mode));
        /* And root hands on what was another's. */
        written("mine/shared", "root's");
        assert_int_equal(look("mine/shared").st_uid, other);
        assert_int_equal(look("mine/shared").st_gid, NOBODY);
        mode_is("mine/shared", 0660);
        /* A secret, too, but where others could have put the file. */
        secret("mine/shared");
        assert_int_equal(look("mine/shared").st_uid, other);
        mode_is("mine/shared", 0600);
        assert_int_equal(chmod(in_dir("mine"), 01777), 0);
        secret("mine/shared");
        assert_int_equal(look("mine/shared").st_uid, 0);
        assert_int_equal(chmod(in_dir("mine"), 0700), 0);
}

/* ---- what was a pipe when it was judged ---- */

static void exchanged(void **state)
{
        int fd = -1;

        (void)state;
        put("for-pipe", "old", 0666);
        assert_int_equal(aza_file_open_special(in_dir("for-pipe"), &fd),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(fd, -1);
        assert_int_equal(aza_file_open_special("/dev/null", &fd), 0);
        close(fd);
}

/* ---- a single file mounted into a container ---- */

static bool mount_over(void)
{
        if (unshare(CLONE_NEWNS | (geteuid() != 0 ? CLONE_NEWUSER : 0)) != 0)
                return false;
        return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
               mount(in_dir("source"), in_dir("target"), NULL, MS_BIND, NULL) == 0;
}

static void write_mounted(void)
{
        char target[AZA_FILE_PATH];

        (void)snprintf(target, sizeof(target), "%s", in_dir("target"));
        if (!mount_over())
                _exit(77);
        if (aza_file_write(target, aza_span_of("new", 3), 0644) != 0)
                _exit(1);
        if (both("beside", target) != 0)
                _exit(2);
        if (mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
                _exit(77);
        if (both("unwritten", target) != AZATTEST_E_INPUT)
                _exit(3);
        if (mount(NULL, target, NULL, MS_REMOUNT | MS_BIND, NULL) != 0 ||
            aza_file_write(target, aza_span_of("secret", 6), AZA_FILE_SECRET) !=
                    AZATTEST_E_INVALID_PARAMETER)
                _exit(4);
        if (chmod(target, 0600) != 0 ||
            aza_file_write(target, aza_span_of("secret", 6), AZA_FILE_SECRET) != 0)
                _exit(5);
        _exit(0);
}

static void mounted_file(void **state)
{
        int status = -1;

        (void)state;
        put("source", "a longer old text", 0640);
        put("target", "", 0600);
        const ino_t before = look("source").st_ino;
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
                write_mounted();
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                skip(); /* no mount namespaces here */
        assert_int_equal(status, 0);
        holds("source", "secret");
        holds("target", "");
        holds("beside", "new");
        assert_int_equal(access(in_dir("unwritten"), F_OK), -1);
        mode_is("source", 0600);
        assert_int_equal(look("source").st_ino, before);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(umask_counts),
                cmocka_unit_test(mode_stays),
                cmocka_unit_test(access_list_stays),
                cmocka_unit_test(links_stay),
                cmocka_unit_test(files_of_others),
                cmocka_unit_test(mounted_file),
                cmocka_unit_test(exchanged),
                cmocka_unit_test(secrets_are_closed),
                cmocka_unit_test(secrets_lose_access_lists),
                cmocka_unit_test(all_or_none),
                cmocka_unit_test(one_after_the_other),
                cmocka_unit_test(nothing_is_left),
        };
        return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
