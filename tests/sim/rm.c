/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the sockets and the one thread that serves them. A client that stops in the middle of a
 * command costs a buffer, nothing else: no read or write here blocks. */
#include "sim/rm_internal.h"
#include "sim/say.h"
#include "sim/web.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

/* Commands of swtpm's control channel that the TCTI sends. */
#define CONTROL_SET_LOCALITY 5U
#define CONTROL_CANCEL       9U
#define CONTROL_UNKNOWN      0x0AU

#define LISTENERS 5 /* in the set that is polled: the wake-up pipe and four sockets */

struct rm_connection {
        int fd;
        bool control;
        bool closing;
        struct rm_client *client; /* NULL for a control connection */
        uint8_t buffer[TPM2_MAX_COMMAND_SIZE];
        size_t len;
        struct rm_connection *next;
};

/* --- clients ---------------------------------------------------------------------------------- */

static struct rm_client *client_of(struct sim_rm *rm, int fd)
{
        struct ucred peer = {0};
        socklen_t size = sizeof(peer);
        struct rm_client *c = NULL;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
                return NULL;
        for (c = rm->clients; c != NULL; c = c->next) {
                if (c->pid == peer.pid && !c->dead)
                        return c;
        }
        c = calloc(1, sizeof(*c));
        if (c == NULL)
                return NULL;
        c->pid = peer.pid;
        c->pidfd = pidfd_open(peer.pid, 0);
        c->dead = c->pidfd < 0 && errno == ESRCH;
        c->next = rm->clients;
        rm->clients = c;
        return c;
}

/* As the kernel has it: who opens the device has objects and sessions of this opening only. */
static struct rm_client *client_alone(struct sim_rm *rm)
{
        struct rm_client *c = calloc(1, sizeof(*c));

        if (c == NULL)
                return NULL;
        c->pidfd = -1;
        c->next = rm->clients;
        rm->clients = c;
        return c;
}

/* Drops clients that have ended, or hold nothing. */
static void sweep_clients(struct sim_rm *rm)
{
        struct rm_client **p = &rm->clients;

        while (*p != NULL) {
                struct rm_client *c = *p;
                (void)pthread_mutex_lock(&rm->lock);
                if (c->connections == 0 && c->dead)
                        rm_flush_client(rm, c);
                bool idle = rm_held(rm, c, false) + rm_held(rm, c, true) == 0;
                (void)pthread_mutex_unlock(&rm->lock);
                if (c->connections == 0 && (c->dead || idle)) {
                        *p = c->next;
                        if (c->pidfd >= 0)
                                (void)close(c->pidfd);
                        free(c);
                } else {
                        p = &c->next;
                }
        }
}

/* --- connections ------------------------------------------------------------------------------ */

static void accept_one(struct sim_rm *rm, int listen_fd)
{
        const bool control = listen_fd == rm->listen_control;
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        struct rm_connection *c = fd < 0 ? NULL : calloc(1, sizeof(*c));

        if (c != NULL && !control)
                c->client = listen_fd == rm->listen_data ? client_of(rm, fd) : client_alone(rm);
        if (c == NULL || (!control && c->client == NULL)) {
                free(c);
                if (fd >= 0)
                        (void)close(fd);
                return;
        }
        c->fd = fd;
        c->control = control;
        if (c->client != NULL)
                c->client->connections++;
        c->next = rm->connections;
        rm->connections = c;
}

static void sweep_connections(struct sim_rm *rm, bool all)
{
        struct rm_connection **p = &rm->connections;

        while (*p != NULL) {
                struct rm_connection *c = *p;
                if (!c->closing && !all) {
                        p = &c->next;
                        continue;
                }
                *p = c->next;
                if (c->client != NULL) {
                        c->client->connections--;
                        c->client->dead |= c->client->pid == 0;
                }
                (void)close(c->fd);
                free(c);
        }
}

