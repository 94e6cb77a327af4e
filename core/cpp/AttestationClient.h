/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C++ interface of Microsoft's guest attestation client, on libazattest: programs written for
 * it build with this header, and those built with it run with this library. azattest-migrating(7)
 * says what is the same, what is stricter, and how to move on. New programs use azattest.h.
 *
 * Names, values, layouts and the order of virtual functions are fixed.
 */
#ifndef AZATTEST_CPP_ATTESTATION_CLIENT_H
#define AZATTEST_CPP_ATTESTATION_CLIENT_H

#include <memory>

#include "AttestationLibTypes.h"
#include "AttestationLogger.h"

/* Any thread may call; calls run side by side. Nothing throws. Memory that is handed out comes from
 * malloc and is released with Free or free(). */
class AttestationClient
{
      public:
        /* Attests this VM's key with the service of `client_params` and verifies the token, which
         * `jwt_token` receives NUL-terminated; nullptr on failure. */
        virtual attest::AttestationResult Attest(const attest::ClientParameters &client_params,
                                                 unsigned char **jwt_token) noexcept = 0;

        /* Encrypts `data` (one RSA block: a symmetric key) to the key of a token, after verifying
         * the token. There is no metadata: its two places may be nullptr, else receive nullptr and
         * 0. */
        virtual attest::AttestationResult
        Encrypt(const attest::EncryptionType encryption_type, const unsigned char *jwt_token,
                const unsigned char *data, uint32_t data_size, unsigned char **encrypted_data,
                uint32_t *encrypted_data_size, unsigned char **encryption_metadata,
                uint32_t *encryption_metadata_size,
                const attest::RsaScheme rsa_scheme = attest::RsaScheme::RsaEs,
                const attest::RsaHashAlg rsa_hash = attest::RsaHashAlg::RsaSha1) noexcept = 0;

        /* Decrypts in this VM's TPM. With RsaEs a wrong padding gives pseudo-random bytes and no
         * error. Metadata is not looked at. A zero byte stands behind the result. */
        virtual attest::AttestationResult
        Decrypt(const attest::EncryptionType encryption_type, const unsigned char *encrypted_data,
                uint32_t encrypted_data_size, const unsigned char *encryption_metadata,
                uint32_t encryption_metadata_size, unsigned char **decrypted_data,
                uint32_t *decrypted_data_size,
                const attest::RsaScheme rsa_scheme = attest::RsaScheme::RsaEs,
                const attest::RsaHashAlg rsa_hash = attest::RsaHashAlg::RsaSha1) noexcept = 0;

        virtual void Free(void *ptr) noexcept = 0;
};

/* A compiler whose std::string is another would build programs that crash. */
#if !defined(__GNUC__)
#error "libazguestattestation is of GCC, and so are the strings of its interface: use azattest.h"
#endif
#define AZATTEST_CPP_API __attribute__((visibility("default")))

extern "C" {

/* The one client of this process, ready for use. `logger` may be nullptr; else it is used until
 * Uninitialize, and the one given last counts. May be called any number of times, Uninitialize as
 * often. False: no place for the client, or no memory. */
AZATTEST_CPP_API bool Initialize(attest::AttestationLogger *logger, AttestationClient **client);

/* Ends one Initialize. Behind the last the logger is no longer used, and calls fail: it waits until
 * the lines that other threads are handing over have been taken. */
AZATTEST_CPP_API void Uninitialize();
}

/* Programs name them either way. */
namespace attest
{
using ::AttestationClient;
using ::Initialize;
using ::Uninitialize;
} // namespace attest

#endif
