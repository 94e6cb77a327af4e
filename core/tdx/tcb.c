/* SPDX-License-Identifier: Apache-2.0 */
/* The levels of Intel's TCB documents. All are read when a document is, so that a bad one refuses
 * it, whichever a platform reaches. */
#include "tdx/tcb.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* ---- statuses ---- */

static const struct {
        const char *text;
        enum aza_tcb_status status;
} statuses[] = {
        {"UpToDate", AZA_TCB_UP_TO_DATE},
        {"SWHardeningNeeded", AZA_TCB_SW_HARDENING},
        {"ConfigurationNeeded", AZA_TCB_CONFIGURATION},
        {"ConfigurationAndSWHardeningNeeded", AZA_TCB_CONFIGURATION_SW},
        {"OutOfDate", AZA_TCB_OUT_OF_DATE},
        {"OutOfDateConfigurationNeeded", AZA_TCB_OUT_OF_DATE_CONFIGURATION},
        {"Revoked", AZA_TCB_REVOKED},
};
#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

const char *aza_tcb_status_text(enum aza_tcb_status status)
{
        for (size_t i = 0; i < STATUSES; i++)
                if (statuses[i].status == status)
                        return statuses[i].text;
        return "unknown";
}

enum aza_tcb_status aza_tcb_status_of(const char *text)
{
        for (size_t i = 0; text != NULL && i < STATUSES; i++)
                if (strcmp(statuses[i].text, text) == 0)
                        return statuses[i].status;
        return AZA_TCB_UNKNOWN;
}

/* What is out of date or revoked stays so, whatever software might harden. */
enum aza_tcb_status aza_tcb_worst(enum aza_tcb_status a, enum aza_tcb_status b)
{
        const unsigned int both = (unsigned int)a | (unsigned int)b;

        if ((both & AZA_TCB_UNKNOWN) != 0)
                return AZA_TCB_UNKNOWN;
        if ((both & AZA_TCB_REVOKED) != 0)
                return AZA_TCB_REVOKED;
        if ((both & AZA_TCB_OUT_OF_DATE) != 0)
                return (enum aza_tcb_status)(both & ~(unsigned int)AZA_TCB_SW_HARDENING);
        return (enum aza_tcb_status)both;
}

/* ---- members ---- */

static bool read_hex(json_object *object, const char *name, uint8_t *out, size_t len)
{
        const char *text = aza_json_string(object, name);

        return text != NULL && aza_unhex(text, strlen(text), out, len) == 0;
}

static bool read_be32(json_object *object, const char *name, uint32_t *ret)
{
        uint8_t bytes[4];
        bool good = read_hex(object, name, bytes, sizeof(bytes));

        *ret = good ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                               (uint32_t)bytes[2] << 8 | bytes[3]
                    : 0;
        return good;
}

static bool read_level_number(json_object *object, const char *name, int64_t max, int64_t *ret)
{
        return aza_json_int64(object, name, ret) && *ret >= 0 && *ret <= max;
}

/* False: its status is none that is known. */
static bool read_level(json_object *level, struct aza_tcb_level *ret)
{
        const char *date = aza_json_string(level, "tcbDate");
        json_object *advisories = NULL;

        *ret = (struct aza_tcb_level){
                .status = aza_tcb_status_of(aza_json_string(level, "tcbStatus")),
                .date = date != NULL ? date : "?"};
        if (json_object_object_get_ex(level, "advisoryIDs", &advisories)) {
                if (!json_object_is_type(advisories, json_type_array))
                        return false;
                for (size_t i = 0; i < json_object_array_length(advisories); i++)
                        if (aza_json_text(json_object_array_get_idx(advisories, i)) == NULL)
                                return false;
                ret->advisories = advisories;
        }
        return ret->status != AZA_TCB_UNKNOWN;
}

/* ---- levels by ISV SVN: quoting enclave and TDX module ---- */

