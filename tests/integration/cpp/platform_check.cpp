/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the C++ interface: attests without logging and asks the token whether this is a
 * confidential VM that Azure calls compliant. Prints true or false, or that there was no token.
 * usage: platform_check URL
 */
#include <AttestationClient.h>
#include <AttestationLibTypes.h>
#include <AttestationLogger.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace
{

class Silent : public attest::AttestationLogger
{
      public:
        void Log(const char *, LogLevel, const char *, const int, const char *, ...) override
        {
        }
};

std::string decode(const std::string &text)
{
        static const std::string digits =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        std::string ret;
        unsigned int bits = 0, have = 0;

        for (const char c : text) {
                bits = bits << 6 | static_cast<unsigned int>(digits.find(c) & 0x3F);
                have += 6;
                if (have < 8)
                        continue;
                have -= 8;
                ret.push_back(static_cast<char>(bits >> have & 0xFF));
        }
        return ret;
}

bool has(const std::string &claims, const std::string &name, const std::string &value)
{
        return claims.find("\"" + name + "\":\"" + value + "\"") != std::string::npos;
}

} // namespace

int main(int argc, char **argv)
{
        AttestationClient *client = nullptr;
        /* As programs of the reference do, which takes the logger over. */
        Silent *logger = new Silent();

        if (!Initialize(logger, &client) || argc < 2)
                return 2;
        attest::ClientParameters params;
        params.version = 1;
        params.attestation_endpoint_url = reinterpret_cast<unsigned char *>(argv[1]);

        unsigned char *jwt = nullptr;
        attest::AttestationResult result;
        if ((result = client->Attest(params, &jwt)).code_ !=
            attest::AttestationResult::ErrorCode::SUCCESS) {
                std::printf("no token: %d\n", static_cast<int>(result.code_));
                Uninitialize();
                return 1;
        }
        const std::string token(reinterpret_cast<char *>(jwt));
        std::free(jwt);
        const std::size_t first = token.find('.') + 1;
        const std::string claims = decode(token.substr(first, token.find('.', first) - first));
        const std::size_t tee = claims.find("\"x-ms-isolation-tee\"");
        const std::string hardware = tee != std::string::npos ? claims.substr(tee) : "";
        const bool confidential = (has(hardware, "x-ms-attestation-type", "sevsnpvm") ||
                                   has(hardware, "x-ms-attestation-type", "tdxvm")) &&
                                  has(hardware, "x-ms-compliance-status", "azure-compliant-cvm");
        std::puts(confidential ? "true" : "false");
        Uninitialize();
        return 0;
}
