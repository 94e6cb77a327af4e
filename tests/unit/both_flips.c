/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One bit of every byte of a whole VM's evidence, one at a time: refused, or in a field that
 * is covered by nothing: azattest-security(7), "What no signature covers".
 */
#include "unit/both_support.h"

enum cover {
        COVERED,
        HCL_HEADER, /* reserved words of the HCL report's header */
        AK_OBJECT,  /* attributes and scheme of the AK's TPM object */
        LOG_TEXT,   /* type and data of events that are not what was hashed */
};

/* ---- which bytes nothing covers ---- */

static bool in(size_t i, size_t from, size_t to)
{
        return i >= from && i < to;
}

/* Every event of the log as the bytes where its type and its data stand: 1. */
static uint8_t *log_texts(struct aza_span log)
{
        struct aza_events events;
        struct aza_event e;
        uint8_t *map = calloc(1, log.len);
        size_t at;

        assert_non_null(map);
        memset(map + 8, 1, 20);      /* stands where other events have a digest */
        memset(map + 32 + 16, 1, 8); /* platform class, version, size of UINTN */
        assert_null(aza_events_begin(log, TPM2_ALG_SHA256, &events));
        for (at = log.len - events.reader.rest.len; aza_events_next(&events, &e);
             at = log.len - events.reader.rest.len) {
                memset(map + at + 4, 1, 4);
                memset(map + (e.data.data - log.data), 1, e.data.len);
        }
        return map;
}

/* In the log, digests of other banks than the quoted one are covered by nothing either. */
static void mark_other_banks(struct aza_span log, uint8_t *map)
{
        struct aza_events events;
        struct aza_event e;
        size_t at;

        assert_null(aza_events_begin(log, TPM2_ALG_SHA256, &events));
        for (at = log.len - events.reader.rest.len; aza_events_next(&events, &e);
             at = log.len - events.reader.rest.len) {
                size_t own = (size_t)(e.digest.data - log.data);
                size_t end = (size_t)(e.data.data - log.data) - 4;
                for (size_t i = at + 12 + 2; i < end; i++)
                        if (!in(i, own - 2, own + e.digest.len))
                                map[i] = 1;
        }
}

static bool covered(enum cover how, const uint8_t *map, size_t i)
{
        switch (how) {
        case HCL_HEADER:
                return !in(i, 0x14, 0x20);
        case AK_OBJECT: /* TPM2B_PUBLIC: attributes, hash of the scheme */
                return !in(i, 6, 10) && !in(i, 16, 18);
        case LOG_TEXT:
                return map[i] == 0;
        case COVERED:
                break;
        }
        return true;
}

/* ---- the flips ---- */

static void flip(struct aza_evidence_file *f, struct aza_bytes *part, enum cover how, size_t step)
{
        struct aza_judge_options o = options();
        uint8_t *map = how == LOG_TEXT ? log_texts(aza_bytes_span(part)) : NULL;

        if (map != NULL)
                mark_other_banks(aza_bytes_span(part), map);
        for (size_t i = 0; i < part->len; i += step) {
                AZA_CHECKS struct aza_checks checks = {0};
                part->data[i] ^= (uint8_t)(1u << (i % 8));
                int code = aza_evidence_judge(libctx, f, &o, &checks, NULL);
                part->data[i] ^= (uint8_t)(1u << (i % 8));
                if (code == 0 && covered(how, map, i))
                        fail_msg("flip in byte %zu of %zu accepted", i, part->len);
                if (code != 0 && how != LOG_TEXT && !covered(how, map, i))
                        fail_msg("byte %zu is better covered than azattest-security(7) says", i);
        }
        free(map);
}

static void binary_parts(void **state)
{
        struct aza_evidence_file f = copy(&good);

        (void)state;
        flip(&f, &f.hcl_report, HCL_HEADER, 5);
        flip(&f, &f.ak_public, AK_OBJECT, 1);
        flip(&f, &f.ak_certificate, COVERED, 5); /* 4096 with its padding */
        flip(&f, &f.quote.message, COVERED, 1);
        flip(&f, &f.quote.signature, COVERED, 1);
        flip(&f, &f.key_public, COVERED, 1);
        flip(&f, &f.certify.message, COVERED, 1);
        flip(&f, &f.certify.signature, COVERED, 1);
        aza_evidence_file_free(&f);
}

static void event_log(void **state)
{
        struct aza_evidence_file f = copy(&good);

        (void)state;
        flip(&f, &f.event_log, LOG_TEXT, 11);
        aza_evidence_file_free(&f);
}

static void values(void **state)
{
        struct aza_evidence_file f = copy(&good);
        struct aza_judge_options o = options();

        (void)state;
        for (size_t i = 0; i < 8 * AZA_PCR_SIZE; i += 7) {
                AZA_CHECKS struct aza_checks checks = {0};
                uint8_t *byte = &f.pcrs.value[i / AZA_PCR_SIZE][i % AZA_PCR_SIZE];
                *byte ^= 1;
                assert_int_not_equal(aza_evidence_judge(libctx, &f, &o, &checks, NULL), 0);
                *byte ^= 1;
                assert_rejects(&checks, AZA_CHECK_Q7);
        }
        aza_evidence_file_free(&f);
}

/* What the file says about itself is nobody's word: it decides nothing. */
static void unsigned_members(void **state)
{
        struct aza_evidence_file f = copy(&good);
        struct aza_judge_options o = options();
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        f.time = 1;
        assert_ok(aza_bytes_set(&f.nonce, "another", 7));
        assert_ok(aza_evidence_judge(libctx, &f, &o, &checks, NULL));
        aza_evidence_file_free(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(binary_parts),
                cmocka_unit_test(event_log),
                cmocka_unit_test(values),
                cmocka_unit_test(unsigned_members),
        };
        return cmocka_run_group_tests(tests, set_up_vm, tear_down_vm);
}
