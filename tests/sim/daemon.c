/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order in which the simulator's parts come up and go down. Forks nothing itself (swtpm is
 * vm's). */
#include "sim/daemon.h"

#include "sim/ctl.h"
#include "sim/env.h"
#include "sim/imds.h"
#include "sim/maa_server.h"
#include "sim/say.h"
#include "sim/tree.h"
#include "sim/vault_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANY_PORT "127.0.0.1:0"

struct parts {
        const struct sim_options *options;
        const char *dir;
        struct sim_faults *faults;
        struct sim_web_counts *counts;
        struct sim_templates *templates; /* what the VM sees and MAA asks for */
        struct sim_pki pki;
        struct sim_vm *vm;
        struct sim_maa_keys *keys; /* this and maa: NULL with --join */
        struct sim_maa *maa;
        struct sim_vault_login login;
        struct sim_vault *vault; /* NULL with --join */
        struct sim_imds *imds;
        struct sim_ctl *ctl;
        char maa_url[128];
        char imds_url[128];
        char vault_url[128];
        char vm_dir[160];
};

static int make_faults(struct parts *p)
{
        char error[160];

        p->faults = sim_faults_new();
        p->counts = sim_web_counts_new();
        p->templates = sim_templates_new();
        if (p->faults == NULL || p->counts == NULL || p->templates == NULL)
                return sim_fail("out of memory");
        for (size_t i = 0; i < p->options->fault_count; i++)
                if (!sim_faults_add(p->faults, p->options->faults[i], error, sizeof(error)))
                        return sim_fail("%s", error);
        return 0;
}

/* The authorities: our own, or those of the VM we join (whose MAA then is ours too). */
static int open_pki(struct parts *p)
{
        const char *home = p->options->join != NULL ? p->options->join : p->dir;
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/pki", home);
        if (p->options->join != NULL
                    ? sim_tree_read(home, "maa-url", p->maa_url, sizeof(p->maa_url)) != 0 ||
                              sim_tree_read(home, "vault-url", p->vault_url,
                                            sizeof(p->vault_url)) != 0
                    : mkdir(path, 0700) != 0 &&
                              sim_fail("cannot make %s: %s", path, strerror(errno)) != 0)
                return -1;
        return sim_pki_open(path, &p->pki) == 0 ? sim_vault_login_open(path, &p->login) : -1;
}

static int start_vm(struct parts *p)
{
        (void)snprintf(p->vm_dir, sizeof(p->vm_dir), "%s/vm", p->dir);
        if (mkdir(p->vm_dir, 0755) != 0 || chmod(p->vm_dir, 0755) != 0)
                return sim_fail("cannot make %s: %s", p->vm_dir, strerror(errno));
        const struct sim_vm_options o = {.kind = p->options->kind,
                                         .windows = p->options->windows,
                                         .secure_boot_off = p->options->secure_boot_off,
                                         .tcp = p->options->tcp,
                                         .quote_version = p->options->quote_version,
                                         .dir = p->vm_dir,
                                         .pki = &p->pki,
                                         .faults = p->faults,
                                         .templates = p->templates};
        return sim_vm_start(&o, &p->vm);
}

static int start_maa(struct parts *p)
{
        const char *address = p->options->maa_listen != NULL ? p->options->maa_listen : ANY_PORT;

        if (p->options->join != NULL)
                return 0;
        p->keys = sim_maa_keys_new(&p->pki);
        if (p->keys == NULL)
                return -1;
        int fd = sim_web_listen("https", address, p->maa_url, sizeof(p->maa_url));
        if (fd < 0)
                return -1;
        const struct sim_maa_options o = {.pki = &p->pki,
                                          .url = p->maa_url,
                                          .listen_fd = fd,
                                          .keys = p->keys,
                                          .faults = p->faults,
                                          .counts = p->counts,
                                          .templates = p->templates,
                                          .lenient = p->options->lenient,
                                          .verbose = p->options->verbose};
        return sim_maa_start(&o, &p->maa);
}

