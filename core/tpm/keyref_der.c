/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AzAttestKey, the file form of a key reference (FORMATS.md 1). Pure code: no TPM, no network, no
 * key decoding by OpenSSL: the SubjectPublicKeyInfo of an RSA-2048 key with exponent 65537 has one
 * spelling, which is compared byte for byte. Strictness comes from encoding again and comparing.
 */
#include "base/error.h"
#include "tpm/keyref.h"
#include "tpm/pcr.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define DESCRIPTION   "azattest key reference v1; contains no secret"
#define POLICY_OFFSET 10 /* of authPolicy's bytes in TPMT_PUBLIC */

typedef struct {
        ASN1_INTEGER *version;
        ASN1_VISIBLESTRING *description;
        ASN1_ENUMERATED *purpose;
        ASN1_ENUMERATED *hierarchy;
        ASN1_UTF8STRING *name;
        ASN1_OCTET_STRING *pcr_selection;
        ASN1_OCTET_STRING *public_area;
        ASN1_STRING *public_key; /* a whole SEQUENCE */
        ASN1_UTF8STRING *token;
} AZATTEST_KEY;

ASN1_SEQUENCE(AZATTEST_KEY) =
        {
                ASN1_SIMPLE(AZATTEST_KEY, version, ASN1_INTEGER),
                ASN1_SIMPLE(AZATTEST_KEY, description, ASN1_VISIBLESTRING),
                ASN1_SIMPLE(AZATTEST_KEY, purpose, ASN1_ENUMERATED),
                ASN1_SIMPLE(AZATTEST_KEY, hierarchy, ASN1_ENUMERATED),
                ASN1_SIMPLE(AZATTEST_KEY, name, ASN1_UTF8STRING),
                ASN1_SIMPLE(AZATTEST_KEY, pcr_selection, ASN1_OCTET_STRING),
                ASN1_SIMPLE(AZATTEST_KEY, public_area, ASN1_OCTET_STRING),
                ASN1_SIMPLE(AZATTEST_KEY, public_key, ASN1_SEQUENCE),
                ASN1_EXP_OPT(AZATTEST_KEY, token, ASN1_UTF8STRING, 0),
} static_ASN1_SEQUENCE_END(AZATTEST_KEY)

        /* SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { INTEGER n, INTEGER e
         * } } } */
        static const uint8_t spki_head[] = {0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a,
                                            0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
                                            0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01,
                                            0x0a, 0x02, 0x82, 0x01, 0x01, 0x00};
static const uint8_t spki_tail[] = {0x02, 0x03, 0x01, 0x00, 0x01};
#define SPKI_SIZE (sizeof(spki_head) + AZA_RSA_BYTES + sizeof(spki_tail))

static void file_free(AZATTEST_KEY *file)
{
        ASN1_item_free((ASN1_VALUE *)file, ASN1_ITEM_rptr(AZATTEST_KEY));
}
AZA_OWN_DEFINE(AZATTEST_KEY, file_free);

