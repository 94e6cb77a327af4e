/* SPDX-License-Identifier: Apache-2.0 */
/* verdict/delegation.c: a leaf in memory before the certificate of an attested key (C7, D61),
 * and every way to forge that. The vTPM is a key in software here: who forges has no other. */
#include "unit/token_support.h"

#include "unit/chain_support.h"

#include "base/crypto.h"
#include "certificate/leaf.h"
#include "verdict/certificate.h"

static EVP_PKEY *leaf_key, *other_key;

/* ---- one chain, and what a forger changes of it ---- */

struct chain {
        struct made leaf, issuer;
        const char *purpose; /* base64, in the token; NULL: none */
        const char *maa;     /* issuer of the token */
        bool between;        /* a further certificate stands between the two */
        bool behind;         /* or behind them */
        bool token_in_leaf;
        bool refused_here; /* delegation is not allowed */
        int64_t time;
};

static struct chain good_chain(void)
{
        return (struct chain){.leaf = good_leaf(leaf_key),
                              .issuer = good_issuer(NULL),
                              .purpose = "aXNzdWU=",
                              .maa = ISSUER,
                              .time = NOW};
}

static int asked; /* for the issuer's keys, over the network */

static int find_set(const struct aza_key_search *search, struct aza_jwks **ret)
{
        if (search->at_hand)
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE, "nothing is at hand");
        asked++;
        *ret = signer_set();
        return 0;
}

static char *token_of(const struct chain *c)
{
        AZA_OWN(json_object_put) json_object *claims = good_claims();

        if (c->purpose != NULL)
                set_claim(claims, "x-ms-runtime.client-payload.azattest-purpose",
                          text_value(c->purpose));
        set_claim(claims, "iss", text_value(c->maa));
        return sign_claims(claims);
}

/* A CA below the attested one: what path length 0 forbids. */
static X509 *middle(void)
{
        const struct made m = {.key = other_key,
                               .subject = "middle",
                               .signer = attested,
                               .issuer = "issuer",
                               .constraints = "critical,CA:TRUE",
                               .usage = "critical,keyCertSign",
                               .begin = BEGIN,
                               .end = TOKEN_END};

        return make_certificate(&m);
}

static void append(struct aza_bytes *pem, X509 *x)
{
        AZA_BYTES struct aza_bytes one = {0};

        assert_int_equal(aza_certificate_pem(x, &one), 0);
        assert_int_equal(aza_bytes_append(pem, one.data, one.len), 0);
        X509_free(x);
}

/* The file that `azattest verify` would read. */
static void write_chain(struct chain *c, const char *jwt, struct aza_bytes *pem)
{
        c->issuer.token = jwt;
        if (c->token_in_leaf)
                c->leaf.token = jwt;
        append(pem, make_certificate(&c->leaf));
        if (c->between)
                append(pem, middle());
        append(pem, make_certificate(&c->issuer));
        if (c->behind)
                append(pem, middle());
}

static int verify(struct chain *c, struct aza_checks *checks)
{
        AZA_OWN(free) char *jwt = token_of(c);
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request request = {0};

        write_chain(c, jwt, &pem);
        assert_int_equal(aza_certificate_read(libctx, aza_bytes_span(&pem), &request), 0);
        assert_true(aza_certificate_is_delegated(&request));
        assert_int_equal(aza_certificate_purpose(&request), AZA_PURPOSE_ISSUE);
        const struct aza_verify_request token = {
                .time = c->time, .vmid = VMID, .purpose = AZA_PURPOSE_SIGN};
        request.token = &token;
        request.find = find_set;
        reset_config(ISSUER);
        config.delegated = !c->refused_here;
        asked = 0;
        return aza_certificate_verify(libctx, &config, &request, checks, NULL);
}

/* ---- accepted ---- */

static void good(void **state)
{
        static const struct {
                const char *type, *group, *kind;
                size_t bits;
        } keys[] = {{"EC", "P-256", "P-256", 0},    {"EC", "P-384", "P-384", 0},
                    {"EC", "P-521", "P-521", 0},    {"ED25519", NULL, "Ed25519", 0},
                    {"ED448", NULL, "Ed448", 0},    {"RSA", NULL, "RSA-2048", 2048},
                    {"RSA", NULL, "RSA-3072", 3072}};

        (void)state;
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct chain c = good_chain();
                EVP_PKEY *key =
                        keys[i].bits != 0
                                ? EVP_PKEY_Q_keygen(libctx, NULL, keys[i].type, keys[i].bits)
                                : EVP_PKEY_Q_keygen(libctx, NULL, keys[i].type, keys[i].group);

                c.leaf.key = key;
                if (verify(&c, &checks) != 0)
                        fail_msg("%s: %s", keys[i].kind, aza_last_error()->message);
                assert_outcome(&checks, AZA_CHECK_C4, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_C5, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_C7, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_C8, AZA_ACCEPT);
                assert_non_null(
                        strstr(aza_checks_get(&checks, AZA_CHECK_C7)->reason, keys[i].kind));
                assert_int_equal(asked, 1);
                EVP_PKEY_free(key);
        }
}

