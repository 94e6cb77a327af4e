/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of the simulated VM: one VM in a temporary directory, and TPM commands over SAPI
 * through the TCTI that users have. */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include "sim/cert.h"
#include "sim/vm.h"
#include "unit/remove_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <tss2/tss2_sys.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
        char dir[64];
        struct sim_pki pki;
        struct sim_faults *faults;
        struct sim_templates *templates;
        struct sim_vm *vm;
};

static inline int start_vm(struct fixture *f, enum sim_kind kind)
{
        char path[100];

        memset(f, 0, sizeof(*f));
        (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sim_vm.XXXXXX");
        if (mkdtemp(f->dir) == NULL || chmod(f->dir, 0755) != 0)
                return -1;
        f->faults = sim_faults_new();
        f->templates = sim_templates_new();
        (void)snprintf(path, sizeof(path), "%s/pki", f->dir);
        if (f->faults == NULL || f->templates == NULL || sim_pki_open(path, &f->pki) != 0)
                return -1;
        const struct sim_vm_options options = {.kind = kind,
                                               .dir = f->dir,
                                               .pki = &f->pki,
                                               .faults = f->faults,
                                               .templates = f->templates};
        return sim_vm_start(&options, &f->vm);
}

static inline void stop_vm(struct fixture *f)
{
        sim_vm_stop(f->vm);
        sim_pki_close(&f->pki);
        sim_faults_free(f->faults);
        sim_templates_free(f->templates);
        remove_tree(f->dir);
}

static inline void vm_event(const struct fixture *f, const char *text, char *reply, size_t size)
{
        if (sim_vm_event(f->vm, text, reply, size) != 0)
                fail_msg("%s: %s", text, reply);
}

static inline void pause_ms(long ms)
{
        const struct timespec t = {.tv_nsec = ms * 1000000};

        (void)nanosleep(&t, NULL);
}

static inline void add_fault(struct fixture *f, const char *text)
{
        char error[200];
        if (!sim_faults_add(f->faults, text, error, sizeof(error)))
                fail_msg("%s", error);
}

/* --- TPM --- */

struct tpm {
        TSS2_TCTI_CONTEXT *tcti;
        TSS2_SYS_CONTEXT *sys;
};

static const TSS2L_SYS_AUTH_COMMAND password = {.count = 1,
                                                .auths = {{.sessionHandle = TPM2_RS_PW}}};

static inline struct tpm tpm_open(const struct fixture *f)
{
        struct tpm t = {0};
        size_t size = Tss2_Sys_GetContextSize(0);
        TSS2_ABI_VERSION version = TSS2_ABI_VERSION_CURRENT;

        assert_int_equal(Tss2_TctiLdr_Initialize(sim_vm_tcti(f->vm), &t.tcti), 0);
        t.sys = calloc(1, size);
        assert_int_equal(Tss2_Sys_Initialize(t.sys, size, t.tcti, &version), 0);
        return t;
}

static inline void tpm_close(struct tpm *t)
{
        Tss2_Sys_Finalize(t->sys);
        free(t->sys);
        Tss2_TctiLdr_Finalize(&t->tcti);
}

/* A decryption key without policy in the NULL hierarchy; `unique`, of this size and first byte,
 * makes it another one. */
static inline TSS2_RC make_unique_key(struct tpm *t, uint16_t size, uint8_t label, TPM2_HANDLE *ret,
                                      TPM2B_NAME *ret_name)
{
        TPM2B_SENSITIVE_CREATE sensitive = {0};
        TPM2B_PUBLIC in = {.publicArea = {
                                   .type = TPM2_ALG_RSA,
                                   .nameAlg = TPM2_ALG_SHA256,
                                   .objectAttributes = 0x00020472,
                                   .parameters.rsaDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
                                                            .scheme.scheme = TPM2_ALG_NULL,
                                                            .keyBits = 2048},
                                   .unique.rsa = {.size = size, .buffer = {label}},
                           }};
        TPM2B_DATA outside = {0};
        TPML_PCR_SELECTION pcrs = {0};
        TPM2B_PUBLIC out = {0};
        TPM2B_CREATION_DATA creation = {0};
        TPM2B_DIGEST hash = {0};
        TPMT_TK_CREATION ticket = {0};

        return Tss2_Sys_CreatePrimary(t->sys, TPM2_RH_NULL, &password, &sensitive, &in, &outside,
                                      &pcrs, ret, &out, &creation, &hash, &ticket, ret_name, NULL);
}

