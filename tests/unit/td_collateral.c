/* SPDX-License-Identifier: Apache-2.0 */
/* online/td_collateral: what is asked of Intel's service for a real quote, and what is made of its answers. */
#include "https_server.h"
#include "unit/evidence_support.h"

#include "online/td_collateral.h"
#include "tdx/verify.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define CHAIN   "-----BEGIN%20CERTIFICATE-----%0AAA%3D%3D%0a-----END%20CERTIFICATE-----%0A%zz%"

static char ca[] = "/tmp/azattest-collateral-XXXXXX";

static int fetch(const struct answer *answers, size_t count, const char *quote,
                 struct aza_td_collateral *ret)
{
        SSL_CTX *tls = make_tls(ca);
        struct aza_evidence_file f = {.vm = AZA_VM_TDX, .td_quote = vector(quote)};
        struct aza_deadline deadline = aza_deadline_in(5, NULL);

        start(answers, count, tls);
        const struct aza_td_services services = {server.url, server.url, ca};
        int r = aza_fetch_td_collateral(libctx, &deadline, &services, &f, ret);
        stop();
        SSL_CTX_free(tls);
        aza_evidence_file_free(&f);
        return r;
}

static void all_of_it(void **state)
{
        static const struct answer answers[] = {
                {OK_HEAD "TCB-Info-Issuer-Chain: " CHAIN "\r\n", "{\"tcbInfo\": {} }\n", 0, false},
                {OK_HEAD "sgx-enclave-identity-issuer-chain: b\r\n", "{}", 0, false},
                {OK_HEAD, "list of the CA", 0, false},
                {OK_HEAD, "list of the root", 0, false}};
        struct aza_td_collateral c = {0};

        (void)state;
        assert_int_equal(fetch(answers, COUNT(answers), "tdx-quotes/td_quote_v5.dat", &c), 0);
        assert_int_equal(server.requests, 4);
        assert_non_null(strstr(server.last, "/IntelSGXRootCA.der HTTP/1.1\r\n"));
        assert_string_equal((const char *)c.tcb_info.data, "{\"tcbInfo\": {} }\n");
        assert_string_equal((const char *)c.tcb_info_chain.data,
                            "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n%zz%");
        assert_string_equal((const char *)c.qe_identity.data, "{}");
        assert_string_equal((const char *)c.qe_identity_chain.data, "b");
        assert_string_equal((const char *)c.pck_crl.data, "list of the CA");
        assert_string_equal((const char *)c.root_crl.data, "list of the root");
        aza_td_collateral_free(&c);
}

/* Each request by its number: the last one answered is the one that is looked at. */
static void what_is_asked(void **state)
{
        static const struct answer good = {OK_HEAD "TCB-Info-Issuer-Chain: a\r\n"
                                                   "SGX-Enclave-Identity-Issuer-Chain: b\r\n",
                                           "x", 0, false};
        static const char *const asked[] = {
                "/tdx/certification/v4/tcb?fmspc=90c06f000000 HTTP",
                "/tdx/certification/v4/qe/identity HTTP",
                "/sgx/certification/v4/pckcrl?ca=platform&encoding=der HTTP",
                "/IntelSGXRootCA.der HTTP"};

        (void)state;
        for (size_t n = 0; n < COUNT(asked); n++) {
                struct answer answers[4] = {good, good, good, good};
                struct aza_td_collateral c = {0};
                answers[n].head = "HTTP/1.1 404 Not Found\r\nConnection: close\r\n";
                assert_int_equal(fetch(answers, n + 1, "tdx-quotes/td_quote_v5.dat", &c),
                                 AZATTEST_E_HTTP_FAILED);
                assert_non_null(strstr(server.last, asked[n]));
                assert_true(aza_td_collateral_is_empty(&c)); /* whole or not at all */
        }
}

static void without_its_header(void **state)
{
        static const struct answer answers[] = {{OK_HEAD, "{}", 0, false}};
        struct aza_td_collateral c = {0};

        (void)state;
        assert_int_equal(fetch(answers, 1, "tdx-quotes/td_quote_v5.dat", &c),
                         AZATTEST_E_HTTP_FAILED);
        assert_non_null(strstr(aza_last_error()->message, "TCB-Info-Issuer-Chain"));
        assert_true(aza_td_collateral_is_empty(&c));
}

/* Nothing is asked for what names no platform. */
static void no_platform(void **state)
{
        static const struct answer answers[] = {{OK_HEAD, "{}", 0, false}};
        struct aza_td_collateral c = {0};

        (void)state;
        assert_int_equal(fetch(answers, 1, "azure-tdx/tdx-coco/td-report.bin", &c), 0);
        assert_int_equal(server.requests, 0);
        assert_true(aza_td_collateral_is_empty(&c));
}

static int set_up_file(void **state)
{
        int fd = mkstemp(ca);

        if (fd < 0 || close(fd) != 0)
                return -1;
        return set_up(state);
}

static int tear_down_file(void **state)
{
        (void)unlink(ca);
        return tear_down(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_of_it),
                cmocka_unit_test(what_is_asked),
                cmocka_unit_test(without_its_header),
                cmocka_unit_test(no_platform),
        };
        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, set_up_file, tear_down_file);
}
