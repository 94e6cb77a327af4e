/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one private operation: RSADP = PolicyPCR, then RSA_Decrypt with scheme NULL, in one kept
 * policy session (PV37). The table of what is repeated how often is decide(), and it is complete
 * (PV37). Nothing is cached.
 */
#include "config/config.h"
#include "tpm/key.h"
#include "tpm/key_load.h"
#include "tpm/pcr_memory.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

/* D24: the first three tries at once, the others after a pause. */
#define PCR_TRIES         10
#define PCR_TRIES_AT_ONCE 3

struct use {
        const struct aza_tpm *tpm;
        struct aza_connection *c;
        const struct aza_expected_key *key;
        TPML_PCR_SELECTION pcrs;
        /* how often what was repeated */
        unsigned int pcr_changes;
        struct aza_backoff busy;
        bool reloaded;
        bool policy_failed;
};

static TSS2_RC prepare_session(struct aza_connection *c, const char **command)
{
        TSS2_RC rc = TSS2_RC_SUCCESS;

        if (c->session == 0) {
                *command = "TPM2_StartAuthSession";
                rc = aza_cmd_start_policy_session(c, &c->session);
                if (rc != TSS2_RC_SUCCESS)
                        c->session = 0;
                c->session_dirty = false;
        } else if (c->session_dirty) {
                /* PolicyPCR would extend the digest that an unfinished use left behind. */
                *command = "TPM2_PolicyRestart";
                rc = aza_cmd_policy_restart(c, c->session);
        }
        return rc;
}

static TSS2_RC attempt(struct use *u, const TPM2B_PUBLIC_KEY_RSA *in, TPM2B_PUBLIC_KEY_RSA *out,
                       const char **command)
{
        struct aza_connection *c = u->c;
        TSS2_RC rc = prepare_session(c, command);

        if (rc != TSS2_RC_SUCCESS)
                return rc;
        c->session_dirty = true;
        *command = "TPM2_PolicyPCR";
        rc = aza_cmd_policy_pcr(c, c->session, &u->pcrs);
        if (rc != TSS2_RC_SUCCESS)
                return rc;
        *command = "TPM2_RSA_Decrypt";
        rc = aza_cmd_rsa_decrypt(c, c->key.handle, c->session, in, out);
        if (rc == TSS2_RC_SUCCESS)
                c->session_dirty = false; /* the TPM cleared it after the use */
        return rc;
}

static int pcr_changed(struct use *u, TSS2_RC rc)
{
        const struct timespec pause = {.tv_nsec = 1000000};
        char label[96];

        u->pcr_changes++;
        if (u->pcr_changes >= PCR_TRIES)
                return AZA_FAIL_TPM(
                        AZATTEST_E_PCR_BUSY, rc,
                        "%s: PCRs were extended during each of %d attempts; find what extends them (IMA measures files to PCR 10), or try again",
                        aza_key_label(u->key->ref, label), PCR_TRIES);
        if (u->pcr_changes >= PCR_TRIES_AT_ONCE)
                (void)nanosleep(&pause, NULL);
        return 0;
}

/* 0: repeat step 5 (or 3, when the handles are forgotten); else the failure. */
static int decide(struct use *u, TSS2_RC rc, const char *command)
{
        char label[96];

        if (aza_rc_plain(rc) == TPM2_RC_PCR_CHANGED)
                return pcr_changed(u, rc);
        if (aza_rc_busy(rc) && aza_backoff(&u->busy))
                return 0;
        if (aza_rc_handle_gone(rc) && !u->reloaded) {
                u->reloaded = true;
                aza_session_flush(u->c);
                aza_key_flush(u->c);
                return 0;
        }
        if (aza_rc_plain(rc) == TPM2_RC_POLICY_FAIL) {
                u->policy_failed = true;
                return AZA_FAIL_TPM(AZATTEST_E_PCR_MISMATCH, rc, "PCR policy of %s",
                                    aza_key_label(u->key->ref, label));
        }
        if (aza_rc_no_room(rc)) {
                aza_session_flush(u->c);
                aza_key_flush(u->c);
        }
        return AZA_TPM_FAILED(rc, "%s for %s", command, aza_key_label(u->key->ref, label));
}

static int use_key(struct use *u, const TPM2B_PUBLIC_KEY_RSA *in, TPM2B_PUBLIC_KEY_RSA *out)
{
        for (;;) {
                const char *command = "";
                TSS2_RC rc;
                int r = aza_key_load_expected(u->tpm, u->c, u->key);

                if (r != 0)
                        return r;
                rc = attempt(u, in, out, &command);
                if (rc == TSS2_RC_SUCCESS)
                        return 0;
                r = decide(u, rc, command);
                if (r != 0)
                        return r;
        }
}

