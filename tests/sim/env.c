/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the environment of programs in the VM. Its files are env_files.c's. */
#include "sim/env.h"

#include "os/file.h"
#include "sim/env_files.h"
#include "sim/say.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM 512

/* These would win over openssl.cnf and lead out of the VM. */
static const char *const foreign[] = {
        "AZATTEST_MAA_URL",   "AZATTEST_TCTI",        "AZATTEST_IMDS_URL",      "AZATTEST_CA_FILE",
        "AZATTEST_EVENT_LOG", "AZATTEST_RUNTIME_DIR", "AZATTEST_VAULT_IDENTITY"};
#define FOREIGN_COUNT (sizeof(foreign) / sizeof(foreign[0]))

/* Build tree: bin/ beside ossl-modules/. Installed: bin/ beside lib/[TRIPLET/]ossl-modules/. */
static bool find_modules(const char *bin, char *ret)
{
        static const char *const places[] = {"../ossl-modules", "../lib/ossl-modules",
                                             "../lib64/ossl-modules", "../lib/*/ossl-modules"};
        char pattern[ROOM + 64];
        char real[PATH_MAX];

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                glob_t found = {0};
                (void)snprintf(pattern, sizeof(pattern), "%s/%s/azattest.so", bin, places[i]);
                bool good = glob(pattern, 0, NULL, &found) == 0 &&
                            realpath(found.gl_pathv[0], real) != NULL && strlen(real) < ROOM;
                globfree(&found);
                if (!good)
                        continue;
                *strrchr(real, '/') = '\0';
                (void)snprintf(ret, ROOM, "%s", real);
                return true;
        }
        return false;
}

int sim_env_places(char *ret_bin, char *ret_modules)
{
        char path[ROOM];
        ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

        if (n <= 0)
                return sim_fail("cannot read /proc/self/exe: %s", strerror(errno));
        path[n] = '\0';
        *strrchr(path, '/') = '\0';
        (void)snprintf(ret_bin, ROOM, "%s", path);
        if (!find_modules(ret_bin, ret_modules))
                ret_modules[0] = '\0';
        return 0;
}

static int set_path(void)
{
        char bin[ROOM];
        char modules[ROOM];
        AZA_BYTES struct aza_bytes path = {0};
        const char *before = secure_getenv("PATH");

        if (sim_env_places(bin, modules) != 0)
                return -1;
        if (aza_bytes_append_text(&path, bin) != 0 || aza_bytes_append_text(&path, ":") != 0 ||
            aza_bytes_append_text(&path, before != NULL ? before : "/usr/bin:/bin") != 0 ||
            setenv("PATH", (const char *)path.data, 1) != 0)
                return sim_fail("out of memory");
        return 0;
}

int sim_env_apply(const char *dir)
{
        char text[8192];
        char *rest = NULL;

        if (sim_tree_read(dir, "env", text, sizeof(text)) != 0)
                return -1;
        for (char *line = strtok_r(text, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
                char *value = strchr(line, '=');
                if (value == NULL)
                        continue;
                *value++ = '\0';
                if (setenv(line, value, 1) != 0)
                        return sim_fail("out of memory");
        }
        for (size_t i = 0; i < FOREIGN_COUNT; i++)
                (void)unsetenv(foreign[i]);
        return set_path();
}

struct variables {
        struct aza_bytes plain; /* KEY=VALUE lines */
        struct aza_bytes shell;
        bool failed;
};

static void add(struct variables *v, const char *name, const char *value)
{
        char line[1200];
        (void)snprintf(line, sizeof(line), "%s=%s\n", name, value);
        v->failed |= aza_bytes_append_text(&v->plain, line) != 0;
        (void)snprintf(line, sizeof(line), "export %s='%s'\n", name, value);
        v->failed |= aza_bytes_append_text(&v->shell, line) != 0;
}

static void add_in_dir(struct variables *v, const char *name, const char *dir, const char *file)
{
        char path[ROOM];
        (void)snprintf(path, sizeof(path), "%s/%s", dir, file);
        add(v, name, path);
}

static void add_shell(struct variables *v, const char *format, const char *value)
{
        char line[1200];
        (void)snprintf(line, sizeof(line),
                       format[0] == 'u' ? "unset %s\n" : "PATH='%s':\"$PATH\"\n", value);
        v->failed |= aza_bytes_append_text(&v->shell, line) != 0;
}

static int write_variables(const struct sim_site *site)
{
        struct variables v = {0};
        char bin[ROOM];
        char modules[ROOM];

        if (sim_env_places(bin, modules) != 0)
                return -1;
        add_in_dir(&v, "OPENSSL_CONF", site->dir, "openssl.cnf");
        if (modules[0] != '\0')
                add(&v, "OPENSSL_MODULES", modules);
        add(&v, "AZATTEST_SIM_DIR", site->dir);
        /* For other clients than ours, which read openssl.cnf. */
        add(&v, "SIM_MAA_URL", site->maa_url);
        add(&v, "SIM_IMDS_URL", site->imds_url);
        add(&v, "SIM_VAULT_URL", site->vault_url);
        add_in_dir(&v, "SIM_CA_FILE", site->dir, "ca.pem");
        add(&v, "SIM_TCTI", site->tcti);
        add_in_dir(&v, "SIM_TPM_DEVICE", site->dir, "vm/tpm.device");
        add(&v, "SIM_TPM_PORT", site->tpm_port); /* empty: none, also where an outer VM has one */
        add(&v, "SIM_EVENT_LOG", site->event_log);
        add(&v, "SIM_VM_ID", site->vm_id);
        add(&v, "TPM2TOOLS_TCTI", site->tcti);
        for (size_t i = 0; i < FOREIGN_COUNT; i++)
                add_shell(&v, "unset", foreign[i]);
        add_shell(&v, "path", bin);
        int result = v.failed ? sim_fail("out of memory") : 0;
        if (result == 0)
                result = sim_tree_write(site->dir, "env", (const char *)v.plain.data, 0644);
        if (result == 0)
                result = sim_tree_write(site->dir, "env.sh", (const char *)v.shell.data, 0644);
        aza_bytes_free(&v.plain);
        aza_bytes_free(&v.shell);
        return result;
}

int sim_env_write(const struct sim_site *site)
{
        char path[ROOM];
        char bin[ROOM];
        char modules[ROOM];

        (void)snprintf(path, sizeof(path), "%s/run", site->dir);
        if (mkdir(path, 0700) != 0)
                return sim_fail("cannot make %s: %s", path, strerror(errno));
        if (sim_env_places(bin, modules) != 0 || sim_env_write_ca(site) != 0 ||
            sim_env_write_issuers(site) != 0 || sim_env_write_collateral(site) != 0 ||
            sim_env_write_policy(site) != 0 || sim_env_write_cnf(site, modules) != 0 ||
            sim_tree_write(site->dir, "maa-url", site->maa_url, 0644) != 0 ||
            sim_tree_write(site->dir, "vault-url", site->vault_url, 0644) != 0)
                return -1;
        return write_variables(site);
}
