/* SPDX-License-Identifier: Apache-2.0 */
/* tdx/verify, levels, chain, pck, quote: quotes of an Intel-shaped authority of our own that are
 * wrong in one thing each. */
#include "unit/tdx_support.h"

struct wrong {
        const char *what;
        void (*change)(struct td_plan *p);
        enum aza_check_id id;
};

/* The plan `p`, judged; `o` has what the verifier wants beside. */
static bool judged(struct td_plan *p, struct aza_td_options o, struct aza_checks *checks,
                   struct aza_td_tcb *ret)
{
        struct own_td td = own_td_of(p);

        o.roots = td.roots;
        o.time = TD_NOW;
        o.collateral = &td.collateral;
        bool good = aza_td_signature_verify(libctx, aza_bytes_span(&td.quote), &o, checks, ret);
        own_td_free(&td);
        return good;
}

#define CHANGE(name, ...)                   \
        static void name(struct td_plan *p) \
        {                                   \
                __VA_ARGS__;                \
        }
CHANGE(version_3, p->version = 3)
CHANGE(key_p384, p->key_type = 3)
CHANGE(sgx, p->tee = 0)
CHANGE(reserved_set, p->reserved[1] = 1)
CHANGE(other_vendor, p->vendor[3] ^= 1)
CHANGE(sgx_body, p->version = 5; p->body_type = 1; p->body_len = 384)
CHANGE(body_size, p->version = 5; p->body_type = 3)
CHANGE(tail, p->behind = "000001")
CHANGE(too_long, p->more = 4)
CHANGE(outer_type, p->outer_type = 5)
CHANGE(inner_type, p->inner_type = 3)
CHANGE(two_certificates, p->certificates = 2)
CHANGE(four_certificates, p->certificates = 4)
CHANGE(root_name, p->root.cn = "Intel SGX Root")
CHANGE(ca_name, p->ca.cn = "Intel SGX PCK Other CA")
CHANGE(pck_name, p->pck.cn = "Intel SGX TCB Signing")
CHANGE(pck_organization, p->pck.organization = "Intel")
CHANGE(pck_by_other, p->pck.signer = td_keys[OTHER_KEY])
CHANGE(ca_by_other, p->ca.signer = td_keys[OTHER_KEY])
CHANGE(pck_expired, p->pck.to = TD_NOW - 1)
CHANGE(ca_not_yet, p->ca.from = TD_NOW + 1)
CHANGE(pathlen, p->ca.constraints = "critical,CA:TRUE,pathlen:1")
CHANGE(ca_is_none, p->ca.constraints = "critical,CA:FALSE";
       p->ca.usage = "critical,digitalSignature")
CHANGE(pck_is_ca, p->pck.constraints = "critical,CA:TRUE";
       p->pck.usage = "critical,digitalSignature,keyCertSign")
