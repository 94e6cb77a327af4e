/* SPDX-License-Identifier: Apache-2.0 */
/* Owns certificate chains of the verifier (PROTOCOL.md 11.3 item 3). */
#include "sim/cert.h"
#include "sim/maa_verify.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

bool sim_maa_chain(X509 *leaf, X509 *root, STACK_OF(X509) * others, const char **ret_why)
{
        AZA_OWN(X509_STORE_free) X509_STORE *store = X509_STORE_new();
        AZA_OWN(X509_STORE_CTX_free)
        X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(sim_libctx(), NULL);

        *ret_why = "out of memory";
        if (store == NULL || ctx == NULL || X509_STORE_add_cert(store, root) != 1 ||
            X509_STORE_CTX_init(ctx, store, leaf, others) != 1)
                return false;
        (void)ERR_set_mark();
        bool good = X509_verify_cert(ctx) == 1;
        (void)ERR_pop_to_mark();
        *ret_why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
        return good;
}

/* One DER certificate; behind it only the zeros that fill the NV index. */
static X509 *parse(struct aza_span der)
{
        AZA_OWN(X509_free) X509 *x = X509_new_ex(sim_libctx(), NULL);
        const unsigned char *end = der.data;

        (void)ERR_set_mark();
        bool good = x != NULL && der.len <= 16384 && d2i_X509(&x, &end, (long)der.len) != NULL &&
                    aza_span_is_zero(aza_span_of(end, der.len - (size_t)(end - der.data)));
        (void)ERR_pop_to_mark();
        return good ? aza_take(&x) : NULL;
}

bool sim_maa_verify_aik_certificate(const struct sim_pki *pki,
                                    const struct sim_maa_request *request, EVP_PKEY *aik,
                                    X509 **ret, struct sim_refusal *refusal)
{
        AZA_OWN(X509_free) X509 *x = parse(aza_bytes_span(&request->aik_certificate));
        STACK_OF(X509) *others = sk_X509_new_null();
        const char *why = "out of memory";

        if (x == NULL) {
                sk_X509_free(others);
                return sim_refuse(refusal, "AikCert", "not a DER certificate");
        }
        bool good = others != NULL && sk_X509_push(others, pki->vtpm_ca) > 0 &&
                    sim_maa_chain(x, pki->vtpm_root, others, &why);
        sk_X509_free(others);
        if (!good)
                return sim_refuse(refusal, "AikCert", "no chain to the vTPM root: %s", why);
        if (EVP_PKEY_eq(X509_get0_pubkey(x), aik) != 1)
                return sim_refuse(refusal, "AikCert", "for another key than AikPub");
        *ret = aza_take(&x);
        return true;
}
