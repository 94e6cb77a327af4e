/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the attested key share: a swtpm, a runtime directory, the private operation
 * checked against OpenSSL's public one, and which commands were sent. Included once a program.
 */
#ifndef TESTS_KEY_SUPPORT_H
#define TESTS_KEY_SUPPORT_H

#include "os/file.h"
#include "swtpm_fixture.h"
#include "tpm/key.h"

#include <dirent.h>
#include <openssl/rsa.h>

static OSSL_LIB_CTX *libctx;
static struct swtpm swtpm;
static char runtime[64];
static struct tap tap;

static const struct aza_key_spec decrypt_spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, 0xff};

static inline struct aza_tpm *open_tpm(const char *runtime_dir)
{
        const struct aza_transport transport = tap_transport(&tap);
        struct aza_tpm *tpm = NULL;

        memset(&tap, 0, sizeof(tap));
        assert_ok(aza_tpm_new(libctx, swtpm.tcti, runtime_dir, &tpm));
        aza_tpm_set_transport(tpm, &transport);
        return tpm;
}

static inline struct aza_keyref *derive(struct aza_tpm *tpm, const struct aza_key_spec *spec)
{
        struct aza_keyref *ref = NULL;

        assert_ok(aza_key_derive(tpm, spec, NULL, &ref));
        return ref;
}

/* out = in^e mod n by OpenSSL. */
static inline void public_operation(const struct aza_keyref *ref, const uint8_t *in, uint8_t *out)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = NULL;
        size_t len = AZA_RSA_BYTES;

        assert_ok(aza_keyref_pkey(libctx, ref, &key));
        ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
        assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
        assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, in, AZA_RSA_BYTES), 1);
        assert_int_equal(len, AZA_RSA_BYTES);
}

static inline void check_private_operation(struct aza_tpm *tpm, const struct aza_keyref *ref,
                                           uint8_t fill)
{
        uint8_t plain[AZA_RSA_BYTES], cipher[AZA_RSA_BYTES], back[AZA_RSA_BYTES];

        memset(plain, fill, sizeof(plain));
        plain[0] = 0;
        plain[1] = 0; /* leading zeros must survive */
        public_operation(ref, plain, cipher);
        assert_ok(aza_key_rsadp(tpm, ref, cipher, back));
        assert_memory_equal(back, plain, sizeof(plain));
}

static inline void clean_runtime(void)
{
        DIR *dir = opendir(runtime);
        struct dirent *entry;

        while ((entry = readdir(dir)) != NULL) {
                if (entry->d_name[0] != '.')
                        aza_runtime_remove(runtime, entry->d_name);
        }
        closedir(dir);
}

/* The file of the runtime directory whose name begins so. */
static inline void saved_file(const char *prefix, char *out, size_t size)
{
        DIR *dir = opendir(runtime);
        struct dirent *entry;

        out[0] = '\0';
        while ((entry = readdir(dir)) != NULL) {
                if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
                        (void)snprintf(out, size, "%s", entry->d_name);
        }
        closedir(dir);
}

static inline void assert_commands(const uint32_t *codes, size_t n)
{
        assert_int_equal(tap.count, n);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(tap.seen[i], codes[i]);
}
#define ASSERT_COMMANDS(...)                             \
        assert_commands((const uint32_t[]){__VA_ARGS__}, \
                        sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* ---- the group's ---- */

static inline int setup(void **state)
{
        (void)state;
        swtpm_start(&swtpm);
        libctx = aza_libctx_new("default");
        (void)snprintf(runtime, sizeof(runtime), "/tmp/aza-runtime-XXXXXX");
        return libctx == NULL || mkdtemp(runtime) == NULL;
}

static inline int teardown(void **state)
{
        (void)state;
        clean_runtime();
        rmdir(runtime);
        swtpm_stop(&swtpm);
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

#endif
