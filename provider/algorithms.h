/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatch tables, one per implementation; provider.c lists them, each stands last in its file. */
#ifndef AZA_PROVIDER_ALGORITHMS_H
#define AZA_PROVIDER_ALGORITHMS_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

extern const OSSL_DISPATCH aza_rsa_keymgmt[];
extern const OSSL_DISPATCH aza_rsa_asym_cipher[];
extern const OSSL_DISPATCH aza_rsa_kem[];
extern const OSSL_DISPATCH aza_rsa_signature[];
#ifdef OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES /* OpenSSL 3.4: digest and signature in one name */
extern const OSSL_DISPATCH aza_rsa_sha224_signature[];
extern const OSSL_DISPATCH aza_rsa_sha256_signature[];
extern const OSSL_DISPATCH aza_rsa_sha384_signature[];
extern const OSSL_DISPATCH aza_rsa_sha512_signature[];
#endif
extern const OSSL_DISPATCH aza_store[];
extern const OSSL_DISPATCH aza_pem_decoder[];
extern const OSSL_DISPATCH aza_der_decoder[];
extern const OSSL_DISPATCH aza_jwt_decoder[];
extern const OSSL_DISPATCH aza_private_pem_encoder[];
extern const OSSL_DISPATCH aza_private_der_encoder[];
extern const OSSL_DISPATCH aza_spki_pem_encoder[];
extern const OSSL_DISPATCH aza_spki_der_encoder[];
extern const OSSL_DISPATCH aza_pkcs1_pem_encoder[];
extern const OSSL_DISPATCH aza_pkcs1_der_encoder[];
extern const OSSL_DISPATCH aza_text_encoder[];

#endif
