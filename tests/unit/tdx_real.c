/* SPDX-License-Identifier: Apache-2.0 */
/* Real TD quotes with Intel's real collateral: the verdict that the README of the vectors names,
 * and every signed byte flipped. */
#include "unit/tdx_real_support.h"

#include "base/clock.h"

#include <ctype.h>

struct set {
        const char *quote, *collateral;
        int64_t time;
        enum aza_check_id rejects; /* AZA_CHECK_COUNT: none does */
        enum aza_tcb_status status, module;
};

static const struct set sets[] = {
        {FLASHBOTS, AZURE, AZURE_TIME, AZA_CHECK_COUNT, AZA_TCB_UP_TO_DATE, AZA_TCB_UP_TO_DATE},
        {GCP, GCP_DOCS, GCP_TIME, AZA_CHECK_COUNT, AZA_TCB_UP_TO_DATE, AZA_TCB_UP_TO_DATE},
        {COCO, AZURE, AZURE_TIME, AZA_CHECK_I10, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
        {FLASHBOTS, GCP_DOCS, GCP_TIME, AZA_CHECK_I10, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
        /* Outdated, and not there yet. */
        {FLASHBOTS, AZURE, 1774310400, AZA_CHECK_I9, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
        {FLASHBOTS, AZURE, 1771070400, AZA_CHECK_I9, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
};

static bool row_rejects(const struct aza_checks *checks, enum aza_check_id id)
{
        const struct aza_check *row = aza_checks_get(checks, id);

        return row != NULL && row->outcome == AZA_REJECT;
}

static void verdicts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes quote = vector(sets[i].quote);
                struct aza_td_collateral c = real_collateral(sets[i].collateral);
                const struct aza_td_options o = {.collateral = &c, .time = sets[i].time};
                struct aza_td_tcb tcb;
                bool good =
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb);
                if (sets[i].rejects == AZA_CHECK_COUNT)
                        assert_no_reject(&checks);
                else if (!row_rejects(&checks, sets[i].rejects))
                        fail_msg("%s accepted set %zu", aza_check_id_text(sets[i].rejects), i);
                /* Whose TCB documents they are is no matter of the signature. */
                assert_int_equal(good, sets[i].rejects == AZA_CHECK_COUNT ||
                                               sets[i].rejects == AZA_CHECK_I10);
                assert_int_equal(tcb.status, sets[i].status);
                assert_int_equal(tcb.module, sets[i].module);
                const struct aza_check *module = aza_checks_get(&checks, AZA_CHECK_I11);
                if (sets[i].module == AZA_TCB_UP_TO_DATE)
                        assert_non_null(strstr(module->reason, "TDX module TDX_01"));
                assert_int_equal(checks.count, 14);
                aza_td_collateral_free(&c);
        }
}

/* What the README says of files: version, size and zeros behind the quote. */
static void files_of_quotes(void **state)
{
        static const struct {
                const char *quote;
                uint16_t version;
                size_t body, len, tail;
        } all[] = {{FLASHBOTS, 4, 584, 5010, 70},
                   {COCO, 4, 584, 5006, 70},
                   {GCP, 4, 584, 8000, 3065},
                   {V5, 5, 648, 5006, 0},
                   {DEBUG_TD, 4, 584, 4936, 0}};

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_BYTES struct aza_bytes quote = vector(all[i].quote);
                struct aza_td_quote q;
                assert_null(aza_td_quote_parse(aza_bytes_span(&quote), &q));
                const uint8_t *end = q.certification.data + q.certification.len;
                assert_int_equal(q.version, all[i].version);
                assert_int_equal(q.text.len, 48 + all[i].body + (q.version == 5 ? 6 : 0));
                assert_int_equal(q.td.mrservicetd.len, q.version == 5 ? 48 : 0);
                assert_int_equal(quote.len, all[i].len);
                assert_int_equal((size_t)(quote.data + quote.len - end), all[i].tail);
        }
}

static const char *day(int64_t time, char out[32])
{
        (void)aza_rfc3339(time, out);
        out[10] = '\0';
        return out;
}

