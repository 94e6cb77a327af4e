/* SPDX-License-Identifier: Apache-2.0 */
/* Attested certificates and requests: what there is to judge. */
#include "base/one.h"
#include "certificate/cmw.h"
#include "certificate/csr.h"
#include "certificate/leaf.h"
#include "verdict/certificate.h"

#include <openssl/x509v3.h>

bool aza_certificate_is_delegated(const struct aza_certificate_request *request)
{
        return aza_leaf_voucher(request->above) != NULL;
}

X509 *aza_certificate_attested(const struct aza_certificate_request *request)
{
        X509 *voucher = aza_leaf_voucher(request->above);

        return voucher != NULL ? voucher : request->certificate;
}

int aza_certificate_read(OSSL_LIB_CTX *libctx, struct aza_span data,
                         struct aza_certificate_request *ret)
{
        if (aza_is_request(data))
                return aza_one_request(libctx, data, &ret->csr);
        if (!aza_leaf_chain(libctx, data, &ret->above))
                return aza_one_certificate(libctx, data, &ret->certificate);
        ret->certificate = sk_X509_shift(ret->above);
        return 0;
}

void aza_certificate_release(struct aza_certificate_request *request)
{
        X509_free(request->certificate);
        X509_REQ_free(request->csr);
        aza_certs_free(request->above);
        request->certificate = NULL;
        request->csr = NULL;
        request->above = NULL;
}

/* A request is signed by its own key. Of certificates all bits are set when there is no such
 * extension. */
enum aza_purpose aza_certificate_purpose(const struct aza_certificate_request *request)
{
        const uint32_t both = KU_KEY_ENCIPHERMENT | KU_DIGITAL_SIGNATURE;
        X509 *certificate = request->certificate;

        if (aza_certificate_is_delegated(request))
                return AZA_PURPOSE_ISSUE;
        return certificate != NULL &&
                               (X509_get_key_usage(certificate) & both) == KU_KEY_ENCIPHERMENT
                       ? AZA_PURPOSE_DECRYPT
                       : AZA_PURPOSE_SIGN;
}

int aza_certificate_token(const struct aza_certificate_request *request, struct aza_bytes *ret_jwt)
{
        return request->csr != NULL ? aza_csr_token(request->csr, ret_jwt)
                                    : aza_cmw_of_certificate(aza_certificate_attested(request),
                                                             AZA_CMW_OID, ret_jwt);
}

EVP_PKEY *aza_certificate_key(const struct aza_certificate_request *request)
{
        return request->csr != NULL ? X509_REQ_get0_pubkey(request->csr)
                                    : X509_get0_pubkey(aza_certificate_attested(request));
}
