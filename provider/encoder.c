/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoders of our keys: the key reference (AZATTEST PRIVATE KEY) where a private key is written,
 * the delegate's public forms, and a text for people. Keys of other providers are not taken (there
 * is no IMPORT_OBJECT): their own provider writes them, and we cannot be in the way. Foreign pairs
 * that were imported (PV18) are written by the delegate as ever, encrypted where that is asked for.
 */
#include "algorithms.h"
#include "config/config.h"
#include "key.h"
#include "params.h"

#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY

struct encoder {
        struct aza_prov *prov;
        char *cipher; /* asked for by name; NULL: not encrypted */
};

/* What the core passes with each call of an encoder. */
struct request {
        const struct encoder *ctx;
        OSSL_CORE_BIO *out;
        const struct aza_key *key;
        OSSL_PASSPHRASE_CALLBACK *pw_cb;
        void *pw_cbarg;
};

static OSSL_FUNC_encoder_newctx_fn encoder_newctx;
static OSSL_FUNC_encoder_freectx_fn encoder_freectx;
static OSSL_FUNC_encoder_set_ctx_params_fn private_set_ctx_params;
static OSSL_FUNC_encoder_settable_ctx_params_fn private_settable_ctx_params;
static OSSL_FUNC_encoder_does_selection_fn private_does_selection;
static OSSL_FUNC_encoder_does_selection_fn public_does_selection;
static OSSL_FUNC_encoder_does_selection_fn text_does_selection;
static OSSL_FUNC_encoder_encode_fn private_pem_encode;
static OSSL_FUNC_encoder_encode_fn private_der_encode;
static OSSL_FUNC_encoder_encode_fn spki_pem_encode;
static OSSL_FUNC_encoder_encode_fn spki_der_encode;
static OSSL_FUNC_encoder_encode_fn pkcs1_pem_encode;
static OSSL_FUNC_encoder_encode_fn pkcs1_der_encode;
static OSSL_FUNC_encoder_encode_fn text_encode;

AZA_OWN_DEFINE(OSSL_ENCODER_CTX, OSSL_ENCODER_CTX_free);

static void *encoder_newctx(void *provctx)
{
        struct encoder *ctx = calloc(1, sizeof(*ctx));

        if (ctx != NULL)
                ctx->prov = provctx;
        return ctx;
}

static void encoder_freectx(void *vctx)
{
        struct encoder *ctx = vctx;

        if (ctx == NULL)
                return;
        free(ctx->cipher);
        free(ctx);
}

static BIO *open_output(const struct encoder *ctx, OSSL_CORE_BIO *out)
{
        return BIO_new_from_core_bio(aza_prov_plain_libctx(ctx->prov), out);
}

/* ---- the reference ---- */

static int private_does_selection(void *provctx, int selection)
{
        (void)provctx;
        return (selection & PRIVATE) != 0;
}

static const OSSL_PARAM *private_settable_ctx_params(void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_CIPHER, NULL, 0),
                OSSL_PARAM_END,
        };

        (void)provctx;
        return settable;
}

static int private_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
        struct encoder *ctx = vctx;
        const OSSL_PARAM *p =
                params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_ENCODER_PARAM_CIPHER);
        AZA_OWN(free) char *cipher = NULL;

        if (p == NULL)
                return 1;
        /* OpenSSL's own programs send a name without data to switch encryption off again. */
        if (!aza_param_is_null_text(p) && (cipher = aza_param_text(p)) == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "cipher: not a name");
        free(aza_take(&ctx->cipher));
        if (cipher != NULL && cipher[0] != '\0')
                ctx->cipher = aza_take(&cipher);
        return 1;
}

static int reference_of(const struct encoder *ctx, const struct aza_key *key, struct aza_bytes *der)
{
        OSSL_LIB_CTX *libctx = aza_prov_libctx(ctx->prov);

        if (libctx == NULL)
                return 0;
        if (key->ref == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_NO_PRIVATE_KEY,
                                 "only a public key here: write it with -pubout");
        /* A passphrase would protect nothing, so who asks for one is told instead of given less. */
        if (ctx->cipher != NULL)
                return AZA_RAISE(
                        ctx->prov, AZA_R_BAD_PARAMETER,
                        "a key reference holds no secret and is not encrypted: leave the cipher out");
        if (aza_keyref_encode(libctx, key->ref, der) != 0)
                return aza_raise_last(ctx->prov);
        return 1;
}