/* ---- refused ---- */

static void refused(struct chain *c, enum aza_check_id id, const char *words)
{
        AZA_CHECKS struct aza_checks checks = {0};

        assert_int_not_equal(verify(c, &checks), 0);
        assert_outcome(&checks, id, AZA_REJECT);
        const char *reason = aza_checks_get(&checks, id)->reason;
        if (strstr(reason, words) == NULL)
                fail_msg("%s does not say '%s': %s", aza_check_id_text(id), words, reason);
        for (size_t i = 0; i < checks.count; i++)
                if (checks.items[i].outcome == AZA_REJECT && checks.items[i].id != id)
                        fail_msg("%s refuses, too: %s", aza_check_id_text(checks.items[i].id),
                                 checks.items[i].reason);
        /* Nobody is asked for keys because of what is refused anyway. */
        assert_int_equal(asked, 0);
}

static void not_allowed(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.refused_here = true;
        refused(&c, AZA_CHECK_C7, "delegated = yes (--delegated)");
}

static void not_signed_by_the_issuer(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.leaf.signer = other_key;
        refused(&c, AZA_CHECK_C7, "the attested issuer did not sign it");
        c = good_chain();
        c.leaf.signer = leaf_key;
        refused(&c, AZA_CHECK_C7, "the attested issuer did not sign it");
        c = good_chain();
        c.leaf.issuer = "somebody else";
        refused(&c, AZA_CHECK_C7, "names another issuer");
}

static void two_between(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.between = true;
        c.leaf.signer = other_key;
        c.leaf.issuer = "middle";
        refused(&c, AZA_CHECK_C7, "more than one certificate");
        c = good_chain();
        c.behind = true;
        refused(&c, AZA_CHECK_C7, "more than one certificate");
}

static void ca_as_leaf(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.leaf.constraints = "critical,CA:TRUE";
        refused(&c, AZA_CHECK_C7, "it is a CA certificate");
        c = good_chain();
        c.leaf.usage = "critical,digitalSignature,keyCertSign";
        refused(&c, AZA_CHECK_C7, "it is a CA certificate");
        c = good_chain();
        c.leaf.constraints = NULL;
        c.leaf.usage = "critical,keyEncipherment";
        refused(&c, AZA_CHECK_C7, "not digitalSignature");
        c = good_chain();
        c.leaf.usage = NULL;
        refused(&c, AZA_CHECK_C7, "not digitalSignature");
        c = good_chain();
        c.leaf.more = "1.2.3.4=critical,DER:0500";
        refused(&c, AZA_CHECK_C7, "critical extension that is unknown");
        c = good_chain();
        c.leaf.digest = "SHA1";
        refused(&c, AZA_CHECK_C7, "signature algorithm is weak");
}

static void longer_life(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.leaf.end = TOKEN_END + 1;
        refused(&c, AZA_CHECK_C7, "valid when its issuer is not");
        c = good_chain();
        c.leaf.begin = BEGIN - 1;
        refused(&c, AZA_CHECK_C7, "valid when its issuer is not");
        c = good_chain();
        c.leaf.end = NOW - 1;
        refused(&c, AZA_CHECK_C7, "the leaf has expired");
        c = good_chain();
        c.leaf.begin = NOW + 60;
        refused(&c, AZA_CHECK_C7, "the leaf is not valid yet");
}

static void weak_key(void **state)
{
        static const struct {
                const char *type, *group, *words;
                size_t bits;
        } keys[] = {{"RSA", NULL, "bits", 1024},
                    {"RSA", NULL, "bits", 2040},
                    {"EC", "P-224", "curve", 0},
                    {"EC", "secp256k1", "curve", 0},
                    {"X25519", NULL, "no RSA, EC", 0}};

        (void)state;
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                struct chain c = good_chain();
                EVP_PKEY *key =
                        keys[i].bits != 0
                                ? EVP_PKEY_Q_keygen(libctx, NULL, keys[i].type, keys[i].bits)
                                : EVP_PKEY_Q_keygen(libctx, NULL, keys[i].type, keys[i].group);

                assert_non_null(key);
                c.leaf.key = key;
                refused(&c, AZA_CHECK_C7, keys[i].words);
                EVP_PKEY_free(key);
        }
}

