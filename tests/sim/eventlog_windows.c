/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns what Windows measures of its own boot: tagged events (a tag, a size, and content, which for
 * some tags is tagged events again), from the boot manager and from the loader it starts, each
 * into PCR 12 (how it was told to boot), 13 (what it loaded) and 14 (whose signatures count); then
 * one event that ends BitLocker's PCR 11, and a separator of its own in the others.
 */
#include "sim/cert.h"
#include "sim/eventlog_maker.h"
#include "sim/say.h"

#include <string.h>

/* Tags; those of the second group hold tagged events. */
enum tag {
        BITLOCKER_UNLOCK = 0x00020005,
        APPLICATION_SVN = 0x00020009,
        SVN_CHAIN_STATUS = 0x0002000A,
        MOR_STATUS = 0x0002000B,
        BOOT_DEBUGGING = 0x00040001,
        BOOT_REVOCATION_LIST = 0x00040002,
        KERNEL_DEBUG = 0x00050001,
        CODE_INTEGRITY = 0x00050002,
        TEST_SIGNING = 0x00050003,
        DATA_EXECUTION_PREVENTION = 0x00050004,
        SAFE_MODE = 0x00050005,
        WIN_PE = 0x00050006,
        OS_DEVICE = 0x00050008,
        SYSTEM_ROOT = 0x00050009,
        HYPERVISOR_LAUNCH_TYPE = 0x0005000A,
        HYPERVISOR_DEBUG = 0x0005000D,
        DRIVER_LOAD_POLICY = 0x0005000E,
        VSM_LAUNCH_TYPE = 0x00050012,
        FLIGHT_SIGNING = 0x00050021,
        AUTHORITY_KEY = 0x00060002,
        FILE_PATH = 0x00070001,
        IMAGE_SIZE = 0x00070002,
        HASH_ALGORITHM = 0x00070003,
        IMAGE_HASH = 0x00070004,
        AUTHORITY_ISSUER = 0x00070005,
        IMAGE_BASE = 0x00070007,
        AUTHORITY_PUBLISHER = 0x00070008,
        IMAGE_VALIDATED = 0x0007000A,
        ELAM_KEY_NAME = 0x00090001,
        ELAM_MEASURED = 0x00090004,

        TRUST_BOUNDARY = 0x40010001,
        ELAM_AGGREGATION = 0x40010002,
        LOADED_MODULE = 0x40010003,
};

#define CALG_SHA_256 0x800CU
#define BOOT_DEVICE  0x00010004U
#define NO_MOR       0xC0000225U

static const char *const modules[] = {
        "\\Windows\\system32\\ntoskrnl.exe",
        "\\Windows\\system32\\hal.dll",
        "\\Windows\\system32\\drivers\\tpm.sys",
};
#define MODULES (sizeof(modules) / sizeof(modules[0]))

static void put_tagged(struct sim_writer *w, enum tag tag, struct aza_span content)
{
        sim_put_le32(w, tag);
        sim_put_le32(w, (uint32_t)content.len);
        sim_put_span(w, content);
}

static void put_nested(struct sim_writer *w, enum tag tag, struct sim_writer *inside)
{
        w->failed |= inside->failed;
        put_tagged(w, tag, aza_bytes_span(&inside->bytes));
}

static void put_flag(struct sim_writer *w, enum tag tag, bool value)
{
        const uint8_t byte = value;

        put_tagged(w, tag, aza_span_of(&byte, 1));
}

/* A number of 4 or 8 bytes, little-endian. */
static void put_number(struct sim_writer *w, enum tag tag, size_t len, uint64_t value)
{
        SIM_WRITER struct sim_writer number = {0};

        sim_put_le64(&number, value);
        w->failed |= number.failed;
        put_tagged(w, tag, aza_span_of(number.bytes.data, len));
}

static void put_text(struct sim_writer *w, enum tag tag, const char *text)
{
        SIM_WRITER struct sim_writer utf16 = {0};

        sim_put_utf16(&utf16, text);
        sim_put_le16(&utf16, 0);
        put_nested(w, tag, &utf16);
}

static void put_hash(struct sim_writer *w, const char *path)
{
        struct sim_extend digests;

        w->failed |= sim_digests(aza_span_of(path, strlen(path)), &digests) != 0;
        put_tagged(w, IMAGE_HASH, aza_span_of(digests.digests[1], sim_banks[1].len));
}

/* As PCR 12 has it: which image, where. */
static void put_image(struct sim_writer *w, const char *path, uint64_t base)
{
        SIM_WRITER struct sim_writer m = {0};

        put_hash(&m, path);
        put_number(&m, IMAGE_BASE, 8, base);
        put_nested(w, LOADED_MODULE, &m);
}

