/* SPDX-License-Identifier: Apache-2.0 */
/* Key files the way programs read them: through OpenSSL's decoders and our provider, linked in. */
#include "base/log.h"
#include "fuzz.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/provider.h>

OSSL_provider_init_fn OSSL_provider_init;

/* A refused file is a line of log: not here. */
static void say_nothing(void *arg, enum azattest_log_level level, const char *function, int line,
                        const char *message)
{
        (void)arg;
        (void)level;
        (void)function;
        (void)line;
        (void)message;
}

static OSSL_LIB_CTX *context(void)
{
        static OSSL_LIB_CTX *libctx;
        if (libctx == NULL) {
                aza_log_set_sink(say_nothing, NULL);
                libctx = OSSL_LIB_CTX_new();
                FUZZ_CHECK(OSSL_PROVIDER_add_builtin(libctx, "azattest", OSSL_provider_init) == 1);
                FUZZ_CHECK(OSSL_PROVIDER_load(libctx, "azattest") != NULL);
                FUZZ_CHECK(OSSL_PROVIDER_load(libctx, "default") != NULL);
        }
        return libctx;
}

/* One context a selection, used again and again: making it takes milliseconds. */
#define SELECTIONS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const int selections[SELECTIONS] = {0, EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEYPAIR};
        static OSSL_DECODER_CTX *contexts[SELECTIONS];
        static EVP_PKEY *key;
        for (size_t i = 0; i < SELECTIONS; i++) {
                const unsigned char *in = data;
                size_t len = size;
                if (contexts[i] == NULL)
                        contexts[i] =
                                OSSL_DECODER_CTX_new_for_pkey(&key, NULL, NULL, NULL, selections[i],
                                                              context(), "provider=azattest");
                FUZZ_CHECK(contexts[i] != NULL);
                if (OSSL_DECODER_from_data(contexts[i], &in, &len) == 1 && key != NULL)
                        FUZZ_CHECK(EVP_PKEY_get_bits(key) == 2048);
                EVP_PKEY_free(key);
                key = NULL;
        }
        ERR_clear_error();
        return 0;
}
