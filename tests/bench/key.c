/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of the attested key against the bare TPM command, and public ones against
 * `default`. */
#include "bench/bench.h"
#include "bench/keys.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

struct operation {
        OSSL_LIB_CTX *libctx;
        EVP_PKEY *key;
        EVP_PKEY_CTX *ctx;
        struct bare_tpm *bare;
        uint8_t block[AZA_RSA_BYTES]; /* ciphertext, or signature */
        size_t len;
};

static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";

static int fail(const char *what)
{
        (void)fprintf(stderr, "bench: %s\n", what);
        ERR_print_errors_fp(stderr);
        return -1;
}

static EVP_PKEY_CTX *oaep(OSSL_LIB_CTX *libctx, EVP_PKEY *key, bool decrypt)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);

        if (ctx == NULL ||
            (decrypt ? EVP_PKEY_decrypt_init(ctx) : EVP_PKEY_encrypt_init(ctx)) != 1 ||
            EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
            EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL) != 1) {
                EVP_PKEY_CTX_free(ctx);
                (void)fail("OAEP context");
                return NULL;
        }
        return ctx;
}

static int decrypt_once(void *arg)
{
        struct operation *o = arg;
        uint8_t out[AZA_RSA_BYTES];
        size_t len = sizeof(out);

        if (EVP_PKEY_decrypt(o->ctx, out, &len, o->block, o->len) != 1 || len != sizeof(secret) ||
            memcmp(out, secret, len) != 0)
                return fail("decrypt");
        return 0;
}

static int encrypt_once(void *arg)
{
        struct operation *o = arg;

        o->len = sizeof(o->block);
        return EVP_PKEY_encrypt(o->ctx, o->block, &o->len, secret, sizeof(secret)) == 1
                       ? 0
                       : fail("encrypt");
}

static int bare_once(void *arg)
{
        struct operation *o = arg;
        uint8_t out[AZA_RSA_BYTES];

        return bare_tpm_rsadp(o->bare, o->block, out);
}

