/* SPDX-License-Identifier: Apache-2.0 */
/* Types of the reference client's C++ interface; see azattest-migrating(7). Names, values and
 * layout are those of Microsoft's library, and stay: programs that were built with it run with
 * this. */
#ifndef AZATTEST_CPP_ATTESTATION_LIB_TYPES_H
#define AZATTEST_CPP_ATTESTATION_LIB_TYPES_H

#include <cstdint>
#include <string>
#include <unordered_map>

#define CLIENT_PARAMS_VERSION 1

namespace attest
{

/* What a call came to. A code of libazattest that the interface has no number for is given as the
 * nearest one it has; number and name of our own stand in description_ then. */
class AttestationResult
{
      public:
        enum class ErrorCode {
                SUCCESS = 0,
                ERROR_CURL_INITIALIZATION = -1,
                ERROR_RESPONSE_PARSING = -2,
                ERROR_MSI_TOKEN_NOT_FOUND = -3,
                ERROR_HTTP_REQUEST_EXCEEDED_RETRIES = -4,
                ERROR_HTTP_REQUEST_FAILED = -5,
                ERROR_ATTESTATION_FAILED = -6,
                ERROR_SENDING_CURL_REQUEST_FAILED = -7,
                ERROR_INVALID_INPUT_PARAMETER = -8,
                ERROR_ATTESTATION_PARAMETERS_VALIDATION_FAILED = -9,
                ERROR_FAILED_MEMORY_ALLOCATION = -10,
                ERROR_FAILED_TO_GET_OS_INFO = -11,
                ERROR_TPM_INTERNAL_FAILURE = -12,
                ERROR_TPM_OPERATION_FAILURE = -13,
                ERROR_JWT_DECRYPTION_FAILED = -14,
                ERROR_JWT_DECRYPTION_TPM_ERROR = -15,
                ERROR_INVALID_JSON_RESPONSE = -16,
                ERROR_EMPTY_VCEK_CERT = -17,
                ERROR_EMPTY_RESPONSE = -18,
                ERROR_EMPTY_REQUEST_BODY = -19,
                ERROR_HCL_REPORT_PARSING_FAILURE = -20,
                ERROR_HCL_REPORT_EMPTY = -21,
                ERROR_EXTRACTING_JWK_INFO = -22,
                ERROR_CONVERTING_JWK_TO_RSA_PUB = -23,
                ERROR_EVP_PKEY_ENCRYPT_INIT_FAILED = -24,
                ERROR_EVP_PKEY_ENCRYPT_FAILED = -25,
                ERROR_DATA_DECRYPTION_TPM_ERROR = -26,
                ERROR_PARSING_DNS_INFO = -27,
                ERROR_PARSING_ATTESTATION_RESPONSE = -28,
                ERROR_AK_CERT_PROVISIONING_FAILED = -29,
                ERROR_EMPTY_TD_QUOTE = -30,
                ERROR_AK_CERT_PARSING = -31,
                ERROR_AK_CERT_RENEW = -32
        };

        AttestationResult() = default;
        /* Not explicit: programs assign a bare code. */
        AttestationResult(ErrorCode code) : code_(code)
        {
        }

        ErrorCode code_ = ErrorCode::SUCCESS;
        uint32_t tpm_error_code_ = 0; /* of the TSS, layer bits included; 0: it was not the TPM */
        std::string description_;
};

/* All texts are NUL-terminated. */
struct ClientParameters {
        uint32_t version; /* CLIENT_PARAMS_VERSION */
        /* A host, with or without https://, port, path: the host and its port count. */
        const unsigned char *attestation_endpoint_url = nullptr;
        /* A JSON object without nested values, or none. */
        const unsigned char *client_payload = nullptr;
};

enum class EncryptionType { NONE };

/* Algorithms by their TPM numbers. */
enum RsaScheme : uint16_t { RsaNull = 0x0010, RsaEs = 0x0015, RsaOaep = 0x0017 };
enum RsaHashAlg : uint16_t {
        RsaSha1 = 0x0004,
        RsaSha256 = 0x000B,
        RsaSha384 = 0x000C,
        RsaSha512 = 0x000D
};

enum class OsType { LINUX, WINDOWS, INVALID };

} // namespace attest

#endif
