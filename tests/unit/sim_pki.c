/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's authorities: chains hold, a directory is loaded again, world and service keys. */
#include "sim/cert.h"
#include "sim/pki.h"
#include "unit/remove_tree.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char base[] = "/tmp/sim_pki.XXXXXX";

static void open_in(const char *name, struct sim_pki *pki)
{
        char dir[200];
        (void)snprintf(dir, sizeof(dir), "%s/%s", base, name);
        assert_int_equal(sim_pki_open(dir, pki), 0);
}

static int chain_holds(X509 *root, X509 *leaf, unsigned long flags)
{
        X509_STORE *store = X509_STORE_new();
        X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(sim_libctx(), NULL);

        X509_STORE_add_cert(store, root);
        X509_STORE_CTX_init(ctx, store, leaf, NULL);
        X509_STORE_CTX_set_flags(ctx, flags);
        int ok = X509_verify_cert(ctx);
        if (ok != 1)
                print_message("%s\n", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        return ok;
}

static void chains_hold(void **state)
{
        (void)state;
        struct sim_pki pki = {0};

        open_in("one", &pki);
        assert_int_equal(X509_verify(pki.ark, pki.ark_key), 1);
        assert_int_equal(X509_verify(pki.ask, pki.ark_key), 1);
        assert_int_equal(EVP_PKEY_get_bits(pki.ask_key), 4096);
        assert_int_equal(X509_get_signature_nid(pki.ask), NID_rsassaPss);
        assert_int_equal(X509_get_pathlen(pki.ask), 0);
        assert_int_equal(chain_holds(pki.vtpm_root, pki.vtpm_ca,
                                     X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE),
                         1);
        assert_int_equal(chain_holds(pki.tls_ca, pki.tls_ca, X509_V_FLAG_X509_STRICT), 1);
        sim_pki_close(&pki);
        assert_null(pki.ark);
}

static void a_directory_is_loaded_again(void **state)
{
        (void)state;
        struct sim_pki a = {0};
        struct sim_pki b = {0};

        open_in("one", &a);
        open_in("one", &b);
        assert_int_equal(EVP_PKEY_eq(a.maa_key, b.maa_key), 1);
        assert_int_equal(X509_cmp(a.vtpm_root, b.vtpm_root), 0);
        sim_pki_close(&a);
        sim_pki_close(&b);
}

static void services_differ_and_the_world_does_not(void **state)
{
        (void)state;
        struct sim_pki a = {0};
        struct sim_pki b = {0};

        open_in("one", &a);
        open_in("two", &b);
        assert_int_equal(X509_cmp(a.ark, b.ark), 0);
        assert_int_equal(EVP_PKEY_eq(a.vtpm_root_key, b.vtpm_root_key), 1);
        assert_int_not_equal(EVP_PKEY_eq(a.maa_key, b.maa_key), 1);
        assert_int_not_equal(EVP_PKEY_eq(a.tls_ca_key, b.tls_ca_key), 1);
        sim_pki_close(&a);
        sim_pki_close(&b);
}

static void a_spoilt_cache_is_replaced(void **state)
{
        (void)state;
        struct sim_pki a = {0};
        struct sim_pki b = {0};
        struct sim_pki c = {0};
        char path[200];

        open_in("one", &a);
        (void)snprintf(path, sizeof(path), "%s/cache/authorities-3/ask.pem", base);
        assert_int_equal(truncate(path, 100), 0);
        open_in("three", &b);
        assert_int_not_equal(X509_cmp(a.ark, b.ark), 0);
        assert_int_equal(X509_verify(b.ask, b.ark_key), 1);
        open_in("four", &c);
        assert_int_equal(X509_cmp(b.ark, c.ark), 0);
        sim_pki_close(&a);
        sim_pki_close(&b);
        sim_pki_close(&c);
}

static int set_up(void **state)
{
        char cache[200];

        (void)state;
        if (mkdtemp(base) == NULL)
                return -1;
        (void)snprintf(cache, sizeof(cache), "%s/cache", base);
        return setenv("AZATTEST_SIM_CACHE", cache, 1);
}

static int tear_down(void **state)
{
        (void)state;
        remove_tree(base);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(chains_hold),
                cmocka_unit_test(a_directory_is_loaded_again),
                cmocka_unit_test(services_differ_and_the_world_does_not),
                cmocka_unit_test(a_spoilt_cache_is_replaced),
        };
        return cmocka_run_group_tests_name("sim_pki", tests, set_up, tear_down);
}
