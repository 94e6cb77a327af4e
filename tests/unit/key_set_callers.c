/* SPDX-License-Identifier: Apache-2.0 */
/* maa/key_set: several callers, in threads and processes, of whom one fetches for all (T7). */
#include "unit/key_set_support.h"

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
                cmocka_unit_test(one_fetch_for_all_threads),
                cmocka_unit_test(waiting_ends),
                cmocka_unit_test(one_fetch_for_all_processes),
                cmocka_unit_test(forked_while_fetching),
                cmocka_unit_test(killed_while_fetching),
        };
        return run_key_set_tests("key_set_callers", tests, COUNT(tests));
}
