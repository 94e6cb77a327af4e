/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the swtpm process and its two sockets (socketpairs: no path, no port, nobody else connects,
 * and swtpm ends when ours close). */
#include "sim/swtpm.h"

#include "sim/say.h"
#include "sim/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

/* Commands of swtpm's control channel (swtpm_ioctls(3)). */
#define CONTROL_INIT 2U
#define CONTROL_STOP 14U

struct sim_swtpm {
        pid_t pid;
        int data;
        int control;
};

/* In the forked child: only async-signal-safe calls. */
static _Noreturn void become_swtpm(char *const *argv, const char *log, int data, int control)
{
        sigset_t none;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        /* Ctrl-C at the terminal is the simulator's to handle. */
        (void)setpgid(0, 0);
        (void)fcntl(data, F_SETFD, 0);
        (void)fcntl(control, F_SETFD, 0);
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        int in = open("/dev/null", O_RDONLY);
        if (out >= 0 && in >= 0) {
                (void)dup2(in, STDIN_FILENO);
                (void)dup2(out, STDOUT_FILENO);
                (void)dup2(out, STDERR_FILENO);
                (void)execvp(argv[0], argv);
        }
        _exit(127);
}

static pid_t spawn(const char *dir, int data, int control)
{
        char state[4096];
        char state_option[4200];
        char fd[16];
        char control_option[64];
        char log[4200];

        (void)snprintf(state, sizeof(state), "%s/swtpm", dir);
        (void)snprintf(state_option, sizeof(state_option), "dir=%s", state);
        (void)snprintf(fd, sizeof(fd), "%d", data);
        (void)snprintf(control_option, sizeof(control_option), "type=unixio,clientfd=%d", control);
        (void)snprintf(log, sizeof(log), "%s/log", state);
        if (mkdir(state, 0700) != 0 && errno != EEXIST)
                return sim_fail("cannot make %s: %s", state, strerror(errno));
        /* The VM's openssl.cnf is not the TPM's. */
        char *const argv[] = {"env",
                              "OPENSSL_CONF=/dev/null",
                              "swtpm",
                              "socket",
                              "--tpm2",
                              "--tpmstate",
                              state_option,
                              "--fd",
                              fd,
                              "--ctrl",
                              control_option,
                              "--flags",
                              "not-need-init",
                              NULL};
        pid_t pid = fork();
        if (pid == 0)
                become_swtpm(argv, log, data, control);
        return pid;
}

static uint32_t startup_clear(struct sim_swtpm *tpm)
{
        static const uint8_t clear[2] = {0, 0};
        return sim_tpm_call(tpm, TPM2_CC_Startup, (struct aza_span){0}, 0,
                            aza_span_of(clear, sizeof(clear)), NULL);
}

