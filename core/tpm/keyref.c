/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key reference: names, the one template that belongs to a reference, and the public forms of
 * the resulting key. Pure code: no TPM, no network. keyref_der.c has the file form.
 */
#include "tpm/keyref.h"

#include "base/crypto.h"
#include "base/error.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* TPM 2.0 part 2, 8.3; PROTOCOL.md 3.1: the policy alone authorises use, so userWithAuth is
 * clear. */
#define TEMPLATE_ATTRIBUTES                                                                 \
        (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
         TPMA_OBJECT_NODA | TPMA_OBJECT_DECRYPT)

static const char *const purpose_words[] = {"decrypt", "sign", "any", "issue"};

const char *aza_purpose_text(enum aza_purpose purpose)
{
        return purpose_words[purpose];
}

bool aza_purpose_parse(const char *text, enum aza_purpose *ret)
{
        for (size_t i = 0; i < sizeof(purpose_words) / sizeof(*purpose_words); i++) {
                if (strcmp(text, purpose_words[i]) == 0) {
                        *ret = (enum aza_purpose)i;
                        return true;
                }
        }
        return false;
}

bool aza_key_name_valid(const char *name)
{
        size_t len = strlen(name);

        return len <= AZA_KEY_NAME_MAX &&
               strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
                       len;
}

static const char *object_of(enum aza_purpose use)
{
        return use == AZA_PURPOSE_SIGN ? "sign" : use == AZA_PURPOSE_ISSUE ? "issue" : "key";
}

/* A key of both purposes signs whatever it is asked to: it issues nothing. */
int aza_keyref_may(const struct aza_keyref *ref, enum aza_purpose use)
{
        const bool named = ref->name[0] != '\0';

        if (ref->purpose == use || (ref->purpose == AZA_PURPOSE_ANY && use != AZA_PURPOSE_ISSUE))
                return 0;
        return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE, "%s%s is made to %s; to %s use azattest://%s%s%s",
                        named ? "the key " : "the unnamed key", ref->name,
                        aza_purpose_text(ref->purpose), aza_purpose_text(use), object_of(use),
                        named ? "?name=" : "", ref->name);
}

void aza_keyref_free(struct aza_keyref *ref)
{
        if (ref == NULL)
                return;
        free(ref->token);
        free(ref);
}

/* TPMT_PUBLIC up to and without `unique` (TPM 2.0 part 2, 12.2.4). */
static int append_public_head(const struct aza_keyref *ref, struct aza_bytes *out)
{
        int r = aza_bytes_append_be16(out, TPM2_ALG_RSA);

        r = r != 0 ? r : aza_bytes_append_be16(out, TPM2_ALG_SHA256); /* nameAlg */
        r = r != 0 ? r : aza_bytes_append_be32(out, TEMPLATE_ATTRIBUTES);
        r = r != 0 ? r : aza_bytes_append_be16(out, sizeof(ref->policy)); /* authPolicy */
        r = r != 0 ? r : aza_bytes_append(out, ref->policy, sizeof(ref->policy));
        r = r != 0 ? r : aza_bytes_append_be16(out, TPM2_ALG_NULL);     /* symmetric */
        r = r != 0 ? r : aza_bytes_append_be16(out, TPM2_ALG_NULL);     /* scheme */
        r = r != 0 ? r : aza_bytes_append_be16(out, AZA_RSA_BYTES * 8); /* keyBits */
        return r != 0 ? r : aza_bytes_append_be32(out, 0);              /* exponent: 65537 */
}

static int append_unique(const uint8_t *unique, uint16_t len, struct aza_bytes *out)
{
        int r = aza_bytes_append_be16(out, len);

        return r != 0 ? r : aza_bytes_append(out, unique, len);
}

static int named_unique(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, uint8_t out[32])
{
        char text[32 + AZA_KEY_NAME_MAX];
        int len = snprintf(text, sizeof(text), "azattest/1/%s/%s", aza_purpose_text(ref->purpose),
                           ref->name);

        return aza_sha256(libctx, aza_span_of(text, (size_t)len), out);
}

int aza_keyref_template(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret)
{
        static const uint8_t zeros[AZA_RSA_BYTES];
        AZA_BYTES struct aza_bytes out = {0};
        uint8_t unique[32];
        int r = append_public_head(ref, &out);

        if (r != 0)
                return r;
        if (ref->purpose == AZA_PURPOSE_DECRYPT && ref->name[0] == '\0') {
                r = append_unique(zeros, sizeof(zeros), &out);
        } else {
                r = named_unique(libctx, ref, unique);
                r = r != 0 ? r : append_unique(unique, sizeof(unique), &out);
        }
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&out);
        return 0;
}

int aza_keyref_public(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes area = {0};
        AZA_BYTES struct aza_bytes out = {0};
        int r = append_public_head(ref, &area);

        (void)libctx;
        r = r != 0 ? r : append_unique(ref->modulus, sizeof(ref->modulus), &area);
        r = r != 0 ? r : aza_bytes_append_be16(&out, (uint16_t)area.len);
        r = r != 0 ? r : aza_bytes_append(&out, area.data, area.len);
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&out);
        return 0;
}

int aza_keyref_tpm_name(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, uint8_t out[34])
{
        AZA_BYTES struct aza_bytes tpm2b = {0};
        uint8_t digest[32];
        int r = aza_keyref_public(libctx, ref, &tpm2b);

        r = r != 0 ? r : aza_sha256(libctx, aza_span_of(tpm2b.data + 2, tpm2b.len - 2), digest);
        if (r != 0)
                return r;
        out[0] = 0;
        out[1] = TPM2_ALG_SHA256;
        memcpy(out + 2, digest, sizeof(digest));
        return 0;
}

int aza_keyref_pkey(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, EVP_PKEY **ret)
{
        static const uint8_t e[] = {1, 0, 1};

        return aza_rsa_public(libctx, aza_span_of(ref->modulus, sizeof(ref->modulus)),
                              aza_span_of(e, sizeof(e)), ret);
}
