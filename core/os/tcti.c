/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries one command to the TPM and its answer back. To the kernel's device one write is a command
 * and one read its answer; a socket is a stream, where the answer's header says how long it is.
 * Never prints, never raises SIGPIPE, knows nothing of what it carries but that length.
 */
#include "os/tcti.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAGIC       0x617a6174746573ULL /* "azattes" */
#define HEADER_SIZE 10U                 /* tag, size, code */

struct aza_tcti {
        TSS2_TCTI_CONTEXT_COMMON_V1 common;
        struct sockaddr_un peer; /* family 0: a device, and only the path is used */
        int fd;                  /* -1: not connected */
        bool waiting;            /* a command was sent, its answer is not handed out yet */
        size_t have;             /* bytes of the answer so far */
        uint8_t answer[TPM2_MAX_RESPONSE_SIZE];
};

static _Thread_local struct {
        TSS2_RC rc;
        char text[256];
} said;

static struct aza_tcti *of(TSS2_TCTI_CONTEXT *tcti)
{
        return (struct aza_tcti *)(void *)tcti;
}

static bool is_socket(const struct aza_tcti *t)
{
        return t->peer.sun_family == AF_UNIX;
}

/* The number is forgotten first: a fork of another thread must not find one that is closed
 * already. */
static void disconnect(struct aza_tcti *t)
{
        int fd = t->fd;

        t->fd = -1;
        if (fd >= 0)
                close(fd);
}

/* ---- what goes wrong ---- */

const char *aza_tcti_said(TSS2_RC rc)
{
        return said.rc == rc && rc != TSS2_RC_SUCCESS ? said.text : NULL;
}

void aza_tcti_say_nothing(void)
{
        said.rc = TSS2_RC_SUCCESS;
}

/* Ends the exchange: what comes next on the line is unknown. */
static TSS2_RC broken(struct aza_tcti *t, TSS2_RC rc, const char *format, ...)
        AZATTEST_PRINTF(3, 4);
static TSS2_RC broken(struct aza_tcti *t, TSS2_RC rc, const char *format, ...)
{
        int n = snprintf(said.text, sizeof(said.text), "the TPM at %s ", t->peer.sun_path);
        va_list args;

        va_start(args, format);
        (void)vsnprintf(said.text + n, sizeof(said.text) - (size_t)n, format, args);
        va_end(args);
        said.rc = rc;
        t->waiting = false;
        if (is_socket(t))
                disconnect(t);
        return rc;
}

static TSS2_RC closed(struct aza_tcti *t)
{
        return broken(t, TSS2_TCTI_RC_IO_ERROR,
                      "closed the connection after %zu bytes of its answer; is it running?",
                      t->have);
}

/* ---- sending ---- */

/* 0 or errno. */
static int connect_socket(struct aza_tcti *t)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int e, r;

        if (fd < 0)
                return errno;
        do
                r = connect(fd, (const struct sockaddr *)&t->peer, sizeof(t->peer));
        while (r != 0 && errno == EINTR);
        if (r != 0) {
                e = errno;
                close(fd);
                return e;
        }
        t->fd = fd;
        return 0;
}

static ssize_t write_some(const struct aza_tcti *t, const uint8_t *data, size_t size)
{
        ssize_t n;

        do
                n = is_socket(t) ? send(t->fd, data, size, MSG_NOSIGNAL) : write(t->fd, data, size);
        while (n < 0 && errno == EINTR);
        return n;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
        struct aza_tcti *t = of(tcti);
        size_t sent = 0;
        int e;

        if (command == NULL)
                return TSS2_TCTI_RC_BAD_REFERENCE;
        if (size < HEADER_SIZE || size > TPM2_MAX_COMMAND_SIZE)
                return TSS2_TCTI_RC_BAD_VALUE;
        if (t->waiting)
                return TSS2_TCTI_RC_BAD_SEQUENCE;
        e = is_socket(t) ? connect_socket(t) : 0;
        if (e != 0)
                return broken(t, TSS2_TCTI_RC_IO_ERROR, "does not listen: %s; is it running?",
                              strerror(e));
        while (sent < size) {
                ssize_t n = write_some(t, command + sent, size - sent);

                if (n < 0)
                        return broken(t, TSS2_TCTI_RC_IO_ERROR, "does not take commands: %s",
                                      strerror(errno));
                sent += (size_t)n;
                if (!is_socket(t) && sent < size)
                        return broken(t, TSS2_TCTI_RC_IO_ERROR,
                                      "took %zu bytes of a command of %zu", sent, size);
        }
        t->have = 0;
        t->waiting = true;
        return TSS2_RC_SUCCESS;
}

