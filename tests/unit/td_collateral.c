/* SPDX-License-Identifier: Apache-2.0 */
/* online/td_collateral: what is asked of Intel's service for a real quote, and what is made of
 * its answers. */
#include "https_server.h"
#include "unit/tdx_real_support.h"

#include "online/td_collateral.h"
#include "tdx/verify.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define CHAIN   "-----BEGIN%20CERTIFICATE-----%0AAA%3D%3D%0a-----END%20CERTIFICATE-----%0A%zz%"

static struct aza_td_collateral real;
static char ca[] = "/tmp/azattest-collateral-XXXXXX";

static int fetch(const struct answer *answers, size_t count, const char *quote,
                 struct aza_td_collateral *ret)
{
        struct aza_evidence_file f = {.vm = AZA_VM_TDX, .td_quote = vector(quote)}; /* may skip */
        SSL_CTX *tls = make_tls(ca);
        struct aza_deadline deadline = aza_deadline_in(5, NULL);

        start(answers, count, tls);
        const struct aza_td_services services = {
                .certification = server.url, .certificates = server.url, .ca_file = ca};
        int r = aza_fetch_td_collateral(libctx, &deadline, &services, &f, ret);
        finish();
        SSL_CTX_free(tls);
        aza_evidence_file_free(&f);
        return r;
}

static struct aza_bytes pem_of(const struct aza_bytes *der)
{
        AZA_OWN(X509_CRL_free) X509_CRL *crl = aza_crl_parse(libctx, aza_bytes_span(der));
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        struct aza_bytes pem = {0};
        char *text = NULL;

        assert_non_null(crl);
        assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
        const long len = BIO_get_mem_data(bio, &text);
        assert_int_equal(aza_bytes_set(&pem, text, (size_t)len), 0);
        return pem;
}

/* The documents byte for byte, the lists as DER, whether they came as PEM or as digits. */
static void all_of_it(void **state)
{
        if (real.pck_crl.len == 0)
                real = real_collateral(AZURE);
        AZA_BYTES struct aza_bytes pem = pem_of(&real.pck_crl);
        AZA_BYTES struct aza_bytes file = vector(AZURE);
        AZA_BYTES struct aza_bytes hex = yaml_block(&file, "root_ca_crl");
        assert_int_equal(aza_bytes_append_text(&hex, "\n"), 0);
        const struct answer answers[] = {
                {OK_HEAD "TCB-Info-Issuer-Chain: " CHAIN "\r\n", "{\"tcbInfo\": {} }\n", 0, false},
                {OK_HEAD "sgx-enclave-identity-issuer-chain: b\r\n", "{}", 0, false},
                {OK_HEAD, (const char *)pem.data, 0, false},
                {OK_HEAD, (const char *)hex.data, 0, false}};
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
        assert_true(aza_span_equal(aza_bytes_span(&c.pck_crl), aza_bytes_span(&real.pck_crl)));
        assert_true(aza_span_equal(aza_bytes_span(&c.root_crl), aza_bytes_span(&real.root_crl)));

        /* As a file of its own, and back. */
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_td_collateral again = {0};
        assert_int_equal(aza_td_collateral_encode(&c, &text), 0);
        assert_int_equal(aza_td_collateral_decode(aza_bytes_span(&text), &again), 0);
        assert_string_equal((const char *)again.tcb_info.data, "{\"tcbInfo\": {} }\n");
        assert_true(aza_span_equal(aza_bytes_span(&again.root_crl), aza_bytes_span(&c.root_crl)));
        aza_td_collateral_free(&again);
        aza_td_collateral_free(&c);
}

/* What is no list, nothing at all, and what does not end. */
static void bad_answers(void **state)
{
        static const struct {
                const char *body;
                size_t filler;
                int code;
                const char *says;
        } bad[] = {{"list of the CA", 0, AZATTEST_E_HTTP_FAILED, "than a revocation list"},
                   {"3082", 0, AZATTEST_E_HTTP_FAILED, "than a revocation list"},
                   {"abc", 0, AZATTEST_E_HTTP_FAILED, "than a revocation list"},
                   {"", 0, AZATTEST_E_HTTP_FAILED, "with nothing"},
                   {"x", 300000, AZATTEST_E_TRANSPORT, "more than 262144 bytes"}};

        (void)state;
        for (size_t i = 0; i < COUNT(bad); i++) {
                const struct answer answers[] = {
                        {OK_HEAD "TCB-Info-Issuer-Chain: a\r\n", "{}", 0, false},
                        {OK_HEAD "SGX-Enclave-Identity-Issuer-Chain: b\r\n", "{}", 0, false},
                        {OK_HEAD, bad[i].body, bad[i].filler, false}};
                struct aza_td_collateral c = {0};
                assert_int_equal(fetch(answers, 3, "tdx-quotes/td_quote_v5.dat", &c), bad[i].code);
                assert_says(bad[i].says);
                assert_true(aza_td_collateral_is_empty(&c));
        }
}

/* Each request by its number: the last one answered is the one that is looked at. */
static void what_is_asked(void **state)
{
        AZA_BYTES struct aza_bytes file = vector(AZURE);
        AZA_BYTES struct aza_bytes hex = yaml_block(&file, "root_ca_crl");
        const struct answer good = {OK_HEAD "TCB-Info-Issuer-Chain: a\r\n"
                                            "SGX-Enclave-Identity-Issuer-Chain: b\r\n",
                                    (const char *)hex.data, 0, false};
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
        aza_td_collateral_free(&real);
        return tear_down(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_of_it),     cmocka_unit_test(bad_answers),
                cmocka_unit_test(what_is_asked), cmocka_unit_test(without_its_header),
                cmocka_unit_test(no_platform),
        };
        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, set_up_file, tear_down_file);
}
