/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM object: lazy opening, one lock around each operation, and ownership by process. No TPM
 * command but the two flushes of teardown.
 *
 * Fork: a child finds a connection of another pid and puts its own in its place with one
 * compare-and-swap. The parent's is never locked or unlocked there (another thread may have held
 * the mutex), no byte is sent on it, and its memory stays until the object is freed, because a
 * thread of the child that lost the race may still read its pid (PV29, PV30).
 */
#include "tpm/device.h"

#include "base/error.h"
#include "base/log.h"
#include "os/defaults.h"
#include "os/process.h"
#include "os/tcti.h"
#include "tpm/command.h"
#include "tpm/connection.h"
#include "tpm/key.h"

#include <openssl/crypto.h>
#include <string.h>

static _Thread_local bool inside;

bool aza_tpm_is_inside(void)
{
        return inside;
}

/* A path alone is a device's; behind that of a TCTI module come a colon and what the module
 * takes. */
static char *tcti_of(const char *text)
{
        static const char device[] = "device:";
        const bool path = text[0] == '/' && strchr(text, ':') == NULL;
        const size_t len = strlen(text) + sizeof(device);
        char *tcti = malloc(len);

        if (tcti != NULL)
                (void)snprintf(tcti, len, "%s%s", path ? device : "", text);
        return tcti;
}

int aza_tpm_new(OSSL_LIB_CTX *libctx, const char *tcti, const char *runtime_dir,
                struct aza_tpm **ret)
{
        struct aza_tpm *tpm = calloc(1, sizeof(*tpm));

        if (tpm == NULL)
                return AZA_NO_MEMORY();
        /* Never empty: the TSS would search, down to somebody's simulator on 127.0.0.1 (PV33). */
        if (tcti == NULL || tcti[0] == '\0' || strcmp(tcti, "device") == 0)
                tcti = AZA_DEFAULT_TCTI;
        tpm->libctx = libctx;
        tpm->tcti = tcti_of(tcti);
        tpm->runtime_dir = strdup(runtime_dir == NULL ? "" : runtime_dir);
        tpm->transport = aza_transport_default;
        if (tpm->tcti == NULL || tpm->runtime_dir == NULL) {
                aza_tpm_free(tpm);
                return AZA_NO_MEMORY();
        }
        *ret = tpm;
        return 0;
}

void aza_tpm_set_transport(struct aza_tpm *tpm, const struct aza_transport *transport)
{
        tpm->transport = *transport;
}

/* ---- the connection ---- */

static void forget_loaded(struct aza_connection *c)
{
        OPENSSL_cleanse(&c->key, sizeof(c->key));
        c->session = 0;
        c->session_dirty = false;
}

static void release_sys(struct aza_connection *c)
{
        if (c->sys == NULL)
                return;
        OPENSSL_cleanse(c->sys, c->sys_size); /* the last command and answer are in it */
        free(c->sys);
        c->sys = NULL;
}

static void close_connection(struct aza_tpm *tpm, struct aza_connection *c)
{
        forget_loaded(c);
        release_sys(c);
        if (c->tcti != NULL)
                tpm->transport.close(tpm->transport.arg, c->tcti);
        c->tcti = NULL;
        c->broken = false;
}

/* Of another process: what it loaded is its own. */
static void abandon_connection(const struct aza_tpm *tpm, struct aza_connection *c)
{
        forget_loaded(c);
        release_sys(c);
        if (c->tcti != NULL)
                tpm->transport.abandon(tpm->transport.arg, c->tcti, &c->descriptor);
        c->tcti = NULL;
}

static int open_connection(struct aza_tpm *tpm, struct aza_connection *c)
{
        TSS2_ABI_VERSION abi = TSS2_ABI_VERSION_CURRENT;
        TSS2_RC rc;
        int r;

        r = tpm->transport.open(tpm->transport.arg, tpm->tcti, &c->tcti);
        if (r != 0) {
                c->tcti = NULL;
                return r;
        }
        c->descriptor = aza_descriptor_of(c->tcti);
        c->sys_size = Tss2_Sys_GetContextSize(0);
        c->sys = calloc(1, c->sys_size);
        if (c->sys == NULL) {
                close_connection(tpm, c);
                return AZA_NO_MEMORY();
        }
        rc = Tss2_Sys_Initialize(c->sys, c->sys_size, c->tcti, &abi);
        if (rc != TSS2_RC_SUCCESS) {
                close_connection(tpm, c);
                return AZA_TPM_FAILED(rc, "%s", "starting the TSS");
        }
        return 0;
}

