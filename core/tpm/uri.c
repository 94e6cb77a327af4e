/* SPDX-License-Identifier: Apache-2.0 */
/*
 * azattest:// URIs (PV63, PV64): scheme, object, query. Pure code: no TPM, no network. Every
 * failure names the position in the text, the offending word and the nearest valid one.
 */
#include "tpm/uri.h"

#include "base/error.h"
#include "base/words.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>
#include <tss2/tss2_tpm2_types.h>

#define SCHEME "azattest:"
#define VAULT  "vault" /* the one object with a path */
#define BAD    AZATTEST_E_INVALID_PARAMETER

/* Where we are: `at` counts from the beginning of `text`. */
struct cursor {
        const char *text;
        size_t at;
};

/* One `key=value` after percent-decoding. */
struct parameter {
        char key[16];
        char value[AZA_URI_FILE_MAX + 1];
        size_t key_at; /* 1-based positions for messages */
        size_t value_at;
};

typedef int parameter_fn(const struct parameter *p, struct aza_uri *uri);

static const char *const object_words[] = {"key",   "sign",  "ak",  "cert",
                                           "token", "issue", VAULT, NULL};
static const char *const attest_words[] = {"auto", "always", "never", NULL};
static const char *const hierarchy_words[] = {"null", "owner", NULL};
static const char *const purpose_any[] = {"any", NULL};

static int find_word(const char *word, const char *const *words)
{
        for (int i = 0; words[i] != NULL; i++) {
                if (strcmp(word, words[i]) == 0)
                        return i;
        }
        return -1;
}

static int bad_word(const char *what, const char *word, size_t at, const char *const *words)
{
        char shown[80], advice[160];

        aza_printable(word, strlen(word), shown, sizeof(shown));
        return AZA_FAIL(BAD, "URI: unknown %s \"%s\" at position %zu; %s", what, shown, at,
                        aza_words_advice(word, words, advice, sizeof(advice)));
}

/* ---- the parameters ---- */

static int set_name(const struct parameter *p, struct aza_uri *uri)
{
        if (p->value[0] == '\0' || !aza_key_name_valid(p->value))
                return AZA_FAIL(BAD, "URI: name at position %zu is not [A-Za-z0-9._-]{1,%d}",
                                p->value_at, AZA_KEY_NAME_MAX);
        memcpy(uri->name, p->value, strlen(p->value) + 1);
        return 0;
}

static int set_nonce(const struct parameter *p, struct aza_uri *uri)
{
        if (p->value[0] == '\0')
                return AZA_FAIL(BAD,
                                "URI: empty nonce at position %zu; leave it out for a random one",
                                p->value_at);
        if (strlen(p->value) > AZA_NONCE_MAX)
                return AZA_FAIL(BAD, "URI: value of nonce at position %zu is longer than %d",
                                p->value_at, AZA_NONCE_MAX);
        memcpy(uri->nonce, p->value, strlen(p->value) + 1);
        return 0;
}

static int set_attest(const struct parameter *p, struct aza_uri *uri)
{
        int i = find_word(p->value, attest_words);

        if (i < 0)
                return bad_word("value of attest", p->value, p->value_at, attest_words);
        uri->attest = (enum aza_attest_mode)i;
        return 0;
}

static int set_hierarchy(const struct parameter *p, struct aza_uri *uri)
{
        int i = find_word(p->value, hierarchy_words);

        if (i < 0)
                return bad_word("value of hierarchy", p->value, p->value_at, hierarchy_words);
        uri->hierarchy = i == 0 ? TPM2_RH_NULL : TPM2_RH_OWNER;
        return 0;
}

static int set_pcrs(const struct parameter *p, struct aza_uri *uri)
{
        uint32_t mask;

        if (aza_config_pcrs(p->value, &mask) != 0) {
                char shown[80];

                aza_printable(p->value, strlen(p->value), shown, sizeof(shown));
                return AZA_FAIL(
                        BAD,
                        "URI: pcrs \"%s\" at position %zu is not a list like 0-7 or 0,2-4 of PCRs 0 to 23",
                        shown, p->value_at);
        }
        uri->pcr_mask = mask;
        return 0;
}

