/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store azattest://. OPEN only looks at the URI; LOAD opens the key (open.c), which may attest.
 * azattest://key and sign give the key (its public half when that is expected), azattest://ak the
 * AK's public key and its certificate, azattest://cert a fresh certificate of the signing key,
 * which the TPM signs, azattest://token the public key of a file's token, which may be another
 * VM's, azattest://vault a key that a vault releases.
 */
#include "algorithms.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/one.h"
#include "certificate/certificate.h"
#include "decoder.h"
#include "evidence/ak_cert.h"
#include "evidence/attest_struct.h"
#include "key.h"
#include "open.h"
#include "os/file.h"
#include "params.h"
#include "store_vault.h"
#include "tpm/nv.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <string.h>

struct loader {
        struct aza_prov *prov;
        char *text;
        struct aza_uri uri;
        int expect;    /* OSSL_STORE_INFO_*, 0: anything */
        int delivered; /* objects looked at so far */
        bool end;
};

static OSSL_FUNC_store_open_fn store_open;
static OSSL_FUNC_store_attach_fn store_attach;
static OSSL_FUNC_store_settable_ctx_params_fn store_settable_ctx_params;
static OSSL_FUNC_store_set_ctx_params_fn store_set_ctx_params;
static OSSL_FUNC_store_load_fn store_load;
static OSSL_FUNC_store_eof_fn store_eof;
static OSSL_FUNC_store_close_fn store_close;
static OSSL_FUNC_store_export_object_fn store_export_object;

static void *store_open(void *provctx, const char *uri)
{
        struct aza_prov *prov = provctx;
        const struct aza_state *state = aza_prov_state(prov);
        struct aza_uri parsed;
        struct loader *loader;

        if (state == NULL)
                return NULL;
        if (aza_uri_parse(uri, &state->config, &parsed) != 0) {
                AZA_RAISE(prov, AZA_R_BAD_URI, "%s", aza_last_error()->message);
                return NULL;
        }
        loader = calloc(1, sizeof(*loader));
        if (loader == NULL || (loader->text = strdup(uri)) == NULL) {
                free(loader);
                AZA_RAISE(prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        loader->prov = prov;
        loader->uri = parsed;
        return loader;
}

/* There is nothing to read azattest keys from. */
static void *store_attach(void *provctx, OSSL_CORE_BIO *in)
{
        (void)provctx;
        (void)in;
        return NULL;
}

static const OSSL_PARAM *store_settable_ctx_params(void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
                OSSL_PARAM_END,
        };

        (void)provctx;
        return settable;
}

static int store_set_ctx_params(void *loaderctx, const OSSL_PARAM params[])
{
        struct loader *loader = loaderctx;
        const OSSL_PARAM *p =
                params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);

        return p == NULL || aza_param_int(p, &loader->expect);
}

static bool wanted(const struct loader *loader, int type)
{
        return loader->expect == 0 || loader->expect == type ||
               (loader->expect == OSSL_STORE_INFO_PUBKEY && type == OSSL_STORE_INFO_PKEY);
}

/* Of an object that is a public key alone. That a private key is expected decides at its end:
 * openssl's -pubin tries both in newer versions (3.5) and shows why the second try failed, which
 * is to be why the first did. */
static bool wanted_public(const struct loader *loader)
{
        return wanted(loader, OSSL_STORE_INFO_PUBKEY) || loader->expect == OSSL_STORE_INFO_PKEY;
}

static int deliver_public(const struct loader *loader, struct aza_key *key, OSSL_CALLBACK *callback,
                          void *arg)
{
        if (key == NULL || loader->expect != OSSL_STORE_INFO_PKEY)
                return aza_key_deliver(key, callback, arg);
        aza_key_free(key);
        return AZA_RAISE(loader->prov, AZA_R_NO_PRIVATE_KEY,
                         "azattest://token and azattest://ak name public keys only");
}

