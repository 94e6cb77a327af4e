/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libazattest: where it is, what we call in it, and a context with our settings. The one place that
 * loads it, and libcurl with it. Holds no lock, so that whatever libcurl calls back finds nothing
 * locked (PV25).
 */
#include "library.h"

#include "azattest.h"
#include "base/own.h"
#include "os/defaults.h"
#include "os/module.h"

#include <string.h>

#define LIBRARY AZA_LIBRARY

/* What we call in libazattest; see azattest.h. */
struct library {
        __typeof__(azattest_context_new) *context_new;
        __typeof__(azattest_context_free) *context_free;
        __typeof__(azattest_context_set) *context_set;
        __typeof__(azattest_error_message) *error_message;
        __typeof__(azattest_set_progress) *set_progress;
        __typeof__(azattest_key_reference) *key_reference;
        __typeof__(azattest_token_verify) *token_verify;
        __typeof__(azattest_key_release) *key_release;
        __typeof__(azattest_free) *free;
};

/* Beside this module: LIBDIR/ossl-modules/azattest.so and LIBDIR/libazattest.so.0 when installed,
 * ossl-modules/ and lib/ in the build tree; else wherever the loader looks. It stays loaded:
 * libcurl must not be unloaded (PV25). */
static void *open_library(void)
{
        static const char *const places[] = {"../" LIBRARY, "../lib/" LIBRARY, NULL};
        static const char here; /* any object of this module */

        return aza_module_load(&here, places, LIBRARY);
}

static bool load(const struct aza_prov *prov, struct library *lib)
{
        void *handle = open_library();

        if (handle != NULL && aza_module_find(handle, "azattest_context_new", &lib->context_new) &&
            aza_module_find(handle, "azattest_context_free", &lib->context_free) &&
            aza_module_find(handle, "azattest_context_set", &lib->context_set) &&
            aza_module_find(handle, "azattest_error_message", &lib->error_message) &&
            aza_module_find(handle, "azattest_set_progress", &lib->set_progress) &&
            aza_module_find(handle, "azattest_key_reference", &lib->key_reference) &&
            aza_module_find(handle, "azattest_token_verify", &lib->token_verify) &&
            aza_module_find(handle, "azattest_key_release", &lib->key_release) &&
            aza_module_find(handle, "azattest_free", &lib->free))
                return true;
        AZA_RAISE(prov, AZA_R_NO_LIBRARY,
                  "attesting needs " LIBRARY ", which belongs beside the provider: %s",
                  aza_module_error());
        return false;
}

/* A context with exactly our settings, which are openssl.cnf's: the environment stands above them
 * there too, though what a program sets stands above the environment. */
static int make_context(const struct aza_prov *prov, const struct library *lib,
                        azattest_context **ret)
{
        const struct aza_config_source *source = aza_prov_source(prov);
        int rc = lib->context_new(AZA_NO_FILE, ret);

        for (size_t n = 0; rc == 0 && aza_config_key(n) != NULL; n++)
                if (source->value[n] != NULL && !aza_config_from_environment(n))
                        rc = lib->context_set(*ret, aza_config_key(n), source->value[n]);
        return rc;
}

struct aza_keyref *aza_library_attest(struct aza_prov *prov, const struct aza_open_request *request)
{
        OSSL_LIB_CTX *libctx = aza_prov_libctx(prov);
        struct library lib = {0};
        azattest_context *ctx = NULL;
        struct aza_keyref *ref = NULL;
        uint8_t *der = NULL;
        size_t len = 0;

        if (libctx == NULL || !load(prov, &lib))
                return NULL;
        int rc = make_context(prov, &lib, &ctx);
        if (rc == 0) {
                lib.set_progress(ctx, request->progress, request->progress_arg);
                rc = lib.key_reference(ctx, request->uri, request->payload, &der, &len);
        }
        if (rc != 0)
                (void)AZA_FAIL(rc, "%s", lib.error_message(ctx));
        else
                rc = aza_keyref_decode(libctx, aza_span_of(der, len), &ref);
        lib.free(der);
        lib.context_free(ctx);
        if (rc != 0)
                aza_raise_last(prov);
        return ref;
}

bool aza_library_release(struct aza_prov *prov, const char *url, const char *target,
                         struct aza_bytes *ret)
{
        struct azattest_release_options options = AZATTEST_RELEASE_INIT;
        struct library lib = {0};
        azattest_context *ctx = NULL;
        uint8_t *key = NULL;
        size_t len = 0;

        if (!load(prov, &lib))
                return false;
        options.uri = target;
        int rc = make_context(prov, &lib, &ctx);
        if (rc == 0)
                rc = lib.key_release(ctx, url, &options, &key, &len, NULL);
        if (rc != 0)
                (void)AZA_FAIL(rc, "%s", lib.error_message(ctx));
        else
                rc = aza_bytes_set(ret, key, len);
        lib.free(key);
        lib.context_free(ctx);
        if (rc != 0)
                aza_raise_last(prov);
        return rc == 0;
}

bool aza_library_verify(struct aza_prov *prov, const char *jwt)
{
        struct library lib = {0};
        azattest_context *ctx = NULL;

        if (!load(prov, &lib))
                return false;
        int rc = make_context(prov, &lib, &ctx);
        if (rc == 0)
                rc = lib.token_verify(ctx, jwt, NULL, NULL);
        if (rc != 0)
                (void)AZA_FAIL(rc, "%s", lib.error_message(ctx));
        lib.context_free(ctx);
        if (rc != 0)
                aza_raise_last(prov);
        return rc == 0;
}
