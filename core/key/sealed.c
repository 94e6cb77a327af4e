/* SPDX-License-Identifier: Apache-2.0 */
/* The form of sealed keys. Decides nothing about trust: whoever has the public key can make one. */
#include "key/sealed.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "base/one.h"
#include "key/pkcs8.h"

#include <openssl/pem.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define VERSION 1

void aza_sealed_free(struct aza_sealed *sealed)
{
        aza_jwe_free(&sealed->jwe);
        aza_bytes_free(&sealed->text);
        *sealed = (struct aza_sealed){0};
}

int aza_sealed_of_pem(struct aza_span file, struct aza_bytes *ret_text)
{
        /* Beside PEM aza_one_der takes DER, and this is none. */
        int r = file.len > 0 && file.data[0] == '-'
                        ? aza_one_der(file, AZA_SEALED_PEM_LABEL, ret_text)
                        : AZA_FAIL(AZATTEST_E_INPUT, "it does not begin with -----BEGIN %s-----",
                                   AZA_SEALED_PEM_LABEL);

        return r == AZATTEST_E_INPUT ? aza_context(r, "sealed key") : r;
}

/* ---- the header's member ---- */

static int unknown(const char *what, const char *name)
{
        char shown[64];

        return AZA_FAIL(AZATTEST_E_JWE, "sealed key: %s \"%s\" is not known", what,
                        aza_printable(name, strlen(name), shown, sizeof(shown)));
}

static int read_version(json_object *value, struct aza_sealed_to *to)
{
        (void)to;
        if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) != VERSION)
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "sealed key: the version of its member azattest is not %d; a newer azattest may read it",
                        VERSION);
        return 0;
}

static int read_name(json_object *value, struct aza_sealed_to *to)
{
        const char *name = aza_json_text(value);

        if (name == NULL || !aza_key_name_valid(name))
                return AZA_FAIL(AZATTEST_E_JWE,
                                "sealed key: azattest.name is not [A-Za-z0-9._-]{0,%d}",
                                AZA_KEY_NAME_MAX);
        memcpy(to->name, name, strlen(name) + 1);
        return 0;
}

static int read_hierarchy(json_object *value, struct aza_sealed_to *to)
{
        const char *text = aza_json_text(value);

        if (text == NULL || (strcmp(text, "null") != 0 && strcmp(text, "owner") != 0))
                return AZA_FAIL(AZATTEST_E_JWE,
                                "sealed key: azattest.hierarchy is neither \"null\" nor \"owner\"");
        to->has_hierarchy = true;
        to->hierarchy = strcmp(text, "owner") == 0 ? TPM2_RH_OWNER : TPM2_RH_NULL;
        return 0;
}

static int read_key(json_object *value, struct aza_sealed_to *to)
{
        AZA_BYTES struct aza_bytes n = {0};
        const char *text = aza_json_text(value);

        if (text == NULL || aza_base64_decode(AZA_BASE64URL, text, strlen(text), &n) != 0 ||
            n.len != AZA_RSA_BYTES || (n.data[0] & 0x80) == 0)
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "sealed key: azattest.key is not the base64url of a modulus of %d bytes",
                        AZA_RSA_BYTES);
        to->has_key = true;
        memcpy(to->modulus, n.data, AZA_RSA_BYTES);
        return 0;
}

/* The number of a PCR in its one spelling; -1 for anything else. */
static int pcr_number(const char *text)
{
        char again[4];
        int n = 0;

        for (const char *p = text; *p >= '0' && *p <= '9' && p - text < 2; p++)
                n = n * 10 + (*p - '0');
        (void)snprintf(again, sizeof(again), "%d", n);
        return strcmp(again, text) == 0 && n < AZA_PCR_COUNT ? n : -1;
}

