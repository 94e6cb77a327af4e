/* SPDX-License-Identifier: Apache-2.0 */
/* The files whose status is asked for: read once, before anything is said of them. */
#include "doctor/status.h"

#include "base/own.h"
#include "os/file.h"
#include "show/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 262144

void aza_status_files_free(struct aza_status_files *files)
{
        for (size_t i = 0; i < files->count; i++) {
                free(files->item[i].path);
                aza_keyref_free(files->item[i].ref);
                X509_free(files->item[i].certificate);
        }
        free(files->item);
        *files = (struct aza_status_files){0};
}

static int neither(enum azattest_kind kind)
{
        return AZA_FAIL(AZATTEST_E_INPUT, "%s%s: status looks at key files and certificates",
                        kind == AZATTEST_KIND_UNKNOWN ? "it is no file of azattest's"
                                                      : "it is of the kind ",
                        kind == AZATTEST_KIND_UNKNOWN ? "" : aza_kind_text(kind));
}

static int parse(OSSL_LIB_CTX *libctx, struct aza_span content, struct aza_status_file *f)
{
        const enum azattest_kind kind = aza_kind_of(content);

        if (kind == AZATTEST_KIND_KEY_FILE)
                return aza_keyref_of_pem(libctx, content, &f->ref);
        if (kind == AZATTEST_KIND_CERTIFICATE)
                return aza_one_certificate(libctx, content, &f->certificate);
        return content.len == 0 ? AZA_FAIL(AZATTEST_E_INPUT, "it is empty") : neither(kind);
}

static int add(const struct aza_status *s, const char *path, struct aza_status_files *files)
{
        AZA_BYTES struct aza_bytes content = {0};
        struct aza_status_file *more =
                realloc(files->item, (files->count + 1) * sizeof(*files->item));

        if (more == NULL)
                return AZA_NO_MEMORY();
        files->item = more;
        struct aza_status_file *f = &more[files->count];
        *f = (struct aza_status_file){.path = strdup(path)};
        if (f->path == NULL)
                return AZA_NO_MEMORY();
        files->count++;
        int r = aza_file_read(path, FILE_MAX, &content);
        if (r == 0)
                r = parse(s->libctx, aza_bytes_span(&content), f);
        f->fault = aza_error_of(r);
        return r == AZATTEST_E_NO_MEMORY ? r : 0;
}

/* Names as keys and certificates have them: beside them lie configurations and lists. */
static bool is_named_so(const char *name)
{
        static const char *const endings[] = {".crt", ".cer", ".pem", ".key"};
        const size_t len = strlen(name);

        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
                if (len > 4 && strcmp(name + len - 4, endings[i]) == 0)
                        return name[0] != '.';
        return false;
}

struct found {
        const struct aza_status *s;
        struct aza_status_files *files;
        const char *dir;
};

static int add_found(void *arg, const char *name)
{
        const struct found *f = arg;
        AZA_OWN(free) char *path = NULL;

        if (!is_named_so(name))
                return 0;
        if (asprintf(&path, "%s/%s", f->dir, name) < 0) {
                path = NULL;
                return AZA_NO_MEMORY();
        }
        return add(f->s, path, f->files);
}

int aza_status_read(const struct aza_status *s, struct aza_status_files *ret)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->count; i++) {
                struct found found = {s, ret, s->files[i]};

                r = aza_directory_names(s->files[i], add_found, &found);
                if (r == AZATTEST_E_INPUT) /* a file, or nothing */
                        r = add(s, s->files[i], ret);
        }
        return r;
}
