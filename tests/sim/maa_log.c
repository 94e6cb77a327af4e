/* SPDX-License-Identifier: Apache-2.0 */
/* Owns parsing and replaying the crypto-agile log. Decides nothing about policy. */
#include "sim/maa_log.h"

#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/maa_boot.h"

#include <string.h>

#define CHECK           "TcgLogs"
#define ALG_SHA256      0x000B
#define MAX_ALGORITHMS  8
#define EV_NO_ACTION    3
#define FIRMWARE_PCRS   0xFFu
#define SECURE_BOOT_PCR 7u
#define WINDOWS_PCRS    (1u << 12 | 1u << 13)
/* What events pcr-extend and tpm-pcr-race of vm.h extend with (rm_events.c). */
#define EXTEND_TEXT "azattest-sim pcr-extend"
#define MAX_EXTENDS 20000

struct algorithm {
        uint16_t id, size;
};

struct replay {
        struct algorithm algorithms[MAX_ALGORITHMS];
        uint32_t algorithm_count;
        uint8_t pcrs[SIM_PCRS][SIM_PCR_LEN];
        bool extended[SIM_PCRS];
        struct sim_boot boot;
        struct sim_windows windows;
};

struct event {
        uint32_t pcr, type;
        struct aza_span sha256;
        struct aza_span data;
};

/* `usable`: it has digests of the bank that is quoted. */
static bool read_header(struct aza_reader *log, struct replay *r, bool *usable,
                        struct sim_refusal *refusal)
{
        uint32_t pcr = aza_read_le32(log);
        uint32_t type = aza_read_le32(log);
        (void)aza_read(log, 20);
        struct aza_reader data = aza_reader_of(aza_read(log, aza_read_le32(log)));
        struct aza_span signature = aza_read(&data, 16);
        bool sha256 = false;

        (void)aza_read(&data, 8); /* platform class, version, errata, size of UINTN */
        r->algorithm_count = aza_read_le32(&data);
        if (log->failed || data.failed || pcr != 0 || type != EV_NO_ACTION ||
            memcmp(signature.data, "Spec ID Event03", 16) != 0)
                return sim_refuse(refusal, CHECK, "does not begin with Spec ID Event03");
        if (r->algorithm_count == 0 || r->algorithm_count > MAX_ALGORITHMS)
                return sim_refuse(refusal, CHECK, "unusable number of algorithms");
        for (uint32_t i = 0; i < r->algorithm_count; i++) {
                r->algorithms[i].id = aza_read_le16(&data);
                r->algorithms[i].size = aza_read_le16(&data);
                sha256 = sha256 || (r->algorithms[i].id == ALG_SHA256 &&
                                    r->algorithms[i].size == SIM_PCR_LEN);
        }
        (void)aza_read(&data, aza_read_u8(&data));
        if (!aza_reader_done(&data))
                return sim_refuse(refusal, CHECK, "Spec ID Event03 of a wrong length");
        *usable = sha256;
        return true;
}

static bool read_digests(struct aza_reader *log, const struct replay *r, struct event *e)
{
        if (aza_read_le32(log) != r->algorithm_count)
                return false;
        for (uint32_t i = 0; i < r->algorithm_count; i++) {
                uint16_t id = aza_read_le16(log);
                uint32_t k = 0;
                while (k < r->algorithm_count && r->algorithms[k].id != id)
                        k++;
                if (k == r->algorithm_count)
                        return false;
                struct aza_span digest = aza_read(log, r->algorithms[k].size);
                if (id == ALG_SHA256)
                        e->sha256 = digest;
        }
        return !log->failed && e->sha256.data != NULL;
}

/* PCR 0 starts with the locality of the startup command as its last byte. */
static void startup_locality(struct replay *r, const struct event *e)
{
        if (e->pcr == 0 && e->data.len == 17 && !r->extended[0] &&
            memcmp(e->data.data, "StartupLocality", 16) == 0)
                r->pcrs[0][SIM_PCR_LEN - 1] = e->data.data[16];
}

