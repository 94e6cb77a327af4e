/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request and its answer over libcurl's multi interface, which is what lets a deadline
 * or a cancellation end it at once. Holds no lock (PV25). */
#include "online/http_exchange.h"

#include "base/error.h"
#include "base/own.h"
#include "online/curl_compat.h"
#include "os/defaults.h"
#include "os/process.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SLICE_MS        50    /* a cancellation is noticed within this time */
#define LINE_TOO_LONG   100   /* CURLE_TOO_LARGE, which libcurl has since 8.6 */
#define HEADER_MAX      65536 /* status line and all header lines of one answer */
#define LOCAL_CONNECT_S 5     /* a link-local service answers at once or is not there */

typedef struct curl_slist slist;
AZA_OWN_DEFINE(CURL, curl_easy_cleanup);
AZA_OWN_DEFINE(CURLM, curl_multi_cleanup);

/* One of them may be a secret. */
static void free_headers(slist *list)
{
        for (slist *at = list; at != NULL; at = at->next)
                OPENSSL_cleanse(at->data, strlen(at->data));
        curl_slist_free_all(list);
}
AZA_OWN_DEFINE(slist, free_headers);

/* curl_global_init is not thread-safe in every supported libcurl, and curl_global_cleanup could
 * never be called safely: other users of libcurl share the process (PV25). */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void initialise(void)
{
        global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t receive(char *data, size_t size, size_t count, void *arg)
{
        struct aza_http_exchange *x = arg;
        size_t n = size * count;
        size_t max = x->request->max_body;

        x->stalled = aza_monotonic_ms() + x->patience;
        (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
        if (x->status != 200 && max > AZA_HTTP_ERROR_BODY_MAX)
                max = AZA_HTTP_ERROR_BODY_MAX;
        if (n > max - x->body.len) {
                x->too_large = true;
                return AZA_CURL_FAIL;
        }
        if (aza_bytes_append(&x->body, data, n) != 0) {
                x->out_of_memory = true;
                return AZA_CURL_FAIL;
        }
        return n;
}

/* The first challenge; a line that is too long for it is none. */
static void keep_challenge(const struct aza_http_exchange *x, struct aza_span line)
{
        static const char name[] = "WWW-Authenticate:";
        struct aza_http_refusal *refusal = x->request->ret_refusal;
        const size_t skip = sizeof(name) - 1;

        if (refusal == NULL || refusal->challenge[0] != '\0' || line.len <= skip ||
            line.len - skip >= sizeof(refusal->challenge) ||
            strncasecmp((const char *)line.data, name, skip) != 0)
                return;
        memcpy(refusal->challenge, line.data + skip, line.len - skip);
        refusal->challenge[line.len - skip] = '\0';
}

/* libcurl's own bound is on one line only in some of its versions. */
static size_t count_header(char *line, size_t size, size_t count, void *arg)
{
        struct aza_http_exchange *x = arg;
        size_t n = size * count;

        x->stalled = aza_monotonic_ms() + x->patience;
        if (n > HEADER_MAX - x->header_len) {
                x->header_too_large = true;
                return AZA_CURL_FAIL;
        }
        x->header_len += n;
        keep_challenge(x, aza_span_of(line, n));
        if (aza_curl_hear(&x->heard, aza_span_of(line, n)) != 0) {
                x->out_of_memory = true;
                return AZA_CURL_FAIL;
        }
        x->header_ended = line[0] == '\r' || line[0] == '\n';
        return n;
}

static int make_headers(const struct aza_http_request *request, slist **ret)
{
        char type[128];
        AZA_OWN(free_headers) slist *list = NULL;
        const char *wanted[4];
        size_t n = 0;

        if (request->post != NULL) {
                (void)snprintf(type, sizeof(type), "Content-Type: %s",
                               request->post_type != NULL ? request->post_type
                                                          : "application/json");
                wanted[n++] = type;
                wanted[n++] = "Expect:";
        }
        if (request->plain_http)
                wanted[n++] = "Metadata: true";
        if (request->secret_header != NULL)
                wanted[n++] = request->secret_header;
        for (size_t i = 0; i < n; i++) {
                slist *longer = curl_slist_append(list, wanted[i]);
                if (longer == NULL)
                        return AZA_NO_MEMORY();
                list = longer;
        }
        *ret = aza_take(&list);
        return 0;
}

#define SET(option, value) (good = good && curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static bool set_connection(CURL *easy, const struct aza_http_request *request)
{
        bool good = true;

        SET(CURLOPT_URL, request->url);
        good = good && aza_curl_set_protocols(easy, request->plain_http || request->public_http) ==
                               CURLE_OK;
        SET(CURLOPT_FOLLOWLOCATION, 0L);
        SET(CURLOPT_NOSIGNAL, 1L);
        good = good && aza_curl_set_quick_exit(easy) == CURLE_OK;
        SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        if (request->ca_file != NULL && request->ca_file[0] != '\0') {
                SET(CURLOPT_CAINFO, request->ca_file);
                SET(CURLOPT_CAPATH, NULL);
        } else if (AZA_SYSTEM_CA != 0)
                SET(CURLOPT_SSL_OPTIONS, (long)AZA_SYSTEM_CA);
        if (request->plain_http) {
                /* "" also switches the http_proxy environment off (rule 18). */
                SET(CURLOPT_PROXY, "");
                SET(CURLOPT_CONNECTTIMEOUT, (long)LOCAL_CONNECT_S);
        }
        return good;
}

static bool set_transfer(CURL *easy, struct aza_http_exchange *x, slist *headers)
{
        const struct aza_http_request *request = x->request;
        bool good = true;

        SET(CURLOPT_HTTPHEADER, headers);
        SET(CURLOPT_WRITEFUNCTION, receive);
        SET(CURLOPT_WRITEDATA, x);
        SET(CURLOPT_HEADERFUNCTION, count_header);
        SET(CURLOPT_HEADERDATA, x);
        SET(CURLOPT_ERRORBUFFER, x->error);
        if (request->post != NULL) {
                SET(CURLOPT_POST, 1L);
                SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->post_len);
                SET(CURLOPT_POSTFIELDS, request->post);
        }
        return good;
}

int aza_http_fail_deadline(const struct aza_http_exchange *x)
{
        const struct aza_deadline *d = x->deadline;
        const char *what = x->request->what;

        if (aza_deadline_cancelled(d))
                return AZA_FAIL(AZATTEST_E_DEADLINE, "request to %s (%s) cancelled", what,
                                x->request->url);
        return AZA_FAIL(AZATTEST_E_DEADLINE,
                        "%s (%s) did not answer within 'timeout'; try again or raise 'timeout'",
                        what, x->request->url);
}

static int fail_stalled(struct aza_http_exchange *x)
{
        x->broken = true;
        return AZA_FAIL(AZATTEST_E_TRANSPORT, "%s (%s) stopped answering; check network and proxy",
                        x->request->what, x->request->url);
}

/* Drives one transfer to its end. 0 and its result, or AZATTEST_E_DEADLINE. */
static int drive(CURLM *multi, struct aza_http_exchange *x, CURLcode *ret)
{
        for (;;) {
                int running = 0;
                int queued = 0;

                if (curl_multi_perform(multi, &running) != CURLM_OK)
                        return AZA_FAIL(AZATTEST_E_TRANSPORT, "%s: libcurl failed",
                                        x->request->what);
                const CURLMsg *message = curl_multi_info_read(multi, &queued);
                if (message != NULL && message->msg == CURLMSG_DONE) {
                        *ret = message->data.result;
                        return 0;
                }
                int64_t left = aza_deadline_left(x->deadline);
                if (left == 0)
                        return aza_http_fail_deadline(x);
                if (aza_monotonic_ms() >= x->stalled)
                        return fail_stalled(x);
                (void)curl_multi_poll(multi, NULL, 0, left < SLICE_MS ? (int)left : SLICE_MS, NULL);
        }
}

/* One endless line does not come to count_header: libcurl ends it, as being out of memory (older
 * ones) or with a code of its own. Those that have the code count an answer as begun only when
 * its first line is whole; but when the request is out, nothing else than the answer can be too
 * large. */
static bool is_line_too_long(const struct aza_http_exchange *x, CURLcode result)
{
        const bool named = (int)result == LINE_TOO_LONG;
        curl_off_t since = 0;

        if (x->out_of_memory || x->header_ended || (!named && result != CURLE_OUT_OF_MEMORY))
                return false;
        (void)curl_easy_getinfo(x->easy,
                                named ? CURLINFO_PRETRANSFER_TIME_T : CURLINFO_STARTTRANSFER_TIME_T,
                                &since);
        return since > 0;
}

/* It was there and broke, as opposed to what will be no better a second later. */
static bool is_broken(CURLcode result)
{
        return result == CURLE_GOT_NOTHING || result == CURLE_PARTIAL_FILE ||
               result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR ||
               result == CURLE_SSL_CONNECT_ERROR || result == CURLE_HTTP2 ||
               result == CURLE_HTTP2_STREAM;
}

static int fail_transport(struct aza_http_exchange *x, CURLcode result)
{
        const struct aza_http_request *request = x->request;
        const char *reason = x->error[0] != '\0' ? x->error : curl_easy_strerror(result);
        const char *advice = "check network, proxy and URL";
        char shown[256];

        (void)aza_printable(reason, strlen(reason), shown, sizeof(shown));
        x->broken = !x->header_too_large && !x->too_large && !x->out_of_memory && is_broken(result);
        if (x->header_too_large)
                return AZA_FAIL(
                        AZATTEST_E_TRANSPORT,
                        "%s (%s) answered with more than %d bytes of header; is that the right URL?",
                        request->what, request->url, HEADER_MAX);
        if (x->out_of_memory || result == CURLE_OUT_OF_MEMORY)
                return AZA_NO_MEMORY();
        if (x->too_large)
                return AZA_FAIL(AZATTEST_E_TRANSPORT,
                                "%s (%s) answered with more than %zu bytes; is that the right URL?",
                                request->what, request->url, request->max_body);
        if (result == CURLE_SSL_CACERT_BADFILE &&
            (request->ca_file == NULL || request->ca_file[0] == '\0'))
                return AZA_FAIL(
                        AZATTEST_E_CONFIGURATION,
                        "no CA certificates on this machine: install ca-certificates or set 'ca-file' (%s)",
                        shown);
        if (result == CURLE_SSL_CACERT_BADFILE)
                return AZA_FAIL(AZATTEST_E_CONFIGURATION, "ca-file '%s' cannot be used: %s",
                                request->ca_file, shown);
        if (result == CURLE_PEER_FAILED_VERIFICATION)
                advice = "its certificate is not trusted here: check 'ca-file', clock and URL";
        else if (result == CURLE_PARTIAL_FILE || result == CURLE_GOT_NOTHING)
                advice = "the answer was cut short; try again";
        else if (request->plain_http)
                advice = "is this an Azure VM with instance metadata? check 'imds-url'";
        return AZA_FAIL(AZATTEST_E_TRANSPORT, "%s (%s): %s; %s", request->what, request->url, shown,
                        advice);
}

/* What the server's clock said. */
static int64_t date_of(const struct aza_http_exchange *x, CURL *easy)
{
        AZA_BYTES struct aza_bytes value = {0};

        if (aza_curl_header(easy, &x->heard, "Date", &value) != 0 || value.len == 0)
                return 0;
        time_t date = curl_getdate((const char *)value.data, NULL);
        return date > 0 ? (int64_t)date : 0;
}

/* The header that was asked for; empty when there is none. */
static int keep_header(const struct aza_http_exchange *x, CURL *easy)
{
        if (x->request->ret_header == NULL)
                return 0;
        aza_bytes_free(x->request->ret_header);
        if (x->status != 200)
                return 0;
        return aza_curl_header(easy, &x->heard, x->request->header, x->request->ret_header);
}

/* One request and its answer; 0 whatever the status. */
static int exchange_unguarded(void *arg)
{
        struct aza_http_exchange *x = arg;
        AZA_OWN(free_headers) slist *headers = NULL;
        AZA_OWN(curl_multi_cleanup) CURLM *multi = curl_multi_init();
        AZA_OWN(curl_easy_cleanup) CURL *easy = curl_easy_init();
        CURLcode result = CURLE_OK;

        if (multi == NULL || easy == NULL)
                return AZA_FAIL(AZATTEST_E_CURL_INIT, "libcurl could not be initialised");
        int r = make_headers(x->request, &headers);
        if (r != 0)
                return r;
        x->easy = easy;
        x->status = 0;
        x->retry_after = 0;
        x->header_len = 0;
        x->header_too_large = false;
        x->header_ended = false;
        aza_bytes_free(&x->heard.lines);
        x->heard.ended = false;
        if (x->request->ret_refusal != NULL)
                x->request->ret_refusal->challenge[0] = '\0';
        x->error[0] = '\0';
        if (!set_connection(easy, x->request) || !set_transfer(easy, x, headers) ||
            curl_multi_add_handle(multi, easy) != CURLM_OK)
                return AZA_FAIL(AZATTEST_E_CURL_INIT, "libcurl refused the options for %s (%s)",
                                x->request->what, x->request->url);
        r = drive(multi, x, &result);
        x->header_too_large = x->header_too_large || is_line_too_long(x, result);
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &x->status);
        (void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &x->retry_after);
        if (x->request->ret_date != NULL)
                *x->request->ret_date = date_of(x, easy);
        const int kept = keep_header(x, easy);
        (void)curl_multi_remove_handle(multi, easy);
        x->easy = NULL;
        if (r != 0 || (r = kept) != 0)
                return r;
        /* The status of an answer whose error text is endless still counts. */
        if (result != CURLE_OK && !(x->too_large && x->status != 200))
                return fail_transport(x, result);
        return 0;
}

int aza_http_exchange(struct aza_http_exchange *x)
{
        return aza_without_pipe_signal(exchange_unguarded, x);
}

int aza_http_begin(void)
{
        if (pthread_once(&once, initialise) != 0 || global_result != CURLE_OK)
                return AZA_FAIL(AZATTEST_E_CURL_INIT, "libcurl could not be initialised");
        return 0;
}