static const char *check_svn_levels(json_object *holder)
{
        json_object *levels = aza_json_array(holder, "tcbLevels");
        struct aza_tcb_level level;
        int64_t svn = 0;

        if (levels == NULL || json_object_array_length(levels) == 0)
                return "there are no TCB levels";
        for (size_t i = 0; i < json_object_array_length(levels); i++) {
                json_object *item = json_object_array_get_idx(levels, i);
                if (!read_level_number(aza_json_object(item, "tcb"), "isvsvn", 0xFFFF, &svn) ||
                    !read_level(item, &level))
                        return "a TCB level cannot be read, or its status is unknown";
        }
        return NULL;
}

/* The highest level that is reached, whatever their order. */
static struct aza_tcb_level svn_level(json_object *holder, int64_t svn)
{
        json_object *levels = aza_json_array(holder, "tcbLevels");
        struct aza_tcb_level level, found = {.status = AZA_TCB_UNKNOWN, .date = "?"};
        int64_t at = -1, needed = 0;

        for (size_t i = 0; i < json_object_array_length(levels); i++) {
                json_object *item = json_object_array_get_idx(levels, i);
                if (!aza_json_int64(aza_json_object(item, "tcb"), "isvsvn", &needed) ||
                    needed > svn || needed <= at || !read_level(item, &level))
                        continue;
                at = needed;
                found = level;
        }
        return found;
}

/* ---- the quoting enclave ---- */

void aza_qe_identity_free(struct aza_qe_identity *identity)
{
        aza_tcb_document_free(&identity->document);
        *identity = (struct aza_qe_identity){0};
}

static const char *read_identity(struct aza_qe_identity *q)
{
        json_object *json = q->document.json;
        const char *id = aza_json_string(json, "id");
        int64_t version = 0, product = 0;

        if (id == NULL || strcmp(id, "TD_QE") != 0)
                return "it is of another enclave than TD_QE";
        if (!aza_json_int64(json, "version", &version) || version != 2)
                return "it is not of version 2";
        if (!read_be32(json, "miscselect", &q->misc_select) ||
            !read_be32(json, "miscselectMask", &q->misc_select_mask) ||
            !read_hex(json, "attributes", q->attributes, sizeof(q->attributes)) ||
            !read_hex(json, "attributesMask", q->attributes_mask, sizeof(q->attributes_mask)) ||
            !read_hex(json, "mrsigner", q->mrsigner, sizeof(q->mrsigner)) ||
            !read_level_number(json, "isvprodid", 0xFFFF, &product))
                return "a member is missing or not in the form it must have";
        q->isv_prod_id = (uint16_t)product;
        return check_svn_levels(json);
}

const char *aza_qe_identity_parse(struct aza_span body, struct aza_qe_identity *ret)
{
        struct aza_qe_identity q = {0};
        const char *fault = aza_tcb_document_parse(body, "enclaveIdentity", &q.document);

        if (fault == NULL)
                fault = read_identity(&q);
        if (fault != NULL)
                aza_qe_identity_free(&q);
        *ret = q;
        return fault;
}

static bool masked_equal(const uint8_t *found, const uint8_t *wanted, const uint8_t *mask,
                         size_t len)
{
        for (size_t i = 0; i < len; i++)
                if (((found[i] ^ wanted[i]) & mask[i]) != 0)
                        return false;
        return true;
}

const char *aza_qe_identity_fault(const struct aza_qe_identity *q, const struct aza_sgx_report *qe)
{
        if (!aza_span_equal(qe->mrsigner, aza_span_of(q->mrsigner, sizeof(q->mrsigner))))
                return "its MRSIGNER is another";
        if (((qe->misc_select ^ q->misc_select) & q->misc_select_mask) != 0)
                return "its MISCSELECT is another";
        if (!masked_equal(qe->attributes.data, q->attributes, q->attributes_mask,
                          sizeof(q->attributes)))
                return "its ATTRIBUTES are others";
        if (qe->isv_prod_id != q->isv_prod_id)
                return "its ISVPRODID is another";
        return NULL;
}

