/* SPDX-License-Identifier: Apache-2.0 */
/* Files read and written piece by piece. The C library's descriptors only keep the handles. */
#include "base/error.h"
#include "os/windows/file_write.h"
#include "os/windows/open.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

static HANDLE handle_of(int fd)
{
        return (HANDLE)_get_osfhandle(fd);
}

/* Takes the handle over. */
static int keep(HANDLE handle, const char *path, int *ret_fd)
{
        *ret_fd = _open_osfhandle((intptr_t)handle, _O_BINARY);
        if (*ret_fd >= 0)
                return 0;
        (void)CloseHandle(handle);
        return AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s: too many open files", path);
}

int aza_file_in_open(const char *path, struct aza_file_in *ret)
{
        HANDLE file = NULL;

        *ret = (struct aza_file_in){"standard input", _fileno(stdin)};
        if (strcmp(path, "-") == 0)
                return 0;
        ret->path = path;
        const int r = aza_open_file(path, &file);
        return r != 0 ? r : keep(file, path, &ret->fd);
}

int aza_file_in_read(struct aza_file_in *in, uint8_t *data, size_t size, size_t *ret_len)
{
        const DWORD part = size > 1u << 20 ? 1u << 20 : (DWORD)size;
        DWORD n = 0;

        if (!ReadFile(handle_of(in->fd), data, part, &n, NULL)) {
                if (GetLastError() != ERROR_BROKEN_PIPE && GetLastError() != ERROR_HANDLE_EOF)
                        return aza_open_failed("read", in->path);
                n = 0;
        }
        *ret_len = n;
        return 0;
}

void aza_file_in_close(struct aza_file_in *in)
{
        if (in->fd > _fileno(stdin))
                (void)_close(in->fd);
        in->fd = -1;
}

/* What is no file: written early, or held. *ret_file: it is one. */
static int begin_special(struct aza_file_out *out, const struct aza_file_writing *w, bool *ret_file)
{
        HANDLE special = aza_writing_special(w);

        *ret_file = special == NULL;
        if (special != NULL && out->early)
                return keep(special, out->path, &out->fd);
        if (special != NULL)
                (void)CloseHandle(special);
        return 0;
}

int aza_file_out_begin(struct aza_file_out *out)
{
        struct aza_file_writing *w;
        bool file = true;

        out->fd = -1;
        if (strcmp(out->path, "-") == 0) {
                out->fd = out->early ? _fileno(stdout) : -1;
                return 0;
        }
        if ((w = calloc(1, sizeof(*w))) == NULL)
                return AZA_NO_MEMORY();
        int r = aza_writing_find(w, out->path);
        if (r == 0)
                r = begin_special(out, w, &file);
        if (r == 0 && file)
                r = aza_writing_open(w, out->mode);
        if (r == 0 && file)
                out->writing = w;
        else
                free(w);
        return r;
}

int aza_file_out_write(struct aza_file_out *out, struct aza_span content)
{
        if (out->writing != NULL)
                return aza_write_all(out->writing->file, out->path, content);
        if (out->fd >= 0)
                return aza_write_all(handle_of(out->fd), out->path, content);
        if (content.len > AZA_FILE_HELD_MAX - out->held.len)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "more than %u bytes can only be written to a file that may be replaced when all of it is there: give --out FILE",
                        AZA_FILE_HELD_MAX);
        return aza_bytes_append(&out->held, content.data, content.len);
}

static void forget(struct aza_file_out *out)
{
        free(out->writing);
        out->writing = NULL;
        if (out->fd > _fileno(stderr))
                (void)_close(out->fd);
        out->fd = -1;
        aza_bytes_free(&out->held);
}

int aza_file_out_end(struct aza_file_out *out)
{
        int r = 0;

        if (out->writing != NULL)
                r = aza_writing_end(out->writing);
        else if (out->fd < 0)
                r = aza_file_write(out->path, aza_bytes_span(&out->held), out->mode);
        forget(out);
        return r;
}

void aza_file_out_abandon(struct aza_file_out *out)
{
        if (out->writing != NULL)
                aza_writing_abandon(out->writing);
        forget(out);
}
