/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tbs.dll for tests: TPM Base Services as a program sees them, in front of a TPM behind TCP
 * (AZATTEST_TEST_TBS, a port of 127.0.0.1: azattest-sim --tcp). A connection is a context, and
 * what Windows keeps from programs is refused as Windows does it. AZATTEST_TEST_LOG is the file
 * with the boot log, AZATTEST_TEST_FAULT what goes wrong: see fault().
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>

#define EXPORT __declspec(dllexport)

#define E_BAD_PARAMETER 0x80284002U
#define E_IOERROR       0x80284006U
#define E_SMALL_ROOM    0x80284005U
#define E_NOT_RUNNING   0x80284008U
#define E_STARTING      0x8028400BU
#define E_NO_TPM        0x8028400FU
#define E_NO_LOG        0x80284011U
#define E_DENIED        0x80284012U

#define CC_CREATE_PRIMARY 0x131U
#define CC_CONTEXT_LOAD   0x161U
#define CC_CONTEXT_SAVE   0x162U

uint32_t EXPORT WINAPI Tbsi_Context_Create(const void *params, void **ret);
uint32_t EXPORT WINAPI Tbsip_Context_Close(void *context);
uint32_t EXPORT WINAPI Tbsip_Submit_Command(void *context, uint32_t locality, uint32_t priority,
                                            const uint8_t *command, uint32_t size, uint8_t *answer,
                                            uint32_t *answer_size);
uint32_t EXPORT WINAPI Tbsi_Get_TCG_Log_Ex(uint32_t type, uint8_t *out, uint32_t *size);

static bool fault(const char *name)
{
        const char *wanted = getenv("AZATTEST_TEST_FAULT");

        return wanted != NULL && strcmp(wanted, name) == 0;
}

uint32_t EXPORT WINAPI Tbsi_Context_Create(const void *params, void **ret)
{
        const char *port = getenv("AZATTEST_TEST_TBS");
        const uint32_t *p = params;
        WSADATA data;

        if (p[0] != 2 || (p[1] & 4) == 0)
                return E_BAD_PARAMETER;
        if (fault("stopped"))
                return E_NOT_RUNNING;
        if (fault("starting"))
                return E_STARTING;
        if (fault("denied"))
                return E_DENIED;
        if (port == NULL || fault("no-tpm"))
                return E_NO_TPM;
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)atoi(port)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
                return E_IOERROR;
        SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
        if (s == INVALID_SOCKET ||
            connect(s, (const struct sockaddr *)&address, sizeof(address)) != 0)
                return E_IOERROR;
        *ret = (void *)(uintptr_t)s;
        return 0;
}

uint32_t EXPORT WINAPI Tbsip_Context_Close(void *context)
{
        (void)closesocket((SOCKET)(uintptr_t)context);
        return 0;
}

static uint32_t be32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool receive(SOCKET s, uint8_t *to, uint32_t size)
{
        for (uint32_t have = 0; have < size;) {
                const int n = recv(s, (char *)to + have, (int)(size - have), 0);

                if (n <= 0)
                        return false;
                have += (uint32_t)n;
        }
        return true;
}

/* The submit succeeds; what it brings is an answer of the TPM's form. */
static uint32_t refuse(uint8_t *answer, uint32_t *answer_size)
{
        static const uint8_t blocked[] = {0x80, 0x01, 0, 0, 0, 10, 0x80, 0x28, 0x04, 0x00};

        memcpy(answer, blocked, sizeof(blocked));
        *answer_size = sizeof(blocked);
        return 0;
}

uint32_t EXPORT WINAPI Tbsip_Submit_Command(void *context, uint32_t locality, uint32_t priority,
                                            const uint8_t *command, uint32_t size, uint8_t *answer,
                                            uint32_t *answer_size)
{
        const SOCKET s = (SOCKET)(uintptr_t)context;
        const uint32_t code = be32(command + 6);
        uint32_t says;

        if (locality != 0 || priority != 200)
                return E_BAD_PARAMETER;
        if (code == CC_CONTEXT_LOAD || code == CC_CONTEXT_SAVE)
                return refuse(answer, answer_size);
        if (fault("silent"))
                return E_IOERROR;
        if (code == CC_CREATE_PRIMARY && fault("blocked"))
                return refuse(answer, answer_size);
        if (send(s, (const char *)command, (int)size, 0) != (int)size || !receive(s, answer, 10))
                return E_IOERROR;
        says = be32(answer + 2);
        if (says < 10 || says > *answer_size || !receive(s, answer + 10, says - 10))
                return E_IOERROR;
        *answer_size = fault("short") ? says - 1 : says;
        return 0;
}

uint32_t EXPORT WINAPI Tbsi_Get_TCG_Log_Ex(uint32_t type, uint8_t *out, uint32_t *size)
{
        const char *path = getenv("AZATTEST_TEST_LOG");
        FILE *file = type == 2 && path != NULL && !fault("no-log") ? fopen(path, "rb") : NULL;
        const uint32_t room = *size;

        if (file == NULL)
                return E_NO_LOG;
        (void)fseek(file, 0, SEEK_END);
        *size = (uint32_t)ftell(file);
        rewind(file);
        const bool fits = out != NULL && room >= *size;
        const bool read = fits && fread(out, 1, *size, file) == *size;
        (void)fclose(file);
        return out == NULL || read ? 0 : fits ? E_IOERROR : E_SMALL_ROOM;
}
