/* SPDX-License-Identifier: Apache-2.0 */
/* online/td_evidence: collateral of Azure's cache is asked for once, kept until a part of it is
 * outdated, and left out when no verifier could use it. A server counts; the clocks are the
 * test's. */
#include "unit/http_server.h"
#include "unit/tdx_support.h"
/* after both */
#include "unit/assert_ok.h"
#include "unit/remove_tree.h"

#include "online/td_evidence.h"

#include <sys/syscall.h>
#include <time.h>

#define NOW  1796083200 /* 2026-12-01 */
#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"

static atomic_long skipped;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
        const int r = (int)syscall(SYS_clock_gettime, clock, ret);

        ret->tv_sec += skipped;
        return r;
}

time_t time(time_t *ret)
{
        const time_t now = (time_t)(NOW + skipped);

        if (ret != NULL)
                *ret = now;
        return now;
}

static struct aza_config config = {.td_collateral = "fetch"};
static struct own_td td, stale, other;
static char chain_head[16384], qe_head[16384], pck_hex[4096], root_hex[4096];
static struct answer good[4];
static const struct answer absent = {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n", NULL, 0,
                                     false};

static struct td_plan plan(void)
{
        struct td_plan p = good_td();

        p.info.issued = p.qe_identity.issued = "2026-11-20T00:00:00Z";
        p.info.next = p.qe_identity.next = "2026-12-20T00:00:00Z";
        p.crl_to = NOW + 40 * TD_DAY;
        return p;
}

/* Status line and headers, PEM as Intel's service puts it into a header. */
static void set_head(char *out, size_t size, const char *name, const struct aza_bytes *pem)
{
        size_t used = (size_t)snprintf(out, size, HEAD "%s: ", name);

        for (size_t i = 0; i < pem->len && used + 8 < size; i++)
                used += (size_t)snprintf(out + used, size - used,
                                         pem->data[i] < '0' ? "%%%02X" : "%c", pem->data[i]);
        (void)snprintf(out + used, size - used, "\r\n");
}

static void answers_of(const struct own_td *from, struct answer ret[4])
{
        set_head(chain_head, sizeof(chain_head), "TCB-Info-Issuer-Chain",
                 &from->collateral.tcb_info_chain);
        set_head(qe_head, sizeof(qe_head), "SGX-Enclave-Identity-Issuer-Chain",
                 &from->collateral.qe_identity_chain);
        (void)aza_hex(aza_bytes_span(&from->collateral.pck_crl), pck_hex);
        (void)aza_hex(aza_bytes_span(&from->collateral.root_crl), root_hex);
        ret[0] =
                (struct answer){chain_head, (const char *)from->collateral.tcb_info.data, 0, false};
        ret[1] =
                (struct answer){qe_head, (const char *)from->collateral.qe_identity.data, 0, false};
        ret[2] = (struct answer){HEAD, pck_hex, 0, false};
        ret[3] = (struct answer){HEAD, root_hex, 0, false};
}

static int group(void **state)
{
        char dir[] = "/tmp/azattest-td-XXXXXX";

        if (make_td_keys(state) != 0 || mkdtemp(dir) == NULL)
                return -1;
        struct td_plan p = plan();
        td = own_td_of(&p);
        p.extension.fmspc[0] = 0x50;
        p.info.fmspc = "50C06F000000";
        other = own_td_of(&p);
        p = plan();
        p.info.next = "2026-11-30T00:00:00Z";
        stale = own_td_of(&p);
        (void)snprintf(config.runtime_dir, sizeof(config.runtime_dir), "%s", dir);
        return 0;
}

static int end(void **state)
{
        own_td_free(&td);
        own_td_free(&stale);
        own_td_free(&other);
        remove_tree(config.runtime_dir);
        return free_td_keys(state);
}

static void serve_answers(const struct answer *answers, size_t count)
{
        start(answers, count, NULL);
        (void)snprintf(config.imds_url, sizeof(config.imds_url), "%s", server.url);
}

/* Evidence with this quote has its collateral. */
static bool had(const struct own_td *with)
{
        const struct aza_deadline deadline = aza_deadline_in(30, NULL);
        struct aza_evidence_file file = {.vm = AZA_VM_TDX};

        memcpy(config.intel_root, with->roots, sizeof(with->roots));
        assert_ok(aza_bytes_set(&file.td_quote, with->quote.data, with->quote.len));
        assert_ok(aza_evidence_td_collateral(libctx, &config, &deadline, &file));
        const bool whole = file.td_collateral.root_crl.len > 0;
        assert_int_equal(whole, !aza_td_collateral_is_empty(&file.td_collateral));
        aza_evidence_file_free(&file);
        return whole;
}

/* In this process, in the runtime directory when the process has learnt something else meanwhile,
 * until the first part of it is outdated. */
