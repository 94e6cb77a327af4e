/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how HTTP goes wrong on purpose. */
#include "sim/web_fault.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEAD_SECONDS 600 /* "never" ends sometime */
#define SLOW_SECONDS 3

static bool strikes(const struct sim_web_fault_context *c, const char *name, char value[32])
{
        char full[64];
        (void)snprintf(full, sizeof(full), "%s-%s", c->prefix, name);
        return sim_fault_take(c->faults, full, value, value != NULL ? 32 : 0);
}

static bool client_has_left(struct MHD_Connection *connection)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct pollfd p = {.events = POLLRDHUP};
        if (info == NULL)
                return true;
        p.fd = info->connect_fd;
        return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void wait_seconds(const struct sim_web_fault_context *c, struct MHD_Connection *connection,
                         long seconds)
{
        const struct timespec tick = {.tv_nsec = 50L * 1000 * 1000};
        for (long i = 0; i < seconds * 20; i++) {
                if (atomic_load(c->stopping) || client_has_left(connection))
                        return;
                (void)nanosleep(&tick, NULL);
        }
}

static enum MHD_Result reply_empty(struct MHD_Connection *connection, unsigned int status,
                                   const char *header, const char *value)
{
        static const char text[] = "{\"error\":{\"code\":\"Simulated\",\"message\":\"fault\"}}";
        struct MHD_Response *response = MHD_create_response_from_buffer(
                sizeof(text) - 1, (void *)text, MHD_RESPMEM_PERSISTENT);
        if (response == NULL)
                return MHD_NO;
        enum MHD_Result result = MHD_YES;
        if (header != NULL)
                result = MHD_add_response_header(response, header, value);
        if (result == MHD_YES)
                result = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
        return result;
}

static ssize_t endless(void *arg, uint64_t position, char *buffer, size_t max)
{
        const atomic_bool *stopping = arg;
        (void)position;
        if (atomic_load(stopping))
                return MHD_CONTENT_READER_END_WITH_ERROR;
        memset(buffer, ' ', max);
        return (ssize_t)max;
}

static enum MHD_Result reply_endless(const struct sim_web_fault_context *c,
                                     struct MHD_Connection *connection)
{
        struct MHD_Response *response = MHD_create_response_from_callback(
                MHD_SIZE_UNKNOWN, 16384, endless, (void *)c->stopping, NULL);
        if (response == NULL)
                return MHD_NO;
        enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
        MHD_destroy_response(response);
        return result;
}

bool sim_web_fault(const struct sim_web_fault_context *c, struct MHD_Connection *connection,
                   enum MHD_Result *ret)
{
        char value[32] = "";

        if (strikes(c, "dead", NULL)) {
                wait_seconds(c, connection, DEAD_SECONDS);
                *ret = MHD_NO;
                return true;
        }
        if (strikes(c, "slow", value)) {
                wait_seconds(c, connection,
                             value[0] != '\0' ? strtol(value, NULL, 10) : SLOW_SECONDS);
                return false;
        }
        if (strikes(c, "status", value))
                *ret = reply_empty(connection, (unsigned int)strtoul(value, NULL, 10), NULL, NULL);
        else if (strikes(c, "retry-after", value))
                *ret = reply_empty(connection, MHD_HTTP_TOO_MANY_REQUESTS,
                                   MHD_HTTP_HEADER_RETRY_AFTER, value);
        else if (c->redirect_url != NULL && strikes(c, "redirect", NULL))
                *ret = reply_empty(connection, MHD_HTTP_TEMPORARY_REDIRECT,
                                   MHD_HTTP_HEADER_LOCATION, c->redirect_url);
        else if (strikes(c, "oversized", NULL))
                *ret = reply_endless(c, connection);
        else
                return false;
        return true;
}

void sim_web_fault_body(const struct sim_web_fault_context *c, struct sim_web_reply *reply)
{
        static const unsigned char garbage[] = {'<', 'h', 't', 'm', 'l', '>', 0, 0xFF, '{', '"'};

        if (strikes(c, "garbage", NULL)) {
                reply->status = MHD_HTTP_OK;
                (void)aza_bytes_set(&reply->body, garbage, sizeof(garbage));
        } else if (strikes(c, "empty", NULL)) {
                reply->status = MHD_HTTP_OK;
                (void)aza_bytes_resize(&reply->body, 0);
        }
}

bool sim_web_fault_date(const struct sim_web_fault_context *c, struct MHD_Response *response)
{
        char value[32] = "", text[64];
        time_t date = time(NULL);
        struct tm tm;

        if (strikes(c, "date-ahead", value))
                date += strtol(value, NULL, 10);
        else if (strikes(c, "date-behind", value))
                date -= strtol(value, NULL, 10);
        else
                return true;
        return gmtime_r(&date, &tm) != NULL &&
               strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0 &&
               MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text) == MHD_YES;
}

/* The body is announced whole; its second half never comes. */
struct half {
        size_t len;
        char data[];
};

static ssize_t first_half(void *arg, uint64_t position, char *buffer, size_t max)
{
        const struct half *half = arg;
        if (position >= half->len)
                return MHD_CONTENT_READER_END_WITH_ERROR;
        size_t n = half->len - (size_t)position;
        if (n > max)
                n = max;
        memcpy(buffer, half->data + position, n);
        return (ssize_t)n;
}

bool sim_web_fault_truncate(const struct sim_web_fault_context *c,
                            struct MHD_Connection *connection, const struct sim_web_reply *reply)
{
        if (reply->body.len < 2 || !strikes(c, "truncated", NULL))
                return false;
        size_t len = reply->body.len / 2;
        struct half *half = malloc(sizeof(*half) + len);
        if (half == NULL)
                return false;
        half->len = len;
        memcpy(half->data, reply->body.data, len);
        struct MHD_Response *response =
                MHD_create_response_from_callback(reply->body.len, 4096, first_half, half, free);
        if (response == NULL) {
                free(half);
                return false;
        }
        enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
        MHD_destroy_response(response);
        return result == MHD_YES;
}