static struct aza_connection *connection_new(void)
{
        struct aza_connection *c = calloc(1, sizeof(*c));

        if (c == NULL)
                return NULL;
        if (pthread_mutex_init(&c->mutex, NULL) != 0) {
                free(c);
                return NULL;
        }
        c->pid = aza_process_id();
        c->descriptor.fd = -1;
        return c;
}

/* The connection object of this process, not locked. NULL: out of memory. */
static struct aza_connection *connection_of_process(struct aza_tpm *tpm)
{
        struct aza_connection *seen = atomic_load(&tpm->connection);
        struct aza_connection *mine;

        if (seen != NULL && seen->pid == aza_process_id())
                return seen;
        mine = connection_new();
        if (mine == NULL)
                return NULL;
        mine->inherited = seen;
        if (!atomic_compare_exchange_strong(&tpm->connection, &seen, mine)) {
                pthread_mutex_destroy(&mine->mutex);
                free(mine);
                return seen; /* another thread of this process was first */
        }
        if (seen != NULL)
                abandon_connection(tpm, seen);
        return mine;
}

int aza_tpm_enter(struct aza_tpm *tpm, struct aza_connection **ret)
{
        struct aza_connection *c;
        int r = 0;

        if (inside)
                return AZA_FAIL(
                        AZATTEST_E_TPM_INTERNAL,
                        "the TPM software stack called back into azattest: default_properties in openssl.cnf sends its own crypto here; remove it");
        c = connection_of_process(tpm);
        if (c == NULL)
                return AZA_NO_MEMORY();
        pthread_mutex_lock(&c->mutex);
        /* LOCKED ---- */
        inside = true;
        aza_tcti_say_nothing(); /* about an earlier operation */
        if (c->tcti == NULL)
                r = open_connection(tpm, c);
        if (r != 0) {
                inside = false;
                pthread_mutex_unlock(&c->mutex);
                return r;
        }
        *ret = c;
        return 0;
}

void aza_tpm_leave(struct aza_tpm *tpm, struct aza_connection *c)
{
        if (c->broken)
                close_connection(tpm, c);
        inside = false;
        /* ---- LOCKED */
        pthread_mutex_unlock(&c->mutex);
}

int aza_tpm_probe(struct aza_tpm *tpm)
{
        struct aza_connection *c = NULL;
        int r = aza_tpm_enter(tpm, &c);

        if (r == 0 && c != NULL)
                aza_tpm_leave(tpm, c);
        return r;
}

/* Only the opener flushes: over raw devices nobody else would, and in a child it would be the
 * parent's key (PV31). */
static void flush_and_close(struct aza_tpm *tpm, struct aza_connection *c)
{
        if (c->tcti != NULL) {
                inside = true;
                aza_session_flush(c);
                aza_key_flush(c);
                close_connection(tpm, c);
                inside = false;
        }
        pthread_mutex_destroy(&c->mutex);
}

OSSL_LIB_CTX *aza_tpm_libctx(const struct aza_tpm *tpm)
{
        return tpm->libctx;
}

void aza_tpm_free(struct aza_tpm *tpm)
{
        struct aza_connection *c;

        if (tpm == NULL)
                return;
        c = atomic_load(&tpm->connection);
        if (c != NULL && c->pid == aza_process_id())
                flush_and_close(tpm, c);
        else if (c != NULL)
                abandon_connection(tpm, c);
        while (c != NULL) {
                struct aza_connection *next = c->inherited;

                OPENSSL_cleanse(c, sizeof(*c));
                free(c);
                c = next;
        }
        free(tpm->tcti);
        free(tpm->runtime_dir);
        free(tpm);
}
