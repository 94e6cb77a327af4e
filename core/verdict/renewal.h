/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an attested certificate that is there has to be made anew, and why. Asks the TPM for the
 * key of now, and nobody on the network. */
#ifndef AZA_VERDICT_RENEWAL_H
#define AZA_VERDICT_RENEWAL_H

#include "config/config.h"
#include "tpm/device.h"
#include "tpm/uri.h"

#include <openssl/types.h>

struct aza_renewal_request {
        const struct aza_uri *uri; /* key, nonce and PCRs that are asked for */
        const char *const *san;
        size_t san_count;
        const char *payload;     /* or NULL */
        const char *present;     /* PEM; NULL or "": none */
        const char *present_key; /* the key file's text; "": none; NULL: nobody asks */
        const char *leaf;    /* as of aza_leaf_read: a chain is asked for; NULL: a certificate */
        bool plain;          /* its key file is not to be sealed */
        int64_t before, now; /* seconds */
};

enum aza_renewal_cause {
        AZA_RENEWAL_KEEP,      /* it stays */
        AZA_RENEWAL_NONE,      /* there is none */
        AZA_RENEWAL_FILE,      /* not exactly one certificate, or no chain */
        AZA_RENEWAL_KEY_FILE,  /* none, or no reference or private key */
        AZA_RENEWAL_PAIR,      /* certificate and key file are of two keys */
        AZA_RENEWAL_KEY_GONE,  /* the vTPM has the key no longer */
        AZA_RENEWAL_PCRS,      /* nor could it be used: PCRs changed */
        AZA_RENEWAL_KEY_ASKED, /* another key was asked for */
        AZA_RENEWAL_DUE,
        AZA_RENEWAL_NAMES,   /* other names are asked for, */
        AZA_RENEWAL_PAYLOAD, /* another payload, */
        AZA_RENEWAL_TOKEN,   /* or its token is refused: issuer, policy, nonce ... */
};

struct aza_renewal {
        enum aza_renewal_cause cause;
        char reason[512]; /* for people */
        int64_t expiry;   /* of the present certificate; 0: there is none that can be read */
};

/* "kept", "made", "renewed", "made anew"; and the cause in one word for programs. */
const char *aza_renewal_action(enum aza_renewal_cause cause);
const char *aza_renewal_word(enum aza_renewal_cause cause);

/* 0, what the TPM failed with, or what cannot be asked for at all (names, payload, policy file). */
int aza_renewal_decide(OSSL_LIB_CTX *libctx, const struct aza_config *config, struct aza_tpm *tpm,
                       const struct aza_renewal_request *request, struct aza_renewal *ret);

#endif
