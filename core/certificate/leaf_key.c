/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of leaves in files: sealed to this vTPM, or as they are. */
#include "certificate/leaf.h"

#include "base/error.h"
#include "base/one.h"
#include "key/pkcs8.h"
#include "key/seal.h"

#include <openssl/pem.h>
#include <string.h>

int aza_private_key_pem(const EVP_PKEY *key, struct aza_bytes *ret)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *start = NULL;

        if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
                return AZA_NO_MEMORY();
        const long len = BIO_get_mem_data(bio, &start);
        return len > 0 ? aza_bytes_set(ret, start, (size_t)len) : AZA_NO_MEMORY();
}

int aza_private_key_sealed(struct aza_tpm *tpm, const struct aza_keyref *issuer,
                           const EVP_PKEY *key, struct aza_bytes *ret)
{
        const struct aza_key_spec spec = {.purpose = AZA_PURPOSE_DECRYPT,
                                          .name = issuer->name,
                                          .hierarchy = issuer->hierarchy,
                                          .pcr_mask = issuer->pcr_mask};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes der = {0};
        int r = aza_private_key_pem(key, &pem);

        if (r != 0 || (r = aza_one_der(aza_bytes_span(&pem), PEM_STRING_PKCS8INF, &der)) != 0 ||
            (r = aza_key_derive(tpm, &spec, NULL, &ref)) != 0)
                return r;
        return aza_seal(tpm, ref, aza_bytes_span(&der), ret);
}

/* ---- reading ---- */

bool aza_private_key_is_sealed(struct aza_span text)
{
        static const char begin[] = "-----BEGIN " AZA_SEALED_PEM_LABEL "-----";

        return text.len >= sizeof(begin) && memcmp(text.data, begin, sizeof(begin) - 1) == 0;
}

static int open_sealed(const struct aza_key_reader *reader, struct aza_span text,
                       struct aza_bytes *ret)
{
        AZA_SEALED struct aza_sealed sealed = {0};
        AZA_BYTES struct aza_bytes jwe = {0};
        int r = aza_sealed_of_pem(text, &jwe);

        if (reader->tpm == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "the private key is sealed to a vTPM");
        if (r != 0 || (r = aza_sealed_parse(aza_bytes_span(&jwe), &sealed)) != 0)
                return r;
        return aza_unseal(reader->tpm, reader->config, &sealed, ret);
}

int aza_private_key_read(const struct aza_key_reader *reader, struct aza_span text, EVP_PKEY **ret)
{
        const struct aza_passphrase nobody = {0};
        AZA_BYTES struct aza_bytes der = {0};
        const int r = aza_private_key_is_sealed(text)
                              ? open_sealed(reader, text, &der)
                              : aza_pkcs8_read(reader->libctx, text, &nobody, &der);

        return r != 0 ? r : aza_pkcs8_key(reader->libctx, aza_bytes_span(&der), ret);
}
