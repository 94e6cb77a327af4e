/* SPDX-License-Identifier: Apache-2.0 */
/* From the AK certificate to Azure's vTPM root (A3-A8). The root is known by the SHA-256 of the
 * whole certificate; every other certificate is only a candidate. */
#include "evidence/ak_cert.h"

#include "base/clock.h"
#include "base/error.h"
#include "evidence/collateral.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX   5
#define AUTH_LEVEL  2 /* RSA-2048, SHA-224 and better */
#define DAY         86400
#define CA03_NOTICE 1800748800 /* 2027-01-24: three months before CA - 03 expires */
#define OID_AK      "2.23.133.8.3"

AZA_OWN_DEFINE(STACK_OF(X509), sk_X509_free);

/* Azure Virtual TPM Root Certificate Authority 2023. */
static const uint8_t azure_root[32] = {0xe6, 0xc5, 0x96, 0xb1, 0x7f, 0x8f, 0xfe, 0xfb,
                                       0xa5, 0xc3, 0x00, 0xf7, 0x14, 0xcf, 0xb1, 0x26,
                                       0x0c, 0x60, 0x28, 0x70, 0x4e, 0xcf, 0x7b, 0xec,
                                       0xc4, 0xab, 0x50, 0x18, 0xef, 0xb0, 0x0e, 0x95};

static bool pinned(OSSL_LIB_CTX *libctx, X509 *cert, const char *roots, bool *ret_extra,
                   char hex[65])
{
        uint8_t hash[32];

        if (!aza_cert_sha256(libctx, cert, hash))
                return false;
        (void)aza_hex(aza_span_of(hash, 32), hex);
        *ret_extra = memcmp(hash, azure_root, 32) != 0;
        return !*ret_extra || aza_pin_listed(roots, hash);
}

static const char *const suffixes[] = {
        [AZA_AK_CERT_UNKNOWN] = "",
        [AZA_AK_CERT_CONFIDENTIAL] = ".ConfidentialVM.Azure.windows.net",
        [AZA_AK_CERT_TRUSTED_LAUNCH] = ".TrustedVM.Azure.windows.net",
};

/* ---- A3 ---- */

static bool is_missing(int error)
{
        return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
               error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
               error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* The CN of `name`, as it may be printed. */
static const char *shown_name(const X509_NAME *name, char out[129])
{
        int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
        const ASN1_STRING *cn =
                at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)) : NULL;
        size_t len = cn != NULL ? (size_t)ASN1_STRING_length(cn) : 0;

        if (cn == NULL)
                return "?";
        return aza_printable((const char *)ASN1_STRING_get0_data(cn), len < 128 ? len : 128, out,
                             129);
}

static bool same_key_id(X509 *issuer, X509 *cert)
{
        const ASN1_OCTET_STRING *named = X509_get0_authority_key_id(cert);
        const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(issuer);

        return named != NULL && own != NULL && ASN1_OCTET_STRING_cmp(named, own) == 0;
}

/* `cert` has no issuer among `pile`: what comes nearest to one, and what is wrong. An issuer of
 * that key identifier under another name is no issuer: then bytes were altered. */
static bool report_missing(const aza_certs *pile, X509 *cert, struct aza_checks *checks)
{
        char name[129], near[129], url[AZA_URL_MAX];
        const char *wanted = shown_name(X509_get_issuer_name(cert), name), *more = "";

        for (int i = 0; i < sk_X509_num(pile); i++) {
                X509 *candidate = sk_X509_value(pile, i);
                bool named = X509_NAME_cmp(X509_get_subject_name(candidate),
                                           X509_get_issuer_name(cert)) == 0;
                if (!named && same_key_id(candidate, cert))
                        return aza_reject(
                                checks, AZA_CHECK_A3,
                                "altered: it names \"%.100s\" as its issuer, and the key of \"%.100s\"",
                                wanted, shown_name(X509_get_subject_name(candidate), near));
                if (named)
                        more = "; the one of that name that was given has another key";
        }
        return aza_not_checked(
                checks, AZA_CHECK_A3, AZA_UNAVAILABLE,
                "no certificate of the issuer \"%.100s\" was given%s%s", wanted, more,
                aza_aia_url(cert, url)
                        ? "; let it be fetched, or give it with --certs"
                        : ", and nothing says where to fetch it: give it, and those above it up to \"Azure Virtual TPM Root Certificate Authority 2023\", with --certs");
}

static bool report_good(OSSL_LIB_CTX *libctx, const STACK_OF(X509) * chain, const char *roots,
                        struct aza_checks *checks)
{
        X509 *root = sk_X509_value(chain, sk_X509_num(chain) - 1);
        char hex[65];
        bool extra = false;

