/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Example of a relying party: a small secrets manager that gives its secret to attested VMs only.
 * usage: secrets_manager PORT POLICY SECRET-FILE [SECONDS-AHEAD [NONCE-SECONDS]]
 *   GET  /nonce              a nonce, good for one request and a minute (or NONCE-SECONDS)
 *   POST /secret?nonce=...   body: a token that echoes the nonce. Answer: the secret as JWE, which
 *                            only that token's vTPM key opens; or 403 and the check that refused
 * POLICY is a Key Vault release policy and must say which VM. PORT 0: any free one; the first line
 * says which. SECONDS-AHEAD shifts the clock tokens are judged by, for tests. Needs no TPM. Serves
 * on the loopback address without TLS: the secret is encrypted, but a VM that must know who gave it
 * to it puts TLS in front.
 */
#include <azattest.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NONCE_SECONDS 60
#define ISSUER_SECONDS \
        "5" /* for its key set: one thread serves, and whoever made a key id up makes it ask */
#define KEY_BYTES   32
#define TAG_BYTES   16
#define NONCE_BYTES (8 + 8 + TAG_BYTES)
#define NONCES      (1u << 24) /* of which it is known whether they were taken: one bit each */
#define BODY_MAX    65536
#define SECRET_MAX  65536

struct manager {
        azattest_context *ctx;
        const char *policy;
        int64_t ahead;
        uint8_t secret[SECRET_MAX];
        size_t secret_len;
        int64_t nonce_seconds;
        uint8_t key[KEY_BYTES]; /* of the nonces; made when the program starts */
        /* Only touched by the one thread that serves. */
        uint64_t serial; /* of the next nonce */
        uint8_t taken[NONCES / 8];
};

struct body {
        char text[BODY_MAX + 1];
        size_t len;
        bool too_long;
};

/*
 * ---- nonces: issued once, taken once ---- Nothing is kept for a nonce that was given out: it is
 * its serial number and time with a tag that only this process can make. So strangers who ask for
 * nonces cannot push out those of others. That a nonce is taken once needs a bit for each of the
 * last 16 million, more than can be asked for while one is good. (A second use would give nothing:
 * the same token's key gets the same secret again, encrypted to it.)
 */

static void put64(uint8_t *out, uint64_t value)
{
        for (size_t i = 0; i < 8; i++)
                out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get64(const uint8_t *in)
{
        uint64_t value = 0;

        for (size_t i = 0; i < 8; i++)
                value = value << 8 | in[i];
        return value;
}

/* HMAC of serial and time, with a label so that the key can serve nothing else by mistake. */
static bool make_tag(const struct manager *manager, const uint8_t nonce[NONCE_BYTES],
                     uint8_t tag[TAG_BYTES])
{
        static const char label[] = "secrets_manager nonce 1";
        uint8_t text[sizeof(label) + 16], full[32];
        unsigned int len = sizeof(full);

        memcpy(text, label, sizeof(label));
        memcpy(text + sizeof(label), nonce, 16);
        if (HMAC(EVP_sha256(), manager->key, KEY_BYTES, text, sizeof(text), full, &len) == NULL)
                return false;
        memcpy(tag, full, TAG_BYTES);
        return true;
}

/* As hex digits. */
static bool issue_nonce(struct manager *manager, char text[2 * NONCE_BYTES + 1])
{
        uint8_t nonce[NONCE_BYTES];
        const uint64_t serial = manager->serial++;

        put64(nonce, serial);
        put64(nonce + 8, (uint64_t)time(NULL));
        if (!make_tag(manager, nonce, nonce + 16))
                return false;
        manager->taken[serial % NONCES / 8] &= (uint8_t) ~(1u << serial % 8);
        for (size_t i = 0; i < sizeof(nonce); i++)
                (void)snprintf(text + 2 * i, 3, "%02x", nonce[i]);
        return true;
}

static bool parse_nonce(const char *text, uint8_t nonce[NONCE_BYTES])
{
        static const char digits[] = "0123456789abcdef";

        if (text == NULL || strlen(text) != 2 * NONCE_BYTES)
                return false;
        for (size_t i = 0; i < NONCE_BYTES; i++) {
                const char *high = strchr(digits, text[2 * i]);
                const char *low = strchr(digits, text[2 * i + 1]);

                if (high == NULL || low == NULL)
                        return false;
                nonce[i] = (uint8_t)((high - digits) << 4 | (low - digits));
        }
        return true;
}

/* True when it was issued here, not long ago, and never taken before. */
static bool take_nonce(struct manager *manager, const char *text)
{
        uint8_t nonce[NONCE_BYTES], tag[TAG_BYTES];

        if (!parse_nonce(text, nonce) || !make_tag(manager, nonce, tag) ||
            CRYPTO_memcmp(tag, nonce + 16, TAG_BYTES) != 0)
                return false;
        const uint64_t serial = get64(nonce);
        const int64_t age = (int64_t)time(NULL) - (int64_t)get64(nonce + 8);
        uint8_t *taken = &manager->taken[serial % NONCES / 8];
        const uint8_t bit = (uint8_t)(1u << serial % 8);
        if (age < 0 || age >= manager->nonce_seconds || manager->serial - serial > NONCES ||
            (*taken & bit) != 0)
                return false;
        *taken |= bit;
        return true;
}

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
                              const char *text)
{
        struct MHD_Response *response = MHD_create_response_from_buffer(
                strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

        if (response == NULL)
                return MHD_NO;
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
        enum MHD_Result queued = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
        return queued;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const char *why)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), "refused: %s\n", why);
        printf("%s", text);
        (void)fflush(stdout);
        return answer(connection, MHD_HTTP_FORBIDDEN, text);
}

