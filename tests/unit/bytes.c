/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/base64.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void reader_stops_at_the_end(void **state)
{
        const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7};
        struct aza_reader r = aza_reader_of(aza_span_of(data, sizeof(data)));
        (void)state;

        assert_int_equal(aza_read_le16(&r), 0x0201);
        assert_int_equal(aza_read_be32(&r), 0x03040506);
        assert_false(aza_reader_done(&r));
        assert_int_equal(aza_read_le16(&r), 0);
        assert_true(r.failed);
        /* A failure sticks, also for what would fit. */
        assert_int_equal(aza_read_u8(&r), 0);
        assert_false(aza_reader_done(&r));
}

static void reader_refuses_lengths_that_wrap(void **state)
{
        const uint8_t data[4] = {0};
        struct aza_reader r = aza_reader_of(aza_span_of(data, sizeof(data)));
        (void)state;

        assert_int_equal(aza_read(&r, UINT64_MAX).len, 0);
        assert_true(r.failed);
}

static void append_grows_and_terminates(void **state)
{
        AZA_BYTES struct aza_bytes b = {0};
        (void)state;

        for (int i = 0; i < 1000; i++)
                assert_int_equal(aza_bytes_append_text(&b, "ab"), 0);
        assert_int_equal(b.len, 2000);
        assert_int_equal(strlen((char *)b.data), 2000);
        assert_int_equal(aza_bytes_resize(&b, 3), 0);
        assert_string_equal((char *)b.data, "aba");
        assert_int_equal(aza_bytes_resize(&b, 5), 0);
        assert_memory_equal(b.data, "aba\0\0", 5);
}

static void hex_round_trip(void **state)
{
        uint8_t out[4];
        char text[9];
        (void)state;

        assert_int_equal(aza_unhex("00fFA07e", 8, out, 4), 0);
        assert_string_equal(aza_hex(aza_span_of(out, 4), text), "00ffa07e");
        assert_int_equal(aza_unhex("00fFA07", 7, out, 4), AZATTEST_E_INPUT);
        assert_int_equal(aza_unhex("00fFA0g0", 8, out, 4), AZATTEST_E_INPUT);
}

static void expect_encoding(enum aza_base64_form form, const char *plain, const char *encoded)
{
        AZA_BYTES struct aza_bytes text = {0};
        AZA_BYTES struct aza_bytes back = {0};

        assert_int_equal(aza_base64_encode(form, aza_span_of(plain, strlen(plain)), &text), 0);
        assert_string_equal((char *)text.data, encoded);
        assert_int_equal(aza_base64_decode(form, encoded, strlen(encoded), &back), 0);
        assert_int_equal(back.len, strlen(plain));
        assert_memory_equal(back.data, plain, back.len + 1);
}

/* PROTOCOL.md 14.4 and RFC 4648 section 10 */
static void base64_vectors(void **state)
{
        (void)state;
        expect_encoding(AZA_BASE64, "", "");
        expect_encoding(AZA_BASE64, "f", "Zg==");
        expect_encoding(AZA_BASE64, "fo", "Zm8=");
        expect_encoding(AZA_BASE64, "foobar", "Zm9vYmFy");
        expect_encoding(AZA_BASE64, "ADE0101", "QURFMDEwMQ==");
        expect_encoding(AZA_BASE64URL, "f", "Zg");
        expect_encoding(AZA_BASE64URL, "\xfb\xff\xfe", "-__-");
}

static void base64_has_one_spelling(void **state)
{
        static const struct {
                enum aza_base64_form form;
                const char *text;
        } bad[] = {
                {AZA_BASE64, "Zg="},     {AZA_BASE64, "Zg"},       {AZA_BASE64, "Zh=="},
                {AZA_BASE64, "Z==="},    {AZA_BASE64, "Zm8=Zm8="}, {AZA_BASE64, "Zm9v\n"},
                {AZA_BASE64, "-__-"},    {AZA_BASE64, "===="},     {AZA_BASE64URL, "Zg=="},
                {AZA_BASE64URL, "Zh"},   {AZA_BASE64URL, "Z"},     {AZA_BASE64URL, "Zm9v "},
                {AZA_BASE64URL, "+//+"},
        };
        (void)state;

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                AZA_BYTES struct aza_bytes out = {0};
                assert_int_equal(
                        aza_base64_decode(bad[i].form, bad[i].text, strlen(bad[i].text), &out),
                        AZATTEST_E_INPUT);
                assert_null(out.data);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reader_stops_at_the_end),
                cmocka_unit_test(reader_refuses_lengths_that_wrap),
                cmocka_unit_test(append_grows_and_terminates),
                cmocka_unit_test(hex_round_trip),
                cmocka_unit_test(base64_vectors),
                cmocka_unit_test(base64_has_one_spelling),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