static struct aza_span string_span(const ASN1_STRING *s)
{
        return aza_span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static bool token_valid(const char *token)
{
        size_t len = strlen(token);

        return len > 0 &&
               strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
                       len;
}

/* ---- writing ---- */

static void spki_of(const struct aza_keyref *ref, uint8_t out[SPKI_SIZE])
{
        memcpy(out, spki_head, sizeof(spki_head));
        memcpy(out + sizeof(spki_head), ref->modulus, AZA_RSA_BYTES);
        memcpy(out + sizeof(spki_head) + AZA_RSA_BYTES, spki_tail, sizeof(spki_tail));
}

static bool put(ASN1_STRING *to, const void *data, size_t len)
{
        return ASN1_STRING_set(to, data, (int)len) == 1;
}

static bool put_optional_token(AZATTEST_KEY *file, const char *token)
{
        if (token == NULL)
                return true;
        file->token = ASN1_UTF8STRING_new();
        return file->token != NULL && put(file->token, token, strlen(token));
}

static AZATTEST_KEY *file_new(const struct aza_keyref *ref, const struct aza_bytes *template)
{
        AZA_OWN(file_free)
        AZATTEST_KEY *file = (AZATTEST_KEY *)ASN1_item_new(ASN1_ITEM_rptr(AZATTEST_KEY));
        uint8_t spki[SPKI_SIZE];
        uint8_t selection[10];

        if (file == NULL)
                return NULL;
        spki_of(ref, spki);
        aza_pcr_selection(ref->pcr_mask, selection);
        if (ASN1_INTEGER_set(file->version, 1) != 1 ||
            !put(file->description, DESCRIPTION, strlen(DESCRIPTION)) ||
            ASN1_ENUMERATED_set(file->purpose, (long)ref->purpose) != 1 ||
            ASN1_ENUMERATED_set(file->hierarchy, ref->hierarchy == TPM2_RH_OWNER) != 1 ||
            !put(file->name, ref->name, strlen(ref->name)) ||
            !put(file->pcr_selection, selection, sizeof(selection)) ||
            !put(file->public_area, template->data, template->len) ||
            !put(file->public_key, spki, sizeof(spki)) || !put_optional_token(file, ref->token))
                return NULL;
        return aza_take(&file);
}

/* What no reader would accept is not written either. */
static int check_fields(const struct aza_keyref *ref)
{
        if (!aza_key_name_valid(ref->name))
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: name is not [A-Za-z0-9._-]{1,64}");
        if (ref->hierarchy != TPM2_RH_NULL && ref->hierarchy != TPM2_RH_OWNER)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: hierarchy 0x%08x is not null or owner",
                                ref->hierarchy);
        if (ref->pcr_mask == 0 || ref->pcr_mask >> AZA_PCR_COUNT != 0)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: PCR selection is empty or beyond 23");
        if ((ref->modulus[0] & 0x80) == 0 || (ref->modulus[AZA_RSA_BYTES - 1] & 1) == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: public key is not RSA-2048");
        if (ref->token != NULL && !token_valid(ref->token))
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: token is not a compact JWT");
        return 0;
}

int aza_keyref_encode(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes template = {0};
        AZA_OWN(file_free) AZATTEST_KEY *file = NULL;
        unsigned char *der = NULL;
        int len, r;

        r = check_fields(ref);
        r = r != 0 ? r : aza_keyref_template(libctx, ref, &template);
        if (r != 0)
                return r;
        file = file_new(ref, &template);
        if (file == NULL)
                return AZA_NO_MEMORY();
        len = ASN1_item_i2d((ASN1_VALUE *)file, &der, ASN1_ITEM_rptr(AZATTEST_KEY));
        if (len <= 0)
                return AZA_NO_MEMORY();
        if (len > AZA_KEYREF_MAX)
                r = AZA_FAIL(AZATTEST_E_INPUT,
                             "key reference: %d bytes with its token, more than %d", len,
                             AZA_KEYREF_MAX);
        else
                r = aza_bytes_set(ret, der, (size_t)len);
        OPENSSL_free(der);
        return r;
}

/* ---- reading ---- */

static AZATTEST_KEY *file_parse(struct aza_span der)
{
        const unsigned char *p = der.data;
        ASN1_VALUE *file;

        ERR_set_mark();
        file = ASN1_item_d2i(NULL, &p, (long)der.len, ASN1_ITEM_rptr(AZATTEST_KEY));
        ERR_pop_to_mark();
        return (AZATTEST_KEY *)file;
}

static bool take_text(const ASN1_STRING *from, char *out, size_t out_size)
{
        struct aza_span s = string_span(from);

        if (s.len >= out_size || (s.len > 0 && memchr(s.data, '\0', s.len) != NULL))
                return false;
        if (s.len > 0)
                memcpy(out, s.data, s.len);
        out[s.len] = '\0';
        return true;
}

static bool take_mask(const ASN1_STRING *from, uint32_t *ret)
{
        struct aza_span s = string_span(from);
        uint8_t expected[10];
        uint32_t mask;

        if (s.len != sizeof(expected))
                return false;
        mask = (uint32_t)s.data[7] | (uint32_t)s.data[8] << 8 | (uint32_t)s.data[9] << 16;
        aza_pcr_selection(mask, expected);
        *ret = mask;
        return memcmp(s.data, expected, sizeof(expected)) == 0;
}

static bool take_modulus(const ASN1_STRING *from, uint8_t out[AZA_RSA_BYTES])
{
        struct aza_span s = string_span(from);

        if (s.len != SPKI_SIZE || memcmp(s.data, spki_head, sizeof(spki_head)) != 0 ||
            memcmp(s.data + sizeof(spki_head) + AZA_RSA_BYTES, spki_tail, sizeof(spki_tail)) != 0)
                return false;
        memcpy(out, s.data + sizeof(spki_head), AZA_RSA_BYTES);
        return true;
}

static int take_token(const ASN1_STRING *from, char **ret)
{
        if (from == NULL)
                return 0;
        *ret = malloc((size_t)ASN1_STRING_length(from) + 1);
        if (*ret == NULL)
                return AZA_NO_MEMORY();
        if (!take_text(from, *ret, (size_t)ASN1_STRING_length(from) + 1))
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: token is not a compact JWT");
        return 0;
}

static int take_fields(const AZATTEST_KEY *file, struct aza_keyref *ref)
{
        long purpose = ASN1_ENUMERATED_get(file->purpose);
        long hierarchy = ASN1_ENUMERATED_get(file->hierarchy);
        struct aza_span area = string_span(file->public_area);

        if (ASN1_INTEGER_get(file->version) != 1)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: version is not 1; a newer azattest made it");
        if (purpose < AZA_PURPOSE_DECRYPT || purpose > AZA_PURPOSE_ISSUE)
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: unknown purpose %ld", purpose);
        if (hierarchy != 0 && hierarchy != 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: unknown hierarchy %ld",
                                hierarchy);
        if (!take_text(file->name, ref->name, sizeof(ref->name)))
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: name is not [A-Za-z0-9._-]{1,64}");
        if (!take_mask(file->pcr_selection, &ref->pcr_mask))
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: PCR selection is not one of the SHA-256 bank");
        if (area.len < POLICY_OFFSET + sizeof(ref->policy))
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: public area is too short");
        if (!take_modulus(file->public_key, ref->modulus))
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "key reference: public key is not RSA-2048 with exponent 65537");
        ref->purpose = (enum aza_purpose)purpose;
        ref->hierarchy = hierarchy == 1 ? TPM2_RH_OWNER : TPM2_RH_NULL;
        memcpy(ref->policy, area.data + POLICY_OFFSET, sizeof(ref->policy));
        return take_token(file->token, &ref->token);
}

