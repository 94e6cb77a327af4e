/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Qualifying data of quote and certification (D15): SHA-256 over fields, each preceded by
 * its length as four bytes big-endian, so that no two lists of fields hash alike. Pure.
 */
#ifndef AZA_EVIDENCE_NONCE_H
#define AZA_EVIDENCE_NONCE_H

#include "base/crypto.h"

/* Evidence mode: "azattest-evidence-v1", nonce. */
int aza_nonce_evidence(OSSL_LIB_CTX *libctx, struct aza_span nonce, uint8_t out[AZA_SHA256_LEN]);

/* Who attests on a channel. The exporter is the same on both sides: without role and keys a peer
 * could send evidence back to where it came from (C2). */
enum aza_channel_role {
        AZA_CHANNEL_CLIENT = 0,
        AZA_CHANNEL_SERVER = 1,
};

struct aza_channel {
        enum aza_channel_role role; /* of the attesting side */
        struct aza_span nonce;      /* the verifier's */
        uint8_t exporter[32];       /* RFC 9266 tls-exporter */
        uint8_t own_spki[32];       /* SHA-256 of the attesting side's leaf SPKI */
        bool has_peer;
        uint8_t peer_spki[32]; /* of the verifying side's, when it has a certificate */
};

/* Channel mode: "azattest-channel-v1", role, nonce, exporter, own SPKI hash, peer SPKI hash. */
int aza_nonce_channel(OSSL_LIB_CTX *libctx, const struct aza_channel *channel,
                      uint8_t out[AZA_SHA256_LEN]);

#endif
