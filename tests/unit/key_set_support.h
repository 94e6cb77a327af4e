/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of when an issuer's key set is fetched (T7): a real HTTPS server whose requests
 * are counted, and callers who ask for a key. */
#ifndef TEST_KEY_SET_SUPPORT_H
#define TEST_KEY_SET_SUPPORT_H

#include "https_server.h"
#include "unit/remove_tree.h"
#include "unit/token_support.h"

#include "base/result.h"
#include "online/maa.h"
#include "token/jwks_record.h"
#include "verdict/token.h"

#include <sys/wait.h>

#define OK   "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define GONE "HTTP/1.1 404 Not Found\r\nConnection: close\r\n"

static char *set_k1, *set_k2, *set_both; /* texts: signer as k1, attested as k2 */
static struct answer answers[4];
static SSL_CTX *tls;
static char ca[] = "/tmp/azattest-keyset-ca-XXXXXX";
static char dir[64];
static char issuer[64];

static char *set_text(bool k1, bool k2)
{
        AZA_OWN(json_object_put) json_object *document = quick_json("{'keys':[]}");
        json_object *keys = aza_json_array(document, "keys");

        if (k1)
                json_object_array_add(keys, key_jwk(signer, "k1"));
        if (k2)
                json_object_array_add(keys, key_jwk(attested, "k2"));
        return strdup(json_object_to_json_string(document));
}

static int make_world(void **state)
{
        int fd = mkstemp(ca);

        if (fd < 0 || make_keys(state) != 0)
                return -1;
        close(fd);
        tls = make_tls(ca);
        set_k1 = set_text(true, false);
        set_k2 = set_text(false, true);
        set_both = set_text(true, true);
        return 0;
}

static int free_world(void **state)
{
        free(set_k1);
        free(set_k2);
        free(set_both);
        SSL_CTX_free(tls);
        (void)unlink(ca);
        return free_keys(state);
}

/* A server that says these, and a configuration that trusts it; each has a port of its own. */
static void begin(bool with_dir, size_t count)
{
        start(answers, count, tls);
        (void)snprintf(issuer, sizeof(issuer), "%.*s", (int)strlen(server.url) - 2, server.url);
        config = (struct aza_config){.timeout = 10};
        (void)snprintf(config.ca_file, sizeof(config.ca_file), "%s", ca);
        (void)snprintf(config.issuer, sizeof(config.issuer), "%s", issuer);
        dir[0] = '\0';
        if (with_dir) {
                (void)snprintf(dir, sizeof(dir), "/tmp/azattest-keyset-XXXXXX");
                assert_non_null(mkdtemp(dir));
        }
        (void)snprintf(config.runtime_dir, sizeof(config.runtime_dir), "%s", dir);
}

static void end(void)
{
        finish();
        if (dir[0] == '\0')
                return;
        remove_tree(dir);
        assert_int_equal(access(dir, F_OK), -1);
}

static void say(size_t n, const char *head, const char *body)
{
        answers[n] = (struct answer){.head = head, .body = body};
}

/* The set for a token of `kid` issued `offset` seconds from now; *ret_found: whether the key is
 * in it. */
__attribute__((unused)) static int
ask_at(const char *kid, int64_t offset, const struct aza_deadline *deadline, const char **ret_found)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        AZA_OWN(json_object_put) json_object *claims = json_object_new_object();
        const int64_t now = (int64_t)time(NULL);
        const struct aza_token token = {.issuer = issuer, .kid = kid, .claims = claims};

        json_object_object_add(claims, "iat", json_object_new_int64(now + offset));
        int r = aza_maa_jwks(libctx, &config, deadline, &token, &set);
        if (r == 0 && ret_found != NULL) {
                const struct aza_jwks_key found = aza_token_signer(set, &token, now);
                *ret_found = found.note != NULL ? found.note : found.key != NULL ? "current" : "?";
        }
        return r;
}

__attribute__((unused)) static int ask(const char *kid, const char **ret_found)
{
        struct aza_deadline deadline = aza_deadline_in(10, NULL);

        return ask_at(kid, 0, &deadline, ret_found);
}

#define assert_found(kid, text)                                    \
        do {                                                       \
                const char *found_ = NULL;                         \
                if (ask(kid, &found_) != 0)                        \
                        fail_msg("%s", aza_last_error()->message); \
                assert_non_null(strstr(found_, text));             \
        } while (0)

__attribute__((unused)) static void read_record(struct aza_jwks_record *ret)
{
        char name[AZA_JWKS_NAME];

        assert_int_equal(aza_jwks_record_name(libctx, &config, issuer, name), 0);
        if (aza_jwks_record_read(dir, name, (int64_t)time(NULL), ret) != 0)
                fail_msg("%s", aza_last_error()->message);
}

/* Makes the stored record older than it is. */
__attribute__((unused)) static void age(int64_t seconds)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        char name[AZA_JWKS_NAME];

        read_record(&record);
        record.fetched -= record.fetched != 0 ? seconds : 0;
        record.failed -= record.failed != 0 ? seconds : 0;
        record.asked -= record.asked != 0 ? seconds : 0;
        size_t withdrawn =
                record.withdrawn != NULL ? json_object_array_length(record.withdrawn) : 0;
        for (size_t i = 0; i < withdrawn; i++) {
                json_object *row = json_object_array_get_idx(record.withdrawn, i);
                json_object *seen = NULL, *gone = NULL;
                assert_true(json_object_object_get_ex(row, "seen", &seen));
                assert_true(json_object_object_get_ex(row, "gone", &gone));
                json_object_set_int64(seen, json_object_get_int64(seen) - seconds);
                json_object_set_int64(gone, json_object_get_int64(gone) - seconds);
        }
        assert_int_equal(aza_jwks_record_name(libctx, &config, issuer, name), 0);
        assert_int_equal(aza_jwks_record_write(dir, name, &record), 0);
}

static int run_key_set_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
        /* The server thread may answer a client that left. */
        (void)signal(SIGPIPE, SIG_IGN);
        return _cmocka_run_group_tests(name, tests, count, make_world, free_world);
}

#endif
