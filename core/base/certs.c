/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates from bytes, and comparing them with pins. */
#include "base/certs.h"

#include "base/crypto.h"
#include "base/error.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define CERT_MAX 65536u

void aza_certs_free(aza_certs *pile)
{
        sk_X509_pop_free(pile, X509_free);
}

int aza_certs_copy(const aza_certs *from, aza_certs *to)
{
        for (int i = 0; i < sk_X509_num(from); i++) {
                X509 *cert = sk_X509_value(from, i);

                if (X509_up_ref(cert) != 1)
                        return AZA_NO_MEMORY();
                if (sk_X509_push(to, cert) <= 0) {
                        X509_free(cert);
                        return AZA_NO_MEMORY();
                }
        }
        return 0;
}

X509 *aza_cert_parse(OSSL_LIB_CTX *libctx, struct aza_span der)
{
        AZA_OWN(X509_free) X509 *cert = X509_new_ex(libctx, NULL);
        const unsigned char *p = der.data;

        if (cert == NULL || der.len == 0 || der.len > CERT_MAX)
                return NULL;
        (void)ERR_set_mark();
        /* A failing d2i frees and clears `cert`. */
        bool ok = d2i_X509(&cert, &p, (long)der.len) != NULL && p == der.data + der.len &&
                  X509_get0_pubkey(cert) != NULL;
        (void)ERR_pop_to_mark();
        return ok ? aza_take(&cert) : NULL;
}

static int add(OSSL_LIB_CTX *libctx, struct aza_span der, aza_certs *pile)
{
        X509 *cert = aza_cert_parse(libctx, der);

        if (cert == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "certificate %d of the chain cannot be read",
                                sk_X509_num(pile) + 1);
        if (sk_X509_num(pile) >= AZA_CERTS_MAX) {
                X509_free(cert);
                return AZA_FAIL(AZATTEST_E_INPUT, "more than %d certificates", AZA_CERTS_MAX);
        }
        if (sk_X509_push(pile, cert) <= 0) {
                X509_free(cert);
                return AZA_NO_MEMORY();
        }
        return 0;
}

static int add_pem(OSSL_LIB_CTX *libctx, BIO *bio, aza_certs *pile)
{
        for (;;) {
                char *name = NULL, *header = NULL;
                unsigned char *der = NULL;
                long len = 0;
                int code = 0;

                (void)ERR_set_mark();
                bool block = PEM_read_bio(bio, &name, &header, &der, &len) == 1;
                bool end = !block && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
                (void)ERR_pop_to_mark();
                if (!block)
                        return end ? 0
                                   : AZA_FAIL(AZATTEST_E_INPUT,
                                              "a damaged PEM block among the certificates");
                if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0)
                        code = add(libctx, aza_span_of(der, (size_t)len), pile);
                OPENSSL_free(name);
                OPENSSL_free(header);
                OPENSSL_free(der);
                if (code != 0)
                        return code;
        }
}

int aza_certs_add(OSSL_LIB_CTX *libctx, struct aza_span in, aza_certs *pile)
{
        if (in.len == 0)
                return 0;
        if (in.len > (size_t)CERT_MAX * AZA_CERTS_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "%zu bytes of certificates are too many", in.len);
        if (in.data[0] == 0x30)
                return add(libctx, in, pile);
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(in.data, (int)in.len);
        if (bio == NULL)
                return AZA_NO_MEMORY();
        return add_pem(libctx, bio, pile);
}

int aza_certs_add_some(OSSL_LIB_CTX *libctx, struct aza_span in, aza_certs *pile)
{
        const int before = sk_X509_num(pile);
        int r = aza_certs_add(libctx, in, pile);

        return r == 0 && sk_X509_num(pile) == before
                       ? AZA_FAIL(AZATTEST_E_INPUT, "there is no certificate in it")
                       : r;
}

bool aza_cert_sha256(OSSL_LIB_CTX *libctx, X509 *cert, uint8_t out[32])
{
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);

        if (len <= 0)
                return false;
        bool ok = aza_sha256(libctx, aza_span_of(der, (size_t)len), out) == 0;
        OPENSSL_free(der);
        return ok;
}

bool aza_cert_spki_sha256(OSSL_LIB_CTX *libctx, X509 *cert, uint8_t out[32])
{
        unsigned char *der = NULL;
        int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

        if (len <= 0)
                return false;
        bool ok = aza_sha256(libctx, aza_span_of(der, (size_t)len), out) == 0;
        OPENSSL_free(der);
        return ok;
}

bool aza_pin_listed(const char *pins, const uint8_t hash[32])
{
        while (pins != NULL && *pins != '\0') {
                uint8_t pin[32];
                size_t len = strcspn(pins, " ,");
                if (aza_unhex(pins, len, pin, sizeof(pin)) == 0 && memcmp(pin, hash, 32) == 0)
                        return true;
                pins += len + strspn(pins + len, " ,");
        }
        return false;
}

bool aza_cert_valid_at(const X509 *cert, int64_t time, bool *ret_late)
{
        time_t t = (time_t)time;

        *ret_late = X509_cmp_time(X509_get0_notAfter(cert), &t) != 1;
        return !*ret_late && X509_cmp_time(X509_get0_notBefore(cert), &t) == -1;
}
