/* SPDX-License-Identifier: Apache-2.0 */
/* An Intel-shaped authority, TD quotes and TCB documents of our own, so that each check can be
 * met with what is wrong in that one thing and properly signed otherwise. Keys are made once per
 * program. */
#ifndef TEST_TDX_SUPPORT_H
#define TEST_TDX_SUPPORT_H

#include "unit/evidence_support.h"

#include "base/clock.h"
#include "tdx/verify.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#define TD_NOW 1771588800 /* 2026-02-20 */
#define TD_DAY 86400

enum td_key { ROOT_KEY, CA_KEY, PCK_KEY, SIGNING_KEY, QUOTE_KEY, OTHER_KEY, TD_KEYS };
static EVP_PKEY *td_keys[TD_KEYS];

static inline int make_td_keys(void **state)
{
        if (set_up(state) != 0)
                return -1;
        for (int i = 0; i < TD_KEYS; i++)
                if ((td_keys[i] = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256")) == NULL)
                        return -1;
        return 0;
}

static inline int free_td_keys(void **state)
{
        for (int i = 0; i < TD_KEYS; i++)
                EVP_PKEY_free(td_keys[i]);
        return tear_down(state);
}

/* ---- plans ---- */

struct td_cert {
        const char *cn, *organization, *constraints, *usage;
        EVP_PKEY *key, *signer;
        int64_t from, to;
        bool revoked;
};

/* The parts of the PCK's extension; a part may be left out, or stand twice. */
struct td_extension {
        uint8_t fmspc[6], pce_id[2], svn[16];
        uint16_t pce_svn;
        int leave_out, twice;         /* .1 to .4; 0: none */
        int leave_out_tcb, twice_tcb; /* .2.1 to .2.18 */
        bool none, two;               /* of the whole extension */
};

struct td_document {
        const char *id, *fmspc, *pce_id, *status, *module, *module_status, *mrsigner, *next;
        int version, type, evaluation, sgx_svn, tdx_svn, pce_svn, isv_svn, product, module_svn;
        EVP_PKEY *signer;
        const char *issued;
        const char *behind; /* in the answer, behind the signature */
};

struct td_plan {
        struct td_cert root, ca, pck, signing;
        struct td_extension extension;
        uint16_t version, key_type, body_type, outer_type, inner_type;
        uint32_t tee, body_len;
        uint8_t reserved[4], vendor[16];
        uint8_t body[648];
        uint8_t qe[384], auth[32];
        bool bound; /* report data of the QE report is made */
        EVP_PKEY *qe_signer, *quote_signer, *quote_key;
        const char *behind; /* hexadecimal, behind the quote */
        int more;           /* bytes too many in the signature data */
        int certificates;   /* how many stand in the quote */
        struct td_document info, qe_identity;
        int64_t crl_to;
        EVP_PKEY *root_crl_signer, *pck_crl_signer;
};

static inline struct td_plan good_td(void)
{
        struct td_plan p = {
                .root = {"Intel SGX Root CA", "Intel Corporation", "critical,CA:TRUE,pathlen:1",
                         "critical,keyCertSign,cRLSign", td_keys[ROOT_KEY], td_keys[ROOT_KEY],
                         TD_NOW - 900 * TD_DAY, TD_NOW + 900 * TD_DAY, false},
                .ca = {"Intel SGX PCK Platform CA", "Intel Corporation",
                       "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign",
                       td_keys[CA_KEY], td_keys[ROOT_KEY], TD_NOW - 900 * TD_DAY,
                       TD_NOW + 900 * TD_DAY, false},
                .pck = {"Intel SGX PCK Certificate", "Intel Corporation", "critical,CA:FALSE",
                        "critical,digitalSignature,nonRepudiation", td_keys[PCK_KEY],
                        td_keys[CA_KEY], TD_NOW - 100 * TD_DAY, TD_NOW + 900 * TD_DAY, false},
                .signing = {"Intel SGX TCB Signing", "Intel Corporation", "critical,CA:FALSE",
                            "critical,digitalSignature,nonRepudiation", td_keys[SIGNING_KEY],
                            td_keys[ROOT_KEY], TD_NOW - 100 * TD_DAY, TD_NOW + 900 * TD_DAY, false},
                .extension = {.fmspc = {0x90, 0xC0, 0x6F}, .pce_svn = 13},
                .version = 4,
                .key_type = 2,
                .body_type = 2,
                .body_len = 584,
                .outer_type = 6,
                .inner_type = 5,
                .tee = 0x81,
                .vendor = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
                           0x95, 0x7f, 0x06, 0x07},
                .bound = true,
                .qe_signer = td_keys[PCK_KEY],
                .quote_signer = td_keys[QUOTE_KEY],
                .quote_key = td_keys[QUOTE_KEY],
                .behind = "",
                .certificates = 3,
                .info = {.id = "TDX",
                         .fmspc = "90C06F000000",
                         .pce_id = "0000",
                         .status = "UpToDate",
                         .module = "TDX_01",
                         .module_status = "UpToDate",
                         .issued = "2026-02-18T13:58:55Z",
                         .next = "2026-03-20T13:58:55Z",
                         .version = 3,
                         .evaluation = 18,
                         .sgx_svn = 3,
                         .tdx_svn = 3,
                         .pce_svn = 13,
                         .module_svn = 6,
                         .signer = td_keys[SIGNING_KEY],
                         .behind = ""},
                .qe_identity = {.id = "TD_QE",
                                .status = "UpToDate",
                                .issued = "2026-02-18T13:42:19Z",
                                .next = "2026-03-20T13:42:19Z",
                                .mrsigner = "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C8"
                                            "2E0E54A8C5",
                                .version = 2,
                                .evaluation = 18,
                                .isv_svn = 4,
                                .product = 2,
                                .signer = td_keys[SIGNING_KEY],
                                .behind = ""},
                .crl_to = TD_NOW + 30 * TD_DAY,
                .root_crl_signer = td_keys[ROOT_KEY],
                .pck_crl_signer = td_keys[CA_KEY],
        };
        memset(p.extension.svn, 5, sizeof(p.extension.svn));
        memcpy(p.body, "\x07\x01\x03\x00", 4); /* TEE TCB SVN: module TDX_01, SVN 7 */
        p.body[123] = 0x10;                    /* SEPT_VE_DISABLE */
        memcpy(p.body + 128, "\xE7\x18\x06", 3);
        memset(p.body + 136, 0x77, 48); /* MRTD */
        p.qe[48] = 0x11;
        p.qe[56] = 0xE7;
        (void)aza_unhex(p.qe_identity.mrsigner, 64, p.qe + 128, 32);
        p.qe[256] = 2;
        p.qe[258] = 6;
        for (int i = 0; i < 32; i++)
                p.auth[i] = (uint8_t)i;
        return p;
}

/* ---- certificates ---- */

static inline void td_put(struct aza_bytes *b, const void *data, size_t len)
{
        assert_int_equal(aza_bytes_append(b, data, len), 0);
}

static inline void td_put_le(struct aza_bytes *b, uint32_t v, int bytes)
{
        for (int i = 0; i < bytes; i++) {
                const uint8_t byte = (uint8_t)(v >> 8 * i);
                td_put(b, &byte, 1);
        }
}

/* Tag and length before `content`. */
static inline void td_der(struct aza_bytes *out, uint8_t tag, struct aza_span content)
{
        td_put(out, &tag, 1);
        if (content.len >= 0x100) {
                const uint8_t head = 0x82;
                td_put(out, &head, 1);
                assert_int_equal(aza_bytes_append_be16(out, (uint16_t)content.len), 0);
        } else {
                const uint8_t head[2] = {0x81, (uint8_t)content.len};
                td_put(out, content.len >= 0x80 ? head : head + 1, content.len >= 0x80 ? 2 : 1);
        }
        td_put(out, content.data, content.len);
}

/* {OID 1.2.840.113741.1.13.1.PATH, value}. */
static inline void td_pair(struct aza_bytes *out, const uint8_t *path, size_t depth, uint8_t tag,
                           struct aza_span value)
{
        static const uint8_t root[] = {0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01};
        AZA_BYTES struct aza_bytes oid = {0}, pair = {0};
        td_put(&oid, root, sizeof(root));
        td_put(&oid, path, depth);
        td_der(&pair, 0x06, aza_bytes_span(&oid));
        td_der(&pair, tag, value);
        td_der(out, 0x30, aza_bytes_span(&pair));
}

static inline void td_level(struct aza_bytes *out, uint8_t n, const struct td_extension *x)
{
        const uint8_t path[2] = {2, n}, cpu[16] = {0};
        const uint8_t number[2] = {(uint8_t)(x->pce_svn >> 8), (uint8_t)x->pce_svn};
        if (n == 18)
                td_pair(out, path, 2, 0x04, aza_span_of(cpu, sizeof(cpu)));
        else if (n == 17)
                td_pair(out, path, 2, 0x02,
                        aza_span_of(number + (number[0] == 0), number[0] ? 2 : 1));
        else
                td_pair(out, path, 2, 0x02, aza_span_of(&x->svn[n - 1], 1));
}

static inline struct aza_bytes td_extension(const struct td_extension *x)
{
        static const uint8_t ppid[16] = {1};
        AZA_BYTES struct aza_bytes tcb = {0}, list = {0};
        struct aza_bytes out = {0};
        for (uint8_t n = 1; n <= 18; n++)
                for (int times = x->leave_out_tcb == n ? 0
                                 : x->twice_tcb == n   ? 2
                                                       : 1;
                     times > 0; times--)
                        td_level(&tcb, n, x);
        const struct {
                uint8_t tag;
                struct aza_span value;
        } parts[] = {{0x04, aza_span_of(ppid, sizeof(ppid))},
                     {0x30, aza_bytes_span(&tcb)},
                     {0x04, aza_span_of(x->pce_id, 2)},
                     {0x04, aza_span_of(x->fmspc, 6)}};
        for (uint8_t n = 1; n <= 4; n++)
                for (int times = x->leave_out == n ? 0 : x->twice == n ? 2 : 1; times > 0; times--)
                        td_pair(&list, &n, 1, parts[n - 1].tag, parts[n - 1].value);
        td_der(&out, 0x30, aza_bytes_span(&list));
        return out;
}

static inline void td_name(X509 *cert, const struct td_cert *plan)
{
        X509_NAME *name = X509_NAME_new();
        const char *const all[][2] = {{"CN", plan->cn},
                                      {"O", plan->organization},
                                      {"L", "Santa Clara"},
                                      {"ST", "CA"},
                                      {"C", "US"}};
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(X509_NAME_add_entry_by_txt(name, all[i][0], MBSTRING_UTF8,
                                                            (const unsigned char *)all[i][1], -1,
                                                            -1, 0),
                                 1);
        assert_int_equal(X509_set_subject_name(cert, name), 1);
        X509_NAME_free(name);
}

static inline void td_extend(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
        assert_non_null(extension);
        assert_int_equal(X509_add_ext(cert, extension, -1), 1);
        X509_EXTENSION_free(extension);
}

static inline void td_add_sgx(X509 *cert, const struct td_extension *x)
{
        AZA_BYTES struct aza_bytes content = td_extension(x);
        ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
        ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
        assert_int_equal(ASN1_OCTET_STRING_set(data, content.data, (int)content.len), 1);
        X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, data);
        for (int i = 0; i < (x->none ? 0 : x->two ? 2 : 1); i++)
                assert_int_equal(X509_add_ext(cert, extension, -1), 1);
        X509_EXTENSION_free(extension);
        ASN1_OCTET_STRING_free(data);
        ASN1_OBJECT_free(oid);
}

