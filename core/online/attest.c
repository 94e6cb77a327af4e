/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake: evidence -> MAA -> envelope -> verified token (journey 1). Reads top to bottom;
 * every step is another file's. Owns only the order and the rule that evidence which could not be
 * decrypted is never sent twice (D23, rule 50).
 */
#include "online/attest.h"

#include "base/error.h"
#include "base/log.h"
#include "evidence/ak_cert.h"
#include "evidence/evidence.h"
#include "key/rsa_decrypt.h"
#include "maa/envelope.h"
#include "maa/request.h"
#include "online/ak_renew.h"
#include "online/http.h"
#include "online/maa.h"
#include "online/token.h"
#include "os/os_info.h"
#include "verdict/token.h"

#include <openssl/crypto.h>
#include <string.h>

#define COLLECTIONS 3     /* the first and at most two anew */
#define RENEWAL_MS  20000 /* of a whole attestation's time */

/* What does not change between the rounds of one call. */
struct handshake {
        const struct aza_attester *vm;
        const struct aza_attest_request *request;
        struct aza_os_info os;
        json_object *payload;
        struct aza_bytes nonce;
};

static int step(const struct handshake *h, const char *text)
{
        if (aza_deadline_left(h->vm->deadline) == 0)
                return AZA_FAIL(AZATTEST_E_DEADLINE,
                                "no time left before '%s' (cancelled or 'timeout' over)", text);
        if (h->request->progress != NULL)
                h->request->progress(h->request->progress_arg, text);
        AZA_LOG(DEBUG, "%s", text);
        return 0;
}

/* MAA's answer -> JWT. The inner key is unpadded to a fixed size and never judged: the GCM tag
 * alone decides (C6). A wrapped key that is not below the modulus is the envelope's fault, not the
 * TPM's. */
static int open_answer(const struct handshake *h, const struct aza_keyref *key,
                       struct aza_span body, struct aza_bytes *ret_jwt)
{
        struct aza_envelope envelope = {0};
        uint8_t inner[32];
        size_t len = sizeof(inner);
        int r = aza_envelope_parse(body, &envelope);

        if (r != 0)
                return r;
        const struct aza_rsa_decryption d = {.libctx = h->vm->libctx,
                                             .tpm = h->vm->tpm,
                                             .ref = key,
                                             .unpad = AZA_RSA_PKCS1_FIXED,
                                             .want = envelope.key_len};
        r = aza_rsa_decrypt(&d, aza_bytes_span(&envelope.wrapped_key), inner, &len);
        if (r == AZATTEST_E_DECRYPTION_TPM)
                r = aza_envelope_fail();
        else if (r != 0 && r != AZATTEST_E_NO_MEMORY)
                r = AZA_FAIL_TPM(AZATTEST_E_JWT_DECRYPTION_TPM, aza_last_error()->tpm_rc,
                                 "the vTPM could not decrypt MAA's answer: %s",
                                 aza_last_error()->message);
        if (r == 0)
                r = aza_envelope_open(h->vm->libctx, &envelope, inner, ret_jwt);
        OPENSSL_cleanse(inner, sizeof(inner));
        aza_envelope_free(&envelope);
        return r;
}

/* Evidence of now, sent, and the answer opened. */
static int exchange(const struct handshake *h, struct aza_evidence *e, struct aza_bytes *ret_jwt)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes request = {0};
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_key_spec spec = {
                .purpose = h->request->uri->purpose,
                .name = h->request->uri->name,
                .hierarchy = h->request->uri->hierarchy,
                .pcr_mask = h->request->uri->pcr_mask,
        };

        int r = step(h, "collecting evidence");
        if (r == 0)
                r = aza_evidence_collect(h->vm, &spec, (struct aza_span){0}, e);
        if (r == 0)
                r = aza_evidence_cross_check(h->vm->libctx, e, &checks);
        if (r == 0)
                r = aza_request_build(h->vm->libctx, e, &h->os, h->payload, &request);
        if (r == 0)
                r = step(h, "waiting for MAA");
        if (r == 0)
                r = aza_maa_attest(h->vm->config, h->vm->deadline, aza_bytes_span(&request), &body);
        return r != 0 ? r : open_answer(h, e->key, aza_bytes_span(&body), ret_jwt);
}

/* A decryption that failed may be a PCR that changed on the way: the same evidence would fail
 * again, new evidence need not. */
