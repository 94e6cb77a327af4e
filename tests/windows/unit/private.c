/* SPDX-License-Identifier: Apache-2.0 */
/* Which access lists are private: wine's files have modes, so lists alone are judged here. */
#include "../../../core/os/windows/private.c" // NOLINT(bugprone-suspicious-include): what is judged is static

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool judge(const char *sddl)
{
        PSECURITY_DESCRIPTOR descriptor = NULL;
        struct account account;
        BOOL present = FALSE, by_default = FALSE;
        PACL list = NULL;

        assert_true(account_of_process(&account));
        assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1,
                                                                         &descriptor, NULL));
        assert_true(GetSecurityDescriptorDacl(descriptor, &present, &list, &by_default));
        const bool private = list_is_private(present ? list : NULL, &account);
        (void)LocalFree(descriptor);
        return private;
}

static void lists(void **state)
{
        static const char *const open_to_others[] = {
                "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;WD)", /* everybody */
                "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;BU)", /* users */
                "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;AU)", /* who has logged on */
                "D:P(A;;FA;;;SY)(A;OICIIO;FA;;;CO)",       /* passed on to whoever makes a file */
                "D:P(A;;FA;;;SY)(A;;FR;;;S-1-5-21-1-2-3-999)", /* another account */
                "D:P(D;;FA;;;BU)(A;;FR;;;BU)",
                "O:SY",
        };

        (void)state;
        assert_true(judge("D:P(A;;FA;;;SY)(A;;FA;;;BA)"));
        assert_true(judge("D:P(D;;FA;;;WD)(A;OICI;FA;;;SY)"));
        assert_true(judge("D:P")); /* nobody */
        for (size_t i = 0; i < sizeof(open_to_others) / sizeof(open_to_others[0]); i++)
                if (judge(open_to_others[i]))
                        fail_msg("private: %s", open_to_others[i]);
}

/* What new files and folders get is private, and lets this account in. */
static void own_list(void **state)
{
        (void)state;
        for (int folder = 0; folder <= 1; folder++) {
                PSECURITY_DESCRIPTOR made = aza_private_new(folder == 1);
                SECURITY_DESCRIPTOR_CONTROL control = 0;
                BOOL present = FALSE, by_default = FALSE;
                struct account account;
                DWORD revision = 0;
                bool ours = false;
                PACL list = NULL;

                assert_non_null(made);
                assert_true(account_of_process(&account));
                assert_true(GetSecurityDescriptorDacl(made, &present, &list, &by_default));
                assert_true(list_is_private(list, &account));
                assert_true(GetSecurityDescriptorControl(made, &control, &revision));
                assert_true((control & SE_DACL_PROTECTED) != 0);
                for (DWORD i = 0; i < list->AceCount; i++) {
                        ACCESS_ALLOWED_ACE *entry = NULL;

                        assert_true(GetAce(list, i, (void **)&entry));
                        ours = ours || EqualSid(&entry->SidStart, account.user.user.User.Sid);
                        assert_int_equal(entry->Header.AceFlags,
                                         folder == 1 ? OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE
                                                     : 0);
                }
                assert_true(ours);
                (void)LocalFree(made);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lists),
                cmocka_unit_test(own_list),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
