/* SPDX-License-Identifier: Apache-2.0 */
/* A vault's answer taken apart (CHECKS.md 8). Trusts nothing and verifies no signature. Fuzzed. */
#include "release/parse.h"

#include "base/base64.h"
#include "base/error.h"

#include <string.h>

#define CHAIN_MAX 8
#define HSM_MAX   AZA_TOKEN_MAX

void aza_release_free(struct aza_release *r)
{
        if (r == NULL)
                return;
        aza_token_free(r->jws);
        aza_certs_free(r->chain);
        json_object_put(r->hsm);
        aza_bytes_free(&r->wrapped);
        free(r);
}

void aza_released_free(struct aza_released *key)
{
        aza_bytes_free(&key->bytes);
}

static int add_certificate(OSSL_LIB_CTX *libctx, json_object *value, aza_certs *chain)
{
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_BYTES struct aza_bytes der = {0};
        const char *text = aza_json_text(value);

        if (text != NULL && aza_base64_decode(AZA_BASE64, text, strlen(text), &der) == 0)
                certificate = aza_cert_parse(libctx, aza_bytes_span(&der));
        if (certificate == NULL)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                                "x5c holds something that is no certificate in base64");
        if (sk_X509_push(chain, certificate) <= 0)
                return AZA_NO_MEMORY();
        (void)aza_take(&certificate);
        return 0;
}

static int read_chain(OSSL_LIB_CTX *libctx, struct aza_release *r)
{
        json_object *x5c = aza_json_array(r->jws->header, "x5c");
        size_t n = x5c != NULL ? json_object_array_length(x5c) : 0;

        if (n == 0 || n > CHAIN_MAX)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "x5c has %zu certificates, not 1 to %d", n,
                                CHAIN_MAX);
        r->chain = sk_X509_new_null();
        if (r->chain == NULL)
                return AZA_NO_MEMORY();
        for (size_t i = 0; i < n; i++) {
                int code = add_certificate(libctx, json_object_array_get_idx(x5c, i), r->chain);
                if (code != 0)
                        return code;
        }
        return 0;
}

int aza_release_read_hsm(struct aza_span json, struct aza_release *r)
{
        const char *ciphertext;

        aza_clear_error();
        (void)aza_json_parse(json, HSM_MAX, &r->hsm);
        ciphertext = aza_json_string(r->hsm, "ciphertext");
        if (ciphertext != NULL &&
            aza_base64_decode(AZA_BASE64URL, ciphertext, strlen(ciphertext), &r->wrapped) != 0)
                aza_bytes_free(&r->wrapped);
        return aza_last_error()->code == AZATTEST_E_NO_MEMORY ? AZATTEST_E_NO_MEMORY : 0;
}

static int read_hsm(struct aza_release *r)
{
        const char *text = aza_json_string(r->key, "key_hsm");
        AZA_BYTES struct aza_bytes json = {0};

        if (text == NULL)
                return 0;
        int code = aza_base64_decode(AZA_BASE64URL, text, strlen(text), &json);
        if (code != 0)
                return code == AZATTEST_E_NO_MEMORY ? code : 0;
        return aza_release_read_hsm(aza_bytes_span(&json), r);
}

static void read_payload(struct aza_release *r)
{
        json_object *request = aza_json_object(r->jws->claims, "request");
        json_object *bundle = aza_json_object(aza_json_object(r->jws->claims, "response"), "key");

        r->nonce = aza_json_string(request, "nonce");
        r->enc = aza_json_string(request, "enc");
        r->request_kid = aza_json_string(request, "kid");
        r->attributes = aza_json_object(bundle, "attributes");
        r->policy = aza_json_object(bundle, "release_policy");
        r->key = aza_json_object(bundle, "key");
}

int aza_release_parse(OSSL_LIB_CTX *libctx, struct aza_span jws, struct aza_release **ret)
{
        AZA_OWN(aza_release_free) struct aza_release *r = calloc(1, sizeof(*r));
        int code;

        if (r == NULL)
                return AZA_NO_MEMORY();
        code = aza_token_parse((const char *)jws.data, jws.len, NULL, &r->jws);
        if (code != 0)
                return code == AZATTEST_E_NO_MEMORY ? code
                                                    : aza_context(AZATTEST_E_KEY_RELEASE, "JWS");
        code = read_chain(libctx, r);
        if (code != 0)
                return code;
        read_payload(r);
        code = read_hsm(r);
        if (code != 0)
                return code;
        *ret = aza_take(&r);
        return 0;
}
