/* SPDX-License-Identifier: Apache-2.0 */
/* A request with its retries. Knows statuses, not what the bodies mean. */
#include "online/http.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "online/http_exchange.h"
#include "os/file.h"
#include "os/privilege.h"

#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#define RETRIES        3 /* after 0.5, 1 and 2 s (D23) */
#define FIRST_PAUSE_MS 500
#define JITTER_MS      250
#define STALL_MS       5000

/* A request that is not answered for so long is made again, since another connection may do
 * (D55); the last one has all the time that is left. */
static int64_t patience(const struct aza_deadline *deadline, unsigned int n)
{
        int64_t left = aza_deadline_left(deadline);

        if (n >= RETRIES)
                return left;
        return left / 3 > STALL_MS ? left / 3 : STALL_MS;
}

/* "code: message" of {"error":{..}} or {"Error":{..}} (PROTOCOL.md 8.4), at most 200 bytes.
 * Anything else of a body is not quoted: it may echo evidence (rule 51). */
static const char *server_words(const struct aza_http_exchange *x, char out[208])
{
        AZA_OWN(json_object_put) json_object *body = NULL;
        char text[1024];

        out[0] = '\0';
        if (aza_json_parse(aza_bytes_span(&x->body), AZA_HTTP_ERROR_BODY_MAX, &body) != 0)
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

static int fail_status(const struct aza_http_exchange *x)
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
static int pause_before_retry(const struct aza_http_exchange *x, unsigned int n)
{
        const struct aza_http_request *request = x->request;
        int64_t ms = backoff_ms(n);
        int64_t asked = x->retry_after > 0 ? (int64_t)x->retry_after : 0;
        char words[208];

        /* Retried because IMDS says so for a while; for good it is another service, or none. */
        const bool gone = x->status == 404 || x->status == 410;
        (void)server_words(x, words);
        if (n >= RETRIES)
                return AZA_FAIL(AZATTEST_E_RETRIES_EXCEEDED,
                                "%s (%s) %s: HTTP %ld after %d requests%s; try later%s",
                                request->what, request->url,
                                gone ? "has nothing there" : "stayed busy", x->status, RETRIES + 1,
                                words, gone ? ", and check the URL if it stays so" : "");
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

/* Waits before attempt `n` + 1 because of a broken connection or an answer that says nothing;
 * false when there will be none, and what came of this one stands. */
static bool wait_to_ask_again(const struct aza_http_exchange *x, unsigned int n)
{
        const int64_t ms = backoff_ms(n);

        if (n >= RETRIES || aza_deadline_left(x->deadline) <= ms)
                return false;
        AZA_LOG(INFO, "%s: %s; next request in %lld ms", x->request->what,
                x->broken ? aza_last_error()->message : "an answer that says nothing",
                (long long)ms);
        return aza_wait(x->deadline, ms) == 0;
}

static bool is_usable(const struct aza_http_exchange *x)
{
        if (x->request->usable == NULL)
                return true;
        bool usable = x->request->usable(aza_bytes_span(&x->body));
        aza_clear_error();
        return usable;
}

/* One attempt, and whether it decides: then *ret is its result. */
static bool attempt(struct aza_http_exchange *x, unsigned int n, int *ret)
{
        aza_bytes_free(&x->body);
        x->too_large = false;
        x->broken = false;
        x->patience = patience(x->deadline, n);
        x->stalled = aza_monotonic_ms() + x->patience;
        *ret = aza_http_exchange(x);
        if (*ret != 0) {
                if (!x->broken)
                        return true;
                const struct aza_error why = *aza_last_error();
                if (wait_to_ask_again(x, n))
                        return false;
                *ret = aza_deadline_cancelled(x->deadline) ? aza_http_fail_deadline(x)
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

static int run(struct aza_http_exchange *x)
{
        for (unsigned int n = 0;; n++) {
                int r = 0;

                if (aza_deadline_left(x->deadline) == 0)
                        return aza_http_fail_deadline(x);
                if (attempt(x, n, &r))
                        return r;
        }
}

int aza_http(const struct aza_http_request *request, const struct aza_deadline *deadline,
             struct aza_bytes *ret_body, long *ret_status)
{
        struct aza_http_exchange x = {.request = request, .deadline = deadline};

        if (aza_more_rights_than_caller())
                return AZA_FAIL(
                        AZATTEST_E_TRANSPORT,
                        "%s (%s): a set-user-id program uses no network, because its caller's environment would steer it; attest with azattest(1) beforehand and use the key file",
                        request->what, request->url);
        int r = aza_http_begin();
        if (r != 0)
                return r;
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
        r = run(&x);
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
