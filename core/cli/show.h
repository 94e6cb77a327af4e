/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describing files for `inspect` and `explain`: each function returns what bytes say as a JSON
 * object that is printed as JSON or as a tree. Nothing here is verified, and nothing touches TPM or
 * network.
 */
#ifndef AZA_CLI_SHOW_H
#define AZA_CLI_SHOW_H

#include "base/bytes.h"
#include "base/own.h"

/* Members of `object`; what cannot be added for lack of memory is left out. */
void show_text(json_object *object, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void show_bytes(json_object *object, const char *name, struct aza_span bytes); /* as hex */
void show_number(json_object *object, const char *name, uint64_t value);
void show_bool(json_object *object, const char *name, bool value);
void show_time(json_object *object, const char *name, int64_t seconds);
/* Takes `value`. */
void show_object(json_object *object, const char *name, json_object *value);
/* "RSA 2048 bits, SHA-256 of its SubjectPublicKeyInfo ...". */
void show_key(OSSL_LIB_CTX *libctx, json_object *object, const char *name, const EVP_PKEY *key);

enum show_kind {
        SHOW_TOKEN,
        SHOW_JWE,
        SHOW_HCL_REPORT,
        SHOW_SNP_REPORT,
        SHOW_TD_QUOTE,
        SHOW_TD_REPORT,
        SHOW_QUOTE,
        SHOW_EVENT_LOG,
        SHOW_EVIDENCE,
        SHOW_KEY_FILE,
        SHOW_CERTIFICATE,
        SHOW_REQUEST,
        SHOW_JWKS,
        SHOW_POLICY,
        SHOW_UNKNOWN,
};

/* What the bytes are, from their first bytes and size. */
enum show_kind show_kind_of(struct aza_span content);
const char *show_kind_text(enum show_kind kind);

/* What a file of this kind says. NULL after a failure was raised, and for SHOW_UNKNOWN. */
json_object *show_content(OSSL_LIB_CTX *libctx, enum show_kind kind, struct aza_span content);

/* Each returns NULL after a failure was raised. */
json_object *show_token(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_jwe(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_hcl_report(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_snp_report(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_td_quote(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_td_report(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_quote(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_event_log(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_evidence(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_key_file(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_certificate(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_request(OSSL_LIB_CTX *libctx, struct aza_span content);
json_object *show_json(OSSL_LIB_CTX *libctx, struct aza_span content);

#endif