CHANGE(pck_usage, p->pck.usage = "critical,keyAgreement")
CHANGE(no_extension, p->extension.none = true)
CHANGE(two_extensions, p->extension.two = true)
CHANGE(no_tcb, p->extension.leave_out = 2)
CHANGE(no_pce_id, p->extension.leave_out = 3)
CHANGE(no_fmspc, p->extension.leave_out = 4)
CHANGE(fmspc_twice, p->extension.twice = 4)
CHANGE(no_svn, p->extension.leave_out_tcb = 16)
CHANGE(no_pce_svn, p->extension.leave_out_tcb = 17)
CHANGE(svn_twice, p->extension.twice_tcb = 3)
CHANGE(pce_svn_twice, p->extension.twice_tcb = 17)
CHANGE(qe_by_other, p->qe_signer = td_keys[OTHER_KEY])
CHANGE(qe_unbound, p->bound = false; p->qe[320] = 1)
CHANGE(qe_rest, p->qe[383] = 1)
CHANGE(quote_by_other, p->quote_signer = td_keys[OTHER_KEY])
CHANGE(pck_revoked, p->pck.revoked = true)
CHANGE(ca_revoked, p->ca.revoked = true)
CHANGE(signing_revoked, p->signing.revoked = true)
CHANGE(crl_old, p->crl_to = TD_NOW - 1)
CHANGE(root_crl_by_other, p->root_crl_signer = td_keys[OTHER_KEY])
CHANGE(pck_crl_by_other, p->pck_crl_signer = td_keys[OTHER_KEY])
CHANGE(identity_by_other, p->qe_identity.signer = td_keys[OTHER_KEY])
CHANGE(identity_id, p->qe_identity.id = "QE")
CHANGE(identity_version, p->qe_identity.version = 1)
CHANGE(identity_old, p->qe_identity.next = "2026-02-20T11:59:59Z")
CHANGE(identity_future, p->qe_identity.issued = "2026-02-20T12:00:01Z")
CHANGE(identity_behind, p->qe_identity.behind = ",\"more\":1")
CHANGE(identity_status, p->qe_identity.status = "Fine")
CHANGE(qe_signer_other, p->qe[128] ^= 1)
CHANGE(qe_misc, p->qe[16] = 1)
CHANGE(qe_attributes, p->qe[48] |= 2) /* DEBUG */
CHANGE(qe_product, p->qe[256] = 1)
CHANGE(qe_svn_old, p->qe[258] = 3)
CHANGE(qe_svn_none, p->qe[258] = 0)
CHANGE(info_by_other, p->info.signer = td_keys[OTHER_KEY])
CHANGE(info_by_pck, p->info.signer = td_keys[PCK_KEY])
CHANGE(info_id, p->info.id = "SGX")
CHANGE(info_version, p->info.version = 2)
CHANGE(info_type, p->info.type = 1)
CHANGE(info_old, p->info.next = "2026-02-20T11:59:59Z")
CHANGE(info_future, p->info.issued = "2026-02-20T12:00:01Z")
CHANGE(info_fmspc, p->info.fmspc = "00806F050000")
CHANGE(info_pce_id, p->info.pce_id = "0001")
CHANGE(module_signer, p->body[64] = 1)
CHANGE(module_attributes, p->body[112] = 1)
CHANGE(module_unknown, p->body[1] = 2)
CHANGE(module_below, p->body[0] = 5)
CHANGE(module_old, p->info.module_status = "OutOfDate")
CHANGE(sgx_below, p->extension.svn[15] = 2)
CHANGE(tdx_below, p->body[2] = 2)
CHANGE(pce_below, p->extension.pce_svn = 12)
CHANGE(status_hardening, p->info.status = "SWHardeningNeeded")
CHANGE(status_revoked, p->info.status = "Revoked")
CHANGE(module_revoked, p->info.module_status = "Revoked")

