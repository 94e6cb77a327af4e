/* SPDX-License-Identifier: Apache-2.0 */
/* Writes event logs of the SHA-256 bank, or of the form that knows only SHA-1, and keeps the PCR
 * values they lead to. */
#ifndef TEST_EVENT_SUPPORT_H
#define TEST_EVENT_SUPPORT_H

#include "unit/evidence_support.h"

#include "boot/event_log.h"

struct log_maker {
        struct aza_bytes log;
        struct aza_pcrs pcrs;
        struct aza_bytes values; /* for struct aza_event_options */
        bool sha1;               /* PCR values: the first 20 bytes of each */
};

static inline void put32(struct aza_bytes *b, uint32_t v)
{
        const uint8_t le[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
                               (uint8_t)(v >> 24)};
        assert_int_equal(aza_bytes_append(b, le, 4), 0);
}

static inline void put16(struct aza_bytes *b, uint16_t v)
{
        const uint8_t le[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
        assert_int_equal(aza_bytes_append(b, le, 2), 0);
}

static inline void put(struct aza_bytes *b, const void *data, size_t len)
{
        assert_int_equal(aza_bytes_append(b, data, len), 0);
}

static inline struct log_maker log_begin(void)
{
        static const uint8_t zeros[20];
        struct log_maker m = {.pcrs = {.mask = 0xFFFFFF}};
        for (unsigned int i = 17; i <= 22; i++)
                memset(m.pcrs.value[i], 0xFF, 32);
        put32(&m.log, 0);
        put32(&m.log, AZA_EV_NO_ACTION);
        put(&m.log, zeros, 20);
        put32(&m.log, 33);
        put(&m.log, "Spec ID Event03", 16);
        put32(&m.log, 0);
        put(&m.log, "\0\2\0\2", 4);
        put32(&m.log, 1);
        put16(&m.log, 0x000B);
        put16(&m.log, 32);
        put(&m.log, "", 1);
        return m;
}

/* A log of the SHA-1 form, with `header` ("Spec ID Event02") or none (NULL). */
static inline struct log_maker log_begin_sha1(const char *header)
{
        static const uint8_t zeros[20];
        struct log_maker m = {.pcrs = {.mask = 0xFFFFFF}, .sha1 = true};
        for (unsigned int i = 17; i <= 22; i++)
                memset(m.pcrs.value[i], 0xFF, 20);
        if (header == NULL)
                return m;
        put32(&m.log, 0);
        put32(&m.log, AZA_EV_NO_ACTION);
        put(&m.log, zeros, 20);
        put32(&m.log, 25 + 3);
        put(&m.log, header, 16);
        put32(&m.log, 0);
        put(&m.log, "\2\1\0\2", 4);
        put(&m.log, "\3own", 4);
        return m;
}

static inline void log_free(struct log_maker *m)
{
        aza_bytes_free(&m->log);
        aza_bytes_free(&m->values);
}

/* An event whose digest is that of `hashed`, with `data` beside it. */
static inline void log_event_of(struct log_maker *m, uint32_t pcr, uint32_t type,
                                struct aza_span hashed, struct aza_span data)
{
        const size_t len = m->sha1 ? 20 : 32;
        const char *name = m->sha1 ? "SHA1" : "SHA2-256";
        uint8_t both[64];
        size_t n = 0;
        assert_int_equal(EVP_Q_digest(libctx, name, NULL, hashed.data, hashed.len, both + len, &n),
                         1);
        put32(&m->log, pcr);
        put32(&m->log, type);
        if (!m->sha1) {
                put32(&m->log, 1);
                put16(&m->log, 0x000B);
        }
        put(&m->log, both + len, len);
        put32(&m->log, (uint32_t)data.len);
        put(&m->log, data.data, data.len);
        if (type == AZA_EV_NO_ACTION || pcr > 23)
                return;
        memcpy(both, m->pcrs.value[pcr], len);
        assert_int_equal(EVP_Q_digest(libctx, name, NULL, both, 2 * len, m->pcrs.value[pcr], &n),
                         1);
}

static inline void log_event(struct log_maker *m, uint32_t pcr, uint32_t type, const void *data,
                             size_t len)
{
        log_event_of(m, pcr, type, aza_span_of(data, len), aza_span_of(data, len));
}

static inline void log_text(struct log_maker *m, uint32_t pcr, uint32_t type, const char *text)
{
        log_event(m, pcr, type, text, strlen(text));
}

static inline struct aza_bytes variable_data(const char *name, const void *content, size_t len)
{
        static const uint8_t global[16] = {0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11,
                                           0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C};
        static const uint8_t security[16] = {0xCB, 0xB2, 0x19, 0xD7, 0x3A, 0x3D, 0x96, 0x45,
                                             0xA3, 0xBC, 0xDA, 0xD0, 0x0E, 0x67, 0x65, 0x6F};
        struct aza_bytes b = {0};
        put(&b, strncmp(name, "db", 2) == 0 ? security : global, 16);
        put32(&b, (uint32_t)strlen(name));
        put32(&b, 0);
        put32(&b, (uint32_t)len);
        put32(&b, 0);
        for (const char *c = name; *c != '\0'; c++)
                put16(&b, (uint16_t)*c);
        put(&b, content, len);
        return b;
}

static inline void log_variable(struct log_maker *m, uint32_t type, const char *name,
                                const void *content, size_t len)
{
        AZA_BYTES struct aza_bytes b = variable_data(name, content, len);
        log_event(m, 7, type, b.data, b.len);
}

/* What a firmware with secure boot (`on`: 1, 0) measures, one deviation at most: `skip` a
 * variable. */
static inline void log_firmware(struct log_maker *m, uint8_t on, const char *skip_name)
{
        static const char *const names[] = {"PK", "KEK", "db", "dbx"};
        log_text(m, 0, 8, "firmware version");
        if (skip_name == NULL || strcmp(skip_name, "SecureBoot") != 0)
                log_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "SecureBoot", &on, 1);
        for (size_t i = 0; i < 4; i++)
                if (skip_name == NULL || strcmp(skip_name, names[i]) != 0)
                        log_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, names[i], "keys", 4);
}

