/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key sets of an issuer. Weak, foreign and ambiguous entries are left out; where the text came from
 * is the caller's business (the network half, the cache, a file). Pure.
 */
#include "token/jwks.h"

#include "base/base64.h"
#include "base/certs.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "token/jwks_record.h"
#include "token/rsa_quality.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Real sets have fewer than ten; the search for duplicates is quadratic. */
#define MAX_KEYS     256
#define MAX_CHAIN    8
#define SKEW_SECONDS 60

struct entry {
        char *kid;
        EVP_PKEY *key;           /* NULL: this kid is not usable */
        const char *why;         /* then the reason */
        aza_certs *certificates; /* x5c, the key's own first; NULL: none */
        int64_t not_before;
        int64_t not_after;
        int64_t gone; /* not 0: withdrawn, and since when */
};

struct aza_jwks {
        atomic_int holders;
        struct entry *entries;
        size_t count;
        int64_t fetched;
        int64_t until;
};

struct aza_jwks *aza_jwks_share(struct aza_jwks *set)
{
        atomic_fetch_add(&set->holders, 1);
        return set;
}

void aza_jwks_free(struct aza_jwks *set)
{
        if (set == NULL || atomic_fetch_sub(&set->holders, 1) > 1)
                return;
        for (size_t i = 0; i < set->count; i++) {
                free(set->entries[i].kid);
                aza_certs_free(set->entries[i].certificates);
                EVP_PKEY_free(set->entries[i].key);
        }
        free(set->entries);
        free(set);
}

static bool read_time(const ASN1_TIME *t, int64_t *ret)
{
        struct tm tm;
        if (ASN1_TIME_to_tm(t, &tm) != 1)
                return false;
        *ret = timegm(&tm);
        return true;
}

static X509 *read_certificate(OSSL_LIB_CTX *libctx, json_object *value)
{
        AZA_BYTES struct aza_bytes der = {0};
        const char *text = aza_json_text(value);

        if (text == NULL || aza_base64_decode(AZA_BASE64, text, strlen(text), &der) < 0)
                return NULL;
        return aza_cert_parse(libctx, aza_bytes_span(&der));
}

/* x5c[0]: its key, and the validity into `entry`. NULL when unusable. What follows can help to
 * build its chain and is no more than that: what is no certificate is left out. */
static EVP_PKEY *certificate_key(OSSL_LIB_CTX *libctx, json_object *x5c, struct entry *entry)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        size_t n = json_object_array_length(x5c);

        for (size_t i = 0; pile != NULL && i < n && i < MAX_CHAIN; i++) {
                X509 *certificate = read_certificate(libctx, json_object_array_get_idx(x5c, i));
                if (certificate == NULL && i == 0)
                        return NULL;
                if (certificate != NULL && sk_X509_push(pile, certificate) <= 0) {
                        X509_free(certificate);
                        return NULL;
                }
        }
        const X509 *own = sk_X509_value(pile, 0);
        if (own == NULL || !read_time(X509_get0_notBefore(own), &entry->not_before) ||
            !read_time(X509_get0_notAfter(own), &entry->not_after))
                return NULL;
        entry->certificates = aza_take(&pile);
        return X509_get_pubkey(sk_X509_value(entry->certificates, 0));
}

static EVP_PKEY *modulus_key(OSSL_LIB_CTX *libctx, const char *n, const char *e)
{
        AZA_BYTES struct aza_bytes modulus = {0};
        AZA_BYTES struct aza_bytes exponent = {0};
        EVP_PKEY *key = NULL;

        if (n == NULL || e == NULL ||
            aza_base64_decode(AZA_BASE64URL, n, strlen(n), &modulus) < 0 ||
            aza_base64_decode(AZA_BASE64URL, e, strlen(e), &exponent) < 0 ||
            aza_rsa_public(libctx, aza_bytes_span(&modulus), aza_bytes_span(&exponent), &key) < 0)
                return NULL;
        return key;
}

