/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing to this VM's vTPM and opening with it. A file of ours says which key it is for, whole, so
 * that opening derives nothing and the TPM itself says what has ended; one for a token says all but
 * the PCR values, which are read then; one of others leaves that open, too, and then it is the key
 * of now.
 */
#include "key/seal.h"

#include "base/error.h"
#include "key/pkcs8.h"
#include "tpm/pcr_memory.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* ---- seal ---- */

static int describe(struct aza_tpm *tpm, const struct aza_keyref *ref, struct aza_sealed_to *to)
{
        uint8_t policy[32];
        char label[96];
        int r = aza_pcr_read(tpm, ref->pcr_mask, &to->pcrs);

        r = r != 0 ? r : aza_pcr_policy(aza_tpm_libctx(tpm), &to->pcrs, policy);
        if (r != 0)
                return r;
        if (memcmp(policy, ref->policy, sizeof(policy)) != 0)
                return AZA_FAIL(AZATTEST_E_PCR_MISMATCH,
                                "%s cannot be sealed to: its PCRs changed since it was made",
                                aza_key_label(ref, label));
        memcpy(to->name, ref->name, sizeof(to->name));
        memcpy(to->modulus, ref->modulus, sizeof(to->modulus));
        to->has_key = to->has_hierarchy = true;
        to->hierarchy = ref->hierarchy;
        return 0;
}

int aza_seal(struct aza_tpm *tpm, const struct aza_keyref *ref, struct aza_span pkcs8,
             struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        struct aza_sealed_to to = {0};
        char label[96];
        int r;

        if (ref->purpose != AZA_PURPOSE_DECRYPT)
                return AZA_FAIL(
                        AZATTEST_E_WRONG_PURPOSE,
                        "%s cannot be sealed to: that takes a decryption key, azattest://key",
                        aza_key_label(ref, label));
        if ((r = describe(tpm, ref, &to)) != 0 ||
            (r = aza_keyref_pkey(aza_tpm_libctx(tpm), ref, &key)) != 0)
                return r;
        return aza_sealed_make(aza_tpm_libctx(tpm), key, &to, pkcs8, ret);
}

/* ---- open ---- */

#define AGAIN "seal or release the key again"

static int gone(const struct aza_keyref *ref)
{
        const uint32_t rc = aza_last_error()->tpm_rc;
        char label[96];

        return AZA_FAIL_TPM(
                AZATTEST_E_KEY_GONE, rc,
                "sealed key: this TPM no longer has %s that opens it: %s: " AGAIN "%s",
                aza_key_label(ref, label),
                ref->hierarchy == TPM2_RH_OWNER
                        ? "the TPM was cleared, or the file is another VM's"
                        : "the machine was restarted, or the file is another VM's",
                ref->hierarchy == TPM2_RH_OWNER
                        ? ""
                        : " (at every start), or seal it with hierarchy=owner, which opens after a restart while the PCRs are as they were");
}

static int changed(struct aza_tpm *tpm, const struct aza_keyref *ref,
                   const struct aza_sealed_to *to)
{
        const struct aza_error why = *aza_last_error();
        struct aza_pcrs now;
        char label[96], text[64];

        if (aza_pcr_read(tpm, ref->pcr_mask, &now) != 0 || aza_pcrs_differing(&to->pcrs, &now) == 0)
                return aza_error_restore(&why);
        return AZA_FAIL_TPM(
                AZATTEST_E_PCR_MISMATCH, why.tpm_rc,
                "sealed key: PCR %s changed since it was sealed, and %s that opens it is bound to it: reboot into the measured state, or " AGAIN,
                aza_config_pcrs_text(aza_pcrs_differing(&to->pcrs, &now), text),
                aza_key_label(ref, label));
}

static uint32_t hierarchy_of(const struct aza_config *config, const struct aza_sealed_to *to)
{
        return to->has_hierarchy ? to->hierarchy : config->hierarchy;
}

static int derive(struct aza_tpm *tpm, const struct aza_config *config,
                  const struct aza_sealed_to *to, struct aza_keyref **ret)
{
        const struct aza_key_spec spec = {
                .purpose = AZA_PURPOSE_DECRYPT,
                .name = to->name,
                .hierarchy = hierarchy_of(config, to),
                .pcr_mask = aza_config_key_pcrs(config),
        };

        return aza_key_derive(tpm, &spec, NULL, ret);
}

/* Which key is said; what it is bound to, the PCRs of now have to be: the TPM says whether. */
static int complete(struct aza_tpm *tpm, const struct aza_config *config,
                    const struct aza_sealed_to *to, struct aza_keyref **ret)
{
        struct aza_sealed_to whole = *to;
        const int r = aza_pcr_read(tpm, aza_config_key_pcrs(config), &whole.pcrs);

        whole.hierarchy = hierarchy_of(config, to);
        return r != 0 ? r : aza_sealed_reference(aza_tpm_libctx(tpm), &whole, ret);
}

int aza_sealed_key(struct aza_tpm *tpm, const struct aza_config *config,
                   const struct aza_sealed_to *to, struct aza_keyref **ret)
{
        if (to->pcrs.mask != 0)
                return aza_sealed_reference(aza_tpm_libctx(tpm), to, ret);
        return to->has_key ? complete(tpm, config, to, ret) : derive(tpm, config, to, ret);
}

static int another(const struct aza_keyref *ref)
{
        char label[96];

        return AZA_FAIL(
                AZATTEST_E_KEY_GONE,
                "sealed key: it is for another key than %s of this VM in the %s hierarchy: the machine was restarted or its PCRs changed since the token was made, or the file is another VM's, or of another name or hierarchy: " AGAIN
                " to a new token",
                aza_key_label(ref, label), ref->hierarchy == TPM2_RH_OWNER ? "owner" : "null");
}

static int explain(struct aza_tpm *tpm, const struct aza_keyref *ref,
                   const struct aza_sealed_to *to, int r)
{
        char label[96];

        if (r == AZATTEST_E_KEY_GONE)
                return to->pcrs.mask != 0 ? gone(ref) : another(ref);
        if (r == AZATTEST_E_PCR_MISMATCH)
                return changed(tpm, ref, to);
        if (r == AZATTEST_E_JWE && !to->has_key)
                return AZA_FAIL(
                        r,
                        "sealed key: it does not open with %s: it is another VM's, or of before a restart or a change of PCRs, or was changed",
                        aza_key_label(ref, label));
        return aza_context(r, "sealed key");
}

int aza_unseal(struct aza_tpm *tpm, const struct aza_config *config, struct aza_sealed *sealed,
               struct aza_bytes *ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes pkcs8 = {0};
        int r = aza_sealed_key(tpm, config, &sealed->to, &ref);

        if (ref == NULL)
                return r;
        r = aza_jwe_decrypt_parsed(aza_tpm_libctx(tpm), tpm, ref, &sealed->jwe, &pkcs8);
        if (r != 0)
                return explain(tpm, ref, &sealed->to, r);
        if ((r = aza_pkcs8_check(aza_bytes_span(&pkcs8))) != 0)
                return aza_context(r, "sealed key: what was in it");
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&pkcs8);
        return 0;
}
