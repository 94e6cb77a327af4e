/* SPDX-License-Identifier: Apache-2.0 */
/* AK certificates (CHECKS.md 4). */
#ifndef SIM_AK_CERT_H
#define SIM_AK_CERT_H

#include "base/bytes.h"
#include "sim/pki.h"

#define SIM_AK_DAYS 364

/* What a certificate is to say. Azure knows for which VM it signs; here the certificate says so
 * (subjectAltName, urn:uuid:`vm_id`), and the simulated MAA reads it there. */
struct sim_ak_plan {
        const uint8_t *modulus; /* 256 bytes: of the RSA-2048 key */
        const char *vm_id;
        int days;          /* from now; negative: it was over at the end of 2024 */
        bool confidential; /* of a confidential VM, else of a Trusted Launch one */
        bool by_root;      /* signed by another issuer than those before: the root itself */
};
/* DER of it. 0, or -1 after a message. */
int sim_ak_certificate_make(const struct sim_pki *pki, const struct sim_ak_plan *ak,
                            struct aza_bytes *ret);
/* The usual one. */
int sim_ak_certificate(const struct sim_pki *pki, const uint8_t modulus[256], bool confidential,
                       const char *vm_id, struct aza_bytes *ret);
/* DER of the self-signed certificate that stands there until provisioning is done. */
int sim_ak_placeholder(const struct sim_pki *pki, struct aza_bytes *ret);

#endif
