/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the attested key's TPM2_Certify: Q11-Q15. MAA makes the same on its side. */
#include "evidence/attest_struct.h"

#include "base/crypto.h"
#include "base/error.h"

#include <string.h>

#define NEEDED                                                                              \
        (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
         TPMA_OBJECT_DECRYPT)
/* userWithAuth would let a password bypass the PCR policy. */
#define FORBIDDEN (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH)

static bool skip_from(struct aza_checks *checks, enum aza_check_id from)
{
        for (int id = (int)from; id <= AZA_CHECK_Q15; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_NO_INPUT,
                                      "the certification could not be read or is not the AK's");
        return false;
}

static bool check_nonce(const TPMS_ATTEST *attest, struct aza_span nonce, struct aza_checks *checks)
{
        struct aza_span extra = aza_span_of(attest->extraData.buffer, attest->extraData.size);

        if (nonce.data == NULL) {
                (void)aza_not_checked(
                        checks, AZA_CHECK_Q13, AZA_SWITCHED_OFF,
                        "no nonce was asked for: the certification may be an old one");
                return true;
        }
        if (!aza_span_equal(extra, nonce))
                return aza_reject(checks, AZA_CHECK_Q13, "%s",
                                  extra.len == 0 ? "the certification carries no nonce"
                                                 : "the certification answers another nonce");
        return aza_accept(checks, AZA_CHECK_Q13, NULL);
}

static bool check_attributes(const struct aza_tpm_public *key, struct aza_checks *checks)
{
        uint32_t missing = NEEDED & ~key->attributes, wrong = FORBIDDEN & key->attributes;

        if (missing != 0 || wrong != 0)
                return aza_reject(checks, AZA_CHECK_Q14,
                                  "attributes 0x%08x: 0x%08x is missing, 0x%08x must not be set",
                                  key->attributes, missing, wrong);
        return aza_accept(checks, AZA_CHECK_Q14, NULL);
}

static bool check_policy(OSSL_LIB_CTX *libctx, const struct aza_tpm_public *key,
                         const struct aza_pcr_state *state, struct aza_checks *checks)
{
        uint8_t policy[32];
        char expected[65], found[65];

        if (state == NULL)
                return aza_not_checked(checks, AZA_CHECK_Q15, AZA_NO_INPUT, "no verified quote");
        if (aza_pcr_state_policy(libctx, state, policy) != 0)
                return aza_reject(checks, AZA_CHECK_Q15, "%s", aza_last_error()->message);
        if (!key->has_policy)
                return aza_reject(checks, AZA_CHECK_Q15, "the key has no policy");
        if (CRYPTO_memcmp(policy, key->policy, sizeof(policy)) == 0)
                return aza_accept(checks, AZA_CHECK_Q15, NULL);
        (void)aza_reject(checks, AZA_CHECK_Q15, "the key is not bound to the quoted PCR values");
        aza_check_values(checks, aza_hex(aza_span_of(policy, 32), expected),
                         aza_hex(aza_span_of(key->policy, 32), found));
        return false;
}

bool aza_certify_verify(OSSL_LIB_CTX *libctx, const struct aza_signed *certification,
                        const struct aza_certify_expect *expect, struct aza_checks *checks)
{
        TPMS_ATTEST attest;
        struct aza_span raw = {0};
        struct aza_tpm_public key = {0};
        const char *reason =
                aza_attest_parse(certification->message, TPM2_ST_ATTEST_CERTIFY, &attest, NULL);

        if (reason == NULL)
                reason = aza_attest_signature(certification->ak, certification->signature, &raw);
        if (reason == NULL &&
            !aza_rsa_verify_sha256(libctx, certification->ak, certification->message, raw))
                reason = "the AK did not sign this certification";
        if (reason != NULL) {
                (void)aza_reject(checks, AZA_CHECK_Q11, "%s", reason);
                return skip_from(checks, AZA_CHECK_Q12);
        }
        (void)aza_accept(checks, AZA_CHECK_Q11, NULL);
        if (aza_tpm_public_parse(libctx, expect->key_public, false, &key) != 0) {
                (void)aza_reject(checks, AZA_CHECK_Q12, "%s", aza_last_error()->message);
                return skip_from(checks, AZA_CHECK_Q13);
        }
        const TPM2B_NAME *name = &attest.attested.certify.name;
        bool named = aza_span_equal(aza_span_of(name->name, name->size),
                                    aza_span_of(key.name, sizeof(key.name)));
        if (named)
                (void)aza_accept(checks, AZA_CHECK_Q12, NULL);
        else
                (void)aza_reject(checks, AZA_CHECK_Q12, "it certifies another key");
        bool fresh = check_nonce(&attest, expect->nonce, checks);
        bool fit = check_attributes(&key, checks);
        bool bound = check_policy(libctx, &key, expect->state, checks);
        aza_tpm_public_free(&key);
        return named && fresh && fit && bound;
}
