/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/snp_*: real reports with AMD's certificates, mutations of them, and reports of an
 * authority of our own whose fields are wrong in one thing each. */
#include "unit/snp_support.h"

#define BASE "azure-snp/milan-v3-coco-evidence-v2"

/* All of AMD's certificates with the given VCEK in front: the right ones have to be picked. */
static aza_certs *amd_pile(const char *vcek)
{
        static const char *const all[] = {"amd/turin_ark.pem", "amd/turin_ask.pem",
                                          "amd/genoa_ark.pem", "amd/genoa_ask.pem",
                                          "amd/milan_ark.pem", "amd/milan_ask.pem"};
        aza_certs *pile = sk_X509_new_null();
        add_file(pile, vcek);
        for (size_t i = 0; i < 6; i++)
                add_file(pile, all[i]);
        return pile;
}

static bool verify(struct aza_span report, const aza_certs *pile, const char *profile, int64_t time,
                   struct aza_checks *checks)
{
        const struct aza_snp_options options = {
                .profile = aza_profile_find(profile), .certs = pile, .time = time};
        bool ok = aza_snp_verify(libctx, report, &options, checks, NULL);
        /* Exactly one row for each check. */
        for (int id = AZA_CHECK_S1; id <= AZA_CHECK_S36; id++) {
                size_t rows = 0;
                for (size_t i = 0; i < checks->count; i++)
                        rows += checks->items[i].id == (enum aza_check_id)id;
                if (rows != 1)
                        fail_msg("%s has %zu rows", aza_check_id_text((enum aza_check_id)id), rows);
        }
        return ok;
}

static void real_set(const char *set, const char *profile, enum aza_check_id reject)
{
        AZA_CHECKS struct aza_checks checks = {0};
        char vcek[128];
        (void)snprintf(vcek, sizeof(vcek), "%s/vcek.der", set);
        AZA_OWN(aza_certs_free) aza_certs *pile = amd_pile(vcek);
        AZA_BYTES struct aza_bytes report = set_file(set, "snp-report.bin");
        bool ok = verify(aza_bytes_span(&report), pile, profile, TEST_TIME, &checks);
        if (reject == AZA_CHECK_COUNT) {
                assert_no_reject(&checks);
                assert_true(ok);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        } else {
                assert_false(ok);
                assert_outcome(&checks, reject, AZA_REJECT);
                /* Only floors and platform demands may refuse genuine evidence. */
                for (int id = AZA_CHECK_S1; id < AZA_CHECK_S25; id++)
                        assert_int_not_equal(
                                aza_checks_get(&checks, (enum aza_check_id)id)->outcome,
                                AZA_REJECT);
        }
}

static void real_reports(void **state)
{
        (void)state;
        (void)vectors();
        real_set("azure-snp/milan-v2-2023-coco", "none", AZA_CHECK_COUNT);
        real_set("azure-snp/milan-v2-2023-coco", "azure-baseline", AZA_CHECK_S26);
        real_set("azure-snp/milan-v2-2023-coco", "azure-baseline", AZA_CHECK_S34);
        real_set("azure-snp/milan-v2-2023-coco", "strict", AZA_CHECK_S36);
        real_set(BASE, "none", AZA_CHECK_COUNT);
        real_set(BASE, "azure-baseline", AZA_CHECK_COUNT);
        real_set(BASE, "strict", AZA_CHECK_S36);
        real_set("azure-snp/genoa-v3-coco", "none", AZA_CHECK_COUNT);
        real_set("azure-snp/genoa-v3-coco", "azure-baseline", AZA_CHECK_COUNT);
        real_set("azure-snp/genoa-v3-coco", "strict", AZA_CHECK_S26);
}

static void refused_real(const char *report_file, const char *vcek, int64_t time,
                         enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = amd_pile(vcek);
        AZA_BYTES struct aza_bytes report = vector(report_file);
        assert_false(verify(aza_bytes_span(&report), pile, "azure-baseline", time, &checks));
        assert_rejects(&checks, id);
}

