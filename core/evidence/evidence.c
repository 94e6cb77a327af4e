/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of one VM as a value, and the checks on it that need no outside knowledge.
 * Collecting is collect.c, judging another VM's evidence is judge.c. */
#include "evidence/evidence.h"

#include "base/error.h"
#include "evidence/ak_cert.h"
#include "evidence/attest_struct.h"

const char *aza_vm_text(enum aza_vm vm)
{
        switch (vm) {
        case AZA_VM_SEVSNP:
                return "sevsnp";
        case AZA_VM_TDX:
                return "tdx";
        case AZA_VM_TRUSTEDLAUNCH:
                return "trustedlaunch";
        }
        return "unknown";
}

const char *aza_require_text(enum aza_require require)
{
        switch (require) {
        case AZA_REQUIRE_SEVSNP:
                return "sevsnp";
        case AZA_REQUIRE_TDX:
                return "tdx";
        case AZA_REQUIRE_TRUSTEDLAUNCH:
                return "trustedlaunch";
        case AZA_REQUIRE_CVM:
                return "cvm";
        case AZA_REQUIRE_ANY:
        case AZA_REQUIRE_SHOWN:
                return "any";
        case AZA_REQUIRE_PLATFORM:
                return "platform";
        }
        return "unknown";
}

bool aza_vm_allowed(enum aza_require require, enum aza_vm vm)
{
        switch (require) {
        case AZA_REQUIRE_SEVSNP:
                return vm == AZA_VM_SEVSNP;
        case AZA_REQUIRE_TDX:
                return vm == AZA_VM_TDX;
        case AZA_REQUIRE_TRUSTEDLAUNCH:
                return vm == AZA_VM_TRUSTEDLAUNCH;
        case AZA_REQUIRE_CVM:
                return vm != AZA_VM_TRUSTEDLAUNCH;
        case AZA_REQUIRE_ANY:
        case AZA_REQUIRE_SHOWN:
                return true;
        case AZA_REQUIRE_PLATFORM: /* a kind of token, not of VM */
                return false;
        }
        return false;
}

void aza_evidence_free(struct aza_evidence *e)
{
        aza_bytes_free(&e->hcl_report);
        aza_bytes_free(&e->vcek_chain);
        aza_bytes_free(&e->td_quote);
        aza_bytes_free(&e->ak_certificate);
        aza_bytes_free(&e->ak_public);
        aza_attestation_free(&e->quote);
        aza_keyref_free(e->key);
        aza_attestation_free(&e->certify);
        aza_bytes_free(&e->event_log);
        *e = (struct aza_evidence){0};
}

/* H1-H10, H13, H14; *ret_ak becomes HCLAkPub. */
static void check_hcl(OSSL_LIB_CTX *libctx, const struct aza_evidence *e, struct aza_checks *checks,
                      EVP_PKEY **ret_ak)
{
        struct aza_hcl_report hcl = {0};
        struct aza_runtime runtime = {0};

        if (e->vm == AZA_VM_TRUSTEDLAUNCH) {
                for (int id = AZA_CHECK_H1; id <= AZA_CHECK_H10; id++)
                        (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_NOT_APPLICABLE,
                                              "Trusted Launch has no HCL report");
                (void)aza_not_checked(checks, AZA_CHECK_H13, AZA_NOT_APPLICABLE,
                                      "Trusted Launch has no HCL report");
                return;
        }
        (void)aza_hcl_report_parse(libctx, aza_bytes_span(&e->hcl_report), checks, &hcl);
        if (hcl.runtime.data == NULL) {
                (void)aza_not_checked(checks, AZA_CHECK_H13, AZA_FOLLOWS, "as H1 to H6");
                return;
        }
        if (aza_runtime_parse(libctx, hcl.runtime, checks, &runtime))
                *ret_ak = aza_take(&runtime.ak);
        aza_runtime_free(&runtime);
}

static void check_signatures(OSSL_LIB_CTX *libctx, EVP_PKEY *ak, const struct aza_evidence *e,
                             struct aza_checks *checks)
{
        const struct aza_quote_expect expect = {.pcrs = &e->pcrs, .policy_mask = 0};
        const struct aza_signed quoted = {ak, aza_bytes_span(&e->quote.message),
                                          aza_bytes_span(&e->quote.signature)};
        const struct aza_signed certified = {ak, aza_bytes_span(&e->certify.message),
                                             aza_bytes_span(&e->certify.signature)};
        struct aza_quote_info quote = {0};
        AZA_BYTES struct aza_bytes key_public = {0};

        (void)aza_quote_verify(libctx, &quoted, &expect, checks, &quote);
        if (e->key == NULL) {
                for (int id = AZA_CHECK_Q11; id <= AZA_CHECK_Q15; id++)
                        (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_NOT_APPLICABLE,
                                              "the evidence claims no attested key");
                return;
        }
        if (aza_keyref_public(libctx, e->key, &key_public) != 0) {
                (void)aza_reject(checks, AZA_CHECK_Q12, "%s", aza_last_error()->message);
                return;
        }
        const struct aza_certify_expect key = {
                .key_public = aza_bytes_span(&key_public),
                .state = quote.state.mask != 0 ? &quote.state : NULL,
        };
        (void)aza_certify_verify(libctx, &certified, &key, checks);
}

int aza_evidence_cross_check(OSSL_LIB_CTX *libctx, const struct aza_evidence *e,
                             struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks own = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *hcl_ak = NULL;
        AZA_OWN(X509_free) X509 *cert = NULL;
        struct aza_tpm_public ak = {0};

        check_hcl(libctx, e, &own, &hcl_ak);
        (void)aza_ak_cert_parse(libctx, aza_bytes_span(&e->ak_certificate), &own, &cert);
        if (aza_tpm_public_parse(libctx, aza_bytes_span(&e->ak_public), false, &ak) != 0) {
                (void)aza_reject(&own, AZA_CHECK_A1, "%s", aza_last_error()->message);
        } else {
                (void)aza_ak_same(ak.key, hcl_ak, cert, &own);
                check_signatures(libctx, ak.key, e, &own);
        }
        aza_tpm_public_free(&ak);
        int code = aza_checks_result(&own, "evidence");
        aza_checks_append(checks, &own);
        return code;
}
