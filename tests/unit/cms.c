/* SPDX-License-Identifier: Apache-2.0 */
/* CMS messages: round trips with a key in software, one byte at a time, every cut and every bit. */
#include "key/cms.h"

#include "libctx_fixture.h"

#include "base/error.h"
#include "key/crypt.h"

#include <openssl/rsa.h>
#include <string.h>

struct memory {
        struct aza_span in;
        size_t step;  /* at most so many at once; 0: all */
        size_t fails; /* the read, counted from 1, that fails */
        size_t reads;
        bool refuses;
        struct aza_bytes out;
};

static int read_some(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        struct memory *m = arg;

        if (++m->reads == m->fails)
                return AZA_FAIL(AZATTEST_E_DEADLINE, "planted");
        *ret_len = m->in.len < size ? m->in.len : size;
        if (m->step != 0 && *ret_len > m->step)
                *ret_len = m->step;
        if (*ret_len > 0)
                memcpy(data, m->in.data, *ret_len);
        m->in = aza_span_of(m->in.data + *ret_len, m->in.len - *ret_len);
        return 0;
}

static int write_some(void *arg, const uint8_t *data, size_t len)
{
        struct memory *m = arg;

        return m->refuses ? AZA_FAIL(AZATTEST_E_DEADLINE, "planted")
                          : aza_bytes_append(&m->out, data, len);
}

static struct azattest_stream stream_of(struct memory *m)
{
        return (struct azattest_stream){sizeof(struct azattest_stream), read_some, write_some, m};
}

static EVP_PKEY *key;

static int make_key(void **state)
{
        const int r = libctx_setup(state);

        key = r == 0 ? EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048) : NULL;
        return key != NULL ? 0 : -1;
}

static int free_key(void **state)
{
        EVP_PKEY_free(key);
        return libctx_teardown(state);
}

static void encrypt(struct aza_span plain, size_t step, struct aza_bytes *ret)
{
        struct memory m = {.in = plain, .step = step};
        const struct azattest_stream stream = stream_of(&m);

        assert_int_equal(aza_cms_encrypt(libctx, key, &stream), 0);
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&m.out);
}

/* What `ref`'s key in the vTPM does, in software. */
static void unwrap(const struct aza_cms_head *head, uint8_t content_key[AZA_RSA_BYTES])
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
        const struct aza_cms_recipient *one = &head->recipients[0];
        size_t len = AZA_RSA_BYTES;

        memset(content_key, 0, AZA_RSA_BYTES);
        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, one->md, NULL), 1);
        (void)EVP_PKEY_decrypt(ctx, content_key, &len, one->encrypted_key.data,
                               one->encrypted_key.len);
        EVP_PKEY_CTX_free(ctx);
}

static int decrypt(struct memory *m)
{
        const struct azattest_stream stream = stream_of(m);
        struct aza_cms_reading *reading = NULL;
        uint8_t content_key[AZA_RSA_BYTES];
        struct aza_cms_head head;
        int r = aza_cms_begin(&stream, NULL, &head, &reading);

        if (r != 0)
                return r;
        unwrap(&head, content_key);
        r = aza_cms_content(libctx, reading, &head, aza_span_of(content_key, head.key_len));
        aza_cms_end(reading);
        aza_cms_head_free(&head);
        return r;
}

static void fill(struct aza_bytes *plain, size_t len)
{
        assert_int_equal(aza_bytes_resize(plain, len), 0);
        for (size_t i = 0; i < len; i++)
                plain->data[i] = (uint8_t)(i * 7 + i / 256);
}

/* However the stream gives it: pieces are whole ones. */
static void round_trips(void **state)
{
        static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
        static const size_t steps[] = {0, 1, 3, 65537};
        AZA_BYTES struct aza_bytes plain = {0};
        AZA_BYTES struct aza_bytes first = {0};
        AZA_BYTES struct aza_bytes message = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                fill(&plain, sizes[i]);
                encrypt(aza_bytes_span(&plain), 0, &first);
                assert_true(aza_cms_is(aza_span_of(first.data, 64)));
                for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
                        encrypt(aza_bytes_span(&plain), steps[k], &message);
                        assert_int_equal(message.len, first.len);
                        struct memory m = {.in = aza_bytes_span(&message), .step = steps[k]};
                        assert_int_equal(decrypt(&m), 0);
                        assert_true(aza_span_equal(aza_bytes_span(&m.out), aza_bytes_span(&plain)));
                        aza_bytes_free(&m.out);
                }
        }
}