static void negatives(void **state)
{
        (void)state;
        (void)vectors();
        refused_real("negative/snp-short-1183.bin", BASE "/vcek.der", TEST_TIME, AZA_CHECK_S1);
        refused_real("negative/snp-measurement-bitflip.bin", BASE "/vcek.der", TEST_TIME,
                     AZA_CHECK_S22);
        refused_real("negative/snp-sig-bitflip.bin", BASE "/vcek.der", TEST_TIME, AZA_CHECK_S22);
        refused_real(BASE "/snp-report.bin", BASE "/vcek.der", 1577836800, AZA_CHECK_S16);
        refused_real(BASE "/snp-report.bin", BASE "/vcek.der", 2019686400, AZA_CHECK_S16);

        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = amd_pile("negative/vcek-of-other-chip.der");
        AZA_BYTES struct aza_bytes report = set_file(BASE, "snp-report.bin");
        assert_false(verify(aza_bytes_span(&report), pile, "azure-baseline", TEST_TIME, &checks));
        assert_outcome(&checks, AZA_CHECK_S20, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_S22, AZA_REJECT);
}

/* A missing certificate makes the result incomplete, not bad; and a Genoa VCEK does not fit. */
static void chains(void **state)
{
        (void)state;
        (void)vectors();
        AZA_BYTES struct aza_bytes report = set_file(BASE, "snp-report.bin");
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        static const char *const steps[] = {BASE "/vcek.der", "amd/milan_ask.pem"};
        for (size_t i = 0; i <= 2; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                assert_false(verify(aza_bytes_span(&report), pile, NULL, TEST_TIME, &checks));
                assert_no_reject(&checks);
                assert_outcome(&checks, AZA_CHECK_S10, AZA_UNAVAILABLE);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
                if (i < 2)
                        add_file(pile, steps[i]);
        }
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free)
        aza_certs *genoa = amd_pile("azure-snp/genoa-v3-coco/vcek.der");
        assert_false(verify(aza_bytes_span(&report), genoa, NULL, TEST_TIME, &checks));
        assert_outcome(&checks, AZA_CHECK_S9, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_S22, AZA_REJECT);
}

/* Every bit of a real report is protected by something: no flip is accepted. */
static void every_byte_flipped(void **state)
{
        (void)state;
        (void)vectors();
        AZA_BYTES struct aza_bytes report = set_file(BASE, "snp-report.bin");
        AZA_BYTES struct aza_bytes der = set_file(BASE, "vcek.der");
        AZA_OWN(X509_free) X509 *vcek = aza_cert_parse(libctx, aza_bytes_span(&der));
        assert_non_null(vcek);
        for (size_t i = 0; i < report.len; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_snp_report r = {0};
                report.data[i] ^= (uint8_t)(1u << (i % 8));
                bool ok =
                        aza_snp_report_parse(aza_bytes_span(&report), AZA_SNP_VCEK, &checks, &r) &&
                        aza_snp_report_signature(libctx, &r, X509_get0_pubkey(vcek), &checks);
                report.data[i] ^= (uint8_t)(1u << (i % 8));
                if (ok)
                        fail_msg("flip in byte 0x%zx accepted", i);
        }
        for (size_t len = 0; len < 1300; len += len < 1180 ? 59 : 1) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                struct aza_snp_report r = {0};
                assert_int_equal(aza_bytes_resize(&cut, len), 0);
                memcpy(cut.data, report.data, len < 1184 ? len : 1184);
                assert_true(aza_snp_report_parse(aza_bytes_span(&cut), AZA_SNP_VCEK, &checks, &r) ==
                            (len == 1184));
        }
}

/* ---- of our own authority ---- */

struct byte_case {
        size_t offset;
        uint8_t value;
        enum aza_check_id id;
};

static void one_byte(const struct byte_case *c, bool before_signing)
{
        struct test_chain chain = good_chain();
        uint8_t r[AZA_SNP_REPORT_LEN];
        good_report(r);
        if (before_signing)
                r[c->offset] = c->value;
        sign_report(r);
        if (!before_signing)
                r[c->offset] = c->value;
        judge(r, &chain, NULL, c->id);
        chain_free(&chain);
}

