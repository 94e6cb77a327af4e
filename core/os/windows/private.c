/* SPDX-License-Identifier: Apache-2.0 */
#include "os/windows/private.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>

union user {
        TOKEN_USER user;
        BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
};
union owner {
        TOKEN_OWNER owner;
        BYTE room[sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE];
};

/* This process's account, and whom what it makes belongs to: administrators, when elevated. */
struct account {
        union user user;
        union owner owner;
};

static bool account_of_process(struct account *ret)
{
        HANDLE token = NULL;
        DWORD n = 0;
        bool good;

        if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
                return false;
        good = GetTokenInformation(token, TokenUser, &ret->user, sizeof(ret->user), &n) &&
               GetTokenInformation(token, TokenOwner, &ret->owner, sizeof(ret->owner), &n);
        (void)CloseHandle(token);
        return good;
}

PSECURITY_DESCRIPTOR aza_private_new(bool folder)
{
        const wchar_t *passed_on = folder ? L"OICI" : L"";
        PSECURITY_DESCRIPTOR made = NULL;
        struct account account;
        wchar_t text[512];
        wchar_t *sid = NULL;

        if (!account_of_process(&account) ||
            !ConvertSidToStringSidW(account.user.user.User.Sid, &sid))
                return NULL;
        (void)_snwprintf(text, sizeof(text) / sizeof(text[0]) - 1,
                         L"D:P(A;%ls;FA;;;SY)(A;%ls;FA;;;BA)(A;%ls;FA;;;%ls)", passed_on, passed_on,
                         passed_on, sid);
        text[sizeof(text) / sizeof(text[0]) - 1] = L'\0';
        (void)LocalFree(sid);
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &made,
                                                                  NULL))
                return NULL;
        return made;
}

static bool is_trusted(PSID sid, const struct account *account)
{
        return EqualSid(sid, account->user.user.User.Sid) ||
               EqualSid(sid, account->owner.owner.Owner) ||
               IsWellKnownSid(sid, WinLocalSystemSid) ||
               IsWellKnownSid(sid, WinBuiltinAdministratorsSid);
}

/* No list at all lets everybody in. Denials take away only. */
static bool list_is_private(PACL list, const struct account *account)
{
        if (list == NULL)
                return false;
        for (DWORD i = 0; i < list->AceCount; i++) {
                void *entry = NULL;

                if (!GetAce(list, i, &entry))
                        return false;
                const ACE_HEADER *header = entry;
                if (header->AceType == ACCESS_DENIED_ACE_TYPE)
                        continue;
                if (header->AceType != ACCESS_ALLOWED_ACE_TYPE)
                        return false;
                ACCESS_ALLOWED_ACE *allowed = entry;
                if (allowed->Mask != 0 && !is_trusted(&allowed->SidStart, account))
                        return false;
        }
        return true;
}

bool aza_private_is(HANDLE file)
{
        PSECURITY_DESCRIPTOR descriptor = NULL;
        struct account account;
        PSID owner = NULL;
        PACL list = NULL;
        bool good;

        if (!account_of_process(&account) ||
            GetSecurityInfo(file, SE_FILE_OBJECT,
                            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL,
                            &list, NULL, &descriptor) != ERROR_SUCCESS)
                return false;
        good = owner != NULL &&
               (EqualSid(owner, account.user.user.User.Sid) ||
                EqualSid(owner, account.owner.owner.Owner)) &&
               list_is_private(list, &account);
        (void)LocalFree(descriptor);
        return good;
}
