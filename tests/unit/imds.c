/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/imds: the pure parsers of IMDS answers and their result codes. */
#include "unit/evidence_support.h"

#include "evidence/imds.h"

static void vcek(const char *body, int code, const char *pem)
{
        AZA_BYTES struct aza_bytes out = {0};
        assert_int_equal(aza_imds_parse_vcek(aza_span_of(body, strlen(body)), &out), code);
        if (pem == NULL)
                assert_null(out.data);
        else
                assert_string_equal((char *)out.data, pem);
}

static void vcek_answers(void **state)
{
        (void)state;
        vcek("{\"vcekCert\":\"A\\n\",\"certificateChain\":\"B\",\"tcbm\":\"00\"}", 0, "A\nB");
        vcek("{\"vcekCert\":\"A\",\"certificateChain\":\"B\"}", 0, "A\nB");
        vcek("", AZATTEST_E_EMPTY_RESPONSE, NULL);
        vcek("<html>", AZATTEST_E_INVALID_JSON, NULL);
        vcek("[]", AZATTEST_E_INVALID_JSON, NULL);
        vcek("{\"vcekCert\":\"A\",\"vcekCert\":\"A\",\"certificateChain\":\"B\"}",
             AZATTEST_E_INVALID_JSON, NULL);
        vcek("{}", AZATTEST_E_EMPTY_VCEK_CERT, NULL);
        vcek("{\"vcekCert\":\"\",\"certificateChain\":\"B\"}", AZATTEST_E_EMPTY_VCEK_CERT, NULL);
        vcek("{\"vcekCert\":\"A\",\"certificateChain\":7}", AZATTEST_E_EMPTY_VCEK_CERT, NULL);
}

static void quote(const char *body, int code, const char *bytes)
{
        AZA_BYTES struct aza_bytes out = {0};
        assert_int_equal(aza_imds_parse_td_quote(aza_span_of(body, strlen(body)), &out), code);
        if (bytes == NULL)
                assert_null(out.data);
        else
                assert_string_equal((char *)out.data, bytes);
}

static void td_quote_answers(void **state)
{
        (void)state;
        quote("{\"quote\":\"Pz8_Pw\"}", 0, "????");
        quote("{\"quote\":\"Pz8/Pw==\"}", 0, "????");
        quote("", AZATTEST_E_EMPTY_RESPONSE, NULL);
        quote("{", AZATTEST_E_INVALID_JSON, NULL);
        quote("{}", AZATTEST_E_EMPTY_TD_QUOTE, NULL);
        quote("{\"quote\":\"\"}", AZATTEST_E_EMPTY_TD_QUOTE, NULL);
        quote("{\"quote\":\"*\"}", AZATTEST_E_EMPTY_TD_QUOTE, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(vcek_answers),
                cmocka_unit_test(td_quote_answers),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
