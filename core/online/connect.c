/* SPDX-License-Identifier: Apache-2.0 */
/* TCP by OpenSSL's BIO. The name is looked up by the system, whose own time limits count for
 * that. */
#include "online/connect.h"

#include "base/error.h"
#include "os/descriptor.h"

#include <openssl/err.h>
#include <string.h>

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
                if (aza_descriptor_wait(fd, writing, left < STEP_MS ? (int)left : STEP_MS))
                        return 0;
        }
}

/* "host:port" as OpenSSL wants it, and the host. */
static int parse(const char *where, char host[AZA_HOST_MAX], char *address, size_t size)
{
        char *name = NULL, *port = NULL;
        bool good = strlen(where) < AZA_HOST_MAX &&
                    BIO_parse_hostserv(where, &name, &port, BIO_PARSE_PRIO_HOST) == 1 &&
                    name != NULL && *name != '\0';

        if (good)
                (void)snprintf(address, size, strchr(name, ':') != NULL ? "[%s]:%s" : "%s:%s", name,
                               port != NULL ? port : "443");
        if (good)
                memcpy(host, name, strlen(name) + 1);
        OPENSSL_free(name);
        OPENSSL_free(port);
        return good ? 0
                    : AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                               "'%.80s' is no server: write host:port, or [address]:port", where);
}

int aza_connect(const char *where, const struct aza_deadline *deadline, char ret_host[AZA_HOST_MAX],
                BIO **ret)
{
        char address[2 * AZA_HOST_MAX];
        int r = parse(where, ret_host, address, sizeof(address));

        if (r != 0)
                return r;
        AZA_OWN(BIO_free_all) BIO *connection = BIO_new_connect(address);
        if (connection == NULL)
                return AZA_NO_MEMORY();
        (void)BIO_set_nbio(connection, 1);
        while (BIO_do_connect(connection) <= 0) {
                if (!BIO_should_retry(connection))
                        return AZA_FAIL_OPENSSL(AZATTEST_E_TRANSPORT, "cannot connect to %s",
                                                where);
                if ((r = aza_connect_wait(connection, true, deadline)) != 0)
                        return aza_context(r, "connecting to %s", where);
        }
        *ret = aza_take(&connection);
        return 0;
}
