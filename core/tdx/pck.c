/* SPDX-License-Identifier: Apache-2.0 */
/* SEQUENCE OF SEQUENCE {OID, value}, once more inside of the TCB. Strict DER. */
#include "tdx/pck.h"

#include <string.h>

#define TAG_INTEGER  0x02
#define TAG_OCTETS   0x04
#define TAG_OID      0x06
#define TAG_SEQUENCE 0x30

#define OID       "1.2.840.113741.1.13.1"
#define SVN_FIRST 1 /* .2.1 to .2.16 */
#define PCE_SVN   17
#define CPU_SVN   18
#define PPID      1 /* .1 and so on */
#define TCB       2
#define PCE_ID    3
#define FMSPC     4

static const uint8_t root[] = {0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01};

/* ---- DER ---- */

static struct aza_span read_value(struct aza_reader *r, uint8_t tag)
{
        bool fits = aza_read_u8(r) == tag;
        size_t len = aza_read_u8(r);

        if (len == 0x81) {
                len = aza_read_u8(r);
                fits &= len >= 0x80;
        } else if (len == 0x82) {
                len = aza_read_be16(r);
                fits &= len >= 0x100;
        } else {
                fits &= len < 0x80;
        }
        r->failed |= !fits;
        return aza_read(r, len);
}

/* The next pair of the list: the number behind `prefix` in its OID, 0 for another OID, and a reader
 * of its value. */
static unsigned int read_pair(struct aza_reader *list, struct aza_span prefix,
                              struct aza_reader *ret)
{
        *ret = aza_reader_of(read_value(list, TAG_SEQUENCE));
        struct aza_span oid = read_value(ret, TAG_OID);

        list->failed |= ret->failed;
        if (list->failed || oid.len != prefix.len + 1 ||
            memcmp(oid.data, prefix.data, prefix.len) != 0 || oid.data[prefix.len] >= 0x80)
                return 0;
        return oid.data[prefix.len];
}

/* 0 to `max`, minimal. */
static bool read_number(struct aza_reader *r, unsigned int max, unsigned int *ret)
{
        struct aza_span v = read_value(r, TAG_INTEGER);

        *ret = 0;
        if (!aza_reader_done(r) || v.len == 0 || v.len > 3 || v.data[0] >= 0x80 ||
            (v.len > 1 && v.data[0] == 0 && v.data[1] < 0x80))
                return false;
        for (size_t i = 0; i < v.len; i++)
                *ret = *ret << 8 | v.data[i];
        return *ret <= max;
}

static bool read_octets(struct aza_reader *r, uint8_t *out, size_t len)
{
        struct aza_span v = read_value(r, TAG_OCTETS);

        if (!aza_reader_done(r) || v.len != len)
                return false;
        memcpy(out, v.data, len);
        return true;
}

/* ---- the extension ---- */

static bool read_level(struct aza_reader *value, unsigned int n, struct aza_pck *ret)
{
        unsigned int number = 0;
        uint8_t cpu_svn[16];

        if (n == CPU_SVN) /* the same as the 16, in the processor's own form */
                return read_octets(value, cpu_svn, sizeof(cpu_svn));
        if (n == PCE_SVN) {
                bool good = read_number(value, 0xFFFF, &number);
                ret->pce_svn = (uint16_t)number;
                return good;
        }
        bool good = read_number(value, 0xFF, &number);
        ret->svn[n - SVN_FIRST] = (uint8_t)number;
        return good;
}

static const char *read_tcb(struct aza_span content, struct aza_pck *ret)
{
        uint8_t prefix[sizeof(root) + 1];
        struct aza_reader value, list = aza_reader_of(content);
        uint32_t seen = 0;

        memcpy(prefix, root, sizeof(root));
        prefix[sizeof(root)] = TCB;
        while (list.rest.len > 0 && !list.failed) {
                unsigned int n = read_pair(&list, aza_span_of(prefix, sizeof(prefix)), &value);
                if (n < SVN_FIRST || n > CPU_SVN)
                        return "its TCB has a part of another kind";
                if ((seen >> n & 1) != 0)
                        return "a part of its TCB stands twice";
                seen |= 1u << n;
                if (!read_level(&value, n, ret))
                        return "a part of its TCB is not in the form it must have";
        }
        return list.failed || seen != (1u << (CPU_SVN + 1)) - (1u << SVN_FIRST)
                       ? "its TCB is not complete"
                       : NULL;
}

static const char *read_part(struct aza_reader *value, unsigned int n, struct aza_pck *ret)
{
        bool good = true;

        if (n == TCB) {
                struct aza_span tcb = read_value(value, TAG_SEQUENCE);
                return aza_reader_done(value) ? read_tcb(tcb, ret) : "its TCB cannot be read";
        }
        if (n == PCE_ID)
                good = read_octets(value, ret->pce_id, sizeof(ret->pce_id));
        else if (n == FMSPC)
                good = read_octets(value, ret->fmspc, sizeof(ret->fmspc));
        return good ? NULL : "FMSPC or PCE-ID is not in the form it must have";
}

/* PPID, kind of SGX, platform instance and configuration say nothing that is demanded. */
const char *aza_pck_parse(struct aza_span extension, struct aza_pck *ret)
{
        struct aza_reader value, whole = aza_reader_of(extension);
        struct aza_reader list = aza_reader_of(read_value(&whole, TAG_SEQUENCE));
        uint32_t seen = 0;

        *ret = (struct aza_pck){0};
        if (!aza_reader_done(&whole))
                return "Intel's extension cannot be read";
        while (list.rest.len > 0 && !list.failed) {
                unsigned int n = read_pair(&list, aza_span_of(root, sizeof(root)), &value);
                if (n < PPID || n > 31)
                        return "Intel's extension has a part of another kind";
                if ((seen >> n & 1) != 0)
                        return "a part of Intel's extension stands twice";
                seen |= 1u << n;
                const char *fault = read_part(&value, n, ret);
                if (fault != NULL)
                        return fault;
        }
        if (list.failed || (seen & (1u << TCB | 1u << PCE_ID | 1u << FMSPC)) !=
                                   (1u << TCB | 1u << PCE_ID | 1u << FMSPC))
                return "Intel's extension lacks TCB, PCE-ID or FMSPC";
        return NULL;
}

const char *aza_pck_of(const X509 *cert, struct aza_pck *ret)
{
        const ASN1_OCTET_STRING *found = NULL;

        for (int i = 0; i < X509_get_ext_count(cert); i++) {
                const ASN1_OBJECT *id = X509_EXTENSION_get_object(X509_get_ext(cert, i));
                char oid[80];
                if (OBJ_obj2txt(oid, sizeof(oid), id, 1) <= 0 || strcmp(oid, OID) != 0)
                        continue;
                if (found != NULL)
                        return "Intel's extension stands twice";
                found = X509_EXTENSION_get_data(X509_get_ext(cert, i));
        }
        if (found == NULL)
                return "there is no extension of Intel's";
        return aza_pck_parse(
                aza_span_of(ASN1_STRING_get0_data(found), (size_t)ASN1_STRING_length(found)), ret);
}