/* `issuer` NULL: its own. */
static inline X509 *td_cert(const struct td_cert *plan, X509 *issuer, const struct td_extension *x)
{
        static long serial = 1000;
        X509 *cert = X509_new_ex(libctx, NULL);
        X509V3_CTX ctx;
        X509_set_version(cert, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
        td_name(cert, plan);
        X509_set_issuer_name(cert, X509_get_subject_name(issuer != NULL ? issuer : cert));
        ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)plan->from);
        ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)plan->to);
        X509_set_pubkey(cert, plan->key);
        X509V3_set_ctx(&ctx, issuer != NULL ? issuer : cert, cert, NULL, NULL, 0);
        td_extend(cert, &ctx, NID_subject_key_identifier, "hash");
        td_extend(cert, &ctx, NID_authority_key_identifier, "keyid:always");
        td_extend(cert, &ctx, NID_basic_constraints, plan->constraints);
        td_extend(cert, &ctx, NID_key_usage, plan->usage);
        if (x != NULL)
                td_add_sgx(cert, x);
        assert_true(X509_sign(cert, plan->signer, EVP_sha256()) > 0);
        return cert;
}

static inline void td_pem(struct aza_bytes *out, X509 *cert)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;
        assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
        long len = BIO_get_mem_data(bio, &text);
        td_put(out, text, (size_t)len);
}

