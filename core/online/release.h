/* SPDX-License-Identifier: Apache-2.0 */
/* A key out of a vault: asked for, verified, unwrapped with this VM's vTPM. */
#ifndef AZA_ONLINE_RELEASE_H
#define AZA_ONLINE_RELEASE_H

#include "online/collect.h"
#include "release/release.h"
#include "tpm/keyref.h"

struct aza_key_release {
        struct aza_vault_key key;
        enum aza_release_wrap wrap;
        const struct aza_keyref *to; /* the attested key, with its token */
        /* The header line of an access token that the vault took a while ago, or empty; the one
         * that it took now. Secret; the caller's. */
        struct aza_bytes *authorization;
};

/* What was learnt on the way; the caller puts both. */
struct aza_release_said {
        json_object *claims;   /* what the vault signed about the key, without what is wrapped */
        json_object *findings; /* why it refuses (403), as release_explain.h's; else NULL */
        bool no;               /* one of them says no */
};

/* 0, AZATTEST_E_KEY_RELEASE, or what network, identity and TPM fail with. `checks` has rows K1
 * to K7 when there was an answer to judge. */
int aza_key_release(const struct aza_attester *vm, const struct aza_key_release *request,
                    struct aza_checks *checks, struct aza_released *ret,
                    struct aza_release_said *said);

/* The findings alone, also where nothing is refused. */
int aza_key_release_explain(const struct aza_attester *vm, const struct aza_key_release *request,
                            struct aza_release_said *said);

#endif
