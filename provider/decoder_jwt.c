/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that hold an MAA token: they load as the public key it attests, after the token was
 * verified against the configured MAA, policy and identity (PV62, D12). Not verified, not loaded;
 * no TPM.
 *
 * OpenSSL calls the row `DER` with input=jwt for a token file, and for every other block too, so it
 * looks at three bytes and goes. It verifies nothing: it wraps the text in DER, because only DER
 * reaches a key decoder. decoder.c unwraps it and comes back to aza_token_open, the one place where
 * a token becomes a key. The key set comes from the cache; only when that does not do, libazattest
 * fetches it.
 */
#include "algorithms.h"
#include "base/clock.h"
#include "base/one.h"
#include "decoder.h"
#include "library.h"
#include "verdict/token.h"

#include <openssl/err.h>
#include <string.h>

static OSSL_FUNC_decoder_decode_fn jwt_decode;

/* ---- recognise and wrap ---- */

/* Three base64url parts and white space around them. Cuts that off. */
static bool is_token(struct aza_bytes *text)
{
        static const char letters[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const char *p = (const char *)text->data;
        int dots = 0;

        if (aza_one_token(text) != 0)
                return false;
        for (size_t at = 0; at < text->len; at++) {
                at += strspn(p + at, letters);
                if (at < text->len && p[at] != '.')
                        return false;
                dots += at < text->len;
        }
        return dots == 2;
}

/* Everything when it begins with "eyJ" ({" in base64url). */
static bool read_token(BIO *in, struct aza_bytes *text)
{
        size_t got = 0;

        if (aza_bytes_resize(text, 3) != 0 || BIO_read_ex(in, text->data, 3, &got) != 1 ||
            got != 3 || memcmp(text->data, "eyJ", 3) != 0)
                return false;
        do {
                char block[4096];

                got = 0;
                (void)BIO_read_ex(in, block, sizeof(block), &got);
                if (aza_bytes_append(text, block, got) != 0)
                        return false;
        } while (got > 0 && text->len <= AZA_TOKEN_MAX);
        return text->len <= AZA_TOKEN_MAX && is_token(text);
}

static int jwt_decode(void *vctx, OSSL_CORE_BIO *cin, int selection, OSSL_CALLBACK *data_cb,
                      void *data_cbarg, OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        const struct aza_decoder *ctx = vctx;
        AZA_OWN(BIO_free_all)
        BIO *in = BIO_new_from_core_bio(aza_prov_plain_libctx(ctx->prov), cin);
        AZA_BYTES struct aza_bytes text = {0};
        AZA_BYTES struct aza_bytes der = {0};

        (void)selection;
        (void)pw_cb;
        (void)pw_cbarg;
        if (in == NULL)
                return 0;
        if (!read_token(in, &text))
                return 1;
        if (aza_decoder_wrap(AZA_TOKEN_DESCRIPTION, aza_bytes_span(&text), &der) != 0)
                return aza_raise_last(ctx->prov);
        return aza_decoder_emit_der(der.data, der.len, data_cb, data_cbarg);
}

/* ---- verify ---- */

/* 0 and *ret; or a result code to raise; or -1 when raised. */
static int verify(struct aza_prov *prov, const char *jwt, struct aza_token **ret)
{
        const struct aza_state *state = aza_prov_state(prov);
        OSSL_LIB_CTX *libctx = state == NULL ? NULL : aza_prov_libctx(prov);
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_verify_request request = {.foreign = true, .any_purpose = true};

        if (libctx == NULL)
                return -1;
        if (state->config.require == AZA_REQUIRE_PLATFORM)
                return AZA_FAIL(
                        AZATTEST_E_REQUIREMENT,
                        "require = platform is for 'azattest verify' only: platform tokens attest no key of a VM");
        if (state->config.vmid[0] != '\0')
                request.vmid = state->config.vmid;
        int rc = aza_now(&request.time);
        if (rc != 0)
                return rc;
        const struct aza_verifier verifier = {libctx, &state->config, aza_find_cached, NULL};
        rc = aza_verify_token(&verifier, &request, jwt, &checks, ret);
        if (rc != AZATTEST_E_INPUT && rc != AZATTEST_E_TOKEN_SIGNATURE)
                return rc;
        /* No stored key set, or one without the key: libazattest fetches it. */
        if (!aza_library_verify(prov, jwt))
                return -1;
        return aza_token_parse(jwt, strlen(jwt), NULL, ret);
}

static struct aza_key *key_of_token(struct aza_prov *prov, const char *jwt)
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *pub = NULL;
        enum aza_purpose purpose = AZA_PURPOSE_DECRYPT;
        int rc = verify(prov, jwt, &token);

        rc = rc != 0 ? rc : aza_token_purpose(token, &purpose);
        rc = rc != 0 ? rc : aza_token_key(aza_prov_libctx(prov), token, &pub);
        if (rc != 0 && rc != -1)
                aza_raise_last(prov);
        struct aza_key *key = rc != 0 ? NULL : aza_key_from_public(prov, &pub);
        if (key == NULL || token == NULL)
                return NULL;
        key->expires = token->exp;
        key->purpose = purpose;
        return key;
}

struct aza_key *aza_token_take(struct aza_prov *prov, char *jwt)
{
        struct aza_key *key = key_of_token(prov, jwt);

        if (key != NULL)
                key->token = jwt;
        else
                free(jwt);
        return key;
}

struct aza_key *aza_token_open(struct aza_prov *prov, struct aza_span der)
{
        const struct aza_span text = aza_decoder_unwrap(AZA_TOKEN_DESCRIPTION, der);

        if (text.len == 0) {
                AZA_RAISE(prov, AZA_R_BAD_PEM, "not a token");
                return NULL;
        }
        char *jwt = strndup((const char *)text.data, text.len);
        if (jwt == NULL) {
                AZA_RAISE(prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        return aza_token_take(prov, jwt);
}

const OSSL_DISPATCH aza_jwt_decoder[] = {
        {OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))aza_decoder_newctx},
        {OSSL_FUNC_DECODER_FREECTX, (void (*)(void))aza_decoder_freectx},
        {OSSL_FUNC_DECODER_DECODE, (void (*)(void))jwt_decode},
        {0, NULL},
};