static void signed_fields(void **state)
{
        static const struct byte_case all[] = {
                {0x000, 3, AZA_CHECK_COUNT},   {0x000, 5, AZA_CHECK_COUNT},
                {0x000, 6, AZA_CHECK_S2},      {0x000, 1, AZA_CHECK_S2},
                {0x000, 0, AZA_CHECK_S2},      {0x034, 2, AZA_CHECK_S3},
                {0x048, 4, AZA_CHECK_S4},      {0x048, 7 << 2, AZA_CHECK_S4},
                {0x048, 1 << 5, AZA_CHECK_S5}, {0x04C, 1, AZA_CHECK_S5},
                {0x00A, 1, AZA_CHECK_S5},      {0x00B, 4, AZA_CHECK_S5},
                {0x18B, 1, AZA_CHECK_S5},      {0x1EB, 1, AZA_CHECK_S5},
                {0x1F8, 1, AZA_CHECK_S5},      {0x29F, 1, AZA_CHECK_S5},
                {0x03A, 1, AZA_CHECK_S5},      {0x188, 0x1B, AZA_CHECK_S8},
                {0x189, 0x20, AZA_CHECK_S8},   {0x189, 0x11, AZA_CHECK_S9},
                {0x1A0, 0, AZA_CHECK_S20},     {0x180, 5, AZA_CHECK_S23},
                {0x186, 0x19, AZA_CHECK_S23},  {0x1E7, 0xDC, AZA_CHECK_S25},
                {0x1ED, 0x38, AZA_CHECK_S28},  {0x00A, 0x0B, AZA_CHECK_S29},
                {0x00A, 0x07, AZA_CHECK_S29},  {0x00A, 0x23, AZA_CHECK_S29},
                {0x040, 0x05, AZA_CHECK_S30},  {0x041, 0x01, AZA_CHECK_S30},
                {0x030, 1, AZA_CHECK_S31},     {0x004, 9, AZA_CHECK_S32},
                {0x1E7, 0xDA, AZA_CHECK_S26},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                one_byte(&all[i], true);
}

static void host_requested(void **state)
{
        struct test_chain chain = good_chain();
        struct aza_snp_options options = {.vmpl_allow = UINT32_MAX};
        uint8_t r[AZA_SNP_REPORT_LEN];
        (void)state;
        good_report(r);
        memset(r + 0x30, 0xFF, 4);
        sign_report(r);
        judge(r, &chain, &options, AZA_CHECK_S31);
        r[0x30] = 1;
        memset(r + 0x31, 0, 3);
        sign_report(r);
        judge(r, &chain, &options, AZA_CHECK_COUNT);
        chain_free(&chain);
}

static void signature_field(void **state)
{
        static const struct byte_case all[] = {{0x49F, 1, AZA_CHECK_S6},
                                               {0x330, 1, AZA_CHECK_S6},
                                               {0x2A0 + 48, 1, AZA_CHECK_S6},
                                               {0x2E8 + 71, 1, AZA_CHECK_S6}};
        static const uint8_t n[48] = {0x73, 0x29, 0xC5, 0xCC, 0x6A, 0x19, 0xEC, 0xEC, 0x7A, 0xA7,
                                      0xB0, 0x48, 0xB2, 0x0D, 0x1A, 0x58, 0xDF, 0x2D, 0x37, 0xF4,
                                      0x81, 0x4D, 0x63, 0xC7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        struct test_chain chain = good_chain();
        uint8_t r[AZA_SNP_REPORT_LEN];
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                one_byte(&all[i], false);
        good_report(r);
        for (size_t at = 0x2A0; at <= 0x2E8; at += 72) {
                sign_report(r);
                memset(r + at, 0, 48);
                judge(r, &chain, NULL, AZA_CHECK_S7);
                memcpy(r + at, n, 48);
                judge(r, &chain, NULL, AZA_CHECK_S7);
                memset(r + at, 0xFF, 48);
                judge(r, &chain, NULL, AZA_CHECK_S7);
                memcpy(r + at, n, 48);
                r[at]--; /* n - 1 is in range, and no signature */
                judge(r, &chain, NULL, AZA_CHECK_S22);
        }
        chain_free(&chain);
}

static void options(void **state)
{
        struct test_chain chain = good_chain();
        uint8_t r[AZA_SNP_REPORT_LEN], wanted[48];
        const struct aza_span list[] = {{wanted, 48}};
        const struct aza_snp_tcb floor = {.bootloader = 5};
        const struct aza_snp_firmware firmware = {1, 56, 0};
        (void)state;
        good_report(r);
        r[0x0A] = 0x0B; /* debug */
        sign_report(r);
        struct aza_snp_options o = {.policy_allow = AZA_SNP_POLICY_DEBUG};
        judge(r, &chain, &o, AZA_CHECK_COUNT);
        good_report(r);
        sign_report(r);
        o = (struct aza_snp_options){.policy_forbid = AZA_SNP_POLICY_SMT};
        judge(r, &chain, &o, AZA_CHECK_S29);
        o = (struct aza_snp_options){.policy_require = AZA_SNP_POLICY_CIPHERTEXT_DRAM};
        judge(r, &chain, &o, AZA_CHECK_S29);
        o = (struct aza_snp_options){.abi_minor = 0x20};
        judge(r, &chain, &o, AZA_CHECK_S29);
        o = (struct aza_snp_options){.platform_forbid = 1};
        judge(r, &chain, &o, AZA_CHECK_S30);
        o = (struct aza_snp_options){.platform_require = 1u << 6};
        judge(r, &chain, &o, AZA_CHECK_S30);
        o = (struct aza_snp_options){.launch_floor = &floor};
        judge(r, &chain, &o, AZA_CHECK_S27);
        o = (struct aza_snp_options){.firmware_floor = &firmware};
        judge(r, &chain, &o, AZA_CHECK_S28);
        memset(wanted, 0x11, 48);
        o = (struct aza_snp_options){.measurement = list[0]};
        judge(r, &chain, &o, AZA_CHECK_COUNT);
        wanted[47] ^= 1;
        judge(r, &chain, &o, AZA_CHECK_S33);
        memset(wanted, 0, 48);
        /* The author key's digest fits, but AUTHOR_KEY_EN is clear. */
        o = (struct aza_snp_options){.author_keys = {list, 1}};
        judge(r, &chain, &o, AZA_CHECK_S34);
        o = (struct aza_snp_options){.mitigations = 2};
        judge(r, &chain, &o, AZA_CHECK_S35);
        o = (struct aza_snp_options){.products = 1u << AZA_SNP_GENOA};
        judge(r, &chain, &o, AZA_CHECK_S36);
        o = (struct aza_snp_options){.chips = {list, 1}};
        judge(r, &chain, &o, AZA_CHECK_S36);
        o = (struct aza_snp_options){.products = 1u << AZA_SNP_MILAN,
                                     .profile = aza_profile_find("strict")};
        judge(r, &chain, &o, AZA_CHECK_S26);
        /* Provisional firmware: current above committed. */
        r[0x3F] = 0xDE;
        sign_report(r);
        o = (struct aza_snp_options){0};
        judge(r, &chain, &o, AZA_CHECK_COUNT);
        o = (struct aza_snp_options){.no_provisional = true};
        judge(r, &chain, &o, AZA_CHECK_S25);
        chain_free(&chain);
}

/* S34 of `r` with `o`: outcome and a part of its reason; no other check rejects. */
static void id_key(const uint8_t *r, struct test_chain *chain, struct aza_snp_options o,
                   enum aza_outcome outcome, const char *reason)
{
        AZA_CHECKS struct aza_checks checks = {0};
        o.certs = chain->pile;
        o.roots = chain->roots;
        o.time = TEST_TIME;
        (void)aza_snp_verify(libctx, aza_span_of(r, AZA_SNP_REPORT_LEN), &o, &checks, NULL);
        assert_outcome(&checks, AZA_CHECK_S34, outcome);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_S34)->reason, reason));
        if (outcome == AZA_REJECT)
                assert_rejects(&checks, AZA_CHECK_S34);
        else
                assert_no_reject(&checks);
}

