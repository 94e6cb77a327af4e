/* SPDX-License-Identifier: Apache-2.0 */
/* base/pem_parts: which lines of a PEM file belong to a key, and which to certificates. */
#include "base/pem_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define KEY "-----BEGIN EC PRIVATE KEY-----\nk\n-----END EC PRIVATE KEY-----\n"
#define SEALED \
        "-----BEGIN AZATTEST SEALED PRIVATE KEY-----\ns\n-----END AZATTEST SEALED PRIVATE KEY-----\n"
#define ONE      "-----BEGIN CERTIFICATE-----\n1\n-----END CERTIFICATE-----\n"
#define TRUSTED  "-----BEGIN TRUSTED CERTIFICATE-----\r\n2\r\n-----END TRUSTED CERTIFICATE-----\r\n"
#define OTHER    "-----BEGIN EC PARAMETERS-----\np\n-----END EC PARAMETERS-----\n"
#define UNENDING "-----BEGIN PRIVATE KEY-----\nu\n"

static void assert_parts(const char *in, const char *key, const char *certificates)
{
        AZA_BYTES struct aza_bytes k = {0}, c = {0};
        const struct aza_span text = aza_span_of(in, strlen(in));

        assert_int_equal(aza_split_pem(text, &k, &c), 0);
        assert_true(aza_span_equal(aza_bytes_span(&k), aza_span_of(key, strlen(key))));
        assert_true(aza_span_equal(aza_bytes_span(&c),
                                   aza_span_of(certificates, strlen(certificates))));
        assert_int_equal(aza_has_private_key(text), key[0] != '\0');
}

static void test_parts(void **state)
{
        (void)state;
        assert_parts("", "", "");
        assert_parts("text\n", "", "");
        assert_parts(KEY, KEY, "");
        assert_parts("text\n" OTHER KEY "text\n" ONE TRUSTED "text", KEY, ONE TRUSTED);
        assert_parts(ONE SEALED, SEALED, ONE);
        assert_parts(ONE KEY TRUSTED, KEY, ONE TRUSTED);
}

/* What does not end is its reader's to refuse; the next beginning is the next block's all the
 * same. */
static void test_cut(void **state)
{
        (void)state;
        assert_parts(UNENDING ONE, UNENDING, ONE);
        assert_parts(ONE UNENDING, UNENDING, ONE);
        assert_parts("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "");
        assert_parts(" " ONE, "", "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_cut),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
