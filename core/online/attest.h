/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake (journey 1): evidence -> MAA -> verified token. */
#ifndef AZA_ONLINE_ATTEST_H
#define AZA_ONLINE_ATTEST_H

#include "online/collect.h"
#include "tpm/uri.h"

struct aza_attest_request {
        const struct aza_uri *uri; /* which key; its nonce */
        const char *payload;       /* caller's JSON or NULL */
        void (*progress)(void *arg, const char *step);
        void *progress_arg;
};

/*
 * Makes (or loads) the key, attests it and returns its reference with the verified token inside.
 * Evidence is collected anew after a decryption failure, at most twice (D23). The token is also
 * written to the token cache.
 */
int aza_attest(const struct aza_attester *vm, const struct aza_attest_request *request,
               struct aza_keyref **ret);

#endif