static const struct wrong wrongs[] = {
#define WRONG(name, id)                     \
        {                                   \
#name, name, AZA_CHECK_##id \
        }
        WRONG(version_3, I1),
        WRONG(key_p384, I1),
        WRONG(sgx, I1),
        WRONG(reserved_set, I1),
        WRONG(other_vendor, I1),
        WRONG(sgx_body, I1),
        WRONG(body_size, I1),
        WRONG(tail, I1),
        WRONG(too_long, I1),
        WRONG(outer_type, I2),
        WRONG(inner_type, I2),
        WRONG(two_certificates, I2),
        WRONG(four_certificates, I2),
        WRONG(root_name, I3),
        WRONG(ca_name, I3),
        WRONG(pck_name, I3),
        WRONG(pck_organization, I3),
        WRONG(pck_by_other, I3),
        WRONG(ca_by_other, I3),
        WRONG(pck_expired, I3),
        WRONG(ca_not_yet, I3),
        WRONG(pathlen, I3),
        WRONG(ca_is_none, I3),
        WRONG(pck_is_ca, I3),
        WRONG(pck_usage, I3),
        WRONG(no_extension, I4),
        WRONG(two_extensions, I4),
        WRONG(no_tcb, I4),
        WRONG(no_pce_id, I4),
        WRONG(no_fmspc, I4),
        WRONG(fmspc_twice, I4),
        WRONG(no_svn, I4),
        WRONG(no_pce_svn, I4),
        WRONG(svn_twice, I4),
        WRONG(pce_svn_twice, I4),
        WRONG(qe_by_other, I5),
        WRONG(qe_unbound, I6),
        WRONG(qe_rest, I6),
        WRONG(quote_by_other, I7),
        WRONG(pck_revoked, I8),
        WRONG(ca_revoked, I8),
        WRONG(signing_revoked, I8),
        WRONG(crl_old, I8),
        WRONG(root_crl_by_other, I8),
        WRONG(pck_crl_by_other, I8),
        WRONG(identity_by_other, I9),
        WRONG(identity_id, I9),
        WRONG(identity_version, I9),
        WRONG(identity_old, I9),
        WRONG(identity_future, I9),
        WRONG(identity_behind, I9),
        WRONG(identity_status, I9),
        WRONG(qe_signer_other, I9),
        WRONG(qe_misc, I9),
        WRONG(qe_attributes, I9),
        WRONG(qe_product, I9),
        WRONG(qe_svn_old, I9),
        WRONG(qe_svn_none, I9),
        WRONG(info_by_other, I10),
        WRONG(info_by_pck, I10),
        WRONG(info_id, I10),
        WRONG(info_version, I10),
        WRONG(info_type, I10),
        WRONG(info_old, I10),
        WRONG(info_future, I10),
        WRONG(info_fmspc, I10),
        WRONG(info_pce_id, I10),
        WRONG(module_signer, I11),
        WRONG(module_attributes, I11),
        WRONG(module_unknown, I11),
        WRONG(module_below, I11),
        WRONG(module_old, I11),
        WRONG(sgx_below, I12),
        WRONG(tdx_below, I12),
        WRONG(pce_below, I12),
        WRONG(status_hardening, I12),
        WRONG(status_revoked, I12),
        WRONG(module_revoked, I11),
};

static void good_ones(void **state)
{
        (void)state;
        for (int what = 0; what < 4; what++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct td_plan p = good_td();
                struct aza_td_tcb tcb;
                p.version = what == 0 ? 4 : 5;
                if (what == 2) {
                        p.body_type = 3;
                        p.body_len = 648;
                } else if (what == 3) { /* anybody's other CA of Intel's */
                        p.ca.cn = "Intel SGX PCK Processor CA";
                }
                assert_true(judged(&p, (struct aza_td_options){.evaluation = 18}, &checks, &tcb));
                assert_no_reject(&checks);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
                assert_int_equal(checks.count, 14);
                assert_int_equal(tcb.status, AZA_TCB_UP_TO_DATE);
                assert_int_equal(tcb.evaluation, 18);
        }
}

/* Also that nothing else than what follows of it refuses: a status has two rows. */
static void each_refuses(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct td_plan p = good_td();
                struct aza_td_tcb tcb;
                wrongs[i].change(&p);
                bool good = judged(&p, (struct aza_td_options){0}, &checks, &tcb);
                const struct aza_check *row = aza_checks_get(&checks, wrongs[i].id);
                if (row == NULL || row->outcome != AZA_REJECT) {
                        print_checks(&checks);
                        fail_msg("%s: %s does not reject", wrongs[i].what,
                                 aza_check_id_text(wrongs[i].id));
                }
                if (good != (wrongs[i].id > AZA_CHECK_I9))
                        fail_msg("%s: H12 is wrong", wrongs[i].what);
                for (size_t n = 0; n < checks.count; n++)
                        if (checks.items[n].outcome == AZA_REJECT &&
                            checks.items[n].id < wrongs[i].id)
                                fail_msg("%s: %s rejects too", wrongs[i].what,
                                         aza_check_id_text(checks.items[n].id));
                assert_int_equal(checks.count, 14);
        }
}

