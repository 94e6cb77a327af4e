/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCTIs of core/tpm against a peer that the test plays: a unix socket for swtpm's kind, a
 * pseudo-terminal for the device's. Each exchange is played in turns: the command is sent, the peer
 * reads it and answers (well, badly, not at all), the answer is received.
 */
#include "os/tcti.h"

#include "base/clock.h"
#include "swtpm_fixture.h"
#include "tpm/command.h"

#include <errno.h>
#include <sys/time.h>
#include <termios.h>

static const uint8_t command[12] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8};

static char dir[64], path[80];

/* ---- the peer ---- */

struct peer {
        TSS2_TCTI_CONTEXT *tcti;
        int listening; /* -1: a device */
        int line;      /* to the TCTI; of a socket, that of the last command */
        int slave;     /* keeps a device's line open */
};

static struct peer open_socket(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct peer p = {.line = -1, .slave = -1};

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        (void)unlink(path);
        p.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(p.listening, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(p.listening, 4), 0);
        assert_ok(aza_tcti_open_socket(path, &p.tcti));
        close(accept(p.listening, NULL, NULL)); /* it looked whether there is somebody */
        return p;
}

static struct peer open_device(void)
{
        struct peer p = {.listening = -1, .line = posix_openpt(O_RDWR | O_NOCTTY)};
        struct termios raw;