/* PV60: one template belongs to purpose, name and policy; nothing else of it is free. */
static int check_template(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_span area)
{
        AZA_BYTES struct aza_bytes template = {0};
        int r = aza_keyref_template(libctx, ref, &template);

        if (r != 0)
                return r;
        if (!aza_span_equal(area, aza_bytes_span(&template)))
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "key reference: public area is not the template of purpose %s and name \"%s\"",
                        aza_purpose_text(ref->purpose), ref->name);
        return 0;
}

int aza_keyref_decode(OSSL_LIB_CTX *libctx, struct aza_span der, struct aza_keyref **ret)
{
        AZA_OWN(file_free) AZATTEST_KEY *file = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes again = {0};
        int r;

        if (der.len == 0 || der.len > AZA_KEYREF_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: %zu bytes, allowed are 1 to %d",
                                der.len, AZA_KEYREF_MAX);
        file = file_parse(der);
        if (file == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "key reference: not a DER AzAttestKey");
        ref = calloc(1, sizeof(*ref));
        if (ref == NULL)
                return AZA_NO_MEMORY();
        r = take_fields(file, ref);
        r = r != 0 ? r : check_fields(ref);
        r = r != 0 ? r : check_template(libctx, ref, string_span(file->public_area));
        r = r != 0 ? r : aza_keyref_encode(libctx, ref, &again);
        if (r != 0)
                return r;
        if (!aza_span_equal(der, aza_bytes_span(&again)))
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "key reference: not strict DER (lengths, trailing bytes, or another description)");
        *ret = aza_take(&ref);
        return 0;
}
