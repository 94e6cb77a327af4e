/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns that nothing is left behind. The supervisor has one job: wait until the daemon is gone,
 * for whatever reason, kill what it left (swtpm), remove DIR. Should the supervisor itself be
 * killed, the daemon gets SIGTERM and removes DIR. */
#include "sim/supervise.h"

#include "sim/daemon.h"
#include "sim/say.h"
#include "sim/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 10
#define READY_FD         3

/* Ends with the parent. False when that is gone already. */
static bool tie_to(pid_t parent)
{
        return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

/* Descriptors of whoever called us must not live on in the daemon: a lock or a pipe would never
 * end. Standard error stays (messages). */
static void shed_descriptors(int ready_fd)
{
        int null = open("/dev/null", O_RDWR);
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(ready_fd, READY_FD);
        (void)close_range(READY_FD + 1, ~0U, 0);
}

static void block(sigset_t *ret)
{
        static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
        (void)sigemptyset(ret);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                (void)sigaddset(ret, numbers[i]);
        (void)sigprocmask(SIG_BLOCK, ret, NULL);
}

/* Reaps everything; true when the daemon was among it. */
static bool reap(pid_t daemon_pid, int *status)
{
        bool found = false;
        int s = 0;
        for (pid_t pid = waitpid(-1, &s, WNOHANG); pid > 0; pid = waitpid(-1, &s, WNOHANG)) {
                if (pid != daemon_pid)
                        continue;
                *status = s;
                found = true;
        }
        return found;
}

static int wait_for_daemon(pid_t daemon_pid, const sigset_t *signals)
{
        const struct timespec patience = {.tv_sec = PATIENCE_SECONDS};
        bool ending = false;
        int status = 0;

        for (;;) {
                int number = ending ? sigtimedwait(signals, NULL, &patience)
                                    : sigwaitinfo(signals, NULL);
                if (number < 0 && errno == EAGAIN)
                        (void)kill(daemon_pid, SIGKILL);
                if (number == SIGCHLD && reap(daemon_pid, &status))
                        return status;
                if (number == SIGTERM || number == SIGINT || number == SIGHUP) {
                        ending = true;
                        (void)kill(daemon_pid, SIGTERM);
                }
        }
}

/* What the daemon left came to us, its subreaper. */
static void kill_orphans(void)
{
        for (int round = 0; round < 100; round++) {
                char path[64];
                char text[512] = "";
                (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
                FILE *file = fopen(path, "re");
                bool any = file != NULL && fgets(text, sizeof(text), file) != NULL;
                if (file != NULL)
                        (void)fclose(file);
                if (!any)
                        return;
                char *rest = NULL;
                for (char *word = strtok_r(text, " ", &rest); word != NULL;
                     word = strtok_r(NULL, " ", &rest)) {
                        pid_t pid = (pid_t)strtol(word, NULL, 10);
                        if (pid > 0 && kill(pid, SIGKILL) == 0)
                                (void)waitpid(pid, NULL, 0);
                }
        }
}

/* In the daemon's process. */
static int be_daemon(const struct sim_options *options, const char *dir, pid_t supervisor, bool log)
{
        if (!tie_to(supervisor))
                return 1;
        int status = sim_daemon(options, dir, READY_FD, log);
        if (getppid() != supervisor)
                sim_tree_remove(dir);
        return status;
}

/* In the supervisor's process. */
static int be_supervisor(const struct sim_options *options, const char *dir, pid_t parent,
                         bool tied, int ready_fd)
{
        sigset_t signals;

        (void)setsid();
        shed_descriptors(ready_fd);
        block(&signals);
        int mark_fd = sim_tree_make(dir);
        if (mark_fd < 0)
                return 1;
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
        int status = 1;
        if (!tied || tie_to(parent)) {
                pid_t self = getpid();
                pid_t pid = fork();
                if (pid == 0)
                        exit(be_daemon(options, dir, self, !tied)); /* leak checkers run at exit */
                (void)close(READY_FD);
                if (!tied)
                        (void)dup2(STDIN_FILENO, STDERR_FILENO); /* /dev/null */
                if (pid > 0)
                        status = wait_for_daemon(pid, &signals);
                kill_orphans();
        }
        sim_tree_remove(dir);
        (void)close(mark_fd);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int sim_supervise(const struct sim_options *options, const char *dir, bool tied,
                  pid_t *ret_supervisor)
{
        int ready[2];
        char text[4];
        pid_t self = getpid();

        if (pipe2(ready, O_CLOEXEC) != 0)
                return sim_fail("cannot make a pipe: %s", strerror(errno));
        pid_t pid = fork();
        if (pid == 0)
                _exit(be_supervisor(options, dir, self, tied, ready[1]));
        (void)close(ready[1]);
        ssize_t n = 0;
        do
                n = pid < 0 ? -1 : read(ready[0], text, sizeof(text));
        while (n < 0 && pid > 0 && errno == EINTR);
        (void)close(ready[0]);
        if (pid < 0)
                return sim_fail("cannot fork: %s", strerror(errno));
        if (n != 2) { /* whoever failed has said why */
                (void)kill(pid, SIGTERM);
                (void)waitpid(pid, NULL, 0);
                return -1;
        }
        *ret_supervisor = pid;
        return 0;
}
