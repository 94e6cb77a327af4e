/* SPDX-License-Identifier: Apache-2.0 */
/* A result in one line. Decides nothing: the verdict is the result's own. */
#include "show/summary.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "base/result.h"
#include "token/token.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static void take(json_object *object, const char *name, char *out, size_t size)
{
        const char *text = aza_json_string(object, name);

        if (text != NULL)
                (void)aza_printable(text, strlen(text), out, size);
}

/* The key that the claims attest: of a token in them, of evidence as PEM beside them. */
static EVP_PKEY *attested_key(OSSL_LIB_CTX *libctx, json_object *claims)
{
        const struct aza_token token = {.claims = claims};
        const char *pem = aza_json_string(claims, "attested-key");
        EVP_PKEY *key = NULL;

        if (pem == NULL)
                return aza_token_key(libctx, &token, &key) == 0 ? key : NULL;
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem, (int)strlen(pem));

        return bio != NULL ? PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, libctx, NULL) : NULL;
}

static void take_key(OSSL_LIB_CTX *libctx, json_object *claims, char out[80])
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = attested_key(libctx, claims);
        AZA_BYTES struct aza_bytes spki = {0};
        uint8_t digest[AZA_SHA256_LEN];
        char hex[2 * AZA_SHA256_LEN + 1];

        if (key != NULL && aza_spki(key, &spki) == 0 &&
            aza_sha256(libctx, aza_bytes_span(&spki), digest) == 0)
                (void)snprintf(out, 80, "sha256:%s",
                               aza_hex(aza_span_of(digest, sizeof digest), hex));
}

static void take_claims(OSSL_LIB_CTX *libctx, json_object *claims, struct aza_summary *s)
{
        const char *host = aza_json_string(claims, "vm-id-host-says");
        char shown[64];
        int64_t until;

        take(claims, "x-ms-azurevm-vmid", s->vm, sizeof s->vm);
        if (host != NULL)
                (void)snprintf(s->vm, sizeof s->vm, "%s (the host says)",
                               aza_printable(host, strlen(host), shown, sizeof shown));
        if (aza_json_int64(claims, "exp", &until))
                (void)aza_rfc3339(until, s->until);
        take_key(libctx, claims, s->key);
}

/* A leaf in memory was accepted (C7), which is not the attested key. */
static void take_form(json_object *rows, struct aza_summary *s)
{
        for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);
                const char *id = aza_json_string(row, "id");
                const char *outcome = aza_json_string(row, "outcome");

                if (id != NULL && outcome != NULL && strcmp(id, "C7") == 0 &&
                    strcmp(outcome, "accept") == 0)
                        (void)snprintf(s->form, sizeof s->form,
                                       "which vouches for a key in memory");
        }
}

/* "any-vm" of "any-vm = yes: ...". */
static void add_key_of(json_object *weakened, char *out, size_t size)
{
        const char *text = aza_json_text(weakened);
        char shown[64];
        size_t used = strlen(out);

        if (text != NULL)
                (void)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "",
                               aza_printable(text, strcspn(text, " ="), shown, sizeof shown));
}

int aza_summary_of(OSSL_LIB_CTX *libctx, json_object *result, struct aza_summary *ret)
{
        json_object *weakened = aza_json_array(result, "weakened");
        json_object *claims = aza_json_object(result, "claims");
        int64_t code = 0;

        *ret = (struct aza_summary){0};
        if (aza_json_string(result, "verdict") == NULL || !aza_json_int64(result, "result", &code))
                return AZA_FAIL(AZATTEST_E_INPUT, "this is no result of a verification");
        take(result, "verdict", ret->verdict, sizeof ret->verdict);
        take(result, "subject", ret->subject, sizeof ret->subject);
        take(result, "reason", ret->reason, sizeof ret->reason);
        for (size_t i = 0; weakened != NULL && i < json_object_array_length(weakened); i++)
                add_key_of(json_object_array_get_idx(weakened, i), ret->weakened,
                           sizeof ret->weakened);
        if (claims != NULL)
                take_claims(libctx, claims, ret);
        take_form(aza_json_array(result, "checks"), ret);
        aza_clear_error();
        return 0;
}

static int part(struct aza_bytes *line, const char *before, const char *text)
{
        int r = 0;

        if (*text != '\0' && (r = aza_bytes_append_text(line, before)) == 0)
                r = aza_bytes_append_text(line, text);
        return r;
}

int aza_summary_line(const struct aza_summary *s, struct aza_bytes *ret)
{
        int r = part(ret, "", s->verdict);

        if (r != 0 || (r = part(ret, ": ", s->subject)) != 0 ||
            (r = part(ret, " of VM ", s->vm)) != 0 || (r = part(ret, ", key ", s->key)) != 0 ||
            (r = part(ret, ", ", s->form)) != 0 ||
            (r = part(ret, ", valid until ", s->until)) != 0 ||
            (r = part(ret, ": ", s->reason)) != 0 ||
            (r = part(ret, "; weakened: ", s->weakened)) != 0)
                return r;
        return 0;
}
