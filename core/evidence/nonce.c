/* SPDX-License-Identifier: Apache-2.0 */
/* The two kinds of qualifying data. */
#include "evidence/nonce.h"

#include <string.h>

static int append_field(struct aza_bytes *message, const void *data, size_t len)
{
        int r = aza_bytes_append_be32(message, (uint32_t)len);

        return r != 0 ? r : aza_bytes_append(message, data, len);
}

static int append_text(struct aza_bytes *message, const char *text)
{
        return append_field(message, text, strlen(text));
}

int aza_nonce_evidence(OSSL_LIB_CTX *libctx, struct aza_span nonce, uint8_t out[AZA_SHA256_LEN])
{
        AZA_BYTES struct aza_bytes message = {0};
        int r = append_text(&message, "azattest-evidence-v1");

        if (r == 0)
                r = append_field(&message, nonce.data, nonce.len);
        return r != 0 ? r : aza_sha256(libctx, aza_bytes_span(&message), out);
}

int aza_nonce_channel(OSSL_LIB_CTX *libctx, const struct aza_channel *channel,
                      uint8_t out[AZA_SHA256_LEN])
{
        const uint8_t role = (uint8_t)channel->role;
        AZA_BYTES struct aza_bytes message = {0};
        int r = append_text(&message, "azattest-channel-v1");

        if (r == 0)
                r = append_field(&message, &role, 1);
        if (r == 0)
                r = append_field(&message, channel->nonce.data, channel->nonce.len);
        if (r == 0)
                r = append_field(&message, channel->exporter, sizeof(channel->exporter));
        if (r == 0)
                r = append_field(&message, channel->own_spki, sizeof(channel->own_spki));
        if (r == 0)
                r = append_field(&message, channel->peer_spki,
                                 channel->has_peer ? sizeof(channel->peer_spki) : 0);
        return r != 0 ? r : aza_sha256(libctx, aza_bytes_span(&message), out);
}
