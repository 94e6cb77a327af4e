/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/certs: piles of PEM and DER, pins. */
#include "unit/evidence_support.h"

#include "base/certs.h"

static int add(aza_certs *pile, const void *data, size_t len)
{
        return aza_certs_add(libctx, aza_span_of(data, len), pile);
}

static void piles(void **state)
{
        AZA_BYTES struct aza_bytes ark = vector("amd/milan_ark.pem");
        AZA_BYTES struct aza_bytes ask = vector("amd/milan_ask.pem");
        AZA_BYTES struct aza_bytes vcek = vector("azure-snp/genoa-v3-coco/vcek.der");
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        (void)state;
        assert_int_equal(aza_bytes_append_text(&text, "a comment\n"), 0);
        assert_int_equal(aza_bytes_append(&text, ark.data, ark.len), 0);
        assert_int_equal(aza_bytes_append_text(&text, "\nanother\n"), 0);
        assert_int_equal(aza_bytes_append(&text, ask.data, ask.len), 0);
        assert_int_equal(add(pile, text.data, text.len), 0);
        assert_int_equal(sk_X509_num(pile), 2);
        assert_int_equal(add(pile, vcek.data, vcek.len), 0);
        assert_int_equal(sk_X509_num(pile), 3);
        assert_int_equal(add(pile, "", 0), 0);
        assert_int_equal(add(pile, "no certificate at all", 21), 0);
        assert_int_equal(sk_X509_num(pile), 3);
        /* Bytes behind a DER certificate; a damaged one; a damaged PEM block. */
        assert_int_equal(aza_bytes_append(&vcek, "", 1), 0);
        assert_int_equal(add(pile, vcek.data, vcek.len), AZATTEST_E_INPUT);
        assert_int_equal(add(pile, vcek.data, 100), AZATTEST_E_INPUT);
        ark.data[200] = '*';
        assert_int_equal(add(pile, ark.data, ark.len), AZATTEST_E_INPUT);
        assert_int_equal(sk_X509_num(pile), 3);
        /* Nothing is left on the queue of the application. */
        assert_true(aza_certs_add(libctx, aza_bytes_span(&text), pile) == 0);
        while (sk_X509_num(pile) + 2 <= AZA_CERTS_MAX)
                assert_int_equal(add(pile, text.data, text.len), 0);
        assert_int_equal(add(pile, text.data, text.len), AZATTEST_E_INPUT);
}

static void pins(void **state)
{
        static const char hex[] =
                "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9";
        AZA_BYTES struct aza_bytes ark = vector("amd/milan_ark.pem");
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        uint8_t hash[32];
        char list[200];
        (void)state;
        assert_int_equal(add(pile, ark.data, ark.len), 0);
        assert_true(aza_cert_spki_sha256(libctx, sk_X509_value(pile, 0), hash));
        assert_true(aza_pin_listed(hex, hash)); /* INDEX.md's value */
        assert_false(aza_pin_listed(NULL, hash));
        assert_false(aza_pin_listed("", hash));
        assert_false(aza_pin_listed("9f05", hash));
        (void)snprintf(list, sizeof(list), "00 %s  junk", hex);
        assert_true(aza_pin_listed(list, hash));
        (void)snprintf(list, sizeof(list), "%064d,%s,", 0, hex);
        assert_true(aza_pin_listed(list, hash));
        (void)snprintf(list, sizeof(list), "%s0", hex);
        assert_false(aza_pin_listed(list, hash));
        hash[31] ^= 1;
        assert_false(aza_pin_listed(hex, hash));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(piles),
                cmocka_unit_test(pins),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
