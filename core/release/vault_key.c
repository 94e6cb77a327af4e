/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a key in a vault. */
#include "release/vault_key.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

static bool one_of(char c, bool dots)
{
        return c != '\0' && (strchr(lower, c) != NULL || strchr(upper, c) != NULL ||
                             strchr(digits, c) != NULL || c == '-' || (dots && c == '.'));
}

/* Moves a word of such characters from *text to `out`. False: none, or too long. */
static bool word(const char **text, bool dots, char *out, size_t size)
{
        size_t n = 0;

        while (one_of((*text)[n], dots))
                n++;
        if (n == 0 || n >= size)
                return false;
        memcpy(out, *text, n);
        out[n] = '\0';
        *text += n;
        return true;
}

static bool port(const char **text, char out[8])
{
        char number[6];
        unsigned long value = 0;
        size_t n;

        out[0] = '\0';
        if (**text != ':')
                return true;
        n = strspn(*text + 1, digits);
        if (n == 0 || n >= sizeof(number))
                return false;
        for (size_t i = 1; i <= n; i++)
                value = value * 10 + (unsigned long)((*text)[i] - '0');
        *text += 1 + n;
        if (value == 0 || value > 65535)
                return false;
        if (value != 443)
                (void)snprintf(out, 8, ":%lu", value);
        return true;
}

static bool is_good_host(const char *host)
{
        return host[0] != '.' && host[0] != '-' && strstr(host, "..") == NULL &&
               host[strlen(host) - 1] != '.';
}

static bool parse(const char *url, struct aza_vault_key *key)
{
        static const char scheme[] = "https://", keys[] = "/keys/";

        if (strncasecmp(url, scheme, sizeof(scheme) - 1) != 0)
                return false;
        url += sizeof(scheme) - 1;
        if (!word(&url, true, key->host, sizeof(key->host)) || !is_good_host(key->host) ||
            !port(&url, key->port) || strncmp(url, keys, sizeof(keys) - 1) != 0)
                return false;
        url += sizeof(keys) - 1;
        if (!word(&url, false, key->name, sizeof(key->name)))
                return false;
        key->version[0] = '\0';
        if (url[0] == '/' && url[1] != '\0') {
                url++;
                if (!word(&url, false, key->version, sizeof(key->version)))
                        return false;
        }
        if (*url == '/')
                url++;
        for (char *c = key->host; *c != '\0'; c++) {
                const char *at = strchr(upper, *c);
                if (at != NULL)
                        *c = lower[at - upper];
        }
        return *url == '\0';
}

int aza_vault_key_parse(const char *url, struct aza_vault_key *ret)
{
        struct aza_vault_key key;
        char shown[200];

        if (!parse(url, &key))
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%s' names no key of a vault; write https://NAME.vault.azure.net/keys/KEY or .../keys/KEY/VERSION (the key's 'kid')",
                        aza_printable(url, strlen(url), shown, sizeof(shown)));
        *ret = key;
        return 0;
}

bool aza_vault_key_is(const struct aza_vault_key *asked, const struct aza_vault_key *found)
{
        return strcmp(asked->host, found->host) == 0 && strcmp(asked->port, found->port) == 0 &&
               strcasecmp(asked->name, found->name) == 0 &&
               (asked->version[0] == '\0' || strcmp(asked->version, found->version) == 0);
}