static void kept_until_it_is_outdated(void **state)
{
        (void)state;
        answers_of(&td, good);
        serve_answers(good, 4);
        assert_true(had(&td));
        assert_int_equal(server.requests, 4);
        assert_non_null(strstr(server.last, "GET /x/metadata/THIM/sgx/certification/v4/rootcacrl?"
                                            "api-version=2021-07-22-preview HTTP/1.1\r\n"));
        assert_non_null(strstr(server.last, "Metadata: true\r\n"));
        assert_true(had(&td));
        assert_int_equal(server.requests, 4);
        finish();

        serve_answers(&absent, 1);
        assert_false(had(&other));
        assert_true(had(&td)); /* the runtime directory's */
        assert_int_equal(server.requests, 1);
        skipped += 18 * TD_DAY;
        assert_true(had(&td));
        assert_int_equal(server.requests, 1);
        skipped += 2 * TD_DAY;
        assert_false(had(&td));
        assert_int_equal(server.requests, 2);
        skipped = 0;
        assert_false(had(&other)); /* forgets what was learnt in the future */
        finish();
}

static void a_failure_counts_for_a_minute(void **state)
{
        (void)state;
        skipped += 1000;
        remove_tree(config.runtime_dir);
        serve_answers(&absent, 1);
        assert_false(had(&td));
        assert_int_equal(server.requests, 1);
        skipped += 55;
        assert_false(had(&td));
        assert_int_equal(server.requests, 1);
        skipped += 6;
        assert_false(had(&td));
        assert_int_equal(server.requests, 2);
        finish();
        skipped += 61;
        answers_of(&td, good);
        serve_answers(good, 4);
        assert_true(had(&td));
        assert_int_equal(server.requests, 4);
        finish();
}

/* Who had no time left has learnt nothing about the cache: the next one asks. */
static void no_time_left_is_no_answer(void **state)
{
        static const struct answer silent = {NULL, NULL, 0, true};
        const struct aza_deadline deadline = aza_deadline_in(1, NULL);
        struct aza_evidence_file file = {.vm = AZA_VM_TDX};

        (void)state;
        remove_tree(config.runtime_dir);
        serve_answers(&absent, 1);
        assert_false(had(&other)); /* forgets what was learnt before */
        finish();
        serve_answers(&silent, 1);
        memcpy(config.intel_root, td.roots, sizeof(td.roots));
        assert_ok(aza_bytes_set(&file.td_quote, td.quote.data, td.quote.len));
        assert_ok(aza_evidence_td_collateral(libctx, &config, &deadline, &file));
        assert_true(aza_td_collateral_is_empty(&file.td_collateral));
        aza_evidence_file_free(&file);
        finish();
        answers_of(&td, good);
        serve_answers(good, 4);
        assert_true(had(&td));
        finish();
}

/* Left out: outdated, of another platform, of somebody else; and nothing of it is kept. */
static void what_nobody_can_use(void **state)
{
        const struct own_td *const all[] = {&stale, &other};

        (void)state;
        for (size_t i = 0; i < COUNT(all); i++) {
                remove_tree(config.runtime_dir);
                skipped += 61;
                answers_of(all[i], good);
                serve_answers(good, 4);
                (void)had(&other);
                skipped += 61;
                server.requests = 0;
                assert_false(had(i == 0 ? &stale : &td));
                assert_int_equal(server.requests, 4);
                finish();
        }
}

/* "none", another kind of VM, and collateral that is there already: nobody is asked. */
static void not_asked_for(void **state)
{
        const struct aza_deadline deadline = aza_deadline_in(30, NULL);
        struct aza_evidence_file file = {.vm = AZA_VM_SEVSNP};

        (void)state;
        remove_tree(config.runtime_dir);
        skipped += 61;
        serve_answers(&absent, 1);
        assert_ok(aza_evidence_td_collateral(libctx, &config, &deadline, &file));
        (void)strcpy(config.td_collateral, "none");
        assert_false(had(&td));
        (void)strcpy(config.td_collateral, "/nonexistent");
        file.vm = AZA_VM_TDX;
        assert_int_equal(aza_evidence_td_collateral(libctx, &config, &deadline, &file),
                         AZATTEST_E_CONFIGURATION);
        assert_non_null(strstr(aza_last_error()->message, "td-collateral = /nonexistent"));
        (void)strcpy(config.td_collateral, "fetch");
        assert_ok(aza_bytes_set(&file.td_collateral.pck_crl, "x", 1));
        assert_ok(aza_evidence_td_collateral(libctx, &config, &deadline, &file));
        assert_int_equal(file.td_collateral.pck_crl.len, 1);
        assert_int_equal(server.requests, 0);
        finish();
        aza_evidence_file_free(&file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kept_until_it_is_outdated),
                cmocka_unit_test(a_failure_counts_for_a_minute),
                cmocka_unit_test(no_time_left_is_no_answer),
                cmocka_unit_test(what_nobody_can_use),
                cmocka_unit_test(not_asked_for),
        };
        return cmocka_run_group_tests(tests, group, end);
}
