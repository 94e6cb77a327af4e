/* SPDX-License-Identifier: Apache-2.0 */
/* How the measurements get at keys. */
#include "bench/keys.h"

#include "base/crypto.h"
#include "base/error.h"
#include "bench/bench.h"
#include "config/config.h"
#include "tpm/key.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

OSSL_LIB_CTX *bench_libctx(void)
{
        const char *file = getenv("OPENSSL_CONF");
        OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

        if (libctx == NULL || file == NULL || OSSL_LIB_CTX_load_config(libctx, file) != 1) {
                (void)fprintf(stderr, "bench: run inside `azattest-sim run` (OPENSSL_CONF)\n");
                ERR_print_errors_fp(stderr);
                OSSL_LIB_CTX_free(libctx);
                return NULL;
        }
        return libctx;
}

EVP_PKEY *bench_load_key(OSSL_LIB_CTX *libctx, const char *uri)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
        EVP_PKEY *key = NULL;

        while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
                OSSL_STORE_INFO *info = OSSL_STORE_load(store);
                if (info == NULL)
                        break;
                if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
                        key = OSSL_STORE_INFO_get1_PKEY(info);
                OSSL_STORE_INFO_free(info);
        }
        if (store != NULL)
                (void)OSSL_STORE_close(store);
        if (key == NULL) {
                (void)fprintf(stderr, "bench: cannot load %s\n", uri);
                ERR_print_errors_fp(stderr);
        }
        return key;
}

EVP_PKEY *bench_native_public(OSSL_LIB_CTX *plain, const EVP_PKEY *key)
{
        const uint8_t exponent[] = {1, 0, 1};
        AZA_BYTES struct aza_bytes modulus = {0};
        EVP_PKEY *native = NULL;

        if (aza_rsa_modulus(key, &modulus) != 0 ||
            aza_rsa_public(plain, aza_bytes_span(&modulus), aza_span_of(exponent, 3), &native) != 0)
                (void)fprintf(stderr, "bench: %s\n", aza_last_error()->message);
        return native;
}

struct bare_tpm *bench_bare(OSSL_LIB_CTX *plain, enum aza_purpose purpose)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_key_spec spec = {.purpose = purpose, .name = ""};
        struct aza_config config;
        struct aza_tpm *tpm = NULL;
        struct bare_tpm *bare = NULL;

        if (aza_config_read(&source, NULL) == 0 && aza_config_resolve(&source, &config) == 0 &&
            aza_tpm_new(plain, config.tcti, "", &tpm) == 0) {
                spec.hierarchy = config.hierarchy;
                spec.pcr_mask = config.pcr_mask;
                if (aza_key_derive(tpm, &spec, NULL, &ref) == 0)
                        (void)bare_tpm_open(plain, config.tcti, ref, &bare);
        }
        if (bare == NULL)
                (void)fprintf(stderr, "bench: %s\n", aza_last_error()->message);
        aza_tpm_free(tpm);
        return bare;
}

/* Output of `azattest-sim ctl DIR counts`: lines "NAME COUNT". */
static long sum_counts(int fd)
{
        FILE *in = fdopen(fd, "r");
        char line[200];
        long total = 0;

        while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
                const char *number = strrchr(line, ' ');
                if (number != NULL)
                        total += strtol(number, NULL, 10);
        }
        if (in != NULL)
                (void)fclose(in);
        return total;
}

long bench_tpm_commands(void)
{
        const char *dir = getenv("AZATTEST_SIM_DIR");
        char program[] = "azattest-sim";
        char verb[] = "ctl";
        char event[] = "counts";
        posix_spawn_file_actions_t actions;
        int ends[2];
        pid_t pid = 0;
        int status = 0;

        if (dir == NULL || pipe2(ends, O_CLOEXEC) != 0)
                return -1;
        char *copy = strdup(dir);
        char *const argv[] = {program, verb, copy, event, NULL};
        (void)posix_spawn_file_actions_init(&actions);
        (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        int r = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        long total = sum_counts(ends[0]);
        if (r == 0)
                (void)waitpid(pid, &status, 0);
        free(copy);
        return r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? total : -1;
}