static inline struct aza_bytes td_crl(X509 *issuer, EVP_PKEY *key, int64_t to, X509 *const *revoked)
{
        struct aza_bytes out = {0};
        X509_CRL *crl = X509_CRL_new();
        ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(TD_NOW - 10 * TD_DAY));
        unsigned char *der = NULL;
        X509_CRL_set_version(crl, X509_CRL_VERSION_2);
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
        X509_CRL_set1_lastUpdate(crl, time);
        for (; *revoked != NULL; revoked++) {
                X509_REVOKED *entry = X509_REVOKED_new();
                X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(*revoked));
                X509_REVOKED_set_revocationDate(entry, time);
                X509_CRL_add0_revoked(crl, entry);
        }
        assert_non_null(ASN1_TIME_set(time, (time_t)to));
        X509_CRL_set1_nextUpdate(crl, time);
        assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
        int len = i2d_X509_CRL(crl, &der);
        td_put(&out, der, (size_t)len);
        OPENSSL_free(der);
        ASN1_TIME_free(time);
        X509_CRL_free(crl);
        return out;
}

/* ---- signatures ---- */

static inline void td_sign(EVP_PKEY *key, struct aza_span message, uint8_t raw[64])
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t der[128];
        const uint8_t *p = der;
        size_t len = sizeof(der);
        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, key, NULL), 1);
        assert_int_equal(EVP_DigestSign(ctx, der, &len, message.data, message.len), 1);
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
        assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32), 32);
        assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32), 32);
        ECDSA_SIG_free(sig);
}

