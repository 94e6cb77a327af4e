/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which events there are and how they are written (TCG PC Client PFP). Extends nothing
 * itself. */
#include "sim/eventlog_maker.h"

#include "sim/cert.h"
#include "sim/say.h"

#include <stdlib.h>
#include <string.h>

typedef const uint8_t guid[16];
static guid global_variable = {0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
                               0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};
static guid security_database = {0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
                                 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f};
static guid x509_list = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
                         0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};
static guid sha256_list = {0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
                           0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28};
static guid signature_owner = {0xbd, 0x9a, 0xfa, 0x77, 0x59, 0x03, 0x32, 0x4d,
                               0xbd, 0x60, 0x28, 0xf4, 0xe7, 0x8f, 0x78, 0x4b};

const struct sim_bank sim_banks[SIM_BANKS] = {
        {0x0004, "SHA1", 20},
        {0x000B, "SHA256", 32},
        {0x000C, "SHA384", 48},
};

int sim_digests(struct aza_span data, struct sim_extend *ret)
{
        for (int i = 0; i < SIM_BANKS; i++) {
                if (EVP_Q_digest(sim_libctx(), sim_banks[i].name, NULL, data.data, data.len,
                                 ret->digests[i], NULL) != 1)
                        return sim_fail("cannot hash an event");
        }
        return 0;
}

void sim_put_utf16(struct sim_writer *w, const char *text)
{
        for (; *text != '\0'; text++)
                sim_put_le16(w, (uint16_t)(unsigned char)*text);
}

static void put_header(struct sim_writer *w)
{
        SIM_WRITER struct sim_writer data = {0};

        sim_put(&data, "Spec ID Event03", 16);
        sim_put_le32(&data, 0);                /* platform class: client */
        sim_put(&data, "\x00\x02\x69\x02", 4); /* 2.00 errata 105, 64-bit UINTN */
        sim_put_le32(&data, SIM_BANKS);
        for (int i = 0; i < SIM_BANKS; i++) {
                sim_put_le16(&data, sim_banks[i].algorithm);
                sim_put_le16(&data, (uint16_t)sim_banks[i].len);
        }
        sim_put_u8(&data, 0);
        sim_put_le32(w, 0);
        sim_put_le32(w, EV_NO_ACTION);
        sim_put_zeros(w, 20);
        sim_put_le32(w, (uint32_t)data.bytes.len);
        sim_put_span(w, aza_bytes_span(&data.bytes));
        w->failed |= data.failed;
}

void sim_log_event(struct sim_log_maker *m, uint32_t pcr, enum sim_event_type type,
                   struct aza_span hashed, struct aza_span data)
{
        if (m->count == m->room) {
                size_t room = m->room == 0 ? 64 : 2 * m->room;
                struct sim_extend *larger = realloc(m->extends, room * sizeof(*larger));
                if (larger == NULL) {
                        m->failed = true;
                        return;
                }
                m->extends = larger;
                m->room = room;
        }
        struct sim_extend *x = &m->extends[m->count++];
        x->pcr = pcr;
        m->failed |= sim_digests(hashed, x) != 0;
        sim_put_le32(&m->log, pcr);
        sim_put_le32(&m->log, (uint32_t)type);
        sim_put_le32(&m->log, SIM_BANKS);
        for (int i = 0; i < SIM_BANKS; i++) {
                sim_put_le16(&m->log, sim_banks[i].algorithm);
                sim_put(&m->log, x->digests[i], sim_banks[i].len);
        }
        sim_put_le32(&m->log, (uint32_t)data.len);
        sim_put_span(&m->log, data);
}

static void text_event(struct sim_log_maker *m, uint32_t pcr, enum sim_event_type type,
                       const char *text)
{
        struct aza_span s = aza_span_of(text, strlen(text));
        sim_log_event(m, pcr, type, s, s);
}

