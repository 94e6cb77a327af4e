/* SPDX-License-Identifier: Apache-2.0 */
/* What Intel publishes about a platform and its quoting enclave: public, unauthenticated input of
 * I8 to I13. Pure, fuzzed. */
#ifndef AZA_TDX_COLLATERAL_H
#define AZA_TDX_COLLATERAL_H

#include "base/bytes.h"

#include <openssl/types.h>

#define AZA_TD_COLLATERAL_MAX (1u << 20)

/* Owned. The documents are kept byte for byte, as the service gave them: Intel's signature is over
 * bytes of them. */
struct aza_td_collateral {
        struct aza_bytes tcb_info, qe_identity;             /* JSON with "signature" */
        struct aza_bytes tcb_info_chain, qe_identity_chain; /* PEM: who signed it, root */
        struct aza_bytes pck_crl, root_crl;                 /* DER or PEM */
};
void aza_td_collateral_free(struct aza_td_collateral *c);
/* Nothing at all is in it. */
bool aza_td_collateral_is_empty(const struct aza_td_collateral *c);

/* The members, by their names in files; false past the last. `text`: as it is, else base64. */
struct aza_td_collateral_part {
        const char *name; /* "tcb-info" */
        size_t offset;    /* of a struct aza_bytes in struct aza_td_collateral */
        bool text;
};
bool aza_td_collateral_part(size_t n, struct aza_td_collateral_part *ret);
struct aza_bytes *aza_td_collateral_bytes(struct aza_td_collateral *c,
                                          const struct aza_td_collateral_part *part);

/* A file of its own: {"tcb-info": "...", ...}, some of the members; strict as an evidence file. 0,
 * AZATTEST_E_INPUT (says which member), AZATTEST_E_NO_MEMORY. */
int aza_td_collateral_decode(struct aza_span text, struct aza_td_collateral *ret);
/* Such a file, with a line end; what is empty is left out. 0, AZATTEST_E_NO_MEMORY. */
int aza_td_collateral_encode(struct aza_td_collateral *c, struct aza_bytes *ret);

/* What a service answered, made what is kept (served.c). A chain of a header, whose %XX become
 * bytes: */
void aza_td_served_chain(struct aza_bytes *text);
/* A revocation list as DER, PEM or, of caches, hexadecimal digits, which becomes DER. 0,
 * AZATTEST_E_INPUT (then it is worth nothing), AZATTEST_E_NO_MEMORY. */
int aza_td_served_list(OSSL_LIB_CTX *libctx, struct aza_bytes *list);

#endif
