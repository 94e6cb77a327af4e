/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence to JSON and back. One table names the members, so that writing and reading agree. */
#include "evidence/file.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FORMAT_MEMBER  "azattest-evidence"
#define FORMAT_VERSION 1

struct member {
        const char *object; /* the member holding it, or NULL: top level */
        const char *name;
        size_t offset; /* of a struct aza_bytes */
        bool text;     /* PEM, else base64 */
};

#define AT(field) offsetof(struct aza_evidence_file, field)
static const struct member members[] = {
        {NULL, "hcl-report", AT(hcl_report), false},
        {NULL, "runtime-data", AT(runtime_data), false},
        {NULL, "snp-report", AT(snp_report), false},
        {NULL, "td-quote", AT(td_quote), false},
        {NULL, "vcek-chain", AT(vcek_chain), true},
        {NULL, "ak-public", AT(ak_public), false},
        {NULL, "ak-certificate", AT(ak_certificate), false},
        {NULL, "ak-chain", AT(ak_chain), true},
        {"quote", "message", AT(quote.message), false},
        {"quote", "signature", AT(quote.signature), false},
        {NULL, "event-log", AT(event_log), false},
        {"key", "public", AT(key_public), false},
        {"key", "certify", AT(certify.message), false},
        {"key", "signature", AT(certify.signature), false},
        {"td-collateral", "tcb-info", AT(td_collateral.tcb_info), true},
        {"td-collateral", "tcb-info-chain", AT(td_collateral.tcb_info_chain), true},
        {"td-collateral", "qe-identity", AT(td_collateral.qe_identity), true},
        {"td-collateral", "qe-identity-chain", AT(td_collateral.qe_identity_chain), true},
        {"td-collateral", "pck-crl", AT(td_collateral.pck_crl), false},
        {"td-collateral", "root-crl", AT(td_collateral.root_crl), false},
        {NULL, "nonce", AT(nonce), false},
        {NULL, NULL, 0, false},
};

void aza_evidence_file_free(struct aza_evidence_file *f)
{
        for (const struct member *m = members; m->name != NULL; m++)
                aza_bytes_free((struct aza_bytes *)(void *)((char *)f + m->offset));
        *f = (struct aza_evidence_file){0};
}

static int copy(const struct aza_bytes *from, struct aza_bytes *to)
{
        return from->len == 0 ? 0 : aza_bytes_set(to, from->data, from->len);
}

int aza_evidence_file_of(OSSL_LIB_CTX *libctx, const struct aza_evidence *e, struct aza_span nonce,
                         int64_t time, struct aza_evidence_file *ret)
{
        struct aza_evidence_file f = {.time = time, .vm = e->vm, .pcrs = e->pcrs};
        int code = copy(&e->hcl_report, &f.hcl_report);

        if (code == 0 && e->hcl.runtime.len > 0)
                code = aza_bytes_set(&f.runtime_data, e->hcl.runtime.data, e->hcl.runtime.len);
        if (code == 0 && e->vm == AZA_VM_SEVSNP && e->hcl.hardware.len > 0)
                code = aza_bytes_set(&f.snp_report, e->hcl.hardware.data, e->hcl.hardware.len);
        const struct {
                const struct aza_bytes *from;
                struct aza_bytes *to;
        } same[] = {{&e->td_quote, &f.td_quote},
                    {&e->vcek_chain, &f.vcek_chain},
                    {&e->ak_public, &f.ak_public},
                    {&e->ak_certificate, &f.ak_certificate},
                    {&e->quote.message, &f.quote.message},
                    {&e->quote.signature, &f.quote.signature},
                    {&e->certify.message, &f.certify.message},
                    {&e->certify.signature, &f.certify.signature},
                    {&e->event_log, &f.event_log}};
        for (size_t i = 0; code == 0 && i < sizeof(same) / sizeof(same[0]); i++)
                code = copy(same[i].from, same[i].to);
        if (code == 0 && e->key != NULL)
                code = aza_keyref_public(libctx, e->key, &f.key_public);
        if (code == 0 && nonce.len > 0)
                code = aza_bytes_set(&f.nonce, nonce.data, nonce.len);
        if (code != 0) {
                aza_evidence_file_free(&f);
                return code;
        }
        *ret = f;
        return 0;
}

/* ---- writing ---- */