static void separator(struct sim_log_maker *m, uint32_t pcr)
{
        static const uint8_t zeros[4] = {0};
        sim_log_event(m, pcr, EV_SEPARATOR, aza_span_of(zeros, 4), aza_span_of(zeros, 4));
}

/* UEFI_VARIABLE_DATA. */
static void variable(struct sim_log_maker *m, uint32_t pcr, enum sim_event_type type, guid vendor,
                     const char *name, struct aza_span value)
{
        SIM_WRITER struct sim_writer w = {0};

        sim_put(&w, vendor, 16);
        sim_put_le64(&w, strlen(name));
        sim_put_le64(&w, value.len);
        sim_put_utf16(&w, name);
        sim_put_span(&w, value);
        m->failed |= w.failed;
        sim_log_event(m, pcr, type, aza_bytes_span(&w.bytes), aza_bytes_span(&w.bytes));
}

/* EFI_SIGNATURE_LIST with one signature. */
static void put_signature_list(struct sim_writer *w, guid type, struct aza_span signature)
{
        sim_put(w, type, 16);
        sim_put_le32(w, (uint32_t)(28 + 16 + signature.len));
        sim_put_le32(w, 0);
        sim_put_le32(w, (uint32_t)(16 + signature.len));
        sim_put(w, signature_owner, 16);
        sim_put_span(w, signature);
}

static void secure_boot(struct sim_log_maker *m, struct aza_span certificate, bool is_on)
{
        const uint8_t on[1] = {is_on};
        static const uint8_t revoked[32] = {0x80, 0xb4, 0xd9, 0x69, 0x31, 0xbf, 0x0d, 0x02};
        SIM_WRITER struct sim_writer keys = {0};
        SIM_WRITER struct sim_writer forbidden = {0};

        put_signature_list(&keys, x509_list, certificate);
        put_signature_list(&forbidden, sha256_list, aza_span_of(revoked, sizeof(revoked)));
        m->failed |= keys.failed || forbidden.failed;
        const enum sim_event_type config = EV_EFI_VARIABLE_DRIVER_CONFIG;
        variable(m, 7, config, global_variable, "SecureBoot", aza_span_of(on, sizeof(on)));
        variable(m, 7, config, global_variable, "PK", aza_bytes_span(&keys.bytes));
        variable(m, 7, config, global_variable, "KEK", aza_bytes_span(&keys.bytes));
        variable(m, 7, config, security_database, "db", aza_bytes_span(&keys.bytes));
        variable(m, 7, config, security_database, "dbx", aza_bytes_span(&forbidden.bytes));
        separator(m, 7);
}

/* The key in db that the boot loader's signature was verified with: EFI_SIGNATURE_DATA. */
static void authority(struct sim_log_maker *m, struct aza_span certificate)
{
        SIM_WRITER struct sim_writer w = {0};

        sim_put(&w, signature_owner, 16);
        sim_put_span(&w, certificate);
        m->failed |= w.failed;
        variable(m, 7, EV_EFI_VARIABLE_AUTHORITY, security_database, "db",
                 aza_bytes_span(&w.bytes));
}

static void put_load_option(struct sim_writer *w, const char *name)
{
        sim_put_le32(w, 1);
        sim_put_le16(w, 4);
        sim_put_utf16(w, name);
        sim_put_le16(w, 0);
        sim_put(w, "\x7f\xff\x04\x00", 4);
}

/* UEFI_IMAGE_LOAD_EVENT; what is hashed is the image, not this. */
static void application(struct sim_log_maker *m, const char *path, uint64_t address)
{
        SIM_WRITER struct sim_writer w = {0};
        size_t path_node = 4 + 2 * (strlen(path) + 1);

        sim_put_le64(&w, address);
        sim_put_le64(&w, 955656);
        sim_put_le64(&w, 0);
        sim_put_le64(&w, path_node + 4);
        sim_put(&w, "\x04\x04", 2);
        sim_put_le16(&w, (uint16_t)path_node);
        sim_put_utf16(&w, path);
        sim_put_le16(&w, 0);
        sim_put(&w, "\x7f\xff\x04\x00", 4);
        m->failed |= w.failed;
        sim_log_event(m, 4, EV_EFI_BOOT_SERVICES_APPLICATION, aza_span_of(path, strlen(path)),
                      aza_bytes_span(&w.bytes));
}

