/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a CMS message is to us, element by element, and how its content is opened. */
#include "key/cms.h"

#include "base/crypto.h"
#include "base/error.h"
#include "key/cms_asn1.h"
#include "key/cms_ber.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

#define SEQUENCE     0x30
#define SET          0x31
#define OID          0x06
#define INTEGER      0x02
#define OCTETS       0x04
#define CONTENT      0xa0 /* [0], constructed: pieces follow */
#define CONTENT_ONE  0x80 /* [0], primitive: all of it */
#define ELEMENT_ROOM 8192 /* of a recipient, or an algorithm */

/* 1.2.840.113549.1.9.16.1.23, id-ct-authEnvelopedData */
static const uint8_t auth_enveloped[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
                                         0x01, 0x09, 0x10, 0x01, 0x17};

struct aza_cms_reading {
        struct aza_ber ber;
        const struct azattest_stream *stream;
        EVP_CIPHER_CTX *gcm;
        struct aza_bytes out;
};

bool aza_cms_is(struct aza_span begin)
{
        static const uint8_t oid_head[] = {OID, sizeof(auth_enveloped)};

        if (begin.len < 2 || begin.data[0] != SEQUENCE)
                return false;
        const size_t at = begin.data[1] < 0x80 ? 2 : 2 + (size_t)(begin.data[1] & 0x7f);
        return at <= 10 && begin.len >= at + sizeof(oid_head) + sizeof(auth_enveloped) &&
               memcmp(begin.data + at, oid_head, sizeof(oid_head)) == 0 &&
               memcmp(begin.data + at + sizeof(oid_head), auth_enveloped, sizeof(auth_enveloped)) ==
                       0;
}

void aza_cms_head_free(struct aza_cms_head *head)
{
        for (size_t i = 0; i < head->count; i++) {
                aza_bytes_free(&head->recipients[i].label);
                aza_bytes_free(&head->recipients[i].encrypted_key);
        }
        *head = (struct aza_cms_head){0};
}

void aza_cms_end(struct aza_cms_reading *reading)
{
        if (reading == NULL)
                return;
        aza_ber_free(&reading->ber);
        EVP_CIPHER_CTX_free(reading->gcm);
        aza_bytes_free(&reading->out);
        OPENSSL_free(reading);
}
AZA_OWN_DEFINE(struct aza_cms_reading, aza_cms_end);

static int enter(struct aza_ber *b, uint8_t tag, const char *what)
{
        struct aza_ber_element element;
        const int r = aza_ber_expect(b, tag, what, &element);

        return r != 0 ? r : aza_ber_enter(b, &element);
}

static int take(struct aza_ber *b, uint8_t tag, const char *what, struct aza_span *ret)
{
        struct aza_ber_element element;
        const int r = aza_ber_expect(b, tag, what, &element);

        return r != 0 ? r : aza_ber_take(b, &element, ret);
}

/* An element as it stood in the stream, put together again: its head in its shortest form. */
static int take_whole(struct aza_ber *b, const struct aza_ber_element *element,
                      struct aza_bytes *ret)
{
        uint8_t head[16], *p = head;
        struct aza_span content;
        int r;

