/* SPDX-License-Identifier: Apache-2.0 */
/* An AMD-shaped certificate authority and SNP reports of our own, so that each check can be met
 * with evidence that is wrong in that one thing and properly signed. Keys are made once per
 * program. */
#ifndef TEST_SNP_SUPPORT_H
#define TEST_SNP_SUPPORT_H

#include "unit/evidence_support.h"

#include "snp/policy.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define TEST_TIME 1764547200 /* 2025-12-01 */

static EVP_PKEY *amd_key;  /* RSA-4096: ARK and ASK share it, nothing forbids that */
static EVP_PKEY *chip_key; /* P-384 */
static uint8_t chip_id[64];

static inline int make_amd_keys(void)
{
        amd_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)4096);
        chip_key = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-384");
        memset(chip_id, 0x5A, sizeof(chip_id));
        return amd_key == NULL || chip_key == NULL ? -1 : 0;
}

static inline void free_amd_keys(void)
{
        EVP_PKEY_free(amd_key);
        EVP_PKEY_free(chip_key);
}

/* How a certificate deviates from what it should be. */
struct cert_plan {
        const char *subject, *issuer; /* CNs */
        EVP_PKEY *key, *signer;
        bool ca;
        int pathlen; /* -1 none */
        int salt;    /* 0: 48 */
        const char *mgf;
        int64_t from, to; /* 0: the usual */
        const char *organization;
        long serial;
        bool pkcs1; /* no PSS */
        const char *crl_url;
};

static inline X509_NAME *amd_style_name(const char *cn, const char *organization)
{
        X509_NAME *name = X509_NAME_new();
        const char *const all[][2] = {
                {"OU", "Engineering"},
                {"C", "US"},
                {"L", "Santa Clara"},
                {"ST", "CA"},
                {"O", organization != NULL ? organization : "Advanced Micro Devices"},
                {"CN", cn}};
        for (size_t i = 0; i < 6; i++)
                assert_int_equal(X509_NAME_add_entry_by_txt(name, all[i][0], MBSTRING_ASC,
                                                            (const unsigned char *)all[i][1], -1,
                                                            -1, 0),
                                 1);
        return name;
}

static inline void add_text_ext(X509 *cert, int nid, const char *value)
{
        X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
        assert_non_null(ext);
        assert_int_equal(X509_add_ext(cert, ext, -1), 1);
        X509_EXTENSION_free(ext);
}

static inline void add_raw_ext(X509 *cert, const char *oid, const void *data, size_t len)
{
        ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
        ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
        assert_int_equal(ASN1_OCTET_STRING_set(octets, data, (int)len), 1);
        X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, obj, 0, octets);
        assert_int_equal(X509_add_ext(cert, ext, -1), 1);
        X509_EXTENSION_free(ext);
        ASN1_OCTET_STRING_free(octets);
        ASN1_OBJECT_free(obj);
}

static inline void pss_context(EVP_MD_CTX *md, EVP_PKEY *signer, int salt, const char *mgf,
                               bool pkcs1)
{
        EVP_PKEY_CTX *pctx = NULL;
        assert_int_equal(EVP_DigestSignInit_ex(md, &pctx, "SHA384", libctx, NULL, signer, NULL), 1);
        if (pkcs1)
                return;
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt == 0 ? 48 : salt), 1);
        assert_int_equal(
                EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, mgf != NULL ? mgf : "SHA384", NULL), 1);
}

static inline void sign_cert(X509 *cert, const struct cert_plan *p)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
        pss_context(md, p->signer, p->salt, p->mgf, p->pkcs1);
        assert_true(X509_sign_ctx(cert, md) > 0);
}

static inline X509 *unsigned_cert(const struct cert_plan *p)
{
        X509 *cert = X509_new_ex(libctx, NULL);
        X509_NAME *subject = amd_style_name(p->subject, p->organization);
        X509_NAME *issuer = amd_style_name(p->issuer, NULL);
        char basic[40] = "critical,CA:TRUE";
        assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
        ASN1_INTEGER_set(X509_get_serialNumber(cert), p->serial);
        assert_int_equal(X509_set_subject_name(cert, subject), 1);
        assert_int_equal(X509_set_issuer_name(cert, issuer), 1);
        ASN1_TIME_set(X509_getm_notBefore(cert),
                      (time_t)(p->from != 0 ? p->from : TEST_TIME - 86400));
        ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(p->to != 0 ? p->to : TEST_TIME + 86400));
        assert_int_equal(X509_set_pubkey(cert, p->key), 1);
        if (p->ca && p->pathlen >= 0)
                (void)snprintf(basic, sizeof(basic), "critical,CA:TRUE,pathlen:%d", p->pathlen);
        if (p->ca) {
                add_text_ext(cert, NID_basic_constraints, basic);
                add_text_ext(cert, NID_key_usage, "critical,keyCertSign,cRLSign");
        }
        if (p->crl_url != NULL)
                add_text_ext(cert, NID_crl_distribution_points, p->crl_url);
        X509_NAME_free(subject);
        X509_NAME_free(issuer);
        return cert;
}