static void partition_table(struct sim_log_maker *m)
{
        SIM_WRITER struct sim_writer w = {0};

        /* UEFI_GPT_DATA: the header, no partition. */
        sim_put(&w, "EFI PART\x00\x00\x01\x00\x5c\x00\x00\x00", 16);
        sim_put_zeros(&w, 92 - 16);
        sim_put_le64(&w, 0);
        m->failed |= w.failed;
        sim_log_event(m, 5, EV_EFI_GPT_EVENT, aza_bytes_span(&w.bytes), aza_bytes_span(&w.bytes));
}

static void firmware(struct sim_log_maker *m)
{
        SIM_WRITER struct sim_writer version = {0};
        SIM_WRITER struct sim_writer blob = {0};

        sim_put_utf16(&version, "Hyper-V UEFI Release v4.1");
        sim_put_le16(&version, 0);
        sim_put_le64(&blob, 0xFFE00000);
        sim_put_le64(&blob, 0x200000);
        m->failed |= version.failed || blob.failed;
        sim_log_event(m, 0, EV_S_CRTM_VERSION, aza_bytes_span(&version.bytes),
                      aza_bytes_span(&version.bytes));
        sim_log_event(m, 0, EV_EFI_PLATFORM_FIRMWARE_BLOB, aza_span_of("firmware", 8),
                      aza_bytes_span(&blob.bytes));
}

static void boot(struct sim_log_maker *m, const struct sim_boot_plan *plan)
{
        static const uint8_t order[2] = {0, 0};
        SIM_WRITER struct sim_writer option = {0};

        put_load_option(&option, plan->windows ? "Windows Boot Manager" : "ubuntu");
        m->failed |= option.failed;
        variable(m, 1, EV_EFI_VARIABLE_BOOT, global_variable, "BootOrder",
                 aza_span_of(order, sizeof(order)));
        variable(m, 1, EV_EFI_VARIABLE_BOOT, global_variable, "Boot0000",
                 aza_bytes_span(&option.bytes));
        text_event(m, 4, EV_EFI_ACTION, "Calling EFI Application from Boot Option");
        for (uint32_t pcr = 0; pcr < 7; pcr++)
                separator(m, pcr);
        partition_table(m);
        if (plan->secure_boot)
                authority(m, plan->db_certificate);
        if (plan->windows) {
                application(m, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi", 0xF4C5E018);
        } else {
                application(m, "\\EFI\\ubuntu\\shimx64.efi", 0xF4C5E018);
                application(m, "\\EFI\\ubuntu\\grubx64.efi", 0xF46A1018);
        }
        text_event(m, 5, EV_EFI_ACTION, "Exit Boot Services Invocation");
        text_event(m, 5, EV_EFI_ACTION, "Exit Boot Services Returned with Success");
}

int sim_event_log_make(const struct sim_boot_plan *plan, struct sim_event_log *ret)
{
        struct sim_log_maker m = {0};

        put_header(&m.log);
        firmware(&m);
        secure_boot(&m, plan->db_certificate, plan->secure_boot);
        boot(&m, plan);
        if (plan->windows)
                sim_log_windows(&m, &plan->windows_boot);
        if (m.failed || sim_writer_take(&m.log, &ret->file) != 0) {
                sim_writer_free(&m.log);
                free(m.extends);
                return sim_fail("cannot make the event log");
        }
        ret->extends = m.extends;
        ret->count = m.count;
        return 0;
}

void sim_event_log_free(struct sim_event_log *log)
{
        aza_bytes_free(&log->file);
        free(log->extends);
        *log = (struct sim_event_log){0};
}
