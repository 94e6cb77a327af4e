/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of trust that azattest_explain draws: links, and how each follows from checks.
 * Pure. */
#ifndef AZA_SHOW_LINKS_H
#define AZA_SHOW_LINKS_H

#include "base/checks.h"
#include "base/own.h"

#define AZA_LINK_CHECKS 16

/* Whose key signs a link. */
enum aza_link_key {
        AZA_LINK_KEY_NONE,
        AZA_LINK_KEY_CHIP_ROOT, /* ARK, Intel's root */
        AZA_LINK_KEY_CHIP,      /* VCEK or VLEK, PCK */
        AZA_LINK_KEY_TD_QUOTE,  /* the quoting enclave's attestation key */
        AZA_LINK_KEY_TCB,       /* who signed Intel's TCB info */
        AZA_LINK_KEY_VTPM_CA,   /* issuer of the AK certificate */
        AZA_LINK_KEY_AK,
        AZA_LINK_KEY_MAA,
        AZA_LINK_KEY_ATTESTED,
        AZA_LINK_KEY_COUNT
};

/* SHA-256 of their SubjectPublicKeyInfo in hex, as far as they are known; "" where not. */
struct aza_link_keys {
        char sha256[AZA_LINK_KEY_COUNT][65];
};

struct aza_link {
        const char *name;      /* "VCEK -> SNP report" */
        const char *signer;    /* who signs it, or what makes it hold */
        const char *means;     /* what it shows and what not */
        enum aza_link_key key; /* the key that does, AZA_LINK_KEY_NONE: none */
        bool vouched; /* where no check proves it here, MAA vouches when its signature holds */
        enum aza_check_id checks[AZA_LINK_CHECKS]; /* ends with AZA_CHECK_COUNT */
};

/* Enters `key`; NULL changes nothing. */
void aza_link_key_set(OSSL_LIB_CTX *libctx, struct aza_link_keys *keys, enum aza_link_key which,
                      const EVP_PKEY *key);

/* Tables that end with a link without name. `vm`: "sevsnp", "tdx", "trustedlaunch". */
const struct aza_link *aza_links_of_token(const char *vm);
const struct aza_link *aza_links_of_evidence(const char *vm);
/* What comes behind a token's links where it stands in a certificate. */
const struct aza_link *aza_links_of_certificate(void);

struct aza_link_state {
        const char *text; /* "proven here", "vouched for by MAA", "not checked", "refused" */
        const char *
                reason; /* of the row that decided, or what is to be known of the anchor; or NULL */
};

/* `trusted` tells whether MAA's signature holds. */
struct aza_link_state aza_link_state(const struct aza_link *link, const struct aza_checks *checks,
                                     bool trusted);

/* [{"link", "signed by", "key SHA-256", "state", "reason", "shows"}]. NULL when out of memory. */
json_object *aza_links_json(const struct aza_link *links, const struct aza_checks *checks,
                            bool trusted, const struct aza_link_keys *keys);

#endif
