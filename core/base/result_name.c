/* SPDX-License-Identifier: Apache-2.0 */
/* The result codes: their names, and what each says of a question that was asked. */
#include "base/result_code.h"

#include <stddef.h>

enum answer {
        DONE,
        FAILED,    /* refused, or it cannot be done */
        UNDECIDED, /* network, input, a sound setting or what Azure writes in the first minutes is
                      missing: it may be another one later */
};

#define ROW(code, answer)           \
        {                           \
#code, code, answer \
        }

static const struct {
        const char *name;
        int code;
        enum answer answer;
} codes[] = {
        ROW(AZATTEST_OK, DONE),
        ROW(AZATTEST_E_CURL_INIT, UNDECIDED),
        ROW(AZATTEST_E_RESPONSE_PARSING, FAILED),
        ROW(AZATTEST_E_MSI_TOKEN_NOT_FOUND, FAILED),
        ROW(AZATTEST_E_RETRIES_EXCEEDED, UNDECIDED),
        ROW(AZATTEST_E_HTTP_FAILED, UNDECIDED),
        ROW(AZATTEST_E_ATTESTATION_FAILED, FAILED),
        ROW(AZATTEST_E_TRANSPORT, UNDECIDED),
        ROW(AZATTEST_E_INVALID_PARAMETER, FAILED),
        ROW(AZATTEST_E_PARAMETERS_VALIDATION, FAILED),
        ROW(AZATTEST_E_NO_MEMORY, UNDECIDED),
        ROW(AZATTEST_E_OS_INFO, FAILED),
        ROW(AZATTEST_E_TPM_INTERNAL, FAILED),
        ROW(AZATTEST_E_TPM_OPERATION, FAILED),
        ROW(AZATTEST_E_JWT_DECRYPTION, FAILED),
        ROW(AZATTEST_E_JWT_DECRYPTION_TPM, FAILED),
        ROW(AZATTEST_E_INVALID_JSON, UNDECIDED),
        ROW(AZATTEST_E_EMPTY_VCEK_CERT, FAILED),
        ROW(AZATTEST_E_EMPTY_RESPONSE, UNDECIDED),
        ROW(AZATTEST_E_EMPTY_REQUEST_BODY, FAILED),
        ROW(AZATTEST_E_HCL_REPORT_PARSING, FAILED),
        ROW(AZATTEST_E_HCL_REPORT_EMPTY, FAILED),
        ROW(AZATTEST_E_JWK_EXTRACTION, FAILED),
        ROW(AZATTEST_E_JWK_TO_RSA, FAILED),
        ROW(AZATTEST_E_ENCRYPT_INIT, FAILED),
        ROW(AZATTEST_E_ENCRYPT, FAILED),
        ROW(AZATTEST_E_DECRYPTION_TPM, FAILED),
        ROW(AZATTEST_E_DNS_INFO, UNDECIDED),
        ROW(AZATTEST_E_RESPONSE_NOT_JSON, UNDECIDED),
        ROW(AZATTEST_E_AK_CERT_PROVISIONING, UNDECIDED),
        ROW(AZATTEST_E_EMPTY_TD_QUOTE, FAILED),
        ROW(AZATTEST_E_AK_CERT_PARSING, FAILED),
        ROW(AZATTEST_E_AK_CERT_RENEW, FAILED),
        ROW(AZATTEST_E_CONFIGURATION, UNDECIDED),
        ROW(AZATTEST_E_REQUIREMENT, FAILED),
        ROW(AZATTEST_E_EVIDENCE, FAILED),
        ROW(AZATTEST_E_TOKEN_FORM, FAILED),
        ROW(AZATTEST_E_TOKEN_SIGNATURE, FAILED),
        ROW(AZATTEST_E_TOKEN_ISSUER, FAILED),
        ROW(AZATTEST_E_TOKEN_TIME, FAILED),
        ROW(AZATTEST_E_TOKEN_NONCE, FAILED),
        ROW(AZATTEST_E_TOKEN_KEY, FAILED),
        ROW(AZATTEST_E_POLICY, FAILED),
        ROW(AZATTEST_E_DEADLINE, UNDECIDED),
        ROW(AZATTEST_E_KEY_GONE, FAILED),
        ROW(AZATTEST_E_PCR_MISMATCH, FAILED),
        ROW(AZATTEST_E_PCR_BUSY, FAILED),
        ROW(AZATTEST_E_WRONG_PURPOSE, FAILED),
        ROW(AZATTEST_E_IDENTITY_NEEDED, FAILED),
        ROW(AZATTEST_E_CERTIFICATE, FAILED),
        ROW(AZATTEST_E_JWE, FAILED),
        ROW(AZATTEST_E_INPUT, UNDECIDED),
        ROW(AZATTEST_E_KEY_RELEASE, FAILED),
        ROW(AZATTEST_E_OTHER_VM, FAILED),
        ROW(AZATTEST_E_EVENT_LOG, UNDECIDED),
};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

const char *azattest_result_name(int result)
{
        for (size_t i = 0; i < CODE_COUNT; i++)
                if (codes[i].code == result)
                        return codes[i].name;
        return "unknown result code";
}

bool aza_result_undecided(int result)
{
        for (size_t i = 0; i < CODE_COUNT; i++)
                if (codes[i].code == result)
                        return codes[i].answer == UNDECIDED;
        return false;
}