/* What is known is taken by its text, and by nothing less: not by its place or its name. */
static void known_certificates(void **state)
{
        struct td_plan p = good_td(), q = good_td();
        q.root.to += TD_DAY; /* another certificate of the same name and key */
        struct own_td td = own_td_of(&p), other = own_td_of(&q);
        const struct aza_span signer = aza_bytes_span(&td.collateral.tcb_info_chain);
        struct aza_intel_chain own, same, fresh, stranger;

        (void)state;
        assert_null(aza_intel_chain_parse(libctx, signer, 2, NULL, &own));
        assert_null(aza_intel_chain_parse(libctx, signer, 2, &own, &same));
        assert_null(aza_intel_chain_parse(libctx, signer, 2, NULL, &fresh));
        assert_null(aza_intel_chain_parse(libctx, aza_bytes_span(&other.collateral.tcb_info_chain),
                                          2, &own, &stranger));
        for (size_t i = 0; i < 2; i++) {
                assert_ptr_equal(same.certs[i], own.certs[i]);
                assert_ptr_not_equal(fresh.certs[i], own.certs[i]);
        }
        assert_ptr_not_equal(stranger.certs[1], own.certs[1]);
        assert_int_not_equal(X509_cmp(stranger.certs[1], own.certs[1]), 0);
        struct aza_intel_chain *const all[] = {&own, &same, &fresh, &stranger};
        for (size_t i = 0; i < 4; i++)
                aza_intel_chain_free(all[i]);
        own_td_free(&td);
        own_td_free(&other);
}

/* A root of anybody's, pinned by nobody. */
static void foreign_root(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct td_plan p = good_td();
        struct own_td td = own_td_of(&p);
        const struct aza_td_options o = {
                .time = TD_NOW, .collateral = &td.collateral, .roots = "aa"};
        struct aza_td_tcb tcb;

        (void)state;
        assert_false(aza_td_signature_verify(libctx, aza_bytes_span(&td.quote), &o, &checks, &tcb));
        assert_outcome(&checks, AZA_CHECK_I3, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_I9, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_I10, AZA_REJECT);
        own_td_free(&td);
}

/* Both roots are pinned; the list at hand is of the one, and who signed the documents is below the
 * other. */
static void signer_below_another_root(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct td_plan p = good_td(), q = good_td();
        struct aza_td_tcb tcb;
        char roots[2 * 65];

        (void)state;
        q.root.key = q.root.signer = q.ca.signer = q.signing.signer = td_keys[OTHER_KEY];
        struct own_td td = own_td_of(&p), other = own_td_of(&q);
        (void)snprintf(roots, sizeof roots, "%s %s", td.roots, other.roots);
        const struct aza_td_options o = {
                .time = TD_NOW, .collateral = &td.collateral, .roots = roots};
        for (int both = 0; both < 2; both++) {
                struct aza_bytes *to =
                        both ? &td.collateral.qe_identity_chain : &td.collateral.tcb_info_chain;
                const struct aza_bytes *from = both ? &other.collateral.qe_identity_chain
                                                    : &other.collateral.tcb_info_chain;
                aza_checks_free(&checks);
                assert_int_equal(aza_bytes_set(to, from->data, from->len), 0);
                assert_false(aza_td_signature_verify(libctx, aza_bytes_span(&td.quote), &o, &checks,
                                                     &tcb));
                assert_rejects(&checks, AZA_CHECK_I8);
                assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_I8)->reason,
                                       "below another root"));
                assert_outcome(&checks, AZA_CHECK_I9, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_I10, AZA_ACCEPT);
        }
        own_td_free(&td);
        own_td_free(&other);
}

