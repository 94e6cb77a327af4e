/* SPDX-License-Identifier: Apache-2.0 */
/* azattest:// URIs (PV63, PV64). Pure code, fuzzed. */
#ifndef AZA_TPM_URI_H
#define AZA_TPM_URI_H

#include "config/config.h"
#include "tpm/keyref.h"

enum aza_uri_object {
        AZA_URI_KEY,
        AZA_URI_SIGN,
        AZA_URI_AK,
        AZA_URI_CERT,
        AZA_URI_TOKEN, /* of a file, maybe another VM's: no key of this vTPM */
        AZA_URI_ISSUE, /* the key that vouches for leaf keys (D61) */
        AZA_URI_VAULT, /* a key that a vault releases to the key of this VM that the rest names */
};

#define AZA_URI_MAX       4096 /* characters of a URI */
#define AZA_NONCE_MAX     512
#define AZA_URI_FILE_MAX  1024 /* bytes of a path */
#define AZA_URI_VAULT_MAX 600

struct aza_uri {
        enum aza_uri_object object;
        enum aza_purpose purpose;
        char name[AZA_KEY_NAME_MAX + 1];
        char nonce[AZA_NONCE_MAX + 1]; /* percent-decoded; "" none */
        enum aza_attest_mode attest;   /* from the URI, else the configuration */
        uint32_t hierarchy;
        uint32_t pcr_mask;
        char file[AZA_URI_FILE_MAX + 1]; /* of AZA_URI_TOKEN, percent-decoded; else "" */
        char vault[AZA_URI_VAULT_MAX];   /* of AZA_URI_VAULT: "https://HOST/keys/...", as written */
};

/* 0 or AZATTEST_E_INVALID_PARAMETER: position, offending word, nearest valid word.
 * "azattest:key" is refused with a message that says to write azattest://key (PV64). */
int aza_uri_parse(const char *text, const struct aza_config *config, struct aza_uri *ret);

#endif