int sim_swtpm_start(const char *dir, struct sim_swtpm **ret)
{
        int data[2] = {-1, -1};
        int control[2] = {-1, -1};
        /* A TPM that is stuck must not hang the simulator. */
        const struct timeval patience = {.tv_sec = 30};
        struct sim_swtpm *tpm = calloc(1, sizeof(*tpm));

        if (tpm == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) != 0 ||
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0) {
                free(tpm);
                return sim_fail("cannot start swtpm: %s", strerror(errno));
        }
        tpm->pid = spawn(dir, data[1], control[1]);
        tpm->data = data[0];
        tpm->control = control[0];
        (void)close(data[1]);
        (void)close(control[1]);
        (void)setsockopt(tpm->data, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        (void)setsockopt(tpm->control, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (tpm->pid < 0 || startup_clear(tpm) != TPM2_RC_SUCCESS) {
                sim_swtpm_stop(tpm);
                return sim_fail("swtpm did not start (is it installed? see %s/swtpm/log)", dir);
        }
        *ret = tpm;
        return 0;
}

void sim_swtpm_stop(struct sim_swtpm *tpm)
{
        if (tpm == NULL)
                return;
        (void)close(tpm->data);
        (void)close(tpm->control);
        if (tpm->pid > 0) {
                (void)kill(tpm->pid, SIGKILL);
                (void)waitpid(tpm->pid, NULL, 0);
        }
        free(tpm);
}

static bool send_all(int fd, struct aza_span s)
{
        while (s.len > 0) {
                ssize_t n = send(fd, s.data, s.len, MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                s = aza_span_of(s.data + n, s.len - (size_t)n);
        }
        return true;
}

static bool receive_all(int fd, uint8_t *out, size_t len)
{
        while (len > 0) {
                ssize_t n = recv(fd, out, len, 0);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                out += n;
                len -= (size_t)n;
        }
        return true;
}

int sim_swtpm_transmit(struct sim_swtpm *tpm, struct aza_span command, struct aza_bytes *ret)
{
        uint8_t header[10];

        if (!send_all(tpm->data, command) || !receive_all(tpm->data, header, sizeof(header)))
                return sim_fail("swtpm does not answer");
        struct aza_reader r = aza_reader_of(aza_span_of(header + 2, 4));
        uint32_t size = aza_read_be32(&r);
        if (size < sizeof(header) || size > 65536)
                return sim_fail("swtpm answers with a length of %u", size);
        if (aza_bytes_set(ret, header, sizeof(header)) != 0 || aza_bytes_resize(ret, size) != 0)
                return sim_fail("out of memory");
        if (!receive_all(tpm->data, ret->data + sizeof(header), size - sizeof(header)))
                return sim_fail("swtpm does not answer in full");
        return 0;
}

static bool control(struct sim_swtpm *tpm, uint32_t command, bool with_argument)
{
        uint8_t answer[4];
        SIM_WRITER struct sim_writer w = {0};

        sim_put_be32(&w, command);
        if (with_argument)
                sim_put_be32(&w, 0);
        return !w.failed && send_all(tpm->control, aza_bytes_span(&w.bytes)) &&
               receive_all(tpm->control, answer, sizeof(answer)) &&
               aza_span_is_zero(aza_span_of(answer, sizeof(answer)));
}

int sim_swtpm_reset(struct sim_swtpm *tpm)
{
        static const uint8_t clear[2] = {0, 0};

        (void)sim_tpm_call(tpm, TPM2_CC_Shutdown, (struct aza_span){0}, 0,
                           aza_span_of(clear, sizeof(clear)), NULL);
        if (!control(tpm, CONTROL_STOP, false) || !control(tpm, CONTROL_INIT, true) ||
            startup_clear(tpm) != TPM2_RC_SUCCESS)
                return sim_fail("swtpm cannot be reset");
        return 0;
}

uint32_t sim_tpm_call(struct sim_swtpm *tpm, uint32_t command, struct aza_span handles,
                      unsigned int sessions, struct aza_span parameters, struct aza_bytes *ret)
{
        static const uint8_t password[9] = {0x40, 0, 0, 9};
        size_t auth = sessions == 0 ? 0 : 4 + sessions * sizeof(password);
        SIM_WRITER struct sim_writer w = {0};
        AZA_BYTES struct aza_bytes answer = {0};

        sim_put_be16(&w, sessions == 0 ? TPM2_ST_NO_SESSIONS : TPM2_ST_SESSIONS);
        sim_put_be32(&w, (uint32_t)(10 + handles.len + auth + parameters.len));
        sim_put_be32(&w, command);
        sim_put_span(&w, handles);
        if (sessions > 0)
                sim_put_be32(&w, (uint32_t)(auth - 4));
        for (unsigned int i = 0; i < sessions; i++)
                sim_put(&w, password, sizeof(password));
        sim_put_span(&w, parameters);
        if (w.failed || sim_swtpm_transmit(tpm, aza_bytes_span(&w.bytes), &answer) != 0)
                return TPM2_RC_FAILURE;
        struct aza_reader r = aza_reader_of(aza_span_of(answer.data + 6, answer.len - 6));
        uint32_t rc = aza_read_be32(&r);
        if (ret != NULL && aza_bytes_set(ret, r.rest.data, r.rest.len) != 0)
                return TPM2_RC_FAILURE;
        return rc;
}

uint32_t sim_tpm_call1(struct sim_swtpm *tpm, uint32_t command, uint32_t handle,
                       unsigned int sessions, struct aza_span parameters, struct aza_bytes *ret)
{
        const uint8_t bytes[4] = {(uint8_t)(handle >> 24), (uint8_t)(handle >> 16),
                                  (uint8_t)(handle >> 8), (uint8_t)handle};
        return sim_tpm_call(tpm, command, aza_span_of(bytes, sizeof(bytes)), sessions, parameters,
                            ret);
}