/* What is accepted by name, and what by no name. */
static void statuses(void **state)
{
        static const struct {
                const char *platform, *module, *qe;
                enum aza_tcb_status accept, worst;
                bool good;
        } all[] = {
                {"SWHardeningNeeded", "UpToDate", "UpToDate", AZA_TCB_SW_HARDENING,
                 AZA_TCB_SW_HARDENING, true},
                {"ConfigurationNeeded", "UpToDate", "UpToDate", AZA_TCB_SW_HARDENING,
                 AZA_TCB_CONFIGURATION, false},
                {"UpToDate", "OutOfDate", "UpToDate", AZA_TCB_OUT_OF_DATE, AZA_TCB_OUT_OF_DATE,
                 true},
                {"ConfigurationNeeded", "OutOfDate", "UpToDate", AZA_TCB_OUT_OF_DATE,
                 AZA_TCB_OUT_OF_DATE_CONFIGURATION, false},
                {"SWHardeningNeeded", "UpToDate", "OutOfDate", AZA_TCB_OUT_OF_DATE,
                 AZA_TCB_OUT_OF_DATE, false}, /* the platform's own is not accepted */
                {"Revoked", "UpToDate", "UpToDate", AZA_TCB_REVOKED, AZA_TCB_REVOKED, false},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct td_plan p = good_td();
                struct aza_td_tcb tcb;
                p.info.status = all[i].platform;
                p.info.module_status = all[i].module;
                p.qe_identity.status = all[i].qe;
                (void)judged(&p, (struct aza_td_options){.accept = 1u << all[i].accept}, &checks,
                             &tcb);
                assert_int_equal(tcb.status, all[i].worst);
                assert_int_equal(aza_checks_verdict(&checks) == AZA_VERDICT_ACCEPT, all[i].good);
        }
}

/* Each accepted alone, together worse than what is accepted. */
static void worse_together(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct td_plan p = good_td();
        struct aza_td_tcb tcb;

        (void)state;
        p.info.status = "ConfigurationNeeded";
        p.info.module_status = "SWHardeningNeeded";
        assert_true(judged(&p,
                           (struct aza_td_options){.accept = 1u << AZA_TCB_CONFIGURATION |
                                                             1u << AZA_TCB_SW_HARDENING},
                           &checks, &tcb));
        assert_rejects(&checks, AZA_CHECK_I12);
        assert_int_equal(tcb.status, AZA_TCB_CONFIGURATION_SW);
        assert_non_null(strstr(tcb.advisories, "INTEL-SA-000021, INTEL-SA-00002"));
}

/* Without a major version the module is one of the platform's components. */
static void module_of_old(void **state)
{
        (void)state;
        for (int svn = 2; svn < 4; svn++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct td_plan p = good_td();
                struct aza_td_tcb tcb;
                memcpy(p.body, "\x03\x00\x03", 3);
                p.body[0] = (uint8_t)svn;
                p.info.tdx_svn = 3;
                assert_true(judged(&p, (struct aza_td_options){0}, &checks, &tcb));
                assert_outcome(&checks, AZA_CHECK_I11, AZA_ACCEPT);
                assert_rejects(&checks, AZA_CHECK_I12); /* component 1 is 0, below 3 */
        }
}

static void evaluation_number(void **state)
{
        (void)state;
        for (int lower = 0; lower < 2; lower++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct td_plan p = good_td();
                struct aza_td_tcb tcb;
                p.info.evaluation = lower == 0 ? 16 : 17;
                p.qe_identity.evaluation = lower == 0 ? 17 : 16;
                (void)judged(&p, (struct aza_td_options){.evaluation = 17}, &checks, &tcb);
                assert_rejects(&checks, AZA_CHECK_I13);
        }
}

