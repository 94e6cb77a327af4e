/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token beside evidence of the same VM (row T18): MAA must say of it what the evidence proves,
 * and the evidence must prove the very key that the token attests. Guards against an MAA that lies.
 * Pure. */
#ifndef AZA_VERDICT_TOGETHER_H
#define AZA_VERDICT_TOGETHER_H

#include "evidence/judge.h"
#include "token/token.h"

/* Makes the row T18 among the token's `rows` anew. `token` NULL: it could not be read. `j` and
 * `evidence_rows` are what judging the evidence gave. */
void aza_token_beside_evidence(OSSL_LIB_CTX *libctx, const struct aza_token *token,
                               const struct aza_judgement *j,
                               const struct aza_checks *evidence_rows, struct aza_checks *rows);

#endif