        assert_true(p.line >= 0 && grantpt(p.line) == 0 && unlockpt(p.line) == 0);
        p.slave = open(ptsname(p.line), O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_int_equal(tcgetattr(p.slave, &raw), 0);
        cfmakeraw(&raw);
        assert_int_equal(tcsetattr(p.slave, TCSANOW, &raw), 0);
        assert_ok(aza_tcti_open_device(ptsname(p.line), &p.tcti));
        return p;
}

static void hang_up(struct peer *p)
{
        if (p->line >= 0)
                close(p->line);
        p->line = -1;
}

static void close_peer(struct peer *p)
{
        aza_tcti_close(p->tcti);
        hang_up(p);
        if (p->listening >= 0)
                close(p->listening);
        if (p->slave >= 0)
                close(p->slave);
}

/* The TCTI sends the command; the peer takes it. */
static void ask(struct peer *p)
{
        uint8_t got[sizeof(command)];

        assert_int_equal(Tss2_Tcti_Transmit(p->tcti, sizeof(command), command), 0);
        if (p->listening >= 0) {
                hang_up(p);
                p->line = accept(p->listening, NULL, NULL);
        }
        assert_int_equal(read(p->line, got, sizeof(got)), sizeof(got));
        assert_memory_equal(got, command, sizeof(got));
}

static void say(const struct peer *p, const uint8_t *data, size_t len)
{
        assert_int_equal(write(p->line, data, len), len);
}

/* An answer whose header says `size`. */
static const uint8_t *answer_of(uint32_t size)
{
        static uint8_t answer[TPM2_MAX_RESPONSE_SIZE + 1] = {0x80, 1};

        for (int i = 0; i < 4; i++)
                answer[2 + i] = (uint8_t)(size >> (24 - 8 * i));
        for (size_t i = 10; i < sizeof(answer); i++)
                answer[i] = (uint8_t)i;
        return answer;
}

static TSS2_RC hear(const struct peer *p, int32_t timeout, size_t expected)
{
        uint8_t got[TPM2_MAX_RESPONSE_SIZE];
        size_t len = sizeof(got);
        TSS2_RC rc = Tss2_Tcti_Receive(p->tcti, &len, got, timeout);

        if (rc == 0) {
                assert_int_equal(len, expected);
                assert_memory_equal(got, answer_of((uint32_t)expected), expected);
        }
        return rc;
}

static int descriptor(const struct peer *p)
{
        TSS2_TCTI_POLL_HANDLE handle = {0};
        size_t count = 1;

        assert_int_equal(Tss2_Tcti_GetPollHandles(p->tcti, &handle, &count), 0);
        assert_int_equal(count, 1);
        return handle.fd;
}

/* Both kinds in turn. */
static void with_both(void (*play)(struct peer *p))
{
        struct peer p = open_socket();

        play(&p);
        close_peer(&p);
        p = open_device();
        play(&p);
        close_peer(&p);
}

/* ---- what works ---- */

static void play_exchanges(struct peer *p)
{
        size_t len = 0;
        uint8_t small[11];

        assert_true(aza_tcti_is_own(p->tcti));
        for (uint32_t size = 10; size <= 13; size++) {
                ask(p);
                assert_int_equal(fcntl(descriptor(p), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
                say(p, answer_of(size), size);
                assert_int_equal(hear(p, -1, size), 0);
                assert_int_equal(descriptor(p) < 0, p->listening >= 0);
        }
        /* first the size, then too small a buffer, then the answer */
        ask(p);
        say(p, answer_of(40), 40);
        assert_int_equal(Tss2_Tcti_Receive(p->tcti, &len, NULL, -1), 0);
        assert_int_equal(len, 40);
        len = sizeof(small);
        assert_int_equal(Tss2_Tcti_Receive(p->tcti, &len, small, -1),
                         TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
        assert_int_equal(len, 40);
        assert_int_equal(hear(p, 0, 40), 0);
}

static void test_exchanges(void **state)
{
        (void)state;
        with_both(play_exchanges);
}

static void test_largest_answer_in_pieces(void **state)
{
        static const size_t ends[] = {1, 9, 10, 11, 2000, TPM2_MAX_RESPONSE_SIZE};
        struct peer p = open_socket();
        size_t at = 0;

        (void)state;
        ask(&p);
        for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
                assert_int_equal(hear(&p, 0, 0), TSS2_TCTI_RC_TRY_AGAIN);
                say(&p, answer_of(TPM2_MAX_RESPONSE_SIZE) + at, ends[i] - at);
                at = ends[i];
        }
        assert_int_equal(hear(&p, 0, TPM2_MAX_RESPONSE_SIZE), 0);
        close_peer(&p);
}

static void play_timeout(struct peer *p)
{
        int64_t before;

        ask(p);
        assert_int_equal(hear(p, TSS2_TCTI_TIMEOUT_NONE, 0), TSS2_TCTI_RC_TRY_AGAIN);
        before = aza_monotonic_ms();
        assert_int_equal(hear(p, 60, 0), TSS2_TCTI_RC_TRY_AGAIN);
        assert_int_in_range(aza_monotonic_ms() - before, 60, 10000);
        say(p, answer_of(10), 10);
        assert_int_equal(hear(p, 60, 10), 0);
}

static void test_timeout(void **state)
{
        (void)state;
        with_both(play_timeout);
}

static volatile sig_atomic_t ticks;
static volatile int answer_to;

/* Answers after it has disturbed the wait four times. */
static void tick(int signal)
{
        static const uint8_t answer[10] = {0x80, 1, 0, 0, 0, 10};

        (void)signal;
        if (++ticks == 5)
                (void)!write(answer_to, answer, sizeof(answer));
}

static void play_interrupted(struct peer *p)
{
        const struct itimerval every = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
        uint8_t got[10];
        size_t len = sizeof(got);

        ask(p);
        answer_to = p->line;
        ticks = 0;
        assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
        assert_int_equal(Tss2_Tcti_Receive(p->tcti, &len, got, -1), 0);
        assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
        assert_int_equal(len, sizeof(got));
        assert_true(ticks >= 5);
}

static void test_interrupted(void **state)
{
        const struct sigaction action = {.sa_handler = tick}; /* no SA_RESTART */

        (void)state;
        assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
        with_both(play_interrupted);
        (void)signal(SIGALRM, SIG_DFL);
}

/* ---- what does not ---- */

struct bad {
        uint32_t says; /* size in the header */
        size_t sent;
        TSS2_RC rc;
        const char *text;
};

/* The peer sends that and hangs up; the next exchange is well again (a socket's). */
static void check_bad(struct peer *p, const struct bad *bad)
{
        ask(p);
        say(p, answer_of(bad->says), bad->sent);
        if (p->listening >= 0)
                hang_up(p);
        assert_int_equal(hear(p, -1, 0), bad->rc);
        assert_non_null(aza_tcti_said(bad->rc));
        if (strstr(aza_tcti_said(bad->rc), bad->text) == NULL)
                fail_msg("\"%s\" is not in: %s", bad->text, aza_tcti_said(bad->rc));
        assert_non_null(strstr(aza_rc_text(bad->rc), bad->text));
        assert_int_equal(hear(p, -1, 0), TSS2_TCTI_RC_BAD_SEQUENCE);
        ask(p);
        say(p, answer_of(10), 10);
        assert_int_equal(hear(p, -1, 10), 0);
}

static void test_bad_answers_of_a_socket(void **state)
{
        static const struct bad rows[] = {
                {10, 0, TSS2_TCTI_RC_IO_ERROR, "closed the connection after 0 bytes"},
                {10, 5, TSS2_TCTI_RC_IO_ERROR, "closed the connection after 5 bytes"},
                {20, 10, TSS2_TCTI_RC_IO_ERROR, "closed the connection after 10 bytes"},
                {20, 19, TSS2_TCTI_RC_IO_ERROR, "is it running?"},
                {9, 10, TSS2_TCTI_RC_MALFORMED_RESPONSE, "no answer of a TPM"},
                {0, 10, TSS2_TCTI_RC_MALFORMED_RESPONSE, "length 0"},
                {TPM2_MAX_RESPONSE_SIZE + 1, TPM2_MAX_RESPONSE_SIZE + 1,
                 TSS2_TCTI_RC_MALFORMED_RESPONSE, "length 4097"},
                {UINT32_MAX, 10, TSS2_TCTI_RC_MALFORMED_RESPONSE, "length 4294967295"},
        };
        struct peer p = open_socket();

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                check_bad(&p, &rows[i]);
        close_peer(&p);
}

static void test_bad_answers_of_a_device(void **state)
{
        static const struct bad rows[] = {
                {10, 5, TSS2_TCTI_RC_MALFORMED_RESPONSE, "no answer of a TPM (5 bytes"},
                {20, 12, TSS2_TCTI_RC_MALFORMED_RESPONSE, "sent 12 bytes of an answer of 20"},
                {12, 20, TSS2_TCTI_RC_MALFORMED_RESPONSE, "sent 20 bytes of an answer of 12"},
                {9, 10, TSS2_TCTI_RC_MALFORMED_RESPONSE, "length 9"},
                {UINT32_MAX, 10, TSS2_TCTI_RC_MALFORMED_RESPONSE, "length 4294967295"},
        };
        struct peer p = open_device();

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                check_bad(&p, &rows[i]);
        /* the device is taken away */
        ask(&p);
        hang_up(&p);
        assert_int_equal(hear(&p, -1, 0), TSS2_TCTI_RC_IO_ERROR);
        assert_non_null(strstr(aza_tcti_said(TSS2_TCTI_RC_IO_ERROR), "the TPM at /dev/pts/"));
        assert_int_equal(Tss2_Tcti_Transmit(p.tcti, sizeof(command), command),
                         TSS2_TCTI_RC_IO_ERROR);
        assert_non_null(strstr(aza_tcti_said(TSS2_TCTI_RC_IO_ERROR), strerror(EIO)));
        close_peer(&p);
}

static void test_nobody_listens_any_more(void **state)
{
        struct peer p = open_socket();

        (void)state;
        close(p.listening);
        p.listening = -1;
        assert_int_equal(Tss2_Tcti_Transmit(p.tcti, sizeof(command), command),
                         TSS2_TCTI_RC_IO_ERROR);
        assert_non_null(strstr(aza_tcti_said(TSS2_TCTI_RC_IO_ERROR), strerror(ECONNREFUSED)));
        assert_null(aza_tcti_said(TSS2_TCTI_RC_NO_CONNECTION));
        aza_tcti_say_nothing();
        assert_null(aza_tcti_said(TSS2_TCTI_RC_IO_ERROR));
        close_peer(&p);
}

static void play_wrong_calls(struct peer *p)
{
        size_t len = 10;

        assert_int_equal(hear(p, -1, 0), TSS2_TCTI_RC_BAD_SEQUENCE);
        assert_int_equal(Tss2_Tcti_Transmit(p->tcti, 9, command), TSS2_TCTI_RC_BAD_VALUE);
        assert_int_equal(Tss2_Tcti_Transmit(p->tcti, TPM2_MAX_COMMAND_SIZE + 1, command),
                         TSS2_TCTI_RC_BAD_VALUE);
        assert_int_equal(Tss2_Tcti_Transmit(p->tcti, 12, NULL), TSS2_TCTI_RC_BAD_REFERENCE);
        ask(p);
        assert_int_equal(Tss2_Tcti_Transmit(p->tcti, sizeof(command), command),
                         TSS2_TCTI_RC_BAD_SEQUENCE);
        assert_int_equal(Tss2_Tcti_Receive(p->tcti, NULL, NULL, -1), TSS2_TCTI_RC_BAD_REFERENCE);
        assert_int_equal(Tss2_Tcti_Receive(p->tcti, &len, NULL, -2), TSS2_TCTI_RC_BAD_VALUE);
        assert_int_equal(Tss2_Tcti_Cancel(p->tcti), TSS2_TCTI_RC_NOT_IMPLEMENTED);
        assert_int_equal(Tss2_Tcti_SetLocality(p->tcti, 1), TSS2_TCTI_RC_NOT_IMPLEMENTED);
        len = 0;
        assert_int_equal(Tss2_Tcti_GetPollHandles(p->tcti, &(TSS2_TCTI_POLL_HANDLE){0}, &len),
                         TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
        say(p, answer_of(10), 10); /* and it still waits */
        assert_int_equal(hear(p, -1, 10), 0);
}

static void test_wrong_calls(void **state)
{
        (void)state;
        with_both(play_wrong_calls);
}

static void test_what_is_no_device(void **state)
{
        char file[96], far[128];
        TSS2_TCTI_CONTEXT *tcti = NULL;
        int fd;

        (void)state;
        (void)snprintf(file, sizeof(file), "%s/file", dir);
        fd = open(file, O_CREAT | O_WRONLY, 0600);
        close(fd);
        assert_int_equal(aza_tcti_open_device(file, &tcti), AZATTEST_E_TPM_OPERATION);
        assert_message("not a device");
        (void)unlink(file);
        memset(far, 'x', sizeof(far) - 1);
        far[sizeof(far) - 1] = '\0';
        assert_int_equal(aza_tcti_open_device(far, &tcti), AZATTEST_E_TPM_OPERATION);
        assert_message("too long");
        assert_int_equal(aza_tcti_open_socket(far, &tcti), AZATTEST_E_TPM_OPERATION);
        assert_message("too long");
        assert_null(tcti);
}

static int setup(void **state)
{
        (void)state;
        (void)snprintf(dir, sizeof(dir), "/tmp/aza-tcti-XXXXXX");
        if (mkdtemp(dir) == NULL)
                return 1;
        (void)snprintf(path, sizeof(path), "%s/tpm", dir);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        (void)unlink(path);
        return rmdir(dir);
}

/* An answer of the TPM, as Windows gives it: nothing is out of step, and no other's code is
 * meant. */
static void test_blocked_by_windows(void **state)
{
        const TSS2_RC blocked = 0x80280400;

        (void)state;
        assert_true(aza_rc_is_tpm(blocked));
        assert_int_equal(aza_rc_plain(blocked), blocked);
        assert_false(aza_rc_busy(blocked) || aza_rc_no_room(blocked) || aza_rc_bad_auth(blocked) ||
                     aza_rc_handle_gone(blocked));
        assert_non_null(strstr(aza_rc_text(blocked), "Windows keeps this command from programs"));
        assert_non_null(strstr(aza_rc_text(blocked), "start as administrator, or as a service"));
        assert_false(aza_rc_is_tpm(TSS2_TCTI_RC_IO_ERROR));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_exchanges),
                cmocka_unit_test(test_largest_answer_in_pieces),
                cmocka_unit_test(test_timeout),
                cmocka_unit_test(test_interrupted),
                cmocka_unit_test(test_bad_answers_of_a_socket),
                cmocka_unit_test(test_bad_answers_of_a_device),
                cmocka_unit_test(test_nobody_listens_any_more),
                cmocka_unit_test(test_wrong_calls),
                cmocka_unit_test(test_what_is_no_device),
                cmocka_unit_test(test_blocked_by_windows),
        };

        return cmocka_run_group_tests_name("tcti", tests, setup, teardown);
}
