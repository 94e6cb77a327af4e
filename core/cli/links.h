/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of trust that `azattest explain` draws: links, and how each follows from checks.
 * Pure. */
#ifndef AZA_CLI_LINKS_H
#define AZA_CLI_LINKS_H

#include "base/checks.h"
#include "base/own.h"

#define LINK_CHECKS 14

/* Whose key signs a link. */
enum link_key {
        LINK_KEY_NONE,
        LINK_KEY_CHIP_ROOT, /* ARK */
        LINK_KEY_CHIP,      /* VCEK or VLEK */
        LINK_KEY_VTPM_CA,   /* issuer of the AK certificate */
        LINK_KEY_AK,
        LINK_KEY_MAA,
        LINK_KEY_ATTESTED,
        LINK_KEY_COUNT
};

/* SHA-256 of their SubjectPublicKeyInfo in hex, as far as they are known; "" where not. */
struct link_keys {
        char sha256[LINK_KEY_COUNT][65];
};

struct link {
        const char *name;   /* "VCEK -> SNP report" */
        const char *signer; /* who signs it, or what makes it hold */
        const char *means;  /* what it shows and what not */
        enum link_key key;  /* the key that does, LINK_KEY_NONE: none */
        bool vouched; /* where no check proves it here, MAA vouches when its signature holds */
        enum aza_check_id checks[LINK_CHECKS]; /* ends with AZA_CHECK_COUNT */
};

/* Enters `key`; NULL changes nothing. */
void link_key_set(OSSL_LIB_CTX *libctx, struct link_keys *keys, enum link_key which,
                  const EVP_PKEY *key);

/* Tables that end with a link without name. `vm`: "sevsnp", "tdx", "trustedlaunch". */
const struct link *links_of_token(const char *vm);
const struct link *links_of_evidence(const char *vm);
/* What comes behind a token's links where it stands in a certificate. */
const struct link *links_of_certificate(void);

/* The state of one link: "proven here", "vouched for by MAA", "not checked", "refused"; *reason is
 * the row's that decided, or NULL. `trusted` tells whether MAA's signature holds. */
const char *link_state(const struct link *link, const struct aza_checks *checks, bool trusted,
                       const char **reason);

/* [{"link", "signed by", "key SHA-256", "state", "reason", "shows"}]. NULL when out of memory. */
json_object *links_json(const struct link *links, const struct aza_checks *checks, bool trusted,
                        const struct link_keys *keys);

#endif
