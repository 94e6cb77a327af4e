/* SPDX-License-Identifier: Apache-2.0 */
/* Fork: the child neither disturbs the parent, nor is seen by the parent's peer, nor waits for a
 * lock that nobody will release (PV29-PV31). */
#include "tapped_tpm.h"
#include "tpm/key.h"

#include <errno.h>
#include <poll.h>
#include <termios.h>

static const struct aza_key_spec spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, 0xff};
static const uint8_t zero[AZA_RSA_BYTES];

static void join_child(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                fail_msg("child: status 0x%x", status);
}

/* The child's way out: no test framework, no exit handlers. */
static void child_expect(bool good, int line)
{
        if (good)
                return;
        dprintf(STDERR_FILENO, "child: line %d: %s\n", line, aza_last_error()->message);
        _exit(1);
}
#define CHILD_EXPECT(x) child_expect((x), __LINE__)

static int refuse_open(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        (void)tcti;
        (void)ret;
        ++*(unsigned int *)arg;
        return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "refused");
}

static void abandon_nothing(void *arg, TSS2_TCTI_CONTEXT *tcti,
                            const struct aza_descriptor *descriptor)
{
        (void)arg;
        (void)tcti;
        (void)descriptor;
}

/* The child frees its copy: what measured as "one exiting worker kills TLS for all" elsewhere. */
static void test_child_exits(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm();
        uint8_t out[AZA_RSA_BYTES];
        pid_t pid;

        (void)state;
        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        tap_clear(&tap);
        pid = fork();
        if (pid == 0) {
                aza_tpm_free(tpm);
                CHILD_EXPECT(tap.count == 0);
                CHILD_EXPECT(tap.closes == 1); /* memory and descriptor are given back */
                _exit(0);
        }
        join_child(pid);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        assert_int_equal(tap.count, 2); /* key and session are still there */
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

/* Both go on using the key, each over what it loaded itself. */
static void test_both_use_the_key(void **state)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_tpm *tpm = open_tpm();
        uint8_t out[AZA_RSA_BYTES];
        pid_t pid;

        (void)state;
        assert_ok(aza_key_derive(tpm, &spec, NULL, &ref));
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        tap_clear(&tap);
        pid = fork();
        if (pid == 0) {
                for (int i = 0; i < 20; i++)
                        CHILD_EXPECT(aza_key_rsadp(tpm, ref, zero, out) == 0);
                CHILD_EXPECT(tap.seen[0] == TPM2_CC_CreatePrimary);
                CHILD_EXPECT(tap.opens == 2);
                aza_tpm_free(tpm);
                CHILD_EXPECT(tap_count(&tap, TPM2_CC_FlushContext) == 2);
                _exit(0);
        }
        for (int i = 0; i < 20; i++)
                assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        join_child(pid);
        assert_ok(aza_key_rsadp(tpm, ref, zero, out));
        assert_int_equal(tap.count, 2 * 21);
        aza_tpm_free(tpm);
        assert_int_equal(swtpm_loaded(&swtpm), 0);
}

/* The peer sees neither data nor end: a socket pair of the test's in place of the TPM. */
struct fake {
        TSS2_TCTI_CONTEXT_COMMON_V1 common;
        int fd;
        unsigned int opens;
};

static TSS2_RC fake_poll(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles, size_t *count)
{
        if (handles != NULL)
                handles[0].fd = ((struct fake *)(void *)tcti)->fd;
        *count = 1;
        return TSS2_RC_SUCCESS;
}

static TSS2_RC fake_transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
        (void)tcti;
        (void)size;
        (void)command;
        return TSS2_TCTI_RC_IO_ERROR;
}

static TSS2_RC fake_receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response,
                            int32_t timeout)
{
        (void)tcti;
        (void)size;
        (void)response;
        (void)timeout;
        return TSS2_TCTI_RC_IO_ERROR;
}