static inline void td_put_signature(struct aza_bytes *out, EVP_PKEY *key, struct aza_span message)
{
        uint8_t raw[64];
        td_sign(key, message, raw);
        td_put(out, raw, sizeof(raw));
}

static inline void td_point(EVP_PKEY *key, uint8_t xy[64])
{
        unsigned char *point = NULL;
        assert_int_equal(EVP_PKEY_get1_encoded_public_key(key, &point), 65);
        memcpy(xy, point + 1, 64);
        OPENSSL_free(point);
}

/* ---- the quote ---- */

static inline void td_certification(struct aza_bytes *out, struct td_plan *p, struct aza_span pem,
                                    const uint8_t key[64])
{
        AZA_BYTES struct aza_bytes bound = {0}, inner = {0};
        td_put(&bound, key, 64);
        td_put(&bound, p->auth, sizeof(p->auth));
        if (p->bound)
                assert_int_equal(aza_sha256(libctx, aza_bytes_span(&bound), p->qe + 320), 0);
        td_put(&inner, p->qe, sizeof(p->qe));
        td_put_signature(&inner, p->qe_signer, aza_span_of(p->qe, sizeof(p->qe)));
        td_put_le(&inner, sizeof(p->auth), 2);
        td_put(&inner, p->auth, sizeof(p->auth));
        td_put_le(&inner, p->inner_type, 2);
        td_put_le(&inner, (uint32_t)pem.len, 4);
        td_put(&inner, pem.data, pem.len);
        td_put_le(out, p->outer_type, 2);
        td_put_le(out, (uint32_t)inner.len, 4);
        td_put(out, inner.data, inner.len);
}

