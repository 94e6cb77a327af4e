/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of codes that the C++ interface has no number for. */
#include "result.h"

#include <azattest.h>

namespace aza
{

using attest::AttestationResult;

struct row {
        int own;
        int nearest;
};

/* Everything the token was refused for is ERROR_ATTESTATION_FAILED: for a program it is as if the
 * service had refused. */
static const row rows[] = {
        {AZATTEST_E_CONFIGURATION, AZATTEST_E_INVALID_PARAMETER},
        {AZATTEST_E_REQUIREMENT, AZATTEST_E_PARAMETERS_VALIDATION},
        {AZATTEST_E_EVIDENCE, AZATTEST_E_PARAMETERS_VALIDATION},
        {AZATTEST_E_TOKEN_FORM, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_TOKEN_SIGNATURE, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_TOKEN_ISSUER, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_TOKEN_TIME, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_TOKEN_NONCE, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_TOKEN_KEY, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_POLICY, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_DEADLINE, AZATTEST_E_TRANSPORT},
        {AZATTEST_E_KEY_GONE, AZATTEST_E_DECRYPTION_TPM},
        {AZATTEST_E_PCR_MISMATCH, AZATTEST_E_DECRYPTION_TPM},
        {AZATTEST_E_PCR_BUSY, AZATTEST_E_TPM_OPERATION},
        {AZATTEST_E_WRONG_PURPOSE, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_IDENTITY_NEEDED, AZATTEST_E_INVALID_PARAMETER},
        {AZATTEST_E_CERTIFICATE, AZATTEST_E_INVALID_PARAMETER},
        {AZATTEST_E_JWE, AZATTEST_E_INVALID_PARAMETER},
        {AZATTEST_E_INPUT, AZATTEST_E_INVALID_PARAMETER},
        {AZATTEST_E_KEY_RELEASE, AZATTEST_E_HTTP_FAILED},
        {AZATTEST_E_OTHER_VM, AZATTEST_E_ATTESTATION_FAILED},
        {AZATTEST_E_EVENT_LOG, AZATTEST_E_PARAMETERS_VALIDATION},
};

static bool has_number(int result)
{
        return result <= AZATTEST_OK && result >= AZATTEST_E_AK_CERT_RENEW;
}

AttestationResult::ErrorCode nearest_code(int result) noexcept
{
        /* A later libazattest may have codes that are not in the table. */
        int code = has_number(result) ? result : AZATTEST_E_TPM_INTERNAL;

        for (const row &r : rows)
                if (r.own == result)
                        code = r.nearest;
        return static_cast<AttestationResult::ErrorCode>(code);
}

AttestationResult result_of(int result)
{
        AttestationResult ret;

        if (result == AZATTEST_OK)
                return ret;
        ret.code_ = nearest_code(result);
        ret.tpm_error_code_ = azattest_tpm_error(nullptr);
        ret.description_ = azattest_error_message(nullptr);
        if (!has_number(result))
                ret.description_ = std::string(azattest_result_name(result)) + " (" +
                                   std::to_string(result) + "): " + ret.description_;
        return ret;
}

AttestationResult invalid(const char *text)
{
        AttestationResult ret(AttestationResult::ErrorCode::ERROR_INVALID_INPUT_PARAMETER);

        ret.description_ = text;
        return ret;
}

} // namespace aza
