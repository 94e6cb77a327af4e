/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a request's documents by form. Strict: the reference client's spelling, which
 * PROTOCOL.md 7 gives, and no other; lenient: also the other clients' (PROTOCOL.md 7.4, 12). */
#ifndef SIM_MAA_MEMBER_H
#define SIM_MAA_MEMBER_H

#include "base/base64.h"
#include "base/json.h"
#include "sim/maa_request.h"

struct sim_reading {
        bool lenient;
        struct sim_refusal *refusal;
};

struct sim_member {
        const char *name;
        enum aza_base64_form form; /* lenient: either, padded or not */
        size_t min, max;           /* decoded bytes */
};

/* A string of base64. */
bool sim_member_bytes(const struct sim_reading *in, json_object *object, const struct sim_member *m,
                      struct aza_bytes *ret);
/* Base64 of UTF-8 without NUL. Lenient: may be empty. */
bool sim_member_text(const struct sim_reading *in, json_object *object, const char *name,
                     char **ret);
/* An unsigned number of 32 bits. Lenient: or a string of digits. */
bool sim_member_number(const struct sim_reading *in, json_object *object, const char *name,
                       int64_t *ret);
/* JSON inside of bytes. */
bool sim_member_json(const struct sim_reading *in, const char *name, struct aza_span text,
                     json_object **ret);
/* Strict: `object` has no member but these; `names` ends with NULL. */
bool sim_members_only(const struct sim_reading *in, json_object *object, const char *check,
                      const char *const *names);

#endif
