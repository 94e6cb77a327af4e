/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request with its retries over libcurl's multi interface, which is what lets a deadline
 * or a cancellation end it at once. Knows statuses, not what the bodies mean. Holds no lock (PV25).
 */
#include "online/http.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "online/curl_compat.h"
#include "os/defaults.h"
#include "os/file.h"
#include "os/privilege.h"
#include "os/process.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SLICE_MS        50 /* a cancellation is noticed within this time */
#define RETRIES         3  /* after 0.5, 1 and 2 s (D23) */
#define FIRST_PAUSE_MS  500
#define JITTER_MS       250
#define ERROR_BODY_MAX  65536 /* of an answer that is not 200 */
#define LINE_TOO_LONG   100   /* CURLE_TOO_LARGE, which libcurl has since 8.6 */
#define HEADER_MAX      65536 /* status line and all header lines of one answer */
#define STALL_MS        5000
#define LOCAL_CONNECT_S 5 /* a link-local service answers at once or is not there */

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

struct exchange {
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
        struct exchange *x = arg;
        size_t n = size * count;
        size_t max = x->request->max_body;

        x->stalled = aza_monotonic_ms() + x->patience;
        (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
        if (x->status != 200 && max > ERROR_BODY_MAX)
                max = ERROR_BODY_MAX;
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
static void keep_challenge(const struct exchange *x, struct aza_span line)
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
        struct exchange *x = arg;
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

static bool set_transfer(CURL *easy, struct exchange *x, slist *headers)
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

static int fail_deadline(const struct exchange *x)
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

static int fail_stalled(struct exchange *x)
{
        x->broken = true;
        return AZA_FAIL(AZATTEST_E_TRANSPORT, "%s (%s) stopped answering; check network and proxy",
                        x->request->what, x->request->url);
}

/* A request that is not answered for so long is made again, since another connection may do (D55); the
 * last one has all the time that is left. */
static int64_t patience(const struct aza_deadline *deadline, unsigned int n)
{
        int64_t left = aza_deadline_left(deadline);

        if (n >= RETRIES)
                return left;
        return left / 3 > STALL_MS ? left / 3 : STALL_MS;
}

/* Drives one transfer to its end. 0 and its result, or AZATTEST_E_DEADLINE. */
static int drive(CURLM *multi, struct exchange *x, CURLcode *ret)
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
                        return fail_deadline(x);
                if (aza_monotonic_ms() >= x->stalled)
                        return fail_stalled(x);
                (void)curl_multi_poll(multi, NULL, 0, left < SLICE_MS ? (int)left : SLICE_MS, NULL);
        }
}

/* One endless line does not come to count_header: libcurl ends it, as being out of memory (older
 * ones) or with a code of its own. Those that have the code count an answer as begun only when its first
 * line is whole; but when the request is out, nothing else than the answer can be too large. */
static bool is_line_too_long(const struct exchange *x, CURLcode result)
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

static int fail_transport(struct exchange *x, CURLcode result)
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
static int64_t date_of(const struct exchange *x, CURL *easy)
{
        AZA_BYTES struct aza_bytes value = {0};

        if (aza_curl_header(easy, &x->heard, "Date", &value) != 0 || value.len == 0)
                return 0;
        time_t date = curl_getdate((const char *)value.data, NULL);
        return date > 0 ? (int64_t)date : 0;
}

/* The header that was asked for; empty when there is none. */
static int keep_header(const struct exchange *x, CURL *easy)
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
        struct exchange *x = arg;
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

static int exchange_once(struct exchange *x)
{
        return aza_without_pipe_signal(exchange_unguarded, x);
}

/* "code: message" of {"error":{..}} or {"Error":{..}} (PROTOCOL.md 8.4), at most 200 bytes.
 * Anything else of a body is not quoted: it may echo evidence (rule 51). */
