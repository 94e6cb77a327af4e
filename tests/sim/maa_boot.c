/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what PCR 7 means. Replays nothing, decides no claim. */
#include "sim/maa_boot.h"

#include "base/crypto.h"
#include "sim/cert.h"

#include <string.h>

#define EV_SEPARATOR     4u
#define EV_DRIVER_CONFIG 0x80000001u
#define EV_ACTION        0x80000007u
#define EV_AUTHORITY     0x800000E0u
#define LIST_HEADER      28u

/* In the order in which a firmware measures them; the first five always. */
static const char *const firmware_names[] = {"SecureBoot", "PK",          "KEK", "db",
                                             "dbx",        "dbt",         "dbr", "SetupMode",
                                             "AuditMode",  "DeployedMode"};
#define ALWAYS 5
#define NAMES  10

struct variable {
        struct aza_span vendor, name, content;
        bool exact; /* nothing behind the content */
};

static bool digest_is(struct aza_span sha256, struct aza_span data)
{
        uint8_t digest[AZA_SHA256_LEN];
        return aza_sha256(sim_libctx(), data, digest) == 0 &&
               aza_span_equal(sha256, aza_span_of(digest, sizeof(digest)));
}

static bool digest_of_text(struct aza_span sha256, const char *text)
{
        return digest_is(sha256, aza_span_of(text, strlen(text))) ||
               digest_is(sha256, aza_span_of(text, strlen(text) + 1));
}

/* UTF-16 little-endian against ASCII. */
static bool name_is(struct aza_span name, const char *ascii)
{
        size_t len = strlen(ascii);
        if (name.len != 2 * len)
                return false;
        for (size_t i = 0; i < len; i++)
                if (name.data[2 * i] != (uint8_t)ascii[i] || name.data[2 * i + 1] != 0)
                        return false;
        return true;
}

static bool read_variable(struct aza_span data, struct variable *ret)
{
        struct aza_reader r = aza_reader_of(data);
        ret->vendor = aza_read(&r, 16);
        uint64_t name_len = aza_read_le64(&r);
        uint64_t content_len = aza_read_le64(&r);
        if (r.failed || name_len > data.len)
                return false;
        ret->name = aza_read(&r, 2 * name_len);
        ret->content = aza_read(&r, content_len);
        ret->exact = r.rest.len == 0;
        return !r.failed;
}

static int firmware_name(struct aza_span name)
{
        for (int i = 0; i < NAMES; i++)
                if (name_is(name, firmware_names[i]))
                        return i;
        return NAMES;
}

static uint32_t le32(const uint8_t *p)
{
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A whole variable, and not one signature out of it. */
static bool begins_with_list(struct aza_span content)
{
        return content.len == 0 ||
               (content.len >= LIST_HEADER && le32(content.data + 16) >= LIST_HEADER &&
                le32(content.data + 16) <= content.len);
}

static bool owns_a_signature(struct aza_span lists, struct aza_span vendor)
{
        while (lists.len >= LIST_HEADER) {
                uint32_t size = le32(lists.data + 16), header = le32(lists.data + 20);
                uint32_t each = le32(lists.data + 24);
                if (size < LIST_HEADER || size > lists.len || header > size - LIST_HEADER ||
                    each < 16)
                        return false;
                for (uint32_t at = LIST_HEADER + header; at <= size - each && each <= size;
                     at += each)
                        if (memcmp(lists.data + at, vendor.data, 16) == 0)
                                return true;
                lists = aza_span_of(lists.data + size, lists.len - size);
        }
        return false;
}

static void firmware_variable(struct sim_boot *boot, const struct variable *v)
{
        bool *const set[] = {&boot->on, &boot->pk, &boot->kek, &boot->db, &boot->dbx};
        int which = firmware_name(v->name);

        if (which == NAMES || !v->exact)
                boot->broken = true;
        if (which >= ALWAYS) { /* SetupMode and AuditMode verify nothing */
                boot->broken |= (which == 7 || which == 8) &&
                                (v->content.len != 1 || v->content.data[0] != 0);
                return;
        }
        boot->broken |= which != boot->next++;
        *set[which] = v->content.len > 0;
        if (which == 0) {
                boot->on = v->content.len == 1 && v->content.data[0] == 1;
                boot->broken |= v->content.len != 1 || v->content.data[0] > 1;
        }
        if (which == 3)
                boot->db_lists = v->content;
}

static void authority(struct sim_boot *boot, const struct variable *v)
{
        static const char *const names[] = {"db",       "dbx",      "vendor_db",      "Shim",
                                            "MokList",  "MokListX", "MokListTrusted", "MokListRT",
                                            "SbatLevel"};
        int which = firmware_name(v->name);
        bool known = false;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                known = known || name_is(v->name, names[i]);
        if (!known)
                known = which == NAMES && !name_is(v->name, "MokSBState") &&
                        owns_a_signature(boot->db_lists, v->vendor);
        if (!known || (which != NAMES && begins_with_list(v->content)))
                boot->broken = true;
        else
                boot->authorities++;
}

void sim_boot_event(struct sim_boot *boot, uint32_t type, struct aza_span sha256,
                    struct aza_span data)
{
        static const uint8_t zeros[4] = {0};
        struct variable v;
        uint32_t expected = boot->separated ? EV_AUTHORITY : EV_DRIVER_CONFIG;

        if (digest_is(sha256, aza_span_of(zeros, sizeof(zeros)))) {
                boot->broken |= boot->separated || type != EV_SEPARATOR;
                boot->separated = true;
                return;
        }
        if (digest_of_text(sha256, "UEFI Debug Mode")) {
                boot->broken |= type != EV_ACTION;
                boot->debug = true;
                return;
        }
        if (digest_of_text(sha256, "DMA Protection Disabled") && type == EV_ACTION)
                return;
        /* Older loaders leave a byte behind what they hashed. */
        if (type == EV_AUTHORITY && data.len > 0 && !digest_is(sha256, data))
                data.len--;
        boot->broken |= type != expected || !digest_is(sha256, data);
        if (!digest_is(sha256, data) || !read_variable(data, &v))
                boot->broken = true;
        else if (boot->separated)
                authority(boot, &v);
        else
                firmware_variable(boot, &v);
}

bool sim_boot_secure(const struct sim_boot *boot)
{
        return !boot->broken && boot->separated && boot->next == ALWAYS && boot->on && boot->pk &&
               boot->kek && boot->db && boot->authorities > 0;
}

bool sim_boot_no_debugger(const struct sim_boot *boot)
{
        return !boot->broken && boot->separated && !boot->debug;
}