/* Values of the leaf's extensions. */
struct leaf_plan {
        uint8_t struct_version, spl[9]; /* spl[1..8]: `.3.1` .. `.3.8` */
        const char *product;
        const uint8_t *hwid;
        size_t hwid_len;
        const char *leave_out, *twice; /* an OID's tail */
        bool ca;                       /* pretends to be a CA */
        bool long_integer;             /* `.3.8` not minimal */
        bool turin;                    /* `.3.9` instead of `.3.4` */
        uint8_t fmc;
};

static inline void add_leaf_exts(X509 *cert, const struct leaf_plan *l)
{
        static const char *const order[] = {"1",   "2",   "3.1", "3.2", "3.3", "3.4",
                                            "3.5", "3.6", "3.7", "3.8", "4"};
        for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
                char oid[64];
                uint8_t der[40] = {2, 1};
                size_t len = 3;
                if (l->leave_out != NULL && strcmp(l->leave_out, order[i]) == 0)
                        continue;
                (void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.3704.1.%s", order[i]);
                uint8_t n = order[i][0] == '3' ? l->spl[order[i][2] - '0'] : l->struct_version;
                der[2] = n;
                if (n >= 0x80 || (l->long_integer && strcmp(order[i], "3.8") == 0)) {
                        der[1] = 2;
                        der[2] = 0;
                        der[3] = n;
                        len = 4;
                }
                if (order[i][0] == '2') {
                        len = strlen(l->product) + 2;
                        der[0] = 0x16;
                        der[1] = (uint8_t)strlen(l->product);
                        memcpy(der + 2, l->product, strlen(l->product));
                }
                bool hwid = order[i][0] == '4';
                add_raw_ext(cert, oid, hwid ? l->hwid : der, hwid ? l->hwid_len : len);
                if (l->twice != NULL && strcmp(l->twice, order[i]) == 0)
                        add_raw_ext(cert, oid, hwid ? l->hwid : der, hwid ? l->hwid_len : len);
        }
        if (l->turin) {
                const uint8_t fmc[3] = {2, 1, l->fmc};
                add_raw_ext(cert, "1.3.6.1.4.1.3704.1.3.9", fmc, 3);
        }
        if (l->ca)
                add_text_ext(cert, NID_basic_constraints, "critical,CA:TRUE");
}

struct test_chain {
        aza_certs *pile;
        char roots[65]; /* the ARK's SPKI pin */
};

static inline void chain_free(struct test_chain *c)
{
        aza_certs_free(c->pile);
}

static inline struct cert_plan ark_plan(void)
{
        return (struct cert_plan){.subject = "ARK-Milan",
                                  .issuer = "ARK-Milan",
                                  .key = amd_key,
                                  .signer = amd_key,
                                  .ca = true,
                                  .pathlen = -1,
                                  .serial = 0x10000};
}

static inline struct cert_plan ask_plan(void)
{
        return (struct cert_plan){.subject = "SEV-Milan",
                                  .issuer = "ARK-Milan",
                                  .key = amd_key,
                                  .signer = amd_key,
                                  .ca = true,
                                  .serial = 0x10001};
}

static inline struct cert_plan vcek_plan(void)
{
        return (struct cert_plan){
                .subject = "SEV-VCEK", .issuer = "SEV-Milan", .key = chip_key, .signer = amd_key};
}

static inline struct leaf_plan milan_leaf(void)
{
        return (struct leaf_plan){.spl = {0, 4, 0, 0x18, 0, 0, 0, 0, 0xDB},
                                  .product = "Milan-B0",
                                  .hwid = chip_id,
                                  .hwid_len = 64};
}

