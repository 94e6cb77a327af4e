/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of both kinds of qualifying data, computed independently (Python hashlib, struct). */
#include "evidence/nonce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static OSSL_LIB_CTX *libctx;

static void expect(const uint8_t digest[32], const char *hex)
{
        char text[65];

        assert_string_equal(aza_hex(aza_span_of(digest, 32), text), hex);
}

static void evidence(void **state)
{
        uint8_t out[32];
        (void)state;

        assert_int_equal(aza_nonce_evidence(libctx, aza_span_of("n1", 2), out), 0);
        expect(out, "84ea52c3e32910b0ca54e2cfe1c5559406319821e9112c9d170330158d2a07a2");
}

static void channel(void **state)
{
        struct aza_channel c = {.role = AZA_CHANNEL_SERVER, .nonce = aza_span_of("n1", 2)};
        uint8_t out[32];
        (void)state;

        for (uint8_t i = 0; i < 32; i++)
                c.exporter[i] = i;
        memset(c.own_spki, 0x11, sizeof(c.own_spki));
        assert_int_equal(aza_nonce_channel(libctx, &c, out), 0);
        expect(out, "f423a99509a41184f02dc66228e6650b9d43b599c450c5969b7eb432a34b6aeb");

        c.role = AZA_CHANNEL_CLIENT;
        c.has_peer = true;
        memset(c.peer_spki, 0x22, sizeof(c.peer_spki));
        assert_int_equal(aza_nonce_channel(libctx, &c, out), 0);
        expect(out, "fc244fc752d27bb823748d180ba5b479aa95d91761456fb252aaac817b5a2a96");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(evidence),
                cmocka_unit_test(channel),
        };
        libctx = aza_libctx_new("default");
        int r = libctx != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
        OSSL_LIB_CTX_free(libctx);
        return r;
}
