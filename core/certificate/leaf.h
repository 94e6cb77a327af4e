/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf certificates (D61): of a key in memory, signed by the attested key of purpose issue, whose
 * own certificate stands behind them and carries the token. Making them and their keys; who judges
 * such a chain is verdict/delegation.c. Offline half.
 */
#ifndef AZA_CERTIFICATE_LEAF_H
#define AZA_CERTIFICATE_LEAF_H

#include "base/certs.h"
#include "certificate/certificate.h"
#include "config/config.h"

/* A key to be certified, and what is asked for beside it. */
struct aza_leaf {
        EVP_PKEY *key;
        bool is_ours; /* with its private half: made here, or read from a key file */
};
#define AZA_LEAF __attribute__((cleanup(aza_leaf_free)))
void aza_leaf_free(struct aza_leaf *leaf);

/* Who reads keys of files: sealed ones with the vTPM. Borrowed. */
struct aza_key_reader {
        OSSL_LIB_CTX *libctx;
        struct aza_tpm *tpm; /* NULL: sealed keys stay closed */
        const struct aza_config *config;
};

/* `what` is "ec" (P-256), "ed25519" or "rsa" (2048 bits) for a new key, else the text of a key file
 * or of a certificate request (PEM), of which the key alone is taken, when its own signature is
 * good. 0, AZATTEST_E_CERTIFICATE, AZATTEST_E_NO_MEMORY, as aza_private_key_read. */
int aza_leaf_read(const struct aza_key_reader *reader, const char *what, struct aza_leaf *ret);
/* Whether `what` is one of those three words, and then `key` one as it says. */
bool aza_leaf_is_word(const char *what);
bool aza_leaf_is_kind(const char *what, const EVP_PKEY *key);

/* Why `key` is too weak to stand in for an attested one, or of no kind that does; NULL: it is good.
 * At least RSA-2048, P-256 or Ed25519 (C7). Static text. */
const char *aza_leaf_weakness(const EVP_PKEY *key);
/* "RSA-2048", "P-256", ... for people. Returns `out`. */
const char *aza_leaf_kind(const EVP_PKEY *key, char out[32]);

/* The first certificate behind a leaf that carries a token; borrowed. NULL: none does, or
 * `above` is NULL. */
X509 *aza_leaf_voucher(const aza_certs *above);
/* The certificates of a file that is a chain with a token behind its leaf, which is the first.
 * False when it is none: then what stands behind the first is for other readers (D41). */
bool aza_leaf_chain(OSSL_LIB_CTX *libctx, struct aza_span data, aza_certs **ret);

struct aza_leaf_spec {
        const struct aza_keyref *issuer; /* purpose issue */
        X509 *above;                     /* its certificate, as aza_certificate_make made it */
        EVP_PKEY *key;
        const char *const *san; /* as of struct aza_certificate_spec */
        size_t san_count;
};

/* Valid as long as the certificate above. 0 or as aza_certificate_make. */
int aza_leaf_make(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_leaf_spec *spec,
                  X509 **ret);

/* The private key as PKCS#8 PEM, not encrypted. 0 or AZATTEST_E_NO_MEMORY. */
int aza_private_key_pem(const EVP_PKEY *key, struct aza_bytes *ret);
/* The same sealed to the decryption key of the name, hierarchy and PCRs of `issuer`. 0, or what the
 * TPM fails with. */
int aza_private_key_sealed(struct aza_tpm *tpm, const struct aza_keyref *issuer,
                           const EVP_PKEY *key, struct aza_bytes *ret);
bool aza_private_key_is_sealed(struct aza_span text);
/* One private key, sealed or not encrypted. 0, AZATTEST_E_INPUT, AZATTEST_E_NO_MEMORY, of sealed
 * ones as aza_unseal. */
int aza_private_key_read(const struct aza_key_reader *reader, struct aza_span text, EVP_PKEY **ret);

#endif