/* And of documents: whose they are, from when to when they count together. */
static void files_of_collateral(void **state)
{
        static const struct {
                const char *name, *fmspc, *from, *to;
        } all[] = {{AZURE, "90c06f000000", "2026-02-18", "2026-03-20"},
                   {GCP_DOCS, "00806f050000", "2026-01-27", "2026-02-26"}};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct aza_td_collateral c = real_collateral(all[i].name);
                struct aza_tcb_info info;
                struct aza_qe_identity qe;
                char fmspc[13], from[32], to[32];
                assert_null(aza_tcb_info_parse(aza_bytes_span(&c.tcb_info), &info));
                assert_null(aza_qe_identity_parse(aza_bytes_span(&c.qe_identity), &qe));
                assert_string_equal(aza_hex(aza_span_of(info.fmspc, 6), fmspc), all[i].fmspc);
                const struct aza_tcb_document *a = &info.document, *b = &qe.document;
                assert_string_equal(day(a->issued > b->issued ? a->issued : b->issued, from),
                                    all[i].from);
                assert_string_equal(
                        day(a->next_update < b->next_update ? a->next_update : b->next_update, to),
                        all[i].to);
                aza_tcb_info_free(&info);
                aza_qe_identity_free(&qe);
                aza_td_collateral_free(&c);
        }
}

/* Signatures hold and the platform is its own: what is old is refused, or accepted by name. */
static void out_of_date_module(void **state)
{
        AZA_BYTES struct aza_bytes quote = vector(COCO);
        struct aza_td_collateral c = real_collateral(GCP_DOCS);
        struct aza_td_tcb tcb;

        (void)state;
        for (int accept = 0; accept < 2; accept++) {
                AZA_CHECKS struct aza_checks checks = {0};
                const struct aza_td_options o = {.collateral = &c,
                                                 .time = GCP_TIME,
                                                 .accept = accept ? 1u << AZA_TCB_OUT_OF_DATE : 0};
                assert_true(
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb));
                assert_int_equal(tcb.module, AZA_TCB_OUT_OF_DATE);
                assert_int_equal(tcb.status, AZA_TCB_OUT_OF_DATE);
                assert_non_null(strstr(tcb.advisories, "INTEL-SA-"));
                assert_int_equal(row_rejects(&checks, AZA_CHECK_I11), !accept);
                assert_int_equal(row_rejects(&checks, AZA_CHECK_I12), !accept);
                if (accept)
                        assert_no_reject(&checks);
        }
        aza_td_collateral_free(&c);
}

/* Without collateral all signatures below the root hold: I1 to I7. */
static void signatures_alone(void **state)
{
        static const char *const quotes[] = {FLASHBOTS, COCO, GCP, V5, DEBUG_TD};

        (void)state;
        for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
                AZA_CHECKS struct aza_checks none = {0}, checks = {0};
                AZA_BYTES struct aza_bytes quote = vector(quotes[i]);
                struct aza_td_options o = {.time = AZURE_TIME};
                struct aza_td_tcb tcb;
                assert_false(
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb));
                for (int id = AZA_CHECK_I1; id <= AZA_CHECK_I7; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_ACCEPT);
                for (int id = AZA_CHECK_I8; id <= AZA_CHECK_I10; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_UNAVAILABLE);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
                o.no_collateral = true;
                assert_true(
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &none, &tcb));
                assert_int_equal(aza_checks_verdict(&none), AZA_VERDICT_ACCEPT);
        }
}

static void fields(void **state)
{
        static const struct {
                const char *quote;
                bool good, debug;
        } all[] = {{FLASHBOTS, true, false}, /* SEPT_VE_DISABLE is not set in the old one */
                   {COCO, false, false},
                   {GCP, true, false},
                   {V5, true, false},
                   {DEBUG_TD, true, true}};

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes quote = vector(all[i].quote);
                const struct aza_td_options o = {0};
                struct aza_td td = {0};
                assert_true(aza_td_quote_read(aza_bytes_span(&quote), &td));
                assert_int_equal(aza_td_fields_check(&td, &o, &checks), all[i].good);
                assert_int_equal(aza_td_debug_check(&td, false, &checks), !all[i].debug);
        }
}

