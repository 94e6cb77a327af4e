/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed keys: the vTPM opens the JWE, and what was in it goes on to OpenSSL's own decoders as
 * PKCS#8, so that the program ends with an ordinary key. The PEM decoder only wraps the text
 * (decoder.c); it is opened here, where a private key is wanted: one private operation, the one
 * exception to "no TPM work in a decoder" (PV6, D60).
 */
#include "algorithms.h"
#include "base/log.h"
#include "decoder.h"
#include "key.h"
#include "key/seal.h"

#include <openssl/core_names.h>
#include <string.h>

static OSSL_FUNC_decoder_does_selection_fn sealed_does_selection;
static OSSL_FUNC_decoder_decode_fn sealed_decode;

/* Where a public key alone is wanted, nothing is opened for it. */
static int sealed_does_selection(void *provctx, int selection)
{
        (void)provctx;
        return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static int refused(const struct aza_prov *prov)
{
        /* OpenSSL's store replaces our error by "unsupported", so it is said here too. */
        AZA_LOG(ERROR, "key not loaded: %s", aza_last_error()->message);
        return aza_raise_last(prov);
}

/* OpenSSL's store has a block decoded by itself and, where that fails, once more on the way that it
 * came: the vTPM is not asked again, and only the error is, which the store had thrown away. */
static bool was_refused(void)
{
        return aza_last_error()->code != 0;
}

int aza_sealed_emit(const struct aza_decoder *ctx, struct aza_span text, OSSL_CALLBACK *callback,
                    void *arg)
{
        AZA_BYTES struct aza_bytes der = {0};

        aza_clear_error();
        return aza_decoder_wrap(AZA_SEALED_DESCRIPTION, text, &der) == 0
                       ? aza_der_deliver(aza_bytes_span(&der), "azattest-sealed", callback, arg)
                       : refused(ctx->prov);
}

static int open_sealed(struct aza_prov *prov, struct aza_span der, struct aza_bytes *ret)
{
        const struct aza_state *state = aza_prov_state(prov);
        AZA_SEALED struct aza_sealed sealed = {0};

        if (state == NULL || aza_prov_libctx(prov) == NULL)
                return 0;
        if (was_refused())
                return aza_raise_last(prov);
        if (aza_sealed_parse(aza_decoder_unwrap(AZA_SEALED_DESCRIPTION, der), &sealed) != 0 ||
            aza_unseal(state->tpm, &state->config, &sealed, ret) != 0)
                return refused(prov);
        return 1;
}

static int sealed_decode(void *vctx, OSSL_CORE_BIO *cin, int selection, OSSL_CALLBACK *data_cb,
                         void *data_cbarg, OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        const struct aza_decoder *ctx = vctx;
        AZA_OWN(BIO_free_all)
        BIO *in = BIO_new_from_core_bio(aza_prov_plain_libctx(ctx->prov), cin);
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes pkcs8 = {0};

        (void)pw_cb;
        (void)pw_cbarg;
        if (in == NULL)
                return 0;
        const char *which = aza_decoder_read(in, &der);
        if (which == NULL || strcmp(which, AZA_SEALED_DESCRIPTION) != 0 ||
            !sealed_does_selection(NULL, selection))
                return 1;
        return open_sealed(ctx->prov, aza_bytes_span(&der), &pkcs8) &&
               aza_der_deliver(aza_bytes_span(&pkcs8), "PrivateKeyInfo", data_cb, data_cbarg);
}

const OSSL_DISPATCH aza_sealed_decoder[] = {
        {OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))aza_decoder_newctx},
        {OSSL_FUNC_DECODER_FREECTX, (void (*)(void))aza_decoder_freectx},
        {OSSL_FUNC_DECODER_DOES_SELECTION, (void (*)(void))sealed_does_selection},
        {OSSL_FUNC_DECODER_DECODE, (void (*)(void))sealed_decode},
        {0, NULL},
};