/* A genuine chip runs anybody's paravisor: by default only one that Microsoft signed for is
 * accepted. */
static void foreign_paravisors(void **state)
{
        struct test_chain chain = good_chain();
        const struct aza_snp_options none = {.profile = aza_profile_find("none")};
        uint8_t r[AZA_SNP_REPORT_LEN], other[48], zero[48] = {0};
        const struct aza_span others[] = {{other, 48}}, zeros[] = {{zero, 48}};
        (void)state;
        memset(other, 0xEE, 48);
        good_report(r);
        sign_report(r);
        id_key(r, &chain, (struct aza_snp_options){0}, AZA_ACCEPT,
               "profile azure-baseline of 2026-11-24: Microsoft signed");
        id_key(r, &chain, none, AZA_SWITCHED_OFF, "anybody's paravisor");
        id_key(r, &chain, (struct aza_snp_options){.id_keys = {others, 1}}, AZA_REJECT,
               "not in the list");
        memcpy(r + 0xE0, other, 48);
        sign_report(r);
        id_key(r, &chain, (struct aza_snp_options){0}, AZA_REJECT,
               "not signed with a key of profile azure-baseline of 2026-11-24 (Microsoft's)");
        /* The caller's list stands in place of the profile's. */
        id_key(r, &chain, (struct aza_snp_options){.id_keys = {others, 1}}, AZA_ACCEPT, "caller");
        id_key(r, &chain, none, AZA_SWITCHED_OFF, "anybody's paravisor");
        memset(r + 0xE0, 0, 48);
        sign_report(r);
        id_key(r, &chain, (struct aza_snp_options){0}, AZA_REJECT, "without an ID block");
        id_key(r, &chain, (struct aza_snp_options){.id_keys = {others, 1}}, AZA_REJECT,
               "without an ID block");
        id_key(r, &chain, (struct aza_snp_options){.id_keys = {zeros, 1}}, AZA_ACCEPT, "caller");
        id_key(r, &chain, none, AZA_SWITCHED_OFF, "anybody's paravisor");
        assert_int_equal(aza_profile_find("strict")->id_keys.count, 1);
        chain_free(&chain);
}

