/* SPDX-License-Identifier: Apache-2.0 */
/* Padding modes and digests in OSSL_PARAM. */
#include "rsa_params.h"

#include "params.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <strings.h>

static const OSSL_ITEM modes[] = {
        {RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15},
        {RSA_NO_PADDING, OSSL_PKEY_RSA_PAD_MODE_NONE},
        {RSA_PKCS1_OAEP_PADDING, OSSL_PKEY_RSA_PAD_MODE_OAEP},
        {RSA_PKCS1_OAEP_PADDING, "oeap"}, /* a spelling OpenSSL takes too */
        {RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PAD_MODE_PSS},
        {RSA_X931_PADDING, OSSL_PKEY_RSA_PAD_MODE_X931},
};
#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

bool aza_padding_get(const struct aza_prov *prov, const OSSL_PARAM *p, int *ret)
{
        AZA_OWN(free) char *word = aza_param_text(p);

        if (aza_param_int(p, ret))
                return true;
        if (word != NULL)
                for (size_t i = 0; i < MODE_COUNT; i++)
                        if (strcasecmp(word, modes[i].ptr) == 0) {
                                *ret = (int)modes[i].id;
                                return true;
                        }
        AZA_RAISE(prov, AZA_R_UNSUPPORTED_PADDING,
                  "padding \"%s\": allowed are oaep, pkcs1, pss, none as the operation has them",
                  word != NULL ? word : "?");
        return false;
}

bool aza_padding_set(OSSL_PARAM *p, int mode)
{
        if (p == NULL)
                return true;
        if (aza_param_is_number(p))
                return OSSL_PARAM_set_int(p, mode) == 1;
        for (size_t i = 0; i < MODE_COUNT; i++)
                if ((int)modes[i].id == mode)
                        return OSSL_PARAM_set_utf8_string(p, modes[i].ptr) == 1;
        return false;
}

bool aza_digest_fetch(struct aza_prov *prov, const char *name, EVP_MD **md)
{
        OSSL_LIB_CTX *libctx = aza_prov_libctx(prov);
        EVP_MD *fetched;

        if (libctx == NULL)
                return false;
        fetched = EVP_MD_fetch(libctx, name, NULL);
        if (fetched == NULL || (EVP_MD_get_flags(fetched) & EVP_MD_FLAG_XOF) != 0) {
                EVP_MD_free(fetched);
                AZA_RAISE(prov, AZA_R_UNSUPPORTED_DIGEST, "digest \"%s\" is not available here",
                          name);
                return false;
        }
        EVP_MD_free(*md);
        *md = fetched;
        return true;
}

bool aza_digest_get(struct aza_prov *prov, const OSSL_PARAM *p, EVP_MD **md)
{
        AZA_OWN(free) char *name = aza_param_text(p);

        if (name == NULL) {
                AZA_RAISE(prov, AZA_R_BAD_PARAMETER, "a digest is given by name");
                return false;
        }
        return aza_digest_fetch(prov, name, md);
}

void aza_digest_share(EVP_MD *from, EVP_MD **to)
{
        if (from != NULL && EVP_MD_up_ref(from) == 1)
                *to = from;
}

bool aza_digest_name(OSSL_PARAM *p, const EVP_MD *md)
{
        return p == NULL ||
               OSSL_PARAM_set_utf8_string(p, md == NULL ? "" : EVP_MD_get0_name(md)) == 1;
}
