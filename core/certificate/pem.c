/* SPDX-License-Identifier: Apache-2.0 */
/* PEM texts of certificates, requests, public keys and key references. */
#include "certificate/certificate.h"

#include "base/error.h"

#include <openssl/pem.h>

static int content(BIO *bio, struct aza_bytes *ret)
{
        char *start = NULL;
        long len = BIO_get_mem_data(bio, &start);

        return len > 0 ? aza_bytes_set(ret, start, (size_t)len) : AZA_NO_MEMORY();
}

int aza_certificate_pem(X509 *certificate, struct aza_bytes *ret)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        if (bio == NULL || PEM_write_bio_X509(bio, certificate) != 1)
                return AZA_NO_MEMORY();
        return content(bio, ret);
}

int aza_certificate_request_pem(X509_REQ *request, struct aza_bytes *ret)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        if (bio == NULL || PEM_write_bio_X509_REQ(bio, request) != 1)
                return AZA_NO_MEMORY();
        return content(bio, ret);
}

int aza_public_key_pem(EVP_PKEY *key, struct aza_bytes *ret)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1)
                return AZA_NO_MEMORY();
        return content(bio, ret);
}

int aza_keyref_pem(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_bytes *ret)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        AZA_BYTES struct aza_bytes der = {0};
        int r = aza_keyref_encode(libctx, ref, &der);

        if (r != 0)
                return r;
        if (bio == NULL ||
            PEM_write_bio(bio, AZA_KEYREF_PEM_LABEL, "", der.data, (long)der.len) <= 0)
                return AZA_NO_MEMORY();
        return content(bio, ret);
}

int aza_keyref_of_pem(OSSL_LIB_CTX *libctx, struct aza_span text, struct aza_keyref **ret)
{
        AZA_BYTES struct aza_bytes der = {0};
        int r = aza_one_der(text, AZA_KEYREF_PEM_LABEL, &der);

        return r != 0 ? r : aza_keyref_decode(libctx, aza_bytes_span(&der), ret);
}
