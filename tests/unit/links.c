/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a link follows from its checks: a refusal wins, a gap is never "proven". */
#include "show/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct aza_link *find(const struct aza_link *links, const char *name)
{
        for (; links->name != NULL; links++)
                if (strcmp(links->name, name) == 0)
                        return links;
        fail_msg("no link '%s'", name);
        return NULL;
}

/* The reason that comes with the state, which has to be `text`. */
static const char *state_is(const struct aza_link *link, const struct aza_checks *checks,
                            bool trusted, const char *text)
{
        const struct aza_link_state found = aza_link_state(link, checks, trusted);

        assert_string_equal(found.text, text);
        return found.reason;
}

static void states(void **state)
{
        const struct aza_link *issuer = find(aza_links_of_token("sevsnp"), "issuer -> signing key");
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        (void)state_is(issuer, &checks, false, "not checked");
        (void)aza_accept(&checks, AZA_CHECK_T4, NULL);
        (void)aza_accept(&checks, AZA_CHECK_T5, NULL);
        (void)aza_accept(&checks, AZA_CHECK_T6, NULL);
        assert_null(state_is(issuer, &checks, false, "proven here"));
}

static void a_gap_is_not_proven(void **state)
{
        const struct aza_link *issuer = find(aza_links_of_token("sevsnp"), "issuer -> signing key");
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        (void)aza_accept(&checks, AZA_CHECK_T4, NULL);
        (void)aza_not_checked(&checks, AZA_CHECK_T6, AZA_NO_INPUT, "no key set");
        assert_non_null(strstr(state_is(issuer, &checks, true, "not checked"), "no key set"));
        (void)aza_reject(&checks, AZA_CHECK_T5, "unreachable");
        assert_non_null(strstr(state_is(issuer, &checks, true, "refused"), "unreachable"));
}

static void vouching_needs_the_signature(void **state)
{
        const struct aza_link *quote =
                find(aza_links_of_token("trustedlaunch"), "AK -> PCR values");
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        (void)state_is(quote, &checks, false, "not checked");
        (void)state_is(quote, &checks, true, "vouched for by MAA");
}

/* What T17 repeats is proven here; where it does not apply or cannot decide, MAA vouches. */
static void inner_hash(void **state)
{
        const struct aza_link *snp =
                find(aza_links_of_token("sevsnp"), "hardware report -> runtime data");
        const struct aza_link *tdx =
                find(aza_links_of_token("tdx"), "hardware report -> runtime data");
        AZA_CHECKS struct aza_checks good = {0}, none = {0}, gap = {0}, bad = {0};

        (void)state;
        (void)aza_accept(&good, AZA_CHECK_T17, NULL);
        (void)state_is(snp, &good, true, "proven here");
        (void)aza_not_checked(&none, AZA_CHECK_T17, AZA_NOT_APPLICABLE, "no SNP");
        (void)state_is(tdx, &none, true, "vouched for by MAA");
        (void)state_is(tdx, &none, false, "not checked");
        (void)aza_not_checked(&gap, AZA_CHECK_T17, AZA_UNAVAILABLE, "members reordered");
        assert_string_equal(state_is(snp, &gap, true, "vouched for by MAA"), "members reordered");
        (void)aza_reject(&bad, AZA_CHECK_T17, "other bytes");
        (void)state_is(snp, &bad, true, "refused");
}

/* Options nobody asked for leave no gap, but refuse: revocation, fixed fields, lists. */
static void options_only_refuse(void **state)
{
        const struct aza_link *chip = find(aza_links_of_evidence("sevsnp"), "AMD root -> chip key");
        AZA_CHECKS struct aza_checks checks = {0}, revoked = {0};

        (void)state;
        for (int id = AZA_CHECK_S9; id <= AZA_CHECK_S20; id++)
                (void)aza_accept(&checks, (enum aza_check_id)id, NULL);
        (void)aza_not_checked(&checks, AZA_CHECK_S21, AZA_UNAVAILABLE, "no list");
        aza_check_required(&checks, false);
        (void)state_is(chip, &checks, false, "proven here");
        aza_check_required(&checks, true); /* --crl */
        (void)state_is(chip, &checks, false, "not checked");
        (void)aza_reject(&revoked, AZA_CHECK_S21, "revoked");
        (void)state_is(chip, &revoked, false, "refused");
}

/* A root that the configuration added is not whose the link says: that stands beside it. */
static void an_added_root_is_named(void **state)
{
        const struct aza_link *root = find(aza_links_of_evidence("sevsnp"), "AMD root -> chip key");
        AZA_CHECKS struct aza_checks pinned = {0}, added = {0};

        (void)state;
        (void)aza_accept(&pinned, AZA_CHECK_S11, NULL);
        assert_null(state_is(root, &pinned, false, "proven here"));
        (void)aza_accept(&added, AZA_CHECK_S11, "not AMD's: added by amd-root");
        assert_string_equal(state_is(root, &added, false, "proven here"),
                            "not AMD's: added by amd-root");
}

