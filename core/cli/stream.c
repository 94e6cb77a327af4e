/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the library reads and writes while it works, and whose failure ended that. */
#include "cli/stream.h"

#include <string.h>

static int failed(struct cli_stream *s, int r)
{
        if (r != 0)
                s->why = *aza_last_error();
        return r;
}

static int read_some(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        struct cli_stream *s = arg;
        const size_t ahead = s->ahead.len - s->taken;

        if (ahead == 0)
                return failed(s, aza_file_in_read(&s->in, data, size, ret_len));
        *ret_len = ahead < size ? ahead : size;
        memcpy(data, s->ahead.data + s->taken, *ret_len);
        s->taken += *ret_len;
        return 0;
}

static int write_all(void *arg, const uint8_t *data, size_t len)
{
        struct cli_stream *s = arg;

        return failed(s, aza_file_out_write(&s->out, aza_span_of(data, len)));
}

int cli_stream_begin(struct cli *cli, struct cli_stream *s)
{
        s->out.fd = -1;
        s->stream = (struct azattest_stream){sizeof(s->stream), read_some, write_all, s};
        return aza_file_in_open(cli->options.in != NULL ? cli->options.in : "-", &s->in);
}

int cli_stream_out(struct cli *cli, struct cli_stream *s)
{
        s->out.path = cli->options.out != NULL ? cli->options.out : "-";
        cli_say_closed(s->out.path, s->out.mode);
        return aza_file_out_begin(&s->out);
}

int cli_stream_look(struct cli_stream *s, size_t size)
{
        AZA_BYTES struct aza_bytes some = {0};
        size_t n = 1;
        int r = aza_bytes_resize(&some, size);

        while (r == 0 && n > 0 && s->ahead.len < size) {
                r = aza_file_in_read(&s->in, some.data, size - s->ahead.len, &n);
                if (r == 0)
                        r = aza_bytes_append(&s->ahead, some.data, n);
        }
        return r;
}

int cli_stream_rest(struct cli_stream *s, size_t most, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes some = {0};
        size_t n = 1;
        int r = aza_bytes_resize(&some, 16384);

        while (r == 0 && n > 0 && (r = read_some(s, some.data, some.len, &n)) == 0) {
                if (n > most - ret->len)
                        return AZA_FAIL(AZATTEST_E_INPUT, "%s is larger than %zu bytes", s->in.path,
                                        most);
                r = aza_bytes_append(ret, some.data, n);
        }
        return r != 0 ? r : aza_bytes_append(ret, "", 0);
}

int cli_stream_called(struct cli_stream *s, int r)
{
        return r != 0 && s->why.code == r ? aza_error_restore(&s->why) : cli_called(r);
}

int cli_stream_end(struct cli_stream *s, int r)
{
        cli_progress_end();
        if (r == 0 && s->out.path != NULL)
                r = aza_file_out_end(&s->out);
        else
                aza_file_out_abandon(&s->out);
        aza_file_in_close(&s->in);
        aza_bytes_free(&s->ahead);
        return r;
}
