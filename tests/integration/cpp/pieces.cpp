/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of core/cpp that need no VM: endpoints, payloads, the table of codes. */
#include "check.h"
#include "input.h"
#include "result.h"

#include <azattest.h>

#include <cstring>

using aza::endpoint_of;
using aza::nearest_code;
using aza::without_empty_nonce;

static void endpoints()
{
        const char *const same[] = {"maa.example:8443",
                                    "https://maa.example:8443",
                                    "http://maa.example:8443/",
                                    " \t maa.example:8443 \n",
                                    "  HTTPS://maa.example:8443/attest/AzureGuest?api-version=1#x ",
                                    "Http://maa.example:8443?x=/"};

        for (const char *url : same)
                CHECK(endpoint_of(url) == "https://maa.example:8443");
        CHECK(endpoint_of("maa.example") == "https://maa.example");
        CHECK(endpoint_of("http://[::1]:443/x") == "https://[::1]:443");
        CHECK(endpoint_of("https:///attest") == "https://");
        CHECK(endpoint_of("").empty());
        CHECK(endpoint_of(" \n").empty());
        /* One scheme is one scheme. */
        CHECK(endpoint_of("https://http://x") == "https://http:");
}

static void payloads()
{
        CHECK(without_empty_nonce("{\"nonce\":\"\"}") == "{}");
        CHECK(without_empty_nonce(" { \"nonce\" : \"\" } ") == "{}");
        CHECK(without_empty_nonce("{\"nonce\":null}") == "{}");
        CHECK(without_empty_nonce("{\"nonce\":\"\",\"a\":\"b\"}") == "{\"a\":\"b\"}");
        CHECK(without_empty_nonce("{\"a\": 1 , \"nonce\":\"\"}") == "{\"a\": 1}");
        CHECK(without_empty_nonce("{\"a\":\"}\\\"\",\"nonce\":\"\",\"b\":true}") ==
              "{\"a\":\"}\\\"\",\"b\":true}");
        const char *const kept[] = {"",
                                    "{}",
                                    "{",
                                    "nonsense",
                                    "{\"nonce\":\"n\"}",
                                    "{\"nonce\":\" \"}",
                                    "{\"nonces\":\"\"}",
                                    "{\"a\":\"nonce\",\"b\":\"\"}",
                                    "[\"nonce\",\"\"]",
                                    "{\"nonce\":\"\"",
                                    "{\"nonce\":\"\"}x",
                                    "{\"nonce\":\"\",}",
                                    "{\"nonce\":\"",
                                    "{\"nonce\":\"\\",
                                    "{\"nonce\":",
                                    "{\"nonce\"",
                                    "{\"nonce\":{\"nonce\":\"\"}}",
                                    "{\"a\":[1],\"nonce\":\"\"}",
                                    "{\"a\":{\"nonce\":\"\"},\"nonce\":\"\"}"};
        for (const char *payload : kept)
                CHECK(without_empty_nonce(payload) == payload);
}

static void codes()
{
        int own = 0;

        for (int code = 0; code >= AZATTEST_E_AK_CERT_RENEW; code--)
                CHECK(static_cast<int>(nearest_code(code)) == code);
        /* Each code of azattest.h has a row of its own: the one for unknown ones is not among
         * them. */
        const char *const unknown = azattest_result_name(-99);
        for (int code = -100; code > -1000; code--) {
                const int nearest = static_cast<int>(nearest_code(code));
                const bool known = std::strcmp(azattest_result_name(code), unknown) != 0;
                CHECK(nearest < 0 && nearest >= AZATTEST_E_AK_CERT_RENEW);
                CHECK((nearest == AZATTEST_E_TPM_INTERNAL) == !known);
                own += known;
        }
        CHECK(own >= 22);
        CHECK(static_cast<int>(nearest_code(AZATTEST_E_POLICY)) == -6);
}

int main()
{
        endpoints();
        payloads();
        codes();
        return check_failures != 0;
}