static const char *server_words(const struct exchange *x, char out[208])
{
        AZA_OWN(json_object_put) json_object *body = NULL;
        char text[1024];

        out[0] = '\0';
        if (aza_json_parse(aza_bytes_span(&x->body), ERROR_BODY_MAX, &body) != 0)
                return out;
        json_object *error = aza_json_object(body, "error");
        const char *code = aza_json_string(error, "code");
        const char *message = aza_json_string(error, "message");
        if (error == NULL) {
                error = aza_json_object(body, "Error");
                code = aza_json_string(error, "Code");
                message = aza_json_string(error, "Message");
        }
        if (code == NULL && message == NULL)
                return out;
        int n = snprintf(text, sizeof(text), ": %s%s%s", code != NULL ? code : "",
                         code != NULL && message != NULL ? ": " : "",
                         message != NULL ? message : "");
        size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
        return aza_printable(text, len, out, 203);
}

static bool is_retried(const struct aza_http_request *request, long status)
{
        if (request->retry != NULL)
                return request->retry(status);
        return status == 408 || status == 429 || status >= 500 ||
               ((status == 404 || status == 410) && request->retry_gone);
}

static const char *advice_on(long status)
{
        switch (status) {
        case 401:
                return "it wants to know who asks, and nobody is named here: check the URL, and whether the service lets VMs attest without an account";
        case 403:
                return "it does not let this machine in: check the service's firewall, its private endpoint, and the URL";
        case 413:
                return "the request is too large for it: make the payload smaller";
        default:
                return "check the URL";
        }
}

static int fail_status(const struct exchange *x)
{
        const struct aza_http_request *request = x->request;
        char words[208];

        (void)server_words(x, words);
        if (x->status == 400 && request->post != NULL && !request->plain_http &&
            request->ret_refusal == NULL)
                return AZA_FAIL(AZATTEST_E_ATTESTATION_FAILED,
                                "%s (%s) refused the evidence (HTTP 400)%s", request->what,
                                request->url, words);
        if (x->status >= 300 && x->status < 400)
                return AZA_FAIL(
                        AZATTEST_E_HTTP_FAILED,
                        "%s (%s) redirects (HTTP %ld), which is not followed; configure the final URL",
                        request->what, request->url, x->status);
        return AZA_FAIL(AZATTEST_E_HTTP_FAILED, "%s (%s) answered HTTP %ld%s; %s", request->what,
                        request->url, x->status, words, advice_on(x->status));
}

static int64_t backoff_ms(unsigned int n)
{
        return ((int64_t)FIRST_PAUSE_MS << n) + aza_monotonic_ms() % JITTER_MS;
}

/* Waits before attempt `n` + 1 because of a status; 0, or why there will be none. */
static int pause_before_retry(const struct exchange *x, unsigned int n)
{
        const struct aza_http_request *request = x->request;
        int64_t ms = backoff_ms(n);
        int64_t asked = x->retry_after > 0 ? (int64_t)x->retry_after : 0;
        char words[208];

        (void)server_words(x, words);
        if (n >= RETRIES)
                return AZA_FAIL(AZATTEST_E_RETRIES_EXCEEDED,
                                "%s (%s) stayed busy: HTTP %ld after %d requests%s; try later",
                                request->what, request->url, x->status, RETRIES + 1, words);
        int64_t left = aza_deadline_left(x->deadline);
        if (asked > left / 1000)
                return AZA_FAIL(
                        AZATTEST_E_RETRIES_EXCEEDED,
                        "%s (%s) asks to wait %lld s (HTTP %ld), longer than the %lld s left%s; try later or raise 'timeout'",
                        request->what, request->url, (long long)asked, x->status,
                        (long long)(left / 1000), words);
        if (asked * 1000 > ms)
                ms = asked * 1000;
        AZA_LOG(INFO, "%s answered HTTP %ld; next request in %lld ms", request->what, x->status,
                (long long)ms);
        return aza_wait(x->deadline, ms);
}

