/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that gives up what it can once it has begun. usage: kept_open HOW KEY
 * Signs with KEY (a URI), then does HOW, then signs again, and again in a child process:
 *   chroot    changes its root to an empty folder
 *   files     has no descriptor left
 *   seccomp   is killed when it opens a file or makes a socket
 * Prints a line a signature, "once", "again", "child"; exit status 1 and OpenSSL's errors when one
 * fails, 2 where the system does not let it do HOW.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/store.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static EVP_PKEY *load(const char *uri)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
        EVP_PKEY *key = NULL;

        while (store != NULL && key == NULL && OSSL_STORE_eof(store) != 1) {
                OSSL_STORE_INFO *info = OSSL_STORE_load(store);

                if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
                        key = OSSL_STORE_INFO_get1_PKEY(info);
                OSSL_STORE_INFO_free(info);
        }
        (void)OSSL_STORE_close(store);
        return key;
}

static int sign(EVP_PKEY *key, const char *when)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[512];
        size_t len = sizeof(signature);
        const int good = ctx != NULL &&
                         EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                         EVP_DigestSign(ctx, signature, &len, (const unsigned char *)"x", 1) == 1;

        EVP_MD_CTX_free(ctx);
        if (good)
                (void)printf("%s\n", when);
        else
                ERR_print_errors_fp(stderr);
        (void)fflush(stdout);
        return good ? 0 : 1;
}

static int forbid_opening(void)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 2, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        };
        const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
}

static int use_up_files(void)
{
        const struct rlimit few = {64, 64};

        if (setrlimit(RLIMIT_NOFILE, &few) != 0)
                return 1;
        while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
                continue;
        return 0;
}

static int give_up(const char *how)
{
        if (strcmp(how, "chroot") == 0)
                return (mkdir("empty", 0700) != 0 && errno != EEXIST) || chroot("empty") != 0 ||
                       chdir("/") != 0;
        if (strcmp(how, "files") == 0)
                return use_up_files();
        return strcmp(how, "seccomp") == 0 ? forbid_opening() : 1;
}

static int sign_in_child(EVP_PKEY *key)
{
        int status = 1;
        const pid_t child = fork();

        if (child == 0)
                _exit(sign(key, "child"));
        return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

int main(int argc, char **argv)
{
        EVP_PKEY *key = argc == 3 ? load(argv[2]) : NULL;
        int r = 1;

        if (key == NULL) {
                ERR_print_errors_fp(stderr);
        } else if (sign(key, "once") == 0) {
                if (give_up(argv[1]) != 0)
                        r = 2;
                else if (sign(key, "again") == 0)
                        r = sign_in_child(key);
        }
        EVP_PKEY_free(key);
        return r;
}
