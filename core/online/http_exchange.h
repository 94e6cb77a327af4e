/* SPDX-License-Identifier: Apache-2.0 */
/* One request and one answer: what http.c asks for again. */
#ifndef AZA_ONLINE_HTTP_EXCHANGE_H
#define AZA_ONLINE_HTTP_EXCHANGE_H

#include "online/curl_compat.h"
#include "online/http.h"

#define AZA_HTTP_ERROR_BODY_MAX 65536 /* of an answer that is not 200 */

struct aza_http_exchange {
        const struct aza_http_request *request;
        const struct aza_deadline *deadline;
        CURL *easy;
        struct aza_bytes body;
        long status;
        curl_off_t retry_after; /* seconds, 0 none */
        struct aza_curl_heard heard;
        size_t header_len;
        bool too_large;
        bool header_too_large;
        bool header_ended;
        bool out_of_memory;
        bool broken;      /* the connection was there, and broke or stalled */
        int64_t patience; /* ms without a byte after which it counts as stalled */
        int64_t stalled;  /* when that will be, by aza_monotonic_ms */
        char error[CURL_ERROR_SIZE];
};

/* Once in a process. 0 or AZATTEST_E_CURL_INIT. */
int aza_http_begin(void);
/* 0 whatever the status; else why there is no answer. */
int aza_http_exchange(struct aza_http_exchange *x);
/* That there is no time left, or that somebody cancelled. */
int aza_http_fail_deadline(const struct aza_http_exchange *x);

#endif
