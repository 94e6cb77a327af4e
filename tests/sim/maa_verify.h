/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated MAA's verifier (PROTOCOL.md 11.3): a second, independent reading of what the
 * product collects. Shares core/base with it and nothing else.
 */
#ifndef SIM_MAA_VERIFY_H
#define SIM_MAA_VERIFY_H

#include "sim/maa_log.h"
#include "sim/maa_request.h"
#include "sim/pki.h"

/* What a token may say. */
struct sim_maa_facts {
        EVP_PKEY *key;        /* EncKeyPub */
        json_object *runtime; /* runtime JSON; NULL for Trusted Launch */
        char vm_id[40];       /* upper-case GUID */
        struct sim_log_facts log;
};

void sim_maa_facts_free(struct sim_maa_facts *facts);
#define SIM_MAA_FACTS __attribute__((cleanup(sim_maa_facts_free)))

/* All checks, in the order of PROTOCOL.md 11.3. False: `refusal` names the first that failed. */
bool sim_maa_verify(const struct sim_pki *pki, const struct sim_maa_request *request,
                    struct sim_maa_facts *ret, struct sim_refusal *refusal);

/* Its parts, in files of their own. `aik` is the key of AikPub. */

/* maa_verify_tpm.c: AikPub, PcrQuote, EncKeyCertifyInfo, EncKeyPub. */
bool sim_maa_verify_aik(const struct sim_maa_request *request, EVP_PKEY **ret_aik,
                        struct sim_refusal *refusal);
bool sim_maa_verify_quote(const struct sim_maa_request *request, EVP_PKEY *aik,
                          struct sim_refusal *refusal);
bool sim_maa_verify_key(const struct sim_maa_request *request, EVP_PKEY *aik, EVP_PKEY **ret_key,
                        struct sim_refusal *refusal);
/* maa_verify_certificate.c: AikCert; the caller frees *ret. And a chain up to `root`, which must be
 * reached through `others`. */
bool sim_maa_verify_aik_certificate(const struct sim_pki *pki,
                                    const struct sim_maa_request *request, EVP_PKEY *aik,
                                    X509 **ret, struct sim_refusal *refusal);
bool sim_maa_chain(X509 *leaf, X509 *root, STACK_OF(X509) * others, const char **ret_why);
/* maa_verify_snp.c: SnpReport, VcekCertChain; maa_verify_tdx.c: TdQuote. */
bool sim_maa_verify_snp(const struct sim_pki *pki, const struct sim_maa_request *request,
                        struct aza_span *ret_report_data, struct sim_refusal *refusal);
bool sim_maa_verify_tdx(const struct sim_pki *pki, const struct sim_maa_request *request,
                        struct aza_span *ret_report_data, struct sim_refusal *refusal);
/* The body of a quote that was verified. */
const uint8_t *sim_td_quote_body(struct aza_span quote);

#endif
