/* SPDX-License-Identifier: Apache-2.0 */
/* Why a certificate is renewed: the reasons in the order of what matters most to who reads them. */
#include "verdict/renewal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/own.h"
#include "certificate/certificate.h"
#include "certificate/cmw.h"
#include "certificate/leaf.h"
#include "maa/request.h"
#include "tpm/pcr_memory.h"
#include "verdict/token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* One decision on its way. */
struct renewal {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        struct aza_tpm *tpm;
        const struct aza_renewal_request *request;
        X509 *certificate;
        X509 *attested;   /* whose key is the vTPM's: itself, or the leaf's issuer; borrowed */
        aza_certs *above; /* of a leaf */
        struct aza_keyref *file; /* the key file's; NULL: nobody asks */
        struct aza_keyref *now;  /* the key that is asked for, as the vTPM has it */
        struct aza_pcrs pcrs;    /* values that it is bound to */
        struct aza_renewal *ret;
};

const char *aza_renewal_action(enum aza_renewal_cause cause)
{
        return cause == AZA_RENEWAL_KEEP   ? "kept"
               : cause == AZA_RENEWAL_NONE ? "made"
               : cause == AZA_RENEWAL_DUE  ? "renewed"
                                           : "made anew";
}

const char *aza_renewal_word(enum aza_renewal_cause cause)
{
        static const char *const words[] = {
                [AZA_RENEWAL_KEEP] = "good",       [AZA_RENEWAL_NONE] = "none",
                [AZA_RENEWAL_FILE] = "file",       [AZA_RENEWAL_KEY_FILE] = "key-file",
                [AZA_RENEWAL_PAIR] = "pair",       [AZA_RENEWAL_KEY_GONE] = "key-gone",
                [AZA_RENEWAL_PCRS] = "pcrs",       [AZA_RENEWAL_KEY_ASKED] = "key-asked",
                [AZA_RENEWAL_DUE] = "due",         [AZA_RENEWAL_NAMES] = "names",
                [AZA_RENEWAL_PAYLOAD] = "payload", [AZA_RENEWAL_TOKEN] = "token",
        };
        return words[cause];
}

/* True: this is the reason. */
static bool because(struct renewal *n, enum aza_renewal_cause cause, const char *format, ...)
        AZATTEST_PRINTF(3, 4);

static bool because(struct renewal *n, enum aza_renewal_cause cause, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(n->ret->reason, sizeof(n->ret->reason), format, args);
        va_end(args);
        n->ret->cause = cause;
        return true;
}

/* ---- the files ---- */

/* One certificate, or a leaf and one behind it. */
static int read_present(struct renewal *n, struct aza_span text)
{
        int r;

        if (n->request->leaf == NULL) {
                r = aza_one_certificate(n->libctx, text, &n->certificate);
                n->attested = n->certificate;
                return r;
        }
        if ((r = aza_chain_certificates(n->libctx, text, &n->above)) != 0)
                return r;
        if (sk_X509_num(n->above) != 2)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "%d certificates are in it",
                                sk_X509_num(n->above));
        n->certificate = sk_X509_shift(n->above);
        n->attested = sk_X509_value(n->above, 0);
        return 0;
}

static bool no_certificate(struct renewal *n)
{
        const char *text = n->request->present;

        if (text == NULL || *text == '\0')
                return because(n, AZA_RENEWAL_NONE, "there was no certificate to keep");
        if (read_present(n, aza_span_of(text, strlen(text))) != 0 ||
            aza_certificate_expiry(n->certificate, &n->ret->expiry) != 0)
                return because(n, AZA_RENEWAL_FILE, "the file is no %s: %s",
                               n->request->leaf != NULL ? "leaf with its issuer" : "certificate",
                               aza_last_error()->message);
        return false;
}

static bool is_of(const X509 *certificate, OSSL_LIB_CTX *libctx, const struct aza_keyref *ref)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        return aza_keyref_pkey(libctx, ref, &key) == 0 &&
               EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1;
}