/* Takes `value` over. */
static int put(json_object *object, const char *name, json_object *value)
{
        if (value == NULL || json_object_object_add(object, name, value) != 0) {
                json_object_put(value);
                return AZA_NO_MEMORY();
        }
        return 0;
}

static int put_text(json_object *object, const char *name, const char *text)
{
        return put(object, name, json_object_new_string(text));
}

/* The object that holds a member, made when it is not there yet. */
static json_object *holder(json_object *root, const char *name)
{
        json_object *object = NULL;

        if (name == NULL)
                return root;
        if (json_object_object_get_ex(root, name, &object))
                return object;
        object = json_object_new_object();
        return put(root, name, object) == 0 ? object : NULL;
}

static int put_member(json_object *root, const struct member *m, const struct aza_bytes *b)
{
        AZA_BYTES struct aza_bytes encoded = {0};

        if (b->len == 0)
                return 0;
        int code = m->text ? aza_bytes_set(&encoded, b->data, b->len)
                           : aza_base64_encode(AZA_BASE64, aza_bytes_span(b), &encoded);
        if (code != 0)
                return code;
        json_object *object = holder(root, m->object);
        if (object == NULL)
                return AZA_NO_MEMORY();
        return put(object, m->name,
                   json_object_new_string_len((const char *)encoded.data, (int)encoded.len));
}

static int put_pcrs(json_object *root, const struct aza_pcrs *pcrs)
{
        char name[12], hex[2 * AZA_PCR_SIZE + 1];

        if (pcrs->mask == 0)
                return 0;
        json_object *object = holder(root, "pcrs");
        json_object *bank = object != NULL ? holder(object, "sha256") : NULL;
        if (bank == NULL)
                return AZA_NO_MEMORY();
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++) {
                if ((pcrs->mask >> i & 1) == 0)
                        continue;
                (void)snprintf(name, sizeof(name), "%u", i);
                int code = put_text(bank, name,
                                    aza_hex(aza_span_of(pcrs->value[i], AZA_PCR_SIZE), hex));
                if (code != 0)
                        return code;
        }
        return 0;
}

int aza_evidence_file_encode(const struct aza_evidence_file *f, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *root = json_object_new_object();
        AZA_BYTES struct aza_bytes text = {0};
        char time[32];
        int code = root == NULL ? AZA_NO_MEMORY() : 0;

        if (code == 0)
                code = put(root, FORMAT_MEMBER, json_object_new_int(FORMAT_VERSION));
        if (code == 0 && f->time != 0)
                code = put_text(root, "time", aza_rfc3339(f->time, time));
        if (code == 0)
                code = put_text(root, "vm", aza_vm_text(f->vm));
        for (const struct member *m = members; code == 0 && m->name != NULL; m++)
                code = put_member(
                        root, m,
                        (const struct aza_bytes *)(const void *)((const char *)f + m->offset));
        if (code == 0)
                code = put_pcrs(root, &f->pcrs);
        if (code != 0)
                return code;
        const char *json = json_object_to_json_string_ext(
                root,
                JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (json == NULL)
                return AZA_NO_MEMORY();
        code = aza_bytes_append_text(&text, json);
        if (code == 0)
                code = aza_bytes_append_text(&text, "\n");
        if (code != 0)
                return code;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&text);
        return 0;
}

/* ---- reading ---- */

static int bad(const char *object, const char *name, const char *why)
{
        return AZA_FAIL(AZATTEST_E_INPUT, "evidence file: \"%s%s%.64s\" %s",
                        object != NULL ? object : "", object != NULL ? "." : "", name, why);
}

static const struct member *find_member(const char *object, const char *name)
{
        for (const struct member *m = members; m->name != NULL; m++)
                if (strcmp(m->name, name) == 0 &&
                    (object == NULL ? m->object == NULL
                                    : m->object != NULL && strcmp(m->object, object) == 0))
                        return m;
        return NULL;
}

static int read_member(const struct member *m, json_object *value, struct aza_evidence_file *f)
{
        struct aza_bytes *to = (struct aza_bytes *)(void *)((char *)f + m->offset);

        if (!json_object_is_type(value, json_type_string))
                return bad(m->object, m->name, "is not a string");
        const char *text = json_object_get_string(value);
        size_t len = (size_t)json_object_get_string_len(value);
        if (len == 0)
                return bad(m->object, m->name, "is empty");
        if (m->text)
                return aza_bytes_set(to, text, len);
        int code = aza_base64_decode(AZA_BASE64, text, len, to);
        return code == AZATTEST_E_INPUT ? bad(m->object, m->name, "is not base64") : code;
}