        if (!pinned(libctx, root, roots, &extra, hex))
                return aza_reject(checks, AZA_CHECK_A3, "the root is not pinned");
        if (extra)
                return aza_accept(checks, AZA_CHECK_A3,
                                  "not Azure's: added by vtpm-root, certificate %s", hex);
        return aza_accept(checks, AZA_CHECK_A3, "Azure Virtual TPM Root 2023, built in");
}

static bool report_bad(int error, X509 *cert, struct aza_checks *checks)
{
        char name[129], issuer[129];

        if (error == X509_V_ERR_CERT_SIGNATURE_FAILURE && cert != NULL)
                return aza_reject(
                        checks, AZA_CHECK_A3,
                        "\"%.100s\" is not signed by \"%.100s\", whose certificate was given: altered or forged",
                        shown_name(X509_get_subject_name(cert), name),
                        shown_name(X509_get_issuer_name(cert), issuer));
        return aza_reject(checks, AZA_CHECK_A3, "%s", X509_verify_cert_error_string(error));
}

/* A stack of the pinned roots among `pile`; no references of its own. */
static STACK_OF(X509) * roots_of(OSSL_LIB_CTX *libctx, const aza_certs *pile, const char *roots)
{
        STACK_OF(X509) *trusted = sk_X509_new_null();
        char hex[65];
        bool extra = false;

        for (int i = 0; trusted != NULL && i < sk_X509_num(pile); i++) {
                X509 *c = sk_X509_value(pile, i);
                if (pinned(libctx, c, roots, &extra, hex) && sk_X509_push(trusted, c) <= 0) {
                        sk_X509_free(trusted);
                        return NULL;
                }
        }
        return trusted;
}

/* One attempt to build a chain from `cert` into `trusted`. */
struct attempt {
        STACK_OF(X509) * trusted, *untrusted; /* without references of their own */
        unsigned long flags;
        int64_t time;
        int error;        /* X509_V_OK: there is one */
        X509 *cert;       /* which the error is about; borrowed */
        aza_certs *chain; /* as far as it got, with references; NULL when out of memory */
};

static bool try_chain(OSSL_LIB_CTX *libctx, X509 *cert, struct attempt *a)
{
        AZA_OWN(X509_STORE_free) X509_STORE *store = X509_STORE_new();
        AZA_OWN(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(libctx, NULL);

        if (store == NULL || ctx == NULL || a->trusted == NULL || a->untrusted == NULL ||
            X509_STORE_CTX_init(ctx, store, cert, a->untrusted) != 1)
                return false;
        X509_STORE_CTX_set0_trusted_stack(ctx, a->trusted);
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
        X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
        X509_VERIFY_PARAM_set_time(param, (time_t)a->time);
        (void)X509_VERIFY_PARAM_set_flags(param, a->flags);
        (void)ERR_set_mark();
        bool good = X509_verify_cert(ctx) == 1;
        (void)ERR_pop_to_mark();
        a->error = X509_STORE_CTX_get_error(ctx);
        if (good != (a->error == X509_V_OK))
                a->error = good ? X509_V_OK : X509_V_ERR_UNSPECIFIED;
        a->chain = X509_STORE_CTX_get1_chain(ctx);
        /* Borrowed from the chain, or `cert` itself. */
        a->cert = X509_STORE_CTX_get_current_cert(ctx);
        return a->chain != NULL && sk_X509_num(a->chain) > 0;
}

#define FLAGS (X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE)

/* The chain ends before a root. What there is of it must be good all the same: signatures, dates,
 * CA flags up to its last certificate. Only then an issuer is merely missing. */
static bool judge_partial(OSSL_LIB_CTX *libctx, X509 *cert, const aza_certs *pile,
                          const struct attempt *whole, struct aza_checks *checks)
{
        X509 *last = sk_X509_value(whole->chain, sk_X509_num(whole->chain) - 1);
        AZA_OWN(sk_X509_free) STACK_OF(X509) *top = sk_X509_new_null();
        struct attempt part = {.trusted = top,
                               .untrusted = whole->untrusted,
                               .flags = FLAGS | X509_V_FLAG_PARTIAL_CHAIN,
                               .time = whole->time};

        bool made = top != NULL && sk_X509_push(top, last) > 0 && try_chain(libctx, cert, &part);
        AZA_OWN(aza_certs_free) aza_certs *chain = part.chain;
        if (!made || chain == NULL)
                return aza_reject(checks, AZA_CHECK_A3, "out of memory");
        if (part.error != X509_V_OK)
                return report_bad(part.error, part.cert, checks);
        return report_missing(pile, last, checks);
}

/* The chain that was built, with references; NULL when A3 does not accept. */
static aza_certs *check_chain(OSSL_LIB_CTX *libctx, X509 *cert, const aza_certs *pile,
                              const struct aza_ak_options *o, struct aza_checks *checks)
{
        AZA_OWN(sk_X509_free) STACK_OF(X509) *trusted = roots_of(libctx, pile, o->roots);
        /* OpenSSL wants one it might change. */
        AZA_OWN(sk_X509_free) STACK_OF(X509) *untrusted = sk_X509_dup(pile);
        struct attempt whole = {
                .trusted = trusted, .untrusted = untrusted, .flags = FLAGS, .time = o->time};
        bool made = try_chain(libctx, cert, &whole);
        AZA_OWN(aza_certs_free) aza_certs *chain = whole.chain;

        if (!made)
                (void)aza_reject(checks, AZA_CHECK_A3, "out of memory");
        else if (is_missing(whole.error))
                (void)judge_partial(libctx, cert, pile, &whole, checks);
        else if (whole.error != X509_V_OK)
                (void)report_bad(whole.error, whole.cert, checks);
        else if (report_good(libctx, chain, o->roots, checks))
                return aza_take(&chain);
        return NULL;
}

/* ---- A4, A5 ---- */

static bool has_ak_usage(X509 *cert)
{
        EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
        bool found = false;
        char oid[80];

        for (int i = 0; usage != NULL && i < sk_ASN1_OBJECT_num(usage); i++)
                found |= OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, i), 1) > 0 &&
                         strcmp(oid, OID_AK) == 0;
        EXTENDED_KEY_USAGE_free(usage);
        return found;
}

