/* SPDX-License-Identifier: Apache-2.0 */
/* One thing in a file. OpenSSL's PEM reader looks for the first block that it likes; this one reads
 * all. */
#include "base/one.h"

#include "base/base64.h"
#include "base/error.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define DER_MAX      (1u << 20)
#define PEM_LINE_MAX 76 /* RFC 7468 says 64; MIME's 76 is read alike everywhere */

/* ---- PEM ---- */

static bool blank(uint8_t c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool skip(struct aza_span *s, const char *text)
{
        const size_t len = strlen(text);

        if (s->len < len || memcmp(s->data, text, len) != 0)
                return false;
        *s = aza_span_of(s->data + len, s->len - len);
        return true;
}

static bool skip_line_end(struct aza_span *s)
{
        return skip(s, "\n") || skip(s, "\r\n");
}

static bool skip_line(struct aza_span *s, const char *word, const char *label)
{
        return skip(s, "-----") && skip(s, word) && skip(s, " ") && skip(s, label) &&
               skip(s, "-----");
}

/* Lines until one that begins with '-', appended to `text`. For readers that know headers an empty
 * line begins the content anew: it is refused here, a colon by the base64 decoder. */
static int read_lines(struct aza_span *s, struct aza_bytes *text)
{
        while (s->len > 0 && s->data[0] != '-') {
                size_t len = 0;

                while (len < s->len && s->data[len] != '\n' && s->data[len] != '\r')
                        len++;
                if (len == 0 || len > PEM_LINE_MAX)
                        return AZA_FAIL(
                                AZATTEST_E_INPUT,
                                "a line of %zu characters in the PEM block; 1 to %d are possible, and there are no headers",
                                len, PEM_LINE_MAX);
                int r = aza_bytes_append(text, s->data, len);
                if (r != 0)
                        return r;
                *s = aza_span_of(s->data + len, s->len - len);
                if (!skip_line_end(s))
                        return AZA_FAIL(AZATTEST_E_INPUT, "the PEM block does not end");
        }
        return 0;
}

/* One block and the white space behind it, of which *s then is what follows. */
static int read_block(struct aza_span *s, const char *label, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r;

        if (!skip_line(s, "BEGIN", label) || !skip_line_end(s))
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "it must begin with -----BEGIN %s----- and hold nothing else (what stands before it, or another block, is for other readers)%s",
                        label, aza_text_advice(s->data, s->len));
        if ((r = read_lines(s, &text)) != 0)
                return r;
        if (!skip_line(s, "END", label))
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "the PEM block does not end with -----END %s-----", label);
        while (s->len > 0 && blank(s->data[0]))
                *s = aza_span_of(s->data + 1, s->len - 1);
        r = aza_base64_decode(AZA_BASE64, (const char *)text.data, text.len, ret);
        return r != 0 ? aza_context(r, "the PEM block") : 0;
}

static int read_pem(struct aza_span in, const char *label, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes der = {0};
        struct aza_span s = in;
        int r = read_block(&s, label, &der);

        if (r != 0)
                return r;
        if (s.len > 0)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "%zu bytes stand behind -----END %s-----: pass one thing by itself",
                                s.len, label);
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&der);
        return 0;
}

/* Strict DER has room for text (a name, an extension), and PEM readers look for their line
 * anywhere. */
static int read_der(struct aza_span in, struct aza_bytes *ret)
{
        static const char begin[] = "-----BEGIN ";

        if (memmem(in.data, in.len, begin, sizeof(begin) - 1) != NULL)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "there is a PEM block inside of the DER, which other readers take instead of it");
        return aza_bytes_set(ret, in.data, in.len);
}

int aza_one_der(struct aza_span in, const char *label, struct aza_bytes *ret)
{
        if (in.len == 0 || in.len > DER_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "it has %zu bytes", in.len);
        return in.data[0] == 0x30 ? read_der(in, ret) : read_pem(in, label, ret);
}

