/* SPDX-License-Identifier: Apache-2.0 */
/* AK certificates (CHECKS.md 4). */
#ifndef SIM_AK_CERT_H
#define SIM_AK_CERT_H

#include "base/bytes.h"
#include "sim/pki.h"

/* DER of a certificate for the RSA-2048 key with this modulus: of a confidential VM or a Trusted
 * Launch one. Azure knows for which VM it signs; here the certificate says so (subjectAltName,
 * urn:uuid:`vm_id`), and the simulated MAA reads it there. 0, or -1 after a message. */
int sim_ak_certificate(const struct sim_pki *pki, const uint8_t modulus[256], bool confidential,
                       const char *vm_id, struct aza_bytes *ret);
/* The same, but its time was over at the end of 2024. */
int sim_ak_certificate_expired(const struct sim_pki *pki, const uint8_t modulus[256],
                               bool confidential, const char *vm_id, struct aza_bytes *ret);
/* DER of the self-signed certificate that stands there until provisioning is done. */
int sim_ak_placeholder(const struct sim_pki *pki, struct aza_bytes *ret);

#endif
