/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and key sets in the runtime directory (D36). Files only: no network, and nothing read here
 * is trusted; callers parse and verify it again at each load (G11).
 */
#include "base/crypto.h"
#include "base/error.h"
#include "base/file.h"
#include "token/token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FILE_NAME_ROOM 80

/* Hex of SHA-256(prefix, issuer): a kid or an issuer must not name a file by itself (T6). */
static int file_name(OSSL_LIB_CTX *libctx, struct aza_span prefix, const char *issuer,
                     const char *suffix, char out[FILE_NAME_ROOM])
{
        AZA_BYTES struct aza_bytes input = {0};
        uint8_t hash[AZA_SHA256_LEN];
        char hex[2 * AZA_SHA256_LEN + 1];

        int r = aza_bytes_set(&input, prefix.data, prefix.len);
        if (r == 0)
                r = aza_bytes_append_text(&input, issuer);
        if (r == 0)
                r = aza_sha256(libctx, aza_bytes_span(&input), hash);
        if (r < 0)
                return r;
        (void)snprintf(out, FILE_NAME_ROOM, "%s%s", aza_hex(aza_span_of(hash, sizeof hash), hex),
                       suffix);
        return 0;
}

int aza_token_cache_read(OSSL_LIB_CTX *libctx, const char *runtime_dir, const uint8_t name[34],
                         const char *issuer, struct aza_bytes *ret)
{
        char file[FILE_NAME_ROOM];
        int r = file_name(libctx, aza_span_of(name, 34), issuer, ".jwt", file);
        return r < 0 ? r : aza_runtime_read(runtime_dir, file, AZA_TOKEN_MAX, ret);
}

int aza_token_cache_write(OSSL_LIB_CTX *libctx, const char *runtime_dir, const uint8_t name[34],
                          const char *issuer, const char *jwt)
{
        char file[FILE_NAME_ROOM];
        int r = file_name(libctx, aza_span_of(name, 34), issuer, ".jwt", file);
        return r < 0 ? r : aza_runtime_write(runtime_dir, file, aza_span_of(jwt, strlen(jwt)));
}

/* The file's first line is the time of the fetch, in seconds since 1970. */
static bool split_time(struct aza_span content, int64_t *ret_time, struct aza_span *ret_text)
{
        int64_t time = 0;
        size_t i = 0;
        while (i < content.len && i < 12 && content.data[i] >= '0' && content.data[i] <= '9')
                time = time * 10 + (content.data[i++] - '0');
        if (i == 0 || i == content.len || content.data[i] != '\n')
                return false;
        *ret_time = time;
        *ret_text = aza_span_of(content.data + i + 1, content.len - i - 1);
        return true;
}

int aza_jwks_cache_read(OSSL_LIB_CTX *libctx, const char *runtime_dir, const char *issuer,
                        int64_t now, struct aza_jwks **ret, int64_t *ret_age)
{
        AZA_BYTES struct aza_bytes content = {0};
        char file[FILE_NAME_ROOM];
        struct aza_span text;
        int64_t fetched;

        int r = file_name(libctx, aza_span_of(NULL, 0), issuer, ".jwks", file);
        if (r == 0)
                r = aza_runtime_read(runtime_dir, file, AZA_JWKS_MAX + 16, &content);
        if (r < 0)
                return r;
        /* A time in the future would keep the file fresh for ever. */
        if (!split_time(aza_bytes_span(&content), &fetched, &text) || fetched > now + 60)
                return AZA_FAIL(AZATTEST_E_INPUT, "the cached key set %s is unusable", file);
        r = aza_jwks_parse(libctx, text, ret);
        if (r == AZATTEST_E_TOKEN_SIGNATURE)
                return AZA_FAIL(AZATTEST_E_INPUT, "the cached key set %s is unusable", file);
        if (r == 0)
                *ret_age = now > fetched ? now - fetched : 0;
        return r;
}

int aza_jwks_cache_write(OSSL_LIB_CTX *libctx, const char *runtime_dir, const char *issuer,
                         struct aza_span text)
{
        AZA_BYTES struct aza_bytes content = {0};
        char file[FILE_NAME_ROOM];
        char line[24];

        (void)snprintf(line, sizeof line, "%" PRId64 "\n", (int64_t)time(NULL));
        int r = file_name(libctx, aza_span_of(NULL, 0), issuer, ".jwks", file);
        if (r == 0)
                r = aza_bytes_append_text(&content, line);
        if (r == 0)
                r = aza_bytes_append(&content, text.data, text.len);
        return r < 0 ? r : aza_runtime_write(runtime_dir, file, aza_bytes_span(&content));
}