static void report_hashes(void **state)
{
        static const char *const names[] = {"azure-tdx/tdx-coco",
                                            "azure-tdx/tdx-flashbots-2025-12-ak-ca03"};
        size_t unnoticed = 0;

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes report = set_file(names[i], "td-report.bin");
                assert_true(aza_td_report_hashes(libctx, aza_bytes_span(&report), &checks));
        }
        AZA_BYTES struct aza_bytes report = set_file(names[1], "td-report.bin");
        for (size_t i = 0; i < report.len; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                report.data[i] ^= (uint8_t)(1u << i % 8);
                bool good = aza_td_report_hashes(libctx, aza_bytes_span(&report), &checks);
                report.data[i] ^= (uint8_t)(1u << i % 8);
                unnoticed += good ? 1 : 0;
                /* CPUSVN, report data (H10, H11) and MAC; the type is H11's. */
                assert_int_equal(good, i == 0 || (i >= 0x10 && i < 0x20) ||
                                               (i >= 0x80 && i < 0xC0) || (i >= 0xE0 && i < 0x100));
        }
        assert_int_equal(unnoticed, 1 + 16 + 64 + 32);
}

/* ---- flips ---- */

/* AZATTEST_FLIP_ALL: every bit of every byte, which takes minutes. */
static bool all_bits(void)
{
        const char *all = getenv("AZATTEST_FLIP_ALL");

        return all != NULL && *all != '\0';
}

/* The case of a hex digit of a document's signature is no matter of anybody's. */
static bool is_case(const struct aza_bytes *part, size_t i, uint8_t bit)
{
        const uint8_t c = part->data[i] | 0x20;

        return part->data[0] == '{' && i + 131 > part->len && bit == 0x20 && c >= 'a' && c <= 'f';
}

/* Of so many bytes, one: more than 1 where a run of all elsewhere says enough. */
#ifndef TEST_FLIP_STEP
#define TEST_FLIP_STEP 1
#endif

/* Flips a bit of every `step`-th byte of `part`; `quote` must be refused each time. How many were
 * flipped. */
static size_t flips(struct aza_bytes *part, const struct aza_bytes *quote,
                    const struct aza_td_options *o, size_t step)
{
        const unsigned int bits = all_bits() ? 8 : 1;
        size_t flipped = 0;

        for (size_t i = 0; i < part->len; i += all_bits() ? 1 : step * TEST_FLIP_STEP)
                for (unsigned int b = 0; b < bits; b++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_td_tcb tcb;
                        const uint8_t bit = (uint8_t)(1u << (i + b) % 8);
                        if (is_case(part, i, bit))
                                continue;
                        part->data[i] ^= bit;
                        (void)aza_td_signature_verify(libctx, aza_bytes_span(quote), o, &checks,
                                                      &tcb);
                        part->data[i] ^= bit;
                        flipped++;
                        if (aza_checks_verdict(&checks) == AZA_VERDICT_ACCEPT)
                                fail_msg("byte %zu of %zu, bit %02x: accepted", i, part->len, bit);
                }
        return flipped;
}

/* Header, body, signatures, QE report, certificates, and the zeros behind them. */
static void every_byte_of_a_quote(void **state)
{
        static const char *const quotes[] = {FLASHBOTS, V5};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_BYTES struct aza_bytes quote = vector(quotes[i]);
                const struct aza_td_options o = {.time = AZURE_TIME, .no_collateral = true};
                print_message("%s: %zu flips, all refused\n", quotes[i],
                              flips(&quote, &quote, &o, 1));
        }
}

/* What Intel signed of the collateral; what is around it must be as Intel's service writes it. */
static void bytes_of_the_collateral(void **state)
{
        AZA_BYTES struct aza_bytes quote = vector(FLASHBOTS);
        struct aza_td_collateral c = real_collateral(AZURE);
        const struct aza_td_options o = {.collateral = &c, .time = AZURE_TIME};
        struct aza_td_collateral_part part;

        (void)state;
        for (size_t i = 0; aza_td_collateral_part(i, &part); i++)
                print_message("%s: %zu flips, all refused\n", part.name,
                              flips(aza_td_collateral_bytes(&c, &part), &quote, &o, 9));
        aza_td_collateral_free(&c);
}

/* ---- each part by itself: every byte ---- */