/* The text of an optional member must be `wanted`. */
static bool absent_or(json_object *jwk, const char *name, const char *wanted)
{
        json_object *found = NULL;
        if (!json_object_object_get_ex(jwk, name, &found))
                return true;
        const char *text = aza_json_text(found);
        return text != NULL && strcmp(text, wanted) == 0;
}

static EVP_PKEY *entry_key(OSSL_LIB_CTX *libctx, json_object *jwk, struct entry *entry)
{
        const char *kty = aza_json_string(jwk, "kty");
        if (kty == NULL || strcmp(kty, "RSA") != 0 || !absent_or(jwk, "use", "sig") ||
            !absent_or(jwk, "alg", "RS256")) {
                entry->why = "not an RS256 signing key";
                return NULL;
        }
        bool has_modulus = json_object_object_get_ex(jwk, "n", NULL) != 0;
        bool has_x5c = json_object_object_get_ex(jwk, "x5c", NULL) != 0;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *from_modulus = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *from_x5c = NULL;

        if (has_x5c) {
                json_object *x5c = aza_json_array(jwk, "x5c");
                from_x5c = x5c != NULL ? certificate_key(libctx, x5c, entry) : NULL;
                if (from_x5c == NULL) {
                        entry->why = "x5c is not a certificate";
                        return NULL;
                }
        }
        if (has_modulus || !has_x5c) {
                from_modulus =
                        modulus_key(libctx, aza_json_string(jwk, "n"), aza_json_string(jwk, "e"));
                if (from_modulus == NULL) {
                        entry->why = "n and e are not an RSA key";
                        return NULL;
                }
        }
        if (from_modulus != NULL && from_x5c != NULL && EVP_PKEY_eq(from_modulus, from_x5c) != 1) {
                entry->why = "n and e contradict x5c";
                return NULL;
        }
        EVP_PKEY *key = from_x5c != NULL ? from_x5c : from_modulus;
        entry->why = aza_rsa_weakness(key);
        if (entry->why != NULL)
                return NULL;
        return from_x5c != NULL ? aza_take(&from_x5c) : aza_take(&from_modulus);
}

/* An entry without a usable kid can never be chosen and is dropped. */
static int add_entry(OSSL_LIB_CTX *libctx, struct aza_jwks *set, json_object *jwk, int64_t gone)
{
        const char *kid = aza_json_string(jwk, "kid");
        if (kid == NULL)
                return 0;
        for (size_t i = 0; i < set->count; i++) {
                struct entry *other = &set->entries[i];
                if (other->kid != NULL && strcmp(other->kid, kid) == 0) {
                        EVP_PKEY_free(aza_take(&other->key));
                        other->why = "this kid occurs twice in the key set";
                        return 0;
                }
        }
        struct entry *entry = &set->entries[set->count];
        entry->kid = strdup(kid);
        if (entry->kid == NULL)
                return AZA_NO_MEMORY();
        set->count++;
        entry->gone = gone;
        (void)ERR_set_mark();
        entry->key = entry_key(libctx, jwk, entry);
        (void)ERR_pop_to_mark();
        return 0;
}

/* The keys of a JWK Set, with room for `more`. */
static int add_keys(OSSL_LIB_CTX *libctx, struct aza_jwks *set, json_object *keys, size_t more)
{
        size_t n = keys != NULL ? json_object_array_length(keys) : 0;
        int r = 0;

        if (n == 0 || n > MAX_KEYS)
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE,
                                "key set: %zu keys in array \"keys\", expected 1 to %d", n,
                                MAX_KEYS);
        set->entries = calloc(n + more, sizeof *set->entries);
        if (set->entries == NULL)
                return AZA_NO_MEMORY();
        for (size_t i = 0; r == 0 && i < n; i++)
                r = add_entry(libctx, set, json_object_array_get_idx(keys, i), 0);
        return r;
}

static struct aza_jwks *new_set(void)
{
        struct aza_jwks *set = calloc(1, sizeof *set);

