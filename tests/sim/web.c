/* SPDX-License-Identifier: Apache-2.0 */
/* Owns libmicrohttpd. Knows neither paths nor protocols: maa_server.c and imds.c are the
 * handlers. */
#include "sim/web.h"

#include "sim/say.h"
#include "sim/web_counts.h"
#include "sim/web_fault.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECTION_SECONDS 60

struct sim_web {
        struct sim_web_options options;
        struct MHD_Daemon *daemon;
        char redirect_url[256];
        atomic_bool stopping;
};

/* What is kept between the calls for one request. */
struct transfer {
        struct sim_web_request request;
        bool too_large;
        bool out_of_memory;
};

const char *sim_web_header(const struct sim_web_request *request, const char *name)
{
        return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct header_count {
        const char *name;
        int count;
};

static enum MHD_Result count_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
        struct header_count *c = arg;

        (void)kind;
        (void)value;
        if (strcasecmp(name, c->name) == 0)
                c->count++;
        return MHD_YES;
}

int sim_web_header_count(const struct sim_web_request *request, const char *name)
{
        struct header_count c = {.name = name};

        (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &c);
        return c.count;
}

const char *sim_web_query(const struct sim_web_request *request, const char *name)
{
        return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result receive(const struct sim_web *web, struct transfer *t, const char *data,
                               size_t len)
{
        /* The rest of a body that is too large is read and thrown away, so that the client gets to
         * see the answer instead of a reset connection. */
        if (len > web->options.max_body - t->request.body.len)
                t->too_large = true;
        else if (aza_bytes_append(&t->request.body, data, len) != 0)
                t->out_of_memory = true;
        return MHD_YES;
}

static enum MHD_Result send_reply(const struct sim_web_fault_context *context,
                                  struct MHD_Connection *connection, struct sim_web_reply *reply)
{
        struct MHD_Response *response = MHD_create_response_from_buffer(
                reply->body.len, reply->body.data, MHD_RESPMEM_MUST_COPY);
        const char *type = reply->type != NULL ? reply->type : "application/json; charset=utf-8";
        if (response == NULL)
                return MHD_NO;
        enum MHD_Result result =
                MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
        if (result == MHD_YES && reply->allow != NULL)
                result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
        if (result == MHD_YES && reply->challenge[0] != '\0')
                result = MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                                 reply->challenge);
        if (result == MHD_YES && reply->header != NULL)
                result = MHD_add_response_header(response, reply->header,
                                                 (const char *)reply->header_value.data);
        if (result == MHD_YES && !sim_web_fault_date(context, response))
                result = MHD_NO;
        if (result == MHD_YES)
                result = MHD_queue_response(connection, reply->status, response);
        MHD_destroy_response(response);
        return result;
}

static void refuse_size(const struct sim_web *web, struct sim_web_reply *reply)
{
        char text[128];

        (void)snprintf(
                text, sizeof(text),
                "{\"error\":{\"code\":\"RequestTooLarge\",\"message\":\"body: more than %zu bytes\"}}",
                web->options.max_body);
        reply->status = MHD_HTTP_CONTENT_TOO_LARGE;
        (void)aza_bytes_append_text(&reply->body, text);
}

static enum MHD_Result answer(struct sim_web *web, struct transfer *t)
{
        const struct sim_web_options *o = &web->options;
        struct sim_web_reply reply = {.status = MHD_HTTP_NOT_FOUND};
        struct sim_web_fault_context context = {.faults = o->faults,
                                                .prefix = o->fault_prefix,
                                                .redirect_url = o->redirect_url,
                                                .stopping = &web->stopping};
        enum MHD_Result result = MHD_NO;

        sim_web_counts_add(o->counts, o->name, t->request.method, t->request.path);
        if (sim_web_fault(&context, t->request.connection, &result)) {
                if (o->verbose)
                        sim_say("%s %s %s: fault", o->name, t->request.method, t->request.path);
                return result;
        }
        if (t->too_large)
                refuse_size(web, &reply);
        else if (t->out_of_memory)
                reply.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
        else
                o->handler(o->arg, &t->request, &reply);
        sim_web_fault_body(&context, &reply);
        if (o->verbose)
                sim_say("%s %s %s: %u, %zu bytes", o->name, t->request.method, t->request.path,
                        reply.status, reply.body.len);
        result = sim_web_fault_truncate(&context, t->request.connection, &reply)
                         ? MHD_YES
                         : send_reply(&context, t->request.connection, &reply);
        aza_bytes_free(&reply.body);
        aza_bytes_free(&reply.header_value);
        return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **state)
{
        struct sim_web *web = arg;
        struct transfer *t = *state;

        (void)version;
        if (t == NULL) {
                t = calloc(1, sizeof(*t));
                *state = t;
                return t == NULL ? MHD_NO : MHD_YES;
        }
        if (*data_len > 0) {
                size_t len = *data_len;
                *data_len = 0;
                return receive(web, t, data, len);
        }
        t->request.method = method;
        t->request.path = url;
        t->request.connection = connection;
        return answer(web, t);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
        struct transfer *t = *state;

        (void)arg;
        (void)connection;
        (void)why;
        if (t != NULL)
                aza_bytes_free(&t->request.body);
        free(t);
        *state = NULL;
}

static void on_log(void *arg, const char *format, va_list args)
{
        const struct sim_web *web = arg;
        if (web->options.verbose)
                sim_vsay(format, args);
}

int sim_web_start(const struct sim_web_options *options, struct sim_web **ret)
{
        struct sim_web *web = calloc(1, sizeof(*web));
        unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                             MHD_USE_POLL | MHD_USE_ERROR_LOG;

        if (web == NULL) {
                (void)close(options->listen_fd);
                return sim_fail("out of memory");
        }
        web->options = *options;
        if (options->redirect_url != NULL) {
                (void)snprintf(web->redirect_url, sizeof(web->redirect_url), "%s",
                               options->redirect_url);
                web->options.redirect_url = web->redirect_url;
        }
        struct MHD_OptionItem items[] = {
                {MHD_OPTION_LISTEN_SOCKET, options->listen_fd, NULL},
                {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, web},
                {MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_SECONDS, NULL},
                {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->key_pem},
                {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->certificate_pem},
                {MHD_OPTION_END, 0, NULL},
        };
        if (options->key_pem != NULL)
                flags |= MHD_USE_TLS;
        else
                items[3].option = MHD_OPTION_END;
        web->daemon =
                MHD_start_daemon(flags, 0, NULL, NULL, on_request, web, MHD_OPTION_EXTERNAL_LOGGER,
                                 on_log, web, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
        if (web->daemon == NULL) {
                (void)close(options->listen_fd);
                free(web);
                return sim_fail("cannot start the %s server", options->name);
        }
        *ret = web;
        return 0;
}

void sim_web_stop(struct sim_web *web)
{
        if (web == NULL)
                return;
        atomic_store(&web->stopping, true);
        MHD_stop_daemon(web->daemon);
        free(web);
}
