/* SPDX-License-Identifier: Apache-2.0 */
/* What a result says in one line, and the facts that people look for in it. */
#ifndef AZA_SHOW_SUMMARY_H
#define AZA_SHOW_SUMMARY_H

#include "base/bytes.h"
#include "base/own.h"

/* Of a result (result.h, D33); "" where it does not say so. All printable. */
struct aza_summary {
        char verdict[16]; /* "accept" */
        char subject[64];
        char vm[128];   /* "0744...", of evidence with "(the host says)" */
        char key[80];   /* "sha256:" of the attested key's SubjectPublicKeyInfo */
        char form[64];  /* what it does where it is not the key itself that is shown (C7) */
        char until[32]; /* when it expires */
        char reason[1700];
        char weakened[400]; /* "any-vm, amd-root": what weakens it, by name */
};

/* AZATTEST_E_INPUT: `result` is none. */
int aza_summary_of(OSSL_LIB_CTX *libctx, json_object *result, struct aza_summary *ret);
/* "accept: token of VM ..., key ..., valid until ...": one line without its end. */
int aza_summary_line(const struct aza_summary *summary, struct aza_bytes *ret);

#endif
