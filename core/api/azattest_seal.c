/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: private keys sealed to a vTPM, this VM's or a verified token's. */
#include "api/azattest_context.h"

#include "base/crypto.h"
#include "base/error.h"
#include "key/pkcs8.h"
#include "key/seal.h"
#include "show/show.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* ---- the private key ---- */

static int ask(char *out, int room, int writing, void *arg)
{
        const struct azattest_sealing *s = arg;

        (void)writing;
        return s->passphrase(s->passphrase_arg, out, room);
}

static int read_key(OSSL_LIB_CTX *libctx, const struct azattest_sealing *s, struct aza_bytes *ret)
{
        const struct aza_span file = aza_span_of(s->key, s->key_len);
        const struct aza_passphrase passphrase = {.ask = s->passphrase != NULL ? ask : NULL,
                                                  .arg = (void *)s};
        const enum azattest_kind kind = aza_kind_of(file);

        if (kind == AZATTEST_KIND_KEY_FILE)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "this key file names a key of the vTPM: there is no private key in it to be sealed");
        if (kind == AZATTEST_KIND_SEALED_KEY)
                return AZA_FAIL(AZATTEST_E_INPUT, "this key is sealed already");
        return aza_pkcs8_read(libctx, file, &passphrase, ret);
}

/* ---- who shall open it ---- */

static int take_hierarchy(const char *text, struct aza_sealed_to *to)
{
        if (text == NULL)
                return 0;
        if (strcmp(text, "null") != 0 && strcmp(text, "owner") != 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "hierarchy '%.64s': wanted is null or owner", text);
        to->has_hierarchy = true;
        to->hierarchy = strcmp(text, "owner") == 0 ? TPM2_RH_OWNER : TPM2_RH_NULL;
        return 0;
}

static int take_recipient(const struct azattest_sealing *s, struct aza_sealed_to *to)
{
        const char *name = s->name != NULL ? s->name : "";

        if (!aza_key_name_valid(name))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "key name is not [A-Za-z0-9._-]{1,%d}", AZA_KEY_NAME_MAX);
        memcpy(to->name, name, strlen(name) + 1);
        if (s->jwt == NULL && s->options != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "demands on a token, and there is none: it is sealed to this VM");
        return take_hierarchy(s->hierarchy, to);
}

static int seal_to_own(azattest_context *ctx, const struct azattest_sealing *s,
                       const struct aza_sealed_to *to, struct aza_bytes *ret)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes pkcs8 = {0};
        int r = aza_call_begin(ctx, true, &call);

        if (r != 0 || (r = read_key(call.libctx, s, &pkcs8)) != 0)
                return r;
        const struct aza_key_spec spec = {
                .purpose = AZA_PURPOSE_DECRYPT,
                .name = to->name,
                .hierarchy = to->has_hierarchy ? to->hierarchy : call.config.hierarchy,
                .pcr_mask = aza_config_key_pcrs(&call.config),
        };
        r = aza_key_derive(call.tpm, &spec, NULL, &ref);
        return r != 0 ? r : aza_seal(call.tpm, ref, aza_bytes_span(&pkcs8), ret);
}

static int seal_to_token(azattest_context *ctx, const struct azattest_sealing *s,
                         struct aza_sealed_to *to, struct aza_bytes *ret)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes pkcs8 = {0};
        AZA_BYTES struct aza_bytes n = {0};
        struct azattest_encryption e = AZATTEST_ENCRYPTION_INIT;
        int r;

        e.jwt = s->jwt;
        e.options = s->options;
        if ((r = aza_call_encryption_begin(ctx, &e, &call, &key)) != 0 ||
            (r = aza_rsa_modulus(key, &n)) != 0 || (r = read_key(call.libctx, s, &pkcs8)) != 0)
                return r;
        if (n.len != AZA_RSA_BYTES)
                return AZA_FAIL(AZATTEST_E_JWK_TO_RSA,
                                "the token's key has %zu bits; keys that open sealed keys have %d",
                                8 * n.len, 8 * AZA_RSA_BYTES);
        to->has_key = true;
        memcpy(to->modulus, n.data, AZA_RSA_BYTES);
        return aza_sealed_make(call.libctx, key, to, aza_bytes_span(&pkcs8), ret);
}

int azattest_seal(azattest_context *ctx, const struct azattest_sealing *sealing, char **ret_pem)
{
        AZA_BYTES struct aza_bytes pem = {0};
        struct aza_sealed_to to = {0};
        struct azattest_sealing s;
        struct aza_options o;
        uint8_t *text = NULL;
        int r;

        aza_clear_error();
        if (sealing == NULL || ret_pem == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "nothing to seal, or no place for the result");
        if ((r = aza_sealing_take(sealing, &s, &o)) != 0 || (r = take_recipient(&s, &to)) != 0)
                return r;
        s.options = &o.verify;
        if (s.key == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no private key to seal");
        r = s.jwt != NULL ? seal_to_token(ctx, &s, &to, &pem) : seal_to_own(ctx, &s, &to, &pem);
        if (r != 0 || (r = aza_hand_out(aza_bytes_span(&pem), &text)) != 0)
                return r;
        *ret_pem = (char *)text;
        return 0;
}