static int read_pcrs(json_object *value, struct aza_sealed_to *to)
{
        if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) == 0)
                return AZA_FAIL(AZATTEST_E_JWE,
                                "sealed key: azattest.pcrs is no object of PCRs and their values");
        json_object_object_foreach(value, name, digest)
        {
                const char *hex = aza_json_text(digest);
                const int n = pcr_number(name);

                if (n < 0 || hex == NULL ||
                    aza_unhex(hex, strlen(hex), to->pcrs.value[n], AZA_PCR_SIZE) != 0)
                        return AZA_FAIL(
                                AZATTEST_E_JWE,
                                "sealed key: azattest.pcrs has something beside numbers of PCRs and %d hex digits",
                                2 * AZA_PCR_SIZE);
                to->pcrs.mask |= 1u << n;
        }
        return 0;
}

static const struct {
        const char *name;
        int (*read)(json_object *value, struct aza_sealed_to *to);
} members[] = {
        {"v", read_version}, {"name", read_name}, {"hierarchy", read_hierarchy},
        {"key", read_key},   {"pcrs", read_pcrs},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* The version first: of another one nothing else is known. */
static int read_members(json_object *object, struct aza_sealed_to *to)
{
        for (size_t i = 0; i < MEMBERS; i++) {
                json_object *value = NULL;
                const bool there = json_object_object_get_ex(object, members[i].name, &value);
                const int r = there || i == 0 ? members[i].read(value, to) : 0;

                if (r != 0)
                        return r;
        }
        return 0;
}

static int read_to(json_object *object, struct aza_sealed_to *to)
{
        if (!json_object_is_type(object, json_type_object))
                return AZA_FAIL(AZATTEST_E_JWE, "sealed key: its member azattest is no object");
        int r = read_members(object, to);
        if (r != 0)
                return r;
        json_object_object_foreach(object, name, value)
        {
                size_t i = 0;

                (void)value;
                while (i < MEMBERS && strcmp(members[i].name, name) != 0)
                        i++;
                if (i == MEMBERS)
                        return unknown("azattest member", name);
        }
        if (to->pcrs.mask != 0 && !(to->has_key && to->has_hierarchy))
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "sealed key: azattest.pcrs without key and hierarchy: the key that they belong to is not said");
        return 0;
}

/* ---- reading ---- */

static int read_header(const struct aza_jwe *jwe, struct aza_sealed_to *to)
{
        const char *type = aza_json_string(jwe->header, "cty");
        json_object *object = NULL;

        if (jwe->alg != AZA_JWE_RSA_OAEP_256)
                return AZA_FAIL(AZATTEST_E_JWE,
                                "sealed key: the JWE's alg is RSA-OAEP; RSA-OAEP-256 is wanted");
        if (type == NULL || strcmp(type, "pkcs8") != 0)
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "sealed key: the JWE's cty is not \"pkcs8\": it may hold something else than a private key");
        return json_object_object_get_ex(jwe->header, "azattest", &object) ? read_to(object, to)
                                                                           : 0;
}

static int parse(struct aza_span text, struct aza_sealed *sealed)
{
        int r;

        if (text.len > AZA_SEALED_MAX)
                return AZA_FAIL(AZATTEST_E_JWE,
                                "sealed key: the JWE has %zu bytes; %d are possible", text.len,
                                AZA_SEALED_MAX);
        if ((r = aza_bytes_set(&sealed->text, text.data, text.len)) != 0)
                return r;
        r = aza_jwe_parse(aza_bytes_span(&sealed->text), &sealed->jwe);
        if (r == AZATTEST_E_JWE)
                return aza_context(r, "sealed key");
        return r != 0 ? r : read_header(&sealed->jwe, &sealed->to);
}

int aza_sealed_parse(struct aza_span text, struct aza_sealed *ret)
{
        struct aza_sealed sealed = {0};
        const int r = parse(text, &sealed);

        if (r == 0)
                *ret = sealed;
        else
                aza_sealed_free(&sealed);
        return r;
}

