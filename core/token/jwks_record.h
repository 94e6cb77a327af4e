/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of an issuer's key set (T7): the keys as last fetched, those it has withdrawn
 * since, and how the last fetches went. As text it lies in the runtime directory or in memory.
 * Pure.
 */
#ifndef AZA_TOKEN_JWKS_RECORD_H
#define AZA_TOKEN_JWKS_RECORD_H

#include "base/bytes.h"
#include "base/json.h"
#include "config/config.h"
#include "token/jwks.h"

#define AZA_JWKS_RECORD_MAX 2097152 /* 8 AZA_JWKS_MAX */

/*
 * {0} is the record of an issuer that was never asked. Times are seconds since 1970, 0 for never.
 *
 * A withdrawn key is {"key": as it was, "seen": fetch that had it last, "gone": first fetch without
 * it}. It may still verify, else each rotation would refuse good tokens of up to a day. What that
 * gives to a thief of the key, for whose sake the issuer may have withdrawn it: nothing beyond the
 * 24 hours after "seen", for which the set that had the key would have been used anyway had no
 * other key been asked for. That end is a matter of this machine's clock and of no word in the
 * token, since a thief writes there what they like. What an honest issuer cannot have signed,
 * tokens issued after "gone", is refused at once.
 */
struct aza_jwks_record {
        json_object *keys;      /* array, NULL: never fetched */
        json_object *withdrawn; /* array, or NULL */
        int64_t fetched;
        int64_t asked;  /* the last fetch for an unknown kid, or that did not find the kid */
        int64_t failed; /* the last fetch, when it failed */
        int64_t written;
        int code; /* of that failure */
        char failure[600];
};

#define AZA_JWKS_RECORD __attribute__((cleanup(aza_jwks_record_free)))
void aza_jwks_record_free(struct aza_jwks_record *record);

/* 0; AZATTEST_E_INPUT for what is no record, or one of a time after `now`, which would stay
 * fresh. */
int aza_jwks_record_parse(struct aza_span text, int64_t now, struct aza_jwks_record *ret);
int aza_jwks_record_text(const struct aza_jwks_record *record, struct aza_bytes *ret);

/* `set`, a key set's text fetched `now`, takes the place of the keys. 0 or
 * AZATTEST_E_TOKEN_SIGNATURE. */
int aza_jwks_record_fetched(struct aza_jwks_record *record, struct aza_span set, int64_t now);
/* The fetch at `now` failed with `code`. */
void aza_jwks_record_failed(struct aza_jwks_record *record, int code, const char *message,
                            int64_t now);

/* ---- in the runtime directory (cache.c; files are named <name>.jwks) ---- */

#define AZA_JWKS_NAME 65
/* Names issuer and `ca-file`. 0 or AZATTEST_E_NO_MEMORY. */
int aza_jwks_record_name(OSSL_LIB_CTX *libctx, const struct aza_config *config, const char *issuer,
                         char ret[AZA_JWKS_NAME]);
/* AZATTEST_E_INPUT: none that can be used. */
int aza_jwks_record_read(const char *runtime_dir, const char *name, int64_t now,
                         struct aza_jwks_record *ret);
int aza_jwks_record_write(const char *runtime_dir, const char *name,
                          const struct aza_jwks_record *record);
/* The stored set of `issuer`, however old, for who has no network. 0 or AZATTEST_E_INPUT. */
int aza_jwks_stored(OSSL_LIB_CTX *libctx, const struct aza_config *config, const char *issuer,
                    int64_t now, struct aza_jwks **ret);

#endif