/* The delegate writes its key: a foreign pair as PrivateKeyInfo, the public half in any other
 * form. */
static int delegate_encode(const struct request *r, const OSSL_PARAM abstract[], const char *form,
                           const char *structure)
{
        AZA_OWN(BIO_free_all) BIO *bio = open_output(r->ctx, r->out);
        AZA_OWN(OSSL_ENCODER_CTX_free) OSSL_ENCODER_CTX *encoder = NULL;
        const int selection = strcmp(structure, "PrivateKeyInfo") == 0
                                      ? OSSL_KEYMGMT_SELECT_KEYPAIR
                                      : OSSL_KEYMGMT_SELECT_PUBLIC_KEY;

        if (bio == NULL || abstract != NULL || r->key->pub == NULL)
                return 0;
        encoder = OSSL_ENCODER_CTX_new_for_pkey(r->key->pub, selection, form, structure, NULL);
        if (encoder == NULL)
                return 0;
        if (r->ctx->cipher != NULL &&
            (OSSL_ENCODER_CTX_set_cipher(encoder, r->ctx->cipher, NULL) != 1 ||
             OSSL_ENCODER_CTX_set_passphrase_cb(encoder, r->pw_cb, r->pw_cbarg) != 1))
                return 0;
        return OSSL_ENCODER_to_bio(encoder, bio) == 1;
}

static int private_pem_encode(void *vctx, OSSL_CORE_BIO *out, const void *object,
                              const OSSL_PARAM abstract[], int selection,
                              OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        const struct request r = {vctx, out, object, pw_cb, pw_cbarg};
        AZA_BYTES struct aza_bytes der = {0};

        if (r.key->foreign_pair)
                return delegate_encode(&r, abstract, "PEM", "PrivateKeyInfo");
        AZA_OWN(BIO_free_all) BIO *bio = open_output(vctx, out);
        return bio != NULL && abstract == NULL && (selection & PRIVATE) != 0 &&
               reference_of(vctx, object, &der) &&
               PEM_write_bio(bio, AZA_KEYREF_PEM_LABEL, "", der.data, (long)der.len) > 0;
}

static int private_der_encode(void *vctx, OSSL_CORE_BIO *out, const void *object,
                              const OSSL_PARAM abstract[], int selection,
                              OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        const struct request r = {vctx, out, object, pw_cb, pw_cbarg};
        AZA_BYTES struct aza_bytes der = {0};

        if (r.key->foreign_pair)
                return delegate_encode(&r, abstract, "DER", "PrivateKeyInfo");
        AZA_OWN(BIO_free_all) BIO *bio = open_output(vctx, out);
        return bio != NULL && abstract == NULL && (selection & PRIVATE) != 0 &&
               reference_of(vctx, object, &der) &&
               BIO_write(bio, der.data, (int)der.len) == (int)der.len;
}

/* ---- public forms: the delegate writes ---- */