/* An answer always fits the socket's buffer; a client that lets answers pile up is cut off. */
static void answer_with(struct rm_connection *c, const void *data, size_t len)
{
        if (send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
                c->closing = true;
}

static void consume(struct rm_connection *c, size_t n)
{
        memmove(c->buffer, c->buffer + n, c->len - n);
        c->len -= n;
}

/* True when there was a whole command. */
static bool serve_control(struct rm_connection *c)
{
        struct aza_reader r = aza_reader_of(aza_span_of(c->buffer, c->len));
        uint32_t command = aza_read_be32(&r);
        uint8_t answer[4] = {0, 0, 0, CONTROL_UNKNOWN};

        if (command == CONTROL_SET_LOCALITY) {
                /* Locality 0 only: what runs in the VM has no other. */
                answer[3] = aza_read_u8(&r) == 0 ? 0 : (uint8_t)TPM2_RC_LOCALITY;
        } else if (command == CONTROL_CANCEL) {
                answer[3] = 0;
        }
        if (r.failed)
                return false;
        consume(c, c->len - r.rest.len);
        answer_with(c, answer, sizeof(answer));
        return true;
}

static bool serve_data(struct sim_rm *rm, struct rm_connection *c)
{
        AZA_BYTES struct aza_bytes answer = {0};
        struct aza_reader r = aza_reader_of(aza_span_of(c->buffer, c->len));

        (void)aza_read(&r, 2);
        uint32_t size = aza_read_be32(&r);
        if (r.failed)
                return false;
        if (size < 10 || size > sizeof(c->buffer)) {
                c->closing = true;
                return false;
        }
        if (c->len < size)
                return false;
        (void)pthread_mutex_lock(&rm->lock);
        enum rm_outcome outcome = rm_execute(rm, c->client, aza_span_of(c->buffer, size), &answer);
        (void)pthread_mutex_unlock(&rm->lock);
        consume(c, size);
        if (outcome != RM_DROP)
                answer_with(c, answer.data, outcome == RM_HALF ? answer.len / 2 : answer.len);
        if (outcome != RM_ANSWER)
                c->closing = true;
        return true;
}

static void read_from(struct sim_rm *rm, struct rm_connection *c)
{
        ssize_t n = recv(c->fd, c->buffer + c->len, sizeof(c->buffer) - c->len, 0);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                c->closing = true;
                return;
        }
        c->len += (size_t)n;
        while (!c->closing && (c->control ? serve_control(c) : serve_data(rm, c)))
                continue;
}

/* --- the loop --------------------------------------------------------------------------------- */

static size_t fill_poll(const struct sim_rm *rm, struct pollfd **set, size_t *room)
{
        size_t n = LISTENERS;

        for (const struct rm_connection *c = rm->connections; c != NULL; c = c->next)
                n++;
        for (const struct rm_client *c = rm->clients; c != NULL; c = c->next)
                n++;
        if (n > *room) {
                struct pollfd *larger = realloc(*set, 2 * n * sizeof(**set));
                if (larger == NULL)
                        return 0;
                *set = larger;
                *room = 2 * n;
        }
        struct pollfd *p = *set;
        *p++ = (struct pollfd){.fd = rm->wake[0], .events = POLLIN};
        *p++ = (struct pollfd){.fd = rm->listen_data, .events = POLLIN};
        *p++ = (struct pollfd){.fd = rm->listen_control, .events = POLLIN};
        *p++ = (struct pollfd){.fd = rm->listen_device, .events = POLLIN};
        *p++ = (struct pollfd){.fd = rm->listen_tcp, .events = POLLIN};
        for (const struct rm_connection *c = rm->connections; c != NULL; c = c->next)
                *p++ = (struct pollfd){.fd = c->fd, .events = POLLIN};
        for (const struct rm_client *c = rm->clients; c != NULL; c = c->next)
                *p++ = (struct pollfd){.fd = c->pidfd, .events = POLLIN};
        return n;
}

static void handle_events(struct sim_rm *rm, const struct pollfd *set)
{
        const struct pollfd *p = set + LISTENERS;

        for (struct rm_connection *c = rm->connections; c != NULL; c = c->next) {
                if ((p++)->revents != 0)
                        read_from(rm, c);
        }
        for (struct rm_client *c = rm->clients; c != NULL; c = c->next) {
                if ((p++)->revents != 0)
                        c->dead = true;
        }
        sweep_connections(rm, false);
        for (size_t i = 1; i < LISTENERS; i++)
                if (set[i].revents != 0)
                        accept_one(rm, set[i].fd);
        sweep_clients(rm);
}

static void *loop(void *arg)
{
        struct sim_rm *rm = arg;
        struct pollfd *set = NULL;
        size_t room = 0;

        for (;;) {
                size_t n = fill_poll(rm, &set, &room);
                if (n == 0 || (poll(set, n, -1) < 0 && errno != EINTR) || set[0].revents != 0)
                        break;
                handle_events(rm, set);
        }
        free(set);
        return NULL;
}

/* --- start and stop
 * ----------------------------------------------------------------------------- */

