/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a passphrase, once. It is printed nowhere and cleansed by who asked for it. */
#include "cli/passin.h"

#include "base/error.h"
#include "os/file.h"
#include "os/process.h"

#include <stdlib.h>
#include <string.h>

static int take_line(struct aza_span text, struct aza_bytes *ret)
{
        const uint8_t *end = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;

        len -= len > 0 && text.data[len - 1] == '\r' ? 1 : 0;
        if (len == 0)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "there is no passphrase; an empty one is never tried");
        if (len > CLI_PASSPHRASE_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "a passphrase has at most %d bytes, not %zu",
                                CLI_PASSPHRASE_MAX, len);
        return aza_bytes_set(ret, text.data, len);
}

/* A byte at a time: what stands behind the line is another reader's. */
static int read_line(struct aza_file_in *in, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes line = {0};
        uint8_t byte = 0;
        size_t n = 1;
        int r = 0;

        while (r == 0 && n > 0 && byte != '\n' && line.len <= CLI_PASSPHRASE_MAX + 1) {
                r = aza_file_in_read(in, &byte, 1, &n);
                r = r == 0 ? aza_bytes_append(&line, &byte, n) : r;
        }
        OPENSSL_cleanse(&byte, sizeof(byte));
        return r != 0 ? r : take_line(aza_bytes_span(&line), ret);
}

static int of_text(const char *text, struct aza_bytes *ret)
{
        return take_line(aza_span_of(text, strlen(text)), ret);
}

static int of_environment(const char *name, struct aza_bytes *ret)
{
        const char *text = aza_environment(name);

        return text != NULL
                       ? of_text(text, ret)
                       : AZA_FAIL(AZATTEST_E_INPUT,
                                  "the environment has no variable %.64s; was it exported?", name);
}

static int of_file(const char *path, struct aza_bytes *ret)
{
        struct aza_file_in in;
        int r = aza_file_in_open(path, &in);

        if (r != 0)
                return r;
        r = read_line(&in, ret);
        aza_file_in_close(&in);
        return r;
}

static int of_descriptor(const char *number, struct aza_bytes *ret)
{
        char *end = NULL;
        const long fd = strtol(number, &end, 10);
        struct aza_file_in in = {"the descriptor", (int)fd};

        if (*number < '0' || *number > '9' || *end != '\0' || fd > 65535) {
                cli_error(
                        "--passin fd:%.16s: wanted the number of a descriptor that is open for reading, as in --passin fd:3 3<PATH",
                        number);
                return CLI_USAGE;
        }
        return read_line(&in, ret);
}

static int of_stdin(const char *nothing, struct aza_bytes *ret)
{
        struct aza_file_in in;
        int r = aza_file_in_open("-", &in);

        (void)nothing;
        return r != 0 ? r : read_line(&in, ret);
}

static const struct source {
        const char *word;
        bool alone;  /* nothing stands behind it */
        bool secret; /* what does is the passphrase */
        int (*read)(const char *rest, struct aza_bytes *ret);
        const char *wanted; /* of what could not be read */
} sources[] = {
        {"pass:", false, true, of_text, ""},
        {"env:", false, false, of_environment, ""},
        {"file:", false, false, of_file, ", whose first line is to be the passphrase"},
        {"fd:", false, false, of_descriptor,
         ", which has to be open for reading, as a shell does it with 3<PATH"},
        {"stdin", true, false, of_stdin, ""},
};

static const struct source *find(const char *from)
{
        for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
                const size_t len = strlen(sources[i].word);

                if (strncmp(from, sources[i].word, len) == 0 &&
                    (!sources[i].alone || from[len] == '\0'))
                        return &sources[i];
        }
        return NULL;
}

/* The key itself comes from there. */
static bool is_taken(const struct cli_options *o)
{
        return (o->in == NULL || strcmp(o->in, "-") == 0) &&
               (strcmp(o->passin, "stdin") == 0 || strcmp(o->passin, "fd:0") == 0 ||
                strcmp(o->passin, "file:-") == 0);
}

int cli_passin(const struct cli_options *o, struct aza_bytes *ret)
{
        const struct source *source = find(o->passin);

        if (source == NULL) {
                cli_error(
                        "--passin takes pass:TEXT, env:NAME, file:PATH, fd:NUMBER or stdin, as openssl does");
                return CLI_USAGE;
        }
        if (is_taken(o)) {
                cli_error(
                        "--passin: standard input is the key; give --in FILE, or a passphrase from elsewhere");
                return CLI_USAGE;
        }
        const int r = source->read(o->passin + strlen(source->word), ret);
        return r == 0 || r == CLI_USAGE
                       ? r
                       : aza_context(r, "--passin %s%s", source->secret ? "pass" : o->passin,
                                     source->wanted);
}
