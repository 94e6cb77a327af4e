/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: what AMD, Microsoft and Intel publish about a VM's evidence, as bytes for who
 * judges it elsewhere. Judges nothing: what is fetched is trusted through pins only, when it is
 * used. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "online/collateral.h"
#include "online/td_collateral.h"
#include "show/show.h"

#include <openssl/err.h>
#include <openssl/pem.h>

/* Of a report alone, or an evidence file. */
static int read_content(struct azattest_call *call, struct aza_span content,
                        struct aza_evidence_file *ret)
{
        return aza_kind_of(content) == AZATTEST_KIND_EVIDENCE
                       ? aza_evidence_file_decode(content, ret)
                       : aza_evidence_of_report(call->libctx, content, ret);
}

static int write_pem(const aza_certs *certs, const aza_crls *crls, char **ret_pem)
{
        AZA_OWN(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
        uint8_t *copy = NULL;
        char *text = NULL;
        bool good = out != NULL;

        for (int i = 0; good && i < sk_X509_num(certs); i++)
                good = PEM_write_bio_X509(out, sk_X509_value(certs, i)) == 1;
        for (int i = 0; good && i < sk_X509_CRL_num(crls); i++)
                good = PEM_write_bio_X509_CRL(out, sk_X509_CRL_value(crls, i)) == 1;
        if (!good)
                return AZA_NO_MEMORY();
        const long len = BIO_get_mem_data(out, &text);
        int r = aza_hand_out(aza_span_of(text, (size_t)len), &copy);
        if (r == 0)
                *ret_pem = (char *)copy;
        return r;
}

static int fetch(struct azattest_call *call, struct aza_span content, char **ret_pem)
{
        AZA_OWN(aza_certs_free) aza_certs *certs = sk_X509_new_null();
        AZA_OWN(aza_crls_free) aza_crls *crls = sk_X509_CRL_new_null();
        struct aza_evidence_file file = {0};
        int r = certs != NULL && crls != NULL ? 0 : AZA_NO_MEMORY();

        if (r == 0)
                r = read_content(call, content, &file);
        if (r == 0)
                r = aza_fetch_vcek(call->libctx, &call->deadline, "", &file, certs);
        if (r == 0)
                r = aza_fetch_ak_issuers(call->libctx, &call->deadline, "", &file, certs);
        if (r == 0)
                r = aza_fetch_crl(call->libctx, &call->deadline, &file, certs, crls);
        aza_evidence_file_free(&file);
        return r != 0 ? r : write_pem(certs, crls, ret_pem);
}

static int fetch_collateral(struct azattest_call *call, struct aza_span content, char **ret_json)
{
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_evidence_file file = {0};
        struct aza_td_collateral collateral = {0};
        uint8_t *copy = NULL;
        int r = read_content(call, content, &file);

        if (r == 0)
                r = aza_fetch_td_collateral(call->libctx, &call->deadline, NULL, &file,
                                            &collateral);
        if (r == 0 && !aza_td_collateral_is_empty(&collateral))
                r = aza_td_collateral_encode(&collateral, &text);
        if (r == 0)
                r = aza_hand_out(aza_bytes_span(&text), &copy);
        if (r == 0)
                *ret_json = (char *)copy;
        aza_td_collateral_free(&collateral);
        aza_evidence_file_free(&file);
        return r;
}

/* One of the two above. */
static int call(azattest_context *ctx, struct aza_span content,
                int (*fetch_it)(struct azattest_call *, struct aza_span, char **), char **ret)
{
        AZATTEST_CALL struct azattest_call call = {0};

        aza_clear_error();
        if (content.data == NULL || content.len == 0 || ret == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no evidence or report, or no place for what is fetched");
        int r = aza_call_begin(ctx, false, &call);
        (void)ERR_set_mark();
        if (r == 0)
                r = fetch_it(&call, content, ret);
        (void)ERR_pop_to_mark();
        return r;
}

int azattest_fetch(azattest_context *ctx, const uint8_t *data, size_t len, char **ret_pem)
{
        return call(ctx, aza_span_of(data, len), fetch, ret_pem);
}

int azattest_fetch_collateral(azattest_context *ctx, const uint8_t *data, size_t len,
                              char **ret_json)
{
        return call(ctx, aza_span_of(data, len), fetch_collateral, ret_json);
}