/* Waits before attempt `n` + 1 because of a broken connection or an answer that says nothing; false when
 * there will be none, and what came of this one stands. */
static bool wait_to_ask_again(const struct exchange *x, unsigned int n)
{
        const int64_t ms = backoff_ms(n);

        if (n >= RETRIES || aza_deadline_left(x->deadline) <= ms)
                return false;
        AZA_LOG(INFO, "%s: %s; next request in %lld ms", x->request->what,
                x->broken ? aza_last_error()->message : "an answer that says nothing",
                (long long)ms);
        return aza_wait(x->deadline, ms) == 0;
}

static bool is_usable(const struct exchange *x)
{
        if (x->request->usable == NULL)
                return true;
        bool usable = x->request->usable(aza_bytes_span(&x->body));
        aza_clear_error();
        return usable;
}

/* One attempt, and whether it decides: then *ret is its result. */
static bool attempt(struct exchange *x, unsigned int n, int *ret)
{
        aza_bytes_free(&x->body);
        x->too_large = false;
        x->broken = false;
        x->patience = patience(x->deadline, n);
        x->stalled = aza_monotonic_ms() + x->patience;
        *ret = exchange_once(x);
        if (*ret != 0) {
                if (!x->broken)
                        return true;
                const struct aza_error why = *aza_last_error();
                if (wait_to_ask_again(x, n))
                        return false;
                *ret = aza_deadline_cancelled(x->deadline) ? fail_deadline(x)
                                                           : aza_error_restore(&why);
                return true;
        }
        if (x->status == 200)
                return is_usable(x) || !wait_to_ask_again(x, n);
        if (!is_retried(x->request, x->status)) {
                *ret = fail_status(x);
                return true;
        }
        *ret = pause_before_retry(x, n);
        return *ret != 0;
}

static int run(struct exchange *x)
{
        for (unsigned int n = 0;; n++) {
                int r = 0;

                if (aza_deadline_left(x->deadline) == 0)
                        return fail_deadline(x);
                if (attempt(x, n, &r))
                        return r;
        }
}

int aza_http(const struct aza_http_request *request, const struct aza_deadline *deadline,
             struct aza_bytes *ret_body, long *ret_status)
{
        struct exchange x = {.request = request, .deadline = deadline};

        if (aza_more_rights_than_caller())
                return AZA_FAIL(
                        AZATTEST_E_TRANSPORT,
                        "%s (%s): a set-user-id program uses no network, because its caller's environment would steer it; attest with azattest(1) beforehand and use the key file",
                        request->what, request->url);
        if (pthread_once(&once, initialise) != 0 || global_result != CURLE_OK)
                return AZA_FAIL(AZATTEST_E_CURL_INIT, "libcurl could not be initialised");
        if (!request->plain_http && !request->public_http &&
            strncasecmp(request->url, "https://", 8) != 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "%s: '%s' is not an https URL",
                                request->what, request->url);
        /* libcurl would wait for a writer, past every deadline. */
        if (request->ca_file != NULL && request->ca_file[0] != '\0' &&
            aza_file_readable(request->ca_file) != 0)
                return aza_context(AZATTEST_E_CONFIGURATION, "ca-file");
        /* libcurl's TLS leaves errors behind in the caller's OpenSSL queue. */
        (void)ERR_set_mark();
        int r = run(&x);
        (void)ERR_pop_to_mark();
        if (ret_status != NULL)
                *ret_status = x.status;
        if (r == 0) {
                aza_bytes_free(ret_body);
                *ret_body = aza_bytes_take(&x.body);
        }
        if (request->ret_refusal != NULL) {
                aza_bytes_free(&request->ret_refusal->body);
                request->ret_refusal->body = aza_bytes_take(&x.body);
        }
        aza_bytes_free(&x.body);
        aza_bytes_free(&x.heard.lines);
        return r;
}
