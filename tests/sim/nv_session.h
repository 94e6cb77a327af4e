/* SPDX-License-Identifier: Apache-2.0 */
/* Authorisation areas of commands the simulator answers itself, in the TPM's stead. */
#ifndef SIM_NV_SESSION_H
#define SIM_NV_SESSION_H

#include "base/bytes.h"

#define SIM_NV_SESSIONS 3

struct sim_nv_session {
        uint32_t handle;
        struct aza_span nonce; /* nonceCaller; borrowed from the command, as is `hmac` */
        uint8_t attributes;
        struct aza_span hmac; /* or password */
};

struct sim_nv_sessions {
        size_t count;
        struct sim_nv_session list[SIM_NV_SESSIONS];
};

/* Reads the area that follows the handles. A TPM return code. */
uint32_t sim_nv_sessions_parse(uint16_t tag, struct aza_reader *r, struct sim_nv_sessions *ret);

/*
 * Whether an object with empty auth may be used: passwords must be empty, but for the first one's
 * where `password` says that somebody else checks it; HMAC sessions without parameter encryption
 * are let through, their HMAC unchecked (it has no secret). Policy sessions are refused. A TPM
 * return code.
 */
uint32_t sim_nv_sessions_check(const struct sim_nv_sessions *sessions, bool password);

/*
 * A good answer with these parameters. HMAC sessions are answered as one that is neither salted nor
 * bound, which is all tpm2-tools opens here; its nonce is ours, so swtpm refuses that session from
 * then on. 0 or -1.
 */
int sim_nv_answer(uint32_t command_code, const struct sim_nv_sessions *sessions,
                  struct aza_span parameters, struct aza_bytes *answer);

#endif
