/* SPDX-License-Identifier: Apache-2.0 */
/* When an issuer's key set is fetched (T7): the requests that a real HTTPS server gets are counted. */
#include "https_server.h"
#include "unit/token_support.h"

#include "base/result.h"
#include "maa/client.h"
#include "token/jwks_record.h"
#include "verify.h"

#include <dirent.h>
#include <sys/wait.h>

#define OK   "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define GONE "HTTP/1.1 404 Not Found\r\nConnection: close\r\n"

static char *set_k1, *set_k2, *set_both; /* texts: signer as k1, attested as k2 */
static struct answer answers[4];
static SSL_CTX *tls;
static char ca[] = "/tmp/azattest-keyset-ca-XXXXXX";
static char dir[64];
static char issuer[64];

/* ---- fixture ---- */

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
        stop();
        if (dir[0] == '\0')
                return;
        DIR *d = opendir(dir);
        for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
                if (e->d_name[0] != '.')
                        assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
        closedir(d);
        assert_int_equal(rmdir(dir), 0);
}

static void say(size_t n, const char *head, const char *body)
{
        answers[n] = (struct answer){.head = head, .body = body};
}

/* The set for a token of `kid` issued `offset` seconds from now; *ret_found: whether the key is in it. */
static int ask_at(const char *kid, int64_t offset, const struct aza_deadline *deadline,
                  const char **ret_found)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        AZA_OWN(json_object_put) json_object *claims = json_object_new_object();
        const int64_t now = (int64_t)time(NULL);
        const struct aza_token token = {.issuer = issuer, .kid = kid, .claims = claims};
        const char *reason = NULL;

        json_object_object_add(claims, "iat", json_object_new_int64(now + offset));
        int r = aza_maa_jwks(libctx, &config, deadline, &token, &set);
        if (r == 0 && ret_found != NULL) {
                bool found = aza_token_signer(set, &token, now, &reason) != NULL;
                *ret_found = reason != NULL ? reason : found ? "current" : "?";
        }
        return r;
}

static int ask(const char *kid, const char **ret_found)
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

static void read_record(struct aza_jwks_record *ret)
{
        char name[AZA_JWKS_NAME];

        assert_int_equal(aza_jwks_record_name(libctx, &config, issuer, name), 0);
        if (aza_jwks_record_read(dir, name, (int64_t)time(NULL), ret) != 0)
                fail_msg("%s", aza_last_error()->message);
}

/* Makes the stored record older than it is. */
static void age(int64_t seconds)
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

/* ---- one caller ---- */

static void once_a_day(bool with_dir)
{
        say(0, OK, set_k1);
        begin(with_dir, 1);
        assert_found("k1", "current");
        assert_found("k1", "current");
        assert_int_equal(server.requests, 1);
        /* An invented kid: one further request, not one each. */
        assert_found("invented", "no such kid");
        assert_found("invented", "no such kid");
        assert_found("invented too", "no such kid");
        assert_int_equal(server.requests, 2);
        if (with_dir) {
                age(61);
                assert_found("invented", "no such kid");
                assert_int_equal(server.requests, 3);
                age(AZA_JWKS_FRESH);
                assert_found("k1", "current");
                assert_int_equal(server.requests, 4);
        }
        /* What came by another CA is another set. */
        (void)snprintf(config.ca_file, sizeof(config.ca_file), "/tmp/../%s", ca);
        const size_t before = server.requests;
        assert_found("k1", "current");
        assert_int_equal(server.requests, before + 1);
        end();
}

static void fetched_once(void **state)
{
        (void)state;
        once_a_day(true);
        once_a_day(false);
}

static void rotation(void **state)
{
        struct aza_deadline deadline = aza_deadline_in(10, NULL);
        const char *found = NULL;

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, set_k2);
        begin(true, 2);
        assert_found("k1", "current");
        assert_found("k2", "current");
        assert_int_equal(server.requests, 2);
        /* Signed before the issuer withdrew it: no request, and it is said. */
        assert_found("k1", "has withdrawn this key");
        assert_int_equal(server.requests, 2);
        age(61);
        /* The issuer cannot have signed this one; is the set we have an old one? */
        assert_int_equal(ask_at("k1", 120, &deadline, &found), 0);
        assert_string_equal(found, "no such kid in the issuer's key set since before the token was "
                                   "issued");
        assert_int_equal(server.requests, 3);
        /* 24 hours after it was seen last it ends, whatever the token says of its age. */
        age(AZA_JWKS_FRESH - 61 - 10);
        assert_int_equal(ask_at("k1", -AZA_JWKS_FRESH, &deadline, &found), 0);
        assert_non_null(strstr(found, "has withdrawn this key"));
        age(10);
        assert_int_equal(ask_at("k1", -AZA_JWKS_FRESH, &deadline, &found), 0);
        assert_string_equal(found, "no such kid in the issuer's key set");
        end();
}

