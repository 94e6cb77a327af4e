/* SPDX-License-Identifier: Apache-2.0 */
/* The library's streams: what is asked wrongly, and a program's own failure as the call's. */
#include "azattest.h"
#include "unit/this_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int fails(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        (void)data;
        (void)size;
        (void)ret_len;
        return *(int *)arg;
}

static int writes(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        (void)data;
        (void)len;
        return 0;
}

static azattest_context *new_context(void)
{
        azattest_context *ctx = NULL;

        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_context_set(ctx, "maa-url", "https://maa.example"), 0);
        return ctx;
}

static void wrong_arguments(void **state)
{
        azattest_context *ctx = new_context();
        static const uint8_t data[] = {1};
        int result = 0;
        const struct azattest_stream good = {sizeof(good), fails, writes, &result};
        const struct azattest_stream wrong[] = {
                AZATTEST_STREAM_INIT,
                {sizeof(wrong[0]), fails, NULL, NULL},
                {sizeof(wrong[0]), NULL, writes, NULL},
                {1, fails, writes, NULL},
        };
        struct azattest_encryption e = AZATTEST_ENCRYPTION_INIT;

        (void)state;
        e.jwt = "a.b.c";
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                assert_int_equal(azattest_encrypt_cms(ctx, &e, &wrong[i]),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_int_equal(azattest_decrypt_cms(ctx, NULL, &wrong[i]),
                                 AZATTEST_E_INVALID_PARAMETER);
        }
        assert_int_equal(azattest_encrypt_cms(ctx, &e, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_decrypt_cms(ctx, NULL, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_encrypt_cms(ctx, NULL, &good), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_encrypt_cms(NULL, &e, &good), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_encrypt_cms(ctx, &e, &good), AZATTEST_E_TOKEN_FORM);
        e.jwe = true;
        assert_int_equal(azattest_encrypt_cms(ctx, &e, &good), AZATTEST_E_INVALID_PARAMETER);
        e.jwe = false;
        e.data = data;
        e.data_len = 1;
        assert_int_equal(azattest_encrypt_cms(ctx, &e, &good), AZATTEST_E_INVALID_PARAMETER);
        azattest_context_free(ctx);
}

static void what_begins_as_one(void **state)
{
        static const uint8_t der[] = {0x30, 0x82, 0x01, 0x00, 0x06, 0x0b, 0x2a, 0x86, 0x48,
                                      0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17, 0xa0};

        (void)state;
        assert_int_equal(azattest_kind_of(der, sizeof(der)), AZATTEST_KIND_CMS);
        for (size_t n = 0; n < 17; n++)
                assert_int_not_equal(azattest_kind_of(der, n), AZATTEST_KIND_CMS);
        assert_string_equal(azattest_kind_name(AZATTEST_KIND_CMS), "CMS message");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(wrong_arguments),
                cmocka_unit_test(what_begins_as_one),
        };

        return cmocka_run_group_tests_name("azattest_cms", tests, NULL, NULL);
}