        if (element->len > ELEMENT_ROOM)
                return AZA_FAIL(AZATTEST_E_JWE, "the CMS message has an element that is too long");
        if ((r = aza_ber_take(b, element, &content)) != 0)
                return r;
        ASN1_put_object(&p, 1, (int)content.len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
        r = aza_bytes_set(ret, head, (size_t)(p - head));
        return r != 0 ? r : aza_bytes_append(ret, content.data, content.len);
}

static bool is_of(const struct aza_cms_recipient *one, const uint8_t *key_id)
{
        return key_id != NULL && one->has_key_id &&
               memcmp(one->key_id, key_id, AZA_KEY_ID_LEN) == 0;
}

static void free_recipient(struct aza_cms_recipient *one)
{
        aza_bytes_free(&one->label);
        aza_bytes_free(&one->encrypted_key);
}

/* Takes `one` over. */
static void keep(const struct aza_cms_recipient *one, const uint8_t *own, struct aza_cms_head *head)
{
        struct aza_cms_recipient *last = &head->recipients[AZA_CMS_RECIPIENTS - 1];

        if (head->count < AZA_CMS_RECIPIENTS) {
                head->recipients[head->count++] = *one;
        } else if (is_of(one, own) && !is_of(last, own)) {
                free_recipient(last);
                *last = *one;
        } else {
                struct aza_cms_recipient unwanted = *one;
                free_recipient(&unwanted);
        }
}

/* Recipients of other kinds are other people's. */
static int read_recipient(struct aza_ber *b, const uint8_t *own, struct aza_cms_head *head)
{
        AZA_BYTES struct aza_bytes der = {0};
        struct aza_ber_element element;
        struct aza_cms_recipient one = {0};
        int r = aza_ber_next(b, &element);

        if (r == 0)
                r = take_whole(b, &element, &der);
        if (r != 0 || element.tag != SEQUENCE)
                return r;
        if (aza_cms_get_recipient(aza_bytes_span(&der), &one))
                keep(&one, own, head);
        else
                free_recipient(&one);
        return 0;
}

static int read_recipients(struct aza_ber *b, const uint8_t *own, struct aza_cms_head *head)
{
        uint8_t tag = 0;
        int r = enter(b, SET, "recipients");

        while (r == 0 && (r = aza_ber_peek(b, &tag)) == 0 && tag != 0)
                r = read_recipient(b, own, head);
        if (r == 0)
                r = aza_ber_leave(b);
        if (r == 0 && head->count == 0)
                r = AZA_FAIL(
                        AZATTEST_E_JWE,
                        "the CMS message has no recipient by RSAES-OAEP, which keys in the vTPM take: 'openssl cms -decrypt -inkey azattest://key' reads the others");
        return r;
}

static int read_cipher(struct aza_ber *b, struct aza_cms_head *head)
{
        AZA_BYTES struct aza_bytes der = {0};
        struct aza_ber_element element;
        struct aza_span type;
        int r = enter(b, SEQUENCE, "encrypted content");

        if (r == 0)
                r = take(b, OID, "content type", &type);
        if (r == 0)
                r = aza_ber_expect(b, SEQUENCE, "algorithm of the content", &element);
        if (r == 0)
                r = take_whole(b, &element, &der);
        if (r != 0)
                return r;
        const char *fault = aza_cms_get_cipher(aza_bytes_span(&der), head);
        return fault == NULL ? 0 : AZA_FAIL(AZATTEST_E_JWE, "the CMS message: %s", fault);
}

static int read_head(struct aza_ber *b, const uint8_t *own, struct aza_cms_head *head)
{
        struct aza_span value;
        uint8_t tag = 0;
        int r = aza_ber_peek(b, &tag);

        if (r == 0 && tag == '-')
                r = AZA_FAIL(
                        AZATTEST_E_JWE,
                        "the CMS message is PEM: 'openssl cms -cmsout -inform PEM -outform DER' makes the binary of it that is read here");
        if (r == 0)
                r = enter(b, SEQUENCE, "content info");
        if (r == 0)
                r = take(b, OID, "content type", &value);
        if (r == 0 && !aza_span_equal(value, aza_span_of(auth_enveloped, sizeof(auth_enveloped))))
                r = AZA_FAIL(
                        AZATTEST_E_JWE,
                        "the CMS message is not authenticated (authEnvelopedData, as 'openssl cms -encrypt -aes-256-gcm' makes)");
        if (r == 0)
                r = enter(b, 0xa0, "content");
        if (r == 0)
                r = enter(b, SEQUENCE, "authenticated-enveloped-data");
        if (r == 0)
                r = take(b, INTEGER, "version", &value);
        if (r == 0 && (value.len != 1 || value.data[0] != 0))
                r = AZA_FAIL(AZATTEST_E_JWE, "the CMS message is of another version than 0");
        if (r == 0)
                r = read_recipients(b, own, head);
        return r != 0 ? r : read_cipher(b, head);
}

int aza_cms_begin(const struct azattest_stream *stream, const uint8_t *own,
                  struct aza_cms_head *head, struct aza_cms_reading **ret)
{
        AZA_OWN(aza_cms_end) struct aza_cms_reading *reading = OPENSSL_zalloc(sizeof(*reading));
        int r;