static void withdrawn_and_back(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, set_k2);
        say(2, OK, set_both);
        begin(true, 3);
        assert_found("k1", "current");
        assert_found("k2", "current");
        read_record(&record);
        assert_int_equal(json_object_array_length(record.withdrawn), 1);
        age(61);
        assert_found("invented", "no such kid");
        assert_found("k1", "current");
        read_record(&record);
        assert_int_equal(json_object_array_length(record.withdrawn), 0);
        assert_int_equal(server.requests, 3);
        end();
}

/* A token that the withdrawn key signed verifies, with all of its rows. */
static void retired_key_verifies(void **state)
{
        const int64_t now = (int64_t)time(NULL);
        struct aza_deadline deadline = aza_deadline_in(10, NULL);
        const struct aza_verify_request request = {.any_purpose = true, .foreign = true};
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, set_k2);
        begin(true, 2);
        config.any_vm = true;
        json_object_object_add(claims, "iss", text_value(issuer));
        json_object_object_add(claims, "iat", json_object_new_int64(now));
        json_object_object_add(claims, "nbf", json_object_new_int64(now));
        json_object_object_add(claims, "exp", json_object_new_int64(now + 3600));
        AZA_OWN(free) char *jwt = sign_claims(claims);
        assert_found("k1", "current");
        assert_found("k2", "current");
        if (aza_verify_online(libctx, &config, &deadline, &request, jwt, &checks, &token) != 0)
                fail_msg("%s", aza_last_error()->message);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_ACCEPT);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_T6)->reason, "withdrawn"));
        /* Without network too. */
        AZA_CHECKS struct aza_checks offline = {0};
        assert_int_equal(aza_verify_offline(libctx, &config, &request, jwt, &offline, NULL), 0);
        assert_int_equal(server.requests, 2);
        end();
}

static void failures(bool with_dir)
{
        say(0, GONE, "");
        say(1, OK, set_k1);
        begin(with_dir, 2);
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        assert_null(strstr(aza_last_error()->message, "not asked again"));
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        assert_says("answered HTTP 404");
        assert_says("it failed moments ago and is not asked again before 20");
        assert_int_equal(ask("k2", NULL), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 1);
        if (with_dir) {
                age(10);
                assert_found("k1", "current");
                assert_int_equal(server.requests, 2);
        }
        end();
}

static void failure_remembered(void **state)
{
        (void)state;
        failures(true);
        failures(false);
}

static void failure_keeps_the_keys(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        struct aza_deadline hurry = {.at_ms = aza_monotonic_ms() + 300};

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, "{\"keys\":[]}");
        begin(true, 2);
        assert_found("k1", "current");
        assert_int_equal(ask("k2", NULL), AZATTEST_E_TOKEN_SIGNATURE);
        assert_says("key set of https://127.0.0.1:");
        assert_found("k1", "current");
        assert_int_equal(server.requests, 2);
        read_record(&record);
        assert_int_equal(json_object_array_length(record.keys), 1);
        assert_int_equal(record.code, AZATTEST_E_TOKEN_SIGNATURE);
        /* That a caller has no time says nothing about the server. */
        age(AZA_JWKS_FRESH);
        server.pause_ms = 1000;
        hurry.at_ms = aza_monotonic_ms() + 300;
        assert_int_equal(ask_at("k1", 0, &hurry, NULL), AZATTEST_E_DEADLINE);
        read_record(&record);
        assert_in_range(time(NULL) - record.failed, AZA_JWKS_FRESH, AZA_JWKS_FRESH + 60);
        end();
}

static bool names(json_object *list, const char *text)
{
        for (size_t i = 0; i < json_object_array_length(list); i++)
                if (strstr(json_object_get_string(json_object_array_get_idx(list, i)), text))
                        return true;
        return false;
}

static void stale_only_on_request(void **state)
{
        const struct aza_verify_request request = {.any_purpose = true, .foreign = true};
        struct aza_deadline deadline = aza_deadline_in(10, NULL);
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        say(0, OK, set_k1);
        say(1, GONE, "");
        begin(true, 2);
        assert_found("k1", "current");
        age(2 * AZA_JWKS_FRESH);
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        config.allow_stale_keys = true;
        assert_found("k1", "current");
        assert_int_equal(ask("k2", NULL), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 2);
        AZA_OWN(json_object_put) json_object *weakened = aza_config_weakened(&config);
        assert_true(names(weakened, "allow-stale-keys = yes: "));
        json_object_object_add(claims, "iss", text_value(issuer));
        AZA_OWN(free) char *jwt = sign_claims(claims);
        (void)aza_verify_online(libctx, &config, &deadline, &request, jwt, &checks, NULL);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_ACCEPT);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_T7)->reason, "STALE: "));
        /* Without network there is no failed fetch, and a day is a day. */
        AZA_CHECKS struct aza_checks offline = {0};
        assert_int_equal(aza_verify_offline(libctx, &config, &request, jwt, &offline, NULL),
                         AZATTEST_E_TOKEN_SIGNATURE);
        age(5 * AZA_JWKS_FRESH);
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 3);
        end();
}

