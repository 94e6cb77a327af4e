/* SPDX-License-Identifier: Apache-2.0 */
/* TCP by OpenSSL's BIO. The name is looked up by the system, whose own time limits count for
 * that. */
#include "online/connect.h"

#include "base/error.h"
#include "base/url.h"
#include "os/descriptor.h"

#include <openssl/err.h>

#define STEP_MS 50 /* how late a cancellation is seen */

int aza_connect_wait(BIO *connection, bool writing, const struct aza_deadline *deadline)
{
        int fd = -1;

        (void)BIO_get_fd(connection, &fd);
        for (;;) {
                const int64_t left = aza_deadline_left(deadline);

                if (left == 0)
                        return AZA_FAIL(AZATTEST_E_DEADLINE, "%s",
                                        aza_deadline_cancelled(deadline)
                                                ? "cancelled while waiting for the server"
                                                : "the server did not answer in time (timeout)");
                const int came =
                        aza_descriptor_wait(fd, writing, left < STEP_MS ? (int)left : STEP_MS);
                if (came > 0)
                        return 0;
                if (came < 0)
                        return AZA_FAIL(AZATTEST_E_TRANSPORT, "refused, or not to be reached");
        }
}

/* What is not yet, and what fails, is said here, and not left in the program's queue. */
static bool connected(BIO *connection)
{
        (void)ERR_set_mark();
        const bool done = BIO_do_connect(connection) > 0;
        (void)ERR_pop_to_mark();
        return done;
}

int aza_connect(const char *where, const struct aza_deadline *deadline, char ret_host[AZA_HOST_MAX],
                BIO **ret)
{
        int r = aza_url_server(where, ret_host, AZA_HOST_MAX);

        if (r != 0)
                return r;
        AZA_OWN(BIO_free_all) BIO *connection = BIO_new_connect(where);
        if (connection == NULL)
                return AZA_NO_MEMORY();
        (void)BIO_set_nbio(connection, 1);
        while (!connected(connection)) {
                if (!BIO_should_retry(connection))
                        return AZA_FAIL(
                                AZATTEST_E_TRANSPORT,
                                "cannot connect to %s: no such name, or nobody listens there; check name, port and network",
                                where);
                if ((r = aza_connect_wait(connection, true, deadline)) != 0)
                        return aza_context(r, "connecting to %s", where);
        }
        *ret = aza_take(&connection);
        return 0;
}
