/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer authorization="https://login.microsoftonline.com/TENANT",
 * resource="https://vault.azure.net" */
#include "release/challenge.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char https[] = "https://";
#define HTTPS_LEN (sizeof(https) - 1)

/* Moves `name`="value" (or name=value) off the front. False: there is none, or it is too long. */
static bool parameter(const char **text, char name[32], char value[AZA_CHALLENGE_TEXT])
{
        const char *at = *text + strspn(*text, " \t,");
        size_t n = strcspn(at, "= \t,\"\r\n");

        if (n == 0 || n >= 32 || at[n] != '=')
                return false;
        memcpy(name, at, n);
        name[n] = '\0';
        at += n + 1;
        bool quoted = *at == '"';
        at += quoted ? 1 : 0;
        n = strcspn(at, quoted ? "\"\\\r\n" : " \t,\r\n");
        if (n >= AZA_CHALLENGE_TEXT || (quoted && at[n] != '"'))
                return false;
        memcpy(value, at, n);
        value[n] = '\0';
        *text = at + n + (quoted ? 1 : 0);
        return true;
}

static void keep(const char *name, const char *value, struct aza_vault_challenge *challenge)
{
        static const char scope_end[] = "/.default";
        const size_t end = sizeof(scope_end) - 1;
        const size_t len = strlen(value);

        if (strcasecmp(name, "authorization") == 0 || strcasecmp(name, "authorization_uri") == 0)
                memcpy(challenge->authority, value, len + 1);
        else if (strcasecmp(name, "resource") == 0)
                memcpy(challenge->resource, value, len + 1);
        else if (strcasecmp(name, "scope") == 0 && challenge->resource[0] == '\0' && len > end &&
                 strcmp(value + len - end, scope_end) == 0)
                (void)snprintf(challenge->resource, sizeof(challenge->resource), "%.*s",
                               (int)(len - end), value);
}

/* Host (and port) of an https URL: where they begin, and *ret_len. */
static const char *host_of(const char *url, size_t *ret_len)
{
        static const char good[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";

        if (strncasecmp(url, https, HTTPS_LEN) != 0)
                return NULL;
        url += HTTPS_LEN;
        *ret_len = strspn(url, good);
        return *ret_len > 0 && (url[*ret_len] == '\0' || url[*ret_len] == '/') ? url : NULL;
}

/* The vault's host is the resource's, or below it. */
static bool is_for(const char *resource, const struct aza_vault_key *key)
{
        size_t len = 0;
        const char *host = host_of(resource, &len);
        const size_t whole = strlen(key->host);

        if (host == NULL || strchr("/", host[len]) == NULL ||
            (host[len] == '/' && host[len + 1] != '\0') || len > whole ||
            memchr(host, ':', len) != NULL || memchr(host, '.', len) == NULL)
                return false;
        return strncasecmp(key->host + whole - len, host, len) == 0 &&
               (len == whole || key->host[whole - len - 1] == '.');
}

int aza_vault_challenge_parse(const char *header, const struct aza_vault_key *key,
                              struct aza_vault_challenge *ret)
{
        struct aza_vault_challenge challenge = {0};
        char name[32], value[AZA_CHALLENGE_TEXT], shown[128];

        header += strspn(header, " \t");
        if (strncasecmp(header, "Bearer ", 7) == 0)
                for (header += 7; parameter(&header, name, value);)
                        keep(name, value, &challenge);
        if (challenge.authority[0] == '\0' || challenge.resource[0] == '\0')
                return AZA_FAIL(
                        AZATTEST_E_KEY_RELEASE,
                        "%s does not say which access token it wants; is it a key vault or managed HSM?",
                        key->host);
        if (!is_for(challenge.resource, key))
                return AZA_FAIL(
                        AZATTEST_E_KEY_RELEASE,
                        "%s asks for an access token for '%s', which is not the service that it belongs to; it gets none",
                        key->host,
                        aza_printable(challenge.resource, strlen(challenge.resource), shown,
                                      sizeof(shown)));
        *ret = challenge;
        return 0;
}

/* Same host and port, and behind it one word: the tenant. */
static bool is_at(const char *authority, const char *host)
{
        static const char good[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
        size_t len = 0;
        const char *at = host_of(authority, &len);

        if (at == NULL || strlen(host) != len || strncasecmp(at, host, len) != 0 || at[len] != '/')
                return false;
        at += len + 1;
        len = strspn(at, good);
        return len > 0 && (at[len] == '\0' || (at[len] == '/' && at[len + 1] == '\0'));
}

int aza_vault_authority_known(const struct aza_vault_challenge *challenge, const char *further)
{
        static const char *const known[] = {
                "login.microsoftonline.com", "login.windows.net",
                "login.microsoft.com",       "login.microsoftonline.us",
                "login.chinacloudapi.cn",    "login.partner.microsoftonline.cn",
        };
        char shown[128];

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (is_at(challenge->authority, known[i]))
                        return 0;
        if (further[0] != '\0' && is_at(challenge->authority, further + HTTPS_LEN))
                return 0;
        return AZA_FAIL(
                AZATTEST_E_KEY_RELEASE,
                "the vault names '%s' as its login service, which is none of Azure's; when it is right, set 'vault-authority' to its https URL without the tenant",
                aza_printable(challenge->authority, strlen(challenge->authority), shown,
                              sizeof(shown)));
}