struct aza_tcb_level aza_qe_level(const struct aza_qe_identity *q, uint16_t isv_svn)
{
        return svn_level(q->document.json, isv_svn);
}

/* ---- the platform ---- */

void aza_tcb_info_free(struct aza_tcb_info *info)
{
        aza_tcb_document_free(&info->document);
        *info = (struct aza_tcb_info){0};
}

static bool read_components(json_object *tcb, const char *name, uint8_t out[AZA_TCB_COMPONENTS])
{
        json_object *list = aza_json_array(tcb, name);
        int64_t svn = 0;

        if (list == NULL || json_object_array_length(list) != AZA_TCB_COMPONENTS)
                return false;
        for (size_t i = 0; i < AZA_TCB_COMPONENTS; i++) {
                if (!read_level_number(json_object_array_get_idx(list, i), "svn", 0xFF, &svn))
                        return false;
                out[i] = (uint8_t)svn;
        }
        return true;
}

struct needs {
        uint8_t sgx[AZA_TCB_COMPONENTS], tdx[AZA_TCB_COMPONENTS];
        uint16_t pce_svn;
        struct aza_tcb_level level;
};

static bool read_needs(json_object *item, struct needs *ret)
{
        json_object *tcb = aza_json_object(item, "tcb");
        int64_t pce = 0;

        if (!read_components(tcb, "sgxtcbcomponents", ret->sgx) ||
            !read_components(tcb, "tdxtcbcomponents", ret->tdx) ||
            !read_level_number(tcb, "pcesvn", 0xFFFF, &pce))
                return false;
        ret->pce_svn = (uint16_t)pce;
        return read_level(item, &ret->level);
}

static const char *check_modules(json_object *json)
{
        json_object *list = aza_json_array(json, "tdxModuleIdentities");
        uint8_t signer[48], bits[8];

        for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
                json_object *item = json_object_array_get_idx(list, i);
                const char *fault = check_svn_levels(item);
                if (fault != NULL)
                        return fault;
                if (aza_json_string(item, "id") == NULL ||
                    !read_hex(item, "mrsigner", signer, sizeof(signer)) ||
                    !read_hex(item, "attributes", bits, sizeof(bits)) ||
                    !read_hex(item, "attributesMask", bits, sizeof(bits)))
                        return "an identity of a TDX module cannot be read";
        }
        json_object *module = aza_json_object(json, "tdxModule");
        return module != NULL && read_hex(module, "mrsigner", signer, sizeof(signer)) &&
                               read_hex(module, "attributes", bits, sizeof(bits)) &&
                               read_hex(module, "attributesMask", bits, sizeof(bits))
                       ? NULL
                       : "it says nothing of the TDX module";
}

static const char *read_info(struct aza_tcb_info *t)
{
        json_object *json = t->document.json;
        json_object *levels = aza_json_array(json, "tcbLevels");
        const char *id = aza_json_string(json, "id");
        int64_t version = 0, type = -1;
        struct needs needs;

        if (id == NULL || strcmp(id, "TDX") != 0)
                return "it is not about TDX";
        if (!aza_json_int64(json, "version", &version) || version != 3)
                return "it is not of version 3";
        if (!aza_json_int64(json, "tcbType", &type) || type != 0)
                return "its TCB levels are to be compared in an unknown way (tcbType)";
        if (!read_hex(json, "fmspc", t->fmspc, sizeof(t->fmspc)) ||
            !read_hex(json, "pceId", t->pce_id, sizeof(t->pce_id)))
                return "FMSPC or PCE-ID is missing or not in the form it must have";
        if (levels == NULL || json_object_array_length(levels) == 0)
                return "there are no TCB levels";
        for (size_t i = 0; i < json_object_array_length(levels); i++)
                if (!read_needs(json_object_array_get_idx(levels, i), &needs))
                        return "a TCB level cannot be read, or its status is unknown";
        return check_modules(json);
}

