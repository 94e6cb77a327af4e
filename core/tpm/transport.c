/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, closing and abandoning TCTIs. Knows device files and swtpm sockets by name, because for
 * these it can say what is wrong before the TSS prints about it, and knows that closing them sends
 * nothing. Sends no TPM command. Called by device.c.
 */
#include "tpm/connection.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#define DEVICE "device:"
#define SWTPM  "swtpm:"

static bool begins(const char *text, const char *prefix)
{
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int check_device(const char *path)
{
        int fd;

        if (access(path, F_OK) != 0)
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION,
                                "no TPM at %s: %s; this machine has no vTPM, or its driver is not "
                                "loaded (see tcti in the configuration)",
                                path, strerror(errno));
        if (access(path, R_OK | W_OK) != 0)
                return AZA_FAIL(
                        AZATTEST_E_TPM_OPERATION,
                        "no access to the TPM %s: %s; add the user to group tss or run as root",
                        path, strerror(errno));
        /* access(2) cannot see EBUSY. */
        fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "cannot open the TPM %s: %s%s", path,
                                strerror(errno),
                                errno == EBUSY ? "; another program holds it, use /dev/tpmrm0"
                                               : "");
        close(fd);
        return 0;
}

/* A socket nobody listens on is found by connecting once: the TSS would print four lines. */
static int check_socket(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd, e;

        if (strlen(path) >= sizeof(address.sun_path))
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "path of the TPM socket is too long: %s",
                                path);
        memcpy(address.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "cannot make a socket: %s",
                                strerror(errno));
        e = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
        close(fd);
        if (e != 0)
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION,
                                "no TPM at socket %s: %s; is the simulated TPM running?", path,
                                strerror(e));
        return 0;
}

static int check_swtpm(const char *conf)
{
        const char *path = strstr(conf, "path=");
        char copy[512];
        size_t len;

        if (path == NULL) /* host and port */
                return 0;
        path += strlen("path=");
        len = strcspn(path, ",");
        if (len >= sizeof(copy))
                return AZA_FAIL(AZATTEST_E_TPM_OPERATION, "path of the TPM socket is too long: %s",
                                path);
        memcpy(copy, path, len);
        copy[len] = '\0';
        return check_socket(copy);
}

static int transport_open(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        TSS2_RC rc;
        int r = 0;

        (void)arg;
        if (begins(tcti, DEVICE))
                r = check_device(tcti + strlen(DEVICE));
        else if (begins(tcti, SWTPM))
                r = check_swtpm(tcti + strlen(SWTPM));
        if (r != 0)
                return r;
        rc = Tss2_TctiLdr_Initialize(tcti, ret);
        if (rc != TSS2_RC_SUCCESS)
                return AZA_FAIL_TPM(AZATTEST_E_TPM_OPERATION, rc,
                                    "cannot reach the TPM by tcti \"%s\": %s", tcti,
                                    Tss2_RC_Decode(rc));
        return 0;
}

static void transport_close(void *arg, TSS2_TCTI_CONTEXT *tcti)
{
        (void)arg;
        Tss2_TctiLdr_Finalize(&tcti);
}

struct aza_descriptor aza_descriptor_of(TSS2_TCTI_CONTEXT *tcti)
{
        struct aza_descriptor d = {.fd = -1};
        TSS2_TCTI_POLL_HANDLE handles[8];
        size_t count = 0;
        struct stat st;

        if (Tss2_Tcti_GetPollHandles(tcti, NULL, &count) != TSS2_RC_SUCCESS || count != 1 ||
            Tss2_Tcti_GetPollHandles(tcti, handles, &count) != TSS2_RC_SUCCESS || count != 1 ||
            handles[0].fd < 0 || fstat(handles[0].fd, &st) != 0)
                return d;
        (void)fcntl(handles[0].fd, F_SETFD, FD_CLOEXEC);
        d.fd = handles[0].fd;
        d.device = st.st_dev;
        d.inode = st.st_ino;
        return d;
}

static bool is_still(const struct aza_descriptor *d)
{
        struct stat st;

        return d->fd >= 0 && fstat(d->fd, &st) == 0 && st.st_dev == d->device &&
               st.st_ino == d->inode;
}

/*
 * The TCTI's own release may talk to its peer, and closes a descriptor by number. So for the kinds
 * known to hold just one descriptor, that number first becomes a socket whose other end is ours:
 * whatever is sent goes there. (swtpm's connects anew for each command, so there is usually none, and
 * its release sends nothing.) Of other kinds only the descriptor is closed and the memory is left:
 * mssim has a second socket, tabrmd a thread that the child lacks.
 */
void aza_transport_abandon(const struct aza_tpm *tpm, TSS2_TCTI_CONTEXT *tcti,
                           const struct aza_descriptor *descriptor)
{
        bool swtpm = begins(tpm->tcti, SWTPM);
        int pair[2];

        if (swtpm && descriptor->fd < 0) {
                tpm->transport.close(tpm->transport.arg, tcti);
                return;
        }
        if (!is_still(descriptor))
                return;
        if ((!swtpm && !begins(tpm->tcti, DEVICE)) ||
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
                close(descriptor->fd);
                return;
        }
        (void)dup3(pair[0], descriptor->fd, O_CLOEXEC);
        tpm->transport.close(tpm->transport.arg, tcti);
        close(pair[0]);
        close(pair[1]);
}

const struct aza_transport aza_transport_default = {transport_open, transport_close, NULL};
