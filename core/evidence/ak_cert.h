/* SPDX-License-Identifier: Apache-2.0 */
/* The AK's certificate: from its NV blob to Azure's vTPM root (CHECKS.md 4). Pure; nothing is
 * fetched here. */
#ifndef AZA_EVIDENCE_AK_CERT_H
#define AZA_EVIDENCE_AK_CERT_H

#include "base/certs.h"
#include "base/checks.h"
#include "base/own.h"

/* So long before its end it is time for a new one: Microsoft's client asks then. In seconds. */
#define AZA_AK_CERT_EARLY   (INT64_C(90) * 86400)
#define AZA_AK_CERT_RENEWAL "'azattest ak-renew' asks Azure for a new one, as does a reboot"

/* A2: the one DER certificate at the start of `blob`; only zeros may follow. True: *ret is set and
 * owned by the caller. */
bool aza_ak_cert_parse(OSSL_LIB_CTX *libctx, struct aza_span blob, struct aza_checks *checks,
                       X509 **ret);

/* For the collecting side: 0, AZATTEST_E_AK_CERT_PARSING (-31), or AZATTEST_E_AK_CERT_PROVISIONING
 * (-29) when it still is Azure's self-signed placeholder. */
int aza_ak_cert_usable(OSSL_LIB_CTX *libctx, struct aza_span blob);

/* A1: the key that signs quotes (`ak`), HCLAkPub (`hcl`, NULL on Trusted Launch) and the
 * certificate's key (`cert`, NULL when there is none) are one. */
bool aza_ak_same(const EVP_PKEY *ak, const EVP_PKEY *hcl, X509 *cert, struct aza_checks *checks);

enum aza_ak_cert_kind {
        AZA_AK_CERT_UNKNOWN, /* not of Azure's form */
        AZA_AK_CERT_CONFIDENTIAL,
        AZA_AK_CERT_TRUSTED_LAUNCH,
};
/* Which kind of VM the certificate's subject names (A5); nothing is verified. */
enum aza_ak_cert_kind aza_ak_cert_kind(const X509 *cert);

struct aza_ak_options {
        const char *roots;    /* extra root pins (configuration `vtpm-root`) or NULL */
        int64_t time;         /* evaluation time */
        bool trusted_launch;  /* which kind of VM the subject must be of (A5) */
        const aza_crls *crls; /* for the intermediates, or NULL */
        bool fetch_asked;     /* A7: issuers that were missing have been looked for */
        size_t fetched;       /* and so many certificates came back, into the pile */
        bool crl_required;    /* A6: a missing list makes the result incomplete */
};
/* A3-A8 of the leaf `cert`, with issuers and root out of `pile`. No issuer found: "unavailable". */
bool aza_ak_chain_verify(OSSL_LIB_CTX *libctx, X509 *cert, const aza_certs *pile,
                         const struct aza_ak_options *options, struct aza_checks *checks);

#endif
