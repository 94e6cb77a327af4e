/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP over libcurl (network half only): whole-call deadline, capped body, no redirects, https only
 * unless the caller says plain http (IMDS), retries with backoff as D23 and D55: also of a
 * connection that broke or stalled after it was there, never of one that could not be made. Holds
 * no lock and no TPM guard while it runs (PV25).
 */
#ifndef AZA_ONLINE_HTTP_H
#define AZA_ONLINE_HTTP_H

#include "base/bytes.h"
#include "base/clock.h"

/* What is kept of an answer that is not 200. */
struct aza_http_refusal {
        char challenge[1024]; /* WWW-Authenticate, "" none */
        struct aza_bytes body;
};

struct aza_http_request {
        const char *what; /* for messages: "MAA", "IMDS" */
        const char *url;
        const char *post;      /* body, or NULL for GET */
        const char *post_type; /* its Content-Type; NULL: application/json */
        size_t post_len;
        const char *ca_file;       /* "" : system store */
        const char *secret_header; /* NULL, or a header line that is in no message or log */
        bool plain_http;           /* IMDS: allow http:// and bypass proxies, add Metadata: true */
        bool public_http; /* allow http:// for what needs no secrecy and is trusted through pins */
        bool retry_gone;  /* IMDS: 404 and 410 are retried */
        size_t max_body;
        bool (*retry)(long status); /* which statuses are retried; NULL: 408, 429, >= 500 */
        bool (*usable)(
                struct aza_span body); /* NULL, or which 200 answers are not asked for again */
        const char *header; /* NULL, or of a 200 answer: the value of this header goes to */
        struct aza_bytes *ret_header;         /* here, empty when it has none */
        struct aza_http_refusal *ret_refusal; /* NULL, or where it goes; then 400 is like others */
        int64_t *ret_date; /* NULL, or where the last answer's Date goes, since 1970; 0 none */
};

/* 0 and the body of a 200 answer (one that is not usable when it stayed so); else
 * AZATTEST_E_CURL_INIT, _TRANSPORT, _RETRIES_EXCEEDED, _HTTP_FAILED, _ATTESTATION_FAILED (400 on
 * POST), _DEADLINE. The message quotes at most 200 printable bytes of the server's own error
 * text. *ret_status (may be NULL) is the last status. */
int aza_http(const struct aza_http_request *request, const struct aza_deadline *deadline,
             struct aza_bytes *ret_body, long *ret_status);

#endif
