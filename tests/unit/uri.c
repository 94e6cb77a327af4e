/* SPDX-License-Identifier: Apache-2.0 */
/* azattest:// URIs: every word, its defaults, and that each mistake is named with its position. */
#include "tpm/uri.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include <cmocka.h>

static const struct aza_config config = {
        .attest = AZA_ATTEST_AUTO, .hierarchy = TPM2_RH_NULL, .pcr_mask = 0xff};

static struct aza_uri parse(const char *text)
{
        struct aza_uri uri;

        memset(&uri, 0x5a, sizeof(uri));
        if (aza_uri_parse(text, &config, &uri) != 0)
                fail_msg("%s: %s", text, aza_last_error()->message);
        return uri;
}

static void refuse(const char *text, const char *word_of_message)
{
        struct aza_uri uri;

        memset(&uri, 0x5a, sizeof(uri));
        assert_int_equal(aza_uri_parse(text, &config, &uri), AZATTEST_E_INVALID_PARAMETER);
        if (strstr(aza_last_error()->message, word_of_message) == NULL)
                fail_msg("%s: \"%s\" is not in: %s", text, word_of_message,
                         aza_last_error()->message);
        assert_int_equal(((unsigned char *)&uri)[0], 0x5a); /* untouched on failure */
}

static void test_objects_and_defaults(void **state)
{
        struct aza_uri uri = parse("azattest://key");

        (void)state;
        assert_int_equal(uri.object, AZA_URI_KEY);
        assert_int_equal(uri.purpose, AZA_PURPOSE_DECRYPT);
        assert_string_equal(uri.name, "");
        assert_string_equal(uri.nonce, "");
        assert_int_equal(uri.attest, AZA_ATTEST_AUTO);
        assert_int_equal(uri.hierarchy, TPM2_RH_NULL);
        assert_int_equal(uri.pcr_mask, 0xff);
        uri = parse("azattest://sign");
        assert_int_equal(uri.object, AZA_URI_SIGN);
        assert_int_equal(uri.purpose, AZA_PURPOSE_SIGN);
        assert_int_equal(parse("azattest://ak").object, AZA_URI_AK);
        uri = parse("AzAttest://cert");
        assert_int_equal(uri.object, AZA_URI_CERT);
        assert_int_equal(uri.purpose, AZA_PURPOSE_SIGN);
        uri = parse("azattest://issue?name=web");
        assert_int_equal(uri.object, AZA_URI_ISSUE);
        assert_int_equal(uri.purpose, AZA_PURPOSE_ISSUE);
}

static void test_every_parameter(void **state)
{
        struct aza_uri uri = parse("azattest://sign?name=web.example-1_a&nonce=a%26b%3D%25+c&"
                                   "attest=always&hierarchy=owner&pcrs=0,2-4&purpose=any");

        (void)state;
        assert_string_equal(uri.name, "web.example-1_a");
        assert_string_equal(uri.nonce, "a&b=%+c");
        assert_int_equal(uri.attest, AZA_ATTEST_ALWAYS);
        assert_int_equal(uri.hierarchy, TPM2_RH_OWNER);
        assert_int_equal(uri.pcr_mask, 0x1d);
        assert_int_equal(uri.purpose, AZA_PURPOSE_ANY);
        assert_int_equal(parse("azattest://key?attest=never&hierarchy=null").attest,
                         AZA_ATTEST_NEVER);
}

static void test_scheme_without_slashes(void **state)
{
        (void)state;
        refuse("azattest:key", "write azattest://key");
        refuse("azattest:/key?name=a", "write azattest://key?name=a");
        refuse("file:key", "does not begin with azattest://");
        refuse("", "does not begin with azattest://");
        refuse("azattest", "does not begin with azattest://");
}

static void test_unknown_words(void **state)
{
        (void)state;
        refuse("azattest://keys", "\"key\"");
        refuse("azattest://sing", "\"sign\"");
        refuse("azattest://", "position 12");
        refuse("azattest://key/", "position 12");
        refuse("azattest://localhost:80/key", "position 12");
        refuse("azattest://key?nmae=web", "\"name\"");
        refuse("azattest://key?name=a&hierachy=owner", "\"hierachy\" at position 23");
        refuse("azattest://key?attest=alway", "\"always\"");
        refuse("azattest://key?hierarchy=ower", "\"owner\"");
        refuse("azattest://key?purpose=sign", "azattest://sign");
        refuse("azattest://cert?purpose=any", "only signs");
        refuse("azattest://issue?purpose=any", "only issues");
        refuse("azattest://ak?name=a", "no parameters");
        refuse("azattest://key?a-parameter-name-longer-than-any=1", "position 16");
}

