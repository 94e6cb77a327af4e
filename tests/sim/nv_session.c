/* SPDX-License-Identifier: Apache-2.0 */
/* Owns password and HMAC sessions of answers made here (TPM 2.0 part 1, 19.6). */
#include "sim/nv_session.h"

#include "sim/cert.h"
#include "sim/writer.h"

#include <openssl/rand.h>
#include <tss2/tss2_tpm2_types.h>

#define RC_SESSION(code) ((code) + TPM2_RC_S + TPM2_RC_1)

uint32_t sim_nv_sessions_parse(uint16_t tag, struct aza_reader *r, struct sim_nv_sessions *ret)
{
        *ret = (struct sim_nv_sessions){0};
        if (tag != TPM2_ST_SESSIONS)
                return TPM2_RC_AUTH_MISSING;
        struct aza_reader area = aza_reader_of(aza_read(r, aza_read_be32(r)));
        while (!area.failed && area.rest.len > 0) {
                if (ret->count == SIM_NV_SESSIONS)
                        return TPM2_RC_AUTHSIZE;
                struct sim_nv_session *s = &ret->list[ret->count++];
                s->handle = aza_read_be32(&area);
                s->nonce = aza_read(&area, aza_read_be16(&area));
                s->attributes = aza_read_u8(&area);
                s->hmac = aza_read(&area, aza_read_be16(&area));
        }
        return area.failed || r->failed || ret->count == 0 ? TPM2_RC_AUTHSIZE : TPM2_RC_SUCCESS;
}

static const char *digest_of_length(size_t len)
{
        switch (len) {
        case 20:
                return "SHA1";
        case 32:
                return "SHA256";
        case 48:
                return "SHA384";
        default:
                return NULL;
        }
}

uint32_t sim_nv_sessions_check(const struct sim_nv_sessions *sessions, bool password)
{
        const uint8_t encryption = TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;

        for (size_t i = 0; i < sessions->count; i++) {
                const struct sim_nv_session *s = &sessions->list[i];
                if (s->handle == TPM2_RS_PW) {
                        if (s->hmac.len != 0 && !(password && i == 0))
                                return RC_SESSION(TPM2_RC_BAD_AUTH);
                        continue;
                }
                if (s->handle >> 24 != TPM2_HT_HMAC_SESSION || (s->attributes & encryption) != 0)
                        return RC_SESSION(TPM2_RC_ATTRIBUTES);
                if (digest_of_length(s->hmac.len) == NULL)
                        return RC_SESSION(TPM2_RC_AUTH_FAIL);
        }
        return TPM2_RC_SUCCESS;
}

/* nonceTPM, attributes and HMAC of an unsalted, unbound session: the key is empty. */
static void put_hmac_session(struct sim_writer *w, uint32_t command_code,
                             const struct sim_nv_session *s, struct aza_span parameters)
{
        SIM_WRITER struct sim_writer hashed = {0};
        uint8_t nonce[32];
        uint8_t digest[EVP_MAX_MD_SIZE];
        const char *md = digest_of_length(s->hmac.len);

        sim_put_be32(&hashed, TPM2_RC_SUCCESS);
        sim_put_be32(&hashed, command_code);
        sim_put_span(&hashed, parameters);
        if (hashed.failed || RAND_bytes_ex(sim_libctx(), nonce, sizeof(nonce), 0) != 1 ||
            EVP_Q_digest(sim_libctx(), md, NULL, hashed.bytes.data, hashed.bytes.len, digest,
                         NULL) != 1) {
                w->failed = true;
                return;
        }
        aza_bytes_free(&hashed.bytes);
        sim_put(&hashed, digest, s->hmac.len);
        sim_put(&hashed, nonce, sizeof(nonce));
        sim_put_span(&hashed, s->nonce);
        sim_put_u8(&hashed, s->attributes);
        if (hashed.failed ||
            EVP_Q_mac(sim_libctx(), "HMAC", NULL, md, NULL, "", 0, hashed.bytes.data,
                      hashed.bytes.len, digest, sizeof(digest), NULL) == NULL) {
                w->failed = true;
                return;
        }
        sim_put_be16(w, sizeof(nonce));
        sim_put(w, nonce, sizeof(nonce));
        sim_put_u8(w, s->attributes);
        sim_put_be16(w, (uint16_t)s->hmac.len);
        sim_put(w, digest, s->hmac.len);
}

int sim_nv_answer(uint32_t command_code, const struct sim_nv_sessions *sessions,
                  struct aza_span parameters, struct aza_bytes *answer)
{
        SIM_WRITER struct sim_writer w = {0};
        SIM_WRITER struct sim_writer area = {0};

        for (size_t i = 0; i < sessions->count; i++) {
                if (sessions->list[i].handle == TPM2_RS_PW)
                        sim_put(&area, "\x00\x00\x01\x00\x00", 5);
                else
                        put_hmac_session(&area, command_code, &sessions->list[i], parameters);
        }
        size_t size = 10 + parameters.len + (sessions->count > 0 ? 4 + area.bytes.len : 0);
        sim_put_be16(&w, sessions->count == 0 ? TPM2_ST_NO_SESSIONS : TPM2_ST_SESSIONS);
        sim_put_be32(&w, (uint32_t)size);
        sim_put_be32(&w, TPM2_RC_SUCCESS);
        if (sessions->count > 0)
                sim_put_be32(&w, (uint32_t)parameters.len);
        sim_put_span(&w, parameters);
        sim_put_span(&w, aza_bytes_span(&area.bytes));
        return area.failed ? -1 : sim_writer_take(&w, answer);
}