const char *aza_tcb_info_parse(struct aza_span body, struct aza_tcb_info *ret)
{
        struct aza_tcb_info t = {0};
        const char *fault = aza_tcb_document_parse(body, "tcbInfo", &t.document);

        if (fault == NULL)
                fault = read_info(&t);
        if (fault != NULL)
                aza_tcb_info_free(&t);
        *ret = t;
        return fault;
}

/* Where the module has a major version, its own identity has its levels (I11). */
static bool reaches(const struct needs *needs, const struct aza_pck *pck, const uint8_t *svn)
{
        for (size_t i = 0; i < AZA_TCB_COMPONENTS; i++)
                if (pck->svn[i] < needs->sgx[i])
                        return false;
        for (size_t i = svn[1] > 0 ? 2 : 0; i < AZA_TCB_COMPONENTS; i++)
                if (svn[i] < needs->tdx[i])
                        return false;
        return pck->pce_svn >= needs->pce_svn;
}

struct aza_tcb_level aza_tcb_level_of(const struct aza_tcb_info *info, const struct aza_pck *pck,
                                      const struct aza_td *td)
{
        json_object *levels = aza_json_array(info->document.json, "tcbLevels");
        struct needs needs;

        for (size_t i = 0; i < json_object_array_length(levels); i++)
                if (read_needs(json_object_array_get_idx(levels, i), &needs) &&
                    reaches(&needs, pck, td->tee_tcb_svn.data))
                        return needs.level;
        return (struct aza_tcb_level){.status = AZA_TCB_UNKNOWN, .date = "?"};
}

/* ---- the TDX module ---- */

/* "TDX_01": by the module's major version. */
static json_object *find_module(json_object *json, unsigned int major)
{
        json_object *list = aza_json_array(json, "tdxModuleIdentities");
        char wanted[16];

        (void)snprintf(wanted, sizeof(wanted), "TDX_%02X", major);
        for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
                json_object *item = json_object_array_get_idx(list, i);
                const char *id = aza_json_string(item, "id");
                if (id != NULL && strcmp(id, wanted) == 0)
                        return item;
        }
        return NULL;
}

static const char *signer_fault(json_object *module, const struct aza_td *td)
{
        uint8_t signer[48], bits[8], mask[8];

        if (!read_hex(module, "mrsigner", signer, sizeof(signer)) ||
            !aza_span_equal(td->mrsignerseam, aza_span_of(signer, sizeof(signer))))
                return "the TDX module is signed by another than Intel's document says";
        if (!read_hex(module, "attributes", bits, sizeof(bits)) ||
            !read_hex(module, "attributesMask", mask, sizeof(mask)) ||
            !masked_equal(td->seam_attributes.data, bits, mask, sizeof(bits)))
                return "the TDX module has other attributes than Intel's document says";
        return NULL;
}

const char *aza_tdx_module(const struct aza_tcb_info *info, const struct aza_td *td,
                           struct aza_tcb_level *ret)
{
        json_object *json = info->document.json;
        unsigned int minor = td->tee_tcb_svn.data[0], major = td->tee_tcb_svn.data[1];
        json_object *module =
                major > 0 ? find_module(json, major) : aza_json_object(json, "tdxModule");

        *ret = (struct aza_tcb_level){.status = AZA_TCB_UNKNOWN, .date = "?"};
        if (!aza_span_is_zero(td->mrsignerseam) || !aza_span_is_zero(td->seam_attributes))
                return "the TDX module is not signed by Intel alone: MRSIGNERSEAM or its attributes are not zero";
        if (module == NULL)
                return "Intel's document knows no TDX module of this major version";
        const char *fault = signer_fault(module, td);
        if (fault != NULL)
                return fault;
        /* Without a major version the module is part of the platform's level (I12). */
        *ret = major > 0 ? svn_level(module, minor)
                         : (struct aza_tcb_level){.status = AZA_TCB_UP_TO_DATE, .date = "?"};
        return NULL;
}
