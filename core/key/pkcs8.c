/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of files, as PKCS#8. OpenSSL's decoders read them, in the library context that was
 * given and with nothing of the application's. */
#include "key/pkcs8.h"

#include "base/error.h"
#include "base/one.h"

#include <openssl/core_dispatch.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define FILE_MAX 262144

AZA_OWN_DEFINE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free);
AZA_OWN_DEFINE(OSSL_DECODER_CTX, OSSL_DECODER_CTX_free);

int aza_pkcs8_check(struct aza_span der)
{
        AZA_OWN(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = NULL;
        const unsigned char *p = der.data;

        if (der.len > 0 && der.len <= FILE_MAX) {
                (void)ERR_set_mark();
                info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len);
                (void)ERR_pop_to_mark();
        }
        if (info == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "not a private key in PKCS#8");
        if (p != der.data + der.len)
                return AZA_FAIL(AZATTEST_E_INPUT, "%zu bytes stand behind the PKCS#8",
                                (size_t)(der.data + der.len - p));
        return 0;
}

int aza_pkcs8_key(OSSL_LIB_CTX *libctx, struct aza_span der, EVP_PKEY **ret)
{
        AZA_OWN(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = NULL;
        const unsigned char *at = der.data;

        (void)ERR_set_mark();
        info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
        *ret = info != NULL ? EVP_PKCS82PKEY_ex(info, libctx, NULL) : NULL;
        (void)ERR_pop_to_mark();
        return *ret != NULL
                       ? 0
                       : AZA_FAIL(AZATTEST_E_INPUT, "OpenSSL knows no private key of this type");
}

/* OpenSSL's readers ask one after the other; whoever is asked is asked once. */
struct asking {
        const struct aza_passphrase *passphrase;
        bool asked;
        char answer[PEM_BUFSIZE];
        int len; /* 0: none. That is no attempt with an empty one. */
};

static int ask(char *out, int room, int writing, void *arg)
{
        struct asking *a = arg;
        const struct aza_passphrase *p = a->passphrase;

        if (!a->asked && p->ask != NULL)
                a->len = p->ask(a->answer, (int)sizeof(a->answer), writing, p->arg);
        a->asked = true;
        if (a->len <= 0 || a->len > room)
                return -1;
        memcpy(out, a->answer, (size_t)a->len);
        return a->len;
}

static EVP_PKEY *read_pem(OSSL_LIB_CTX *libctx, struct aza_span file, struct asking *asking)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);

        return bio != NULL ? PEM_read_bio_PrivateKey_ex(bio, NULL, ask, asking, libctx, NULL)
                           : NULL;
}

static EVP_PKEY *read_der(OSSL_LIB_CTX *libctx, struct aza_span file, struct asking *asking)
{
        EVP_PKEY *key = NULL;
        const unsigned char *p = file.data;
        size_t left = file.len;
        AZA_OWN(OSSL_DECODER_CTX_free)
        OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
                &key, "DER", NULL, NULL, OSSL_KEYMGMT_SELECT_PRIVATE_KEY, libctx, NULL);

        if (ctx == NULL || OSSL_DECODER_CTX_set_pem_password_cb(ctx, ask, asking) != 1 ||
            OSSL_DECODER_from_data(ctx, &p, &left) != 1 || left != 0) {
                EVP_PKEY_free(key);
                return NULL;
        }
        return key;
}

static int encode(const EVP_PKEY *key, struct aza_bytes *ret)
{
        AZA_OWN(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
        unsigned char *der = NULL;
        const int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;

        if (len <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_INPUT, "the key has no form in PKCS#8");
        const int r = aza_bytes_set(ret, der, (size_t)len);
        OPENSSL_clear_free(der, (size_t)len);
        return r;
}

static int not_read(struct aza_span file, const struct asking *asking)
{
        if (!asking->asked && aza_is_pkcs12(file))
                return AZA_FAIL(AZATTEST_E_INPUT, AZA_PKCS12_ADVICE);
        if (!asking->asked)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "no private key that OpenSSL can read, PEM or DER, is in it");
        if (asking->passphrase->ask == NULL)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "the private key is encrypted, and its passphrase is not given; 'azattest seal --in FILE --passin FROM' makes a sealed one, which needs none");
        return AZA_FAIL(AZATTEST_E_INPUT,
                        "the private key is encrypted, and the passphrase is missing or wrong");
}

int aza_pkcs8_read(OSSL_LIB_CTX *libctx, struct aza_span file,
                   const struct aza_passphrase *passphrase, struct aza_bytes *ret)
{
        struct asking asking = {.passphrase = passphrase};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        if (file.len == 0 || file.len > FILE_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "a private key file has 1 to %d bytes, not %zu",
                                FILE_MAX, file.len);
        (void)ERR_set_mark();
        key = file.data[0] == 0x30 ? read_der(libctx, file, &asking)
                                   : read_pem(libctx, file, &asking);
        (void)ERR_pop_to_mark();
        OPENSSL_cleanse(asking.answer, sizeof(asking.answer));
        return key != NULL ? encode(key, ret) : not_read(file, &asking);
}
