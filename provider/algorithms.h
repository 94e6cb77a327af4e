/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatch tables, one per implementation; provider.c lists them, each stands last in its
 * file. */
#ifndef AZA_PROVIDER_ALGORITHMS_H
#define AZA_PROVIDER_ALGORITHMS_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

extern const OSSL_DISPATCH aza_rsa_keymgmt[];
extern const OSSL_DISPATCH aza_rsa_asym_cipher[];
extern const OSSL_DISPATCH aza_rsa_kem[];
extern const OSSL_DISPATCH aza_rsa_signature[];
#ifdef OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES
/* OpenSSL 3.4: digest and signature in one name. X(identifier, digest, names), for each that the
 * default provider has, but SM3. */
#define AZA_COMPOSITE_SIGNATURES(X)                                                            \
        X(sha1, "SHA1", "RSA-SHA1:RSA-SHA-1:sha1WithRSAEncryption:1.2.840.113549.1.1.5")       \
        X(sha224, "SHA2-224",                                                                  \
          "RSA-SHA2-224:RSA-SHA224:sha224WithRSAEncryption:1.2.840.113549.1.1.14")             \
        X(sha256, "SHA2-256",                                                                  \
          "RSA-SHA2-256:RSA-SHA256:sha256WithRSAEncryption:1.2.840.113549.1.1.11")             \
        X(sha384, "SHA2-384",                                                                  \
          "RSA-SHA2-384:RSA-SHA384:sha384WithRSAEncryption:1.2.840.113549.1.1.12")             \
        X(sha512, "SHA2-512",                                                                  \
          "RSA-SHA2-512:RSA-SHA512:sha512WithRSAEncryption:1.2.840.113549.1.1.13")             \
        X(sha512_224, "SHA2-512/224",                                                          \
          "RSA-SHA2-512/224:RSA-SHA512-224:sha512-224WithRSAEncryption:1.2.840.113549.1.1.15") \
        X(sha512_256, "SHA2-512/256",                                                          \
          "RSA-SHA2-512/256:RSA-SHA512-256:sha512-256WithRSAEncryption:1.2.840.113549.1.1.16") \
        X(sha3_224, "SHA3-224",                                                                \
          "RSA-SHA3-224:id-rsassa-pkcs1-v1_5-with-sha3-224:2.16.840.1.101.3.4.3.13")           \
        X(sha3_256, "SHA3-256",                                                                \
          "RSA-SHA3-256:id-rsassa-pkcs1-v1_5-with-sha3-256:2.16.840.1.101.3.4.3.14")           \
        X(sha3_384, "SHA3-384",                                                                \
          "RSA-SHA3-384:id-rsassa-pkcs1-v1_5-with-sha3-384:2.16.840.1.101.3.4.3.15")           \
        X(sha3_512, "SHA3-512",                                                                \
          "RSA-SHA3-512:id-rsassa-pkcs1-v1_5-with-sha3-512:2.16.840.1.101.3.4.3.16")           \
        X(ripemd160, "RIPEMD160", "RSA-RIPEMD160:ripemd160WithRSA:1.3.36.3.3.1.2")
#define AZA_COMPOSITE_TABLE(id, digest, names) \
        extern const OSSL_DISPATCH aza_rsa_##id##_signature[];
AZA_COMPOSITE_SIGNATURES(AZA_COMPOSITE_TABLE)
#undef AZA_COMPOSITE_TABLE
#endif
extern const OSSL_DISPATCH aza_store[];
extern const OSSL_DISPATCH aza_pem_decoder[];
extern const OSSL_DISPATCH aza_der_decoder[];
extern const OSSL_DISPATCH aza_jwt_decoder[];
extern const OSSL_DISPATCH aza_sealed_decoder[];
extern const OSSL_DISPATCH aza_private_pem_encoder[];
extern const OSSL_DISPATCH aza_private_der_encoder[];
extern const OSSL_DISPATCH aza_spki_pem_encoder[];
extern const OSSL_DISPATCH aza_spki_der_encoder[];
extern const OSSL_DISPATCH aza_pkcs1_pem_encoder[];
extern const OSSL_DISPATCH aza_pkcs1_der_encoder[];
extern const OSSL_DISPATCH aza_text_encoder[];

#endif
