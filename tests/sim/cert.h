/* SPDX-License-Identifier: Apache-2.0 */
/* Makes X.509 certificates: for the authorities (pki.c), the VM (snp.c, ak_cert.c) and the
 * servers. */
#ifndef SIM_CERT_H
#define SIM_CERT_H

#include "base/json.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The library context all of the simulator's OpenSSL calls work in: reads no configuration file, so
 * that the simulator never loads the provider it is there to test. */
OSSL_LIB_CTX *sim_libctx(void);

/* An extension by OID with its DER value as is. */
struct sim_raw_extension {
        const char *oid;
        const uint8_t *der;
        size_t len;
};

struct sim_certificate {
        const char *const *subject; /* "CN", "text", ..., NULL */
        EVP_PKEY *key;              /* subject key (public half is enough) */
        X509 *issuer;               /* NULL: self-signed */
        EVP_PKEY *issuer_key;
        int64_t serial;         /* -1: random */
        const char *not_before; /* "20201022172305Z", or NULL: a day ago */
        const char *not_after;  /* or NULL: `days` from now */
        int days;
        bool pss;           /* RSASSA-PSS with salt = digest length */
        const char *digest; /* "SHA256" */
        const char *const
                *extensions; /* "basicConstraints", "critical,CA:TRUE", ..., NULL; or NULL */
        const struct sim_raw_extension *raw;
        size_t raw_count;
};

/* Fresh keys. NULL after a message. */
EVP_PKEY *sim_rsa_key(unsigned int bits);
EVP_PKEY *sim_ec_key(const char *curve);
/* NULL after a message. */
X509 *sim_certificate_make(const struct sim_certificate *plan);
/* PEM text (malloc'd), NULL after a message. */
char *sim_certificate_pem(X509 *certificate);
/* Appends it to an "x5c" (RFC 7515 4.1.6). */
bool sim_certificate_x5c(X509 *certificate, json_object *x5c);

#endif
