/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCR values behind a key's policy, kept in the runtime directory so that a message can name
 * the PCRs that changed although the key file holds only the policy's digest. Not evidence: what is
 * read counts only when the policy computed from it is the one asked for.
 */
#include "tpm/pcr_memory.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "os/file.h"
#include "tpm/connection.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX (4 + AZA_PCR_COUNT * AZA_PCR_SIZE)

static void file_of(const uint8_t policy[32], char out[80])
{
        char hex[65];

        (void)snprintf(out, 80, "pcrs-%s", aza_hex(aza_span_of(policy, 32), hex));
}

static int encode(const struct aza_pcrs *pcrs, struct aza_bytes *ret)
{
        int r = aza_bytes_append_be32(ret, pcrs->mask);

        for (unsigned int i = 0; r == 0 && i < AZA_PCR_COUNT; i++)
                if (pcrs->mask >> i & 1)
                        r = aza_bytes_append(ret, pcrs->value[i], AZA_PCR_SIZE);
        return r;
}

static bool decode(struct aza_span file, struct aza_pcrs *ret)
{
        struct aza_reader reader = aza_reader_of(file);

        ret->mask = aza_read_be32(&reader);
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++) {
                if ((ret->mask >> i & 1) == 0)
                        continue;
                const struct aza_span value = aza_read(&reader, AZA_PCR_SIZE);
                if (value.len != AZA_PCR_SIZE)
                        return false;
                memcpy(ret->value[i], value.data, AZA_PCR_SIZE);
        }
        return aza_reader_done(&reader);
}

void aza_pcrs_remember(const struct aza_tpm *tpm, const struct aza_pcrs *pcrs,
                       const uint8_t policy[32])
{
        AZA_BYTES struct aza_bytes file = {0}, old = {0};
        char name[80];

        if (!aza_runtime_dir_usable(tpm->runtime_dir))
                return;
        file_of(policy, name);
        if (encode(pcrs, &file) != 0)
                return;
        if (aza_runtime_read(tpm->runtime_dir, name, FILE_MAX, &old) == 0 &&
            aza_span_equal(aza_bytes_span(&old), aza_bytes_span(&file)))
                return;
        if (aza_runtime_write(tpm->runtime_dir, name, aza_bytes_span(&file)) != 0)
                AZA_LOG(INFO, "PCR values not kept: %s", aza_last_error()->message);
}

bool aza_pcrs_recall(const struct aza_tpm *tpm, const uint8_t policy[32], struct aza_pcrs *ret)
{
        AZA_BYTES struct aza_bytes file = {0};
        struct aza_pcrs pcrs = {0};
        uint8_t computed[32];
        char name[80];

        file_of(policy, name);
        if (aza_runtime_read(tpm->runtime_dir, name, FILE_MAX, &file) != 0 ||
            !decode(aza_bytes_span(&file), &pcrs) ||
            aza_pcr_policy(tpm->libctx, &pcrs, computed) != 0 ||
            memcmp(computed, policy, sizeof(computed)) != 0)
                return false;
        *ret = pcrs;
        return true;
}

uint32_t aza_pcrs_differing(const struct aza_pcrs *a, const struct aza_pcrs *b)
{
        uint32_t differing = 0;

        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++) {
                if ((a->mask & b->mask) >> i & 1 &&
                    memcmp(a->value[i], b->value[i], AZA_PCR_SIZE) != 0)
                        differing |= UINT32_C(1) << i;
        }
        return differing;
}