static inline TSS2_RC make_key(struct tpm *t, uint8_t label, TPM2_HANDLE *ret)
{
        TPM2B_NAME name = {0};

        return make_unique_key(t, 1, label, ret, &name);
}

/* The raw private operation of 2: tells whether the key is there and works. */
static inline TSS2_RC use_key(struct tpm *t, TPM2_HANDLE key, uint8_t out[256])
{
        TPM2B_PUBLIC_KEY_RSA cipher = {.size = 256};
        TPMT_RSA_DECRYPT scheme = {0};
        TPM2B_DATA label = {0};
        TPM2B_PUBLIC_KEY_RSA message = {.size = sizeof(message.buffer)};

        cipher.buffer[255] = 2;
        scheme.scheme = TPM2_ALG_NULL;
        TSS2_RC rc = Tss2_Sys_RSA_Decrypt(t->sys, key, &password, &cipher, &scheme, &label,
                                          &message, NULL);
        if (rc == 0)
                memcpy(out, message.buffer, 256);
        return rc;
}

static inline TSS2_RC open_session(struct tpm *t, TPM2_SE type, TPMI_SH_AUTH_SESSION *ret)
{
        TPM2B_NONCE nonce = {.size = 20};
        TPM2B_NONCE nonce_tpm = {0};
        TPM2B_ENCRYPTED_SECRET salt = {0};
        TPMT_SYM_DEF symmetric = {.algorithm = TPM2_ALG_NULL};

        return Tss2_Sys_StartAuthSession(t->sys, TPM2_RH_NULL, TPM2_RH_NULL, NULL, &nonce, &salt,
                                         type, &symmetric, TPM2_ALG_SHA256, ret, &nonce_tpm, NULL);
}

static inline TSS2_RC nv_read(struct tpm *t, TPM2_HANDLE auth, TPM2_HANDLE index, uint16_t size,
                              uint16_t offset, TPM2B_MAX_NV_BUFFER *ret)
{
        ret->size = sizeof(ret->buffer);
        return Tss2_Sys_NV_Read(t->sys, auth, index, &password, size, offset, ret, NULL);
}

/* The whole index in chunks of 1024. */
static inline void nv_read_all(struct tpm *t, TPM2_HANDLE index, uint8_t *out, uint16_t size)
{
        for (uint16_t at = 0; at < size;) {
                uint16_t chunk = (uint16_t)(size - at < 1024 ? size - at : 1024);
                TPM2B_MAX_NV_BUFFER data;
                assert_int_equal(nv_read(t, TPM2_RH_OWNER, index, chunk, at, &data), 0);
                assert_int_equal(data.size, chunk);
                memcpy(out + at, data.buffer, chunk);
                at = (uint16_t)(at + chunk);
        }
}

static inline TSS2_RC pcr_read(struct tpm *t, TPMI_ALG_HASH bank, unsigned int pcr,
                               TPM2B_DIGEST *ret)
{
        TPML_PCR_SELECTION in = {.count = 1, .pcrSelections = {{.hash = bank, .sizeofSelect = 3}}};
        TPML_PCR_SELECTION out = {0};
        TPML_DIGEST values = {0};
        UINT32 counter = 0;

        in.pcrSelections[0].pcrSelect[pcr / 8] = (uint8_t)(1U << (pcr % 8));
        TSS2_RC rc = Tss2_Sys_PCR_Read(t->sys, NULL, &in, &counter, &out, &values, NULL);
        if (rc == 0)
                *ret = values.digests[0];
        return rc;
}

#endif
