/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a token's text to a verdict: gathers what token/token.h needs (key set, policy, time) and
 * calls it. Used by the handshake, by relying parties and, without network, by key opening.
 */
#ifndef AZA_VERDICT_TOKEN_H
#define AZA_VERDICT_TOKEN_H

#include "base/clock.h"
#include "token/policy.h"
#include "token/token.h"

struct aza_verify_request {
        const char *nonce;          /* NULL: not required */
        const char *jwks_file;      /* NULL: cache, else the issuer's /certs */
        const char *vmid;           /* NULL: none expected */
        int64_t time;               /* evaluation time; 0: now */
        const uint8_t *own_modulus; /* AZA_RSA_BYTES; NULL: not compared */
        bool foreign;               /* maybe another VM's token: identity needed (D12) */
        bool inspect; /* nothing is done with the token's key: require = platform is possible */
        bool any_purpose;
        enum aza_purpose purpose;
        bool refused; /* by something outside of the token: nobody is asked for the key set */
};

/*
 * How a verifier finds the key set of a token whose issuer is accepted. First what needs no network
 * (`at_hand`); the issuer is asked only about a token that no other row refuses (D45): who makes
 * tokens up must not make anybody wait.
 */
struct aza_key_search {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        const struct aza_token *token;
        void *arg;
        bool at_hand;
};
typedef int aza_find_jwks(const struct aza_key_search *search, struct aza_jwks **ret);
/* The stored key set, without network; `arg` is not used. */
int aza_find_cached(const struct aza_key_search *search, struct aza_jwks **ret);

/* Who judges (RFC 9334). Borrowed. */
struct aza_verifier {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        aza_find_jwks *find; /* of a token's issuer */
        void *find_arg;
};

/*
 * Parses and verifies. Rows go to `checks`; *ret (may be NULL) receives the token only when
 * accepted. 0, a row's code, or what kept the key set or policy from being read.
 */
int aza_verify_token(const struct aza_verifier *verifier, const struct aza_verify_request *request,
                     const char *jwt, struct aza_checks *checks, struct aza_token **ret);

/* The policy of config->policy; *ret NULL when none is set: then the built-in one counts. */
int aza_policy_load(const struct aza_config *config, struct aza_policy **ret);

#endif