/* Reported and certificate agree, but the machine runs something older. */
static void certificate_above_current(void **state)
{
        struct cert_plan ark = ark_plan(), ask = ask_plan(), vcek = vcek_plan();
        struct leaf_plan l = milan_leaf();
        uint8_t r[AZA_SNP_REPORT_LEN];
        (void)state;
        l.spl[8] = 0xDE;
        struct test_chain chain = make_chain(&ark, &ask, &vcek, &l);
        good_report(r);
        r[0x187] = 0xDE;
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_S24);
        chain_free(&chain);
}

static void mitigations(void **state)
{
        struct test_chain chain = good_chain();
        struct aza_snp_options o = {.mitigations = 2};
        uint8_t r[AZA_SNP_REPORT_LEN];
        (void)state;
        good_report(r);
        r[0] = 5;
        r[0x1F8] = 2;
        r[0x200] = 6;
        sign_report(r);
        judge(r, &chain, &o, AZA_CHECK_COUNT);
        r[0x1F8] = 4;
        sign_report(r);
        judge(r, &chain, &o, AZA_CHECK_S35);
        chain_free(&chain);
}

static void turin_layout(void **state)
{
        static const uint8_t word[8] = {1, 2, 3, 4, 0, 0, 0, 5};
        char text[96];
        (void)state;
        struct aza_snp_tcb t = aza_snp_tcb_of(word, AZA_SNP_TURIN);
        assert_string_equal(aza_snp_tcb_text(&t, AZA_SNP_TURIN, text),
                            "FMC 1, bootloader 2, TEE 3, SNP 0x04, microcode 0x05");
        t = aza_snp_tcb_of((const uint8_t[8]){1, 2, 0, 0, 0, 0, 3, 4}, AZA_SNP_MILAN);
        assert_string_equal(aza_snp_tcb_text(&t, AZA_SNP_MILAN, text),
                            "bootloader 1, TEE 2, SNP 0x03, microcode 0x04");
        /* Component-wise: neither of these is at most the other. */
        const struct aza_snp_tcb a = {.bootloader = 1, .microcode = 9},
                                 b = {.bootloader = 2, .microcode = 8};
        assert_false(aza_snp_tcb_at_most(&a, &b));
        assert_false(aza_snp_tcb_at_most(&b, &a));
}

