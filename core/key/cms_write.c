/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of what is written. */
#include "key/cms.h"

#include "base/crypto.h"
#include "base/error.h"
#include "key/cms_asn1.h"

#include <openssl/x509.h>
#include <string.h>

#define CHUNK 65536

/* ContentInfo { id-ct-authEnvelopedData, [0] { AuthEnvelopedData { version 0 */
static const uint8_t opening[] = {0x30, 0x80, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                                  0x09, 0x10, 0x01, 0x17, 0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x00};
/* EncryptedContentInfo { id-data */
static const uint8_t content_opening[] = {0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48,
                                          0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t octets_opening[] = {0xa0, 0x80};
/* The end of the octets and of EncryptedContentInfo, and the tag's head. */
static const uint8_t content_closing[] = {0, 0, 0, 0, 0x04, AZA_CMS_TAG_LEN};
static const uint8_t closing[] = {0, 0, 0, 0, 0, 0};

struct writing {
        const struct azattest_stream *stream;
        EVP_CIPHER_CTX *gcm;
        struct aza_bytes in, out;
        uint64_t total;
};

static int put(const struct writing *w, const void *data, size_t len)
{
        return w->stream->write(w->stream->arg, data, len);
}

/* A head of everything up to the content, for `key`. The content key stays in the cipher. */
static int make_head(OSSL_LIB_CTX *libctx, EVP_PKEY *key, struct writing *w, struct aza_bytes *ret)
{
        const struct aza_rsa_padding padding = {.scheme = AZATTEST_RSA_OAEP, .md = "SHA256"};
        AZA_OWN(EVP_CIPHER_free) EVP_CIPHER *aes = EVP_CIPHER_fetch(libctx, "AES-256-GCM", NULL);
        AZA_BYTES struct aza_bytes content_key = {0};
        AZA_BYTES struct aza_bytes wrapped = {0};
        AZA_BYTES struct aza_bytes recipient = {0};
        uint8_t key_id[AZA_KEY_ID_LEN], nonce[12], set[8], *p = set;
        int r;

        if ((r = aza_bytes_resize(&content_key, 32)) != 0 ||
            (r = aza_random(libctx, content_key.data, content_key.len)) != 0 ||
            (r = aza_random(libctx, nonce, sizeof(nonce))) != 0 ||
            (r = aza_key_id(libctx, key, key_id)) != 0 ||
            (r = aza_encrypt(libctx, key, &padding, aza_bytes_span(&content_key), &wrapped)) != 0 ||
            (r = aza_cms_put_recipient(key_id, aza_bytes_span(&wrapped), &recipient)) != 0)
                return r;
        if (aes == NULL || EVP_EncryptInit_ex2(w->gcm, aes, content_key.data, nonce, NULL) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "AES-256-GCM failed");
        ASN1_put_object(&p, 1, (int)recipient.len, V_ASN1_SET, V_ASN1_UNIVERSAL);
        if ((r = aza_bytes_append(ret, opening, sizeof(opening))) != 0 ||
            (r = aza_bytes_append(ret, set, (size_t)(p - set))) != 0 ||
            (r = aza_bytes_append(ret, recipient.data, recipient.len)) != 0 ||
            (r = aza_bytes_append(ret, content_opening, sizeof(content_opening))) != 0 ||
            (r = aza_cms_put_cipher(nonce, ret)) != 0)
                return r;
        return aza_bytes_append(ret, octets_opening, sizeof(octets_opening));
}

/* One OCTET STRING of what was read. */
static int put_chunk(struct writing *w, size_t len)
{
        uint8_t head[8], *p = head;
        int n = 0;

        w->total += len;
        if (w->total > AZA_CMS_CONTENT_MAX)
                return AZA_FAIL(
                        AZATTEST_E_JWE,
                        "more data than AES-GCM may encrypt with one key (64 GiB): split it");
        if (EVP_EncryptUpdate(w->gcm, w->out.data, &n, w->in.data, (int)len) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "AES-256-GCM failed");
        ASN1_put_object(&p, 0, n, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
        const int r = put(w, head, (size_t)(p - head));
        return r != 0 ? r : put(w, w->out.data, (size_t)n);
}

/* Full chunks, whatever the stream gives at once. */
static int read_chunk(struct writing *w, size_t *ret)
{
        *ret = 0;
        while (*ret < CHUNK) {
                size_t n = 0;
                const int r = w->stream->read(w->stream->arg, w->in.data + *ret, CHUNK - *ret, &n);

                if (r != 0)
                        return r;
                if (n > CHUNK - *ret)
                        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                        "the stream says that it read more than there is room for");
                if (n == 0)
                        return 0;
                *ret += n;
        }
        return 0;
}

static int put_content(struct writing *w)
{
        uint8_t tag[AZA_CMS_TAG_LEN];
        size_t len = 0;
        int n = 0, r;

        while ((r = read_chunk(w, &len)) == 0 && len > 0)
                if ((r = put_chunk(w, len)) != 0)
                        return r;
        if (r != 0)
                return r;
        if (EVP_EncryptFinal_ex(w->gcm, w->out.data, &n) != 1 ||
            EVP_CIPHER_CTX_ctrl(w->gcm, EVP_CTRL_AEAD_GET_TAG, (int)sizeof(tag), tag) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_ENCRYPT, "AES-256-GCM failed");
        if ((r = put(w, content_closing, sizeof(content_closing))) != 0 ||
            (r = put(w, tag, sizeof(tag))) != 0)
                return r;
        return put(w, closing, sizeof(closing));
}

int aza_cms_encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const struct azattest_stream *stream)
{
        AZA_BYTES struct aza_bytes head = {0};
        struct writing w = {.stream = stream, .gcm = EVP_CIPHER_CTX_new()};
        int r = w.gcm == NULL ? AZA_NO_MEMORY() : aza_bytes_resize(&w.in, CHUNK);

        if (r == 0)
                r = aza_bytes_resize(&w.out, CHUNK);
        if (r == 0)
                r = make_head(libctx, key, &w, &head);
        if (r == 0)
                r = put(&w, head.data, head.len);
        if (r == 0)
                r = put_content(&w);
        EVP_CIPHER_CTX_free(w.gcm);
        aza_bytes_free(&w.in);
        aza_bytes_free(&w.out);
        return r;
}