/* The port of `url` under the vault's own name. */
static int start_vault(struct parts *p)
{
        char url[128];

        if (p->options->join != NULL)
                return 0;
        int fd = sim_web_listen("https", ANY_PORT, url, sizeof(url));
        if (fd < 0)
                return -1;
        (void)snprintf(p->vault_url, sizeof(p->vault_url), "https://" SIM_VAULT_HOST "%s",
                       strrchr(url, ':'));
        const struct sim_vault_options o = {.pki = &p->pki,
                                            .url = p->vault_url,
                                            .listen_fd = fd,
                                            .keys = p->keys,
                                            .login = &p->login,
                                            .faults = p->faults,
                                            .counts = p->counts,
                                            .verbose = p->options->verbose};
        return sim_vault_start(&o, &p->vault);
}

static int start_imds(struct parts *p)
{
        const char *address = p->options->imds_listen != NULL ? p->options->imds_listen : ANY_PORT;
        int fd = sim_web_listen("http", address, p->imds_url, sizeof(p->imds_url));

        if (fd < 0)
                return -1;
        const struct sim_imds_options o = {.kind = p->options->kind,
                                           .vm = p->vm,
                                           .pki = &p->pki,
                                           .faults = p->faults,
                                           .counts = p->counts,
                                           .login = &p->login,
                                           .listen_fd = fd,
                                           .verbose = p->options->verbose};
        return sim_imds_start(&o, &p->imds);
}

static int write_env(const struct parts *p)
{
        const struct sim_site site = {.dir = p->dir,
                                      .kind = p->options->kind,
                                      .windows = p->options->windows,
                                      .pki = &p->pki,
                                      .faults = p->faults,
                                      .maa_url = p->maa_url,
                                      .imds_url = p->imds_url,
                                      .vault_url = p->vault_url,
                                      .tcti = sim_vm_tcti(p->vm),
                                      .tpm_port = sim_vm_tpm_port(p->vm),
                                      .event_log = sim_vm_event_log(p->vm),
                                      .vm_id = sim_vm_id(p->vm)};
        return sim_env_write(&site);
}

static int start_ctl(struct parts *p)
{
        const struct sim_ctl_options o = {.dir = p->dir,
                                          .vm = p->vm,
                                          .faults = p->faults,
                                          .keys = p->keys,
                                          .counts = p->counts,
                                          .kind = sim_options_vm(p->options)};
        return sim_ctl_start(&o, &p->ctl);
}

static int start_all(struct parts *p)
{
        return make_faults(p) == 0 && open_pki(p) == 0 && start_maa(p) == 0 &&
                               start_vault(p) == 0 && start_vm(p) == 0 && start_imds(p) == 0 &&
                               write_env(p) == 0 && start_ctl(p) == 0
                       ? 0
                       : -1;
}

static void stop_all(struct parts *p)
{
        sim_ctl_stop(p->ctl);
        sim_imds_stop(p->imds);
        sim_vault_stop(p->vault);
        sim_maa_stop(p->maa);
        sim_vm_stop(p->vm);
        sim_maa_keys_free(p->keys);
        sim_pki_close(&p->pki);
        sim_templates_free(p->templates);
        sim_web_counts_free(p->counts);
        sim_faults_free(p->faults);
}

static void log_to_file(const char *dir)
{
        char path[160];
        (void)snprintf(path, sizeof(path), "%s/log", dir);
        int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
        if (fd < 0)
                return;
        (void)dup2(fd, STDERR_FILENO);
        (void)close(fd);
}

int sim_daemon(const struct sim_options *options, const char *dir, int ready_fd, bool log)
{
        struct parts p = {.options = options, .dir = dir};
        sigset_t signals;
        int received = 0;

        /* Before any thread exists: they all inherit it, and this one waits. */
        (void)sigemptyset(&signals);
        (void)sigaddset(&signals, SIGTERM);
        (void)sigaddset(&signals, SIGINT);
        (void)sigaddset(&signals, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &signals, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        int result = start_all(&p);
        if (result == 0) {
                if (log)
                        log_to_file(dir);
                (void)!write(ready_fd, "ok", 2);
                (void)close(ready_fd);
                (void)sigwait(&signals, &received);
        }
        stop_all(&p);
        return result == 0 ? 0 : 1;
}