/* A key that signs, decrypts or does both for whoever asks vouches for nobody. */
static void other_purpose(void **state)
{
        static const char *const purposes[] = {NULL, "ZGVjcnlwdA==", "c2lnbg==", "YW55"};
        const size_t count = sizeof(purposes) / sizeof(purposes[0]);

        (void)state;
        for (size_t i = 0; i < count; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct chain c = good_chain();

                c.purpose = purposes[i];
                /* The last one no certificate may have (C4). */
                assert_int_equal(verify(&c, &checks),
                                 i + 1 < count ? AZATTEST_E_WRONG_PURPOSE : AZATTEST_E_CERTIFICATE);
                assert_outcome(&checks, AZA_CHECK_C5, AZA_REJECT);
                assert_string_equal(aza_checks_get(&checks, AZA_CHECK_C5)->expected, "issue");
                assert_int_equal(asked, 0);
        }
}

static void other_service(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.maa = "https://maa.evil.test";
        AZA_CHECKS struct aza_checks checks = {0};
        assert_int_equal(verify(&c, &checks), AZATTEST_E_TOKEN_ISSUER);
        assert_outcome(&checks, AZA_CHECK_T4, AZA_REJECT);
        assert_int_equal(asked, 0);
}

static void expired_token(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct chain c = good_chain();

        (void)state;
        c.time = TOKEN_END + 60;
        c.leaf.end = c.issuer.end = TOKEN_END + 86400;
        assert_int_equal(verify(&c, &checks), AZATTEST_E_TOKEN_TIME);
        assert_outcome(&checks, AZA_CHECK_T9, AZA_REJECT);
        /* Who is not asked for keys proves no issuer of leaves. */
        assert_outcome(&checks, AZA_CHECK_T8, AZA_NO_INPUT);
        assert_outcome(&checks, AZA_CHECK_C7, AZA_NO_INPUT);
        assert_int_equal(asked, 0);
}

static void both_attested(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.token_in_leaf = true;
        refused(&c, AZA_CHECK_C7, "leaf and issuer both carry an attestation");
}

/* The token is public: whoever has it puts it into a certificate of his own. */
static void issuer_of_another_key(void **state)
{
        struct chain c = good_chain();

        (void)state;
        c.issuer.key = other_key;
        c.issuer.signer = c.leaf.signer = other_key;
        AZA_CHECKS struct aza_checks checks = {0};
        assert_int_equal(verify(&c, &checks), AZATTEST_E_CERTIFICATE);
        assert_outcome(&checks, AZA_CHECK_C4, AZA_REJECT);
        assert_int_equal(asked, 0);
}

/* Anybody can write the issuer's certificate anew, with dates and powers of his own. */
static void issuer_of_another_form(void **state)
{
        static const struct {
                const char *constraints, *usage, *words;
        } forms[] = {
                {"critical,CA:FALSE", "critical,keyCertSign", "no CA of path length 0"},
                {"critical,CA:TRUE", "critical,keyCertSign", "no CA of path length 0"},
                {"critical,CA:TRUE,pathlen:1", "critical,keyCertSign", "no CA of path length 0"},
                {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", "keyCertSign alone"},
                {"critical,CA:TRUE,pathlen:0", "critical,digitalSignature", "keyCertSign alone"},
                {"critical,CA:TRUE,pathlen:0", NULL, "keyCertSign alone"},
                {NULL, "critical,keyCertSign", "no CA of path length 0"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct chain c = good_chain();

                c.issuer.constraints = forms[i].constraints;
                c.issuer.usage = forms[i].usage;
                assert_int_equal(verify(&c, &checks), AZATTEST_E_CERTIFICATE);
                assert_outcome(&checks, AZA_CHECK_C8, AZA_REJECT);
                if (strstr(aza_checks_get(&checks, AZA_CHECK_C8)->reason, forms[i].words) == NULL)
                        fail_msg("%zu: %s", i, aza_checks_get(&checks, AZA_CHECK_C8)->reason);
        }
        AZA_CHECKS struct aza_checks checks = {0};
        struct chain c = good_chain();
        c.issuer.signer = other_key;
        c.issuer.issuer = "a CA";
        assert_int_equal(verify(&c, &checks), AZATTEST_E_CERTIFICATE);
        assert_outcome(&checks, AZA_CHECK_C8, AZA_NO_INPUT);
}

/* C4: what issues is no server. */
static void issuer_alone(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct chain c = good_chain();
        AZA_OWN(free) char *jwt = token_of(&c);
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request request = {0};
        const struct aza_verify_request token = {
                .time = NOW, .vmid = VMID, .purpose = AZA_PURPOSE_SIGN};

        (void)state;
        c.issuer.token = jwt;
        request.certificate = make_certificate(&c.issuer);
        request.token = &token;
        request.find = find_set;
        reset_config(ISSUER);
        config.delegated = true;
        asked = 0;
        assert_int_equal(aza_certificate_verify(libctx, &config, &request, &checks, NULL),
                         AZATTEST_E_WRONG_PURPOSE);
        assert_outcome(&checks, AZA_CHECK_C4, AZA_REJECT);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_C4)->reason, "attested to issue"));
        assert_outcome(&checks, AZA_CHECK_C7, AZA_NOT_APPLICABLE);
        assert_int_equal(asked, 0);
}

