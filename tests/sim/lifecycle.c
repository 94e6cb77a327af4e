/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the verbs run, start, stop and ctl. */
#include "base/printable.h"
#include "sim/ctl.h"
#include "sim/env.h"
#include "sim/say.h"
#include "sim/supervise.h"
#include "sim/tree.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS 15

/* DIR as an absolute path: openssl.cnf and env.sh are read in any working directory. DIR itself
 * need not exist yet. */
static int absolute(const char *dir, char ret[PATH_MAX])
{
        char cwd[PATH_MAX];

        if (dir[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
                cwd[0] = '\0';
        int n = cwd[0] != '\0' ? snprintf(ret, PATH_MAX, "%s/%s", cwd, dir)
                               : snprintf(ret, PATH_MAX, "%s", dir);
        if (n < 0 || n >= PATH_MAX)
                return sim_fail("%s: name too long", dir);
        while (n > 1 && ret[n - 1] == '/')
                ret[--n] = '\0';
        return 0;
}

/* --join: absolute too, and somebody must be there. */
static int check_join(struct sim_options *o, char room[PATH_MAX])
{
        bool alive = false;

        if (o->join == NULL)
                return 0;
        if (absolute(o->join, room) != 0)
                return -1;
        if (!sim_tree_is_ours(room, &alive) || !alive)
                return sim_fail("--join %s: no simulator runs there", o->join);
        o->join = room;
        return 0;
}

int sim_start(const struct sim_options *options)
{
        struct sim_options o = *options;
        char dir[PATH_MAX];
        char join[PATH_MAX];
        pid_t supervisor = 0;

        return absolute(o.dir, dir) == 0 && check_join(&o, join) == 0 &&
                               sim_supervise(&o, dir, false, &supervisor) == 0
                       ? 0
                       : 1;
}

static void pause_ms(long ms)
{
        const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
        (void)nanosleep(&t, NULL);
}

int sim_stop(const struct sim_options *options)
{
        AZA_BYTES struct aza_bytes reply = {0};
        char dir[PATH_MAX];
        bool alive = false;

        if (absolute(options->dir, dir) != 0)
                return 1;
        if (!sim_tree_is_ours(dir, &alive)) {
                (void)sim_fail("%s: no simulator was started there", options->dir);
                return 1;
        }
        if (alive)
                (void)sim_ctl_send(dir, "stop", &reply);
        for (int i = 0; i < STOP_SECONDS * 50; i++) {
                if (!sim_tree_is_ours(dir, &alive))
                        return 0;
                if (!alive) { /* killed, together with its supervisor */
                        sim_tree_remove(dir);
                        return 0;
                }
                pause_ms(20);
        }
        (void)sim_fail("%s: the simulator does not stop", options->dir);
        return 1;
}

/* A reply may have several lines; "azattest-sim: " before the first tells an error. */
static void show(FILE *out, char *reply)
{
        char *rest = NULL;

        if (out == stderr)
                (void)fputs("azattest-sim: ", out);
        for (char *line = strtok_r(reply, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
                aza_print(out, line);
                (void)fputs("\n", out);
        }
}

int sim_send_event(const struct sim_options *options)
{
        AZA_BYTES struct aza_bytes event = {0};
        AZA_BYTES struct aza_bytes reply = {0};
        char dir[PATH_MAX];

        if (absolute(options->dir, dir) != 0)
                return 1;
        for (char **word = options->rest; *word != NULL; word++)
                if ((event.len > 0 && aza_bytes_append(&event, " ", 1) != 0) ||
                    aza_bytes_append_text(&event, *word) != 0)
                        return 1;
        int result = sim_ctl_send(dir, (const char *)event.data, &reply);
        if (result < 0) {
                (void)sim_fail("%s: no simulator answers there", options->dir);
                return 1;
        }
        if (reply.len > 0)
                show(result == 0 ? stdout : stderr, (char *)reply.data);
        return result;
}

/* In the child: becomes COMMAND. */
static void become(const struct sim_options *o, const char *dir, const sigset_t *mask, pid_t parent)
{
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent || sim_env_apply(dir) != 0)
                _exit(125);
        (void)sigprocmask(SIG_SETMASK, mask, NULL);
        (void)execvp(o->rest[0], o->rest);
        int why = errno;
        (void)sim_fail("cannot run %s: %s", o->rest[0], strerror(why));
        _exit(why == ENOENT ? 127 : 126);
}

/* Until COMMAND has ended. A terminal sends its signals to the whole group, COMMAND included: only
 * those that somebody sent to us alone are passed on. */
static int attend(pid_t child, pid_t supervisor, const sigset_t *signals, bool *ret_died)
{
        int status = 0;

        for (;;) {
                siginfo_t info;
                int number = sigwaitinfo(signals, &info);
                if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
                        (void)kill(child, number);
                if (number != SIGCHLD)
                        continue;
                if (!*ret_died && waitpid(supervisor, NULL, WNOHANG) == supervisor)
                        *ret_died = true;
                if (waitpid(child, &status, WNOHANG) == child)
                        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
}

static int run_in(const struct sim_options *o, const char *dir)
{
        static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD};
        sigset_t signals;
        sigset_t before;
        pid_t supervisor = 0;
        pid_t self = getpid();
        bool died = false;

        (void)sigemptyset(&signals);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                (void)sigaddset(&signals, numbers[i]);
        if (sim_supervise(o, dir, true, &supervisor) != 0)
                return 125;
        (void)sigprocmask(SIG_BLOCK, &signals, &before);
        pid_t child = fork();
        if (child == 0)
                become(o, dir, &before, self);
        int status = 125;
        if (child > 0)
                status = attend(child, supervisor, &signals, &died);
        else
                (void)sim_fail("cannot fork: %s", strerror(errno));
        if (!died) {
                (void)kill(supervisor, SIGTERM);
                (void)waitpid(supervisor, NULL, 0);
        } else {
                (void)sim_fail("the simulator ended before the command did");
                status = status == 0 ? 125 : status;
        }
        return status;
}

int sim_run(const struct sim_options *options)
{
        struct sim_options o = *options;
        char join[PATH_MAX];
        char dir[128];
        const char *tmp = secure_getenv("TMPDIR");

        if (check_join(&o, join) != 0)
                return 125;
        /* Sockets' names are short: not every TMPDIR fits. */
        if (tmp == NULL || tmp[0] != '/' || strlen(tmp) > 50)
                tmp = "/tmp";
        (void)snprintf(dir, sizeof(dir), "%s/azattest-sim.??????", tmp);
        sim_tree_sweep(dir);
        (void)snprintf(dir, sizeof(dir), "%s/azattest-sim.XXXXXX", tmp);
        if (mkdtemp(dir) == NULL) {
                (void)sim_fail("cannot make a directory in %s: %s", tmp, strerror(errno));
                return 125;
        }
        int status = run_in(&o, dir);
        (void)rmdir(dir); /* when not even the supervisor came up */
        return status;
}
