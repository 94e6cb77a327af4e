/* SPDX-License-Identifier: Apache-2.0 */
/* Files read and written piece by piece. */
#include "base/error.h"
#include "os/file_pipe.h"
#include "os/file_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int aza_file_in_open(const char *path, struct aza_file_in *ret)
{
        *ret = (struct aza_file_in){"standard input", STDIN_FILENO};
        if (strcmp(path, "-") == 0)
                return 0;
        ret->path = path;
        return aza_file_open(path, &ret->fd);
}

int aza_file_in_read(struct aza_file_in *in, uint8_t *data, size_t size, size_t *ret_len)
{
        ssize_t n;

        do
                n = read(in->fd, data, size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot read %s: %s", in->path, strerror(errno));
        *ret_len = (size_t)n;
        return 0;
}

void aza_file_in_close(struct aza_file_in *in)
{
        if (in->fd > STDIN_FILENO)
                close(in->fd);
        in->fd = -1;
}

int aza_file_out_begin(struct aza_file_out *out)
{
        struct aza_file_writing *w;
        int r;

        out->fd = -1;
        if (strcmp(out->path, "-") == 0) {
                out->fd = out->early ? STDOUT_FILENO : -1;
                return 0;
        }
        if (aza_file_is_special(out->path))
                return out->early ? aza_file_open_special(out->path, &out->fd) : 0;
        if ((w = calloc(1, sizeof(*w))) == NULL)
                return AZA_NO_MEMORY();
        w->nameless = true;
        if ((r = aza_file_writing_find(out->path, w)) == 0 &&
            (r = aza_file_writing_open(w, out->mode)) == 0)
                out->writing = w;
        else
                free(w);
        return r == 1 ? 0 : r;
}

int aza_file_out_write(struct aza_file_out *out, struct aza_span content)
{
        if (out->writing != NULL)
                return aza_file_write_all(out->writing->fd, out->path, content);
        if (out->fd >= 0)
                return aza_file_write_all(out->fd, out->path, content);
        if (content.len > AZA_FILE_HELD_MAX - out->held.len)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "more than %u bytes can only be written to a file that may be replaced when all of it is there: give --out FILE, in a directory of your own",
                        AZA_FILE_HELD_MAX);
        return aza_bytes_append(&out->held, content.data, content.len);
}

static void forget(struct aza_file_out *out)
{
        free(out->writing);
        out->writing = NULL;
        if (out->fd > STDERR_FILENO)
                close(out->fd);
        out->fd = -1;
        aza_bytes_free(&out->held);
}

int aza_file_out_end(struct aza_file_out *out)
{
        int r = 0;

        if (out->writing == NULL && out->fd < 0) {
                r = aza_file_write(out->path, aza_bytes_span(&out->held), out->mode);
        } else if (out->writing != NULL && (r = aza_file_writing_rename(out->writing)) == 1) {
                r = AZA_FAIL(AZATTEST_E_INPUT,
                             "%s cannot be replaced by a new file: write to another one",
                             out->path);
        }
        forget(out);
        return r;
}

void aza_file_out_abandon(struct aza_file_out *out)
{
        if (out->writing != NULL)
                aza_file_writing_abandon(out->writing);
        forget(out);
}
