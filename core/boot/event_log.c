/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the log's bytes: header, events, EFI variables. Believes nothing. */
#include "boot/event_log.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* What the data of a header begins with; behind it stand two digits and a NUL. */
#define SPEC_ID      "Spec ID Event"
#define SPEC_ID_LEN  16
#define CRYPTO_AGILE "Spec ID Event03"

static const struct {
        uint16_t algorithm, size;
        const char *digest;
} known[] = {{TPM2_ALG_SHA1, 20, "SHA1"},
             {TPM2_ALG_SHA256, 32, "SHA2-256"},
             {TPM2_ALG_SHA384, 48, "SHA2-384"},
             {TPM2_ALG_SHA512, 64, "SHA2-512"},
             {TPM2_ALG_SM3_256, 32, "SM3"}};

struct type_name {
        uint32_t type;
        const char *text;
};

static const struct type_name types[] = {
        {0x00000000, "EV_PREBOOT_CERT"},
        {0x00000001, "EV_POST_CODE"},
        {AZA_EV_NO_ACTION, "EV_NO_ACTION"},
        {AZA_EV_SEPARATOR, "EV_SEPARATOR"},
        {AZA_EV_ACTION, "EV_ACTION"},
        {0x00000006, "EV_EVENT_TAG"},
        {0x00000007, "EV_S_CRTM_CONTENTS"},
        {0x00000008, "EV_S_CRTM_VERSION"},
        {0x00000009, "EV_CPU_MICROCODE"},
        {0x0000000A, "EV_PLATFORM_CONFIG_FLAGS"},
        {0x0000000B, "EV_TABLE_OF_DEVICES"},
        {0x0000000C, "EV_COMPACT_HASH"},
        {0x0000000D, "EV_IPL"},
        {0x0000000E, "EV_IPL_PARTITION_DATA"},
        {0x0000000F, "EV_NONHOST_CODE"},
        {0x00000010, "EV_NONHOST_CONFIG"},
        {0x00000011, "EV_NONHOST_INFO"},
        {0x00000012, "EV_OMIT_BOOT_DEVICE_EVENTS"},
        {AZA_EV_EFI_VARIABLE_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
        {AZA_EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT"},
        {0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION"},
        {0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER"},
        {0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
        {AZA_EV_EFI_GPT, "EV_EFI_GPT_EVENT"},
        {AZA_EV_EFI_ACTION, "EV_EFI_ACTION"},
        {0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
        {0x80000009, "EV_EFI_HANDOFF_TABLES"},
        {0x8000000A, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
        {0x8000000B, "EV_EFI_HANDOFF_TABLES2"},
        {AZA_EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2"},
        {0x80000010, "EV_EFI_HCRTM_EVENT"},
        {AZA_EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY"},
        {0x800000E1, "EV_EFI_SPDM_FIRMWARE_BLOB"},
        {0x800000E2, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
        {0, NULL}};

const char *aza_event_type_text(uint32_t type)
{
        for (size_t i = 0; types[i].text != NULL; i++)
                if (types[i].type == type)
                        return types[i].text;
        return "unknown";
}

static uint16_t size_of(uint16_t algorithm)
{
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (known[i].algorithm == algorithm)
                        return known[i].size;
        return 0;
}

static const char *read_algorithms(struct aza_reader *r, struct aza_events *e)
{
        e->bank_count = aza_read_le32(r);
        if (r->failed || e->bank_count == 0 || e->bank_count > AZA_EVENT_BANKS)
                return "its header names no banks, or too many";
        for (uint32_t i = 0; i < e->bank_count; i++) {
                e->banks[i].algorithm = aza_read_le16(r);
                e->banks[i].size = aza_read_le16(r);
                if (r->failed || e->banks[i].size == 0 ||
                    size_of(e->banks[i].algorithm) != e->banks[i].size)
                        return "its header names a hash with a wrong size";
                for (uint32_t j = 0; j < i; j++)
                        if (e->banks[j].algorithm == e->banks[i].algorithm)
                                return "its header names a hash twice";
        }
        return NULL;
}

/* The rest of a crypto-agile header: TCG_EfiSpecIDEvent. */
static const char *read_agile_header(struct aza_reader *r, struct aza_events *e)
{
        (void)aza_read(r, 8); /* platform class, version, size of UINTN */
        const char *fault = read_algorithms(r, e);
        if (fault != NULL)
                return fault;
        (void)aza_read(r, aza_read_u8(r)); /* vendor's own */
        return aza_reader_done(r) ? NULL : "its header's size does not fit";
}

/* The SHA-1 form: the log may have a header that names no banks ("00" of PC BIOS, "02" of EFI 1.2),
 * or none at all. `r` stands behind the id, or is empty when there is no header. */
static const char *read_sha1_header(struct aza_reader *r, struct aza_span id, struct aza_events *e)
{
        e->sha1_form = true;
        e->banks[0].algorithm = TPM2_ALG_SHA1;
        e->banks[0].size = 20;
        e->bank_count = 1;
        if (id.len == 0)
                return NULL;
        if (memcmp(id.data, SPEC_ID "00", SPEC_ID_LEN) != 0 &&
            memcmp(id.data, SPEC_ID "02", SPEC_ID_LEN) != 0)
                return "its header is of a version that is unknown here";
        (void)aza_read(r, 8);
        (void)aza_read(r, aza_read_u8(r));
        return aza_reader_done(r) ? NULL : "its header's size does not fit";
}

static bool has_bank(const struct aza_events *e, uint16_t algorithm)
{
        for (uint32_t i = 0; i < e->bank_count; i++)
                if (e->banks[i].algorithm == algorithm)
                        return true;
        return false;
}

static const char *choose_bank(struct aza_events *e, uint16_t bank)
{
        e->bank = bank;
        if (bank == 0)
                e->bank = has_bank(e, TPM2_ALG_SHA256) ? TPM2_ALG_SHA256 : e->banks[0].algorithm;
        if (has_bank(e, e->bank))
                return NULL;
        return e->sha1_form
                       ? "it is no crypto-agile log: it has SHA-1 digests only, which prove nothing about the quoted bank"
                       : "it has no digests of the quoted bank";
}

const char *aza_events_begin(struct aza_span log, uint16_t bank, struct aza_events *ret)
{
        struct aza_events e = {.reader = aza_reader_of(log)};
        uint32_t pcr = aza_read_le32(&e.reader), type = aza_read_le32(&e.reader);

        (void)aza_read(&e.reader, 20);
        struct aza_span data = aza_read(&e.reader, aza_read_le32(&e.reader));
        if (e.reader.failed)
                return "it is cut off in its header";
        struct aza_reader r = aza_reader_of(data);
        struct aza_span id = aza_read(&r, SPEC_ID_LEN);
        bool header = pcr == 0 && type == AZA_EV_NO_ACTION && !r.failed &&
                      memcmp(id.data, SPEC_ID, sizeof(SPEC_ID) - 1) == 0;
        const char *fault;
        if (header && memcmp(id.data, CRYPTO_AGILE, SPEC_ID_LEN) == 0) {
                fault = read_agile_header(&r, &e);
        } else {
                fault = read_sha1_header(&r, header ? id : (struct aza_span){0}, &e);
                if (!header) /* what was read is the first event */
                        e.reader = aza_reader_of(log);
        }
        if (fault == NULL)
                fault = choose_bank(&e, bank);
        if (fault == NULL)
                *ret = e;
        return fault;
}

/* Every digest of the header's table once; the one of the wanted bank. False: not so. */
static bool read_digests(struct aza_events *e, struct aza_span *ret)
{
        uint32_t seen = 0;

        if (e->sha1_form) {
                *ret = aza_read(&e->reader, e->banks[0].size);
                return !e->reader.failed;
        }
        uint32_t count = aza_read_le32(&e->reader);
        if (count != e->bank_count)
                return false;
        for (uint32_t i = 0; i < count; i++) {
                uint16_t algorithm = aza_read_le16(&e->reader);
                uint32_t at = 0;
                while (at < e->bank_count && e->banks[at].algorithm != algorithm)
                        at++;
                if (at == e->bank_count || (seen >> at & 1) != 0)
                        return false;
                seen |= 1u << at;
                struct aza_span digest = aza_read(&e->reader, e->banks[at].size);
                if (algorithm == e->bank)
                        *ret = digest;
        }
        return !e->reader.failed;
}

bool aza_events_next(struct aza_events *events, struct aza_event *ret)
{
        struct aza_event event = {.number = events->next};

        if (events->fault != NULL || aza_reader_done(&events->reader))
                return false;
        event.pcr = aza_read_le32(&events->reader);
        event.type = aza_read_le32(&events->reader);
        if (!read_digests(events, &event.digest)) {
                events->fault = "an event does not carry each digest of the header once";
                return false;
        }
        event.data = aza_read(&events->reader, aza_read_le32(&events->reader));
        if (events->reader.failed)
                events->fault = "it is cut off in an event";
        else if (event.pcr >= AZA_PCR_COUNT && event.type != AZA_EV_NO_ACTION)
                events->fault = "an event names a PCR above 23";
        if (events->fault != NULL)
                return false;
        events->next++;
        *ret = event;
        return true;
}

bool aza_event_variable(const struct aza_event *event, struct aza_variable *ret)
{
        struct aza_reader r = aza_reader_of(event->data);
        struct aza_variable v = {.guid = aza_read(&r, 16)};
        uint64_t name_len = aza_read_le64(&r), content_len = aza_read_le64(&r);

        if (r.failed || name_len > event->data.len / 2)
                return false;
        v.name = aza_read(&r, name_len * 2);
        v.content = aza_read(&r, content_len);
        if (r.failed)
                return false;
        v.rest = r.rest;
        *ret = v;
        return true;
}

bool aza_event_hash(OSSL_LIB_CTX *libctx, uint16_t bank, struct aza_span data,
                    uint8_t out[EVP_MAX_MD_SIZE], size_t *ret_len)
{
        const char *name = NULL;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (known[i].algorithm == bank)
                        name = known[i].digest;
        return name != NULL &&
               EVP_Q_digest(libctx, name, NULL, data.data, data.len, out, ret_len) == 1;
}

static bool hashes_to(OSSL_LIB_CTX *libctx, struct aza_span data, const struct aza_event *event,
                      uint16_t bank, struct aza_span *ret)
{
        uint8_t out[EVP_MAX_MD_SIZE];
        size_t len = 0;

        if (!aza_event_hash(libctx, bank, data, out, &len) ||
            !aza_span_equal(aza_span_of(out, len), event->digest))
                return false;
        if (ret != NULL)
                *ret = data;
        return true;
}

bool aza_event_hashed(OSSL_LIB_CTX *libctx, const struct aza_event *event, uint16_t bank,
                      struct aza_span *ret)
{
        struct aza_variable v;

        if (hashes_to(libctx, event->data, event, bank, ret))
                return true;
        /* Older firmware hashes only the content of boot variables. */
        if (event->type == AZA_EV_EFI_VARIABLE_BOOT && aza_event_variable(event, &v) &&
            v.rest.len == 0)
                return hashes_to(libctx, v.content, event, bank, ret);
        /* Older loaders leave one stray byte behind an authority. */
        if (event->type == AZA_EV_EFI_VARIABLE_AUTHORITY && event->data.len > 0)
                return hashes_to(libctx, aza_span_of(event->data.data, event->data.len - 1), event,
                                 bank, ret);
        return false;
}