static int fake_open(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        struct fake *fake = arg;

        (void)tcti;
        fake->common = (TSS2_TCTI_CONTEXT_COMMON_V1){.magic = 1,
                                                     .version = 1,
                                                     .transmit = fake_transmit,
                                                     .receive = fake_receive,
                                                     .getPollHandles = fake_poll};
        *ret = (TSS2_TCTI_CONTEXT *)arg;
        return 0;
}

static int fake_refuse(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        (void)tcti;
        (void)ret;
        ((struct fake *)arg)->opens++;
        return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "refused");
}

/* As rude as a TCTI can be. */
static void fake_close(void *arg, TSS2_TCTI_CONTEXT *tcti)
{
        struct fake *fake = arg;

        (void)tcti;
        (void)!write(fake->fd, "end", 3);
        (void)shutdown(fake->fd, SHUT_RDWR);
        close(fake->fd);
}

static struct aza_tpm *open_fake(struct fake *fake, int *peer)
{
        const struct aza_transport transport = {fake_open, fake_close,
                                                aza_transport_default.abandon, fake};
        struct aza_tpm *tpm = NULL;
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        fake->fd = pair[0];
        *peer = pair[1];
        assert_ok(aza_tpm_new(libctx, "device:/none", "", &tpm));
        aza_tpm_set_transport(tpm, &transport);
        assert_ok(aza_tpm_probe(tpm));
        return tpm;
}