static bool extend(struct replay *r, const struct event *e)
{
        uint8_t both[2 * SIM_PCR_LEN];
        memcpy(both, r->pcrs[e->pcr], SIM_PCR_LEN);
        memcpy(both + SIM_PCR_LEN, e->sha256.data, SIM_PCR_LEN);
        r->extended[e->pcr] = true;
        return aza_sha256(sim_libctx(), aza_span_of(both, sizeof(both)), r->pcrs[e->pcr]) == 0;
}

/* The firmware's log ends before anybody uses the VM, so what the simulator's own events extend
 * is not in it. They alone are forgiven: attesting must work again after them (D23). */
static bool reaches(uint8_t pcr[SIM_PCR_LEN], const uint8_t wanted[SIM_PCR_LEN])
{
        uint8_t both[2 * SIM_PCR_LEN];

        if (memcmp(pcr, wanted, SIM_PCR_LEN) == 0)
                return true;
        if (aza_sha256(sim_libctx(), aza_span_of(EXTEND_TEXT, sizeof(EXTEND_TEXT) - 1),
                       both + SIM_PCR_LEN) != 0)
                return false;
        for (int i = 0; i < MAX_EXTENDS; i++) {
                memcpy(both, pcr, SIM_PCR_LEN);
                if (aza_sha256(sim_libctx(), aza_span_of(both, sizeof(both)), pcr) != 0)
                        return false;
                if (memcmp(pcr, wanted, SIM_PCR_LEN) == 0)
                        return true;
        }
        return false;
}

static bool read_event(struct aza_reader *log, struct replay *r, size_t number,
                       struct sim_refusal *refusal)
{
        struct event e = {0};

        e.pcr = aza_read_le32(log);
        e.type = aza_read_le32(log);
        if (!read_digests(log, r, &e))
                return sim_refuse(refusal, CHECK, "event %zu has unusable digests", number);
        e.data = aza_read(log, aza_read_le32(log));
        if (log->failed || e.pcr >= SIM_PCRS)
                return sim_refuse(refusal, CHECK, "event %zu is cut short or of no PCR", number);
        if (e.type == EV_NO_ACTION) {
                startup_locality(r, &e);
                return true;
        }
        if (e.pcr == SECURE_BOOT_PCR)
                sim_boot_event(&r->boot, e.type, e.sha256, e.data);
        if (!sim_windows_event(&r->windows, e.pcr, e.sha256, e.data))
                return sim_refuse(refusal, CHECK, "event %zu is no whole tagged event", number);
        return extend(r, &e) || sim_refuse(refusal, CHECK, "SHA-256 failed");
}

bool sim_log_replay(struct aza_span bytes, uint32_t mask, const uint8_t pcrs[SIM_PCRS][SIM_PCR_LEN],
                    struct sim_log_facts *ret, struct sim_refusal *refusal)
{
        struct replay r = {0};
        struct aza_reader log = aza_reader_of(bytes);
        bool usable = false;

        *ret = (struct sim_log_facts){0};
        if (bytes.len == 0)
                return true;
        if (!read_header(&log, &r, &usable, refusal))
                return false;
        if (!usable) /* as good as none: it proves nothing */
                return true;
        for (size_t number = 1; log.rest.len > 0; number++) {
                if (!read_event(&log, &r, number, refusal))
                        return false;
        }
        for (unsigned int i = 0; i < SIM_PCRS; i++) {
                bool replayed = (FIRMWARE_PCRS & 1U << i) != 0 || r.extended[i];
                if (replayed && (mask & 1U << i) != 0 && !reaches(r.pcrs[i], pcrs[i]))
                        return sim_refuse(refusal, CHECK, "does not replay to PCR %u", i);
        }
        if ((mask & 1U << SECURE_BOOT_PCR) != 0)
                *ret = (struct sim_log_facts){.secure_boot = sim_boot_secure(&r.boot),
                                              .debuggers_disabled = sim_boot_no_debugger(&r.boot),
                                              .pk = r.boot.pk,
                                              .kek = r.boot.kek,
                                              .db = r.boot.db,
                                              .dbx = r.boot.dbx};
        if ((mask & WINDOWS_PCRS) == WINDOWS_PCRS)
                ret->windows = r.windows.facts;
        return true;
}
