/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and key sets in the runtime directory (D36). Files only: no network, and nothing read here
 * is trusted; callers parse and verify it again at each load (G11).
 */
#include "base/crypto.h"
#include "base/error.h"
#include "os/file.h"
#include "token/jwks_record.h"
#include "token/token.h"

#include <stdio.h>
#include <string.h>

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

/* What a set's fetch was trusted through belongs to its name: a set that came over TLS by another
 * CA is another one. */
int aza_jwks_record_name(OSSL_LIB_CTX *libctx, const struct aza_config *config, const char *issuer,
                         char ret[AZA_JWKS_NAME])
{
        char file[FILE_NAME_ROOM];
        int r = file_name(libctx, aza_span_of(config->ca_file, strlen(config->ca_file) + 1), issuer,
                          "", file);
        if (r == 0)
                memcpy(ret, file, AZA_JWKS_NAME);
        return r;
}

int aza_jwks_record_read(const char *runtime_dir, const char *name, int64_t now,
                         struct aza_jwks_record *ret)
{
        AZA_BYTES struct aza_bytes content = {0};
        char file[FILE_NAME_ROOM];

        (void)snprintf(file, sizeof file, "%s.jwks", name);
        int r = aza_runtime_read(runtime_dir, file, AZA_JWKS_RECORD_MAX, &content);
        if (r == 0)
                r = aza_jwks_record_parse(aza_bytes_span(&content), now, ret);
        return r == AZATTEST_E_INPUT ? aza_context(r, "stored key set %s", file) : r;
}

int aza_jwks_record_write(const char *runtime_dir, const char *name,
                          const struct aza_jwks_record *record)
{
        AZA_BYTES struct aza_bytes content = {0};
        char file[FILE_NAME_ROOM];

        (void)snprintf(file, sizeof file, "%s.jwks", name);
        int r = aza_jwks_record_text(record, &content);
        return r != 0 ? r : aza_runtime_write(runtime_dir, file, aza_bytes_span(&content));
}

int aza_jwks_stored(OSSL_LIB_CTX *libctx, const struct aza_config *config, const char *issuer,
                    int64_t now, struct aza_jwks **ret)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        char name[AZA_JWKS_NAME];

        int r = aza_jwks_record_name(libctx, config, issuer, name);
        if (r == 0)
                r = aza_jwks_record_read(config->runtime_dir, name, now, &record);
        if (r == 0)
                r = aza_jwks_of_record(libctx, &record, now, ret);
        if (r == AZATTEST_E_TOKEN_SIGNATURE)
                return AZA_FAIL(AZATTEST_E_INPUT, "the stored key set %s is unusable", name);
        return r;
}