        if (set != NULL)
                atomic_init(&set->holders, 1);
        return set;
}

int aza_jwks_parse(OSSL_LIB_CTX *libctx, struct aza_span text, struct aza_jwks **ret)
{
        AZA_OWN(json_object_put) json_object *document = NULL;
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = new_set();
        if (set == NULL)
                return AZA_NO_MEMORY();
        int r = aza_json_parse(text, AZA_JWKS_MAX, &document);
        if (r == AZATTEST_E_INPUT)
                return aza_context(
                        AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE, "%s", aza_last_error()->message),
                        "key set");
        if (r == 0)
                r = add_keys(libctx, set, aza_json_array(document, "keys"), 0);
        if (r < 0)
                return r;
        *ret = aza_take(&set);
        return 0;
}

int aza_jwks_of_record(OSSL_LIB_CTX *libctx, const struct aza_jwks_record *record, int64_t now,
                       struct aza_jwks **ret)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = new_set();
        size_t n = record->withdrawn != NULL ? json_object_array_length(record->withdrawn) : 0;

        if (set == NULL)
                return AZA_NO_MEMORY();
        if (record->keys == NULL || record->fetched == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "no key set is stored");
        set->fetched = record->fetched;
        set->until = record->fetched + AZA_JWKS_FRESH;
        int r = add_keys(libctx, set, record->keys, n);
        for (size_t i = 0; r == 0 && i < n; i++) {
                json_object *row = json_object_array_get_idx(record->withdrawn, i);
                int64_t seen = 0;
                int64_t gone = 0;
                if (!aza_json_int64(row, "seen", &seen) || !aza_json_int64(row, "gone", &gone) ||
                    gone <= 0 || now >= seen + AZA_JWKS_FRESH)
                        continue;
                if (seen + AZA_JWKS_FRESH < set->until)
                        set->until = seen + AZA_JWKS_FRESH;
                r = add_entry(libctx, set, aza_json_object(row, "key"), gone);
        }
        if (r < 0)
                return r;
        *ret = aza_take(&set);
        return 0;
}

int64_t aza_jwks_fetched(const struct aza_jwks *set)
{
        return set->fetched;
}

int64_t aza_jwks_until(const struct aza_jwks *set)
{
        return set->until;
}

static const struct entry *find_entry(const struct aza_jwks *set, const char *kid)
{
        for (size_t i = 0; i < set->count; i++)
                if (strcmp(set->entries[i].kid, kid) == 0)
                        return &set->entries[i];
        return NULL;
}

static const char *entry_fault(const struct entry *entry, int64_t issued, int64_t time)
{
        if (entry == NULL)
                return "no such kid in the issuer's key set";
        if (entry->key == NULL)
                return entry->why;
        if (entry->certificates != NULL && (time < entry->not_before || time > entry->not_after))
                return "its certificate is not valid at this time";
        if (entry->gone != 0 && issued > entry->gone + SKEW_SECONDS)
                return "no such kid in the issuer's key set since before the token was issued";
        return NULL;
}

struct aza_jwks_key aza_jwks_find_issued(const struct aza_jwks *set, const char *kid,
                                         int64_t issued, int64_t time)
{
        const struct entry *entry = find_entry(set, kid);
        struct aza_jwks_key found = {.note = entry_fault(entry, issued, time)};

        if (found.note != NULL)
                return found;
        found.key = entry->key;
        if (entry->gone != 0)
                found.note = "the issuer has withdrawn this key since it issued the token";
        return found;
}

struct aza_jwks_key aza_jwks_find(const struct aza_jwks *set, const char *kid, int64_t time)
{
        return aza_jwks_find_issued(set, kid, INT64_MAX, time);
}

const aza_certs *aza_jwks_certificates(const struct aza_jwks *set, const char *kid)
{
        const struct entry *entry = find_entry(set, kid);

        return entry != NULL ? entry->certificates : NULL;
}