static int set_purpose(const struct parameter *p, struct aza_uri *uri)
{
        if (find_word(p->value, purpose_any) < 0)
                return AZA_FAIL(
                        BAD,
                        "URI: purpose at position %zu can only be any; write azattest://key for a decryption key, azattest://sign for a signing key",
                        p->value_at);
        if (uri->object == AZA_URI_CERT || uri->object == AZA_URI_ISSUE)
                return AZA_FAIL(
                        BAD,
                        "URI: purpose=any at position %zu: certificates need a key that only signs, or only issues",
                        p->key_at);
        uri->purpose = AZA_PURPOSE_ANY;
        return 0;
}

static int set_file(const struct parameter *p, struct aza_uri *uri)
{
        if (p->value[0] == '\0' || strcmp(p->value, "-") == 0)
                return AZA_FAIL(BAD, "URI: file at position %zu must be the path of a token file",
                                p->value_at);
        memcpy(uri->file, p->value, strlen(p->value) + 1);
        return 0;
}

/* Words and functions in the same order. */
static const char *const parameter_words[] = {"name", "nonce",   "attest", "hierarchy",
                                              "pcrs", "purpose", "file",   NULL};
static parameter_fn *const parameter_functions[] = {
        set_name, set_nonce, set_attest, set_hierarchy, set_pcrs, set_purpose, set_file};

/* ---- the text ---- */

/* Reads one character of a value, percent-decoded, and moves on. Printable ASCII only, so that what
 * is shown and logged is what was asked for; names of files may hold more, encoded, but no control
 * characters. */
static int read_character(struct cursor *c, bool file, char *ret)
{
        const char *p = c->text + c->at;
        int value = (unsigned char)*p;
        bool raw = *p != '%';

        if (!raw) {
                int high = OPENSSL_hexchar2int((unsigned char)p[1]);
                int low = high < 0 ? -1 : OPENSSL_hexchar2int((unsigned char)p[2]);

                if (low < 0)
                        return AZA_FAIL(BAD, "URI: bad percent encoding at position %zu",
                                        c->at + 1);
                value = high * 16 + low;
        }
        if (value < 0x20 || value == 0x7f || (value > 0x7f && (raw || !file)) ||
            (raw && (value == ' ' || value == '#')))
                return AZA_FAIL(BAD, "URI: character 0x%02x at position %zu is not allowed%s",
                                (unsigned int)value, c->at + 1, raw ? " unencoded" : "");
        c->at += raw ? 1 : 3;
        *ret = (char)value;
        return 0;
}

