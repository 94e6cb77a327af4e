/* SPDX-License-Identifier: Apache-2.0 */
/* There is no fork, so no descriptor has to be recognised; what is waited for is a socket. */
#include "os/descriptor.h"

#include <winsock2.h>

bool aza_descriptor_note(int fd, struct aza_descriptor *ret)
{
        (void)fd;
        (void)ret;
        return false;
}

bool aza_descriptor_is_still(const struct aza_descriptor *d)
{
        (void)d;
        return false;
}

void aza_descriptor_close(const struct aza_descriptor *d)
{
        (void)d;
}

/* By select: a connection that was refused shows among its exceptions, where OpenSSL does not look,
 * and in WSAPoll of older systems nowhere. */
int aza_descriptor_wait(int fd, bool writing, int ms)
{
        struct timeval until = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
        fd_set wanted = {.fd_count = 1, .fd_array = {(SOCKET)fd}};
        fd_set failed = wanted;

        if (select(0, writing ? NULL : &wanted, writing ? &wanted : NULL, &failed, &until) <= 0)
                return 0;
        return writing && failed.fd_count > 0 ? -1 : 1;
}