static void every_cut_is_refused(void **state)
{
        AZA_BYTES struct aza_bytes plain = {0};
        AZA_BYTES struct aza_bytes message = {0};

        (void)state;
        fill(&plain, 300);
        encrypt(aza_bytes_span(&plain), 0, &message);
        for (size_t len = 0; len < message.len; len++) {
                struct memory m = {.in = aza_span_of(message.data, len)};
                assert_int_equal(decrypt(&m), AZATTEST_E_JWE);
                aza_bytes_free(&m.out);
        }
        assert_int_equal(aza_bytes_append(&message, "", 1), 0);
        struct memory m = {.in = aza_bytes_span(&message)};
        assert_int_equal(decrypt(&m), AZATTEST_E_JWE);
        aza_bytes_free(&m.out);
}

/* Of the head only what decides nothing may differ: whom it is for and the type of what is in
 * it. */
static void every_bit_counts(void **state)
{
        AZA_BYTES struct aza_bytes plain = {0};
        AZA_BYTES struct aza_bytes message = {0};
        size_t passed = 0;

        (void)state;
        fill(&plain, 300);
        encrypt(aza_bytes_span(&plain), 0, &message);
        for (size_t bit = 0; bit < message.len * 8; bit++) {
                message.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                struct memory m = {.in = aza_bytes_span(&message)};
                if (decrypt(&m) == 0) {
                        passed++;
                        assert_true(bit / 8 < 386);
                        assert_true(aza_span_equal(aza_bytes_span(&m.out), aza_bytes_span(&plain)));
                }
                aza_bytes_free(&m.out);
                message.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        /* The key identifier, the number of the recipient's version and the content type. */
        assert_true(passed >= (size_t)20 * 8 && passed <= (size_t)20 * 8 + 100);
}

static void failures_of_the_stream(void **state)
{
        AZA_BYTES struct aza_bytes plain = {0};
        AZA_BYTES struct aza_bytes message = {0};

        (void)state;
        fill(&plain, 200000);
        encrypt(aza_bytes_span(&plain), 0, &message);
        for (size_t i = 1; i < 4; i++) {
                struct memory in = {.in = aza_bytes_span(&message), .fails = i};
                struct memory out = {.in = aza_bytes_span(&plain), .fails = i};
                const struct azattest_stream stream = stream_of(&out);

                assert_int_equal(decrypt(&in), AZATTEST_E_DEADLINE);
                assert_int_equal(aza_cms_encrypt(libctx, key, &stream), AZATTEST_E_DEADLINE);
                aza_bytes_free(&in.out);
                aza_bytes_free(&out.out);
        }
        struct memory full = {.in = aza_bytes_span(&message), .refuses = true};
        assert_int_equal(decrypt(&full), AZATTEST_E_DEADLINE);
}

static int read_too_much(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        (void)arg;
        (void)data;
        *ret_len = size + 1;
        return 0;
}

static void a_stream_that_lies(void **state)
{
        const struct azattest_stream stream = {sizeof(stream), read_too_much, write_some, NULL};
        struct memory nowhere = {0};
        const struct azattest_stream out = {sizeof(out), read_too_much, write_some, &nowhere};
        struct aza_cms_reading *reading = NULL;
        struct aza_cms_head head;

        (void)state;
        assert_int_equal(aza_cms_begin(&stream, NULL, &head, &reading),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(aza_cms_encrypt(libctx, key, &out), AZATTEST_E_INVALID_PARAMETER);
        aza_bytes_free(&nowhere.out);
}

static void what_is_none(void **state)
{
        static const char *const texts[] = {"", "0", "eyJhbGciOiJSU0EtT0FFUCJ9",
                                            "-----BEGIN CMS-----",
                                            "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"};

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct memory m = {.in = aza_span_of(texts[i], strlen(texts[i]))};

                assert_false(aza_cms_is(m.in));
                assert_int_equal(decrypt(&m), AZATTEST_E_JWE);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(round_trips),        cmocka_unit_test(every_cut_is_refused),
                cmocka_unit_test(every_bit_counts),   cmocka_unit_test(failures_of_the_stream),
                cmocka_unit_test(a_stream_that_lies), cmocka_unit_test(what_is_none),
        };

        return cmocka_run_group_tests_name("cms", tests, make_key, free_key);
}
