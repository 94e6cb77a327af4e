/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the events a running simulator takes. */
#include "sim/ctl.h"

#include "sim/say.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_EVENT      256
#define MAX_REPLY      (256UL * 1024)
#define CLIENT_SECONDS 5

struct sim_ctl {
        struct sim_ctl_options options;
        int listen_fd;
        int stop_fd;
        pthread_t thread;
};

static bool address_of(const char *dir, struct sockaddr_un *ret)
{
        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        int n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/ctl", dir);
        return n > 0 && (size_t)n < sizeof(ret->sun_path);
}

static int with_text(struct aza_bytes *reply, const char *text, int result)
{
        (void)aza_bytes_append_text(reply, text);
        return result;
}

#define EVENTS                                                                             \
        "tpm-reset, pcr-extend N, rotate-keys, fault NAME[=VALUE][xCOUNT], clear, counts " \
        "and requests"

/* 0, 1 (it did not work) or SIM_CTL_USAGE: each of these. */
static int set_fault(const struct sim_ctl_options *o, const char *text, struct aza_bytes *reply)
{
        const struct sim_fault_vm running = {o->kind, true};
        char error[300];

        if (!sim_fault_fits(text, &running, error, sizeof(error)) ||
            !sim_faults_add(o->faults, text, error, sizeof(error)))
                return with_text(reply, error, SIM_CTL_USAGE);
        return 0;
}

static int rotate(const struct sim_ctl_options *o, struct aza_bytes *reply)
{
        if (o->keys == NULL)
                return with_text(reply, "the MAA is another VM's (--join): rotate there", 1);
        if (sim_maa_keys_rotate(o->keys) != 0)
                return with_text(reply, "cannot rotate", 1);
        return 0;
}

static int handle(const struct sim_ctl_options *o, const char *event, struct aza_bytes *reply)
{
        char text[512] = "";

        if (strncmp(event, "fault ", 6) == 0)
                return set_fault(o, event + 6, reply);
        if (strcmp(event, "clear") == 0) {
                sim_faults_clear(o->faults);
                return 0;
        }
        if (strncmp(event, "clear ", 6) == 0)
                return with_text(reply, "clear takes no name: it ends all faults", SIM_CTL_USAGE);
        if (strcmp(event, "rotate-keys") == 0)
                return rotate(o, reply);
        if (strcmp(event, "counts") == 0) {
                sim_vm_counts(o->vm, reply);
                return 0;
        }
        if (strcmp(event, "requests") == 0) {
                sim_web_counts_text(o->counts, reply);
                return 0;
        }
        if (strcmp(event, "stop") == 0)
                return kill(getpid(), SIGTERM) == 0 ? 0 : 1;
        const int result = sim_vm_event(o->vm, event, text, sizeof(text));
        if (result != SIM_VM_NO_EVENT)
                return with_text(reply, text, result == 0 ? 0 : *text != '\0' ? SIM_CTL_USAGE : 1);
        (void)snprintf(text, sizeof(text), "unknown event '%.40s': there are " EVENTS, event);
        return with_text(reply, text, SIM_CTL_USAGE);
}

static void set_timeout(int fd)
{
        const struct timeval limit = {.tv_sec = CLIENT_SECONDS};
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static bool send_all(int fd, const void *data, size_t len)
{
        const char *at = data;
        while (len > 0) {
                ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at += n;
                len -= (size_t)n;
        }
        return true;
}

static bool receive_all(int fd, size_t max, struct aza_bytes *ret)
{
        char chunk[4096];
        for (;;) {
                ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n == 0)
                        return aza_bytes_append(ret, "", 0) == 0;
                if (n < 0 || (size_t)n > max - ret->len ||
                    aza_bytes_append(ret, chunk, (size_t)n) != 0)
                        return false;
        }
}

static void serve(const struct sim_ctl *ctl, int fd)
{
        AZA_BYTES struct aza_bytes event = {0};
        AZA_BYTES struct aza_bytes reply = {0};
        AZA_BYTES struct aza_bytes answer = {0};

        set_timeout(fd);
        if (!receive_all(fd, MAX_EVENT, &event) || event.len == 0)
                return;
        int result = handle(&ctl->options, (const char *)event.data, &reply);
        if (aza_bytes_append_text(&answer, result == 0               ? "ok\n"
                                           : result == SIM_CTL_USAGE ? "usage\n"
                                                                     : "failed\n") == 0 &&
            aza_bytes_append(&answer, reply.data, reply.len) == 0)
                (void)send_all(fd, answer.data, answer.len);
}

static void *loop(void *arg)
{
        const struct sim_ctl *ctl = arg;
        struct pollfd fds[2] = {{.fd = ctl->listen_fd, .events = POLLIN},
                                {.fd = ctl->stop_fd, .events = POLLIN}};

        for (;;) {
                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        return NULL;
                if (fds[1].revents != 0)
                        return NULL;
                if ((fds[0].revents & POLLIN) == 0)
                        continue;
                int fd = accept4(ctl->listen_fd, NULL, NULL, SOCK_CLOEXEC);
                if (fd < 0)
                        continue;
                serve(ctl, fd);
                (void)close(fd);
        }
}

static int listen_at(const char *dir)
{
        struct sockaddr_un address;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || !address_of(dir, &address) ||
            bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
            chmod(address.sun_path, 0600) != 0 || listen(fd, 8) != 0) {
                int why = errno;
                if (fd >= 0)
                        (void)close(fd);
                return sim_fail("cannot listen on %s/ctl: %s", dir, strerror(why));
        }
        return fd;
}

int sim_ctl_start(const struct sim_ctl_options *options, struct sim_ctl **ret)
{
        struct sim_ctl *ctl = calloc(1, sizeof(*ctl));

        if (ctl == NULL)
                return sim_fail("out of memory");
        ctl->options = *options;
        ctl->listen_fd = listen_at(options->dir);
        ctl->stop_fd = eventfd(0, EFD_CLOEXEC);
        if (ctl->listen_fd < 0 || ctl->stop_fd < 0 ||
            pthread_create(&ctl->thread, NULL, loop, ctl) != 0) {
                if (ctl->listen_fd >= 0)
                        (void)close(ctl->listen_fd);
                if (ctl->stop_fd >= 0)
                        (void)close(ctl->stop_fd);
                free(ctl);
                return sim_fail("cannot serve the control socket");
        }
        *ret = ctl;
        return 0;
}

void sim_ctl_stop(struct sim_ctl *ctl)
{
        if (ctl == NULL)
                return;
        (void)eventfd_write(ctl->stop_fd, 1);
        (void)pthread_join(ctl->thread, NULL);
        (void)close(ctl->listen_fd);
        (void)close(ctl->stop_fd);
        free(ctl);
}

int sim_ctl_send(const char *dir, const char *event, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes answer = {0};
        struct sockaddr_un address;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -1;
        bool good = address_of(dir, &address) &&
                    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                    send_all(fd, event, strlen(event)) && shutdown(fd, SHUT_WR) == 0 &&
                    receive_all(fd, MAX_REPLY, &answer);
        (void)close(fd);
        const char *end = good ? memchr(answer.data, '\n', answer.len) : NULL;
        if (end == NULL)
                return -1;
        if (aza_bytes_set(ret, end + 1, strlen(end + 1)) != 0)
                return -1;
        if (strncmp((const char *)answer.data, "usage\n", 6) == 0)
                return SIM_CTL_USAGE;
        return strncmp((const char *)answer.data, "ok\n", 3) == 0 ? 0 : 1;
}
