/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A swtpm of the test's own over unix sockets, with an AK at 0x81000003, and a TCTI in front of it
 * that records every command, answers chosen ones with chosen codes, and can run something between
 * two commands. (Each command has a connection of its own, so several processes can use one swtpm.)
 */
#ifndef TESTS_SWTPM_FIXTURE_H
#define TESTS_SWTPM_FIXTURE_H

#include "assert_ok.h"
#include "base/crypto.h"
#include "tpm/connection.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <cmocka.h>

struct swtpm {
        char dir[64];
        char socket[80];
        char tcti[96];
        pid_t pid;
};

/* ---- the process ---- */

static inline void swtpm_wait_for_socket(const struct swtpm *s)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->socket);
        for (int i = 0; i < 500; i++) {
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                int r = connect(fd, (struct sockaddr *)&address, sizeof(address));

                close(fd);
                if (r == 0)
                        return;
                usleep(10000);
        }
        fail_msg("swtpm did not start");
}

static inline void swtpm_run(struct swtpm *s)
{
        char server[128], ctrl[128], state[96];

        (void)snprintf(server, sizeof(server), "type=unixio,path=%s", s->socket);
        (void)snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s.ctrl", s->socket);
        (void)snprintf(state, sizeof(state), "dir=%s", s->dir);
        s->pid = fork();
        assert_true(s->pid >= 0);
        if (s->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(open("/dev/null", O_RDWR), STDERR_FILENO); /* a line for each client */
                execlp("swtpm", "swtpm", "socket", "--tpm2", "--server", server, "--ctrl", ctrl,
                       "--tpmstate", state, "--flags", "startup-clear,not-need-init", (char *)NULL);
                _exit(127);
        }
        swtpm_wait_for_socket(s);
}

static inline void swtpm_kill(struct swtpm *s)
{
        kill(s->pid, SIGKILL);
        (void)waitpid(s->pid, NULL, 0);
}

/* ---- raw commands ---- */

struct raw {
        uint8_t data[4096];
        size_t len;
};

static inline TSS2_RC raw_send(TSS2_TCTI_CONTEXT *tcti, const struct aza_bytes *command,
                               struct raw *answer)
{
        answer->len = sizeof(answer->data);
        assert_int_equal(Tss2_Tcti_Transmit(tcti, command->len, command->data), 0);
        assert_int_equal(Tss2_Tcti_Receive(tcti, &answer->len, answer->data, -1), 0);
        assert_true(answer->len >= 10);
        return (TSS2_RC)answer->data[6] << 24 | (TSS2_RC)answer->data[7] << 16 |
               (TSS2_RC)answer->data[8] << 8 | answer->data[9];
}

/* tag, size, code, then `body` as hex. */
static inline void raw_command(struct aza_bytes *out, uint32_t code, bool sessions,
                               const char *body)
{
        size_t len = strlen(body) / 2;

        out->len = 0;
        assert_int_equal(aza_bytes_append_be16(out, sessions ? 0x8002 : 0x8001), 0);
        assert_int_equal(aza_bytes_append_be32(out, (uint32_t)(10 + len)), 0);
        assert_int_equal(aza_bytes_append_be32(out, code), 0);
        assert_int_equal(aza_bytes_resize(out, 10 + len), 0);
        assert_int_equal(aza_unhex(body, 2 * len, out->data + 10, len), 0);
}

static inline TSS2_RC raw_run(TSS2_TCTI_CONTEXT *tcti, uint32_t code, bool sessions,
                              const char *body, struct raw *answer)
{
        AZA_BYTES struct aza_bytes command = {0};

        raw_command(&command, code, sessions, body);
        return raw_send(tcti, &command, answer);
}

#define RAW_PASSWORD "00000009400000090000010000"

static inline void raw_pcr_extend(TSS2_TCTI_CONTEXT *tcti, unsigned int pcr)
{
        char body[256];
        struct raw answer;

        (void)snprintf(body, sizeof(body), "%08x" RAW_PASSWORD "00000001000b%064x", pcr, 0xabcdef);
        assert_int_equal(raw_run(tcti, TPM2_CC_PCR_Extend, true, body, &answer), 0);
}

/* How many handles of the range that begins at `first` are in use. */
static inline unsigned int raw_handles(TSS2_TCTI_CONTEXT *tcti, uint32_t first)
{
        char body[64];
        struct raw a;

        (void)snprintf(body, sizeof(body), "%08x%08x%08x", TPM2_CAP_HANDLES, first, 64);
        assert_int_equal(raw_run(tcti, TPM2_CC_GetCapability, false, body, &a), 0);
        assert_true(a.len >= 19);
        return (unsigned int)a.data[18];
}

