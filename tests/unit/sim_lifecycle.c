/* SPDX-License-Identifier: Apache-2.0 */
/* azattest-sim as a program: what COMMAND finds, what the servers answer to anybody, and that
 * nothing is left behind, whoever is killed. */
#include "base/bytes.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SIM AZATTEST_BUILD_DIR "/bin/azattest-sim"

/* Starts a program with its standard output in a pipe. */
static pid_t spawn(const char *const *argv, int *ret_out)
{
        int out[2];

        assert_int_equal(pipe(out), 0);
        pid_t pid = fork();
        if (pid == 0) {
                (void)dup2(out[1], STDOUT_FILENO);
                (void)close(out[0]);
                (void)close(out[1]);
                (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
                _exit(99);
        }
        assert_true(pid > 0);
        (void)close(out[1]);
        *ret_out = out[0];
        return pid;
}

static int collect(pid_t pid, int out, struct aza_bytes *ret)
{
        char chunk[4096];
        ssize_t n;
        int status = 0;

        while ((n = read(out, chunk, sizeof(chunk))) > 0)
                assert_int_equal(aza_bytes_append(ret, chunk, (size_t)n), 0);
        assert_int_equal(aza_bytes_append(ret, "", 0), 0);
        (void)close(out);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs `script` in a VM with one option (or NULL); its exit status and output. */
static int run_script(const char *option, const char *script, struct aza_bytes *ret)
{
        const char *const with[] = {SIM, option, "run", "--", "sh", "-c", script, NULL};
        const char *const without[] = {SIM, "run", "--", "sh", "-c", script, NULL};
        int out = -1;
        pid_t pid = spawn(option != NULL ? with : without, &out);
        return collect(pid, out, ret);
}

static void expect_output(const char *option, const char *script, const char *expected)
{
        AZA_BYTES struct aza_bytes out = {0};
        int status = run_script(option, script, &out);
        if (status != 0 || strcmp((const char *)out.data, expected) != 0)
                fail_msg("%s: status %d, output \"%s\" instead of \"%s\"", script, status,
                         (const char *)out.data, expected);
}

static bool gone(const char *path)
{
        struct stat st;
        return stat(path, &st) != 0 && errno == ENOENT;
}

static bool gone_soon(const char *path)
{
        const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
        for (int i = 0; i < 500 && !gone(path); i++)
                (void)nanosleep(&tick, NULL);
        return gone(path);
}

static bool process_ends(pid_t pid)
{
        char path[64];
        char state = 'Z';
        const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        for (int i = 0; i < 500; i++) {
                FILE *file = fopen(path, "r");
                if (file == NULL)
                        return true;
                int n = fscanf(file, "%*d %*s %c", &state);
                (void)fclose(file);
                if (n == 1 && state == 'Z')
                        return true;
                (void)nanosleep(&tick, NULL);
        }
        return false;
}

static void command_and_its_status(void **state)
{
        AZA_BYTES struct aza_bytes out = {0};
        (void)state;
        assert_int_equal(run_script(NULL,
                                    "echo $AZATTEST_SIM_DIR; test -S $AZATTEST_SIM_DIR/ctl "
                                    "&& exit 7",
                                    &out),
                         7);
        out.data[out.len - 1] = '\0';
        assert_int_equal(strncmp((const char *)out.data, "/tmp/azattest-sim.", 18), 0);
        assert_true(gone((const char *)out.data));
        const char *const missing[] = {SIM, "run", "--", "/nonexistent/program", NULL};
        int fd = -1;
        pid_t pid = spawn(missing, &fd);
        assert_int_equal(collect(pid, fd, &out), 127);
}

static void environment(void **state)
{
        (void)state;
        expect_output(NULL,
                      "for v in OPENSSL_CONF SIM_MAA_URL SIM_IMDS_URL SIM_CA_FILE SIM_TCTI "
                      "SIM_EVENT_LOG SIM_VM_ID TPM2TOOLS_TCTI; do eval test -n \"\\$$v\" || "
                      "echo $v; done; test -r $SIM_EVENT_LOG; test -r $SIM_CA_FILE; "
                      "command -v azattest-sim",
                      SIM "\n");
        expect_output("--maa-listen=localhost:0", "echo ${SIM_MAA_URL%:*}", "https://localhost\n");
}

/* Without the provider, whose sanitized build a stock curl cannot load (D37). */
#define CURL  "env -u OPENSSL_CONF curl -s -o /dev/null -w '%{http_code}\\n' "
#define HTTPS CURL "--cacert $SIM_CA_FILE "

static void metadata_service(void **state)
{
        (void)state;
        expect_output(NULL,
                      CURL
                      "$SIM_IMDS_URL/metadata/THIM/amd/certification; " CURL
                      "-H 'Metadata: True' $SIM_IMDS_URL/metadata/THIM/amd/certification; " CURL
                      "-H Metadata:true $SIM_IMDS_URL/metadata/nothing; " CURL
                      "-d '{}' $SIM_IMDS_URL/acc/tdquote; "
                      "test $SIM_VM_ID = $(env -u OPENSSL_CONF curl -s -H Metadata:true "
                      "$SIM_IMDS_URL/metadata/instance/compute/vmId) && echo id",
                      "400\n200\n404\n404\nid\n");
        expect_output("--vm=tdx",
                      CURL "-d '{}' $SIM_IMDS_URL/acc/tdquote; " CURL
                           "-H Metadata:true $SIM_IMDS_URL/metadata/THIM/amd/certification",
                      "400\n404\n");
}

static void attestation_service(void **state)
{
        (void)state;
        expect_output(
                NULL,
                HTTPS
                "$SIM_MAA_URL/certs; " HTTPS "$SIM_MAA_URL/.well-known/openid-configuration; " HTTPS
                "$SIM_MAA_URL/attest/AzureGuest?api-version=2020-10-01; " HTTPS
                "-d '{}' $SIM_MAA_URL/attest/AzureGuest; " HTTPS
                "-d '{}' $SIM_MAA_URL/attest/AzureGuest?api-version=2020-10-01; " HTTPS
                "-H 'Content-Type: application/json' -d '{}' "
                "$SIM_MAA_URL/attest/AzureGuest?api-version=2020-10-01; "
                "head -c 5000000 /dev/zero | " HTTPS
                "--data-binary @- $SIM_MAA_URL/attest/AzureGuest?api-version=2020-10-01; "
                "env -u OPENSSL_CONF curl -s $SIM_MAA_URL/certs >/dev/null || echo untrusted; "
                "azattest-sim ctl $AZATTEST_SIM_DIR requests",
                "200\n200\n405\n400\n415\n400\n413\nuntrusted\n"
                "maa GET /certs 1\nmaa GET /.well-known/openid-configuration 1\n"
                "maa GET /attest/AzureGuest 1\nmaa POST /attest/AzureGuest 4\n");
}

static void faults_of_http(void **state)
{
        (void)state;
        expect_output("--fault=http-status=503x2",
                      "for i in 1 2 3; do " HTTPS "$SIM_MAA_URL/certs; done; "
                      "azattest-sim ctl $AZATTEST_SIM_DIR fault http-redirect; " HTTPS
                      "$SIM_MAA_URL/certs; azattest-sim ctl $AZATTEST_SIM_DIR clear; "
                      "azattest-sim ctl $AZATTEST_SIM_DIR fault http-retry-after=9; "
                      "env -u OPENSSL_CONF curl -si --cacert $SIM_CA_FILE $SIM_MAA_URL/certs | "
                      "grep -i retry | "
                      "tr -d '\\r'; azattest-sim ctl $AZATTEST_SIM_DIR clear; "
                      "azattest-sim ctl $AZATTEST_SIM_DIR fault http-truncated; "
                      "env -u OPENSSL_CONF curl -s --cacert $SIM_CA_FILE $SIM_MAA_URL/certs "
                      ">/dev/null; echo $?; "
                      "azattest-sim ctl $AZATTEST_SIM_DIR clear; "
                      "azattest-sim ctl $AZATTEST_SIM_DIR fault http-dead; "
                      "env -u OPENSSL_CONF curl -s -m 1 --cacert $SIM_CA_FILE $SIM_MAA_URL/certs; "
                      "echo $?; "
                      "azattest-sim ctl $AZATTEST_SIM_DIR nonsense 2>/dev/null || echo refused",
                      "503\n503\n200\n307\nRetry-After: 9\n18\n28\nrefused\n");
}

/* A VM whose COMMAND prints its directory, its own pid, the daemon's and swtpm's, then waits. */
struct family {
        pid_t sim;
        int out;
        char dir[64];
        pid_t command, supervisor, daemon, swtpm;
};

static void family_start(struct family *f)
{
        static const char script[] =
                "s=$(pgrep -P $PPID -o); d=$(pgrep -P $s -o); t=$(pgrep -P $d -o); "
                "echo $AZATTEST_SIM_DIR $$ $s $d $t; exec sleep 60";
        const char *const argv[] = {SIM, "run", "--", "sh", "-c", script, NULL};
        char line[256] = "";
        size_t len = 0;

        memset(f, 0, sizeof(*f));
        f->sim = spawn(argv, &f->out);
        while (len < sizeof(line) - 1 && read(f->out, line + len, 1) == 1 && line[len] != '\n')
                len++;
        assert_int_equal(sscanf(line, "%63s %d %d %d %d", f->dir, &f->command, &f->supervisor,
                                &f->daemon, &f->swtpm),
                         5);
        assert_false(gone(f->dir));
}

static int family_wait(struct family *f)
{
        int status = 0;
        assert_int_equal(waitpid(f->sim, &status, 0), f->sim);
        (void)close(f->out);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void family_is_gone(const struct family *f)
{
        assert_true(gone_soon(f->dir));
        assert_true(process_ends(f->supervisor));
        assert_true(process_ends(f->daemon));
        assert_true(process_ends(f->swtpm));
        assert_true(process_ends(f->command));
}

static void terminated(void **state)
{
        struct family f;
        (void)state;
        family_start(&f);
        assert_int_equal(kill(f.sim, SIGTERM), 0);
        assert_int_equal(family_wait(&f), 128 + SIGTERM);
        family_is_gone(&f);
}

static void parent_killed(void **state)
{
        struct family f;
        (void)state;
        family_start(&f);
        assert_int_equal(kill(f.sim, SIGKILL), 0);
        assert_int_equal(family_wait(&f), 128 + SIGKILL);
        family_is_gone(&f);
}

static void daemon_or_supervisor_killed(void **state)
{
        (void)state;
        for (int i = 0; i < 2; i++) {
                struct family f;
                family_start(&f);
                assert_int_equal(kill(i == 0 ? f.daemon : f.supervisor, SIGKILL), 0);
                assert_true(gone_soon(f.dir));
                assert_int_equal(kill(f.command, SIGTERM), 0);
                assert_int_equal(family_wait(&f), 128 + SIGTERM);
                family_is_gone(&f);
        }
}

static int call(const char *verb, const char *dir, const char *more, const char *last)
{
        AZA_BYTES struct aza_bytes text = {0};
        const char *const argv[] = {SIM, verb, dir, more, last, NULL};
        int out = -1;
        pid_t pid = spawn(argv, &out);
        return collect(pid, out, &text);
}

static void start_and_stop(void **state)
{
        AZA_BYTES struct aza_bytes text = {0};
        char home[] = "/tmp/sim_lifecycle.XXXXXX";
        char one[64];
        char two[64];
        const char *const joined[] = {
                "sh",
                "-c",
                ". $0/env.sh; m=$SIM_MAA_URL; . $1/env.sh; test $m = $SIM_MAA_URL && "
                "env -u OPENSSL_CONF curl -s --cacert $SIM_CA_FILE $SIM_MAA_URL/certs | "
                "grep -o '\"kid\"'; " /* with its quotes: base64 of a key may hold the letters */
                "echo $OPENSSL_CONF",
                one,
                two,
                NULL};
        int out = -1;
        (void)state;
        assert_non_null(mkdtemp(home));
        (void)snprintf(one, sizeof(one), "%s/one", home);
        (void)snprintf(two, sizeof(two), "%s/two", home);
        assert_int_equal(call("start", one, NULL, NULL), 0);
        assert_int_equal(call("start", one, NULL, NULL), 1); /* is taken */
        assert_int_equal(call("start", two, "--join", one), 0);
        assert_int_equal(call("ctl", two, "rotate-keys", NULL), 1); /* not its own MAA */
        assert_int_equal(call("ctl", two, "nosuch", NULL), 2);
        assert_int_equal(call("ctl", two, "pcr-extend 24", NULL), 2);
        assert_int_equal(call("ctl", two, "count Nonsense", NULL), 2);
        assert_int_equal(call("ctl", two, "fault nosuch", NULL), 2);
        assert_int_equal(call("ctl", one, "rotate-keys", NULL), 0);
        pid_t pid = spawn(joined, &out);
        assert_int_equal(collect(pid, out, &text), 0);
        assert_int_equal(strncmp((const char *)text.data, "\"kid\"\n\"kid\"\n/tmp/", 17), 0);
        assert_int_equal(call("stop", two, NULL, NULL), 0);
        assert_int_equal(call("stop", one, NULL, NULL), 0);
        assert_int_equal(call("stop", one, NULL, NULL), 1);
        assert_int_equal(call("start", two, "--join", one), 1);
        assert_true(gone(one) && gone(two));
        assert_int_equal(rmdir(home), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(command_and_its_status),
                cmocka_unit_test(environment),
                cmocka_unit_test(metadata_service),
                cmocka_unit_test(attestation_service),
                cmocka_unit_test(faults_of_http),
                cmocka_unit_test(terminated),
                cmocka_unit_test(parent_killed),
                cmocka_unit_test(daemon_or_supervisor_killed),
                cmocka_unit_test(start_and_stop),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
