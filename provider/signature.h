/* SPDX-License-Identifier: Apache-2.0 */
/* The signature context, shared by signature.c (operations), signature_params.c (settings) and
 * signature_encode.c (what stands in the block and in certificates). */
#ifndef AZA_PROVIDER_SIGNATURE_H
#define AZA_PROVIDER_SIGNATURE_H

#include "key.h"

#include <openssl/rsa.h>

/* The word of OpenSSL 3.1: digest length, or less where the key is too short. */
#ifndef RSA_PSS_SALTLEN_AUTO_DIGEST_MAX
#define RSA_PSS_SALTLEN_AUTO_DIGEST_MAX (-4)
#endif

struct aza_signature {
        struct aza_prov *prov;
        struct aza_key *key;
        int operation;      /* EVP_PKEY_OP_SIGN, _VERIFY, _VERIFYRECOVER */
        bool digest_fixed;  /* digest-sign and -verify: named at init, not changed later */
        EVP_MD *md;         /* NULL: data is signed as it is */
        EVP_MD *mgf1_md;    /* NULL: as md */
        EVP_MD_CTX *md_ctx; /* digest-sign and -verify */
        int padding;
        int salt_len;              /* a number, or one of RSA_PSS_SALTLEN_* */
        struct aza_bytes expected; /* composites: the signature to be verified */
};

/* ---- signature.c ---- */

extern OSSL_FUNC_signature_newctx_fn aza_signature_newctx;
extern OSSL_FUNC_signature_freectx_fn aza_signature_freectx;
extern OSSL_FUNC_signature_dupctx_fn aza_signature_dupctx;
extern OSSL_FUNC_signature_sign_fn aza_signature_sign;
extern OSSL_FUNC_signature_verify_fn aza_signature_verify;
extern OSSL_FUNC_signature_digest_sign_update_fn aza_signature_update;
extern OSSL_FUNC_signature_digest_sign_final_fn aza_signature_sign_final;
extern OSSL_FUNC_signature_digest_verify_final_fn aza_signature_verify_final;

/* Begins an operation (EVP_PKEY_OP_*) with `key`, NULL for the one of the last; purpose checked. 1,
 * or 0 after raising. */
int aza_signature_begin(struct aza_signature *ctx, struct aza_key *key, int operation);
/* Goes on with a digest that stays; NULL or "": SHA-256. `open`: data will come piece by piece. */
int aza_signature_begin_digest(struct aza_signature *ctx, const char *name, bool open,
                               const OSSL_PARAM params[]);

/* ---- signature_params.c ---- */

/* Fetches the digest `name` into *md when RSA signatures know it. 1, or 0 after raising. */
int aza_signature_take_digest(const struct aza_signature *ctx, const char *name, EVP_MD **md);

extern OSSL_FUNC_signature_set_ctx_params_fn aza_signature_set_params;
extern OSSL_FUNC_signature_settable_ctx_params_fn aza_signature_settable_params;
extern OSSL_FUNC_signature_get_ctx_params_fn aza_signature_get_params;
extern OSSL_FUNC_signature_gettable_ctx_params_fn aza_signature_gettable_params;

/* The settings for a delegate's context that was initialised for the same operation. */
bool aza_signature_give_settings(const struct aza_signature *ctx, EVP_PKEY_CTX *delegate);

/* ---- signature_encode.c ---- */

/* The block that the private operation turns into a signature over `tbs` (a digest when ctx->md is
 * set). True, or false after raising. */
bool aza_signature_encode(const struct aza_signature *ctx, struct aza_span tbs,
                          uint8_t block[AZA_RSA_BYTES]);

/* DER AlgorithmIdentifier for certificates. 0, or a result code when there is none. */
int aza_signature_algorithm(const struct aza_signature *ctx, struct aza_bytes *ret);

#endif