static int read_pcrs(json_object *value, struct aza_evidence_file *f)
{
        json_object *bank = aza_json_object(value, "sha256");

        if (bank == NULL || json_object_object_length(value) != 1)
                return bad(NULL, "pcrs", "must hold \"sha256\" and nothing else");
        json_object_object_foreach(bank, name, digest)
        {
                size_t len = strlen(name);
                unsigned int pcr = 0;
                for (size_t i = 0; i < len && i < 3; i++)
                        pcr = name[i] < '0' || name[i] > '9'
                                      ? 99
                                      : pcr * 10 + (unsigned int)(name[i] - '0');
                if (len == 0 || len > 2 || pcr >= AZA_PCR_COUNT || (len == 2 && name[0] == '0'))
                        return bad("pcrs.sha256", name, "is no PCR number");
                if (!json_object_is_type(digest, json_type_string) ||
                    aza_unhex(json_object_get_string(digest),
                              (size_t)json_object_get_string_len(digest), f->pcrs.value[pcr],
                              AZA_PCR_SIZE) != 0)
                        return bad("pcrs.sha256", name, "is not 64 hex digits");
                f->pcrs.mask |= 1u << pcr;
        }
        return 0;
}

static int read_vm(json_object *value, struct aza_evidence_file *f)
{
        const char *text =
                json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

        for (int vm = AZA_VM_SEVSNP; vm <= AZA_VM_TRUSTEDLAUNCH; vm++) {
                if (strcmp(text, aza_vm_text((enum aza_vm)vm)) == 0) {
                        f->vm = (enum aza_vm)vm;
                        return 0;
                }
        }
        return bad(NULL, "vm", "is not sevsnp, tdx or trustedlaunch");
}

static int read_object(const char *object, json_object *value, struct aza_evidence_file *f)
{
        if (!json_object_is_type(value, json_type_object))
                return bad(NULL, object, "is not an object");
        json_object_object_foreach(value, name, inner)
        {
                const struct member *m = find_member(object, name);
                int code = m == NULL ? bad(object, name, "is unknown") : read_member(m, inner, f);
                if (code != 0)
                        return code;
        }
        return 0;
}

static int read_top(const char *name, json_object *value, struct aza_evidence_file *f)
{
        const struct member *m = find_member(NULL, name);

        if (m != NULL)
                return read_member(m, value, f);
        if (strcmp(name, "quote") == 0 || strcmp(name, "key") == 0 ||
            strcmp(name, "td-collateral") == 0)
                return read_object(name, value, f);
        if (strcmp(name, "pcrs") == 0)
                return read_pcrs(value, f);
        if (strcmp(name, "vm") == 0)
                return read_vm(value, f);
        if (strcmp(name, "time") == 0) {
                if (!json_object_is_type(value, json_type_string) ||
                    strchr(json_object_get_string(value), 'T') == NULL ||
                    aza_parse_time(json_object_get_string(value), &f->time) != 0)
                        return bad(NULL, name, "is not an RFC 3339 time");
                return 0;
        }
        return strcmp(name, FORMAT_MEMBER) == 0 ? 0 : bad(NULL, name, "is unknown");
}

int aza_evidence_file_decode(struct aza_span text, struct aza_evidence_file *ret)
{
        AZA_OWN(json_object_put) json_object *root = NULL;
        struct aza_evidence_file f = {0};
        int64_t version = 0;
        json_object *vm = NULL;
        int code = aza_json_parse(text, AZA_EVIDENCE_FILE_MAX, &root);

        if (code != 0)
                return aza_context(code, "evidence file");
        if (!aza_json_int64(root, FORMAT_MEMBER, &version) || version != FORMAT_VERSION)
                return bad(NULL, FORMAT_MEMBER, "is not 1: no evidence file that is known here");
        if (!json_object_object_get_ex(root, "vm", &vm))
                return bad(NULL, "vm", "is missing");
        json_object_object_foreach(root, name, value)
        {
                code = read_top(name, value, &f);
                if (code != 0) {
                        aza_evidence_file_free(&f);
                        return code;
                }
        }
        *ret = f;
        return 0;
}