static int public_does_selection(void *provctx, int selection)
{
        (void)provctx;
        return (selection & PRIVATE) == 0 && (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0;
}

#define PUBLIC_ENCODE(name, form, structure)                                   \
        static int name(void *vctx, OSSL_CORE_BIO *out, const void *object,    \
                        const OSSL_PARAM abstract[], int selection,            \
                        OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)       \
        {                                                                      \
                const struct request r = {vctx, out, object, pw_cb, pw_cbarg}; \
                                                                               \
                (void)selection;                                               \
                return delegate_encode(&r, abstract, form, structure);         \
        }

PUBLIC_ENCODE(spki_pem_encode, "PEM", "SubjectPublicKeyInfo")
PUBLIC_ENCODE(spki_der_encode, "DER", "SubjectPublicKeyInfo")
PUBLIC_ENCODE(pkcs1_pem_encode, "PEM", "pkcs1")
PUBLIC_ENCODE(pkcs1_der_encode, "DER", "pkcs1")

/* ---- text ---- */

static int text_does_selection(void *provctx, int selection)
{
        (void)provctx;
        (void)selection;
        return 1;
}

static bool print_reference(BIO *out, const struct aza_keyref *ref)
{
        char pcrs[64];

        return BIO_printf(out,
                          "Private-Key: (%d bit, in the vTPM)\n"
                          "Purpose: %s\nName: %s\nHierarchy: %s\nPCRs: sha256:%s\n",
                          AZA_RSA_BYTES * 8, aza_purpose_text(ref->purpose),
                          ref->name[0] != '\0' ? ref->name : "(unnamed)",
                          ref->hierarchy == TPM2_RH_OWNER ? "owner" : "null",
                          aza_config_pcrs_text(ref->pcr_mask, pcrs)) > 0;
}

static int text_encode(void *vctx, OSSL_CORE_BIO *out, const void *object,
                       const OSSL_PARAM abstract[], int selection, OSSL_PASSPHRASE_CALLBACK *pw_cb,
                       void *pw_cbarg)
{
        const struct aza_key *key = object;
        AZA_OWN(BIO_free_all) BIO *bio = open_output(vctx, out);
        char expiry[64];

        (void)pw_cb;
        (void)pw_cbarg;
        if (bio == NULL || abstract != NULL || key->pub == NULL)
                return 0;
        if ((selection & PRIVATE) != 0 && key->foreign_pair)
                return BIO_puts(bio, "Ordinary key, not in the vTPM and not attested\n") > 0 &&
                       EVP_PKEY_print_private(bio, key->pub, 0, NULL) == 1;
        if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
                return EVP_PKEY_print_params(bio, key->pub, 0, NULL) == 1;
        if ((selection & PRIVATE) != 0 && key->ref != NULL && !print_reference(bio, key->ref))
                return 0;
        if ((key->ref != NULL || key->token != NULL) &&
            BIO_printf(bio, "Token: %s\n", aza_key_token_text(key, expiry)) <= 0)
                return 0;
        return EVP_PKEY_print_public(bio, key->pub, 0, NULL) == 1;
}

#define ENCODER(selects, encodes)                                              \
        {OSSL_FUNC_ENCODER_NEWCTX, (void (*)(void))encoder_newctx},            \
                {OSSL_FUNC_ENCODER_FREECTX, (void (*)(void))encoder_freectx},  \
                {OSSL_FUNC_ENCODER_DOES_SELECTION, (void (*)(void))(selects)}, \
        {                                                                      \
                OSSL_FUNC_ENCODER_ENCODE, (void (*)(void))(encodes)            \
        }
#define MAY_BE_ENCRYPTED                                                                           \
        {OSSL_FUNC_ENCODER_SET_CTX_PARAMS, (void (*)(void))private_set_ctx_params},                \
        {                                                                                          \
                OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS, (void (*)(void))private_settable_ctx_params \
        }

const OSSL_DISPATCH aza_private_pem_encoder[] = {
        ENCODER(private_does_selection, private_pem_encode),
        MAY_BE_ENCRYPTED,
        {0, NULL},
};

const OSSL_DISPATCH aza_private_der_encoder[] = {
        ENCODER(private_does_selection, private_der_encode),
        MAY_BE_ENCRYPTED,
        {0, NULL},
};

const OSSL_DISPATCH aza_spki_pem_encoder[] = {
        ENCODER(public_does_selection, spki_pem_encode),
        {0, NULL},
};

const OSSL_DISPATCH aza_spki_der_encoder[] = {
        ENCODER(public_does_selection, spki_der_encode),
        {0, NULL},
};

const OSSL_DISPATCH aza_pkcs1_pem_encoder[] = {
        ENCODER(public_does_selection, pkcs1_pem_encode),
        {0, NULL},
};

const OSSL_DISPATCH aza_pkcs1_der_encoder[] = {
        ENCODER(public_does_selection, pkcs1_der_encode),
        {0, NULL},
};

const OSSL_DISPATCH aza_text_encoder[] = {
        ENCODER(text_does_selection, text_encode),
        {0, NULL},
};