/* ---- several callers ---- */

static void *ask_in_thread(void *arg)
{
        pthread_barrier_t *barrier = arg;
        const char *found = "";

        if (barrier != NULL)
                (void)pthread_barrier_wait(barrier);
        return ask("k1", &found) == 0 && strcmp(found, "current") == 0 ? NULL : (void *)1;
}

static void eight_threads(bool with_dir)
{
        pthread_barrier_t barrier;
        pthread_t threads[8];

        say(0, OK, set_k1);
        begin(with_dir, 1);
        server.pause_ms = 200;
        assert_int_equal(pthread_barrier_init(&barrier, NULL, COUNT(threads)), 0);
        for (size_t i = 0; i < COUNT(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, &barrier), 0);
        for (size_t i = 0; i < COUNT(threads); i++) {
                void *bad = NULL;
                assert_int_equal(pthread_join(threads[i], &bad), 0);
                assert_null(bad);
        }
        assert_int_equal(pthread_barrier_destroy(&barrier), 0);
        assert_int_equal(server.requests, 1);
        end();
}

static void one_fetch_for_all_threads(void **state)
{
        (void)state;
        eight_threads(true);
        eight_threads(false);
}

static void wait_until_asked(void)
{
        for (int i = 0; i < 500 && server.requests == 0; i++)
                usleep(10000);
        assert_int_equal(server.requests, 1);
}

static void waiting_ends(void **state)
{
        struct aza_deadline hurry = {0};
        pthread_t first;
        void *bad = NULL;

        (void)state;
        say(0, OK, set_k1);
        begin(true, 1);
        server.pause_ms = 1000;
        assert_int_equal(pthread_create(&first, NULL, ask_in_thread, NULL), 0);
        wait_until_asked();
        hurry.at_ms = aza_monotonic_ms() + 200;
        assert_int_equal(ask_at("k1", 0, &hurry, NULL), AZATTEST_E_DEADLINE);
        assert_says("another thread or process fetches the key set of https://127.0.0.1:");
        assert_int_equal(pthread_join(first, &bad), 0);
        assert_null(bad);
        assert_int_equal(server.requests, 1);
        end();
}

/* A child that asks; its status tells whether it got the key. */
static pid_t ask_in_child(void)
{
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
                _exit(ask_in_thread(NULL) == NULL ? 0 : 1);
        return child;
}

static void assert_good(pid_t child)
{
        int status = -1;

        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
}

static void one_fetch_for_all_processes(void **state)
{
        (void)state;
        say(0, OK, set_k1);
        begin(true, 1);
        server.pause_ms = 300;
        pid_t children[3];
        for (size_t i = 0; i < COUNT(children); i++)
                children[i] = ask_in_child();
        for (size_t i = 0; i < COUNT(children); i++)
                assert_good(children[i]);
        assert_found("k1", "current");
        assert_int_equal(server.requests, 1);
        end();
}

/* Its parent's thread is not in the child: nobody there ends the turn that it took. */
static void forked_while_fetching(void **state)
{
        pthread_t thread;
        void *bad = NULL;

        (void)state;
        say(0, OK, set_k1);
        begin(false, 1);
        server.pause_ms = 500;
        assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, NULL), 0);
        wait_until_asked();
        assert_good(ask_in_child());
        assert_int_equal(pthread_join(thread, &bad), 0);
        assert_null(bad);
        assert_int_equal(server.requests, 2);
        end();
}

/* The process that fetched was killed: its lock is gone with it. */
static void killed_while_fetching(void **state)
{
        int status = 0;

        (void)state;
        say(0, OK, set_k1);
        begin(true, 1);
        server.pause_ms = 500;
        pid_t child = ask_in_child();
        wait_until_asked();
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_found("k1", "current");
        assert_int_equal(server.requests, 2);
        end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fetched_once),
                cmocka_unit_test(rotation),
                cmocka_unit_test(withdrawn_and_back),
                cmocka_unit_test(retired_key_verifies),
                cmocka_unit_test(failure_remembered),
                cmocka_unit_test(failure_keeps_the_keys),
                cmocka_unit_test(stale_only_on_request),
                cmocka_unit_test(one_fetch_for_all_threads),
                cmocka_unit_test(waiting_ends),
                cmocka_unit_test(one_fetch_for_all_processes),
                cmocka_unit_test(forked_while_fetching),
                cmocka_unit_test(killed_while_fetching),
        };

        /* The server thread may answer a client that left. */
        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests_name("key_set", tests, make_world, free_world);
}
