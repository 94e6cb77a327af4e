/* SPDX-License-Identifier: Apache-2.0 */
/* --in and --out as the library's streams. */
#ifndef AZA_CLI_STREAM_H
#define AZA_CLI_STREAM_H

#include "cli/cli.h"
#include "os/file.h"

struct cli_stream {
        struct aza_file_out out; /* mode and early are the caller's */
        /* set by cli_stream_begin */
        struct azattest_stream stream;
        struct aza_file_in in;
        struct aza_bytes ahead; /* what was read of it before, and comes first */
        size_t taken;           /* of that */
        struct aza_error why;   /* what reading or writing came to */
};

/* Opens --in. 0, or a failure: then nothing is to be ended. */
int cli_stream_begin(struct cli *cli, struct cli_stream *s);
/* Opens --out, or standard output, for the stream to write to. */
int cli_stream_out(struct cli *cli, struct cli_stream *s);
/* Up to `size` bytes that the stream will begin with. */
int cli_stream_look(struct cli_stream *s, size_t size);
/* All that the stream would read, `most` bytes at most. */
int cli_stream_rest(struct cli_stream *s, size_t most, struct aza_bytes *ret);
/* As cli_called, for a call that was given the stream. */
int cli_stream_called(struct cli_stream *s, int r);
/* All came to `r`: with 0 the output takes its place, else it never was. */
int cli_stream_end(struct cli_stream *s, int r);

#endif
