/* SPDX-License-Identifier: Apache-2.0 */
/* The issuers of AK certificates, as a process fetches them: once, after a failure again in a
 * minute, and anew for another certificate. A server behind http_proxy counts; the clock is the
 * test's. */
#include "unit/ak_support.h"
#include "unit/assert_ok.h"
#include "unit/http_server.h"

#include "online/ak_issuers.h"

#include <sys/syscall.h>
#include <time.h>

#define HEAD   "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define ISSUER "caIssuers;URI:http://primary-cdn.pki.core.windows.net/test/ca.cer"

/* Everybody's clock in this program: `skipped` is added to the monotonic one. */
static atomic_long skipped;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
        const int r = (int)syscall(SYS_clock_gettime, clock, ret);

        if (r == 0 && clock == CLOCK_MONOTONIC)
                ret->tv_sec += skipped;
        return r;
}

static struct aza_config config = {.ak_issuers = "fetch"};
static char issuers[16384];
static struct answer good,
        absent = {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n", NULL, 0, false};

/* The plan, valid now. */
static X509 *make(struct ak_plan plan)
{
        int64_t now;

        assert_ok(aza_now(&now));
        plan.from = now - 86400;
        plan.until = now + 86400;
        return ak_make(&plan);
}

static void add_pem(X509 *certificate)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;

        assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
        const long len = BIO_get_mem_data(bio, &text);
        const size_t used = strlen(issuers);
        assert_true((size_t)len < sizeof(issuers) - used);
        memcpy(issuers + used, text, (size_t)len);
}

static int group(void **state)
{
        if (set_up(state) != 0)
                return -1;
        ak_root_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_ca_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_leaf_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        AZA_OWN(X509_free) X509 *ca = make(ak_ca_plan());
        AZA_OWN(X509_free) X509 *root = make(ak_root_plan());
        uint8_t pin[AZA_SHA256_LEN];

        assert_true(aza_cert_sha256(libctx, root, pin));
        (void)aza_hex(aza_span_of(pin, sizeof(pin)), config.vtpm_root);
        add_pem(ca);
        add_pem(root);
        good = (struct answer){HEAD, issuers, 0, false};
        return 0;
}

static int end(void **state)
{
        EVP_PKEY_free(ak_root_key);
        EVP_PKEY_free(ak_ca_key);
        EVP_PKEY_free(ak_leaf_key);
        return tear_down(state);
}

static void serve_issuers(const struct answer *answers, size_t count)
{
        start(answers, count, NULL);
        assert_int_equal(setenv("http_proxy", server.url, 1), 0);
}

static void end_serving(void)
{
        finish();
        assert_int_equal(unsetenv("http_proxy"), 0);
}

/* An AK certificate like no other. */
static struct aza_evidence_file another(void)
{
        struct ak_plan plan = ak_leaf_plan();
        struct aza_evidence_file file = {0};

        plan.access = ISSUER;
        AZA_OWN(X509_free) X509 *leaf = make(plan);
        unsigned char *der = NULL;
        const int len = i2d_X509(leaf, &der);

        assert_true(len > 0);
        assert_ok(aza_bytes_append(&file.ak_certificate, der, (size_t)len));
        OPENSSL_free(der);
        return file;
}

/* True: evidence with this certificate has its issuers. */
static bool had(struct aza_evidence_file *file)
{
        const struct aza_deadline deadline = aza_deadline_in(30, NULL);

        aza_bytes_free(&file->ak_chain);
        assert_ok(aza_evidence_issuers(libctx, &config, &deadline, file));
        return file->ak_chain.len > 0;
}

static void asked_once(void **state)
{
        struct aza_evidence_file file = another();

        (void)state;
        serve_issuers(&good, 1);
        assert_true(had(&file));
        assert_int_equal(server.requests, 1);
        assert_non_null(strstr(server.last, "GET http://primary-cdn.pki.core.windows.net/test/"));
        assert_true(had(&file));
        skipped += 86400; /* good for as long as the process lives */
        assert_true(had(&file));
        assert_int_equal(server.requests, 1);
        end_serving();
        assert_true(had(&file)); /* nobody is there to be asked */
        aza_evidence_file_free(&file);
}

static void a_failure_counts_for_a_minute(void **state)
{
        const struct answer answers[] = {absent, good};
        struct aza_evidence_file file = another();

        (void)state;
        serve_issuers(answers, 2);
        assert_false(had(&file));
        assert_int_equal(server.requests, 1);
        skipped += 55;
        assert_false(had(&file));
        assert_int_equal(server.requests, 1);
        skipped += 6;
        assert_true(had(&file));
        assert_int_equal(server.requests, 2);
        assert_true(had(&file));
        assert_int_equal(server.requests, 2);
        end_serving();
        aza_evidence_file_free(&file);
}

/* What leads nowhere is a failure too, and is not put into evidence later on. */
static void what_leads_nowhere_is_a_failure(void **state)
{
        const char *second = strstr(issuers + 1, "-----BEGIN");
        const struct answer only_root = {HEAD, second, 0, false};
        const struct answer answers[] = {only_root, good};
        struct aza_evidence_file file = another();

        (void)state;
        assert_non_null(second);
        serve_issuers(answers, 2);
        assert_false(had(&file));
        assert_false(had(&file));
        assert_int_equal(server.requests, 1);
        skipped += 61;
        assert_true(had(&file));
        assert_int_equal(server.requests, 2);
        end_serving();
        aza_evidence_file_free(&file);
}

static void another_certificate_asks_anew(void **state)
{
        const struct answer answers[] = {good, absent, good};
        struct aza_evidence_file first = another(), second = another();

        (void)state;
        serve_issuers(answers, 3);
        assert_true(had(&first));
        assert_false(had(&second)); /* not the first one's */
        assert_int_equal(server.requests, 2);
        assert_true(had(&first)); /* nor is the second one's failure the first one's */
        assert_int_equal(server.requests, 3);
        end_serving();
        aza_evidence_file_free(&first);
        aza_evidence_file_free(&second);
}

/* Whose time is over has learnt nothing about the issuers: the next one asks. */
static void no_time_left_is_no_answer(void **state)
{
        struct aza_evidence_file file = another();
        const struct aza_deadline over = {.at_ms = aza_monotonic_ms() - 1};

        (void)state;
        serve_issuers(&good, 1);
        assert_ok(aza_evidence_issuers(libctx, &config, &over, &file));
        assert_int_equal(file.ak_chain.len, 0);
        assert_true(had(&file));
        assert_int_equal(server.requests, 1);
        end_serving();
        aza_evidence_file_free(&file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(asked_once),
                cmocka_unit_test(a_failure_counts_for_a_minute),
                cmocka_unit_test(what_leads_nowhere_is_a_failure),
                cmocka_unit_test(another_certificate_asks_anew),
                cmocka_unit_test(no_time_left_is_no_answer),
        };
        return cmocka_run_group_tests(tests, group, end);
}