static int read_parameter(struct cursor *c, struct parameter *p)
{
        const char *start = c->text + c->at;
        size_t len = strcspn(start, "=&");
        size_t n = 0;

        memset(p, 0, sizeof(*p));
        p->key_at = c->at + 1;
        memcpy(p->key, start, len < sizeof(p->key) ? len : sizeof(p->key) - 1);
        if (len == 0)
                return AZA_FAIL(BAD, "URI: parameter without a name at position %zu", p->key_at);
        if (len >= sizeof(p->key) || find_word(p->key, parameter_words) < 0)
                return bad_word("parameter", p->key, p->key_at, parameter_words);
        if (start[len] != '=')
                return AZA_FAIL(BAD, "URI: parameter %s at position %zu has no value", p->key,
                                p->key_at);
        c->at += len + 1;
        p->value_at = c->at + 1;
        while (c->text[c->at] != '\0' && c->text[c->at] != '&') {
                int r;

                if (n >= sizeof(p->value) - 1)
                        return AZA_FAIL(BAD, "URI: value of %s at position %zu is longer than %d",
                                        p->key, p->value_at, AZA_URI_FILE_MAX);
                r = read_character(c, strcmp(p->key, "file") == 0, &p->value[n++]);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* Whose token it is and what for, its file says: nothing stands beside `file`, and it stands
 * nowhere else. */
static int fits(const struct parameter *p, const struct aza_uri *uri)
{
        const bool file = strcmp(p->key, "file") == 0;

        if (file == (uri->object == AZA_URI_TOKEN))
                return 0;
        return file ? AZA_FAIL(
                              BAD,
                              "URI: file at position %zu is a parameter of azattest://token only; write azattest://token?file=PATH",
                              p->key_at)
                    : AZA_FAIL(
                              BAD,
                              "URI: azattest://token takes file=PATH alone, not %s at position %zu",
                              p->key, p->key_at);
}

static int read_query(struct cursor *c, struct aza_uri *uri)
{
        unsigned int seen = 0;

        if (uri->object == AZA_URI_AK)
                return AZA_FAIL(BAD, "URI: azattest://ak takes no parameters (position %zu)",
                                c->at + 1);
        for (;;) {
                struct parameter p;
                int i, r;

                c->at++; /* over '?' or '&' */
                r = read_parameter(c, &p);
                if (r != 0 || (r = fits(&p, uri)) != 0)
                        return r;
                i = find_word(p.key, parameter_words);
                if ((seen & 1u << i) != 0)
                        return AZA_FAIL(BAD, "URI: parameter %s at position %zu is given twice",
                                        p.key, p.key_at);
                seen |= 1u << i;
                r = parameter_functions[i](&p, uri);
                if (r != 0)
                        return r;
                if (c->text[c->at] == '\0')
                        return 0;
        }
}

/* Which key: what its URL has behind https://. Whether that is one is for who asks the vault. */
static int read_vault(struct cursor *c, struct aza_uri *uri)
{
        const char *path = c->text + c->at;
        const size_t len = strcspn(path, "?");

        for (size_t i = 0; i < len; i++)
                if (path[i] <= ' ' || path[i] > '~' || path[i] == '%')
                        return AZA_FAIL(
                                BAD,
                                "URI: character 0x%02x at position %zu is in no vault key's name",
                                (unsigned int)(unsigned char)path[i], c->at + i + 1);
        if (len < 2 || path[0] != '/' || len >= sizeof(uri->vault) - 8)
                return AZA_FAIL(
                        BAD,
                        "URI: azattest://vault names no key at position %zu; write azattest://vault/HOST/keys/NAME or azattest://vault/HOST/keys/NAME/VERSION",
                        c->at + 1);
        (void)snprintf(uri->vault, sizeof(uri->vault), "https://%.*s", (int)len - 1, path + 1);
        c->at += len;
        return 0;
}

static int read_object(struct cursor *c, struct aza_uri *uri)
{
        char word[32] = {0};
        const char *start = c->text + c->at;
        const bool path = strncmp(start, VAULT "/", sizeof(VAULT "/") - 1) == 0;
        size_t len = path ? sizeof(VAULT) - 1 : strcspn(start, "?");
        int i;

        memcpy(word, start, len < sizeof(word) ? len : sizeof(word) - 1);
        i = len < sizeof(word) ? find_word(word, object_words) : -1;
        if (i < 0)
                return bad_word("object", word, c->at + 1, object_words);
        c->at += len;
        uri->object = (enum aza_uri_object)i;
        uri->purpose = uri->object == AZA_URI_KEY || uri->object == AZA_URI_VAULT
                               ? AZA_PURPOSE_DECRYPT
                       : uri->object == AZA_URI_ISSUE ? AZA_PURPOSE_ISSUE
                                                      : AZA_PURPOSE_SIGN;
        return uri->object == AZA_URI_VAULT ? read_vault(c, uri) : 0;
}

static int read_scheme(struct cursor *c)
{
        const size_t len = sizeof(SCHEME) - 1;
        char shown[80];

        if (strncasecmp(c->text, SCHEME, len) != 0)
                return AZA_FAIL(BAD, "URI: \"%s\" does not begin with azattest://",
                                aza_printable(c->text, strlen(c->text), shown, sizeof(shown)));
        if (strncmp(c->text + len, "//", 2) != 0) {
                const char *rest = c->text + len + strspn(c->text + len, "/");

                return AZA_FAIL(
                        BAD,
                        "URI: write azattest://%s (OpenSSL takes azattest:NAME for a file when there is one)",
                        aza_printable(rest, strlen(rest), shown, sizeof(shown)));
        }
        c->at = len + 2;
        return 0;
}

int aza_uri_parse(const char *text, const struct aza_config *config, struct aza_uri *ret)
{
        struct cursor c = {text, 0};
        struct aza_uri uri = {0};
        int r;

        if (strlen(text) > AZA_URI_MAX)
                return AZA_FAIL(BAD, "URI: longer than %d characters", AZA_URI_MAX);
        uri.attest = config->attest;
        uri.hierarchy = config->hierarchy;
        uri.pcr_mask = aza_config_key_pcrs(config);
        r = read_scheme(&c);
        r = r != 0 ? r : read_object(&c, &uri);
        if (r == 0 && text[c.at] == '?')
                r = read_query(&c, &uri);
        if (r == 0 && uri.object == AZA_URI_TOKEN && uri.file[0] == '\0')
                r = AZA_FAIL(
                        BAD,
                        "URI: azattest://token names no file; write azattest://token?file=PATH");
        if (r != 0)
                return r;
        *ret = uri;
        return 0;
}
