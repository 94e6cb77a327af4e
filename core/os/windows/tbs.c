/* SPDX-License-Identifier: Apache-2.0 */
#include "os/windows/tbs.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct aza_tbs tbs;
static bool loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(HMODULE module, const char *name, void *ret)
{
        FARPROC symbol = GetProcAddress(module, name);

        memcpy(ret, &symbol, sizeof(symbol));
        return symbol != NULL;
}

/* From the system's folder alone: a tbs.dll elsewhere would see every command. */
static void load(void)
{
        HMODULE module = LoadLibraryExW(L"tbs.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);

        loaded = module != NULL && find(module, "Tbsi_Context_Create", &tbs.create) &&
                 find(module, "Tbsip_Context_Close", &tbs.close) &&
                 find(module, "Tbsip_Submit_Command", &tbs.submit) &&
                 find(module, "Tbsi_Get_TCG_Log_Ex", &tbs.log);
}

const struct aza_tbs *aza_tbs(void)
{
        (void)pthread_once(&once, load);
        return loaded ? &tbs : NULL;
}

const char *aza_tbs_text(uint32_t result, char out[256])
{
        static const struct {
                uint32_t result;
                const char *text;
        } texts[] = {
                {AZA_TBS_NOT_LOADED, "this Windows has no TPM service (tbs.dll)"},
                {0x80284004U, "the command was cancelled, as before sleep: try again"},
                {0x80284006U, "the TPM does not answer: try again, or restart the VM"},
                {0x80284008U, "the TPM service (TBS) does not run: start it, or restart the VM"},
                {0x80284009U, "too many programs use the TPM"},
                {0x8028400AU, "programs hold too much of the TPM's room"},
                {0x8028400BU, "the TPM service (TBS) is starting: try again"},
                {0x8028400FU, "this machine has no TPM that Windows uses"},
                {0x80284010U, "the TPM service (TBS) is disabled"},
                {0x80284011U, "there is no log of this boot"},
                {0x80284012U, "not allowed: start as administrator, or as a service"},
                {0x80070005U, "not allowed: start as administrator, or as a service"},
                {0x80280400U,
                 "Windows keeps this command from programs: start as administrator, or as a service"},
        };
        const char *text = "see the return codes of TBS";

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (texts[i].result == result)
                        text = texts[i].text;
        (void)snprintf(out, 256, "%s (0x%08x)", text, (unsigned int)result);
        return out;
}