static bool check_leaf(X509 *cert, struct aza_checks *checks)
{
        const EVP_PKEY *key = X509_get0_pubkey(cert);
        int at = X509_get_ext_by_NID(cert, NID_key_usage, -1);
        uint32_t flags = X509_get_extension_flags(cert), usage = X509_get_key_usage(cert);

        if (X509_get_version(cert) != X509_VERSION_3 || (flags & EXFLAG_INVALID) != 0)
                return aza_reject(checks, AZA_CHECK_A4, "not X.509 v3, or its extensions are bad");
        if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != 2048)
                return aza_reject(checks, AZA_CHECK_A4, "its key is not RSA-2048");
        if (at < 0 || X509_EXTENSION_get_critical(X509_get_ext(cert, at)) != 1 ||
            (usage & KU_DIGITAL_SIGNATURE) == 0)
                return aza_reject(checks, AZA_CHECK_A4,
                                  "keyUsage is not digitalSignature and critical");
        if (!has_ak_usage(cert))
                return aza_reject(checks, AZA_CHECK_A4,
                                  "extendedKeyUsage lacks " OID_AK " (AK certificate)");
        if ((flags & EXFLAG_CA) != 0)
                return aza_reject(checks, AZA_CHECK_A4, "it is a CA");
        return aza_accept(checks, AZA_CHECK_A4, NULL);
}

/* The one CN of the subject, or NULL. */
static const ASN1_STRING *common_name(const X509 *cert)
{
        const X509_NAME *name = X509_get_subject_name(cert);
        int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

        if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
                return NULL;
        return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
}

enum aza_ak_cert_kind aza_ak_cert_kind(const X509 *cert)
{
        const ASN1_STRING *cn = common_name(cert);
        const char *text = cn != NULL ? (const char *)ASN1_STRING_get0_data(cn) : "";
        size_t len = cn != NULL ? (size_t)ASN1_STRING_length(cn) : 0;
        uint8_t id[6];

        if (len <= 12 || aza_unhex(text, 12, id, sizeof(id)) != 0)
                return AZA_AK_CERT_UNKNOWN;
        for (int kind = AZA_AK_CERT_CONFIDENTIAL; kind <= AZA_AK_CERT_TRUSTED_LAUNCH; kind++)
                if (len == 12 + strlen(suffixes[kind]) &&
                    memcmp(text + 12, suffixes[kind], len - 12) == 0)
                        return (enum aza_ak_cert_kind)kind;
        return AZA_AK_CERT_UNKNOWN;
}

static bool check_subject(X509 *cert, bool trusted_launch, struct aza_checks *checks)
{
        const ASN1_STRING *cn = common_name(cert);
        enum aza_ak_cert_kind found = aza_ak_cert_kind(cert);
        enum aza_ak_cert_kind wanted =
                trusted_launch ? AZA_AK_CERT_TRUSTED_LAUNCH : AZA_AK_CERT_CONFIDENTIAL;
        char shown[129];

        if (cn == NULL)
                return aza_reject(checks, AZA_CHECK_A5, "the subject has not exactly one CN");
        const char *text = (const char *)ASN1_STRING_get0_data(cn);
        size_t len = (size_t)ASN1_STRING_length(cn);
        if (found == wanted)
                return aza_accept(checks, AZA_CHECK_A5, "%.*s", (int)len, text);
        if (found != AZA_AK_CERT_UNKNOWN)
                (void)aza_reject(checks, AZA_CHECK_A5, "it is for a %s VM",
                                 trusted_launch ? "confidential" : "Trusted Launch");
        else
                (void)aza_reject(checks, AZA_CHECK_A5, "its subject is not of Azure's form");
        aza_check_values(checks, suffixes[wanted],
                         aza_printable(text, len < 128 ? len : 128, shown, sizeof(shown)));
        return false;
}

