/* SPDX-License-Identifier: Apache-2.0 */
/* The files whose status is asked for: read once, before anything is said of them. */
#include "doctor/status.h"

#include "base/one.h"
#include "base/own.h"
#include "base/pem_parts.h"
#include "certificate/cmw.h"
#include "key/pkcs8.h"
#include "os/file.h"
#include "os/path.h"
#include "show/show.h"

#include <openssl/err.h>
#include <openssl/pem.h>
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

/* Status asks for no passphrase; that one is wanted is what there is to say. */
static int refuse(char *out, int room, int writing, void *arg)
{
        bool *is_locked = arg;

        (void)out;
        (void)room;
        (void)writing;
        *is_locked = true;
        return 0;
}

static int parse_private(OSSL_LIB_CTX *libctx, struct aza_span content, struct aza_status_file *f)
{
        const struct aza_passphrase nobody = {refuse, &f->is_locked};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes pkcs8 = {0};
        int r = aza_pkcs8_read(libctx, content, &nobody, &pkcs8);

        if (r == 0)
                r = aza_pkcs8_key(libctx, aza_bytes_span(&pkcs8), &key);
        if (r == AZATTEST_E_INPUT && f->is_locked)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "the private key is encrypted, and nobody asks for its passphrase");
        f->key = r == 0 ? aza_status_public(libctx, key) : NULL;
        return r != 0 || f->key != NULL ? r : AZA_NO_MEMORY();
}

/* DER does not say of itself which of the two it is. */
static int parse_der(OSSL_LIB_CTX *libctx, struct aza_span content, struct aza_status_file *f)
{
        const int r = parse_private(libctx, content, f);

        if (r != AZATTEST_E_INPUT || f->is_locked)
                return r;
        return read_certificate(libctx, content, &f->certificate);
}

static int parse(OSSL_LIB_CTX *libctx, struct aza_span content, struct aza_status_file *f)
{
        const enum azattest_kind kind = aza_kind_of(content);

        if (content.len == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "it is empty");
        if (kind == AZATTEST_KIND_KEY_FILE)
                return aza_keyref_of_pem(libctx, content, &f->ref);
        if (kind == AZATTEST_KIND_SEALED_KEY)
                return parse_sealed(content, f);
        if (kind != AZATTEST_KIND_CERTIFICATE && kind != AZATTEST_KIND_UNKNOWN)
                return neither(kind);
        if (content.data[0] == 0x30)
                return parse_der(libctx, content, f);
        if (kind == AZATTEST_KIND_CERTIFICATE)
                return read_certificate(libctx, content, &f->certificate);
        return aza_has_private_key(content) ? parse_private(libctx, content, f) : neither(kind);
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

static int add_part(const struct aza_status *s, const char *path, struct aza_span content,
                    struct aza_status_files *files)
{
        struct aza_status_file *f = append(files, path);

        if (f == NULL)
                return AZA_NO_MEMORY();
        const int r = parse(s->libctx, content, f);
        f->fault = aza_error_of(r);
        return r == AZATTEST_E_NO_MEMORY ? r : 0;
}

static int add_fault(const char *path, int fault, struct aza_status_files *files)
{
        const struct aza_error why = aza_error_of(fault);
        struct aza_status_file *f = append(files, path);

        if (f == NULL)
                return AZA_NO_MEMORY();
        f->fault = why;
        return 0;
}

/* haproxy, for one, takes a certificate and its key out of one file: two rows. */
static int add_content(const struct aza_status *s, const char *path, struct aza_span content,
                       struct aza_status_files *files)
{
        AZA_BYTES struct aza_bytes key = {0}, certificates = {0};
        int r = aza_split_pem(content, &key, &certificates);

        if (r != 0)
                return r;
        if (key.len == 0 || certificates.len == 0)
                return add_part(s, path, content, files);
        r = add_part(s, path, aza_bytes_span(&certificates), files);
        return r != 0 ? r : add_part(s, path, aza_bytes_span(&key), files);
}

/* A file that is named twice, or found and named, is one: metrics that stand twice are refused by
 * who reads them. */
static bool is_there(struct aza_status_files *files, const char *path, bool named)
{
        bool is = false;

        for (size_t i = 0; i < files->count; i++)
                if (strcmp(files->item[i].path, path) == 0) {
                        is = true;
                        if (named)
                                files->item[i].is_of_authority = false;
                }
        return is;
}

static int add(const struct aza_status *s, const char *path, struct aza_status_files *files)
{
        AZA_BYTES struct aza_bytes content = {0};

        if (is_there(files, path, true))
                return 0;
        const int r = aza_file_read(path, FILE_MAX, &content);
        return r == 0 ? add_content(s, path, aza_bytes_span(&content), files)
                      : add_fault(path, r, files);
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

/* Beside a VM's own certificates lie those of authorities, one in a file or many. Only the first
 * is looked at, and as leniently as whoever lists authorities reads it. */
static bool is_of_authority(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(content.data, (int)content.len);
        AZA_OWN(X509_free) X509 *first = X509_new_ex(libctx, NULL);

        if (bio == NULL || first == NULL)
                return false;
        (void)ERR_set_mark();
        const bool is =
                PEM_read_bio_X509(bio, &first, NULL, NULL) != NULL && X509_check_ca(first) > 0;
        (void)ERR_pop_to_mark();
        return is;
}

/* A certificate that signed itself is an authority's by openssl's own default, and may be this
 * VM's: its key beside it in the file says so, or who has all files. A list of many is no row. */
static int add_found(void *arg, const char *path)
{
        const struct found *found = arg;
        struct aza_status_files *files = found->files;
        AZA_BYTES struct aza_bytes content = {0};
        const size_t before = files->count;

        if (!is_named_so(path) || is_there(files, path, false))
                return 0;
        int r = aza_file_read(path, FILE_MAX, &content);
        if (r != 0)
                return add_fault(path, r, files);
        /* Requests, public keys, parameters, lists of what was revoked. */
        if (aza_is_other_pem(aza_bytes_span(&content)))
                return 0;
        r = add_content(found->s, path, aza_bytes_span(&content), files);
        if (r != 0 || aza_has_private_key(aza_bytes_span(&content)) ||
            !is_of_authority(found->s->libctx, aza_bytes_span(&content)))
                return r;
        files->item[before].is_of_authority = true;
        return 0;
}

static int add_folder(const struct aza_status *s, const char *path, struct aza_status_files *files)
{
        struct found found = {s, files};
        const int r = aza_folder_each(path, add_found, &found);

        return r == AZATTEST_E_INPUT ? add_fault(path, r, files) : r;
}

int aza_status_read(const struct aza_status *s, struct aza_status_files *ret)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->count; i++)
                r = aza_path_kind(s->files[i]) == AZA_PATH_FOLDER ? add_folder(s, s->files[i], ret)
                                                                  : add(s, s->files[i], ret);
        return r;
}
