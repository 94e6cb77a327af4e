/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attested key: deriving it from the current PCRs, having the AK certify it, and the secret of
 * implicit rejection. The private operation is in key_use.c. No network here, and no hash while the
 * lock is held.
 */
#include "tpm/key.h"

#include "base/crypto.h"
#include "tpm/attestation.h"
#include "tpm/key_load.h"
#include "tpm/pcr_memory.h"

#include <openssl/crypto.h>
#include <string.h>

#define REJECTION_LABEL "azattest/1/implicit-rejection/"

/* ---- derive ---- */

static int new_ref(OSSL_LIB_CTX *libctx, const struct aza_key_spec *spec,
                   const struct aza_pcrs *pcrs, struct aza_keyref **ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = calloc(1, sizeof(*ref));
        int r;

        if (ref == NULL)
                return AZA_NO_MEMORY();
        if (!aza_key_name_valid(spec->name))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "key name is not [A-Za-z0-9._-]{1,%d}", AZA_KEY_NAME_MAX);
        memcpy(ref->name, spec->name, strlen(spec->name) + 1);
        ref->purpose = spec->purpose;
        ref->hierarchy = spec->hierarchy;
        ref->pcr_mask = spec->pcr_mask;
        r = aza_pcr_policy(libctx, pcrs, ref->policy);
        if (r != 0)
                return r;
        *ret = aza_take(&ref);
        return 0;
}

int aza_key_derive(struct aza_tpm *tpm, const struct aza_key_spec *spec, struct aza_pcrs *pcrs,
                   struct aza_keyref **ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_KEY_PLAN struct aza_key_plan plan = {0};
        struct aza_connection *c = NULL;
        struct aza_pcrs values;
        int r;

        r = aza_pcr_read(tpm, spec->pcr_mask, &values);
        r = r != 0 ? r : new_ref(tpm->libctx, spec, &values, &ref);
        r = r != 0 ? r : aza_key_plan(tpm->libctx, ref, &plan);
        r = r != 0 ? r : aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        aza_key_drop_dead(c); /* its reference must not be given out again (D24) */
        r = aza_key_load(tpm, c, &plan);
        if (r == 0) {
                /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): set when r is 0 */
                memcpy(ref->modulus, c->key.modulus, sizeof(ref->modulus));
                c->known = values;
                memcpy(c->known_policy, ref->policy, sizeof(c->known_policy));
        }
        aza_tpm_leave(tpm, c);
        if (r != 0)
                return r;
        aza_pcrs_remember(tpm, &values, ref->policy);
        if (pcrs != NULL)
                *pcrs = values;
        *ret = aza_take(&ref);
        return 0;
}

/* ---- certify ---- */

static int certify(const struct aza_tpm *tpm, struct aza_connection *c,
                   const struct aza_expected_key *key, const TPM2B_DATA *qualifying,
                   struct aza_signed_attest *ret)
{
        for (bool again = false;; again = true) {
                TSS2_RC rc;
                int r = aza_key_load_expected(tpm, c, key);

                if (r != 0)
                        return r;
                rc = aza_cmd_certify(c, c->key.handle, AZA_AK_HANDLE, qualifying, ret);
                if (rc == TSS2_RC_SUCCESS)
                        return 0;
                if (again || !aza_rc_handle_gone(rc) ||
                    (aza_rc_no_handle(rc) && (rc >> 8 & 7) == 2))
                        return aza_ak_failed(rc, 2, "TPM2_Certify");
                aza_session_flush(c);
                aza_key_flush(c);
        }
}

int aza_key_certify(struct aza_tpm *tpm, const struct aza_keyref *ref, struct aza_span qualifying,
                    struct aza_attestation *ret)
{
        AZA_EXPECTED_KEY struct aza_expected_key key = {0};
        struct aza_connection *c;
        TPM2B_DATA data;
        struct aza_signed_attest made = {0};
        int r;

        r = aza_qualifying(qualifying, &data);
        r = r != 0 ? r : aza_key_expect(tpm->libctx, ref, &key);
        r = r != 0 ? r : aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        r = certify(tpm, c, &key, &data, &made);
        aza_tpm_leave(tpm, c);
        return r != 0 ? r : aza_attestation_take(&made, ret);
}

/* ---- implicit rejection ---- */

/* Full length and below every modulus (its first bit is clear): SHA-256(label || i), i = 0 .. 7. */
static int rejection_block(OSSL_LIB_CTX *libctx, uint8_t out[AZA_RSA_BYTES])
{
        uint8_t input[] = REJECTION_LABEL;

        for (uint8_t i = 0; i < AZA_RSA_BYTES / AZA_SHA256_LEN; i++) {
                int r;

                input[sizeof(input) - 1] = i; /* in place of the NUL */
                r = aza_sha256(libctx, aza_span_of(input, sizeof(input)),
                               out + (size_t)i * AZA_SHA256_LEN);
                if (r != 0)
                        return r;
        }
        out[0] &= 0x7f;
        return 0;
}

static bool is_loaded(const struct aza_connection *c, const uint8_t name[34])
{
        return c->key.handle != 0 && memcmp(c->key.name, name, sizeof(c->key.name)) == 0;
}

static int compute_secret(struct aza_tpm *tpm, const struct aza_keyref *ref, uint8_t out[32])
{
        uint8_t block[AZA_RSA_BYTES], result[AZA_RSA_BYTES];
        int r = rejection_block(tpm->libctx, block);

        r = r != 0 ? r : aza_key_rsadp(tpm, ref, block, result);
        r = r != 0 ? r : aza_sha256(tpm->libctx, aza_span_of(result, sizeof(result)), out);
        OPENSSL_cleanse(result, sizeof(result));
        return r;
}

int aza_key_rejection_secret(struct aza_tpm *tpm, const struct aza_keyref *ref, uint8_t out[32])
{
        struct aza_connection *c;
        uint8_t name[34], secret[32];
        bool known;
        int r;

        r = aza_keyref_tpm_name(tpm->libctx, ref, name);
        r = r != 0 ? r : aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        known = is_loaded(c, name) && c->key.has_secret;
        if (known)
                memcpy(out, c->key.secret, sizeof(secret));
        aza_tpm_leave(tpm, c);
        if (known)
                return 0;
        r = compute_secret(tpm, ref, secret);
        r = r != 0 ? r : aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        if (is_loaded(c, name)) {
                memcpy(c->key.secret, secret, sizeof(secret));
                c->key.has_secret = true;
        }
        aza_tpm_leave(tpm, c);
        memcpy(out, secret, sizeof(secret));
        OPENSSL_cleanse(secret, sizeof(secret));
        return 0;
}