int aza_sealed_reference(OSSL_LIB_CTX *libctx, const struct aza_sealed_to *to,
                         struct aza_keyref **ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = calloc(1, sizeof(*ref));

        if (ref == NULL)
                return AZA_NO_MEMORY();
        ref->purpose = AZA_PURPOSE_DECRYPT;
        ref->hierarchy = to->hierarchy;
        ref->pcr_mask = to->pcrs.mask;
        memcpy(ref->name, to->name, sizeof(ref->name));
        memcpy(ref->modulus, to->modulus, sizeof(ref->modulus));
        const int r = aza_pcr_policy(libctx, &to->pcrs, ref->policy);
        if (r == 0)
                *ret = aza_take(&ref);
        return r;
}

/* ---- making ---- */

static bool put(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool put_text(json_object *object, const char *name, const char *text)
{
        return put(object, name, json_object_new_string(text));
}

static bool put_key(json_object *object, const uint8_t modulus[AZA_RSA_BYTES])
{
        AZA_BYTES struct aza_bytes text = {0};

        return aza_base64_encode(AZA_BASE64URL, aza_span_of(modulus, AZA_RSA_BYTES), &text) == 0 &&
               put_text(object, "key", (const char *)text.data);
}

/* NULL: out of memory. */
static json_object *pcrs_of(const struct aza_pcrs *pcrs)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        for (int i = 0; out != NULL && i < AZA_PCR_COUNT; i++) {
                char name[4], hex[2 * AZA_PCR_SIZE + 1];

                if ((pcrs->mask >> i & 1) == 0)
                        continue;
                (void)snprintf(name, sizeof(name), "%d", i);
                if (!put_text(out, name, aza_hex(aza_span_of(pcrs->value[i], AZA_PCR_SIZE), hex)))
                        return NULL;
        }
        return aza_take(&out);
}

static json_object *member_of(const struct aza_sealed_to *to)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        if (out == NULL || !put(out, "v", json_object_new_int(VERSION)) ||
            !put_text(out, "name", to->name) ||
            (to->has_hierarchy &&
             !put_text(out, "hierarchy", to->hierarchy == TPM2_RH_OWNER ? "owner" : "null")) ||
            (to->pcrs.mask != 0 && !put(out, "pcrs", pcrs_of(&to->pcrs))) ||
            (to->has_key && !put_key(out, to->modulus)))
                return NULL;
        return aza_take(&out);
}

static json_object *header_of(const struct aza_sealed_to *to)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        if (out == NULL || !put_text(out, "alg", "RSA-OAEP-256") ||
            !put_text(out, "enc", "A256GCM") || !put_text(out, "cty", "pkcs8") ||
            !put(out, "azattest", member_of(to)))
                return NULL;
        return aza_take(&out);
}

static int pem(const struct aza_bytes *text, struct aza_bytes *ret)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *start = NULL;

        if (bio == NULL ||
            PEM_write_bio(bio, AZA_SEALED_PEM_LABEL, "", text->data, (long)text->len) <= 0)
                return AZA_NO_MEMORY();
        const long len = BIO_get_mem_data(bio, &start);
        return len > 0 ? aza_bytes_set(ret, start, (size_t)len) : AZA_NO_MEMORY();
}

int aza_sealed_make(OSSL_LIB_CTX *libctx, EVP_PKEY *recipient, const struct aza_sealed_to *to,
                    struct aza_span pkcs8, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *header = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        const char *written;
        int r = aza_pkcs8_check(pkcs8);

        if (r != 0)
                return r;
        header = header_of(to);
        written = header != NULL ? json_object_to_json_string_ext(header, JSON_C_TO_STRING_PLAIN)
                                 : NULL;
        if (written == NULL)
                return AZA_NO_MEMORY();
        r = aza_jwe_encrypt_with(libctx, recipient, written, pkcs8, &text);
        if (r == 0 && text.len > AZA_SEALED_MAX)
                r = AZA_FAIL(AZATTEST_E_INPUT,
                             "a private key of %zu bytes is too large to be sealed", pkcs8.len);
        return r != 0 ? r : pem(&text, ret);
}
