/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the result codes. */
#include "azattest.h"

#define NAME(code) \
        case code: \
                return #code

const char *azattest_result_name(int result)
{
        switch (result) {
                NAME(AZATTEST_OK);
                NAME(AZATTEST_E_CURL_INIT);
                NAME(AZATTEST_E_RESPONSE_PARSING);
                NAME(AZATTEST_E_MSI_TOKEN_NOT_FOUND);
                NAME(AZATTEST_E_RETRIES_EXCEEDED);
                NAME(AZATTEST_E_HTTP_FAILED);
                NAME(AZATTEST_E_ATTESTATION_FAILED);
                NAME(AZATTEST_E_TRANSPORT);
                NAME(AZATTEST_E_INVALID_PARAMETER);
                NAME(AZATTEST_E_PARAMETERS_VALIDATION);
                NAME(AZATTEST_E_NO_MEMORY);
                NAME(AZATTEST_E_OS_INFO);
                NAME(AZATTEST_E_TPM_INTERNAL);
                NAME(AZATTEST_E_TPM_OPERATION);
                NAME(AZATTEST_E_JWT_DECRYPTION);
                NAME(AZATTEST_E_JWT_DECRYPTION_TPM);
                NAME(AZATTEST_E_INVALID_JSON);
                NAME(AZATTEST_E_EMPTY_VCEK_CERT);
                NAME(AZATTEST_E_EMPTY_RESPONSE);
                NAME(AZATTEST_E_EMPTY_REQUEST_BODY);
                NAME(AZATTEST_E_HCL_REPORT_PARSING);
                NAME(AZATTEST_E_HCL_REPORT_EMPTY);
                NAME(AZATTEST_E_JWK_EXTRACTION);
                NAME(AZATTEST_E_JWK_TO_RSA);
                NAME(AZATTEST_E_ENCRYPT_INIT);
                NAME(AZATTEST_E_ENCRYPT);
                NAME(AZATTEST_E_DECRYPTION_TPM);
                NAME(AZATTEST_E_DNS_INFO);
                NAME(AZATTEST_E_RESPONSE_NOT_JSON);
                NAME(AZATTEST_E_AK_CERT_PROVISIONING);
                NAME(AZATTEST_E_EMPTY_TD_QUOTE);
                NAME(AZATTEST_E_AK_CERT_PARSING);
                NAME(AZATTEST_E_AK_CERT_RENEW);
                NAME(AZATTEST_E_CONFIGURATION);
                NAME(AZATTEST_E_REQUIREMENT);
                NAME(AZATTEST_E_EVIDENCE);
                NAME(AZATTEST_E_TOKEN_FORM);
                NAME(AZATTEST_E_TOKEN_SIGNATURE);
                NAME(AZATTEST_E_TOKEN_ISSUER);
                NAME(AZATTEST_E_TOKEN_TIME);
                NAME(AZATTEST_E_TOKEN_NONCE);
                NAME(AZATTEST_E_TOKEN_KEY);
                NAME(AZATTEST_E_POLICY);
                NAME(AZATTEST_E_DEADLINE);
                NAME(AZATTEST_E_KEY_GONE);
                NAME(AZATTEST_E_PCR_MISMATCH);
                NAME(AZATTEST_E_PCR_BUSY);
                NAME(AZATTEST_E_WRONG_PURPOSE);
                NAME(AZATTEST_E_IDENTITY_NEEDED);
                NAME(AZATTEST_E_CERTIFICATE);
                NAME(AZATTEST_E_JWE);
                NAME(AZATTEST_E_INPUT);
        }
        return "unknown result code";
}