static inline void push_cert(struct test_chain *c, const struct cert_plan *p,
                             const struct leaf_plan *l)
{
        X509 *cert = unsigned_cert(p);
        if (l != NULL)
                add_leaf_exts(cert, l);
        sign_cert(cert, p);
        /* Through DER, as it comes in life: a fresh object has no cached encoding. */
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        assert_true(len > 0);
        X509_free(cert);
        cert = aza_cert_parse(libctx, aza_span_of(der, (size_t)len));
        assert_non_null(cert);
        OPENSSL_free(der);
        if (strncmp(p->subject, "ARK", 3) == 0) {
                uint8_t hash[32];
                assert_true(aza_cert_spki_sha256(libctx, cert, hash));
                (void)aza_hex(aza_span_of(hash, 32), c->roots);
        }
        assert_true(sk_X509_push(c->pile, cert) > 0);
}

static inline struct test_chain make_chain(const struct cert_plan *ark, const struct cert_plan *ask,
                                           const struct cert_plan *leaf, const struct leaf_plan *l)
{
        struct test_chain c = {.pile = sk_X509_new_null()};
        push_cert(&c, leaf, l);
        push_cert(&c, ask, NULL);
        push_cert(&c, ark, NULL);
        return c;
}

static inline struct test_chain good_chain(void)
{
        struct cert_plan ark = ark_plan(), ask = ask_plan(), vcek = vcek_plan();
        struct leaf_plan l = milan_leaf();
        return make_chain(&ark, &ask, &vcek, &l);
}

/* A report as Azure's Milan fleet gives it. */
static inline void good_report(uint8_t r[AZA_SNP_REPORT_LEN])
{
        static const uint8_t tcb[8] = {4, 0, 0, 0, 0, 0, 0x18, 0xDB};
        memset(r, 0, AZA_SNP_REPORT_LEN);
        r[0] = 3;
        r[4] = 12;
        r[8] = 0x1F;
        r[0x0A] = 3;
        r[0x34] = 1;
        memcpy(r + 0x38, tcb, 8);
        r[0x40] = 0x25;
        memset(r + 0x90, 0x11, 48);
        memcpy(r + 0xE0, aza_profile_find(NULL)->id_keys.items[0].data, 48);
        memset(r + 0x160, 0xFF, 32);
        memcpy(r + 0x180, tcb, 8);
        r[0x188] = 0x19;
        r[0x189] = 1;
        r[0x18A] = 1;
        memcpy(r + 0x1A0, chip_id, 64);
        memcpy(r + 0x1E0, tcb, 8);
        memcpy(r + 0x1E8, "\x1d\x37\x01\0\x1d\x37\x01", 7);
        memcpy(r + 0x1F0, tcb, 8);
}

static inline void sign_report(uint8_t r[AZA_SNP_REPORT_LEN])
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
        uint8_t der[160];
        size_t len = sizeof(der);
        assert_int_equal(EVP_DigestSignInit_ex(md, NULL, "SHA384", libctx, NULL, chip_key, NULL),
                         1);
        assert_int_equal(EVP_DigestSign(md, der, &len, r, 0x2A0), 1);
        const unsigned char *p = der;
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
        assert_non_null(sig);
        memset(r + 0x2A0, 0, 144);
        assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), r + 0x2A0, 48), 48);
        assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), r + 0x2E8, 48), 48);
        ECDSA_SIG_free(sig);
}

static inline void add_file(aza_certs *pile, const char *name)
{
        AZA_BYTES struct aza_bytes b = vector(name);
        assert_int_equal(aza_certs_add(libctx, aza_bytes_span(&b), pile), 0);
}

static inline int set_up_keys(void **state)
{
        return set_up(state) == 0 ? make_amd_keys() : -1;
}

static inline int tear_down_keys(void **state)
{
        free_amd_keys();
        return tear_down(state);
}

/* S1-S36 with the chain's own root as extra pin: `id` alone rejects, or (AZA_CHECK_COUNT) all is
 * well. */
static inline void judge(const uint8_t *report, struct test_chain *chain,
                         struct aza_snp_options *options, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_snp_options plain = {0};
        struct aza_snp_options *o = options != NULL ? options : &plain;
        o->certs = chain->pile;
        o->roots = chain->roots;
        o->time = TEST_TIME;
        bool ok = aza_snp_verify(libctx, aza_span_of(report, AZA_SNP_REPORT_LEN), o, &checks, NULL);
        if (id == AZA_CHECK_COUNT) {
                assert_no_reject(&checks);
                assert_true(ok);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        } else {
                assert_rejects(&checks, id);
                assert_false(ok);
        }
}

#endif
