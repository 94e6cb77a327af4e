/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoders of AZATTEST PRIVATE KEY files: PEM to DER, DER to key. (Token files become DER in
 * decoder_jwt.c and end here too; sealed keys go on to decoder_sealed.c.) They meet every PEM and
 * DER block that the process reads, so they leave what is not ours quickly and silently (PV11,
 * PV58). Neither TPM nor network: the first private use checks that the TPM still has the key
 * (PV61).
 */
#include "decoder.h"
#include "algorithms.h"
#include "base/log.h"
#include "key/sealed.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

static OSSL_FUNC_decoder_does_selection_fn decoder_does_selection;
static OSSL_FUNC_decoder_decode_fn pem_decode;
static OSSL_FUNC_decoder_decode_fn der_decode;
static OSSL_FUNC_decoder_export_object_fn decoder_export_object;

/* A key file holds the public key too, so both kinds of question are answered. */
static int decoder_does_selection(void *provctx, int selection)
{
        (void)provctx;
        return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
}

/* ---- PEM ---- */

static int pem_decode(void *vctx, OSSL_CORE_BIO *cin, int selection, OSSL_CALLBACK *data_cb,
                      void *data_cbarg, OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        const struct aza_decoder *ctx = vctx;
        AZA_OWN(BIO_free_all)
        BIO *in = BIO_new_from_core_bio(aza_prov_plain_libctx(ctx->prov), cin);
        char *name = NULL, *header = NULL;
        unsigned char *data = NULL;
        long len = 0;
        int ok = 1;

        (void)selection;
        (void)pw_cb;
        (void)pw_cbarg;
        if (in == NULL)
                return 0;
        (void)ERR_set_mark();
        int found = PEM_read_bio(in, &name, &header, &data, &len);
        (void)ERR_pop_to_mark();
        if (found == 1 && strcmp(name, AZA_KEYREF_PEM_LABEL) == 0)
                ok = aza_decoder_emit_der(data, (size_t)len, data_cb, data_cbarg);
        else if (found == 1 && strcmp(name, AZA_SEALED_PEM_LABEL) == 0)
                ok = aza_sealed_emit(ctx, aza_span_of(data, (size_t)len), data_cb, data_cbarg);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, found == 1 ? (size_t)len : 0); /* may be somebody's secret */
        return ok;
}

/* ---- DER ---- */

static struct aza_key *key_of_reference(struct aza_prov *prov, struct aza_span der)
{
        OSSL_LIB_CTX *libctx = aza_prov_libctx(prov);
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;

        if (libctx == NULL)
                return NULL;
        if (aza_keyref_decode(libctx, der, &ref) != 0) {
                AZA_RAISE(prov, AZA_R_BAD_PEM, "%s", aza_last_error()->message);
                return NULL;
        }
        return aza_key_from_ref(prov, &ref);
}

static int der_decode(void *vctx, OSSL_CORE_BIO *cin, int selection, OSSL_CALLBACK *data_cb,
                      void *data_cbarg, OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        const struct aza_decoder *ctx = vctx;
        AZA_OWN(BIO_free_all)
        BIO *in = BIO_new_from_core_bio(aza_prov_plain_libctx(ctx->prov), cin);
        AZA_BYTES struct aza_bytes der = {0};
        const bool private = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;

        (void)pw_cb;
        (void)pw_cbarg;
        if (in == NULL)
                return 0;
        const char *which = aza_decoder_read(in, &der);
        const bool token = which != NULL && strcmp(which, AZA_TOKEN_DESCRIPTION) == 0;
        if (which == NULL || (token && private) || /* a token has no private key */
            strcmp(which, AZA_SEALED_DESCRIPTION) == 0)
                return 1;
        AZA_OWN(aza_key_free)
        struct aza_key *key = token ? aza_token_open(ctx->prov, aza_bytes_span(&der))
                                    : key_of_reference(ctx->prov, aza_bytes_span(&der));
        if (key == NULL) {
                /* OpenSSL's store replaces our error by "unsupported", so it is said here too. */
                AZA_LOG(ERROR, "%s not loaded: %s", token ? "token" : "key file",
                        aza_last_error()->message);
                return 0;
        }
        if (key->ref != NULL && selection != 0 && !private)
                return aza_key_deliver(aza_key_public_half(key), data_cb, data_cbarg);
        return aza_key_deliver(aza_take(&key), data_cb, data_cbarg);
}

static int decoder_export_object(void *vctx, const void *reference, size_t size,
                                 OSSL_CALLBACK *callback, void *arg)
{
        (void)vctx;
        return size == sizeof(struct aza_key *) &&
               aza_key_export(*(struct aza_key *const *)reference, OSSL_KEYMGMT_SELECT_ALL,
                              callback, arg);
}

const OSSL_DISPATCH aza_pem_decoder[] = {
        {OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))aza_decoder_newctx},
        {OSSL_FUNC_DECODER_FREECTX, (void (*)(void))aza_decoder_freectx},
        {OSSL_FUNC_DECODER_DECODE, (void (*)(void))pem_decode},
        {0, NULL},
};

const OSSL_DISPATCH aza_der_decoder[] = {
        {OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))aza_decoder_newctx},
        {OSSL_FUNC_DECODER_FREECTX, (void (*)(void))aza_decoder_freectx},
        {OSSL_FUNC_DECODER_DOES_SELECTION, (void (*)(void))decoder_does_selection},
        {OSSL_FUNC_DECODER_DECODE, (void (*)(void))der_decode},
        {OSSL_FUNC_DECODER_EXPORT_OBJECT, (void (*)(void))decoder_export_object},
        {0, NULL},
};