static bool key_file_unfit(struct renewal *n)
{
        const char *text = n->request->present_key;

        if (text == NULL)
                return false;
        if (*text == '\0')
                return because(n, AZA_RENEWAL_KEY_FILE, "its key file is missing or empty");
        if (aza_keyref_of_pem(n->libctx, aza_span_of(text, strlen(text)), &n->file) != 0)
                return because(n, AZA_RENEWAL_KEY_FILE, "its key file is no key reference: %s",
                               aza_last_error()->message);
        if (!is_of(n->certificate, n->libctx, n->file))
                return because(n, AZA_RENEWAL_PAIR,
                               "certificate and key file do not belong together");
        return false;
}

/* ---- the leaf's key ---- */

static bool is_leafs(const struct renewal *n, const EVP_PKEY *key)
{
        return EVP_PKEY_eq(key, X509_get0_pubkey(n->certificate)) == 1;
}

static bool leaf_key_file_unfit(struct renewal *n)
{
        const char *text = n->request->present_key;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        if (text == NULL)
                return false;
        if (*text == '\0')
                return because(n, AZA_RENEWAL_KEY_FILE, "its key file is missing or empty");
        const struct aza_span content = aza_span_of(text, strlen(text));
        const struct aza_key_reader reader = {n->libctx, n->tpm, n->config};
        const int r = aza_private_key_read(&reader, content, &key);
        if (r == AZATTEST_E_KEY_GONE)
                return because(
                        n, AZA_RENEWAL_KEY_GONE,
                        "the key that its key file is sealed to is gone: the VM was started again");
        if (r == AZATTEST_E_PCR_MISMATCH)
                return because(n, AZA_RENEWAL_PCRS, "its key file no longer opens: %s",
                               aza_last_error()->message);
        if (r != 0)
                return because(n, AZA_RENEWAL_KEY_FILE, "its key file is no private key: %s",
                               aza_last_error()->message);
        if (!is_leafs(n, key))
                return because(n, AZA_RENEWAL_PAIR,
                               "certificate and key file do not belong together");
        if (aza_private_key_is_sealed(content) == n->request->plain)
                return because(n, AZA_RENEWAL_KEY_ASKED, "its key shall be %s",
                               n->request->plain ? "unencrypted" : "sealed");
        return false;
}

/* A new one of a kind, or one that is given: whether the present leaf has it. */
static int other_leaf_asked(struct renewal *n, bool *ret)
{
        const char *asked = n->request->leaf;
        const struct aza_key_reader reader = {n->libctx, n->tpm, n->config};
        AZA_LEAF struct aza_leaf leaf = {0};
        int r = 0;

        if (aza_leaf_is_word(asked))
                *ret = !aza_leaf_is_kind(asked, X509_get0_pubkey(n->certificate));
        else if ((r = aza_leaf_read(&reader, asked, &leaf)) == 0)
                *ret = !is_leafs(n, leaf.key);
        if (r == 0 && *ret)
                (void)because(n, AZA_RENEWAL_KEY_ASKED, "another leaf key is asked for");
        return r;
}

static int leaf_unfit(struct renewal *n, bool *ret)
{
        *ret = X509_get0_pubkey(n->certificate) == NULL
                       ? because(n, AZA_RENEWAL_FILE, "the leaf's key cannot be read")
                       : leaf_key_file_unfit(n);
        return *ret ? 0 : other_leaf_asked(n, ret);
}

/* ---- the key ---- */

static const char *hierarchy_text(uint32_t hierarchy)
{
        return hierarchy == TPM2_RH_OWNER ? "owner" : "null";
}