static int exchange_until_opened(const struct handshake *h, struct aza_keyref **ret_key,
                                 struct aza_bytes *ret_jwt)
{
        for (int n = 1;; n++) {
                struct aza_evidence e = {0};
                int r = exchange(h, &e, ret_jwt);
                if (r == 0)
                        *ret_key = aza_take(&e.key);
                aza_evidence_free(&e);
                bool again = r == AZATTEST_E_JWT_DECRYPTION || r == AZATTEST_E_JWT_DECRYPTION_TPM;
                if (!again || n == COLLECTIONS)
                        return r;
                AZA_LOG(INFO, "evidence is collected anew: %s", aza_last_error()->message);
        }
}

static int verify(const struct handshake *h, const struct aza_keyref *key, const char *jwt)
{
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_verify_request request = {
                .nonce = (const char *)h->nonce.data,
                .own_modulus = key->modulus,
                .purpose = key->purpose,
        };
        struct aza_config own = *h->vm->config;

        /* Further issuers and an expected VM are for other VMs' tokens. */
        own.issuers[0] = '\0';
        own.vmid[0] = '\0';
        own.pcr_mask = h->request->uri->pcr_mask;
        struct aza_deadline deadline = *h->vm->deadline;
        const struct aza_verifier verifier = {h->vm->libctx, &own, aza_find_fetched, &deadline};
        int r = step(h, "verifying the token");
        return r != 0 ? r : aza_verify_token(&verifier, &request, jwt, &checks, NULL);
}

static void store(const struct handshake *h, const struct aza_keyref *key)
{
        uint8_t name[34];

        if (h->vm->config->runtime_dir[0] == '\0')
                return;
        if (aza_keyref_tpm_name(h->vm->libctx, key, name) != 0 ||
            aza_token_cache_write(h->vm->libctx, h->vm->config->runtime_dir, name,
                                  h->vm->config->issuer, key->token) != 0)
                AZA_LOG(WARN, "token not stored: %s", aza_last_error()->message);
}

/* Everything that can be wrong before the TPM is asked (PROTOCOL.md 10.4). */
static int prepare(struct handshake *h)
{
        const struct aza_uri *uri = h->request->uri;
        const struct aza_payload payload = {.members = h->request->payload,
                                            .nonce = uri->nonce[0] != '\0' ? uri->nonce : NULL,
                                            .purpose = uri->purpose};

        if (h->vm->config->maa_url[0] == '\0')
                return AZA_FAIL(
                        AZATTEST_E_CONFIGURATION,
                        "'maa-url' is not set; set it (or AZATTEST_MAA_URL) to an attestation provider, for example https://sharedeus2.eus2.attest.azure.net, https://sharedweu.weu.attest.azure.net or https://sharedeus.eus.attest.azure.net");
        int r = aza_payload_build(h->vm->libctx, &payload, &h->payload, &h->nonce);
        return r != 0 ? r : aza_os_info_read(&h->os);
}

/* On request (D58). The certificate that is there may serve on: a renewal that failed is no reason
 * not to attest. */
static int renew_ak(const struct handshake *h)
{
        const struct aza_deadline soon = aza_deadline_at_most(h->vm->deadline, RENEWAL_MS);
        struct aza_attester vm = *h->vm;
        struct aza_ak_renewed renewed;

        vm.deadline = &soon;
        if (!h->vm->config->renew_ak)
                return 0;
        const int r = step(h, "looking after the AK certificate");
        if (r != 0)
                return r;
        if (aza_ak_renew(&vm, AZA_AK_CERT_EARLY, &renewed) != 0) {
                AZA_LOG(WARN, "renew-ak: %s", aza_last_error()->message);
                aza_clear_error();
        }
        return 0;
}

static int run(struct handshake *h, struct aza_keyref **ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        AZA_BYTES struct aza_bytes jwt = {0};

        int r = prepare(h);
        if (r == 0)
                r = renew_ak(h);
        if (r == 0)
                r = exchange_until_opened(h, &key, &jwt);
        if (r == 0)
                r = verify(h, key, (const char *)jwt.data);
        if (r != 0)
                return r;
        key->token = strdup((const char *)jwt.data);
        if (key->token == NULL)
                return AZA_NO_MEMORY();
        store(h, key);
        *ret = aza_take(&key);
        return 0;
}

int aza_attest(const struct aza_attester *vm, const struct aza_attest_request *request,
               struct aza_keyref **ret)
{
        struct handshake h = {.vm = vm, .request = request};
        int r = run(&h, ret);

        json_object_put(h.payload);
        aza_bytes_free(&h.nonce);
        return r;
}
