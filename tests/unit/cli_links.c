/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a link follows from its checks: a refusal wins, a gap is never "proven". */
#include "cli/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct link *find(const struct link *links, const char *name)
{
        for (; links->name != NULL; links++)
                if (strcmp(links->name, name) == 0)
                        return links;
        fail_msg("no link '%s'", name);
        return NULL;
}

static void states(void **state)
{
        const struct link *issuer = find(links_of_token(false), "issuer -> signing key");
        AZA_CHECKS struct aza_checks checks = {0};
        const char *reason;

        (void)state;
        assert_string_equal(link_state(issuer, &checks, false, &reason), "not checked");
        (void)aza_accept(&checks, AZA_CHECK_T4, NULL);
        (void)aza_accept(&checks, AZA_CHECK_T5, NULL);
        (void)aza_accept(&checks, AZA_CHECK_T6, NULL);
        assert_string_equal(link_state(issuer, &checks, false, &reason), "proven here");
        assert_null(reason);
}

static void a_gap_is_not_proven(void **state)
{
        const struct link *issuer = find(links_of_token(false), "issuer -> signing key");
        AZA_CHECKS struct aza_checks checks = {0};
        const char *reason;

        (void)state;
        (void)aza_accept(&checks, AZA_CHECK_T4, NULL);
        (void)aza_not_checked(&checks, AZA_CHECK_T6, AZA_NO_INPUT, "no key set");
        assert_string_equal(link_state(issuer, &checks, true, &reason), "not checked");
        assert_non_null(strstr(reason, "no key set"));
        (void)aza_reject(&checks, AZA_CHECK_T5, "unreachable");
        assert_string_equal(link_state(issuer, &checks, true, &reason), "refused");
        assert_non_null(strstr(reason, "unreachable"));
}

static void vouching_needs_the_signature(void **state)
{
        const struct link *quote = find(links_of_token(true), "AK -> PCR values");
        AZA_CHECKS struct aza_checks checks = {0};
        const char *reason;

        (void)state;
        assert_string_equal(link_state(quote, &checks, false, &reason), "not checked");
        assert_string_equal(link_state(quote, &checks, true, &reason), "vouched for by MAA");
}

static void trusted_launch_has_no_hardware_link(void **state)
{
        (void)state;
        for (const struct link *l = links_of_token(true); l->name != NULL; l++)
                assert_null(strstr(l->name, "hardware"));
        (void)find(links_of_token(false), "hardware report -> runtime data");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(states),
                cmocka_unit_test(a_gap_is_not_proven),
                cmocka_unit_test(vouching_needs_the_signature),
                cmocka_unit_test(trusted_launch_has_no_hardware_link),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
