/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the instance metadata service, as bytes (PROTOCOL.md 6.1, 6.2). Everything here is
 * untrusted until the certificates and the quote are verified: the host can forge IMDS. */
#include "evidence/imds.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/own.h"

#include <string.h>

#define ANSWER_MAX (1u << 20)

/* The answer as a JSON object, or the reference client's codes. */
static int parse_object(struct aza_span body, const char *what, json_object **ret)
{
        AZA_OWN(json_object_put) json_object *json = NULL;

        if (body.len == 0)
                return AZA_FAIL(AZATTEST_E_EMPTY_RESPONSE, "IMDS: the answer with %s is empty",
                                what);
        if (aza_json_parse(body, ANSWER_MAX, &json) != 0)
                return aza_context(
                        AZA_FAIL(AZATTEST_E_INVALID_JSON, "%s", aza_last_error()->message),
                        "IMDS: the answer with %s is not JSON", what);
        if (!json_object_is_type(json, json_type_object))
                return AZA_FAIL(AZATTEST_E_INVALID_JSON,
                                "IMDS: the answer with %s is no JSON object", what);
        *ret = aza_take(&json);
        return 0;
}

int aza_imds_parse_vcek(struct aza_span body, struct aza_bytes *ret_pem)
{
        AZA_OWN(json_object_put) json_object *json = NULL;
        AZA_BYTES struct aza_bytes pem = {0};
        int code = parse_object(body, "the VCEK", &json);

        if (code != 0)
                return code;
        const char *vcek = aza_json_string(json, "vcekCert");
        const char *chain = aza_json_string(json, "certificateChain");
        if (vcek == NULL || *vcek == '\0' || chain == NULL || *chain == '\0')
                return AZA_FAIL(
                        AZATTEST_E_EMPTY_VCEK_CERT,
                        "IMDS: the answer has no vcekCert or no certificateChain; try again later");
        code = aza_bytes_append_text(&pem, vcek);
        /* Two PEM blocks on one line would be read as neither. */
        if (code == 0 && pem.data[pem.len - 1] != '\n')
                code = aza_bytes_append_text(&pem, "\n");
        if (code == 0)
                code = aza_bytes_append_text(&pem, chain);
        if (code != 0)
                return code;
        aza_bytes_free(ret_pem);
        *ret_pem = aza_bytes_take(&pem);
        return 0;
}

int aza_imds_parse_td_quote(struct aza_span body, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *json = NULL;
        AZA_BYTES struct aza_bytes quote = {0};
        int code = parse_object(body, "the TD quote", &json);

        if (code != 0)
                return code;
        const char *text = aza_json_string(json, "quote");
        if (text == NULL || *text == '\0')
                return AZA_FAIL(AZATTEST_E_EMPTY_TD_QUOTE,
                                "IMDS: the answer has no TD quote; try again later");
        /* Clients disagree on the alphabet, and so may services. */
        size_t len = strlen(text);
        if (aza_base64_decode(AZA_BASE64URL, text, len, &quote) != 0 &&
            aza_base64_decode(AZA_BASE64, text, len, &quote) != 0)
                return AZA_FAIL(AZATTEST_E_EMPTY_TD_QUOTE, "IMDS: the TD quote is not base64");
        if (quote.len == 0)
                return AZA_FAIL(AZATTEST_E_EMPTY_TD_QUOTE, "IMDS: the TD quote is empty");
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&quote);
        return 0;
}