static int pss(EVP_PKEY_CTX *ctx)
{
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static int sign_once(void *arg)
{
        struct operation *o = arg;
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        EVP_PKEY_CTX *ctx = NULL;
        o->len = sizeof(o->block);
        bool good = md != NULL &&
                    EVP_DigestSignInit_ex(md, &ctx, "SHA256", o->libctx, NULL, o->key, NULL) == 1 &&
                    pss(ctx) && EVP_DigestSign(md, o->block, &o->len, secret, sizeof(secret)) == 1;
        EVP_MD_CTX_free(md);
        return good ? 0 : fail("sign");
}

static int verify_once(void *arg)
{
        struct operation *o = arg;
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        EVP_PKEY_CTX *ctx = NULL;
        bool good =
                md != NULL &&
                EVP_DigestVerifyInit_ex(md, &ctx, "SHA256", o->libctx, NULL, o->key, NULL) == 1 &&
                pss(ctx) && EVP_DigestVerify(md, o->block, o->len, secret, sizeof(secret)) == 1;
        EVP_MD_CTX_free(md);
        return good ? 0 : fail("verify");
}

static void release(struct operation *o)
{
        EVP_PKEY_CTX_free(o->ctx);
        EVP_PKEY_free(o->key);
        bare_tpm_close(o->bare);
        *o = (struct operation){0};
}

static int measure_decrypt(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *plain)
{
        struct operation ours = {.libctx = libctx};
        struct operation theirs = {.bare = bench_bare(plain, AZA_PURPOSE_DECRYPT)};
        struct operation make = {0};
        int r = -1;

        ours.key = bench_load_key(libctx, "azattest://key");
        make.key = ours.key != NULL ? bench_native_public(plain, ours.key) : NULL;
        if (theirs.bare != NULL && make.key != NULL &&
            (make.ctx = oaep(plain, make.key, false)) != NULL && encrypt_once(&make) == 0 &&
            (ours.ctx = oaep(libctx, ours.key, true)) != NULL) {
                memcpy(ours.block, make.block, sizeof(make.block));
                memcpy(theirs.block, make.block, sizeof(make.block));
                ours.len = make.len;
                r = bench_run(&(struct bench_pair){
                        .name = "decrypt (OAEP SHA-256)",
                        .yardstick = "bare PolicyPCR + RSA_Decrypt",
                        .ours = decrypt_once,
                        .theirs = bare_once,
                        .ours_arg = &ours,
                        .theirs_arg = &theirs,
                        .rounds = 20,
                        .batch = 20,
                        .aim = 1.10,
                });
        }
        release(&ours);
        release(&theirs);
        release(&make);
        return r;
}

static int measure_sign(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *plain)
{
        struct operation ours = {.libctx = libctx};
        struct operation theirs = {.bare = bench_bare(plain, AZA_PURPOSE_SIGN)};
        struct operation native = {.libctx = plain};
        int r = -1;

        ours.key = bench_load_key(libctx, "azattest://sign");
        native.key = ours.key != NULL ? bench_native_public(plain, ours.key) : NULL;
        if (theirs.bare != NULL && native.key != NULL) {
                theirs.block[1] = 1;
                r = bench_run(&(struct bench_pair){
                        .name = "sign (PSS SHA-256, as TLS 1.3)",
                        .yardstick = "bare PolicyPCR + RSA_Decrypt",
                        .ours = sign_once,
                        .theirs = bare_once,
                        .ours_arg = &ours,
                        .theirs_arg = &theirs,
                        .rounds = 20,
                        .batch = 20,
                        .aim = 1.10,
                });
        }
        if (r == 0) {
                memcpy(native.block, ours.block, sizeof(ours.block));
                native.len = ours.len;
                r = bench_run(&(struct bench_pair){
                        .name = "verify (PSS SHA-256)",
                        .yardstick = "default provider",
                        .ours = verify_once,
                        .theirs = verify_once,
                        .ours_arg = &ours,
                        .theirs_arg = &native,
                        .rounds = 20,
                        .batch = 200,
                });
        }
        release(&ours);
        release(&theirs);
        release(&native);
        return r;
}

static int measure_encrypt(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *plain)
{
        struct operation ours = {.libctx = libctx};
        struct operation native = {.libctx = plain};
        int r = -1;

        ours.key = bench_load_key(libctx, "azattest://key");
        native.key = ours.key != NULL ? bench_native_public(plain, ours.key) : NULL;
        if (native.key != NULL && (ours.ctx = oaep(libctx, ours.key, false)) != NULL &&
            (native.ctx = oaep(plain, native.key, false)) != NULL)
                r = bench_run(&(struct bench_pair){
                        .name = "encrypt (OAEP SHA-256)",
                        .yardstick = "default provider",
                        .ours = encrypt_once,
                        .theirs = encrypt_once,
                        .ours_arg = &ours,
                        .theirs_arg = &native,
                        .rounds = 20,
                        .batch = 200,
                });
        release(&ours);
        release(&native);
        return r;
}

static int with_contexts(int (*const *measurements)(OSSL_LIB_CTX *, OSSL_LIB_CTX *))
{
        OSSL_LIB_CTX *libctx = bench_libctx();
        OSSL_LIB_CTX *plain = OSSL_LIB_CTX_new();
        int r = libctx != NULL && plain != NULL ? 0 : -1;

        for (size_t i = 0; r == 0 && measurements[i] != NULL; i++)
                r = measurements[i](libctx, plain);
        OSSL_LIB_CTX_free(libctx);
        OSSL_LIB_CTX_free(plain);
        return r;
}

int bench_decrypt(void)
{
        return with_contexts(
                (int (*const[])(OSSL_LIB_CTX *, OSSL_LIB_CTX *)){measure_decrypt, NULL});
}

int bench_key(void)
{
        return with_contexts((int (*const[])(OSSL_LIB_CTX *, OSSL_LIB_CTX *)){
                measure_decrypt, measure_sign, measure_encrypt, NULL});
}
