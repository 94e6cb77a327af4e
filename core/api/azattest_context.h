/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of azattest_context, shared by the azattest*.c files. The lock covers the fields, never
 * an operation: operations of several threads run side by side (PV25, PV27).
 */
#ifndef AZA_API_AZATTEST_CONTEXT_H
#define AZA_API_AZATTEST_CONTEXT_H

#include "azattest.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "config/config.h"
#include "online/collect.h"
#include "tpm/device.h"
#include "tpm/keyref.h"
#include "tpm/uri.h"
#include "verdict/evidence.h"
#include "verdict/token.h"

#include <openssl/types.h>
#include <pthread.h>

#define AZA_CALL_UNCHECKED 64 /* ids of allow_unchecked */

/* An access token that a vault took, for the next release from it: in memory, for minutes. */
struct aza_held_access {
        struct aza_bytes authorization;   /* secret; empty: none */
        char vault[272];                  /* HOST:PORT */
        uint8_t identity[AZA_SHA256_LEN]; /* of who got it */
        int64_t until_ms;
};

struct azattest_context {
        pthread_mutex_t lock;
        struct aza_config_source source;
        OSSL_LIB_CTX *libctx; /* made at first use, then fixed */
        struct aza_tpm *tpm;  /* made at first use of a TPM, then fixed */
        azattest_progress_fn *progress;
        void *progress_arg;
        struct aza_held_access access;
        char asked[512]; /* the MAA that azattest_attest was given last, normalised; "" none */
        atomic_uint cancelled; /* how often; azattest_cancel runs in signal handlers */
};

/* One call of the public API: what it works with, checked and fixed from begin to end. */
struct azattest_call {
        OSSL_LIB_CTX *libctx;
        struct aza_tpm *tpm; /* NULL unless wanted */
        struct aza_config config;
        struct aza_deadline deadline;
        azattest_progress_fn *progress;
        void *progress_arg;
        json_object *weakened; /* of this call's own options (D13), or NULL */
        bool refused; /* what was to be judged is no such thing: a rejection, whatever the code */
};

#define AZATTEST_CALL __attribute__((cleanup(aza_call_end)))
/* Clears the thread's last failure, checks the configuration, starts the deadline. `ctx` NULL is
 * -8. */
int aza_call_begin(azattest_context *ctx, bool with_tpm, struct azattest_call *call);
void aza_call_end(struct azattest_call *call);

/* Who works with what the call has: judges with the network, and is this VM. */
struct aza_verifier aza_call_verifier(struct azattest_call *call);
struct aza_attester aza_call_attester(const struct azattest_call *call);

/* Remembers that the program asked this MAA, whose tokens it then means to use. */
void aza_call_asked(azattest_context *ctx, const char *url);

/* Copies for the caller, NUL behind them; released with azattest_free. */
int aza_hand_out(struct aza_span bytes, uint8_t **ret);
/* The same without a copy: *bytes is empty then. */
int aza_hand_over(struct aza_bytes *bytes, uint8_t **ret);
/* `value` as text; NULL: there was no memory for it. */
int aza_hand_out_json(json_object *value, char **ret_json);

/* The key of `jwt`, verified as one to encrypt to (azattest_encrypt). */
int aza_call_encryption_key(azattest_context *ctx, struct azattest_call *call, const char *jwt,
                            EVP_PKEY **ret);
/* The same by `e`, and with what it demands (azattest_encrypt_with). Begins the call. */
int aza_call_encryption_begin(azattest_context *ctx, const struct azattest_encryption *e,
                              struct azattest_call *call, EVP_PKEY **ret);
/* The decryption key that `uri` names, derived from the vTPM. */
int aza_call_decryption_key(const struct azattest_call *call, const char *uri,
                            struct aza_keyref **ret);

/* Options as this library knows them, whichever version of the header the program was built with.
 * `given` may be NULL: nothing is demanded. verify.evidence is NULL or points to `evidence`.
 * AZATTEST_E_INVALID_PARAMETER. */
