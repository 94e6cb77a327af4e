/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPM Base Services, the one way to the TPM that Windows gives programs. Declared here, since
 * Debian's header knows TPM 1.2 only, and loaded when it is first needed, since relying parties
 * need no TPM.
 */
#ifndef AZA_OS_WINDOWS_TBS_H
#define AZA_OS_WINDOWS_TBS_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef void *aza_tbs_context;

struct aza_tbs_params {
        uint32_t version; /* 2 */
        uint32_t flags;   /* AZA_TBS_TPM20 */
};

#define AZA_TBS_TPM20      4U
#define AZA_TBS_NORMAL     200U /* priority */
#define AZA_TBS_BOOT_LOG   2U   /* the static root's log of this boot */
#define AZA_TBS_SMALL_ROOM 0x80284005U
#define AZA_TBS_NOT_LOADED 0xFFFFFFFFU /* ours: no tbs.dll, or not all of it */

struct aza_tbs {
        uint32_t(WINAPI *create)(const struct aza_tbs_params *params, aza_tbs_context *ret);
        uint32_t(WINAPI *close)(aza_tbs_context context);
        uint32_t(WINAPI *submit)(aza_tbs_context context, uint32_t locality, uint32_t priority,
                                 const uint8_t *command, uint32_t size, uint8_t *answer,
                                 uint32_t *answer_size);
        uint32_t(WINAPI *log)(uint32_t type, uint8_t *out, uint32_t *size);
};

/* NULL: this Windows has none. */
const struct aza_tbs *aza_tbs(void);
/* What it means and what to do, with the number. */
const char *aza_tbs_text(uint32_t result, char out[256]);

#endif
