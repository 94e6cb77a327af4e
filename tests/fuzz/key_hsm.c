/* SPDX-License-Identifier: Apache-2.0 */
/* What an accepted answer holds: two bytes of length and a JWK, the same and key_hsm, and the
 * key itself, which is wrapped here. */
#include "fuzz.h"
#include "release/parse.h"

static const uint8_t aes_key[32];

static void wrap(struct aza_span plain, struct aza_bytes *ret)
{
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(fuzz_libctx(), "AES-256-WRAP-PAD", NULL);
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        int len = 0;

        FUZZ_CHECK(cipher != NULL && ctx != NULL);
        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        FUZZ_CHECK(aza_bytes_resize(ret, 256 + plain.len + 16) == 0);
        FUZZ_CHECK(EVP_EncryptInit_ex2(ctx, cipher, aes_key, NULL, NULL) == 1);
        FUZZ_CHECK(EVP_EncryptUpdate(ctx, ret->data + 256, &len, plain.data, (int)plain.len) == 1);
        FUZZ_CHECK(aza_bytes_resize(ret, 256 + (size_t)len) == 0);
}

static void open_answer(const struct aza_release *r)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_released key = {0};
        int code = aza_release_open(fuzz_libctx(), r, aza_span_of(aes_key, sizeof aes_key), &rows,
                                    &key);

        FUZZ_CHECK(code == 0 || code == AZATTEST_E_KEY_RELEASE);
        FUZZ_CHECK((code == 0) == (key.bytes.len > 0));
        fuzz_rows_agree(&rows, code == 0);
        aza_released_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span rest = aza_span_of(data, size);
        struct aza_span jwk = fuzz_part(&rest);
        struct aza_span hsm = fuzz_part(&rest);
        AZA_OWN(json_object_put) json_object *key = NULL;
        struct aza_release r = {0};

        (void)aza_json_parse(jwk, 8192, &key);
        r.key = key;
        FUZZ_CHECK(aza_release_read_hsm(hsm, &r) == 0);
        open_answer(&r);
        aza_bytes_free(&r.wrapped);
        if (rest.len > 0) {
                wrap(rest, &r.wrapped);
                open_answer(&r);
        }
        aza_bytes_free(&r.wrapped);
        json_object_put(r.hsm);
        return 0;
}
