/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the set-up of the vTPM. */
#include "sim/provision.h"

#include "sim/say.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define AK_HANDLE 0x81000003U
#define EK_HANDLE 0x81010001U

static void put_rsa_template(struct sim_writer *w, uint32_t attributes, struct aza_span policy,
                             struct aza_span symmetric_and_scheme)
{
        sim_put_be16(w, TPM2_ALG_RSA);
        sim_put_be16(w, TPM2_ALG_SHA256);
        sim_put_be32(w, attributes);
        sim_put_be16(w, (uint16_t)policy.len);
        sim_put_span(w, policy);
        sim_put_span(w, symmetric_and_scheme);
        sim_put_be16(w, 2048);
        sim_put_be32(w, 0);
        sim_put_be16(w, 256);
        sim_put_zeros(w, 256);
}

static uint32_t persist(struct sim_swtpm *tpm, uint32_t transient, uint32_t persistent)
{
        SIM_WRITER struct sim_writer handles = {0};
        SIM_WRITER struct sim_writer parameter = {0};

        sim_put_be32(&handles, TPM2_RH_OWNER);
        sim_put_be32(&handles, transient);
        sim_put_be32(&parameter, persistent);
        uint32_t rc = sim_tpm_call(tpm, TPM2_CC_EvictControl, aza_bytes_span(&handles.bytes), 1,
                                   aza_bytes_span(&parameter.bytes), NULL);
        if (rc != TPM2_RC_SUCCESS)
                return rc;
        aza_bytes_free(&parameter.bytes);
        sim_put_be32(&parameter, transient);
        return sim_tpm_call(tpm, TPM2_CC_FlushContext, (struct aza_span){0}, 0,
                            aza_bytes_span(&parameter.bytes), NULL);
}

/* A primary of the endorsement hierarchy, made persistent. */
static int make_primary(struct sim_swtpm *tpm, struct aza_span template, uint32_t persistent,
                        uint8_t modulus[256])
{
        SIM_WRITER struct sim_writer w = {0};
        AZA_BYTES struct aza_bytes answer = {0};

        sim_put(&w, "\x00\x04\x00\x00\x00\x00", 6); /* no auth, no data */
        sim_put_be16(&w, (uint16_t) template.len);
        sim_put_span(&w, template);
        sim_put(&w, "\x00\x00\x00\x00\x00\x00", 6); /* no outside info, no creation PCR */
        uint32_t rc = w.failed ? TPM2_RC_FAILURE
                               : sim_tpm_call1(tpm, TPM2_CC_CreatePrimary, TPM2_RH_ENDORSEMENT, 1,
                                               aza_bytes_span(&w.bytes), &answer);
        if (rc != TPM2_RC_SUCCESS)
                return sim_fail("CreatePrimary: 0x%x", rc);
        struct aza_reader r = aza_reader_of(aza_bytes_span(&answer));
        uint32_t transient = aza_read_be32(&r);
        (void)aza_read_be32(&r);
        struct aza_span public = aza_read(&r, aza_read_be16(&r));
        if (r.failed || public.len < 256)
                return sim_fail("CreatePrimary: bad answer");
        memcpy(modulus, public.data + public.len - 256, 256);
        rc = persist(tpm, transient, persistent);
        return rc == TPM2_RC_SUCCESS ? 0 : sim_fail("EvictControl: 0x%x", rc);
}

static int make_ek(struct sim_swtpm *tpm, uint8_t modulus[256])
{
        static const uint8_t policy[32] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
                                           0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
                                           0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
                                           0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
        /* AES-128-CFB, no scheme. */
        static const uint8_t algorithms[8] = {0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10};
        SIM_WRITER struct sim_writer w = {0};

        put_rsa_template(&w, 0x000300B2, aza_span_of(policy, sizeof(policy)),
                         aza_span_of(algorithms, sizeof(algorithms)));
        return make_primary(tpm, aza_bytes_span(&w.bytes), EK_HANDLE, modulus);
}

static int make_ak(struct sim_swtpm *tpm, uint8_t modulus[256])
{
        /* No symmetric cipher, RSASSA with SHA-256. */
        static const uint8_t algorithms[6] = {0x00, 0x10, 0x00, 0x14, 0x00, 0x0B};
        SIM_WRITER struct sim_writer w = {0};

        put_rsa_template(&w, 0x00050472, (struct aza_span){0},
                         aza_span_of(algorithms, sizeof(algorithms)));
        return make_primary(tpm, aza_bytes_span(&w.bytes), AK_HANDLE, modulus);
}

/* swtpm comes with a SHA-512 bank as well, which Azure's vTPM has not. */
static int allocate_banks(struct sim_swtpm *tpm)
{
        SIM_WRITER struct sim_writer w = {0};

        sim_put_be32(&w, SIM_BANKS + 1);
        for (int i = 0; i < SIM_BANKS; i++) {
                sim_put_be16(&w, sim_banks[i].algorithm);
                sim_put(&w, "\x03\xFF\xFF\xFF", 4);
        }
        sim_put_be16(&w, TPM2_ALG_SHA512);
        sim_put(&w, "\x03\x00\x00\x00", 4);
        uint32_t rc = sim_tpm_call1(tpm, TPM2_CC_PCR_Allocate, TPM2_RH_PLATFORM, 1,
                                    aza_bytes_span(&w.bytes), NULL);
        if (rc != TPM2_RC_SUCCESS)
                return sim_fail("PCR_Allocate: 0x%x", rc);
        return sim_swtpm_reset(tpm);
}

int sim_provision(struct sim_swtpm *tpm, struct sim_identity *ret)
{
        if (allocate_banks(tpm) != 0 || make_ek(tpm, ret->ek) != 0 || make_ak(tpm, ret->ak) != 0)
                return sim_fail("cannot provision the vTPM");
        return 0;
}

static int extend(struct sim_swtpm *tpm, const struct sim_extend *x)
{
        SIM_WRITER struct sim_writer w = {0};

        sim_put_be32(&w, SIM_BANKS);
        for (int i = 0; i < SIM_BANKS; i++) {
                sim_put_be16(&w, sim_banks[i].algorithm);
                sim_put(&w, x->digests[i], sim_banks[i].len);
        }
        uint32_t rc = w.failed ? TPM2_RC_FAILURE
                               : sim_tpm_call1(tpm, TPM2_CC_PCR_Extend, x->pcr, 1,
                                               aza_bytes_span(&w.bytes), NULL);
        return rc == TPM2_RC_SUCCESS ? 0 : sim_fail("PCR_Extend %u: 0x%x", x->pcr, rc);
}

int sim_boot(struct sim_swtpm *tpm, const struct sim_event_log *log)
{
        for (size_t i = 0; i < log->count; i++) {
                if (extend(tpm, &log->extends[i]) != 0)
                        return -1;
        }
        return 0;
}

int sim_pcr_extend(struct sim_swtpm *tpm, unsigned int pcr, struct aza_span data)
{
        struct sim_extend x = {.pcr = pcr};

        if (pcr > 23)
                return sim_fail("there is no PCR %u", pcr);
        return sim_digests(data, &x) != 0 ? -1 : extend(tpm, &x);
}