static inline struct aza_bytes td_quote(struct td_plan *p, struct aza_span pem)
{
        AZA_BYTES struct aza_bytes proof = {0};
        struct aza_bytes out = {0};
        uint8_t key[64], zeros[20] = {0}, behind[64];
        td_put_le(&out, p->version, 2);
        td_put_le(&out, p->key_type, 2);
        td_put_le(&out, p->tee, 4);
        td_put(&out, p->reserved, 4);
        td_put(&out, p->vendor, 16);
        td_put(&out, zeros, 20);
        if (p->version == 5) {
                td_put_le(&out, p->body_type, 2);
                td_put_le(&out, p->body_len, 4);
        }
        td_put(&out, p->body, p->body_len);
        td_point(p->quote_key, key);
        td_put_signature(&proof, p->quote_signer, aza_bytes_span(&out));
        td_put(&proof, key, sizeof(key));
        td_certification(&proof, p, pem, key);
        td_put(&proof, zeros, (size_t)p->more);
        td_put_le(&out, (uint32_t)proof.len, 4);
        td_put(&out, proof.data, proof.len);
        size_t len = strlen(p->behind) / 2;
        assert_int_equal(aza_unhex(p->behind, strlen(p->behind), behind, len), 0);
        td_put(&out, behind, len);
        return out;
}

/* ---- documents ---- */

static inline void td_components(struct aza_bytes *out, const char *name, int svn, int count)
{
        char text[64];
        (void)snprintf(text, sizeof(text), "\"%s\":[", name);
        assert_int_equal(aza_bytes_append_text(out, text), 0);
        for (int i = 0; i < 16; i++) {
                (void)snprintf(text, sizeof(text), "%s{\"svn\":%d}", i > 0 ? "," : "",
                               i < count ? svn : 0);
                assert_int_equal(aza_bytes_append_text(out, text), 0);
        }
        assert_int_equal(aza_bytes_append_text(out, "],"), 0);
}

/* {"MEMBER":TEXT,"signature":"..."BEHIND}. */
static inline struct aza_bytes td_served(const struct td_document *d, const char *member,
                                         const char *text)
{
        struct aza_bytes out = {0};
        uint8_t raw[64];
        char hex[129];
        td_sign(d->signer, aza_span_of(text, strlen(text)), raw);
        const char *const parts[] = {"{\"",
                                     member,
                                     "\": ",
                                     text,
                                     ",\n \"signature\":\"",
                                     aza_hex(aza_span_of(raw, 64), hex),
                                     "\"",
                                     d->behind,
                                     "}\n"};
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                assert_int_equal(aza_bytes_append_text(&out, parts[i]), 0);
        return out;
}

/* Two levels: the plan's, and an OutOfDate one that everything reaches. */
static inline struct aza_bytes td_tcb_info(const struct td_document *d)
{
        AZA_BYTES struct aza_bytes text = {0};
        char part[1600];
        const char *const zeros = "000000000000000000000000000000000000000000000000"
                                  "000000000000000000000000000000000000000000000000";
        (void)snprintf(part, sizeof(part),
                       "{\"id\":\"%s\",\"version\":%d,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
                       "\"fmspc\":\"%s\",\"pceId\":\"%s\",\"tcbType\":%d,"
                       "\"tcbEvaluationDataNumber\":%d,\"tdxModule\":{\"mrsigner\":\"%s\","
                       "\"attributes\":\"0000000000000000\","
                       "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},\"tdxModuleIdentities\":[{\"id\":"
                       "\"%s\",\"mrsigner\":\"%s\",\"attributes\":\"0000000000000000\","
                       "\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[{\"tcb\":"
                       "{\"isvsvn\":%d},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"%s\","
                       "\"advisoryIDs\":[\"INTEL-SA-000021\"]}]}],\"tcbLevels\":[",
                       d->id, d->version, d->issued, d->next, d->fmspc, d->pce_id, d->type,
                       d->evaluation, zeros, d->module, zeros, d->module_svn, d->module_status);
        assert_int_equal(aza_bytes_append_text(&text, part), 0);
        for (int level = 0; level < 2; level++) {
                assert_int_equal(
                        aza_bytes_append_text(&text, level == 0 ? "{\"tcb\":{" : ",{\"tcb\":{"), 0);
                td_components(&text, "sgxtcbcomponents", level == 0 ? d->sgx_svn : 0, 16);
                td_components(&text, "tdxtcbcomponents", level == 0 ? d->tdx_svn : 0, 3);
                (void)snprintf(part, sizeof(part),
                               "\"pcesvn\":%d},\"tcbDate\":\"2024-11-13T00:00:00Z\","
                               "\"tcbStatus\":\"%s\",\"advisoryIDs\":[\"INTEL-SA-00002\"]}",
                               level == 0 ? d->pce_svn : 0, level == 0 ? d->status : "OutOfDate");
                assert_int_equal(aza_bytes_append_text(&text, part), 0);
        }
        assert_int_equal(aza_bytes_append_text(&text, "]}"), 0);
        return td_served(d, "tcbInfo", (const char *)text.data);
}