/* ---- receiving ---- */

/* The one place that believes a length from outside. */
static TSS2_RC answer_size(struct aza_tcti *t, size_t *ret)
{
        struct aza_reader r = aza_reader_of(aza_span_of(t->answer, t->have));

        (void)aza_read(&r, 2);
        *ret = aza_read_be32(&r);
        if (r.failed || *ret < HEADER_SIZE || *ret > sizeof(t->answer))
                return broken(t, TSS2_TCTI_RC_MALFORMED_RESPONSE,
                              "sent what is no answer of a TPM (%zu bytes, length %zu)", t->have,
                              *ret);
        return TSS2_RC_SUCCESS;
}

/* Waits until there is something to read, or the peer is gone. `until` is of the monotonic clock;
 * negative: for ever. */
static TSS2_RC wait_for_data(struct aza_tcti *t, int64_t until)
{
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        int n;

        do {
                int64_t left = until < 0 ? -1 : until - aza_monotonic_ms();

                n = poll(&p, 1, until < 0 ? -1 : left < 0 ? 0 : (int)left);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
                return broken(t, TSS2_TCTI_RC_IO_ERROR, "cannot be waited for: %s",
                              strerror(errno));
        return n == 0 ? TSS2_TCTI_RC_TRY_AGAIN : TSS2_RC_SUCCESS;
}

static TSS2_RC read_some(struct aza_tcti *t, size_t up_to, int64_t until)
{
        TSS2_RC rc = wait_for_data(t, until);
        ssize_t n;

        if (rc != TSS2_RC_SUCCESS)
                return rc;
        do
                n = read(t->fd, t->answer + t->have, up_to - t->have);
        while (n < 0 && errno == EINTR);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
                return closed(t);
        if (n < 0)
                return broken(t, TSS2_TCTI_RC_IO_ERROR, "does not answer: %s", strerror(errno));
        t->have += (size_t)n;
        return TSS2_RC_SUCCESS;
}

/* `size` is the answer's as its header says. */
static TSS2_RC read_stream(struct aza_tcti *t, int64_t until, size_t *size)
{
        TSS2_RC rc = TSS2_RC_SUCCESS;

        while (rc == TSS2_RC_SUCCESS && t->have < HEADER_SIZE)
                rc = read_some(t, HEADER_SIZE, until);
        if (rc == TSS2_RC_SUCCESS)
                rc = answer_size(t, size);
        while (rc == TSS2_RC_SUCCESS && t->have < *size)
                rc = read_some(t, *size, until);
        return rc;
}

static TSS2_RC read_message(struct aza_tcti *t, int64_t until, size_t *size)
{
        TSS2_RC rc = t->have > 0 ? TSS2_RC_SUCCESS : read_some(t, sizeof(t->answer), until);

        if (rc == TSS2_RC_SUCCESS)
                rc = answer_size(t, size);
        if (rc == TSS2_RC_SUCCESS && t->have != *size)
                rc = broken(t, TSS2_TCTI_RC_MALFORMED_RESPONSE,
                            "sent %zu bytes of an answer of %zu", t->have, *size);
        return rc;
}

/* Without `response` only the size is told, with a buffer that is too small also; the answer
 * stays. */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response, int32_t timeout)
{
        struct aza_tcti *t = of(tcti);
        int64_t until = timeout < 0 ? -1 : aza_monotonic_ms() + timeout;
        size_t room, length = 0;
        TSS2_RC rc;

        if (size == NULL)
                return TSS2_TCTI_RC_BAD_REFERENCE;
        if (timeout < TSS2_TCTI_TIMEOUT_BLOCK)
                return TSS2_TCTI_RC_BAD_VALUE;
        if (!t->waiting)
                return TSS2_TCTI_RC_BAD_SEQUENCE;
        rc = is_socket(t) ? read_stream(t, until, &length) : read_message(t, until, &length);
        if (rc != TSS2_RC_SUCCESS)
                return rc;
        room = *size;
        *size = length;
        if (response == NULL)
                return TSS2_RC_SUCCESS;
        if (room < length)
                return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
        memcpy(response, t->answer, length);
        OPENSSL_cleanse(t->answer, length);
        t->waiting = false;
        if (is_socket(t))
                disconnect(t);
        return TSS2_RC_SUCCESS;
}