        *head = (struct aza_cms_head){0};
        if (reading == NULL || (reading->gcm = EVP_CIPHER_CTX_new()) == NULL)
                return AZA_NO_MEMORY();
        reading->stream = stream;
        if ((r = aza_bytes_resize(&reading->out, AZA_BER_ROOM)) == 0 &&
            (r = aza_ber_begin(&reading->ber, stream)) == 0)
                r = read_head(&reading->ber, own, head);
        if (r != 0) {
                aza_cms_head_free(head);
                return r;
        }
        *ret = aza_take(&reading);
        return 0;
}

/* ---- content ---- */

static int closed(void)
{
        return AZA_FAIL(
                AZATTEST_E_JWE,
                "the CMS message does not decrypt: it is for another key, or was changed (after a restart, a changed PCR or a cleared TPM, a URI names another key)");
}

/* `len` bytes of ciphertext. */
static int decrypt_octets(struct aza_cms_reading *c, uint64_t len)
{
        struct aza_span some;
        int n = 0, r;

        for (; len > 0; len -= some.len) {
                if ((r = aza_ber_some(&c->ber, len, &some)) != 0)
                        return r;
                if (EVP_DecryptUpdate(c->gcm, c->out.data, &n, some.data, (int)some.len) != 1)
                        return closed();
                if ((r = c->stream->write(c->stream->arg, c->out.data, (size_t)n)) != 0)
                        return r;
        }
        return 0;
}

static int decrypt_pieces(struct aza_cms_reading *c, const struct aza_ber_element *whole)
{
        struct aza_ber_element piece;
        uint8_t tag = 0;
        int r = aza_ber_enter(&c->ber, whole);

        while (r == 0 && (r = aza_ber_peek(&c->ber, &tag)) == 0 && tag != 0)
                if ((r = aza_ber_expect(&c->ber, OCTETS, "piece of content", &piece)) == 0)
                        r = decrypt_octets(c, piece.len);
        return r != 0 ? r : aza_ber_leave(&c->ber);
}

static int decrypt_content(struct aza_cms_reading *c)
{
        struct aza_ber_element element;
        const int r = aza_ber_next(&c->ber, &element);

        if (r != 0)
                return r;
        if (element.tag == CONTENT)
                return decrypt_pieces(c, &element);
        if (element.tag == CONTENT_ONE)
                return decrypt_octets(c, element.len);
        return AZA_FAIL(AZATTEST_E_JWE, "the CMS message has no content where it belongs");
}

static int check_tag(struct aza_cms_reading *c)
{
        uint8_t copy[AZA_CMS_TAG_LEN];
        struct aza_span tag;
        int n = 0;
        const int r = take(&c->ber, OCTETS, "authentication tag", &tag);

        if (r != 0)
                return r;
        if (tag.len != sizeof(copy))
                return AZA_FAIL(AZATTEST_E_JWE, "the CMS message has a tag of %zu bytes, not 16",
                                tag.len);
        memcpy(copy, tag.data, sizeof(copy));
        (void)ERR_set_mark();
        const bool good =
                EVP_CIPHER_CTX_ctrl(c->gcm, EVP_CTRL_AEAD_SET_TAG, (int)sizeof(copy), copy) == 1 &&
                EVP_DecryptFinal_ex(c->gcm, c->out.data, &n) == 1;
        (void)ERR_pop_to_mark();
        return good ? 0 : closed();
}

/* Out of all that is open, and nothing behind it. */
static int finish(struct aza_ber *b)
{
        bool done = false;
        int r = 0;

        while (r == 0 && b->depth > 0)
                r = aza_ber_leave(b);
        if (r == 0)
                r = aza_ber_done(b, &done);
        if (r == 0 && !done)
                r = AZA_FAIL(AZATTEST_E_JWE, "something stands behind the CMS message");
        return r;
}

int aza_cms_content(OSSL_LIB_CTX *libctx, struct aza_cms_reading *reading,
                    const struct aza_cms_head *head, struct aza_span content_key)
{
        const char *name = head->key_len == 32   ? "AES-256-GCM"
                           : head->key_len == 24 ? "AES-192-GCM"
                                                 : "AES-128-GCM";
        AZA_OWN(EVP_CIPHER_free) EVP_CIPHER *aes = EVP_CIPHER_fetch(libctx, name, NULL);
        int r;

        if (aes == NULL || content_key.len != head->key_len ||
            EVP_DecryptInit_ex2(reading->gcm, aes, content_key.data, head->nonce, NULL) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_JWE, "%s cannot be had", name);
        if ((r = decrypt_content(reading)) != 0 || (r = aza_ber_leave(&reading->ber)) != 0)
                return r;
        r = check_tag(reading);
        return r != 0 ? r : finish(&reading->ber);
}

/* ---- with a key of this VM ---- */

/* Content key of this recipient, empty unless `ref` unwraps it. 0, or what the TPM fails with. */
static int try_recipient(struct aza_tpm *tpm, const struct aza_keyref *ref,
                         const struct aza_cms_recipient *one, struct aza_bytes *ret)
{
        const struct aza_rsa_padding padding = {.scheme = AZATTEST_RSA_OAEP,
                                                .md = one->md,
                                                .mgf1_md = one->mgf1_md,
                                                .label = aza_bytes_span(&one->label)};
        const int r = aza_unwrap(tpm, ref, &padding, aza_bytes_span(&one->encrypted_key), ret);

        return r == AZATTEST_E_INVALID_PARAMETER ? 0 : r;
}

/* The content key of the first recipient that is `ref`: those of its identifier come first, then
 * the others, since a CA may have given it another one. A random key when it is none of them, so
 * that only the tag decides. */
static int unwrap(struct aza_tpm *tpm, const struct aza_keyref *ref, const uint8_t *key_id,
                  const struct aza_cms_head *head, struct aza_bytes *ret)
{
        int r = 0;

        for (int others = 0; others < 2; others++)
                for (size_t i = 0; r == 0 && ret->len == 0 && i < head->count; i++)
                        if (is_of(&head->recipients[i], key_id) != (others != 0))
                                r = try_recipient(tpm, ref, &head->recipients[i], ret);
        if (r != 0 || ret->len == head->key_len)
                return r;
        aza_bytes_free(ret);
        r = aza_bytes_resize(ret, head->key_len);
        return r != 0 ? r : aza_random(aza_tpm_libctx(tpm), ret->data, ret->len);
}

int aza_cms_decrypt(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                    const struct azattest_stream *stream)
{
        AZA_OWN(aza_cms_end) struct aza_cms_reading *reading = NULL;
        AZA_BYTES struct aza_bytes content_key = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        struct aza_cms_head head = {0};
        uint8_t key_id[AZA_KEY_ID_LEN];
        int r;

        if ((r = aza_keyref_pkey(libctx, ref, &key)) != 0 ||
            (r = aza_key_id(libctx, key, key_id)) != 0)
                return r;
        r = aza_cms_begin(stream, key_id, &head, &reading);
        if (r == 0)
                r = unwrap(tpm, ref, key_id, &head, &content_key);
        if (r == 0 && reading != NULL)
                r = aza_cms_content(libctx, reading, &head, aza_bytes_span(&content_key));
        aza_cms_head_free(&head);
        return r;
}
