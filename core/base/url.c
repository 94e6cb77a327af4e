/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader of URLs (rules 13-15 of PROTOCOL.md 13, D18): port and path prefix are kept as
 * written, so that they reach the service the caller named; scheme and host become small letters
 * and the scheme's own port goes (RFC 3986 6.2.3), as issuers compare as strings and services name
 * themselves so. Pure code.
 */
#include "base/url.h"

#include "base/error.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_character(char c)
{
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.' || c == '_';
}

/* Whole text visible ASCII: no white space or control character may reach a header line. */
static bool is_visible(const char *text)
{
        for (; *text != '\0'; text++) {
                if (*text <= 0x20 || *text >= 0x7f)
                        return false;
        }
        return true;
}

/* The text behind the scheme, or NULL. */
static const char *after_scheme(const char *url, bool plain)
{
        if (strncasecmp(url, "https://", 8) == 0)
                return url + 8;
        if (plain && strncasecmp(url, "http://", 7) == 0)
                return url + 7;
        return NULL;
}

/* Length of the host at `p` (a name, an IPv4 address or a bracketed IPv6 literal); 0 when bad. */
static size_t host_length(const char *p)
{
        size_t n = 0;

        if (*p != '[') {
                while (is_name_character(p[n]))
                        n++;
                return n;
        }
        n = 1;
        while (is_hex(p[n]) || p[n] == ':' || p[n] == '.')
                n++;
        return p[n] == ']' && n > 2 ? n + 1 : 0;
}

/* Past ":port" when there is one; NULL when it is bad. */
static const char *after_port(const char *p)
{
        unsigned int port = 0;

        if (*p != ':')
                return p;
        const char *digits = ++p;
        while (is_digit(*p) && p - digits < 5)
                port = port * 10 + (unsigned int)(*p++ - '0');
        return p > digits && port > 0 && port <= 65535 && !is_digit(*p) ? p : NULL;
}

struct parts {
        const char *url, *host;
        size_t host_len;
        const char *path;
};

/* Whether `port` (":443", or empty) is what a URL of that scheme means without one. */
static bool is_default_port(const char *port, size_t len, bool tls)
{
        const unsigned int number = len > 1 ? (unsigned int)strtoul(port + 1, NULL, 10) : 0;

        return len > 1 && number == (tls ? 443u : 80u);
}

/* May be the same place as `url`. */
static bool write_normal(const struct parts *p, char *out, size_t out_size)
{
        const bool tls = p->host - p->url == 8;
        const size_t head = (size_t)(p->host - p->url) + p->host_len;
        size_t path_len = strlen(p->path);
        size_t port_len = (size_t)(p->path - p->url) - head;

        if (path_len > 0 && p->path[path_len - 1] == '/')
                path_len--;
        if (is_default_port(p->url + head, port_len, tls))
                port_len = 0;
        if (head + port_len + path_len >= out_size)
                return false;
        for (size_t i = 0; i < head; i++)
                out[i] = (char)tolower((unsigned char)p->url[i]);
        memmove(out + head, p->url + head, port_len);
        memmove(out + head + port_len, p->path, path_len);
        out[head + port_len + path_len] = '\0';
        return true;
}

static const char zone_fault[] =
        "has an IPv6 address with a zone (what follows its %): zones are not supported; name the server, or give an address without one";

static bool has_zone(const char *host)
{
        return *host == '[' && host[strcspn(host, "%]")] == '%';
}

int aza_url_normalise(const char *url, bool plain, char *out, size_t out_size)
{
        char shown[128];
        size_t len = strlen(url);

        (void)aza_printable(url, len, shown, sizeof(shown));
        if (!is_visible(url))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "URL '%s' contains white space or other than ASCII", shown);
        const char *host = after_scheme(url, plain);
        if (host == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "URL '%s' must begin with %s", shown,
                                plain ? "http:// or https://" : "https://");
        size_t authority = strcspn(host, "/?#");
        if (memchr(host, '@', authority) != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "URL '%s' must not contain a user name", shown);
        if (authority == 0 || host[0] == ':')
                return AZA_FAIL(AZATTEST_E_DNS_INFO, "URL '%s' has no host", shown);
        if (strpbrk(host, "?#") != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "URL '%s' must not have a query or fragment", shown);
        size_t n = host_length(host);
        const char *path = n > 0 ? after_port(host + n) : NULL;
        if (has_zone(host))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "URL '%s' %s", shown, zone_fault);
        if (path == NULL || (*path != '\0' && *path != '/'))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "URL '%s' has a malformed host or port", shown);
        if (strchr(path, '\\') != NULL || strstr(path, "/..") != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "URL '%s' has a malformed path",
                                shown);
        if (!write_normal(&(struct parts){url, host, n, path}, out, out_size))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "URL '%s' is too long", shown);
        return 0;
}

/* What is wrong with `where`, `end` being behind its host; NULL: nothing. */
static const char *server_fault(const char *where, const char *end)
{
        if (strstr(where, "://") != NULL)
                return "is a URL: write host:port";
        if (*where == ':' && where[1] != ':')
                return "names no host: write host:port";
        if (has_zone(where))
                return zone_fault;
        if (*where != '[' && strchr(where, ':') != strrchr(where, ':'))
                return "is an IPv6 address without brackets: write [address]:port";
        if (end == where || (*end != '\0' && *end != ':'))
                return "is no server: write host:port, or [address]:port";
        if (*end == '\0' || end[1] == '\0')
                return "names no port: write host:port, such as :443 for https";
        const char *rest = after_port(end);
        if (rest == NULL)
                return "has no port: that is a number from 1 to 65535";
        return *rest != '\0' ? "goes on behind its port: write host:port" : NULL;
}

int aza_url_server(const char *where, char *out_host, size_t out_size)
{
        const size_t n = host_length(where);
        const size_t bracket = *where == '[' && n > 0;
        const size_t len = n - 2 * bracket;
        const char *fault = server_fault(where, where + n);
        char shown[128];

        if (fault == NULL && len >= out_size)
                fault = "is too long";
        if (fault != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "'%s' %s",
                                aza_printable(where, strlen(where), shown, sizeof(shown)), fault);
        memcpy(out_host, where + bracket, len);
        out_host[len] = '\0';
        return 0;
}
