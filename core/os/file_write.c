/* SPDX-License-Identifier: Apache-2.0 */
/* Writing files that belong together (D56): each beside its place or into what is no plain file. */
#include "os/file_write.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int begin(const struct aza_file_new *f, struct aza_file_writing *w)
{
        w->fd = -1;
        w->special = strcmp(f->path, "-") == 0 || aza_file_is_special(f->path);
        if (w->special)
                return aza_file_special_begin(f->path);
        const int r = aza_file_writing_find(f->path, w);
        return r != 0 ? r : aza_file_writing_begin(f, w);
}

static int complete(const struct aza_file_new *f, struct aza_file_writing *w)
{
        return w->special ? aza_file_special_write(f) : aza_file_writing_complete(w, f->content);
}

static int complete_those(const struct aza_file_new *files, struct aza_file_writing *w,
                          size_t count, bool special)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < count; i++)
                if (w[i].special == special)
                        r = complete(&files[i], &w[i]);
        return r;
}

/* What can be lost on its way first. */
static int complete_all(const struct aza_file_new *files, struct aza_file_writing *w, size_t count)
{
        size_t first = 0;
        int r = complete_those(files, w, count, true);

        while (first < count && w[first].special)
                first++;
        if (r != 0 || first == count)
                return r;
        const int held = count - first > 1 ? aza_file_writing_hold(&w[first]) : -1;
        r = complete_those(files, w, count, false);
        if (held >= 0)
                close(held);
        return r;
}

static int each_has_its_own(const struct aza_file_writing *w, size_t count)
{
        for (size_t i = 0; i < count; i++)
                for (size_t k = i + 1; k < count; k++)
                        if (aza_file_writing_is_same_place(&w[i], &w[k]))
                                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                                "%s and %s are one file: give each its own",
                                                w[i].path, w[k].path);
        return 0;
}

static int write_each(const struct aza_file_new *files, struct aza_file_writing *w, size_t count)
{
        size_t begun = 0;
        int r = 0;

        for (; r == 0 && begun < count; begun++)
                r = begin(&files[begun], &w[begun]);
        r = r == 0 ? each_has_its_own(w, count) : r;
        r = r == 0 ? complete_all(files, w, count) : r;
        for (size_t i = 0; i < begun; i++)
                aza_file_writing_abandon(&w[i]);
        return r;
}

int aza_files_write(const struct aza_file_new *files, size_t count)
{
        struct aza_file_writing *w = calloc(count, sizeof(*w));
        const int r = w != NULL ? write_each(files, w, count) : AZA_NO_MEMORY();

        free(w);
        return r;
}

bool aza_file_is_shared(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0;
}