/* ---- A6, A8 ---- */

static bool check_revocation(const aza_certs *chain, const struct aza_ak_options *o,
                             struct aza_checks *checks)
{
        int missing = 0;

        /* The leaf names no list, and the root's is the pin. */
        for (int i = 1; i + 1 < sk_X509_num(chain); i++) {
                X509 *cert = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1);
                X509_CRL *crl = aza_crl_of(o->crls, X509_get_issuer_name(cert));
                X509_REVOKED *entry = NULL;
                if (crl == NULL) {
                        missing++;
                        continue;
                }
                const char *fault = aza_crl_fault(crl, issuer, o->time);
                fault = fault == NULL ? aza_crl_scope_fault(crl, cert) : fault;
                if (fault != NULL)
                        return aza_reject(checks, AZA_CHECK_A6, "%s", fault);
                if (X509_CRL_get0_by_cert(crl, &entry, cert) != 0)
                        return aza_reject(checks, AZA_CHECK_A6, "an issuing CA is revoked");
        }
        if (missing == 0)
                return aza_accept(checks, AZA_CHECK_A6, NULL);
        (void)aza_not_checked(checks, AZA_CHECK_A6, AZA_UNAVAILABLE,
                              "no revocation list of %d CA%s was given", missing,
                              missing == 1 ? "" : "s");
        aza_check_required(checks, o->crl_required);
        return !o->crl_required;
}

/* Seconds since 1970; 0 when it cannot be told. */
static int64_t end_of(const X509 *cert)
{
        struct tm tm;
        return ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static bool show_expiry(const aza_certs *chain, int64_t time, struct aza_checks *checks)
{
        char leaf[32], ca[32], name[64] = "";
        int64_t leaf_end = end_of(sk_X509_value(chain, 0));
        X509 *issuer = sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0);
        int64_t ca_end = end_of(issuer);

        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(issuer), NID_commonName, name,
                                        sizeof(name));
        bool old_ca = strcmp(name, "Global Virtual TPM CA - 03") == 0 && time >= CA03_NOTICE;
        return aza_accept(checks, AZA_CHECK_A8, "certificate until %s, its CA until %s%s%s",
                          aza_rfc3339(leaf_end, leaf), aza_rfc3339(ca_end, ca),
                          leaf_end - time < 30 * (int64_t)DAY ? "; EXPIRES SOON" : "",
                          old_ca ? "; Global Virtual TPM CA - 03 ends on 2027-04-24" : "");
}

/* A7. That nothing fetched is trusted is A3's: the root is pinned. */
static void show_fetched(const struct aza_ak_options *o, struct aza_checks *checks)
{
        if (o->fetched > 0) {
                (void)aza_accept(checks, AZA_CHECK_A7, "%zu certificates fetched, only candidates",
                                 o->fetched);
                return;
        }
        (void)aza_not_checked(
                checks, AZA_CHECK_A7, o->fetch_asked ? AZA_NOT_APPLICABLE : AZA_SWITCHED_OFF, "%s",
                o->fetch_asked
                        ? "nothing was missing, or the certificate names no place of its issuer that may be asked"
                        : "no certificate is fetched while verifying");
        aza_check_required(checks, false);
}

bool aza_ak_chain_verify(OSSL_LIB_CTX *libctx, X509 *cert, const aza_certs *pile,
                         const struct aza_ak_options *options, struct aza_checks *checks)
{
        (void)ERR_set_mark();
        AZA_OWN(aza_certs_free) aza_certs *chain = check_chain(libctx, cert, pile, options, checks);
        bool ok = chain != NULL;

        ok &= check_leaf(cert, checks);
        ok &= check_subject(cert, options->trusted_launch, checks);
        if (chain == NULL)
                (void)aza_not_checked(checks, AZA_CHECK_A6, AZA_FOLLOWS, "as A3");
        else
                ok &= check_revocation(chain, options, checks);
        show_fetched(options, checks);
        if (chain == NULL)
                (void)aza_not_checked(checks, AZA_CHECK_A8, AZA_FOLLOWS, "as A3");
        else
                (void)show_expiry(chain, options->time, checks);
        (void)ERR_pop_to_mark(); /* what OpenSSL could not read is in the rows */
        return ok;
}
