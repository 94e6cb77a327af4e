/* SPDX-License-Identifier: Apache-2.0 */
/* What a token says about the attested key: the key itself (T14), the client payload, the purpose
 * (C5). Pure; whether the token is genuine is verify.c's question. */
#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "token/rsa_quality.h"
#include "token/token.h"

#include <string.h>

static const char key_kid[] = "TpmEphemeralEncryptionKey";

/* The only key with the kid; NULL when there is none or more than one. */
static json_object *find_key(const struct aza_token *t)
{
        json_object *found = NULL;
        json_object *keys = aza_json_array(aza_json_object(t->claims, "x-ms-runtime"), "keys");
        size_t n = keys != NULL ? json_object_array_length(keys) : 0;

        for (size_t i = 0; i < n; i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                const char *kid = aza_json_string(key, "kid");
                if (kid == NULL || strcmp(kid, key_kid) != 0)
                        continue;
                if (found != NULL)
                        return NULL;
                found = key;
        }
        return found;
}

/* MAA says "encrypt" of every attested key, whatever it is for; "sign" is what a key is that only
 * signs. */
static bool has_operation(json_object *jwk)
{
        json_object *ops = aza_json_array(jwk, "key_ops");
        size_t n = ops != NULL ? json_object_array_length(ops) : 0;
        for (size_t i = 0; i < n; i++) {
                const char *op = aza_json_text(json_object_array_get_idx(ops, i));
                if (op != NULL && (strcmp(op, "encrypt") == 0 || strcmp(op, "sign") == 0))
                        return true;
        }
        return false;
}

static int decode_number(const char *text, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes number = {0};
        size_t zeros = 0;
        int r = text != NULL ? aza_base64_decode(AZA_BASE64URL, text, strlen(text), &number)
                             : AZATTEST_E_INPUT;
        while (r == 0 && zeros < number.len && number.data[zeros] == 0)
                zeros++;
        return r == 0 ? aza_bytes_set(ret, number.data + zeros, number.len - zeros) : r;
}

static int read_key(const struct aza_token *t, struct aza_bytes *ret_n, struct aza_bytes *ret_e)
{
        json_object *jwk = find_key(t);
        if (jwk == NULL)
                return AZA_FAIL(AZATTEST_E_JWK_EXTRACTION,
                                "the token does not have exactly one key %s", key_kid);
        const char *kty = aza_json_string(jwk, "kty");
        if (kty == NULL || strcmp(kty, "RSA") != 0)
                return AZA_FAIL(AZATTEST_E_JWK_TO_RSA, "the token's key is not an RSA key");
        if (!has_operation(jwk))
                return AZA_FAIL(AZATTEST_E_JWK_TO_RSA,
                                "key_ops of the token's key lacks \"encrypt\"");
        int r = decode_number(aza_json_string(jwk, "n"), ret_n);
        if (r == 0)
                r = decode_number(aza_json_string(jwk, "e"), ret_e);
        if (r == AZATTEST_E_INPUT)
                return AZA_FAIL(AZATTEST_E_JWK_TO_RSA, "the token's key is malformed");
        if (r < 0)
                return r;
        const char *weak = aza_rsa_attested_weakness(aza_bytes_span(ret_n), aza_bytes_span(ret_e));
        if (weak != NULL)
                return AZA_FAIL(AZATTEST_E_JWK_TO_RSA, "the token's key is weak: %s", weak);
        return 0;
}

int aza_token_key(OSSL_LIB_CTX *libctx, const struct aza_token *t, EVP_PKEY **ret)
{
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes e = {0};

        int r = read_key(t, &n, &e);
        return r == 0 ? aza_rsa_public(libctx, aza_bytes_span(&n), aza_bytes_span(&e), ret) : r;
}

int aza_token_modulus(const struct aza_token *t, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes e = {0};

        int r = read_key(t, &n, &e);
        if (r == 0) {
                aza_bytes_free(ret);
                *ret = aza_bytes_take(&n);
        }
        return r;
}

int aza_token_payload(const struct aza_token *t, const char *name, struct aza_bytes *ret)
{
        json_object *payload =
                aza_json_object(aza_json_object(t->claims, "x-ms-runtime"), "client-payload");
        const char *text = aza_json_string(payload, name);
        if (text == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "the token's client payload has no %s", name);
        return aza_base64_decode(AZA_BASE64, text, strlen(text), ret);
}

int aza_token_purpose(const struct aza_token *t, enum aza_purpose *ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        json_object *member = NULL;

        if (!aza_json_path(t->claims, "x-ms-runtime.client-payload.azattest-purpose", &member)) {
                *ret = AZA_PURPOSE_DECRYPT;
                return 0;
        }
        int r = aza_token_payload(t, "azattest-purpose", &text);
        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        static const struct {
                const char *word;
                enum aza_purpose purpose;
        } words[] = {
                {"decrypt", AZA_PURPOSE_DECRYPT},
                {"sign", AZA_PURPOSE_SIGN},
                {"any", AZA_PURPOSE_ANY},
                {"issue", AZA_PURPOSE_ISSUE},
        };
        for (size_t i = 0; r == 0 && i < sizeof words / sizeof words[0]; i++) {
                if (aza_span_equal(aza_bytes_span(&text),
                                   aza_span_of(words[i].word, strlen(words[i].word)))) {
                        *ret = words[i].purpose;
                        return 0;
                }
        }
        return AZA_FAIL(AZATTEST_E_TOKEN_FORM,
                        "azattest-purpose of the token is none of decrypt, sign, any, issue");
}
