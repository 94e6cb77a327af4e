/* SPDX-License-Identifier: Apache-2.0 */
/* TCP by OpenSSL's calls for sockets, address by address: its connecting BIO does not see on every
 * system that one refused, and would never try the next. The name is looked up by the system, whose
 * own time limits count for that. */
#include "online/connect.h"

#include "base/error.h"
#include "base/url.h"
#include "os/descriptor.h"

#include <openssl/err.h>
#include <string.h>

#define STEP_MS 50 /* how late a cancellation is seen */
#define TCP     6  /* IANA's number of the protocol */

/* 0: it can be used, or has failed. */
static int wait_for(int fd, bool writing, const struct aza_deadline *deadline, bool *ret_failed)
{
        for (;;) {
                const int64_t left = aza_deadline_left(deadline);

                if (left == 0)
                        return AZA_FAIL(AZATTEST_E_DEADLINE, "%s",
                                        aza_deadline_cancelled(deadline)
                                                ? "cancelled while waiting for the server"
                                                : "the server did not answer in time (timeout)");
                const int came =
                        aza_descriptor_wait(fd, writing, left < STEP_MS ? (int)left : STEP_MS);
                *ret_failed = came < 0;
                if (came != 0)
                        return 0;
        }
}

int aza_connect_wait(BIO *connection, bool writing, const struct aza_deadline *deadline)
{
        bool failed = false;
        int fd = -1;

        (void)BIO_get_fd(connection, &fd);
        const int r = wait_for(fd, writing, deadline, &failed);
        return r == 0 && failed ? AZA_FAIL(AZATTEST_E_TRANSPORT, "the connection is lost") : r;
}

/* 0, with a socket or, when nobody takes the connection there, with -1. */
static int connect_to(const BIO_ADDRINFO *address, const struct aza_deadline *deadline, int *ret_fd)
{
        int fd = BIO_socket(BIO_ADDRINFO_family(address), BIO_ADDRINFO_socktype(address),
                            BIO_ADDRINFO_protocol(address), 0);
        bool failed = fd < 0;
        int r = 0;

        if (!failed && BIO_connect(fd, BIO_ADDRINFO_address(address), BIO_SOCK_NONBLOCK) != 1) {
                failed = !BIO_sock_should_retry(-1);
                if (!failed)
                        r = wait_for(fd, true, deadline, &failed);
                failed = failed || BIO_sock_error(fd) != 0;
        }
        if (fd >= 0 && (r != 0 || failed)) {
                (void)BIO_closesocket(fd);
                fd = -1;
        }
        *ret_fd = fd;
        return r;
}

/* The first that takes a connection. Each has an equal part of what is left, so that one which is
 * silent leaves time for the next. */
static int connect_to_one(const BIO_ADDRINFO *addresses, const struct aza_deadline *deadline,
                          int *ret_fd)
{
        int count = 0;
        int r = 0;

        *ret_fd = -1;
        for (const BIO_ADDRINFO *a = addresses; a != NULL; a = BIO_ADDRINFO_next(a))
                count++;
        for (; *ret_fd < 0 && count > 0; addresses = BIO_ADDRINFO_next(addresses), count--) {
                const struct aza_deadline part =
                        aza_deadline_at_most(deadline, aza_deadline_left(deadline) / count);

                r = connect_to(addresses, &part, ret_fd);
        }
        return r;
}

/* Of all families. What fails is said by the caller, and not left in the program's queue. */
static int connect_by_name(const char *host, const char *port, const struct aza_deadline *deadline,
                           int *ret_fd)
{
        BIO_ADDRINFO *addresses = NULL;

        (void)ERR_set_mark();
        (void)BIO_lookup_ex(host, port, BIO_LOOKUP_CLIENT, 0, 0, TCP, &addresses);
        const int r = connect_to_one(addresses, deadline, ret_fd);
        BIO_ADDRINFO_free(addresses);
        (void)ERR_pop_to_mark();
        return r;
}

int aza_connect(const char *where, const struct aza_deadline *deadline, char ret_host[AZA_HOST_MAX],
                BIO **ret)
{
        int fd = -1;
        int r = aza_url_server(where, ret_host, AZA_HOST_MAX);

        if (r != 0)
                return r;
        if ((r = connect_by_name(ret_host, strrchr(where, ':') + 1, deadline, &fd)) != 0)
                return aza_context(r, "connecting to %s", where);
        if (fd < 0)
                return AZA_FAIL(
                        AZATTEST_E_TRANSPORT,
                        "cannot connect to %s: no such name, or nobody listens there; check name, port and network",
                        where);
        if ((*ret = BIO_new_socket(fd, BIO_CLOSE)) == NULL) {
                (void)BIO_closesocket(fd);
                return AZA_NO_MEMORY();
        }
        return 0;
}
