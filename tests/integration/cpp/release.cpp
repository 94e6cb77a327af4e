/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the C++ interface, as one is that gets keys released: a vault wraps a key to the
 * token's key with OAEP and SHA-256, and the program unwraps it. usage: release token URL | release
 * unwrap FILE | release wrap URL TEXT `token` prints the token a vault is shown. `unwrap` prints
 * what is in FILE. `wrap` does both sides here, once with OAEP and once with what the interface
 * does unless told.
 */
#include <AttestationClient.h>

#include "logger.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using attest::AttestationResult;

namespace
{

int failed(const AttestationResult &result)
{
        std::printf("%d 0x%x %s\n", static_cast<int>(result.code_), result.tpm_error_code_,
                    result.description_.c_str());
        return 1;
}

bool good(const AttestationResult &result)
{
        return result.code_ == AttestationResult::ErrorCode::SUCCESS;
}

AttestationResult attest_this(AttestationClient *client, const char *url, std::string *ret)
{
        attest::ClientParameters params = {};
        unsigned char *jwt = nullptr;

        params.version = CLIENT_PARAMS_VERSION;
        params.attestation_endpoint_url = reinterpret_cast<const unsigned char *>(url);
        const AttestationResult result = client->Attest(params, &jwt);
        if (good(result))
                *ret = reinterpret_cast<const char *>(jwt);
        client->Free(jwt);
        return result;
}

int unwrap(AttestationClient *client, const std::vector<char> &block)
{
        unsigned char *out = nullptr;
        uint32_t size = 0;
        const AttestationResult result = client->Decrypt(
                attest::EncryptionType::NONE, reinterpret_cast<const unsigned char *>(block.data()),
                static_cast<uint32_t>(block.size()), nullptr, 0, &out, &size,
                attest::RsaScheme::RsaOaep, attest::RsaHashAlg::RsaSha256);

        if (!good(result))
                return failed(result);
        std::printf("%.*s\n", static_cast<int>(size), reinterpret_cast<const char *>(out));
        client->Free(out);
        return 0;
}

int wrap(AttestationClient *client, const std::string &token, const char *text, bool oaep)
{
        const unsigned char *jwt = reinterpret_cast<const unsigned char *>(token.c_str());
        const unsigned char *data = reinterpret_cast<const unsigned char *>(text);
        const uint32_t length = static_cast<uint32_t>(std::strlen(text));
        unsigned char *block = nullptr, *out = nullptr, *metadata = nullptr;
        uint32_t block_size = 0, out_size = 0, metadata_size = 0;
        AttestationResult result;

        if (oaep)
                result = client->Encrypt(attest::EncryptionType::NONE, jwt, data, length, &block,
                                         &block_size, &metadata, &metadata_size,
                                         attest::RsaScheme::RsaOaep, attest::RsaHashAlg::RsaSha256);
        else
                result = client->Encrypt(attest::EncryptionType::NONE, jwt, data, length, &block,
                                         &block_size, &metadata, &metadata_size);
        if (!good(result))
                return failed(result);
        if (oaep)
                result = client->Decrypt(attest::EncryptionType::NONE, block, block_size, metadata,
                                         metadata_size, &out, &out_size, attest::RsaScheme::RsaOaep,
                                         attest::RsaHashAlg::RsaSha256);
        else
                result = client->Decrypt(attest::EncryptionType::NONE, block, block_size, metadata,
                                         metadata_size, &out, &out_size);
        client->Free(block);
        client->Free(metadata);
        if (!good(result))
                return failed(result);
        std::printf("%u %.*s\n", block_size, static_cast<int>(out_size),
                    reinterpret_cast<const char *>(out));
        client->Free(out);
        return 0;
}

int run(AttestationClient *client, int argc, char **argv)
{
        const std::string what = argc > 2 ? argv[1] : "";
        std::string token;

        if (what == "unwrap") {
                std::ifstream file(argv[2], std::ios::binary);
                const std::vector<char> block((std::istreambuf_iterator<char>(file)),
                                              std::istreambuf_iterator<char>());
                return unwrap(client, block);
        }
        if (what != "token" && what != "wrap")
                return 2;
        const AttestationResult result = attest_this(client, argv[2], &token);
        if (!good(result))
                return failed(result);
        if (what == "token") {
                std::puts(token.c_str());
                return 0;
        }
        return argc < 4 || wrap(client, token, argv[3], true) != 0
                       ? 2
                       : wrap(client, token, argv[3], false);
}

} // namespace

int main(int argc, char **argv)
{
        AttestationClient *client = nullptr;
        Logger logger;

        if (!Initialize(&logger, &client))
                return 2;
        const int status = run(client, argc, argv);
        Uninitialize();
        return status;
}