/* NULL: a verifier could use the part `name`. */
static const char *part_fault(const char *name, const struct aza_td_collateral *c,
                              const struct aza_intel_chain *pck)
{
        const struct aza_intel_trust trust = {.time = AZURE_TIME};
        const bool info = strncmp(name, "tcb-info", 8) == 0;
        const bool root = strcmp(name, "root-crl") == 0;
        const char *fault;

        if (strstr(name, "-crl") != NULL) {
                AZA_OWN(X509_CRL_free)
                X509_CRL *crl =
                        aza_crl_parse(libctx, aza_bytes_span(root ? &c->root_crl : &c->pck_crl));
                return crl == NULL ? "no list"
                                   : aza_crl_fault(crl, pck->certs[root ? 2 : 1], AZURE_TIME);
        }
        struct aza_td_signers signers;
        struct aza_tcb_info t = {0};
        struct aza_qe_identity q = {0};
        aza_td_signers_read(libctx, c, &trust, pck, &signers);
        fault = info ? aza_tcb_info_parse(aza_bytes_span(&c->tcb_info), &t)
                     : aza_qe_identity_parse(aza_bytes_span(&c->qe_identity), &q);
        if (fault == NULL)
                fault = aza_td_document_fault(libctx, info ? &t.document : &q.document,
                                              info ? signers.info : signers.identity, AZURE_TIME);
        aza_tcb_info_free(&t);
        aza_qe_identity_free(&q);
        aza_td_signers_free(&signers);
        return fault;
}

static struct aza_intel_chain chain_of(const struct aza_bytes *bytes)
{
        struct aza_td_quote quote;
        struct aza_td_certification certification;
        struct aza_intel_chain chain;

        assert_null(aza_td_quote_parse(aza_bytes_span(bytes), &quote));
        assert_null(aza_td_certification_parse(&quote, &certification));
        assert_null(aza_intel_chain_parse(libctx, certification.certificates, 3, NULL, &chain));
        return chain;
}

static void every_byte_of_the_collateral(void **state)
{
        AZA_BYTES struct aza_bytes quote = vector(FLASHBOTS);
        struct aza_td_collateral c = real_collateral(AZURE);
        struct aza_intel_chain pck = chain_of(&quote);
        struct aza_td_collateral_part part;

        (void)state;
        for (size_t n = 0; aza_td_collateral_part(n, &part); n++) {
                struct aza_bytes *bytes = aza_td_collateral_bytes(&c, &part);
                size_t refused = 0, letters = 0;
                assert_null(part_fault(part.name, &c, &pck));
                for (size_t i = 0; i < bytes->len; i++) {
                        const uint8_t bit = (uint8_t)(1u << i % 8);
                        letters += is_case(bytes, i, bit) ? 1 : 0;
                        bytes->data[i] ^= bit;
                        refused += part_fault(part.name, &c, &pck) != NULL ? 1 : 0;
                        bytes->data[i] ^= bit;
                }
                print_message("%s: %zu of %zu bytes refused, %zu other case of a digit\n",
                              part.name, refused, bytes->len, letters);
                assert_int_equal(refused + letters, bytes->len);
        }
        aza_intel_chain_free(&pck);
        aza_td_collateral_free(&c);
}

/* What azattest-security(7) says no signature covers of it. */
static void uncovered(void **state)
{
        AZA_BYTES struct aza_bytes quote = vector(FLASHBOTS);

        (void)state;
        for (int what = 0; what < 3; what++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_td_collateral c = real_collateral(AZURE);
                const struct aza_td_options o = {.collateral = &c, .time = AZURE_TIME};
                struct aza_td_tcb tcb;
                if (what == 0)
                        for (size_t i = c.tcb_info.len - 130; i < c.tcb_info.len - 2; i++)
                                c.tcb_info.data[i] = (uint8_t)toupper(c.tcb_info.data[i]);
                else if (what == 1)
                        assert_int_equal(aza_bytes_append_text(&c.qe_identity, " \n"), 0);
                else
                        c.qe_identity.data[1] ^= 1; /* not so: a byte of what is around it */
                (void)aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb);
                if (what < 2)
                        assert_no_reject(&checks);
                else
                        assert_outcome(&checks, AZA_CHECK_I9, AZA_REJECT);
                aza_td_collateral_free(&c);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(verdicts),
                cmocka_unit_test(files_of_quotes),
                cmocka_unit_test(files_of_collateral),
                cmocka_unit_test(out_of_date_module),
                cmocka_unit_test(signatures_alone),
                cmocka_unit_test(fields),
                cmocka_unit_test(report_hashes),
                cmocka_unit_test(every_byte_of_a_quote),
                cmocka_unit_test(bytes_of_the_collateral),
                cmocka_unit_test(every_byte_of_the_collateral),
                cmocka_unit_test(uncovered),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
