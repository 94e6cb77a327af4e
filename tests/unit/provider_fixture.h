/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of the provider: azattest.so of the build tree, loaded into library contexts of the
 * test's own, over a simulated VM whose TPM commands are counted. No attestation: attest=never. */
#ifndef PROVIDER_FIXTURE_H
#define PROVIDER_FIXTURE_H

#include "unit/sim_fixture.h"

#include "base/error.h"
#include "base/own.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdlib.h>

#define K 256 /* bytes of every key here */

static struct fixture vm;

/* One library context with up to three providers. */
struct application {
        OSSL_LIB_CTX *libctx;
        OSSL_PROVIDER *loaded[3];
};

/* Ours from the build tree, others from where OpenSSL has its modules. */
static inline OSSL_PROVIDER *load_provider(OSSL_LIB_CTX *libctx, const char *name)
{
        const char *dir = strcmp(name, "azattest") == 0 ? AZATTEST_BUILD_DIR "/ossl-modules"
                                                        : OPENSSL_info(OPENSSL_INFO_MODULES_DIR);

        assert_int_equal(OSSL_PROVIDER_set_default_search_path(libctx, dir), 1);
        OSSL_PROVIDER *loaded = OSSL_PROVIDER_load(libctx, name);
        if (loaded == NULL) {
                ERR_print_errors_fp(stderr);
                fail_msg("provider %s does not load", name);
        }
        return loaded;
}

/* Names in the order of loading, NULL for none. */
static inline void application_load(struct application *a, const char *const names[3],
                                    const char *query)
{
        a->libctx = OSSL_LIB_CTX_new();
        assert_non_null(a->libctx);
        for (int i = 0; i < 3; i++)
                a->loaded[i] = names[i] == NULL ? NULL : load_provider(a->libctx, names[i]);
        if (query != NULL)
                assert_int_equal(EVP_set_default_properties(a->libctx, query), 1);
}

static inline void application_start(struct application *a, bool azattest_first, const char *query)
{
        const char *const names[3] = {azattest_first ? "azattest" : "default",
                                      azattest_first ? "default" : "azattest", NULL};

        application_load(a, names, query);
}

static inline void application_stop(struct application *a)
{
        for (int i = 0; i < 3; i++)
                if (a->loaded[i] != NULL)
                        assert_int_equal(OSSL_PROVIDER_unload(a->loaded[i]), 1);
        OSSL_LIB_CTX_free(a->libctx);
        *a = (struct application){0};
}

/* For cmocka groups: the VM, the environment. */
static inline int provider_vm_start(void **state)
{
        (void)state;
        if (start_vm(&vm, SIM_SEVSNP) != 0)
                return -1;
        return setenv("AZATTEST_TCTI", sim_vm_tcti(vm.vm), 1) |
               setenv("AZATTEST_ATTEST", "never", 1) | setenv("AZATTEST_RUNTIME_DIR", vm.dir, 1);
}

static inline int provider_vm_stop(void **state)
{
        (void)state;
        stop_vm(&vm);
        return 0;
}

/* TPM commands of all clients so far. */
static inline unsigned long tpm_commands(void)
{
        char reply[64];

        assert_int_equal(sim_vm_event(vm.vm, "count", reply, sizeof(reply)), 0);
        return strtoul(reply, NULL, 10);
}

/* The first object of a URI. */
static inline EVP_PKEY *open_uri(OSSL_LIB_CTX *libctx, const char *uri)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
        OSSL_STORE_INFO *info = store == NULL ? NULL : OSSL_STORE_load(store);
        EVP_PKEY *key = info == NULL ? NULL : OSSL_STORE_INFO_get1_PKEY(info);

        OSSL_STORE_INFO_free(info);
        OSSL_STORE_close(store);
        return key;
}

static inline EVP_PKEY *must_open(OSSL_LIB_CTX *libctx, const char *uri)
{
        EVP_PKEY *key = open_uri(libctx, uri);

        if (key == NULL) {
                ERR_print_errors_fp(stderr);
                fail_msg("%s does not open", uri);
        }
        return key;
}

/* The public half as a key of `default` in a context without azattest. */
static inline EVP_PKEY *default_public(const EVP_PKEY *key)
{
        unsigned char *der = NULL;
        const unsigned char *p;
        int len = i2d_PUBKEY(key, &der);

        assert_true(len > 0);
        p = der;
        EVP_PKEY *public = d2i_PUBKEY(NULL, &p, len);
        assert_non_null(public);
        OPENSSL_free(der);
        return public;
}

/* azattest's last error says this reason, and its data contains `words`. Nobody else's but what EVP
 * itself says on top from OpenSSL 3.4 on. */
static inline void assert_raised(const char *reason, const char *words)
{
        unsigned long e, last = 0;
        const char *data = NULL;
        char said[512] = "", begin[128];
        int flags = 0;

        while ((e = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
                if (OPENSSL_VERSION_PREREQ(3, 4) && ERR_GET_LIB(e) == ERR_LIB_EVP && last != 0)
                        continue;
                last = e;
                (void)snprintf(said, sizeof said, "%s", data == NULL ? "" : data);
        }
        assert_int_not_equal(last, 0);
        (void)snprintf(begin, sizeof begin, "azattest: %s: ", reason);
        if (strncmp(said, begin, strlen(begin)) != 0)
                fail_msg("\"%s\" does not begin with \"%s\"", said, begin);
        if (strstr(said, words) == NULL)
                fail_msg("\"%s\" is not in \"%s\"", words, said);
}

static inline void assert_no_errors(void)
{
        if (ERR_peek_error() != 0) {
                ERR_print_errors_fp(stderr);
                fail_msg("errors were left behind");
        }
}

/* A context for one operation with its parameters as text pairs, NULL at the end. */
static inline EVP_PKEY_CTX *operation(OSSL_LIB_CTX *libctx, EVP_PKEY *key,
                                      int (*init)(EVP_PKEY_CTX *), const char *const *pairs)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);

        assert_non_null(ctx);
        if (init(ctx) != 1) {
                ERR_print_errors_fp(stderr);
                fail_msg("init failed");
        }
        for (; pairs != NULL && *pairs != NULL; pairs += 2)
                if (EVP_PKEY_CTX_ctrl_str(ctx, pairs[0], pairs[1]) != 1) {
                        ERR_print_errors_fp(stderr);
                        fail_msg("%s:%s refused", pairs[0], pairs[1]);
                }
        return ctx;
}

#endif