static inline unsigned int raw_loaded(TSS2_TCTI_CONTEXT *tcti)
{
        return raw_handles(tcti, 0x80000000) + raw_handles(tcti, 0x02000000) +
               raw_handles(tcti, 0x03000000);
}

/* ---- a connection beside the product's ---- */

static inline TSS2_TCTI_CONTEXT *swtpm_connect(const struct swtpm *s)
{
        TSS2_TCTI_CONTEXT *tcti = NULL;

        assert_int_equal(Tss2_TctiLdr_Initialize(s->tcti, &tcti), 0);
        return tcti;
}

static inline unsigned int swtpm_loaded(const struct swtpm *s)
{
        TSS2_TCTI_CONTEXT *tcti = swtpm_connect(s);
        unsigned int n = raw_loaded(tcti);

        Tss2_TctiLdr_Finalize(&tcti);
        return n;
}

/* PROTOCOL.md 2.4: the AK of Azure's vTPM, an endorsement primary at 0x81000003. */
static inline void swtpm_make_ak(const struct swtpm *s)
{
        TSS2_TCTI_CONTEXT *tcti = swtpm_connect(s);
        char body[1024], zeros[513];
        struct raw answer;
        uint32_t handle;

        memset(zeros, '0', 512);
        zeros[512] = '\0';
        (void)snprintf(body, sizeof(body),
                       "4000000b" RAW_PASSWORD "000400000000"
                       "0118"
                       "0001000b00050472000000100014000b0800000000000100%s"
                       "0000"
                       "00000000",
                       zeros);
        assert_int_equal(raw_run(tcti, TPM2_CC_CreatePrimary, true, body, &answer), 0);
        handle = (uint32_t)answer.data[10] << 24 | (uint32_t)answer.data[11] << 16 |
                 (uint32_t)answer.data[12] << 8 | answer.data[13];
        (void)snprintf(body, sizeof(body), "40000001%08x" RAW_PASSWORD "81000003", handle);
        assert_int_equal(raw_run(tcti, TPM2_CC_EvictControl, true, body, &answer), 0);
        (void)snprintf(body, sizeof(body), "%08x", handle);
        assert_int_equal(raw_run(tcti, TPM2_CC_FlushContext, false, body, &answer), 0);
        Tss2_TctiLdr_Finalize(&tcti);
}

static inline void swtpm_start(struct swtpm *s)
{
        (void)snprintf(s->dir, sizeof(s->dir), "/tmp/aza-swtpm-XXXXXX");
        assert_non_null(mkdtemp(s->dir));
        (void)snprintf(s->socket, sizeof(s->socket), "%s/tpm", s->dir);
        (void)snprintf(s->tcti, sizeof(s->tcti), "swtpm:path=%s", s->socket);
        swtpm_run(s);
        swtpm_make_ak(s);
}

/* TPM reset: NULL-hierarchy keys and saved contexts end, the AK stays. */
static inline void swtpm_reset(struct swtpm *s)
{
        swtpm_kill(s);
        swtpm_run(s);
}

static inline void swtpm_stop(struct swtpm *s)
{
        static const char *const names[] = {"tpm", "tpm.ctrl", "tpm2-00.permall",
                                            "tpm2-00.volatilestate", ".lock"};
        char path[160];

        swtpm_kill(s);
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                (void)snprintf(path, sizeof(path), "%s/%s", s->dir, names[i]);
                (void)unlink(path);
        }
        assert_int_equal(rmdir(s->dir), 0);
}

/* ---- the TCTI in front ---- */

struct tap;
typedef void tap_hook(struct tap *tap, void *arg);

/* What happens to commands with code `code` (0: any): the first `skip` pass, then `count` are
 * answered with `rc` (0: passed on) after `hook`, if any, ran. */
struct tap_rule {
        uint32_t code;
        unsigned int skip;
        unsigned int count;
        TSS2_RC rc;
        tap_hook *hook;
        void *arg;
};

struct tap {
        TSS2_TCTI_CONTEXT_COMMON_V1 common;
        TSS2_TCTI_CONTEXT *inner;
        uint32_t seen[4096]; /* command codes in order */
        size_t count;
        struct tap_rule rules[4];
        TSS2_RC pending; /* answer to give instead of the TPM's; 0 none */
        bool shorten;    /* the next answer ends within its header */
        unsigned int opens, closes;
};

static inline struct tap *tap_of(TSS2_TCTI_CONTEXT *tcti)
{
        return (struct tap *)(void *)tcti;
}

