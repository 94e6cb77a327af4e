/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Return codes of TPM and TSS: which family one belongs to, its text, and the wait that goes with a
 * busy TPM (TPM 2.0 part 2, 6.6; PV37). Sends nothing.
 */
#include "os/defaults.h"
#include "os/tcti.h"
#include "tpm/command.h"

#include <stdio.h>
#include <time.h>
#include <tss2/tss2_rc.h>

#define BUSY_LIMIT_MS   1000
#define WINDOWS_BLOCKED 0x80280400U /* TPM_E_COMMAND_BLOCKED */

/* What Windows answers in the TPM's stead to a command that it keeps from programs: facility
 * 0x28. */
static bool is_windows(TSS2_RC rc)
{
        return (rc & 0xFFFF0000U) == 0x80280000U;
}

bool aza_rc_is_tpm(TSS2_RC rc)
{
        TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

        /* The kernel's resource manager marks its answers with 11, tabrmd's with 11 and 12. */
        return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_RC_LAYER ||
               layer == TSS2_RESMGR_TPM_RC_LAYER || is_windows(rc);
}

TSS2_RC aza_rc_plain(TSS2_RC rc)
{
        if (!aza_rc_is_tpm(rc) || is_windows(rc))
                return rc;
        rc &= ~(TSS2_RC)TSS2_RC_LAYER_MASK;
        /* Format one carries in bits 6 and 8 to 11 whose fault it was. */
        return (rc & TPM2_RC_FMT1) != 0 ? rc & 0xbf : rc;
}

bool aza_rc_busy(TSS2_RC rc)
{
        TSS2_RC plain = aza_rc_plain(rc);

        return plain == TPM2_RC_RETRY || plain == TPM2_RC_YIELDED || plain == TPM2_RC_TESTING ||
               plain == TPM2_RC_NV_UNAVAILABLE || plain == TPM2_RC_NV_RATE;
}

bool aza_rc_handle_gone(TSS2_RC rc)
{
        TSS2_RC plain = aza_rc_plain(rc);

        return (plain >= TPM2_RC_REFERENCE_H0 && plain <= TPM2_RC_REFERENCE_H6) ||
               (plain >= TPM2_RC_REFERENCE_S0 && plain <= TPM2_RC_REFERENCE_S6) ||
               plain == TPM2_RC_CONTEXT_GAP || plain == TPM2_RC_HANDLE ||
               plain == TPM2_RC_INITIALIZE;
}

bool aza_rc_no_room(TSS2_RC rc)
{
        TSS2_RC plain = aza_rc_plain(rc);

        return plain == TPM2_RC_OBJECT_MEMORY || plain == TPM2_RC_SESSION_MEMORY ||
               plain == TPM2_RC_MEMORY || plain == TPM2_RC_OBJECT_HANDLES ||
               plain == TPM2_RC_SESSION_HANDLES;
}

bool aza_rc_no_handle(TSS2_RC rc)
{
        return aza_rc_plain(rc) == TPM2_RC_HANDLE;
}

bool aza_rc_bad_auth(TSS2_RC rc)
{
        TSS2_RC plain = aza_rc_plain(rc);

        return plain == TPM2_RC_BAD_AUTH || plain == TPM2_RC_AUTH_FAIL;
}

static const char *advice(TSS2_RC rc)
{
        TSS2_RC plain = aza_rc_plain(rc);

        if (rc == WINDOWS_BLOCKED)
                return "; start as administrator, or as a service";
        if (aza_rc_no_room(rc))
                return "; other programs hold all its room for keys and sessions: " AZA_TPM_ROOM_ADVICE;
        if (plain == TPM2_RC_INITIALIZE)
                return "; the TPM was reset and nobody has started it (TPM2_Startup)";
        if (plain == TPM2_RC_LOCKOUT)
                return "; the TPM is locked out after wrong passwords of other programs";
        return "";
}

const char *aza_rc_text(TSS2_RC rc)
{
        static _Thread_local char text[512];
        const char *said = rc == WINDOWS_BLOCKED ? "Windows keeps this command from programs"
                                                 : aza_tcti_said(rc);

        (void)snprintf(text, sizeof(text), "%s (0x%x)%s", said != NULL ? said : Tss2_RC_Decode(rc),
                       rc, advice(rc));
        return text;
}

bool aza_backoff(struct aza_backoff *b)
{
        unsigned int ms = b->next_ms == 0 ? 1 : b->next_ms;
        struct timespec pause;

        if (b->slept_ms >= BUSY_LIMIT_MS)
                return false;
        if (ms > BUSY_LIMIT_MS - b->slept_ms)
                ms = BUSY_LIMIT_MS - b->slept_ms;
        pause = (struct timespec){.tv_nsec = (long)ms * 1000000};
        if (ms == 1000)
                pause = (struct timespec){.tv_sec = 1};
        (void)nanosleep(&pause, NULL);
        b->slept_ms += ms;
        b->next_ms = ms * 2;
        return true;
}