/* The decision: a fresh nonce, a token that verifies and echoes it, the policy; then the secret
 * for the key of that token and nobody else. */
static enum MHD_Result give_secret(struct manager *manager, struct MHD_Connection *connection,
                                   const char *jwt)
{
        const char *nonce = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "nonce");
        struct azattest_verify_options options = {
                .size = sizeof(options), .nonce = nonce, .policy = manager->policy};
        char *jwe = NULL;

        if (!take_nonce(manager, nonce))
                return refuse(connection, "this nonce was not given out, was used, or is too old");
        if (manager->ahead != 0)
                options.time = (int64_t)time(NULL) + manager->ahead;
        if (azattest_token_verify(manager->ctx, jwt, &options, NULL) != 0 ||
            azattest_encrypt_jwe(manager->ctx, jwt, manager->secret, manager->secret_len, &jwe) !=
                    0)
                return refuse(connection, azattest_error_message(manager->ctx));
        printf("given\n");
        (void)fflush(stdout);
        enum MHD_Result queued = answer(connection, MHD_HTTP_OK, jwe);
        azattest_free(jwe);
        return queued;
}

/* ---- HTTP ---- */

static void collect(struct body *body, const char *data, size_t len)
{
        if (len > BODY_MAX - body->len) {
                body->too_long = true;
                return;
        }
        memcpy(body->text + body->len, data, len);
        body->len += len;
}

/* Called once with the header, then for parts of the body, then at its end with none. */
static enum MHD_Result serve(void *arg, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_len, void **state)
{
        struct manager *manager = arg;
        struct body *body = *state;

        (void)version;
        if (body == NULL) {
                *state = calloc(1, sizeof(struct body));
                return *state != NULL ? MHD_YES : MHD_NO;
        }
        if (*data_len > 0) {
                collect(body, data, *data_len);
                *data_len = 0;
                return MHD_YES;
        }
        if (strcmp(url, "/nonce") == 0 && strcmp(method, MHD_HTTP_METHOD_GET) == 0) {
                char nonce[2 * NONCE_BYTES + 1];
                return issue_nonce(manager, nonce) ? answer(connection, MHD_HTTP_OK, nonce)
                                                   : MHD_NO;
        }
        if (strcmp(url, "/secret") != 0 || strcmp(method, MHD_HTTP_METHOD_POST) != 0)
                return answer(connection, MHD_HTTP_NOT_FOUND, "GET /nonce or POST /secret\n");
        if (body->too_long)
                return refuse(connection, "the token is too long");
        body->text[body->len] = '\0';
        body->text[strcspn(body->text, "\r\n")] = '\0';
        return give_secret(manager, connection, body->text);
}

static void forget(void *arg, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
        (void)arg;
        (void)connection;
        (void)why;
        free(*state);
        *state = NULL;
}

/* ---- */

static bool read_secret(struct manager *manager, const char *path)
{
        FILE *file = fopen(path, "rb");

        if (file == NULL)
                return false;
        manager->secret_len = fread(manager->secret, 1, sizeof(manager->secret), file);
        bool whole = feof(file) != 0 && manager->secret_len > 0;
        (void)fclose(file);
        return whole;
}

static int run(struct manager *manager, const char *port)
{
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        sigset_t end;
        int signal;

        /* Blocked before the serving thread is made, so that it comes to sigwait below. */
        (void)sigemptyset(&end);
        (void)sigaddset(&end, SIGTERM);
        (void)sigaddset(&end, SIGINT);
        (void)pthread_sigmask(SIG_BLOCK, &end, NULL);
        struct MHD_Daemon *daemon =
                MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, serve, manager,
                                 MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED,
                                 forget, NULL, MHD_OPTION_CONNECTION_TIMEOUT, 20u, MHD_OPTION_END);
        const union MHD_DaemonInfo *info =
                daemon != NULL ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;

        if (info == NULL) {
                (void)fprintf(stderr, "cannot listen on port %s\n", port);
                return 1;
        }
        printf("listening %u\n", (unsigned int)info->port);
        (void)fflush(stdout);
        (void)sigwait(&end, &signal);
        MHD_stop_daemon(daemon);
        return 0;
}

int main(int argc, char **argv)
{
        static struct manager manager;
        int status = 1;

        if (argc < 4 || argc > 6) {
                (void)fprintf(stderr,
                              "usage: %s PORT POLICY SECRET-FILE [SECONDS-AHEAD [NONCE-SECONDS]]\n",
                              argv[0]);
                return 2;
        }
        manager.policy = argv[2];
        manager.ahead = argc >= 5 ? strtoll(argv[4], NULL, 10) : 0;
        manager.nonce_seconds = argc == 6 ? strtoll(argv[5], NULL, 10) : NONCE_SECONDS;
        if (RAND_bytes(manager.key, sizeof(manager.key)) != 1)
                (void)fprintf(stderr, "no random numbers\n");
        else if (!read_secret(&manager, argv[3]))
                (void)fprintf(stderr, "cannot read a secret of 1 to %d bytes from %s\n",
                              SECRET_MAX - 1, argv[3]);
        else if (azattest_context_new(NULL, &manager.ctx) != 0 ||
                 azattest_context_set(manager.ctx, "policy", manager.policy) != 0 ||
                 azattest_context_set(manager.ctx, "timeout", ISSUER_SECONDS) != 0)
                (void)fprintf(stderr, "%s\n", azattest_error_message(manager.ctx));
        else
                status = run(&manager, argv[1]);
        OPENSSL_cleanse(manager.secret, sizeof(manager.secret));
        OPENSSL_cleanse(manager.key, sizeof(manager.key));
        azattest_context_free(manager.ctx);
        return status;
}