/* As PCR 13 has it: whose signature counted. */
static void put_module(struct sim_writer *w, const char *path)
{
        SIM_WRITER struct sim_writer m = {0};

        put_text(&m, FILE_PATH, path);
        put_number(&m, IMAGE_SIZE, 8, 0x41000);
        put_number(&m, HASH_ALGORITHM, 4, CALG_SHA_256);
        put_hash(&m, path);
        put_flag(&m, IMAGE_VALIDATED, true);
        put_text(&m, AUTHORITY_ISSUER, "Simulated Windows Production PCA");
        put_text(&m, AUTHORITY_PUBLISHER, "Simulated Windows");
        put_nested(w, LOADED_MODULE, &m);
}

/* All that one program measures into a PCR, in one event. */
static void boundary(struct sim_log_maker *m, uint32_t pcr, struct sim_writer *inside)
{
        SIM_WRITER struct sim_writer w = {0};

        put_nested(&w, TRUST_BOUNDARY, inside);
        m->failed |= w.failed;
        sim_log_event(m, pcr, EV_EVENT_TAG, aza_bytes_span(&w.bytes), aza_bytes_span(&w.bytes));
}

static void authority(struct sim_log_maker *m)
{
        SIM_WRITER struct sim_writer w = {0};

        put_tagged(&w, AUTHORITY_KEY, aza_span_of("a simulated public key", 22));
        boundary(m, 14, &w);
}

static void boot_manager(struct sim_log_maker *m, const struct sim_windows_boot *boot)
{
        SIM_WRITER struct sim_writer how = {0};
        SIM_WRITER struct sim_writer what = {0};

        put_flag(&how, BOOT_DEBUGGING, boot->boot_debugging);
        put_number(&how, BITLOCKER_UNLOCK, 4, 0);
        put_number(&how, MOR_STATUS, 4, NO_MOR);
        boundary(m, 12, &how);
        put_module(&what, "\\Windows\\system32\\winload.efi");
        boundary(m, 13, &what);
        authority(m);
}

static void put_antimalware(struct sim_writer *w)
{
        static const uint8_t measured[20] = {0x06, 0x7D};
        SIM_WRITER struct sim_writer elam = {0};

        put_text(&elam, ELAM_KEY_NAME, "Windows Defender");
        put_tagged(&elam, ELAM_MEASURED, aza_span_of(measured, sizeof(measured)));
        put_nested(w, ELAM_AGGREGATION, &elam);
}

static void put_options(struct sim_writer *w, const struct sim_windows_boot *boot)
{
        put_flag(w, KERNEL_DEBUG, boot->kernel_debugging);
        put_number(w, OS_DEVICE, 4, BOOT_DEVICE);
        put_text(w, SYSTEM_ROOT, "\\Windows");
        put_number(w, DATA_EXECUTION_PREVENTION, 8, 1);
        put_flag(w, SAFE_MODE, false);
        put_flag(w, WIN_PE, false);
        put_number(w, HYPERVISOR_LAUNCH_TYPE, 8, 0);
        put_number(w, VSM_LAUNCH_TYPE, 8, 0);
        put_flag(w, HYPERVISOR_DEBUG, false);
        put_number(w, DRIVER_LOAD_POLICY, 4, 1);
}

static void loader(struct sim_log_maker *m, const struct sim_windows_boot *boot)
{
        SIM_WRITER struct sim_writer how = {0};
        SIM_WRITER struct sim_writer what = {0};
        static const uint8_t list[46] = {0x80};

        put_number(&how, APPLICATION_SVN, 4, 1);
        put_number(&how, SVN_CHAIN_STATUS, 4, 0);
        for (size_t i = 0; i < MODULES; i++)
                put_image(&how, modules[i], 0x2811000 + 0x100000 * i);
        put_options(&how, boot);
        put_antimalware(&how);
        put_flag(&how, BOOT_DEBUGGING, boot->boot_debugging);
        put_flag(&how, TEST_SIGNING, boot->test_signing);
        put_flag(&how, FLIGHT_SIGNING, false);
        put_flag(&how, CODE_INTEGRITY, true);
        if (boot->bad_tag) { /* content that goes beyond its event */
                sim_put_le32(&how, SAFE_MODE);
                sim_put_le32(&how, 0x10000);
        }
        boundary(m, 12, &how);
        put_options(&what, boot);
        put_tagged(&what, BOOT_REVOCATION_LIST, aza_span_of(list, sizeof(list)));
        for (size_t i = 0; i < MODULES; i++)
                put_module(&what, modules[i]);
        boundary(m, 13, &what);
        authority(m);
}

void sim_log_windows(struct sim_log_maker *m, const struct sim_windows_boot *boot)
{
        static const uint8_t bitlocker[4] = {0xFF, 0xFF, 0, 0};
        const struct aza_span separator = aza_span_of("WBCL", 4);

        boot_manager(m, boot);
        loader(m, boot);
        sim_log_event(m, 11, EV_COMPACT_HASH, aza_span_of(bitlocker, sizeof(bitlocker)),
                      aza_span_of(bitlocker, sizeof(bitlocker)));
        for (uint32_t pcr = 12; pcr <= 14; pcr++)
                sim_log_event(m, pcr, EV_SEPARATOR, separator, separator);
}
