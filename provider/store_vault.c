/* SPDX-License-Identifier: Apache-2.0 */
/*
 * azattest://vault/HOST/keys/NAME: a key that a vault releases to this VM. What comes out is an
 * ordinary key of the program's own providers, in the program's memory: nothing of it is ours any
 * more.
 */
#include "store_vault.h"

#include "base/own.h"
#include "key.h"
#include "library.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

AZA_OWN_DEFINE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free);

/* Its public half, which is all that was asked for. */
static int deliver_public(struct aza_prov *prov, PKCS8_PRIV_KEY_INFO *info, OSSL_CALLBACK *callback,
                          void *arg)
{
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *key = EVP_PKCS82PKEY_ex(info, aza_prov_libctx(prov), NULL);
        unsigned char *der = NULL;
        const int len = key != NULL ? i2d_PUBKEY(key, &der) : -1;
        const int ok = len > 0 ? aza_der_deliver(aza_span_of(der, (size_t)len),
                                                 "SubjectPublicKeyInfo", callback, arg)
                               : AZA_RAISE(prov, AZA_R_OUT_OF_MEMORY,
                                           "the released key's public half cannot be written");

        OPENSSL_free(der);
        return ok;
}

/* The same words name the key of this VM that it is wrapped to. */
static bool release(struct aza_prov *prov, const struct aza_uri *uri, const char *text,
                    struct aza_bytes *ret)
{
        const char *query = strchr(text, '?');
        char target[AZA_URI_MAX + 1];

        (void)snprintf(target, sizeof(target), "azattest://key%s", query != NULL ? query : "");
        return aza_library_release(prov, uri->vault, target, ret);
}

int aza_vault_load(struct aza_prov *prov, const struct aza_vault_load *load,
                   OSSL_CALLBACK *callback, void *arg)
{
        AZA_OWN(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = NULL;
        AZA_BYTES struct aza_bytes key = {0};

        if (!release(prov, load->uri, load->text, &key))
                return 0;
        const unsigned char *p = key.data;
        (void)ERR_set_mark();
        info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)key.len);
        (void)ERR_pop_to_mark();
        if (info == NULL)
                return AZA_RAISE(
                        prov, AZA_R_BAD_URI,
                        "%s is a symmetric key, which is no key of this kind; 'azattest release' writes it",
                        load->uri->vault);
        if (load->public_half)
                return deliver_public(prov, info, callback, arg);
        return aza_der_deliver(aza_bytes_span(&key), "PrivateKeyInfo", callback, arg);
}