static int load_key(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        const struct aza_open_request request = {.uri = loader->text};

        loader->end = true;
        if (!wanted(loader, OSSL_STORE_INFO_PKEY))
                return 0;
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = aza_open_key(loader->prov, &request);
        AZA_OWN(aza_key_free)
        struct aza_key *key = ref == NULL ? NULL : aza_key_from_ref(loader->prov, &ref);
        if (key == NULL)
                return 0;
        if (loader->expect != OSSL_STORE_INFO_PUBKEY)
                return aza_key_deliver(aza_take(&key), callback, arg);
        return aza_key_deliver(aza_key_public_half(key), callback, arg);
}

static int deliver_certificate(const struct loader *loader, X509 *certificate,
                               OSSL_CALLBACK *callback, void *arg)
{
        int type = OSSL_OBJECT_CERT;
        unsigned char *der = NULL;
        int len = i2d_X509(certificate, &der);

        if (len <= 0)
                return AZA_RAISE(loader->prov, AZA_R_OUT_OF_MEMORY, "out of memory");
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
                OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, (size_t)len),
                OSSL_PARAM_construct_end()};
        int ok = callback(params, arg);
        OPENSSL_free(der);
        return ok;
}

/* ---- azattest://cert ---- */

/* The signing key that the same words name. */
static struct aza_keyref *open_signing_key(const struct loader *loader)
{
        static const char sign[] = "azattest://sign";
        /* The parser let "azattest://cert" and its parameters pass: the same length. */
        const char *query = loader->text + sizeof(sign) - 1;
        char uri[AZA_URI_MAX + 1];

        (void)snprintf(uri, sizeof(uri), "%s%s", sign, query);
        const struct aza_open_request request = {.uri = uri};
        return aza_open_key(loader->prov, &request);
}

static int load_certificate(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(X509_free) X509 *certificate = NULL;
        struct aza_certificate_spec spec = {0};

        loader->end = true;
        if (!wanted(loader, OSSL_STORE_INFO_CERT) || (ref = open_signing_key(loader)) == NULL)
                return 0;
        const struct aza_state *state = aza_prov_state(loader->prov);
        OSSL_LIB_CTX *libctx = aza_prov_libctx(loader->prov);
        if (state == NULL || libctx == NULL)
                return 0;
        spec.subject = ref;
        if (aza_now(&spec.now) != 0 ||
            aza_certificate_make(libctx, state->tpm, &spec, &certificate) != 0)
                return aza_raise_last(loader->prov);
        return deliver_certificate(loader, certificate, callback, arg);
}

/* ---- azattest://ak ---- */

static int load_ak(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        const struct aza_state *state = aza_prov_state(loader->prov);
        OSSL_LIB_CTX *libctx = aza_prov_libctx(loader->prov);
        AZA_BYTES struct aza_bytes tpm2b = {0};
        struct aza_tpm_public public = {0};

        if (state == NULL || libctx == NULL)
                return 0;
        if (aza_ak_read(state->tpm, &tpm2b) != 0 ||
            aza_tpm_public_parse(libctx, aza_bytes_span(&tpm2b), false, &public) != 0)
                return aza_raise_last(loader->prov);
        int ok = deliver_public(loader, aza_key_from_public(loader->prov, &public.key), callback,
                                arg);
        aza_tpm_public_free(&public);
        return ok;
}

/* The AK certificate as it stands in NV; absent or unprovisioned is no error. */
static int load_ak_certificate(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        const struct aza_state *state = aza_prov_state(loader->prov);
        OSSL_LIB_CTX *libctx = aza_prov_libctx(loader->prov);
        AZA_BYTES struct aza_bytes blob = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        enum aza_nv_state present;

        if (state == NULL || libctx == NULL)
                return 0;
        if (aza_nv_read(state->tpm, AZA_NV_AK_CERT, &present, &blob) != 0)
                return aza_raise_last(loader->prov);
        if (present != AZA_NV_PRESENT ||
            aza_ak_cert_usable(libctx, aza_bytes_span(&blob)) == AZATTEST_E_AK_CERT_PROVISIONING)
                return 0;
        if (!aza_ak_cert_parse(libctx, aza_bytes_span(&blob), &checks, &certificate)) {
                (void)aza_checks_result(&checks, "AK certificate");
                return aza_raise_last(loader->prov);
        }
        return deliver_certificate(loader, certificate, callback, arg);
}