static inline void log_separators(struct log_maker *m)
{
        for (uint32_t pcr = 0; pcr < 8; pcr++)
                log_event(m, pcr, AZA_EV_SEPARATOR, "\0\0\0\0", 4);
}

static inline void log_boot(struct log_maker *m)
{
        log_variable(m, AZA_EV_EFI_VARIABLE_AUTHORITY, "db", "a signer", 8);
        log_text(m, 4, 0x80000003, "a boot loader");
        log_text(m, 5, AZA_EV_EFI_ACTION, "Exit Boot Services Invocation");
        log_text(m, 5, AZA_EV_EFI_ACTION, "Exit Boot Services Returned with Success");
}

static inline struct log_maker good_log(void)
{
        struct log_maker m = log_begin();
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_boot(&m);
        return m;
}

static inline struct aza_event_options log_options(struct log_maker *m)
{
        aza_bytes_free(&m->values);
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++)
                put(&m->values, m->pcrs.value[i], m->sha1 ? 20 : 32);
        return (struct aza_event_options){.bank = m->sha1 ? 0x0004 : 0,
                                          .mask = 0xFFFFFF,
                                          .values = aza_bytes_span(&m->values)};
}

/* Verifies the log and frees it. AZA_CHECK_COUNT: nothing rejects; else `id` does, alone. */
static inline void log_judge(struct log_maker *m, struct aza_event_options o, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        bool ok = aza_event_log_verify(libctx, aza_bytes_span(&m->log), &o, &checks, NULL);
        if (id == AZA_CHECK_COUNT) {
                assert_no_reject(&checks);
                assert_true(ok);
        } else {
                assert_rejects(&checks, id);
                assert_false(ok);
        }
        log_free(m);
}

#endif