static void test_bad_values(void **state)
{
        char text[AZA_NONCE_MAX + 64] = "azattest://key?nonce=";
        size_t head = strlen(text);

        (void)state;
        refuse("azattest://key?", "position 16");
        refuse("azattest://key?name", "has no value");
        refuse("azattest://key?name=", "position 21");
        refuse("azattest://key?name=a&", "position 23");
        refuse("azattest://key?name=a&name=b", "given twice");
        refuse("azattest://key?name=a/b", "position 21");
        refuse("azattest://key?name=a%2fb", "position 21");
        refuse("azattest://key?nonce=", "empty nonce");
        refuse("azattest://key?nonce=a%00b", "position 23");
        refuse("azattest://key?nonce=a%0ab", "0x0a");
        refuse("azattest://key?nonce=a b", "unencoded");
        refuse("azattest://key?nonce=a#b", "unencoded");
        refuse("azattest://key?nonce=\xc3\xa4", "0xc3");
        refuse("azattest://key?nonce=a%4", "percent");
        refuse("azattest://key?nonce=a%", "percent");
        refuse("azattest://key?pcrs=0-24", "0 to 23");
        refuse("azattest://key?pcrs=", "0 to 23");
        memset(text + head, 'n', AZA_NONCE_MAX);
        assert_int_equal(strlen(parse(text).nonce), AZA_NONCE_MAX);
        text[head + AZA_NONCE_MAX] = 'n';
        refuse(text, "longer than");
}

static void test_names(void **state)
{
        char text[128] = "azattest://key?name=";
        size_t head = strlen(text);

        (void)state;
        memset(text + head, 'a', AZA_KEY_NAME_MAX);
        assert_int_equal(strlen(parse(text).name), AZA_KEY_NAME_MAX);
        text[head + AZA_KEY_NAME_MAX] = 'a';
        refuse(text, "position 21");
}

static void test_vault(void **state)
{
        static const char key[] = "azattest://vault/v.vault.azure.net/keys/tls";
        const struct aza_uri uri = parse("azattest://vault/v.vault.azure.net:8443/keys/tls/0123"
                                         "?name=web&hierarchy=owner");
        char longest[700] = "azattest://vault/";

        (void)state;
        assert_int_equal(uri.object, AZA_URI_VAULT);
        assert_int_equal(uri.purpose, AZA_PURPOSE_DECRYPT);
        assert_string_equal(uri.vault, "https://v.vault.azure.net:8443/keys/tls/0123");
        assert_string_equal(uri.name, "web");
        assert_int_equal(uri.hierarchy, TPM2_RH_OWNER);
        assert_string_equal(parse(key).vault, "https://v.vault.azure.net/keys/tls");
        refuse("azattest://vault", "names no key");
        refuse("azattest://vault?name=web", "names no key");
        refuse("azattest://vault/", "names no key");
        refuse("azattest://vault/a b", "position 19");
        refuse("azattest://vault/a%41", "position 19");
        refuse("azattest://vault/a?file=b", "azattest://token only");
        refuse("azattest://vaults/a", "unknown object");
        memset(longest + strlen(longest), 'a', 650);
        refuse(longest, "names no key");
}

static void test_token(void **state)
{
        char text[AZA_URI_FILE_MAX + 64] = "azattest://token?file=";
        size_t head = strlen(text);

        (void)state;
        assert_int_equal(parse("azattest://token?file=a.jwt").object, AZA_URI_TOKEN);
        assert_string_equal(parse("azattest://token?file=/a/b%20%26%25/%c3%bc.jwt").file,
                            "/a/b &%/\xc3\xbc.jwt");
        assert_string_equal(parse("azattest://key").file, "");
        refuse("azattest://token", "write azattest://token?file=PATH");
        refuse("azattest://token?file=", "position 23");
        refuse("azattest://token?file=-", "position 23");
        refuse("azattest://token?file=a b", "unencoded");
        refuse("azattest://token?file=a%00b", "0x00");
        refuse("azattest://token?file=a%0ab", "0x0a");
        refuse("azattest://token?file=a%7f", "0x7f");
        refuse("azattest://token?file=\xc3\xbc", "unencoded");
        refuse("azattest://token?file=a&file=b", "given twice");
        refuse("azattest://token?file=a&name=b", "not name at position 25");
        refuse("azattest://token?attest=never&file=a", "not attest at position 18");
        refuse("azattest://key?file=a", "azattest://token only");
        memset(text + head, 'f', AZA_URI_FILE_MAX);
        assert_int_equal(strlen(parse(text).file), AZA_URI_FILE_MAX);
        text[head + AZA_URI_FILE_MAX] = 'f';
        refuse(text, "longer than");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_objects_and_defaults),
                cmocka_unit_test(test_every_parameter),
                cmocka_unit_test(test_scheme_without_slashes),
                cmocka_unit_test(test_unknown_words),
                cmocka_unit_test(test_bad_values),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_token),
                cmocka_unit_test(test_vault),
        };

        return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