static int load_ak_objects(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        if (loader->delivered++ == 0 && wanted_public(loader)) {
                loader->end = loader->expect != 0;
                return load_ak(loader, callback, arg);
        }
        loader->end = true;
        return wanted(loader, OSSL_STORE_INFO_CERT) ? load_ak_certificate(loader, callback, arg)
                                                    : 0;
}

/* ---- azattest://token ---- */

/* Exactly one token, which is then verified as one of a token file is (decoder_jwt.c). No decoder
 * sees the file: what else a file can hold that OpenSSL reads as a key is no key here (D44). */
static int load_token(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        AZA_BYTES struct aza_bytes text = {0};
        char shown[256];

        loader->end = true;
        if (!wanted_public(loader))
                return 0;
        int r = aza_file_read(loader->uri.file, AZA_TOKEN_MAX + 2, &text);
        if (r == 0 && (r = aza_one_token(&text)) != 0)
                (void)aza_context(r, "%s",
                                  aza_printable(loader->uri.file, strlen(loader->uri.file), shown,
                                                sizeof(shown)));
        char *jwt = r == 0 ? strndup((const char *)text.data, text.len) : NULL;
        if (r == 0 && jwt == NULL)
                r = AZA_NO_MEMORY();
        if (r != 0)
                return aza_raise_last(loader->prov);
        return deliver_public(loader, aza_token_take(loader->prov, jwt), callback, arg);
}

static int load_released(struct loader *loader, OSSL_CALLBACK *callback, void *arg)
{
        const struct aza_vault_load load = {&loader->uri, loader->text,
                                            loader->expect == OSSL_STORE_INFO_PUBKEY};

        loader->end = true;
        return wanted(loader, OSSL_STORE_INFO_PKEY)
                       ? aza_vault_load(loader->prov, &load, callback, arg)
                       : 0;
}

static int store_load(void *loaderctx, OSSL_CALLBACK *object_cb, void *object_cbarg,
                      OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
        struct loader *loader = loaderctx;

        (void)pw_cb;
        (void)pw_cbarg;
        if (loader->end)
                return 0;
        switch (loader->uri.object) {
        case AZA_URI_AK:
                return load_ak_objects(loader, object_cb, object_cbarg);
        case AZA_URI_CERT:
                return load_certificate(loader, object_cb, object_cbarg);
        case AZA_URI_TOKEN:
                return load_token(loader, object_cb, object_cbarg);
        case AZA_URI_VAULT:
                return load_released(loader, object_cb, object_cbarg);
        default:
                return load_key(loader, object_cb, object_cbarg);
        }
}

static int store_eof(void *loaderctx)
{
        return ((struct loader *)loaderctx)->end;
}

static int store_close(void *loaderctx)
{
        struct loader *loader = loaderctx;

        free(loader->text);
        free(loader);
        return 1;
}

static int store_export_object(void *loaderctx, const void *reference, size_t size,
                               OSSL_CALLBACK *callback, void *arg)
{
        (void)loaderctx;
        return size == sizeof(struct aza_key *) &&
               aza_key_export(*(struct aza_key *const *)reference, OSSL_KEYMGMT_SELECT_ALL,
                              callback, arg);
}

const OSSL_DISPATCH aza_store[] = {
        {OSSL_FUNC_STORE_OPEN, (void (*)(void))store_open},
        {OSSL_FUNC_STORE_ATTACH, (void (*)(void))store_attach},
        {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, (void (*)(void))store_settable_ctx_params},
        {OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))store_set_ctx_params},
        {OSSL_FUNC_STORE_LOAD, (void (*)(void))store_load},
        {OSSL_FUNC_STORE_EOF, (void (*)(void))store_eof},
        {OSSL_FUNC_STORE_CLOSE, (void (*)(void))store_close},
        {OSSL_FUNC_STORE_EXPORT_OBJECT, (void (*)(void))store_export_object},
        {0, NULL},
};