/* The key file says how its key was made: whether that is what is asked for now. */
static bool other_key_asked(struct renewal *n)
{
        const struct aza_keyref *file = n->file, *now = n->now;
        char before[64], after[64];

        if (file->purpose != now->purpose || strcmp(file->name, now->name) != 0)
                return because(n, AZA_RENEWAL_KEY_ASKED, "another key is asked for");
        if (file->hierarchy != now->hierarchy)
                return because(n, AZA_RENEWAL_KEY_ASKED,
                               "a key of hierarchy %s is asked for, not of %s",
                               hierarchy_text(now->hierarchy), hierarchy_text(file->hierarchy));
        if (file->pcr_mask != now->pcr_mask)
                return because(n, AZA_RENEWAL_KEY_ASKED,
                               "a key bound to PCRs %s is asked for, not to %s",
                               aza_config_pcrs_text(now->pcr_mask, after),
                               aza_config_pcrs_text(file->pcr_mask, before));
        return false;
}

static bool pcrs_changed(struct renewal *n)
{
        struct aza_pcrs then;
        uint32_t changed = 0;
        char text[64];

        if (memcmp(n->file->policy, n->now->policy, sizeof(n->now->policy)) == 0)
                return false;
        if (aza_pcrs_recall(n->tpm, n->file->policy, &then))
                changed = aza_pcrs_differing(&then, &n->pcrs);
        return because(n, AZA_RENEWAL_PCRS, "the key can no longer be used: PCR %s changed",
                       changed != 0 ? aza_config_pcrs_text(changed, text)
                                    : "values that it is bound to");
}

static bool key_gone(struct renewal *n)
{
        if (is_of(n->attested, n->libctx, n->now))
                return false;
        if (n->file == NULL)
                return because(
                        n, AZA_RENEWAL_KEY_GONE,
                        "the key is gone (a restart, other PCR values), or another one is asked for");
        if (other_key_asked(n) || pcrs_changed(n))
                return true;
        return because(n, AZA_RENEWAL_KEY_GONE, "the key is gone: the VM was started again%s",
                       n->now->hierarchy == TPM2_RH_OWNER ? ", or its TPM cleared" : "");
}

static int derive(struct renewal *n)
{
        const struct aza_uri *uri = n->request->uri;
        const struct aza_key_spec spec = {.purpose = uri->purpose,
                                          .name = uri->name,
                                          .hierarchy = uri->hierarchy,
                                          .pcr_mask = uri->pcr_mask};

        return aza_key_derive(n->tpm, &spec, &n->pcrs, &n->now);
}

/* ---- how long, and what for ---- */

/* Else it stays, unless something else is found. */
static bool due(struct renewal *n)
{
        const int64_t left = n->ret->expiry - n->request->now;
        char text[32];

        if (left <= 0)
                return because(n, AZA_RENEWAL_DUE, "it ended %s ago", aza_duration(-left, text));
        (void)because(n, left <= n->request->before ? AZA_RENEWAL_DUE : AZA_RENEWAL_KEEP, "%s left",
                      aza_duration(left, text));
        return n->ret->cause == AZA_RENEWAL_DUE;
}

/* The members that are asked for, as they would be sent, the nonce apart: a random one is asked for
 * by nobody, and *ret_nonce stays empty. */
static int read_payload(const struct renewal *n, json_object **ret, struct aza_bytes *ret_nonce)
{
        const struct aza_uri *uri = n->request->uri;
        const struct aza_payload payload = {.members = n->request->payload,
                                            .nonce = uri->nonce[0] != '\0' ? uri->nonce : NULL,
                                            .purpose = uri->purpose};
        AZA_OWN(json_object_put) json_object *given = NULL;
        int r = aza_payload_build(n->libctx, &payload, ret, ret_nonce);

        if (r != 0 || uri->nonce[0] != '\0')
                return r;
        if (payload.members != NULL)
                r = aza_json_parse(aza_span_of(payload.members, strlen(payload.members)),
                                   strlen(payload.members), &given);
        if (r == 0 && aza_json_string(given, "nonce") == NULL)
                aza_bytes_free(ret_nonce);
        return r;
}