/* ---- certificates and requests ---- */

/* The encoding made anew, signed part included, against what was read. */
static bool same_certificate(X509 *x, struct aza_span der)
{
        unsigned char *part = NULL, *all = NULL;
        bool same = i2d_re_X509_tbs(x, &part) > 0;
        int len = same ? i2d_X509(x, &all) : -1;

        same = len > 0 && aza_span_equal(der, aza_span_of(all, (size_t)len));
        OPENSSL_free(part);
        OPENSSL_free(all);
        return same;
}

static bool same_request(X509_REQ *x, struct aza_span der)
{
        unsigned char *part = NULL, *all = NULL;
        bool same = i2d_re_X509_REQ_tbs(x, &part) > 0;
        int len = same ? i2d_X509_REQ(x, &all) : -1;

        same = len > 0 && aza_span_equal(der, aza_span_of(all, (size_t)len));
        OPENSSL_free(part);
        OPENSSL_free(all);
        return same;
}

static int not_one(int code, const char *what)
{
        return code == AZATTEST_E_NO_MEMORY
                       ? code
                       : AZA_FAIL(AZATTEST_E_CERTIFICATE, "not exactly one %s: %s", what,
                                  aza_last_error()->message);
}

bool aza_is_pkcs12(struct aza_span in)
{
        const unsigned char *at = in.data;

        (void)ERR_set_mark();
        AZA_OWN(PKCS12_free) PKCS12 *read = in.len > 0 ? d2i_PKCS12(NULL, &at, (long)in.len) : NULL;
        (void)ERR_pop_to_mark();
        return read != NULL;
}

static int bad_der(const char *what, struct aza_span der)
{
        if (aza_is_pkcs12(der))
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, AZA_PKCS12_ADVICE);
        return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                        "not exactly one %s: no DER of one, or bytes behind it", what);
}

static int certificate_of(OSSL_LIB_CTX *libctx, struct aza_span der, X509 **ret)
{
        AZA_OWN(X509_free) X509 *read = X509_new_ex(libctx, NULL);
        const unsigned char *at = der.data;

        if (read == NULL)
                return AZA_NO_MEMORY();
        (void)ERR_set_mark();
        /* A failing d2i frees and clears it. */
        bool good = d2i_X509(&read, &at, (long)der.len) != NULL && at == der.data + der.len &&
                    same_certificate(read, der);
        (void)ERR_pop_to_mark();
        if (!good)
                return bad_der("certificate", der);
        *ret = aza_take(&read);
        return 0;
}

int aza_one_certificate(OSSL_LIB_CTX *libctx, struct aza_span in, X509 **ret)
{
        AZA_BYTES struct aza_bytes der = {0};
        int r = aza_one_der(in, PEM_STRING_X509, &der);

        return r != 0 ? not_one(r, "certificate")
                      : certificate_of(libctx, aza_bytes_span(&der), ret);
}

static int add_block(OSSL_LIB_CTX *libctx, struct aza_span *s, aza_certs *chain)
{
        AZA_BYTES struct aza_bytes der = {0};
        AZA_OWN(X509_free) X509 *one = NULL;
        int r = read_block(s, PEM_STRING_X509, &der);

        if (r != 0)
                return not_one(r, "certificate after another");
        if ((r = certificate_of(libctx, aza_bytes_span(&der), &one)) != 0)
                return r;
        if (sk_X509_push(chain, one) == 0)
                return AZA_NO_MEMORY();
        (void)aza_take(&one);
        return 0;
}

