/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t aza_process_id(void)
{
        return getpid();
}

const char *aza_environment(const char *name)
{
        return secure_getenv(name);
}

void aza_environment_default(const char *name, const char *value)
{
        (void)setenv(name, value, 0);
}

/* The signal is blocked for the work, its clean-up included, and taken off the queue if it came; a
 * SIGPIPE that was pending before stays. */
int aza_without_pipe_signal(int (*work)(void *arg), void *arg)
{
        const struct timespec at_once = {0};
        sigset_t pipe_only;
        sigset_t pending;
        sigset_t before;

        (void)sigemptyset(&pipe_only);
        (void)sigaddset(&pipe_only, SIGPIPE);
        (void)sigpending(&pending);
        (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
        int r = work(arg);
        if (sigismember(&pending, SIGPIPE) == 0)
                (void)sigtimedwait(&pipe_only, NULL, &at_once);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}

bool aza_program_begin(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        (void)signal(SIGPIPE, SIG_IGN);
        return true;
}

bool aza_reader_went_away(int error)
{
        return error == EPIPE;
}

void aza_on_interrupt(void (*handler)(int number))
{
        struct sigaction action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};

        (void)sigaction(SIGINT, &action, NULL);
}

bool aza_stderr_is_terminal(void)
{
        return isatty(STDERR_FILENO) == 1;
}

bool aza_has_terminal(void)
{
        const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}
