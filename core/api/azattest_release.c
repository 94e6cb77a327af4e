/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: keys that a key vault releases to this VM. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "online/release.h"

#include <string.h>

struct wanted {
        const struct azattest_release_options *options;
        struct aza_key_release request;
        struct aza_uri uri;
};

/* Arguments first: nothing of them needs the TPM or the network to be wrong. */
static int judge(const struct azattest_call *call, const char *url, struct wanted *w)
{
        const char *uri = w->options->uri != NULL ? w->options->uri : "azattest://key";
        char shown[64];
        int r;

        if ((r = aza_vault_key_parse(url, &w->request.key)) != 0 ||
            (r = aza_call_parse_uri(uri, &call->config, &w->uri)) != 0)
                return r;
        if (w->uri.purpose == AZA_PURPOSE_SIGN)
                return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE,
                                "'%.200s' is a signing key; a key is released to one that decrypts",
                                uri);
        if (w->options->wrapping != NULL &&
            !aza_release_wrap_find(w->options->wrapping, &w->request.wrap))
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "wrapping '%s': wanted is RSA_AES_KEY_WRAP_256, RSA_AES_KEY_WRAP_384 or CKM_RSA_AES_KEY_WRAP",
                        aza_printable(w->options->wrapping, strlen(w->options->wrapping), shown,
                                      sizeof(shown)));
        return 0;
}

static int release(struct azattest_call *call, struct wanted *w, struct aza_call_outcome *o,
                   struct aza_released *ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        int r;

        if ((r = aza_now(&o->time)) != 0 ||
            (r = aza_call_attested_key(call, &w->uri, NULL, &key)) != 0)
                return r;
        if (key->token == NULL)
                return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                                "a key is released to who shows a token, and attest = never allows "
                                "none; use auto or always");
        w->request.to = key;
        const struct aza_attester vm = aza_call_attester(call);
        return aza_key_release(&vm, &w->request, &o->checks, ret, &o->claims);
}

/* A failure that no row names (the TPM's, after K1 to K4) is no result of checks. */
static int finish(struct azattest_call *call, struct aza_call_outcome *o, int r, char **ret_json)
{
        if (r != 0)
                o->why = *aza_last_error();
        if (r != 0 && r != AZATTEST_E_KEY_RELEASE)
                aza_checks_free(&o->checks);
        return aza_call_finish(call, o, ret_json);
}

int azattest_key_release(azattest_context *ctx, const char *url,
                         const struct azattest_release_options *given, uint8_t **ret_key,
                         size_t *ret_len, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "released key"};
        struct azattest_release_options options;
        struct wanted wanted = {.options = &options};
        struct aza_released key = {0};
        uint8_t *bytes = NULL;
        int r;

        aza_clear_error();
        if (url == NULL || ret_key == NULL || ret_len == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no URL, or no place for the released key");
        if ((r = aza_release_options_take(given, &options)) != 0 ||
            (r = aza_call_begin(ctx, true, &call)) != 0 || (r = judge(&call, url, &wanted)) != 0)
                return r;
        r = release(&call, &wanted, &outcome, &key);
        const size_t len = key.bytes.len;
        if (r == 0)
                r = aza_hand_out(aza_bytes_span(&key.bytes), &bytes);
        aza_released_free(&key);
        r = finish(&call, &outcome, r, ret_json);
        if (r != 0) {
                azattest_free(bytes);
                return r;
        }
        *ret_key = bytes;
        *ret_len = len;
        return 0;
}