/* What only an SEV-SNP report can meet is open on other hardware; without demands nothing is
 * missed. */
static void demands_on_other_hardware(void **state)
{
        const struct aza_link *demands =
                find(aza_links_of_evidence("tdx"), "hardware report -> demands");
        AZA_CHECKS struct aza_checks none = {0}, asked = {0};

        (void)state;
        (void)aza_not_checked(&none, AZA_CHECK_S32, AZA_NOT_APPLICABLE, "no SNP");
        assert_null(state_is(demands, &none, false, "not checked"));
        (void)aza_not_checked(&asked, AZA_CHECK_S33, AZA_NO_INPUT, "no report that has it");
        assert_string_equal(state_is(demands, &asked, false, "not checked"),
                            "no report that has it");
        /* A TD has demands of its own. */
        (void)aza_accept(&none, AZA_CHECK_H17, "no debug");
        (void)aza_accept(&none, AZA_CHECK_I14, NULL);
        assert_null(state_is(demands, &none, false, "proven here"));
        (void)aza_reject(&asked, AZA_CHECK_I14, "SEPT_VE_DISABLE is not set");
        assert_string_equal(state_is(demands, &asked, false, "refused"),
                            "SEPT_VE_DISABLE is not set");
}

/* What lacks is said where it lacks, and not once more of what follows; each arrow of the chain of
 * a TD begins where one ended. */
static void links_of_a_td(void **state)
{
        const struct aza_link *links = aza_links_of_evidence("tdx");
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        for (int id = AZA_CHECK_I1; id <= AZA_CHECK_I7; id++)
                (void)aza_accept(&checks, (enum aza_check_id)id, NULL);
        (void)aza_not_checked(&checks, AZA_CHECK_I8, AZA_UNAVAILABLE, "no lists");
        (void)aza_not_checked(&checks, AZA_CHECK_H12, AZA_FOLLOWS, "as I8");
        assert_string_equal(state_is(find(links, "Intel root -> platform's key (PCK)"), &checks,
                                     false, "not checked"),
                            "no lists");
        assert_null(state_is(find(links, "quoting enclave -> TD quote"), &checks, false,
                             "proven here"));
        static const char *const path[] = {"Intel root", "platform's key (PCK)", "quoting enclave",
                                           "TD quote",   "hardware report",      "runtime data",
                                           "AK",         "attested key"};
        for (size_t i = 0; i + 1 < sizeof(path) / sizeof(path[0]); i++) {
                char name[80];
                (void)snprintf(name, sizeof(name), "%s -> %s", path[i], path[i + 1]);
                (void)find(links, name);
        }
}

static void keys_of_links(void **state)
{
        struct aza_link_keys keys = {0};
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        memset(keys.sha256[AZA_LINK_KEY_AK], 'a', 64);
        AZA_OWN(json_object_put)
        json_object *list = aza_links_json(aza_links_of_evidence("tdx"), &checks, false, &keys);
        size_t with = 0;
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                json_object *link = json_object_array_get_idx(list, i);
                const char *name = json_object_get_string(json_object_object_get(link, "link"));
                const char *key =
                        json_object_get_string(json_object_object_get(link, "key-sha256"));
                bool of_ak = strncmp(name, "AK -> ", 6) == 0 || strncmp(name, "nonce", 5) == 0;

                assert_int_equal(of_ak, key != NULL);
                with += key != NULL;
        }
        assert_int_equal(with, 3);
}

static void trusted_launch_has_no_hardware_link(void **state)
{
        (void)state;
        for (const struct aza_link *l = aza_links_of_token("trustedlaunch"); l->name != NULL; l++)
                assert_null(strstr(l->name, "hardware"));
        for (const struct aza_link *l = aza_links_of_evidence("trustedlaunch"); l->name != NULL;
             l++)
                assert_null(strstr(l->name, "hardware"));
        (void)find(aza_links_of_evidence("trustedlaunch"), "evidence -> demands");
        (void)find(aza_links_of_token("sevsnp"), "hardware report -> runtime data");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(states),
                cmocka_unit_test(a_gap_is_not_proven),
                cmocka_unit_test(vouching_needs_the_signature),
                cmocka_unit_test(inner_hash),
                cmocka_unit_test(options_only_refuse),
                cmocka_unit_test(an_added_root_is_named),
                cmocka_unit_test(demands_on_other_hardware),
                cmocka_unit_test(links_of_a_td),
                cmocka_unit_test(keys_of_links),
                cmocka_unit_test(trusted_launch_has_no_hardware_link),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
