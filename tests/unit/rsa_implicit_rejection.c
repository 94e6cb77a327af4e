/* SPDX-License-Identifier: Apache-2.0 */
/* Implicit rejection, which OpenSSL 3.0 lacks, against tests/unit/implicit_rejection.py. */
#include "key/rsa_padding.h"

#include "base/error.h"
#include "os/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/rand.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define K 256

extern char **environ;

/* Runs the reference over `count` cases: SECRET CIPHERTEXT BLOCK lines in, MESSAGE lines out. */
static void reference(const struct aza_bytes *cases, struct aza_bytes *results)
{
        char dir[] = "/tmp/azattest-ir-XXXXXX";
        char in[64], out[64];
        char script[] = AZATTEST_SOURCE_DIR "/tests/unit/implicit_rejection.py";
        char *argv[] = {"python3", script, in, out, NULL};
        pid_t pid;
        int status;

        assert_non_null(mkdtemp(dir));
        snprintf(in, sizeof(in), "%s/in", dir);
        snprintf(out, sizeof(out), "%s/out", dir);
        assert_int_equal(aza_file_write(in, aza_bytes_span(cases), 0600), 0);
        assert_int_equal(posix_spawnp(&pid, "python3", NULL, NULL, argv, environ), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(aza_file_read(out, 1 << 20, results), 0);
        unlink(in);
        unlink(out);
        rmdir(dir);
}

static void append_hex(struct aza_bytes *to, const uint8_t *data, size_t len, const char *end)
{
        char hex[2 * K + 1];

        assert_int_equal(aza_bytes_append_text(to, aza_hex(aza_span_of(data, len), hex)), 0);
        assert_int_equal(aza_bytes_append_text(to, end), 0);
}

/* Good blocks, random blocks, and blocks with one fault each; several key sizes. */
static void make_case(size_t i, size_t k, uint8_t *block)
{
        assert_int_equal(RAND_bytes(block, (int)k), 1);
        if (i % 2 == 0)
                return;
        block[0] = 0;
        block[1] = 2;
        for (size_t j = 2; j < k; j++)
                block[j] |= 1;
        if (i % 4 == 1) /* good: the end of the padding anywhere */
                block[10 + i % (k - 10)] = 0;
        else if (i % 8 == 3) /* too early */
                block[2 + i % 8] = 0;
}

static void pkcs1_implicit_rejection(void **state)
{
        static const size_t sizes[] = {256, 64, 127, 128};
        enum { CASES = 400 };
        AZA_BYTES struct aza_bytes cases = {0}, ours = {0}, theirs = {0};
        size_t rejected = 0;

        (void)state;
        for (size_t i = 0; i < CASES; i++) {
                const size_t k = sizes[i / 8 % 4];
                uint8_t secret[32], ct[K], block[K], out[K], again[K];
                const struct aza_implicit_rejection rejection = {.secret = secret,
                                                                 .ciphertext = {ct, k}};
                size_t len = k, len2 = k - 11, explicit_len = k;

                assert_int_equal(RAND_bytes(secret, 32), 1);
                assert_int_equal(RAND_bytes(ct, K), 1);
                make_case(i, k, block);
                assert_int_equal(
                        aza_pkcs1_decode_implicit(&rejection, aza_span_of(block, k), out, &len), 0);
                assert_int_equal(
                        aza_pkcs1_decode_implicit(&rejection, aza_span_of(block, k), again, &len2),
                        0);
                assert_int_equal(len, len2);
                assert_memory_equal(out, again, len);
                if (aza_pkcs1_decode(aza_span_of(block, k), again, &explicit_len) != 0)
                        rejected++;
                append_hex(&cases, secret, 32, " ");
                append_hex(&cases, ct, k, " ");
                append_hex(&cases, block, k, "\n");
                append_hex(&ours, out, len, "\n");
        }
        assert_true(rejected > CASES / 2 && rejected < CASES * 7 / 8);
        reference(&cases, &theirs);
        assert_string_equal((char *)ours.data, (char *)theirs.data);

        uint8_t zero[K] = {0};
        const struct aza_implicit_rejection none = {.secret = zero, .ciphertext = {zero, K}};
        size_t len = K - 12;
        assert_int_equal(aza_pkcs1_decode_implicit(&none, aza_span_of(zero, K), zero, &len),
                         AZATTEST_E_INVALID_PARAMETER);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(pkcs1_implicit_rejection)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