static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles, size_t *count)
{
        if (count == NULL)
                return TSS2_TCTI_RC_BAD_REFERENCE;
        if (handles != NULL && *count < 1)
                return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
        if (handles != NULL)
                handles[0] = (TSS2_TCTI_POLL_HANDLE){.fd = of(tcti)->fd, .events = POLLIN};
        *count = 1;
        return TSS2_RC_SUCCESS;
}

/* ---- opening and closing ---- */

static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
        struct aza_tcti *t = of(tcti);

        disconnect(t);
        OPENSSL_cleanse(t->answer, sizeof(t->answer));
}

static struct aza_tcti *new_tcti(const char *path, sa_family_t family)
{
        /* cancel, setLocality: not implemented, nobody calls them. */
        const TSS2_TCTI_CONTEXT_COMMON_V1 common = {.magic = MAGIC,
                                                    .version = 1,
                                                    .transmit = transmit,
                                                    .receive = receive,
                                                    .finalize = finalize,
                                                    .getPollHandles = poll_handles};
        struct aza_tcti *t;

        if (strlen(path) >= sizeof(t->peer.sun_path)) {
                AZA_FAIL(AZATTEST_E_TPM_OPERATION, "path of the TPM is too long: %s", path);
                return NULL;
        }
        t = calloc(1, sizeof(*t));
        if (t == NULL) {
                AZA_NO_MEMORY();
                return NULL;
        }
        t->common = common;
        t->fd = -1;
        t->peer.sun_family = family;
        memcpy(t->peer.sun_path, path, strlen(path) + 1);
        return t;
}

static int device_failed(const char *path, int e)
{
        const char *advice = "";

        if (e == ENOENT || e == ENXIO || e == ENODEV)
                return AZA_FAIL(
                        AZATTEST_E_TPM_OPERATION,
                        "no TPM at %s: %s; this machine has no vTPM, or its driver is not loaded (see tcti in the configuration)",
                        path, strerror(e));
        if (e == EACCES || e == EPERM)
                advice = "; add the user to group tss or run as root";
        else if (e == EBUSY)
                advice = "; another program holds it, use /dev/tpmrm0";
        return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "cannot open the TPM %s: %s%s", path, strerror(e),
                        advice);
}

int aza_tcti_open_device(const char *path, TSS2_TCTI_CONTEXT **ret)
{
        struct aza_tcti *t = new_tcti(path, 0);
        struct stat st;

        if (t == NULL)
                return aza_last_error()->code;
        /* Blocking: the write lasts as long as the command and says what failed. (Without, a
         * command that fails in the kernel leaves nothing to read, and nobody wakes the reader.) */
        t->fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (t->fd < 0) {
                int e = errno;

                free(t);
                return device_failed(path, e);
        }
        /* Another file would be written to. Asked once it is open: who may not open it is told
         * that. */
        if (fstat(t->fd, &st) != 0 || !S_ISCHR(st.st_mode)) {
                close(t->fd);
                free(t);
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "no TPM at %s: not a device", path);
        }
        *ret = (TSS2_TCTI_CONTEXT *)(void *)t;
        return 0;
}

int aza_tcti_open_socket(const char *path, TSS2_TCTI_CONTEXT **ret)
{
        struct aza_tcti *t = new_tcti(path, AF_UNIX);
        int e;

        if (t == NULL)
                return aza_last_error()->code;
        /* Whether somebody listens, the user is told now. */
        e = connect_socket(t);
        disconnect(t);
        if (e != 0) {
                free(t);
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION,
                                "no TPM at socket %s: %s; is the simulated TPM running?", path,
                                strerror(e));
        }
        *ret = (TSS2_TCTI_CONTEXT *)(void *)t;
        return 0;
}

bool aza_tcti_is_own(TSS2_TCTI_CONTEXT *tcti)
{
        return TSS2_TCTI_MAGIC(tcti) == MAGIC;
}

void aza_tcti_close(TSS2_TCTI_CONTEXT *tcti)
{
        finalize(tcti);
        free(of(tcti));
}
