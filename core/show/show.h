/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What files say, for azattest_inspect and azattest_explain: each function returns what bytes say
 * as a JSON object. Nothing here is verified, and nothing touches TPM or network.
 */
#ifndef AZA_SHOW_SHOW_H
#define AZA_SHOW_SHOW_H

#include "azattest.h"
#include "base/bytes.h"
#include "base/own.h"
#include "tdx/collateral.h"

/* Members of `object`; what cannot be added for lack of memory is left out. */
void aza_show_text(json_object *object, const char *name, const char *format, ...)
        AZATTEST_PRINTF(3, 4);
void aza_show_bytes(json_object *object, const char *name, struct aza_span bytes); /* as hex */
void aza_show_number(json_object *object, const char *name, uint64_t value);
void aza_show_bool(json_object *object, const char *name, bool value);
void aza_show_time(json_object *object, const char *name, int64_t seconds);
/* Takes `value`. */
void aza_show_object(json_object *object, const char *name, json_object *value);
/* "RSA 2048 bits, SHA-256 of its SubjectPublicKeyInfo ...". */
void aza_show_key(OSSL_LIB_CTX *libctx, json_object *object, const char *name, const EVP_PKEY *key);

/* What the bytes are, from their first bytes and size. */
enum azattest_kind aza_kind_of(struct aza_span content);
const char *aza_kind_text(enum azattest_kind kind);
/* Of what is of no kind: AZATTEST_E_INPUT, raised, where it is a private key, of which nothing is
 * shown; 0: it is none. */
int aza_private_key_refuse(struct aza_span content);

/* What a file of this kind says. NULL after a failure was raised, and for AZATTEST_KIND_UNKNOWN. */
json_object *aza_show_content(OSSL_LIB_CTX *libctx, enum azattest_kind kind,
                              struct aza_span content);

/* Each returns NULL after a failure was raised. */
json_object *aza_show_token(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_jwe(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_cms(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_hcl_report(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_snp_report(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_td_quote(OSSL_LIB_CTX *libctx, struct aza_span content);
/* A collateral file, or one document as Intel's service gives it. */
json_object *aza_show_td_collateral(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_td_collateral_parts(const struct aza_td_collateral *c);
json_object *aza_show_td_report(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_quote(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_event_log(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_evidence(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_key_file(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_sealed_key(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_certificate(OSSL_LIB_CTX *libctx, struct aza_span content);
/* As the vTPM's NV index holds it: zeros behind the certificate (A2). */
json_object *aza_show_ak_certificate(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_request(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *aza_show_json(OSSL_LIB_CTX *libctx, struct aza_span content);

#endif