struct aza_options {
        struct azattest_verify_options verify;
        struct azattest_evidence_options evidence;
};
int aza_verify_options_take(const struct azattest_verify_options *given, struct aza_options *ret);
int aza_encryption_take(const struct azattest_encryption *given, struct azattest_encryption *ret,
                        struct aza_options *ret_options);
/* Both functions have to be there. */
int aza_stream_take(const struct azattest_stream *given, struct azattest_stream *ret);
int aza_certificate_options_take(const struct azattest_certificate_options *given,
                                 struct azattest_certificate_options *ret);
int aza_status_options_take(const struct azattest_status_options *given,
                            struct azattest_status_options *ret);
/* ret->evidence is NULL or `ret_evidence`. */
int aza_attest_options_take(const struct azattest_attest_options *given,
                            struct azattest_attest_options *ret,
                            struct azattest_evidence_options *ret_evidence);
/* ret_options->evidence counts whatever verify.evidence is, which is NULL. */
int aza_draft_options_take(const struct azattest_draft_options *given,
                           struct azattest_draft_options *ret, struct aza_options *ret_options);
int aza_evidence_options_take(const struct azattest_evidence_options *given,
                              struct azattest_evidence_options *ret);
int aza_release_options_take(const struct azattest_release_options *given,
                             struct azattest_release_options *ret);
int aza_sealing_take(const struct azattest_sealing *given, struct azattest_sealing *ret,
                     struct aza_options *ret_options);

/* What came of judging, on the way to a result. */
struct aza_call_outcome {
        const char *subject; /* "token" */
        int64_t time;
        struct aza_checks checks;
        struct aza_token *token; /* what it says, accepted or not; NULL: not readable */
        json_object *claims;     /* shown on accept; NULL: the token's */
        EVP_PKEY *leaf;          /* for which the attested key vouches (C7); NULL: none */
        struct aza_error why;    /* a failure behind the rows, or instead of them */
};
#define AZATTEST_OUTCOME __attribute__((cleanup(aza_call_outcome_free)))
void aza_call_outcome_free(struct aza_call_outcome *outcome);

/* A relying party's options, above the configuration, into what verify.h wants; the time is set. */
int aza_call_options(struct azattest_call *call, const struct azattest_verify_options *options,
                     struct aza_verify_request *request);
/* Names an option of this call that weakens; shown in its result. 0 or AZATTEST_E_NO_MEMORY. */
int aza_call_weaken(struct azattest_call *call, const char *key, const char *value,
                    const char *meaning);
/* The evaluation time: `given`, which is named as weakening, or now when it is 0. */
int aza_call_time(struct azattest_call *call, int64_t given, int64_t *ret);
/* What was judged, and how. Borrowed. */
struct aza_judged {
        const char *subject; /* "token", ... */
        int64_t time;
        const struct aza_checks *checks;
        json_object *claims; /* NULL: none */
};
/* The result list (D33) as text, released with azattest_free. */
int aza_call_result(const struct azattest_call *call, const struct aza_judged *judged,
                    char **ret_json);

/* Makes a verdict of rows and of what kept some from being made (`why`, code 0 when nothing did),
 * and hands the result out (ret_json may be NULL), without rows too (D54). 0 when accepted, else
 * the code that counts. */
int aza_call_finish(const struct azattest_call *call, struct aza_call_outcome *outcome,
                    char **ret_json);

/* The key that the accepted token attests, or the leaf's for which it vouches, as PEM. */
int aza_call_key(const struct azattest_call *call, const struct aza_call_outcome *outcome,
                 struct aza_bytes *ret_pem);

/* AZATTEST_E_INVALID_PARAMETER when `options` demand something of evidence and bring none: a
 * token or certificate is judged, and ignoring a demand would be a silent accept. */