/* The row of the tables that each silicon line gets (D21). */
static void lines(void **state)
{
        static const struct {
                uint8_t family, model, stepping;
                enum aza_snp_product product;
                const char *line;
                int base, strict; /* microcode */
        } all[] = {{0x19, 0x01, 1, AZA_SNP_MILAN, "Milan", 0xDB, 0xDE},
                   {0x19, 0x01, 2, AZA_SNP_MILAN, "Milan-X", 0x44, AZA_NO_FLOOR},
                   {0x19, 0x11, 1, AZA_SNP_GENOA, "Genoa", 0x54, 0x56},
                   {0x19, 0x11, 2, AZA_SNP_GENOA, "Genoa-X", 0x4F, 0x51},
                   {0x19, 0xA0, 2, AZA_SNP_GENOA, "Bergamo/Siena", 0x19, 0x1B},
                   {0x19, 0xAF, 2, AZA_SNP_GENOA, "Bergamo/Siena", 0x19, 0x1B},
                   {0x1A, 0x02, 1, AZA_SNP_TURIN, "Turin", 0x50, 0x51},
                   {0x19, 0x01, 0, AZA_SNP_MILAN, NULL, 0, 0}};
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                const struct aza_snp_report r = {.has_cpuid = true,
                                                 .family = all[i].family,
                                                 .model = all[i].model,
                                                 .stepping = all[i].stepping};
                bool known = false;
                const struct aza_snp_floor *base = aza_snp_floor_find(
                        aza_profile_find("azure-baseline"), &r, all[i].product, NULL, &known);
                const struct aza_snp_floor *strict = aza_snp_floor_find(
                        aza_profile_find("strict"), &r, all[i].product, NULL, &known);
                if (all[i].line == NULL) {
                        assert_null(base);
                        assert_null(strict);
                        continue;
                }
                assert_string_equal(base->line, all[i].line);
                assert_int_equal(base->microcode, all[i].base);
                assert_string_equal(strict->line, all[i].line);
                assert_int_equal(strict->microcode, all[i].strict);
        }
        assert_null(aza_profile_find("nonesuch"));
        assert_ptr_equal(aza_profile_find(NULL), aza_profile_find("azure-baseline"));
        assert_null(aza_profile_find("none")->floors);
}

/* Reports of the form that Azure's Genoa hosts give in autumn 2026: version 5, guest SVN
 * 0x1000D, family id 01232000. They meet `strict`, and each component one below does not. */
static void todays_genoa(void **state)
{
        static const uint8_t tcbs[][4] = {{0x0A, 0, 0x1B, 0x58}, {0x0C, 0, 0x1C, 0x58}};
        static const char *const profiles[] = {"azure-baseline", "strict"};
        static const size_t words[] = {0x38, 0x180, 0x1E0, 0x1F0};
        (void)state;
        for (size_t i = 0; i < 4; i++) {
                for (int lower = 0; lower < 2; lower++) {
                        AZA_CHECKS struct aza_checks form = {0}, checks = {0};
                        const uint8_t *t = tcbs[i / 2];
                        uint8_t bytes[AZA_SNP_REPORT_LEN];
                        struct aza_snp_report r = {0};
                        good_report(bytes);
                        bytes[0] = 5;
                        memcpy(bytes + 4, "\x0d\x00\x01\x00", 4);
                        memcpy(bytes + 0x10, "\x01\x23\x20\x00", 4);
                        bytes[0x189] = 0x11;
                        for (size_t w = 0; w < 4; w++) {
                                bytes[words[w]] = t[0];
                                bytes[words[w] + 1] = t[1];
                                bytes[words[w] + 6] = lower ? 0x16 : t[2];
                                bytes[words[w] + 7] = t[3];
                        }
                        sign_report(bytes);
                        assert_true(aza_snp_report_parse(aza_span_of(bytes, sizeof(bytes)),
                                                         AZA_SNP_VCEK, &form, &r));
                        assert_no_reject(&form);
                        const struct aza_snp_options o = {
                                .profile = aza_profile_find(profiles[i % 2]), .time = TEST_TIME};
                        bool ok = aza_snp_policy_check(&r, r.product, &o, &checks);
                        assert_int_equal(ok, !lower);
                        assert_outcome(&checks, AZA_CHECK_S26, lower ? AZA_REJECT : AZA_ACCEPT);
                        assert_outcome(&checks, AZA_CHECK_S32, AZA_ACCEPT);
                        assert_null(strstr(o.profile->note, "fleet"));
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_reports),
                cmocka_unit_test(negatives),
                cmocka_unit_test(chains),
                cmocka_unit_test(every_byte_flipped),
                cmocka_unit_test(signed_fields),
                cmocka_unit_test(host_requested),
                cmocka_unit_test(signature_field),
                cmocka_unit_test(options),
                cmocka_unit_test(mitigations),
                cmocka_unit_test(certificate_above_current),
                cmocka_unit_test(foreign_paravisors),
                cmocka_unit_test(turin_layout),
                cmocka_unit_test(lines),
                cmocka_unit_test(todays_genoa),
        };
        return cmocka_run_group_tests(tests, set_up_keys, tear_down_keys);
}