/* ---- PCR mismatch: what can be said about it ---- */

/* PCRs that differ between the values of derivation and now; 0 when the values behind the key's
 * policy are not known: this process did not derive the key, and the runtime directory does not
 * have them. */
static uint32_t changed_pcrs(struct aza_tpm *tpm, const struct aza_keyref *ref,
                             const struct aza_pcrs *now)
{
        struct aza_connection *c;
        struct aza_pcrs known = {0};

        if (aza_tpm_enter(tpm, &c) != 0)
                return 0;
        if (memcmp(c->known_policy, ref->policy, sizeof(ref->policy)) == 0)
                known = c->known;
        aza_tpm_leave(tpm, c);
        if (known.mask == 0 && !aza_pcrs_recall(tpm, ref->policy, &known))
                return 0;
        return aza_pcrs_differing(&known, now);
}

static int explain_mismatch(struct aza_tpm *tpm, const struct aza_keyref *ref)
{
        const TSS2_RC rc = aza_last_error()->tpm_rc;
        char label[96], selected[64], differing[64];
        struct aza_pcrs now;
        uint8_t policy[32];
        uint32_t changed;

        aza_key_label(ref, label);
        aza_config_pcrs_text(ref->pcr_mask, selected);
        if (aza_pcr_read(tpm, ref->pcr_mask, &now) != 0 ||
            aza_pcr_policy(tpm->libctx, &now, policy) != 0)
                return AZA_FAIL_TPM(AZATTEST_E_PCR_MISMATCH, rc,
                                    "PCR policy of %s (sha256:%s) no longer holds", label,
                                    selected);
        if (memcmp(policy, ref->policy, sizeof(policy)) == 0)
                return AZA_FAIL_TPM(
                        AZATTEST_E_PCR_MISMATCH, rc,
                        "PCR policy of %s (sha256:%s) did not hold during the operation, but holds now: something resets PCRs",
                        label, selected);
        changed = changed_pcrs(tpm, ref, &now);
        if (changed != 0)
                return AZA_FAIL_TPM(
                        AZATTEST_E_PCR_MISMATCH, rc,
                        "PCR policy of %s (sha256:%s) no longer holds: PCR %s changed since the key was made; reboot into the measured state or make a new key with 'azattest cert'",
                        label, selected, aza_config_pcrs_text(changed, differing));
        return AZA_FAIL_TPM(
                AZATTEST_E_PCR_MISMATCH, rc,
                "PCR policy of %s (sha256:%s) no longer holds: at least one of these PCRs changed since the key was made (which, is not known: the runtime directory of its making is gone); reboot into the measured state or make a new key with 'azattest cert'",
                label, selected);
}

/* ---- entry ---- */

static int give_result(const TPM2B_PUBLIC_KEY_RSA *result, uint8_t out[AZA_RSA_BYTES])
{
        if (result->size > AZA_RSA_BYTES)
                return AZA_FAIL(AZATTEST_E_TPM_INTERNAL,
                                "TPM2_RSA_Decrypt gave %u bytes, more than %d", result->size,
                                AZA_RSA_BYTES);
        memset(out, 0, AZA_RSA_BYTES - (size_t)result->size);
        memcpy(out + AZA_RSA_BYTES - result->size, result->buffer, result->size);
        return 0;
}

int aza_key_rsadp(struct aza_tpm *tpm, const struct aza_keyref *ref,
                  const uint8_t in[AZA_RSA_BYTES], uint8_t out[AZA_RSA_BYTES])
{
        AZA_EXPECTED_KEY struct aza_expected_key key = {0};
        TPM2B_PUBLIC_KEY_RSA input = {.size = AZA_RSA_BYTES};
        TPM2B_PUBLIC_KEY_RSA result = {0};
        struct use u = {.tpm = tpm, .key = &key};
        int r;

        /* The input is a ciphertext or padded digest of the caller's: not secret. */
        if (memcmp(in, ref->modulus, AZA_RSA_BYTES) >= 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "input is not below the key's modulus");
        memcpy(input.buffer, in, AZA_RSA_BYTES);
        aza_pcr_select(ref->pcr_mask, &u.pcrs);
        r = aza_key_expect(tpm->libctx, ref, &key);
        r = r != 0 ? r : aza_tpm_enter(tpm, &u.c);
        if (r != 0)
                return r;
        r = use_key(&u, &input, &result);
        aza_tpm_leave(tpm, u.c);
        if (u.policy_failed)
                return explain_mismatch(tpm, ref);
        r = r != 0 ? r : give_result(&result, out);
        OPENSSL_cleanse(&result, sizeof(result));
        return r;
}
