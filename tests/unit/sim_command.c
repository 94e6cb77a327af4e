/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's command line, where it listens, and the directory it makes. */
#include "sim/options.h"
#include "sim/tree.h"
#include "sim/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS 12

/* Splits at blanks; 0 when the words are accepted. */
static int parse(const char *line, struct sim_options *ret)
{
        static char text[256];
        static char *words[WORDS + 1];
        int n = 0;
        char *rest = NULL;

        (void)snprintf(text, sizeof(text), "%s", line);
        for (char *word = strtok_r(text, " ", &rest); word != NULL && n < WORDS;
             word = strtok_r(NULL, " ", &rest))
                words[n++] = word;
        words[n] = NULL;
        return sim_options_parse(n, words, ret);
}

static void options_before_and_after_the_verb(void **state)
{
        struct sim_options o;
        (void)state;
        assert_int_equal(parse("sim --vm tdx --fault http-dead run -v -- sh -c x", &o), 0);
        assert_int_equal(o.verb, SIM_VERB_RUN);
        assert_int_equal(o.kind, SIM_TDX);
        assert_int_equal(o.fault_count, 1);
        assert_true(o.verbose);
        assert_false(o.lenient);
        assert_string_equal(o.rest[0], "sh");
        assert_string_equal(o.rest[2], "x");
        assert_int_equal(parse("sim run --vm=trustedlaunch --fault=http-status=503x2 ls -l", &o),
                         0);
        assert_int_equal(o.kind, SIM_TRUSTEDLAUNCH);
        assert_string_equal(o.faults[0], "http-status=503x2");
        assert_string_equal(o.rest[1], "-l");
        assert_int_equal(parse("sim start /tmp/x --join /tmp/y --imds-listen 127.0.0.1:0", &o), 0);
        assert_string_equal(o.dir, "/tmp/x");
        assert_string_equal(o.join, "/tmp/y");
        assert_string_equal(o.imds_listen, "127.0.0.1:0");
        assert_int_equal(parse("sim ctl /tmp/x pcr-extend 5", &o), 0);
        assert_string_equal(o.rest[0], "pcr-extend");
        assert_string_equal(o.rest[1], "5");
        assert_int_equal(parse("sim --lenient run x", &o), 0);
        assert_true(o.lenient);
        assert_false(o.tcp || o.windows);
        assert_int_equal(parse("sim --tcp --vm windows run x", &o), 0);
        assert_true(o.tcp && o.windows);
        assert_int_equal(o.kind, SIM_SEVSNP);
        /* The last kind counts, whole. */
        assert_int_equal(parse("sim --vm windows --vm tdx run x", &o), 0);
        assert_false(o.windows);
        assert_int_equal(parse("sim start --help", &o), 0);
        assert_int_equal(o.verb, SIM_VERB_HELP);
}

static void wrong_usage(void **state)
{
        static const char *const lines[] = {
                "sim",
                "sim jump",
                "sim run",
                "sim run --",
                "sim start",
                "sim start a b",
                "sim stop",
                "sim ctl d",
                "sim --vm sgx run x",
                "sim --vm",
                "sim --fault run x",
                "sim --fault http-status run x",
                "sim --bogus 1 run x",
                "sim start d --join e --maa-listen 127.0.0.1:0",
                "sim start d --join e --lenient",
                "sim --lenient=1 run x",
                "sim --tcp=80 run x",
                "sim --vm Windows run x",
        };
        struct sim_options o;
        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                if (parse(lines[i], &o) == 0)
                        fail_msg("accepted: %s", lines[i]);
}

static void help_names_every_fault(void **state)
{
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        (void)state;
        assert_non_null(out);
        sim_options_help(out);
        assert_int_equal(fclose(out), 0);
        assert_non_null(strstr(text, "--maa-listen"));
        assert_non_null(strstr(text, "http-retry-after=SECONDS"));
        assert_non_null(strstr(text, "envelope-wrong-tag"));
        assert_non_null(strstr(text, "tpm-rc"));
        free(text);
}

static void listens_on_loopback_only(void **state)
{
        static const char *const bad[] = {
                "0.0.0.0:0",       "192.0.2.1:0",  "[::]:0",          "example.org:0", "127.0.0.1",
                "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http",  ":80",           "",
                "[::1:0",          "128.0.0.1:0",  "127.0.0.1:1 \n2",
        };
        static const struct {
                const char *address, *scheme, *prefix;
        } good[] = {
                {"127.0.0.1:0", "https", "https://127.0.0.1:"},
                {"127.1.2.3:0", "http", "http://127.1.2.3:"},
                {"localhost:0", "https", "https://localhost:"},
        };
        char url[128];
        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                if (sim_web_listen("https", bad[i], url, sizeof(url)) >= 0)
                        fail_msg("listens on %s", bad[i]);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                int fd = sim_web_listen(good[i].scheme, good[i].address, url, sizeof(url));
                assert_true(fd >= 0);
                assert_int_equal(strncmp(url, good[i].prefix, strlen(good[i].prefix)), 0);
                assert_true(strtol(url + strlen(good[i].prefix), NULL, 10) > 0);
                (void)close(fd);
        }
}

static void directory_is_marked_and_locked(void **state)
{
        char dir[] = "/tmp/sim_command.XXXXXX";
        char text[32];
        struct stat st;
        bool alive = true;
        (void)state;
        assert_non_null(mkdtemp(dir));
        assert_false(sim_tree_is_ours(dir, &alive));
        sim_tree_remove(dir); /* not marked: stays */
        assert_int_equal(stat(dir, &st), 0);
        int fd = sim_tree_make(dir);
        assert_true(fd >= 0);
        assert_true(sim_tree_make(dir) < 0);
        assert_true(sim_tree_is_ours(dir, &alive) && alive);
        sim_tree_sweep("/tmp/sim_command.??????"); /* somebody lives there */
        assert_int_equal(sim_tree_write(dir, "file", "text", 0644), 0);
        assert_int_equal(sim_tree_read(dir, "file", text, sizeof(text)), 0);
        assert_string_equal(text, "text");
        (void)close(fd);
        assert_true(sim_tree_is_ours(dir, &alive) && !alive);
        sim_tree_sweep("/tmp/sim_command.??????");
        assert_int_not_equal(stat(dir, &st), 0);
        assert_true(sim_tree_make("/tmp/sim_command $HOME") < 0);
        assert_true(sim_tree_make("/") < 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(options_before_and_after_the_verb),
                cmocka_unit_test(wrong_usage),
                cmocka_unit_test(help_names_every_fault),
                cmocka_unit_test(listens_on_loopback_only),
                cmocka_unit_test(directory_is_marked_and_locked),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