/* ---- files ---- */

static int read_text(const char *text, size_t len)
{
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request request = {0};

        return aza_certificate_read(libctx, aza_span_of(text, len), &request);
}

/* D41: what other readers could read otherwise is no chain. */
static void chain_files(void **state)
{
        static const char *const wrong[] = {"%sx\n%s", "%s-----BEGIN X-----\n%s", "%s\n\n # \n%s",
                                            "%s %s", "x\n%s%s"};
        struct chain c = good_chain();
        AZA_OWN(free) char *jwt = token_of(&c);
        AZA_BYTES struct aza_bytes leaf = {0};
        AZA_BYTES struct aza_bytes issuer = {0};
        char text[32768];
        int len;

        (void)state;
        c.issuer.token = jwt;
        append(&leaf, make_certificate(&c.leaf));
        append(&issuer, make_certificate(&c.issuer));
        const char *one = (const char *)leaf.data, *two = (const char *)issuer.data;
        len = snprintf(text, sizeof(text), "%s\n\r\n%s\n\n", one, two);
        assert_int_equal(read_text(text, (size_t)len), 0);
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                len = snprintf(text, sizeof(text), wrong[i], one, two);
#pragma GCC diagnostic pop
                if (read_text(text, (size_t)len) != AZATTEST_E_CERTIFICATE)
                        fail_msg("read: %s", wrong[i]);
        }
        /* Without a token behind the leaf it is two certificates; too many are none. */
        len = snprintf(text, sizeof(text), "%s%s", one, one);
        assert_int_equal(read_text(text, (size_t)len), AZATTEST_E_CERTIFICATE);
        len = snprintf(text, sizeof(text), "%s%s", two, one);
        assert_int_equal(read_text(text, (size_t)len), AZATTEST_E_CERTIFICATE);
        len = snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s%s", one, one, one, one, one, one, one,
                       one, two);
        assert_int_equal(read_text(text, (size_t)len), AZATTEST_E_CERTIFICATE);
        for (size_t n = 0; n < leaf.len; n += 7)
                assert_int_equal(read_text(one, n), AZATTEST_E_CERTIFICATE);
}

static int start(void **state)
{
        if (setup(state) != 0)
                return -1;
        leaf_key = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
        other_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        return leaf_key == NULL || other_key == NULL;
}

static int finish(void **state)
{
        EVP_PKEY_free(leaf_key);
        EVP_PKEY_free(other_key);
        return teardown(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good),
                cmocka_unit_test(not_allowed),
                cmocka_unit_test(not_signed_by_the_issuer),
                cmocka_unit_test(two_between),
                cmocka_unit_test(ca_as_leaf),
                cmocka_unit_test(longer_life),
                cmocka_unit_test(weak_key),
                cmocka_unit_test(other_purpose),
                cmocka_unit_test(other_service),
                cmocka_unit_test(expired_token),
                cmocka_unit_test(both_attested),
                cmocka_unit_test(issuer_of_another_key),
                cmocka_unit_test(issuer_of_another_form),
                cmocka_unit_test(issuer_alone),
                cmocka_unit_test(chain_files),
        };
        return cmocka_run_group_tests(tests, start, finish);
}
