/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: open(2) of $SIM_TPM_DEVICE, the simulator's socket PATH.device, connects to it,
 * and the descriptor says that it is a character device. All else about it is as with the kernel's
 * /dev/tpmrm0: it stays open, a write is a command, a read its answer, and its objects end with it.
 * So programs meet here what the usual socket, which is closed after each command, does not show.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))
SEEN int open(const char *path, int flags, ...);
SEEN int fstat(int fd, struct stat *st);

static int connect_to(const char *path)
{
        struct sockaddr_un peer = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (strlen(path) >= sizeof(peer.sun_path))
                return -1;
        memcpy(peer.sun_path, path, strlen(path) + 1);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) != 0) {
                const int e = errno == ECONNREFUSED ? ENODEV : errno;
                (void)close(fd);
                errno = e;
                return -1;
        }
        return fd;
}

int open(const char *path, int flags, ...)
{
        const char *device = getenv("SIM_TPM_DEVICE");
        int (*real)(const char *, int, ...) = NULL;
        void *symbol = dlsym(RTLD_NEXT, "open");
        va_list args;

        va_start(args, flags);
        const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
        va_end(args);
        if (device != NULL && strcmp(path, device) == 0)
                return connect_to(path);
        memcpy(&real, &symbol, sizeof(symbol));
        return real(path, flags, mode);
}

int fstat(int fd, struct stat *st)
{
        int (*real)(int, struct stat *) = NULL;
        void *symbol = dlsym(RTLD_NEXT, "fstat");
        int type = 0;
        socklen_t size = sizeof(type);

        memcpy(&real, &symbol, sizeof(symbol));
        const int r = real(fd, st);
        if (r == 0 && S_ISSOCK(st->st_mode) &&
            getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
                st->st_mode = S_IFCHR | 0600;
        return r;
}
