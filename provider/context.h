/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all parts of the provider share: its own library context, the configuration, the TPM, and
 * the one way to raise an error. Made at load without touching TPM, network or files (PV4);
 * everything else is made at first use and then never changes, so readers need no lock.
 */
#ifndef AZA_PROVIDER_CONTEXT_H
#define AZA_PROVIDER_CONTEXT_H

#include "base/error.h"
#include "config/config.h"
#include "tpm/device.h"

#include <openssl/core_dispatch.h>

/* Reasons in OpenSSL's error queue (PV71): small numbers, never renumbered. */
enum aza_reason {
        AZA_R_OUT_OF_MEMORY = 1,
        AZA_R_TPM_FAILED,
        AZA_R_PCR_MISMATCH,
        AZA_R_PCR_BUSY,
        AZA_R_KEY_GONE,
        AZA_R_RECURSION,
        AZA_R_WRONG_PURPOSE,
        AZA_R_KEYGEN_NEEDS_PURPOSE,
        AZA_R_NOT_A_CVM,
        AZA_R_HCL_REPORT_INVALID,
        AZA_R_EVIDENCE_INVALID,
        AZA_R_NETWORK,
        AZA_R_MAA_REFUSED,
        AZA_R_DEADLINE,
        AZA_R_TOKEN_INVALID,
        AZA_R_TOKEN_EXPIRED,
        AZA_R_POLICY,
        AZA_R_IDENTITY_NEEDED,
        AZA_R_OTHER_VM,
        AZA_R_BAD_PEM,
        AZA_R_BAD_URI,
        AZA_R_BAD_CONFIG,
        AZA_R_UNSUPPORTED_PADDING,
        AZA_R_UNSUPPORTED_DIGEST,
        AZA_R_BAD_SALT_LENGTH,
        AZA_R_BUFFER_TOO_SMALL,
        AZA_R_WRONG_LENGTH,
        AZA_R_DECRYPT_FAILED,
        AZA_R_NO_PRIVATE_KEY,
        AZA_R_BAD_PARAMETER,
        AZA_R_BAD_SIGNATURE,
        AZA_R_NO_LIBRARY,
        AZA_R_FAILED,
};

/* Checked configuration and the TPM it names. */
struct aza_state {
        struct aza_config config;
        struct aza_tpm *tpm;
};

struct aza_prov;

/* NULL when out of memory. Reads the configuration texts, checks none of them (PV68). */
struct aza_prov *aza_prov_new(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in);
void aza_prov_free(struct aza_prov *prov);

/* True when the OpenSSL that loaded us is of this version or newer (PV76, PV82). */
bool aza_prov_core_at_least(const struct aza_prov *prov, unsigned int major, unsigned int minor);

/* The provider's own library context with the delegate loaded (PV22). NULL after raising. */
OSSL_LIB_CTX *aza_prov_libctx(struct aza_prov *prov);
/* The same context whether or not the delegate is loaded: for wrapping core BIOs. */
OSSL_LIB_CTX *aza_prov_plain_libctx(struct aza_prov *prov);
/* Configuration and TPM object; opens nothing. NULL after raising. */
const struct aza_state *aza_prov_state(struct aza_prov *prov);
/* The configuration texts as OpenSSL gave them. */
const struct aza_config_source *aza_prov_source(const struct aza_prov *prov);

/* Raises `reason` in the application's error queue. Returns 0 for `return AZA_RAISE(..)`. */
int aza_raise(const struct aza_prov *prov, struct aza_place place, enum aza_reason reason,
              const char *format, ...) AZATTEST_PRINTF(4, 5);
#define AZA_RAISE(prov, reason, ...) aza_raise((prov), AZA_HERE, (reason), __VA_ARGS__)

/* Raises this thread's last core failure with the reason that belongs to its code and the place
 * where it was detected (PV72). Returns 0. */
int aza_raise_last(const struct aza_prov *prov);

#endif
