/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator's certificate authorities: who signs is the only thing that is simulated. One pki
 * is shared by all VMs under one MAA (D9) and lives in DIR/pki so that `--join` can load it.
 */
#ifndef SIM_PKI_H
#define SIM_PKI_H

#include "base/own.h"

struct sim_pki {
        EVP_PKEY *ark_key, *ask_key; /* RSA-4096, names and PSS parameters of AMD's */
        X509 *ark, *ask;
        EVP_PKEY *vtpm_root_key, *vtpm_ca_key; /* AK certificate authority: root and issuing CA */
        X509 *vtpm_root, *vtpm_ca;
        EVP_PKEY *intel_root_key, *intel_ca_key, *intel_signing_key; /* Intel SGX: P-256 */
        X509 *intel_root, *intel_ca, *intel_signing; /* root, PCK Platform CA, TCB Signing */
        uint8_t qe_signer;    /* first byte of MRSIGNER of its quoting enclave */
        EVP_PKEY *tls_ca_key; /* signs the MAA server certificate */
        X509 *tls_ca;
        EVP_PKEY *maa_key;     /* RSA-2048, signs tokens */
        X509 *maa_certificate; /* self-signed, published as x5c */
};

/* Where an issuer's certificate (NAME.pem in the pki's directory, DER there) is said to be: a
 * host that verifiers ask. CA - 03's leaves (confidential VMs) name none, those of newer CAs do. */
#define SIM_AIA(name) "caIssuers;URI:http://primary-cdn.pki.core.windows.net/simulated/" name ".cer"

/*
 * Makes (or, when `dir` already holds one, loads) the whole set. 0, or -1 after a message. RSA-4096
 * generation is the slow part: keys are made in parallel, and what exists once in the world (AMD's
 * and the vTPM authority) is kept for the next time in the user's cache: $AZATTEST_SIM_CACHE ("" is
 * none), else $XDG_CACHE_HOME/azattest-sim, else $HOME/.cache/azattest-sim. TLS and MAA keys are
 * fresh for each `dir`: two services never share them.
 */
int sim_pki_open(const char *dir, struct sim_pki *ret);
void sim_pki_close(struct sim_pki *pki);

#endif