static int listen_on(const char *path, const char *suffix, int type)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        if (strlen(path) + strlen(suffix) >= sizeof(address.sun_path))
                return sim_fail("%s%s is too long for a socket's path", path, suffix);
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", path, suffix);
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)unlink(address.sun_path);
        /* Open to all users, as the VM's programs run as different ones. */
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
            chmod(address.sun_path, 0666) != 0 || listen(fd, 1024) != 0) {
                (void)sim_fail("cannot listen on %s: %s", address.sun_path, strerror(errno));
                if (fd >= 0)
                        (void)close(fd);
                return -1;
        }
        return fd;
}

/* True when there is a port, or none is wanted. */
static bool listen_on_port(struct sim_rm *rm)
{
        if (!rm->options.tcp)
                return true;
        rm->listen_tcp = sim_web_listen("tcp", "127.0.0.1:0", rm->tcp, sizeof(rm->tcp));
        return rm->listen_tcp >= 0 && fcntl(rm->listen_tcp, F_SETFL, O_NONBLOCK) == 0;
}

static bool read_attributes(struct sim_rm *rm)
{
        static const uint8_t all[12] = {0, 0, 0, TPM2_CAP_COMMANDS, 0, 0, 0x01, 0x1F, 0, 0, 1, 0};
        AZA_BYTES struct aza_bytes answer = {0};

        if (sim_tpm_call(rm->options.tpm, TPM2_CC_GetCapability, (struct aza_span){0}, 0,
                         aza_span_of(all, sizeof(all)), &answer) != TPM2_RC_SUCCESS)
                return false;
        struct aza_reader r = aza_reader_of(aza_bytes_span(&answer));
        (void)aza_read(&r, 5);
        for (uint32_t n = aza_read_be32(&r); n > 0 && !r.failed; n--) {
                uint32_t attributes = aza_read_be32(&r);
                uint32_t code = attributes & TPMA_CC_COMMANDINDEX_MASK;
                if (code - RM_FIRST_COMMAND < RM_COMMANDS)
                        rm->attributes[code - RM_FIRST_COMMAND] = attributes;
        }
        return !r.failed;
}

static void release(struct sim_rm *rm)
{
        const int fds[] = {rm->wake[0],        rm->wake[1],       rm->listen_data,
                           rm->listen_control, rm->listen_device, rm->listen_tcp};
        static const char *const suffixes[] = {"", ".ctrl", ".device"};
        char path[4096];

        for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
                if (fds[i] >= 0)
                        (void)close(fds[i]);
        }
        for (size_t i = 0; rm->path != NULL && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
                (void)snprintf(path, sizeof(path), "%s%s", rm->path, suffixes[i]);
                (void)unlink(path);
        }
        (void)pthread_mutex_destroy(&rm->lock);
        free(rm->path);
        free(rm);
}

int sim_rm_start(const struct sim_rm_options *options, struct sim_rm **ret)
{
        struct sim_rm *rm = calloc(1, sizeof(*rm));

        if (rm == NULL)
                return sim_fail("out of memory");
        rm->options = *options;
        rm->next_handle = RM_FIRST_HANDLE + 0xFFFFFF;
        rm->wake[0] = rm->wake[1] = -1;
        rm->listen_control = rm->listen_device = rm->listen_tcp = -1;
        rm->path = strdup(options->path);
        (void)pthread_mutex_init(&rm->lock, NULL);
        rm->listen_data = listen_on(options->path, "", SOCK_STREAM);
        if (rm->listen_data >= 0)
                rm->listen_control = listen_on(options->path, ".ctrl", SOCK_STREAM);
        if (rm->listen_control >= 0)
                rm->listen_device = listen_on(options->path, ".device", SOCK_SEQPACKET);
        if (rm->path == NULL || rm->listen_device < 0 || !listen_on_port(rm) ||
            pipe2(rm->wake, O_CLOEXEC) != 0 || !read_attributes(rm) ||
            pthread_create(&rm->thread, NULL, loop, rm) != 0) {
                release(rm);
                return sim_fail("cannot start the TPM resource manager");
        }
        *ret = rm;
        return 0;
}

const char *sim_rm_port(const struct sim_rm *rm)
{
        const char *colon = strrchr(rm->tcp, ':');

        return colon == NULL ? "" : colon + 1;
}

void sim_rm_stop(struct sim_rm *rm)
{
        if (rm == NULL)
                return;
        (void)!write(rm->wake[1], "", 1);
        (void)pthread_join(rm->thread, NULL);
        sweep_connections(rm, true);
        rm_forget_all(rm);
        sweep_clients(rm);
        release(rm);
}
