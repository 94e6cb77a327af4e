/* SPDX-License-Identifier: Apache-2.0 */
/* What this VM's keys and the files of them are worth now: a finding each. Asks the TPM and reads
 * files, never the network. What cannot be found out is "unknown". */
#ifndef AZA_DOCTOR_STATUS_H
#define AZA_DOCTOR_STATUS_H

#include "base/error.h"
#include "certificate/certificate.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "key/sealed.h"
#include "verdict/certificate.h"

struct aza_status {
        /* set by the caller */
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        struct aza_tpm *tpm;
        const char *const *files; /* key files, certificates, folders of them */
        size_t count;
        int64_t within; /* seconds: what ends so soon is not in order */
        int64_t now;
        /* found */
        json_object *findings; /* array; the caller puts it */
        bool sick, unsure;     /* there is a "no"; an "unknown" */
};

/* Looks at the files, the unnamed keys and the AK certificate. 0 or AZATTEST_E_NO_MEMORY. */
int aza_status(struct aza_status *s);

/* ---- for the files of this part ---- */

/* One finding on its way: states only get worse, texts are put together. */
struct aza_status_row {
        json_object *out;
        enum aza_finding_state state;
        char text[1024];
};

void aza_status_note(struct aza_status_row *row, enum aza_finding_state state, const char *format,
                     ...) AZATTEST_PRINTF(3, 4);

/* A sealed key, and what came of opening it, which is done once. */
struct aza_status_sealed {
        struct aza_sealed file;
        bool tried;
        int result;
        struct aza_error fault;
        struct aza_keyref *by; /* the vTPM's key that opens it, as far as known */
};

/* status_file.c: what was read of one file. */
struct aza_status_file {
        char *path;
        struct aza_keyref *ref;                     /* of a key file, */
        bool is_sealed;                             /* or */
        struct aza_status_sealed sealed;            /* this, */
        EVP_PKEY *key;                              /* or the public half of this private key, */
        bool is_locked;                             /* which is encrypted: nothing is known of it */
        struct aza_certificate_request certificate; /* or this; none: `fault` says why */
        struct aza_error fault;
        bool is_of_authority; /* found, not named: a row only if its key is this VM's */
};
struct aza_status_files {
        struct aza_status_file *item;
        size_t count;
};
/* 0 or AZATTEST_E_NO_MEMORY. */
int aza_status_read(const struct aza_status *s, struct aza_status_files *ret);
void aza_status_files_free(struct aza_status_files *files);

/* status_key.c: whether the key can be used now, and if not, since which PCRs. */
void aza_status_key(const struct aza_status *s, const struct aza_keyref *ref,
                    struct aza_status_row *row);
/* status_sealed.c: opens the sealed key, if that was not done: then f->key is its public half. */
void aza_status_open(const struct aza_status *s, struct aza_status_file *f);
/* Whether one that was tried did not open, for what may pass. */
bool aza_status_is_undecided(const struct aza_status_file *f);
/* The same as aza_status_open, and says whether it could be. */
void aza_status_sealed(const struct aza_status *s, struct aza_status_file *f,
                       struct aza_status_row *row);
/* A copy without the private numbers; NULL: it has no such form. */
EVP_PKEY *aza_status_public(OSSL_LIB_CTX *libctx, const EVP_PKEY *key);
/* status_certificate.c: whether it lasts, where its key is, and what its token said. */
void aza_status_certificate(const struct aza_status *s, const struct aza_status_files *files,
                            const struct aza_certificate_request *shown,
                            struct aza_status_row *row);
/* Whether its key is in one of the files, or one that this vTPM makes. */
bool aza_status_is_own(const struct aza_status *s, const struct aza_status_files *files,
                       const struct aza_certificate_request *shown);
/* Name, hierarchy and PCRs of a key; which PCRs changed since it was made with `then`. */
void aza_status_show_key(const struct aza_keyref *ref, json_object *out);
void aza_status_show_changed(const struct aza_status *s, const struct aza_pcrs *then,
                             json_object *out);
/* What ends it. */
const char *aza_status_life(const struct aza_keyref *ref);
/* What the token in `jwt` said when it was fetched, judged by the configuration of now, for the key
 * of that modulus or, where there is a certificate, together with that. `matters`: what is refused
 * is not in order. */
struct aza_status_token {
        const char *jwt;
        const uint8_t *modulus;                            /* or NULL */
        const struct aza_certificate_request *certificate; /* or NULL */
        enum aza_purpose purpose;
        uint32_t pcr_mask;
        int64_t end; /* of the certificate, which a CA may have made longer; or 0 */
        bool matters;
};
void aza_status_token(const struct aza_status *s, const struct aza_status_token *token,
                      struct aza_status_row *row);
/* That a certificate ends at `end`. */
void aza_status_end(const struct aza_status *s, int64_t end, struct aza_status_row *row);

#endif
