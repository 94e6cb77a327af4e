/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both servers (imds.c, maa_server.c) need of HTTP: listening, request bodies with a cap,
 * replies, counting, a request log, and the faults that concern HTTP only. Knows no path.
 */
#ifndef SIM_WEB_H
#define SIM_WEB_H

#include "base/bytes.h"
#include "sim/fault.h"

#include <stdbool.h>

struct MHD_Connection;
struct sim_web;
struct sim_web_counts;

struct sim_web_request {
        const char *method; /* "GET", "POST" */
        const char *path;   /* without query */
        struct aza_bytes body;
        struct MHD_Connection *connection; /* for the functions below */
};

/* NULL when absent. Borrowed. */
const char *sim_web_header(const struct sim_web_request *request, const char *name);
/* How often it is there. */
int sim_web_header_count(const struct sim_web_request *request, const char *name);
const char *sim_web_query(const struct sim_web_request *request, const char *name);

struct sim_web_reply {
        unsigned int status; /* 404 until the handler sets it */
        const char *type;    /* static text; NULL: application/json; charset=utf-8 */
        const char *allow;   /* static text; with status 405: the methods it has */
        char challenge[300]; /* WWW-Authenticate; "" none */
        const char *header;  /* static text: another header, with this value; NULL: none */
        struct aza_bytes header_value;
        struct aza_bytes body;
};

/* Called in a thread of the connection's own: several at a time. */
typedef void sim_web_handler(void *arg, const struct sim_web_request *request,
                             struct sim_web_reply *reply);

struct sim_web_options {
        const char *name;         /* "maa", "imds": in counts and the request log */
        const char *fault_prefix; /* "http", "imds": faults PREFIX-status, PREFIX-dead, ... */
        int listen_fd;            /* taken over */
        const char *key_pem;      /* with certificate_pem: TLS; NULL: plain */
        const char *certificate_pem;
        const char *redirect_url; /* where fault PREFIX-redirect points, copied; may be NULL */
        size_t max_body;
        sim_web_handler *handler;
        void *arg;
        struct sim_faults *faults;     /* borrowed */
        struct sim_web_counts *counts; /* borrowed */
        bool verbose;                  /* a line on stderr for each request */
};

/* 0, or -1 after a message. */
int sim_web_start(const struct sim_web_options *options, struct sim_web **ret);
/* Ends every connection and waits for the handlers. */
void sim_web_stop(struct sim_web *web);

/* Requests per server, method and path. Thread-safe. */
struct sim_web_counts *sim_web_counts_new(void);
void sim_web_counts_free(struct sim_web_counts *counts);
/* Appends lines "maa POST /attest/AzureGuest 3". */
void sim_web_counts_text(struct sim_web_counts *counts, struct aza_bytes *out);

/* "ADDR:PORT" ("[::1]:0", "localhost:8443"; port 0: any free) to a listening socket. Only loopback
 * addresses, and 169.254.169.254 where this machine has it. `ret_url` receives SCHEME://ADDR:PORT
 * with the real port, the port left out when it is the scheme's own. The descriptor, or -1 after a
 * message. */
int sim_web_listen(const char *scheme, const char *address, char *ret_url, size_t url_size);

#endif
