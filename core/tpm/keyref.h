/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key reference: everything needed to load or make the same vTPM key again, and nothing secret.
 * DER form AzAttestKey of FORMATS.md 1, the content of AZATTEST PRIVATE KEY files. Pure code: no
 * TPM, no network, fuzzed.
 */
#ifndef AZA_TPM_KEYREF_H
#define AZA_TPM_KEYREF_H

#include "base/bytes.h"
#include "base/own.h"

enum aza_purpose {
        AZA_PURPOSE_DECRYPT,
        AZA_PURPOSE_SIGN,
        AZA_PURPOSE_ANY,
        AZA_PURPOSE_ISSUE, /* certificates of leaf keys, and nothing else (D61) */
};

#define AZA_KEY_NAME_MAX     64
#define AZA_KEYREF_MAX       65536
#define AZA_KEYREF_PEM_LABEL "AZATTEST PRIVATE KEY"
#define AZA_RSA_BYTES        256 /* every key of ours is RSA-2048, e = 65537 */

struct aza_keyref {
        enum aza_purpose purpose;
        uint32_t hierarchy;              /* TPM2_RH_NULL or TPM2_RH_OWNER */
        char name[AZA_KEY_NAME_MAX + 1]; /* "" or [A-Za-z0-9._-]{1,64} */
        uint32_t pcr_mask;               /* SHA-256 bank */
        uint8_t policy[32];              /* authPolicy of the template */
        uint8_t modulus[AZA_RSA_BYTES];  /* big-endian */
        char *token;                     /* JWT or NULL; evidence, never needed to use the key */
};

const char *aza_purpose_text(enum aza_purpose purpose); /* "decrypt", "sign", "any", "issue" */
bool aza_purpose_parse(const char *text, enum aza_purpose *ret);
bool aza_key_name_valid(const char *name);

/* 0 when the key's private half serves `use` (any but AZA_PURPOSE_ANY; PV48), else
 * AZATTEST_E_WRONG_PURPOSE with the URI that does. */
int aza_keyref_may(const struct aza_keyref *ref, enum aza_purpose use);

void aza_keyref_free(struct aza_keyref *ref);
AZA_OWN_DEFINE(struct aza_keyref, aza_keyref_free);

/* Marshalled TPMT_PUBLIC template that CreatePrimary gets: unique is 256 zero bytes for the unnamed
 * decryption key, else SHA-256("azattest/1/" purpose "/" name) (PV52). */
int aza_keyref_template(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret);
/* Marshalled TPM2B_PUBLIC of the resulting key (312 bytes) and its Name (34 bytes: 000B ||
 * digest). */
int aza_keyref_public(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret);
int aza_keyref_tpm_name(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, uint8_t out[34]);

/* The public key as a native EVP_PKEY of `libctx`. */
int aza_keyref_pkey(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, EVP_PKEY **ret);

/* DER, strict both ways: definite lengths, minimal, no trailing bytes, known version, publicArea
 * equal to the template byte for byte (PV59, PV60). 0 or AZATTEST_E_INPUT with what was wrong. */
int aza_keyref_encode(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret);
int aza_keyref_decode(OSSL_LIB_CTX *libctx, struct aza_span der, struct aza_keyref **ret);

#endif
