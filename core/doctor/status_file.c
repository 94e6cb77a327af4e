/* SPDX-License-Identifier: Apache-2.0 */
/* The files whose status is asked for: read once, before anything is said of them. */
#include "doctor/status.h"

#include "base/one.h"
#include "base/own.h"
#include "certificate/cmw.h"
#include "certificate/leaf.h"
#include "os/file.h"
#include "os/path.h"
#include "show/show.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 262144

void aza_status_files_free(struct aza_status_files *files)
{
        for (size_t i = 0; i < files->count; i++) {
                free(files->item[i].path);
                aza_keyref_free(files->item[i].ref);
                aza_certificate_release(&files->item[i].certificate);
                aza_sealed_free(&files->item[i].sealed.file);
                aza_keyref_free(files->item[i].sealed.by);
                EVP_PKEY_free(files->item[i].key);
        }
        free(files->item);
        *files = (struct aza_status_files){0};
}

static int neither(enum azattest_kind kind)
{
        return AZA_FAIL(
                AZATTEST_E_INPUT,
                "%s%s: status looks at key files, sealed keys, private keys and certificates",
                kind == AZATTEST_KIND_UNKNOWN ? "it is no file of azattest's"
                                              : "it is of the kind ",
                kind == AZATTEST_KIND_UNKNOWN ? "" : aza_kind_text(kind));
}

static int parse_sealed(struct aza_span content, struct aza_status_file *f)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_sealed_of_pem(content, &text);

        r = r != 0 ? r : aza_sealed_parse(aza_bytes_span(&text), &f->sealed.file);
        f->is_sealed = r == 0;
        return r;
}

/* As all else reads it, and the chain of an ordinary one, as servers have it. */
static int read_certificate(OSSL_LIB_CTX *libctx, struct aza_span content,
                            struct aza_certificate_request *ret)
{
        AZA_OWN(aza_certs_free) aza_certs *chain = NULL;
        const int r = aza_certificate_read(libctx, content, ret);
        const struct aza_error why = aza_error_of(r);

        if (r != AZATTEST_E_CERTIFICATE)
                return r;
        if (aza_chain_certificates(libctx, content, &chain) != 0 ||
            aza_cmw_present(sk_X509_value(chain, 0)))
                return aza_error_restore(&why);
        ret->above = aza_take(&chain);
        ret->certificate = sk_X509_shift(ret->above);
        return 0;
}

/* In any of its spellings; what it is, its reader says. */
static bool is_private(struct aza_span content)
{
        static const char end[] = "PRIVATE KEY-----";

        return memmem(content.data, content.len, end, sizeof(end) - 1) != NULL;
}

static int parse_private(OSSL_LIB_CTX *libctx, struct aza_span content, struct aza_status_file *f)
{
        const struct aza_key_reader reader = {.libctx = libctx};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        const int r = aza_private_key_read(&reader, content, &key);

        f->key = r == 0 ? aza_status_public(libctx, key) : NULL;
        return r != 0 || f->key != NULL ? r : AZA_NO_MEMORY();
}

static int parse(OSSL_LIB_CTX *libctx, struct aza_span content, struct aza_status_file *f)
{
        const enum azattest_kind kind = aza_kind_of(content);

        if (kind == AZATTEST_KIND_KEY_FILE)
                return aza_keyref_of_pem(libctx, content, &f->ref);
        if (kind == AZATTEST_KIND_SEALED_KEY)
                return parse_sealed(content, f);
        if (kind == AZATTEST_KIND_CERTIFICATE)
                return read_certificate(libctx, content, &f->certificate);
        if (content.len == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "it is empty");
        return kind == AZATTEST_KIND_UNKNOWN && is_private(content)
                       ? parse_private(libctx, content, f)
                       : neither(kind);
}

/* NULL: out of memory. */
static struct aza_status_file *append(struct aza_status_files *files, const char *path)
{
        struct aza_status_file *more =
                realloc(files->item, (files->count + 1) * sizeof(*files->item));
        struct aza_status_file *f;

        if (more == NULL)
                return NULL;
        files->item = more;
        f = &more[files->count];
        *f = (struct aza_status_file){.path = strdup(path)};
        if (f->path == NULL)
                return NULL;
        files->count++;
        return f;
}

static int add(const struct aza_status *s, const char *path, struct aza_status_files *files)
{
        AZA_BYTES struct aza_bytes content = {0};
        struct aza_status_file *f = append(files, path);

        if (f == NULL)
                return AZA_NO_MEMORY();
        int r = aza_file_read(path, FILE_MAX, &content);
        if (r == 0)
                r = parse(s->libctx, aza_bytes_span(&content), f);
        f->fault = aza_error_of(r);
        return r == AZATTEST_E_NO_MEMORY ? r : 0;
}

/* Named as keys and certificates are: beside them lie configurations and lists. */
static bool is_named_so(const char *path)
{
        static const char *const endings[] = {".crt", ".cer", ".pem", ".key"};
        const char *name = strrchr(path, '/') + 1;
        const size_t len = strlen(name);

        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
                if (len > 4 && strcmp(name + len - 4, endings[i]) == 0)
                        return true;
        return false;
}

struct found {
        const struct aza_status *s;
        struct aza_status_files *files;
};

/* Beside a VM's own certificates lie those of authorities, one in a file or many; but a leaf and
 * its attested issuer are its own. */
static bool is_of_authorities(OSSL_LIB_CTX *libctx, const char *path)
{
        AZA_BYTES struct aza_bytes content = {0};
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request own = {0};

        if (aza_file_read(path, FILE_MAX, &content) != 0 ||
            aza_kind_of(aza_bytes_span(&content)) != AZATTEST_KIND_CERTIFICATE)
                return false;
        return read_certificate(libctx, aza_bytes_span(&content), &own) != 0 ||
               X509_check_ca(own.certificate) > 0;
}

static int add_found(void *arg, const char *path)
{
        const struct found *f = arg;

        if (!is_named_so(path) || is_of_authorities(f->s->libctx, path))
                return 0;
        return add(f->s, path, f->files);
}

static int add_folder(const struct aza_status *s, const char *path, struct aza_status_files *files)
{
        struct found found = {s, files};
        const int r = aza_folder_each(path, add_found, &found);

        if (r != AZATTEST_E_INPUT)
                return r;
        struct aza_status_file *f = append(files, path);
        if (f == NULL)
                return AZA_NO_MEMORY();
        f->fault = aza_error_of(r);
        return 0;
}

int aza_status_read(const struct aza_status *s, struct aza_status_files *ret)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->count; i++)
                r = aza_path_kind(s->files[i]) == AZA_PATH_FOLDER ? add_folder(s, s->files[i], ret)
                                                                  : add(s, s->files[i], ret);
        return r;
}
