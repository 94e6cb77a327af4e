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
};

/* 0, AZATTEST_E_KEY_RELEASE, or what network, identity and TPM fail with. `checks` has rows K1 to K7
 * when there was an answer to judge. *ret_claims says what the key is and on which terms it was
 * given: the answer's, without what is wrapped. */
int aza_key_release(const struct aza_attester *vm, const struct aza_key_release *request,
                    struct aza_checks *checks, struct aza_released *ret, json_object **ret_claims);

#endif
