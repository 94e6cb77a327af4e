/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificate revocation lists from bytes; whether one is its issuer's, and of now. */
#include "base/certs.h"
#include "base/error.h"
#include "base/one.h"

#include <openssl/err.h>
#include <openssl/pem.h>

void aza_crls_free(aza_crls *pile)
{
        sk_X509_CRL_pop_free(pile, X509_CRL_free);
}

X509_CRL *aza_crl_parse(OSSL_LIB_CTX *libctx, struct aza_span in)
{
        AZA_BYTES struct aza_bytes der = {0};
        X509_CRL *crl = X509_CRL_new_ex(libctx, NULL);
        const unsigned char *p;

        if (crl == NULL || aza_one_der(in, PEM_STRING_X509_CRL, &der) != 0) {
                X509_CRL_free(crl);
                return NULL;
        }
        p = der.data;
        (void)ERR_set_mark();
        (void)d2i_X509_CRL(&crl, &p, (long)der.len); /* frees and clears it on failure */
        (void)ERR_pop_to_mark();
        if (crl != NULL && p != der.data + der.len) {
                X509_CRL_free(crl);
                crl = NULL;
        }
        return crl;
}

int aza_crls_add(OSSL_LIB_CTX *libctx, struct aza_span in, aza_crls *pile)
{
        X509_CRL *crl = aza_crl_parse(libctx, in);

        if (crl == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "not exactly one certificate revocation list");
        if (sk_X509_CRL_num(pile) >= AZA_CERTS_MAX || sk_X509_CRL_push(pile, crl) <= 0) {
                X509_CRL_free(crl);
                return AZA_FAIL(AZATTEST_E_INPUT, "too many revocation lists");
        }
        return 0;
}

X509_CRL *aza_crl_of(const aza_crls *pile, const X509_NAME *issuer)
{
        for (int i = 0; pile != NULL && i < sk_X509_CRL_num(pile); i++) {
                X509_CRL *crl = sk_X509_CRL_value(pile, i);
                if (X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) == 0)
                        return crl;
        }
        return NULL;
}

const char *aza_crl_fault(X509_CRL *crl, X509 *issuer, int64_t time)
{
        time_t t = (time_t)time;

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
                return "the list is of another issuer";
        (void)ERR_set_mark();
        bool good = X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
        (void)ERR_pop_to_mark();
        if (!good)
                return "its issuer did not sign the list";
        if (X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &t) != -1)
                return "the list is from the future";
        if (X509_CRL_get0_nextUpdate(crl) == NULL)
                return "the list names no next update: it may be any old one";
        if (X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &t) != 1)
                return "the list is outdated";
        return NULL;
}
