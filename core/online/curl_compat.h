/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libcurl 7.81 (Ubuntu 22.04) has in another way or not at all. AZATTEST_OLD_CURL, a CMake
 * option, takes the old ways with any libcurl, so that they are tested where there is only a newer
 * one.
 */
#ifndef AZA_ONLINE_CURL_COMPAT_H
#define AZA_ONLINE_CURL_COMPAT_H

#include "base/bytes.h"

#ifdef AZATTEST_OLD_CURL
#define CURL_DISABLE_DEPRECATION /* a newer libcurl warns of the old ways */
#endif
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#if defined(AZATTEST_OLD_CURL) || LIBCURL_VERSION_NUM < 0x075700 /* 7.87 */
#define AZA_OLD_CURL 1
#else
#define AZA_OLD_CURL 0
#endif

#if AZA_OLD_CURL
#define AZA_CURL_FAIL ((size_t)0xFFFFFFFF) /* longer than any piece that a callback is given */
#else
#define AZA_CURL_FAIL ((size_t)CURL_WRITEFUNC_ERROR)
#endif

static inline CURLcode aza_curl_set_protocols(CURL *easy, bool http_too)
{
#if AZA_OLD_CURL
        const long protocols = http_too ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS;
        return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, protocols);
#else
        return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, http_too ? "http,https" : "https");
#endif
}

/* A resolver that hangs must not hold the deadline up. An old libcurl waits for it whatever it
 * is told. */
static inline CURLcode aza_curl_set_quick_exit(CURL *easy)
{
#if AZA_OLD_CURL
        (void)easy;
        return CURLE_OK;
#else
        return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/* The header lines of the last answer so far; libcurl keeps them itself since 7.83. */
struct aza_curl_heard {
        struct aza_bytes lines;
        bool ended; /* what comes now are trailers */
};

/* Takes one line of the header callback; fails only for want of memory. */
static inline int aza_curl_hear(struct aza_curl_heard *heard, struct aza_span line)
{
#if AZA_OLD_CURL
        if (line.len >= 5 && memcmp(line.data, "HTTP/", 5) == 0) {
                aza_bytes_free(&heard->lines);
                heard->ended = false;
        }
        if (line.len > 0 && (line.data[0] == '\r' || line.data[0] == '\n'))
                heard->ended = true;
        return heard->ended ? 0 : aza_bytes_append(&heard->lines, line.data, line.len);
#else
        (void)heard;
        (void)line;
        return 0;
#endif
}

#if AZA_OLD_CURL
/* The value of a "name: value\r\n" without blanks around it; a null span when the name is
 * another. */
static inline struct aza_span aza_curl_value(struct aza_span line, const char *name)
{
        const size_t skip = strlen(name);

        if (line.len <= skip || line.data[skip] != ':' ||
            strncasecmp((const char *)line.data, name, skip) != 0)
                return (struct aza_span){NULL, 0};
        struct aza_span value = aza_span_of(line.data + skip + 1, line.len - skip - 1);
        for (; value.len > 0 && strchr(" \t", value.data[0]) != NULL; value.len--)
                value.data++;
        while (value.len > 0 && strchr(" \t\r\n", value.data[value.len - 1]) != NULL)
                value.len--;
        return value;
}
#endif

/* The value of the last answer's first header of that name; empty when it has none or came from
 * a proxy. */
static inline int aza_curl_header(CURL *easy, const struct aza_curl_heard *heard, const char *name,
                                  struct aza_bytes *ret)
{
        aza_bytes_free(ret);
#if AZA_OLD_CURL
        struct aza_span rest = aza_bytes_span(&heard->lines);
        long status = 0; /* of the server, not of a proxy's answer to CONNECT */

        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        while (status != 0 && rest.len > 0) {
                const uint8_t *end = memchr(rest.data, '\n', rest.len);
                const size_t n = end != NULL ? (size_t)(end - rest.data) + 1 : rest.len;
                struct aza_span value = aza_curl_value(aza_span_of(rest.data, n), name);

                if (value.data != NULL)
                        return aza_bytes_set(ret, value.data, value.len);
                rest = aza_span_of(rest.data + n, rest.len - n);
        }
        return 0;
#else
        struct curl_header *header = NULL;

        (void)heard;
        if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
                return 0;
        return aza_bytes_set(ret, header->value, strlen(header->value));
#endif
}

#endif