static void test_close_on_exec(void **state)
{
        struct fake fake = {0};
        int peer;
        struct aza_tpm *tpm = open_fake(&fake, &peer);

        (void)state;
        assert_int_equal(fcntl(fake.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        aza_tpm_free(tpm);
        close(peer);
}

/* The TCTI of production, over a pseudo-terminal with a swtpm at its other end. */
static pid_t start_tty_tpm(struct swtpm *tty, int *keep_open)
{
        char fd[16], state[96];
        int master = posix_openpt(O_RDWR | O_NOCTTY);
        struct termios raw;
        pid_t pid;

        (void)snprintf(tty->dir, sizeof(tty->dir), "/tmp/aza-swtpm-XXXXXX");
        assert_non_null(mkdtemp(tty->dir));
        assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
        (void)snprintf(tty->tcti, sizeof(tty->tcti), "device:%s", ptsname(master));
        *keep_open = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_int_equal(tcgetattr(*keep_open, &raw), 0);
        cfmakeraw(&raw);
        assert_int_equal(tcsetattr(*keep_open, TCSANOW, &raw), 0);
        (void)snprintf(fd, sizeof(fd), "%d", master);
        (void)snprintf(state, sizeof(state), "dir=%s", tty->dir);
        pid = fork();
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                execlp("swtpm", "swtpm", "chardev", "--tpm2", "--fd", fd, "--tpmstate", state,
                       "--flags", "startup-clear,not-need-init", (char *)NULL);
                _exit(127);
        }
        close(master);
        return pid;
}

static void test_device_tcti(void **state)
{
        struct swtpm tty = {0};
        struct aza_tpm *tpm = NULL;
        struct aza_descriptor *d;
        struct aza_pcrs pcrs;
        int keep_open;
        pid_t pid;

        (void)state;
        tty.pid = start_tty_tpm(&tty, &keep_open);
        assert_ok(aza_tpm_new(libctx, tty.tcti, "", &tpm));
        assert_ok(aza_pcr_read(tpm, 0xff, &pcrs));
        d = &atomic_load(&tpm->connection)->descriptor;
        assert_true(d->fd >= 0);
        assert_int_equal(fcntl(d->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        pid = fork();
        if (pid == 0) {
                int fd = d->fd;

                aza_tpm_free(tpm);
                CHILD_EXPECT(fcntl(fd, F_GETFD) < 0);
                _exit(0);
        }
        join_child(pid);
        assert_ok(aza_pcr_read(tpm, 0xff, &pcrs));
        aza_tpm_free(tpm);
        swtpm_stop(&tty);
        close(keep_open);
}

static void test_peer_notices_nothing(void **state)
{
        struct fake fake = {0};
        struct pollfd p = {.events = POLLIN};
        char text[8];
        struct aza_tpm *tpm = open_fake(&fake, &p.fd);
        pid_t pid = fork();

        (void)state;
        if (pid == 0) {
                struct aza_pcrs pcrs;

                /* first use in the child: the parent's is closed, its own is opened */
                tpm->transport.open = fake_refuse;
                CHILD_EXPECT(aza_pcr_read(tpm, 1, &pcrs) == AZATTEST_E_TPM_OPERATION);
                CHILD_EXPECT(fake.opens == 1);
                CHILD_EXPECT(fcntl(fake.fd, F_GETFD) < 0 && errno == EBADF);
                aza_tpm_free(tpm);
                _exit(0);
        }
        join_child(pid);
        assert_int_equal(poll(&p, 1, 0), 0);
        aza_tpm_free(tpm); /* the opener may say good-bye */
        assert_int_equal(read(p.fd, text, sizeof(text)), 3);
        close(p.fd);
}

/* A daemon closed everything, and the number belongs to its log file now. */
static void test_reused_descriptor_is_left_alone(void **state)
{
        struct fake fake = {0};
        int peer;
        struct aza_tpm *tpm = open_fake(&fake, &peer);
        pid_t pid = fork();

        (void)state;
        if (pid == 0) {
                int log = open("/dev/null", O_WRONLY);

                CHILD_EXPECT(dup2(log, fake.fd) == fake.fd);
                aza_tpm_free(tpm);
                CHILD_EXPECT(write(fake.fd, "x", 1) == 1);
                _exit(0);
        }
        join_child(pid);
        aza_tpm_free(tpm);
        close(peer);
}

/* PV30: another thread is inside an operation, so the child's copy of the lock is locked for
 * ever. */
static void slow(struct tap *t, void *arg)
{
        (void)t;
        atomic_store((atomic_bool *)arg, true);
        usleep(300000);
}

static void *read_slowly(void *arg)
{
        struct aza_pcrs pcrs;

        return aza_pcr_read(arg, 1, &pcrs) == 0 ? NULL : arg;
}

static void test_fork_while_locked(void **state)
{
        struct aza_tpm *tpm = open_tpm();
        atomic_bool locked = false;
        unsigned int opens = 0;
        void *result = tpm;
        pthread_t thread;
        pid_t pid;

        (void)state;
        tap.rules[0] = (struct tap_rule){TPM2_CC_PCR_Read, 0, 1, 0, slow, &locked};
        assert_int_equal(pthread_create(&thread, NULL, read_slowly, tpm), 0);
        while (!atomic_load(&locked))
                usleep(1000);
        pid = fork();
        if (pid == 0) {
                struct aza_pcrs pcrs;

                alarm(5);
                tpm->transport = (struct aza_transport){refuse_open, NULL, abandon_nothing, &opens};
                CHILD_EXPECT(aza_pcr_read(tpm, 1, &pcrs) == AZATTEST_E_TPM_OPERATION);
                CHILD_EXPECT(opens == 1);
                aza_tpm_free(tpm);
                _exit(0);
        }
        join_child(pid);
        pthread_join(thread, &result);
        assert_null(result);
        aza_tpm_free(tpm);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_child_exits),
                cmocka_unit_test(test_both_use_the_key),
                cmocka_unit_test(test_close_on_exec),
                cmocka_unit_test(test_device_tcti),
                cmocka_unit_test(test_peer_notices_nothing),
                cmocka_unit_test(test_reused_descriptor_is_left_alone),
                cmocka_unit_test(test_fork_while_locked),
        };

        return cmocka_run_group_tests_name("device and fork", tests, tapped_setup, tapped_teardown);
}