static inline TSS2_RC tap_transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
        struct tap *tap = tap_of(tcti);
        uint32_t code = (uint32_t)command[6] << 24 | (uint32_t)command[7] << 16 |
                        (uint32_t)command[8] << 8 | command[9];

        assert_true(tap->count < sizeof(tap->seen) / sizeof(*tap->seen));
        tap->seen[tap->count++] = code;
        tap->pending = 0;
        for (size_t i = 0; i < sizeof(tap->rules) / sizeof(*tap->rules); i++) {
                struct tap_rule *rule = &tap->rules[i];

                if (rule->count == 0 || (rule->code != 0 && rule->code != code))
                        continue;
                if (rule->skip > 0) {
                        rule->skip--;
                        continue;
                }
                rule->count--;
                if (rule->hook != NULL)
                        rule->hook(tap, rule->arg);
                tap->pending = rule->rc;
                break;
        }
        if (tap->pending != 0) /* a code of the TCTI layer: the line is dead */
                return tap->pending >> 16 == 10 ? tap->pending : TSS2_RC_SUCCESS;
        return Tss2_Tcti_Transmit(tap->inner, size, command);
}

static inline TSS2_RC tap_receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response,
                                  int32_t timeout)
{
        struct tap *tap = tap_of(tcti);
        uint8_t answer[10] = {0x80, 1, 0, 0, 0, 10};

        if (tap->pending == 0) {
                TSS2_RC rc = Tss2_Tcti_Receive(tap->inner, size, response, timeout);

                if (tap->shorten) { /* SAPI asks for the size first */
                        tap->shorten = false;
                        *size = 6; /* TCTIs refuse other lengths than the header says */
                }
                return rc;
        }
        for (int i = 0; i < 4; i++)
                answer[6 + i] = (uint8_t)(tap->pending >> (24 - 8 * i));
        if (response != NULL)
                memcpy(response, answer, sizeof(answer));
        *size = sizeof(answer);
        return TSS2_RC_SUCCESS;
}

static inline TSS2_RC tap_poll_handles(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles,
                                       size_t *count)
{
        return Tss2_Tcti_GetPollHandles(tap_of(tcti)->inner, handles, count);
}

static inline int tap_open(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret)
{
        struct tap *tap = arg;

        if (tap == NULL) /* never; gcc 16 guesses that the one below is this function */
                return -1;
        int r = aza_transport_default.open(NULL, tcti, &tap->inner);
        if (r != 0)
                return r;
        tap->opens++;
        tap->common.magic = 0x746170;
        tap->common.version = 1;
        tap->common.transmit = tap_transmit;
        tap->common.receive = tap_receive;
        tap->common.getPollHandles = tap_poll_handles;
        *ret = (TSS2_TCTI_CONTEXT *)(void *)tap;
        return 0;
}

static inline void tap_close(void *arg, TSS2_TCTI_CONTEXT *tcti)
{
        struct tap *tap = arg;

        assert_ptr_equal(tcti, tap);
        tap->closes++;
        aza_transport_default.close(NULL, tap->inner);
}

static inline void tap_abandon(void *arg, TSS2_TCTI_CONTEXT *tcti,
                               const struct aza_descriptor *descriptor)
{
        struct tap *tap = arg;

        assert_ptr_equal(tcti, tap);
        tap->closes++;
        aza_transport_default.abandon(NULL, tap->inner, descriptor);
}

static inline struct aza_transport tap_transport(struct tap *tap)
{
        return (struct aza_transport){tap_open, tap_close, tap_abandon, tap};
}

static inline size_t tap_count(const struct tap *tap, uint32_t code)
{
        size_t n = 0;

        for (size_t i = 0; i < tap->count; i++)
                n += tap->seen[i] == code;
        return n;
}

static inline void tap_clear(struct tap *tap)
{
        tap->count = 0;
        memset(tap->rules, 0, sizeof(tap->rules));
}

/* A hook: cuts the answer. */
static inline void tap_shorten(struct tap *tap, void *arg)
{
        (void)arg;
        tap->shorten = true;
}

/* A hook: extends PCR *(unsigned int *)arg behind the product's back. */
static inline void tap_extend(struct tap *tap, void *arg)
{
        raw_pcr_extend(tap->inner, *(const unsigned int *)arg);
}

/* ---- assertions ---- */

static inline void assert_message(const char *word)
{
        if (strstr(aza_last_error()->message, word) == NULL)
                fail_msg("\"%s\" is not in: %s", word, aza_last_error()->message);
}

#endif