/* What was not given is missing, what was given is judged. */
static void parts_of_collateral(void **state)
{
        static const enum aza_check_id ids[] = {AZA_CHECK_I10, AZA_CHECK_I10, AZA_CHECK_I9,
                                                AZA_CHECK_I9,  AZA_CHECK_I8,  AZA_CHECK_I8};
        struct aza_td_collateral_part part;

        (void)state;
        for (size_t i = 0; aza_td_collateral_part(i, &part); i++) {
                AZA_CHECKS struct aza_checks checks = {0}, ignored = {0};
                struct td_plan p = good_td();
                struct own_td td = own_td_of(&p);
                struct aza_td_options o = {
                        .time = TD_NOW, .collateral = &td.collateral, .roots = td.roots};
                struct aza_td_tcb tcb;
                aza_bytes_free(aza_td_collateral_bytes(&td.collateral, &part));
                bool good = aza_td_signature_verify(libctx, aza_bytes_span(&td.quote), &o, &checks,
                                                    &tcb);
                assert_int_equal(good, ids[i] == AZA_CHECK_I10);
                /* A document without its chain is nobody's. */
                assert_outcome(&checks, ids[i], i == 1 || i == 3 ? AZA_REJECT : AZA_UNAVAILABLE);
                assert_int_not_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
                o.ignore_crl = true;
                good = aza_td_signature_verify(libctx, aza_bytes_span(&td.quote), &o, &ignored,
                                               &tcb);
                assert_int_equal(good, ids[i] != AZA_CHECK_I9);
                own_td_free(&td);
        }
}

static void fields(void **state)
{
        static const uint8_t mrtd[48] = {0x77}, other[48] = {1};
        static const struct {
                size_t at;
                uint8_t bits;
                bool good;
        } all[] = {
                {120, 0x02, false}, {120, 0x80, false}, /* below: debuggers and profilers */
                {122, 0x01, false},                     /* 16: unknown */
                {123, 0x20, false},                     /* 29: migratable */
                {123, 0x08, true},  {123, 0xC0, true},  /* 27, 30, 31 */
                {127, 0x80, true},  {127, 0x40, false}, /* 63, 62 */
                {129, 0x40, true},  {129, 0x04, false}, /* XFAM 14, 10 */
                {133, 0x01, false}, {184, 1, false},    {232, 1, false},
                {280, 1, false},    {328, 1, true}, /* RTMR0 is measured, not demanded */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                for (int any = 0; any < 2; any++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct td_plan p = good_td();
                        struct aza_td td;
                        p.body[all[i].at] |= all[i].bits;
                        aza_td_body_read(aza_span_of(p.body, 584), &td);
                        const struct aza_td_options o = {.any_fields = any != 0};
                        if (aza_td_fields_check(&td, &o, &checks) != (all[i].good || any != 0))
                                fail_msg("byte %zu, bits %02x", all[i].at, all[i].bits);
                }
        for (size_t len = 584; len <= 648; len += 64)
                for (int what = 0; what < 3; what++)
                        for (int same = 0; same < 2; same++) {
                                AZA_CHECKS struct aza_checks checks = {0};
                                struct td_plan p = good_td();
                                struct aza_td td;
                                struct aza_td_options o = {.any_fields = true};
                                struct aza_span *const wanted[] = {&o.mrtd, &o.mrseam,
                                                                   &o.mrservicetd};
                                static const size_t at[] = {136, 16, 600};
                                memcpy(p.body + at[what], mrtd, 48);
                                aza_td_body_read(aza_span_of(p.body, len), &td);
                                *wanted[what] = aza_span_of(same ? mrtd : other, 48);
                                assert_int_equal(aza_td_fields_check(&td, &o, &checks),
                                                 same && (what < 2 || len == 648));
                        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_ones),
                cmocka_unit_test(each_refuses),
                cmocka_unit_test(known_certificates),
                cmocka_unit_test(foreign_root),
                cmocka_unit_test(signer_below_another_root),
                cmocka_unit_test(statuses),
                cmocka_unit_test(worse_together),
                cmocka_unit_test(module_of_old),
                cmocka_unit_test(evaluation_number),
                cmocka_unit_test(parts_of_collateral),
                cmocka_unit_test(fields),
        };
        return cmocka_run_group_tests(tests, make_td_keys, free_td_keys);
}
