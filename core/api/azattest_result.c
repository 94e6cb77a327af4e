/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: what a result says, for people. Judges nothing: the verdict is in the result. */
#include "api/azattest_context.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "show/html.h"
#include "show/summary.h"

#include <string.h>

#define RESULT_MAX (16u << 20)

static int summarise(OSSL_LIB_CTX *libctx, json_object *result, struct aza_bytes *ret)
{
        struct aza_summary summary;
        int r = aza_summary_of(libctx, result, &summary);

        return r != 0 ? r : aza_summary_line(&summary, ret);
}

int azattest_summary(const char *result_json, char **ret_line)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        AZA_BYTES struct aza_bytes line = {0};
        OSSL_LIB_CTX *libctx = NULL;
        uint8_t *text = NULL;

        aza_clear_error();
        if (result_json == NULL || ret_line == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no result, or no place for its summary");
        int r = aza_json_parse(aza_span_of(result_json, strlen(result_json)), RESULT_MAX, &result);
        if (r == 0 && (libctx = aza_libctx_new("default")) == NULL)
                r = aza_last_error()->code;
        if (r == 0)
                r = summarise(libctx, result, &line);
        OSSL_LIB_CTX_free(libctx);
        if (r == 0 && (r = aza_hand_out(aza_bytes_span(&line), &text)) == 0)
                *ret_line = (char *)text;
        return r;
}

static int parse(const char *text, json_object **ret)
{
        return text != NULL ? aza_json_parse(aza_span_of(text, strlen(text)), RESULT_MAX, ret) : 0;
}

int azattest_html(const char *name, const char *result_json, const char *explanation_json,
                  char **ret_html)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        AZA_OWN(json_object_put) json_object *explanation = NULL;
        AZA_BYTES struct aza_bytes page = {0};
        OSSL_LIB_CTX *libctx;
        uint8_t *text = NULL;
        int r;

        aza_clear_error();
        if (name == NULL || ret_html == NULL || (result_json == NULL && explanation_json == NULL))
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "no name, neither result nor explanation, or no place for the page");
        if ((r = parse(result_json, &result)) != 0 ||
            (r = parse(explanation_json, &explanation)) != 0)
                return r;
        if ((libctx = aza_libctx_new("default")) == NULL)
                return aza_last_error()->code;
        r = aza_html_page(libctx, name, result, explanation, &page);
        OSSL_LIB_CTX_free(libctx);
        if (r == 0 && (r = aza_hand_out(aza_bytes_span(&page), &text)) == 0)
                *ret_html = (char *)text;
        return r;
}
