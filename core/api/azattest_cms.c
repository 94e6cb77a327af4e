/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: CMS to a verified token's key, and opening one with this VM's. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "key/cms.h"

/* A program's own failure has no message of ours, and no success among the codes. */
static int ended(int r, const char *what)
{
        if (r == 0)
                return 0;
        return AZA_FAIL(r < 0 ? r : AZATTEST_E_INPUT, "the program's %s failed", what);
}

static int relay_read(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        const struct azattest_stream *to = arg;

        return ended(to->read(to->arg, data, size, ret_len), "reading");
}

static int relay_write(void *arg, const uint8_t *data, size_t len)
{
        const struct azattest_stream *to = arg;

        return ended(to->write(to->arg, data, len), "writing");
}

int azattest_encrypt_cms(azattest_context *ctx, const struct azattest_encryption *encryption,
                         const struct azattest_stream *stream)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        struct azattest_encryption e;
        struct azattest_stream given;
        struct aza_options o;
        int r;

        aza_clear_error();
        if (encryption == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token to encrypt to");
        if ((r = aza_stream_take(stream, &given)) != 0 ||
            (r = aza_encryption_take(encryption, &e, &o)) != 0)
                return r;
        e.options = &o.verify;
        if (e.jwt == NULL || e.data != NULL || e.data_len > 0 || e.jwe)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "no token to encrypt to; or data or jwe: a CMS message is of what the stream reads");
        const struct azattest_stream in = {sizeof(in), relay_read, relay_write, &given};
        r = aza_call_encryption_begin(ctx, &e, &call, &key);
        return r != 0 ? r : aza_cms_encrypt(call.libctx, key, &in);
}

int azattest_decrypt_cms(azattest_context *ctx, const char *uri,
                         const struct azattest_stream *stream)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        struct azattest_stream given;
        int r;

        aza_clear_error();
        if ((r = aza_stream_take(stream, &given)) != 0)
                return r;
        const struct azattest_stream in = {sizeof(in), relay_read, relay_write, &given};
        if ((r = aza_call_begin(ctx, true, &call)) != 0 ||
            (r = aza_call_decryption_key(&call, uri != NULL ? uri : "azattest://key", &key)) != 0)
                return r;
        return aza_cms_decrypt(call.libctx, call.tpm, key, &in);
}