int aza_call_no_demands(const struct azattest_verify_options *options);
/* The same of a CA, for what has none, and of all that makes no sense for a peer's certificate. */
int aza_call_no_ca(const struct azattest_verify_options *options);
int aza_call_no_file(const struct azattest_verify_options *options);

/* A URI that names a key of ours, not the AK or a certificate. */
int aza_call_parse_uri(const char *text, const struct aza_config *config, struct aza_uri *ret);
/* The key with a verified token: a stored one, or attested now. A payload can only be in a token
 * made for it: stored ones do not count then. */
int aza_call_attested_key(struct azattest_call *call, const struct aza_uri *uri,
                          const char *payload, struct aza_keyref **ret);
/* The key and nonce that `options` name; a key of both purposes is named as weakening. */
int aza_call_key_uri(struct azattest_call *call, const struct azattest_attest_options *options,
                     struct aza_uri *ret);
/* Rows of the token in `key`, this VM's own. 0 when rows were made. */
int aza_call_own_token(struct azattest_call *call, const struct aza_keyref *key, const char *nonce,
                       struct aza_call_outcome *outcome);
/* Evidence of the key and with the nonce that `uri` names; with TPM. */
int aza_call_collect(const struct azattest_call *call, const struct aza_uri *uri,
                     struct aza_evidence_file *ret);
/* What its judges need beside it, where the configuration says so. Needs the network or files. */
int aza_call_enclose(const struct azattest_call *call, struct aza_evidence_file *file);
/* Settings and options that weaken (D13), those of the configuration first. NULL: out of memory. */
json_object *aza_call_weakened(const struct azattest_call *call);

/* What azattest_evidence_options name, read from files; ids of checks resolved. */
struct aza_call_evidence {
        aza_certs *certs;
        aza_crls *crls;
        struct aza_demands *demands;
        struct aza_td_collateral collateral;
        enum aza_check_id unchecked[AZA_CALL_UNCHECKED];
        size_t unchecked_count;
};
#define AZATTEST_CALL_EVIDENCE __attribute__((cleanup(aza_call_evidence_free)))
void aza_call_evidence_free(struct aza_call_evidence *e);
/* Reads them, names what weakens, and makes them what `request` demands, which borrows from *e;
 * who is judged, when and with which nonce is said afterwards. 0, AZATTEST_E_INPUT,
 * AZATTEST_E_INVALID_PARAMETER. */
int aza_call_evidence_read(struct azattest_call *call, const struct azattest_evidence_options *o,
                           struct aza_call_evidence *e, struct aza_evidence_request *request);
/* Names what weakens among them, and judges their form. */
int aza_call_demands_weaken(struct azattest_call *call, const struct azattest_evidence_options *o);
/* Fetches what `file` lacks, where the options say so, and notes it in `request`. */
int aza_call_fetch(const struct azattest_call *call, const struct azattest_evidence_options *o,
                   const struct aza_evidence_file *file, struct aza_call_evidence *e,
                   struct aza_evidence_request *request);
/* The same of options->evidence (may be NULL) beside a token, where nonce, vmid and time are said
 * in `options` or by the call: there AZATTEST_E_INVALID_PARAMETER. */
int aza_call_demands(struct azattest_call *call, const struct azattest_verify_options *options,
                     struct aza_call_evidence *e, struct aza_evidence_request *request);

/* Judges options->evidence_json, if any, together with the token of `outcome` (T18): its rows
 * behind the token's. `token` is what was demanded of that. 0 when rows were made or there is
 * nothing to judge. */
int aza_call_beside(struct azattest_call *call, const struct azattest_verify_options *options,
                    const struct aza_verify_request *token, struct aza_call_outcome *outcome);

/* The digest name of `hash`; NULL when unknown. */
const char *aza_hash_name(enum azattest_rsa_hash hash);
bool aza_scheme_known(enum azattest_rsa_scheme scheme);

#endif