static inline struct aza_bytes td_qe_identity(const struct td_document *d)
{
        char text[1200];
        (void)snprintf(text, sizeof(text),
                       "{\"id\":\"%s\",\"version\":%d,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
                       "\"tcbEvaluationDataNumber\":%d,\"miscselect\":\"00000000\","
                       "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
                       "\"11000000000000000000000000000000\",\"attributesMask\":"
                       "\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"%s\",\"isvprodid\":%d,"
                       "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%d},\"tcbDate\":"
                       "\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"%s\"},{\"tcb\":{\"isvsvn\":1},"
                       "\"tcbDate\":\"2023-11-13T00:00:00Z\",\"tcbStatus\":\"OutOfDate\"}]}",
                       d->id, d->version, d->issued, d->next, d->evaluation, d->mrsigner,
                       d->product, d->isv_svn, d->status);
        return td_served(d, "enclaveIdentity", text);
}

/* ---- all of it ---- */

struct own_td {
        struct aza_bytes quote;
        struct aza_td_collateral collateral;
        char roots[65]; /* pin of the root's key */
};

static inline void own_td_free(struct own_td *td)
{
        aza_bytes_free(&td->quote);
        aza_td_collateral_free(&td->collateral);
}

static inline struct own_td own_td_of(struct td_plan *p)
{
        struct own_td td = {0};
        AZA_BYTES struct aza_bytes pem = {0};
        uint8_t hash[32];
        AZA_OWN(X509_free) X509 *root = td_cert(&p->root, NULL, NULL);
        AZA_OWN(X509_free) X509 *ca = td_cert(&p->ca, root, NULL);
        AZA_OWN(X509_free) X509 *pck = td_cert(&p->pck, ca, &p->extension);
        AZA_OWN(X509_free) X509 *signing = td_cert(&p->signing, root, NULL);
        X509 *const all[] = {pck, ca, root, root};
        X509 *by_root[3] = {0}, *by_ca[2] = {0};
        size_t n = 0;
        assert_true(aza_cert_spki_sha256(libctx, root, hash));
        (void)aza_hex(aza_span_of(hash, 32), td.roots);
        for (int i = 0; i < p->certificates; i++)
                td_pem(&pem, all[i]);
        td.quote = td_quote(p, aza_bytes_span(&pem));
        td_pem(&td.collateral.tcb_info_chain, signing);
        td_pem(&td.collateral.tcb_info_chain, root);
        td_pem(&td.collateral.qe_identity_chain, signing);
        td_pem(&td.collateral.qe_identity_chain, root);
        td.collateral.tcb_info = td_tcb_info(&p->info);
        td.collateral.qe_identity = td_qe_identity(&p->qe_identity);
        if (p->ca.revoked)
                by_root[n++] = ca;
        if (p->signing.revoked)
                by_root[n] = signing;
        by_ca[0] = p->pck.revoked ? pck : NULL;
        td.collateral.root_crl = td_crl(root, p->root_crl_signer, p->crl_to, by_root);
        td.collateral.pck_crl = td_crl(ca, p->pck_crl_signer, p->crl_to, by_ca);
        return td;
}

#endif