static bool other_payload(struct renewal *n, const struct aza_token *token, json_object *asked)
{
        json_object_object_foreach(asked, name, value)
        {
                AZA_BYTES struct aza_bytes has = {0};
                const char *text = json_object_get_string(value);

                if (strcmp(name, "nonce") != 0 &&
                    (aza_token_payload(token, name, &has) != 0 ||
                     !aza_span_equal(aza_bytes_span(&has), aza_span_of(text, strlen(text)))))
                        return because(n, AZA_RENEWAL_PAYLOAD,
                                       "the payload that is asked for is not in its token");
        }
        return false;
}

/* What it would be refused for: another issuer since maa-url was changed, another policy. The key
 * set is what is stored; without one nothing is held against it. */
static int judge_token(struct renewal *n, const char *jwt, const char *nonce, bool *ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_verify_request request = {.nonce = nonce,
                                                   .time = n->request->now,
                                                   .own_modulus = n->now->modulus,
                                                   .purpose = n->now->purpose};
        struct aza_config own = *n->config;

        own.issuers[0] = '\0';
        own.vmid[0] = '\0';
        own.pcr_mask = n->request->uri->pcr_mask;
        const struct aza_verifier verifier = {n->libctx, &own, aza_find_cached, NULL};
        int r = aza_verify_token(&verifier, &request, jwt, &checks, NULL);
        if (checks.count == 0)
                return r;
        *ret = aza_checks_verdict(&checks) == AZA_VERDICT_REJECT;
        if (*ret) {
                char text[400];

                (void)aza_checks_reason(&checks, text, sizeof(text));
                (void)because(n, AZA_RENEWAL_TOKEN, "its token is refused now: %s", text);
        }
        return 0;
}

/* *ret: made anew for the token in it, or the lack of one. */
static int token_unfit(struct renewal *n, bool *ret)
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(json_object_put) json_object *asked = NULL;
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_BYTES struct aza_bytes nonce = {0};
        int r = read_payload(n, &asked, &nonce);

        if (r != 0)
                return r;
        if (aza_cmw_of_certificate(n->attested, AZA_CMW_OID, &jwt) != 0 ||
            aza_token_parse((const char *)jwt.data, jwt.len, NULL, &token) != 0) {
                *ret = because(n, AZA_RENEWAL_TOKEN, "%s", aza_last_error()->message);
                return 0;
        }
        if ((*ret = other_payload(n, token, asked)))
                return 0;
        return judge_token(n, (const char *)jwt.data, (const char *)nonce.data, ret);
}

static int unfit(struct renewal *n, bool *ret)
{
        const struct aza_renewal_request *q = n->request;
        bool same = false;
        int r = aza_certificate_has_names(n->certificate, q->san, q->san_count, &same);

        if (r != 0)
                return r;
        if (!same) {
                *ret = because(n, AZA_RENEWAL_NAMES, "other names are asked for than it has");
                return 0;
        }
        return token_unfit(n, ret);
}

static int decide(struct renewal *n)
{
        struct aza_renewal good;
        bool found = false;
        int r;

        if (no_certificate(n))
                return 0;
        r = n->request->leaf != NULL ? leaf_unfit(n, &found) : 0;
        if (r != 0 || found || (n->request->leaf == NULL && key_file_unfit(n)))
                return r;
        if ((r = derive(n)) != 0 || key_gone(n) || due(n))
                return r;
        good = *n->ret;
        r = unfit(n, &found);
        if (r == 0 && !found)
                *n->ret = good;
        return r;
}

int aza_renewal_decide(OSSL_LIB_CTX *libctx, const struct aza_config *config, struct aza_tpm *tpm,
                       const struct aza_renewal_request *request, struct aza_renewal *ret)
{
        struct renewal n = {
                .libctx = libctx, .config = config, .tpm = tpm, .request = request, .ret = ret};

        *ret = (struct aza_renewal){0};
        const int r = decide(&n);
        X509_free(n.certificate);
        aza_certs_free(n.above);
        aza_keyref_free(n.file);
        aza_keyref_free(n.now);
        if (r == 0)
                aza_clear_error();
        return r;
}
