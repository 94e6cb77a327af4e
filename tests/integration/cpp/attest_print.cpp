/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the C++ interface: attests and prints the token, or code, TPM code and text.
 * usage: attest_print URL [NONCE]
 */
#include <AttestationClient.h>

#include "logger.h"

#include <cstdio>
#include <string>

int main(int argc, char **argv)
{
        const std::string url = argc > 1 ? argv[1] : "";
        const std::string nonce = argc > 2 ? argv[2] : "";
        const std::string payload = "{\"nonce\":\"" + nonce + "\"}";
        AttestationClient *client = nullptr;
        Logger logger;

        if (!Initialize(&logger, &client)) {
                std::puts("no client");
                return 2;
        }
        attest::ClientParameters params = {};
        params.version = CLIENT_PARAMS_VERSION;
        params.attestation_endpoint_url = reinterpret_cast<const unsigned char *>(url.c_str());
        params.client_payload = reinterpret_cast<const unsigned char *>(payload.c_str());

        unsigned char *jwt = nullptr;
        const attest::AttestationResult result = client->Attest(params, &jwt);
        const bool attested = result.code_ == attest::AttestationResult::ErrorCode::SUCCESS;
        if (attested)
                std::printf("%s\n", reinterpret_cast<const char *>(jwt));
        else
                std::printf("%d 0x%x %s\n", static_cast<int>(result.code_), result.tpm_error_code_,
                            result.description_.c_str());
        client->Free(jwt);
        Uninitialize();
        return attested ? 0 : 1;
}
