/* SPDX-License-Identifier: Apache-2.0 */
#include "os/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

bool aza_descriptor_note(int fd, struct aza_descriptor *ret)
{
        struct stat st;

        if (fd < 0 || fstat(fd, &st) != 0)
                return false;
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        *ret = (struct aza_descriptor){.fd = fd, .device = st.st_dev, .inode = st.st_ino};
        return true;
}

bool aza_descriptor_is_still(const struct aza_descriptor *d)
{
        struct stat st;

        return d->fd >= 0 && fstat(d->fd, &st) == 0 && st.st_dev == d->device &&
               st.st_ino == d->inode;
}

void aza_descriptor_close(const struct aza_descriptor *d)
{
        (void)close(d->fd);
}

int aza_descriptor_wait(int fd, bool writing, int ms)
{
        struct pollfd waiting = {.fd = fd, .events = writing ? POLLOUT : POLLIN};

        return poll(&waiting, 1, ms) > 0 ? 1 : 0;
}
