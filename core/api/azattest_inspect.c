/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: what a file is, and what it says. Judges nothing. */
#include "azattest.h"

#include "api/azattest_context.h"
#include "base/crypto.h"
#include "base/printable.h"
#include "show/show.h"

enum azattest_kind azattest_kind_of(const uint8_t *data, size_t len)
{
        return data != NULL ? aza_kind_of(aza_span_of(data, len)) : AZATTEST_KIND_UNKNOWN;
}

const char *azattest_kind_name(enum azattest_kind kind)
{
        return aza_kind_text(kind);
}

static int inspect(OSSL_LIB_CTX *libctx, struct aza_span content, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        const enum azattest_kind kind = aza_kind_of(content);
        json_object *said;

        if (out == NULL)
                return AZA_NO_MEMORY();
        if (kind == AZATTEST_KIND_UNKNOWN && aza_private_key_refuse(content) != 0)
                return AZATTEST_E_INPUT;
        if (kind == AZATTEST_KIND_UNKNOWN)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "this is nothing azattest knows: no token, HCL, SEV-SNP or TDX report, quote, event log, evidence file, key file, certificate or request%s",
                        aza_text_advice(content.data, content.len));
        said = aza_show_content(libctx, kind, content);
        if (said == NULL)
                return aza_last_error()->code;
        aza_show_text(out, "kind", "%s", aza_kind_text(kind));
        aza_show_text(out, "verified", "no (inspect only reads; 'azattest verify' judges)");
        aza_show_object(out, "says", said);
        return aza_hand_out_json(out, ret_json);
}

int azattest_inspect(const uint8_t *data, size_t len, char **ret_json)
{
        OSSL_LIB_CTX *libctx;

        aza_clear_error();
        if (data == NULL || ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "nothing to inspect, or no place for what it says");
        if ((libctx = aza_libctx_new("default")) == NULL)
                return aza_last_error()->code;
        int r = inspect(libctx, aza_span_of(data, len), ret_json);
        OSSL_LIB_CTX_free(libctx);
        return r;
}
