/* SPDX-License-Identifier: Apache-2.0 */
/* Where certificates are looked for: AMD's URLs, and which of a certificate's own are followed. */
#include "evidence/collateral.h"

#include "libctx_fixture.h"
#include "online/collateral.h"
#include "os/file.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static void amd_urls(void **state)
{
        static const uint8_t milan[8] = {4, 0, 0, 0, 0, 0, 0x18, 0xdb};
        static const uint8_t turin[8] = {1, 2, 3, 4, 0, 0, 0, 0x51};
        uint8_t id[64] = {0xab, 0xcd};
        struct aza_snp_report report = {.chip_id = {id, sizeof(id)}, .reported_tcb = milan};
        char vcek[AZA_URL_MAX], chain[AZA_URL_MAX];

        (void)state;
        assert_true(aza_kds_urls(&report, AZA_SNP_MILAN, vcek, chain));
        assert_non_null(strstr(vcek, "https://kdsintf.amd.com/vcek/v1/Milan/abcd00"));
        assert_non_null(strstr(vcek, "00?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219"));
        assert_string_equal(chain, "https://kdsintf.amd.com/vcek/v1/Milan/cert_chain");
        report.reported_tcb = turin;
        assert_true(aza_kds_urls(&report, AZA_SNP_TURIN, vcek, chain));
        assert_string_equal(vcek, "https://kdsintf.amd.com/vcek/v1/Turin/abcd000000000000?"
                                  "fmcSPL=1&blSPL=2&teeSPL=3&snpSPL=4&ucodeSPL=81");
        assert_false(aza_kds_urls(&report, AZA_SNP_UNKNOWN, vcek, chain));
        memset(id, 0, sizeof(id));
        assert_false(aza_kds_urls(&report, AZA_SNP_MILAN, vcek, chain));
}

/* A certificate with these caIssuers URLs. */
static X509 *with_aia(const char *const *urls)
{
        X509 *certificate = X509_new_ex(libctx, NULL);
        AUTHORITY_INFO_ACCESS *info = AUTHORITY_INFO_ACCESS_new();

        for (; *urls != NULL; urls++) {
                ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();

                ASN1_OBJECT_free(access->method);
                access->method = OBJ_nid2obj(NID_ad_ca_issuers);
                GENERAL_NAME_free(access->location);
                access->location = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_URI, *urls, 0);
                assert_non_null(access->location);
                assert_true(sk_ACCESS_DESCRIPTION_push(info, access) > 0);
        }
        assert_int_equal(X509_add1_ext_i2d(certificate, NID_info_access, info, 0, 0), 1);
        AUTHORITY_INFO_ACCESS_free(info);
        return certificate;
}

static bool followed(const char *url)
{
        const char *const urls[] = {url, NULL};
        AZA_OWN(X509_free) X509 *certificate = with_aia(urls);
        char out[AZA_URL_MAX];
        bool found = aza_aia_url(certificate, out);

        if (found)
                assert_string_equal(out, url);
        return found;
}

static void hosts(void **state)
{
        (void)state;
        assert_true(followed("http://primary-cdn.pki.core.windows.net/a/cert.cer"));
        assert_true(followed("https://crl.microsoft.com/a"));
        assert_true(followed("http://WWW.MICROSOFT.COM/a"));
        assert_false(followed("http://evil.example/crl.microsoft.com"));
        assert_false(followed("http://crl.microsoft.com.evil.example/a"));
        assert_false(followed("http://crl.microsoft.com@evil.example/a"));
        assert_false(followed("http://crl.microsoft.com:8080/a"));
        assert_false(followed("http://evilpki.core.windows.net/a"));
        assert_false(followed("http://169.254.169.254/metadata"));
        assert_false(followed("ldap://crl.microsoft.com/a"));
        assert_false(followed("file:///etc/passwd"));
        assert_false(followed("http://crl.microsoft.com/a b"));
}

static void the_first_allowed_one_is_taken(void **state)
{
        const char *const urls[] = {"http://evil.example/a", "http://crl.microsoft.com/b",
                                    "http://crl.microsoft.com/c", NULL};
        AZA_OWN(X509_free) X509 *certificate = with_aia(urls);
        AZA_OWN(X509_free) X509 *plain = X509_new_ex(libctx, NULL);
        char out[AZA_URL_MAX];

        (void)state;
        assert_true(aza_aia_url(certificate, out));
        assert_string_equal(out, "http://crl.microsoft.com/b");
        assert_false(aza_aia_url(plain, out));
}

static void evidence_that_has_all_fetches_nothing(void **state)
{
        struct aza_deadline deadline = aza_deadline_in(1, NULL);
        struct aza_evidence_file file = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();

        (void)state;
        assert_int_equal(aza_fetch_vcek(libctx, &deadline, "", &file, pile), 0);
        assert_int_equal(aza_fetch_ak_issuers(libctx, &deadline, "", &file, pile), 0);
        assert_int_equal(sk_X509_num(pile), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(amd_urls),
                cmocka_unit_test(hosts),
                cmocka_unit_test(the_first_allowed_one_is_taken),
                cmocka_unit_test(evidence_that_has_all_fetches_nothing),
        };

        return cmocka_run_group_tests(tests, libctx_setup, libctx_teardown);
}