int aza_chain_certificates(OSSL_LIB_CTX *libctx, struct aza_span in, aza_certs **ret)
{
        AZA_OWN(aza_certs_free) aza_certs *chain = sk_X509_new_null();
        struct aza_span s = in;
        int r = 0;

        if (chain == NULL)
                return AZA_NO_MEMORY();
        while (r == 0 && (s.len > 0 || sk_X509_num(chain) == 0)) {
                if (s.len > DER_MAX || sk_X509_num(chain) == AZA_CHAIN_MAX)
                        return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                        "more than %d certificates, or more than %u bytes of them",
                                        AZA_CHAIN_MAX, DER_MAX);
                r = add_block(libctx, &s, chain);
                if (r == 0 && s.len > 0 && s.data[-1] != '\n')
                        r = AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                     "a certificate does not begin at the beginning of a line");
        }
        if (r == 0)
                *ret = aza_take(&chain);
        return r;
}

int aza_one_request(OSSL_LIB_CTX *libctx, struct aza_span in, X509_REQ **ret)
{
        AZA_BYTES struct aza_bytes der = {0};
        AZA_OWN(X509_REQ_free) X509_REQ *read = X509_REQ_new_ex(libctx, NULL);
        const unsigned char *at;
        int r = aza_one_der(in, PEM_STRING_X509_REQ, &der);

        if (r != 0)
                return not_one(r, "certificate request");
        if (read == NULL)
                return AZA_NO_MEMORY();
        at = der.data;
        (void)ERR_set_mark();
        bool good = d2i_X509_REQ(&read, &at, (long)der.len) != NULL && at == der.data + der.len &&
                    same_request(read, aza_bytes_span(&der));
        (void)ERR_pop_to_mark();
        if (!good)
                return bad_der("certificate request", aza_bytes_span(&der));
        *ret = aza_take(&read);
        return 0;
}

/* Behind the header of a SEQUENCE of any length; false when there is none. */
static bool enter(struct aza_span *s)
{
        if (s->len < 4 || s->data[0] != 0x30)
                return false;
        const size_t more = s->data[1] > 0x80 && s->data[1] <= 0x84 ? s->data[1] & 0x0Fu : 0;
        if (s->len < 2 + more)
                return false;
        *s = aza_span_of(s->data + 2 + more, s->len - 2 - more);
        return true;
}

/* In DER its first member is version 0 and then a name, where a certificate has a tag, or a serial
 * number and then an algorithm (an OID in a SEQUENCE). */
static bool is_request_der(struct aza_span s)
{
        static const uint8_t version[] = {0x02, 0x01, 0x00};

        for (int depth = 0; depth < 2; depth++)
                if (!enter(&s))
                        return false;
        if (s.len < 6 || memcmp(s.data, version, sizeof(version)) != 0)
                return false;
        s = aza_span_of(s.data + sizeof(version), s.len - sizeof(version));
        return enter(&s) && s.len > 0 && s.data[0] != 0x06;
}

bool aza_is_request(struct aza_span in)
{
        static const char begin[] = "-----BEGIN ";
        const uint8_t *at = in.len > 0 ? memmem(in.data, in.len, begin, sizeof(begin) - 1) : NULL;

        if (is_request_der(in))
                return true;
        if (at == NULL || in.data[0] == 0x30)
                return false;
        struct aza_span s = aza_span_of(at, in.len - (size_t)(at - in.data));
        return skip(&s, begin) &&
               (skip(&s, "CERTIFICATE REQUEST") || skip(&s, "NEW CERTIFICATE REQUEST"));
}

/* ---- tokens ---- */

int aza_one_token(struct aza_bytes *text)
{
        const char *advice = aza_text_advice(text->data, text->len);

        if (advice[0] != '\0')
                return AZA_FAIL(AZATTEST_E_TOKEN_FORM, "this is no token%s", advice);
        if (text->len > 0 && memchr(text->data, '\0', text->len) != NULL)
                return AZA_FAIL(
                        AZATTEST_E_TOKEN_FORM,
                        "there are NUL bytes in it; a token file holds one token and at most line ends behind it");
        while (text->len > 0 && blank(text->data[text->len - 1]))
                (void)aza_bytes_resize(text, text->len - 1); /* shrinking cannot fail */
        return 0;
}
