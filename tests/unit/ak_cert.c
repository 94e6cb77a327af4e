/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/ak_cert, ak_chain: Azure's real AK certificates, and chains of our own that are wrong in
 * one thing each. */
#include "unit/ak_support.h"

#include "evidence/ak_cert.h"

#define TDX     "azure-tdx/tdx-flashbots-2025-12-ak-ca03"
#define TRUSTED "azure-trustedlaunch/ca03-2026-07-27-mismatched-ak"
#define NOW     AK_NOW

static void add_file(aza_certs *pile, const char *name)
{
        AZA_BYTES struct aza_bytes b = vector(name);
        assert_int_equal(aza_certs_add(libctx, aza_bytes_span(&b), pile), 0);
}

static aza_certs *azure_pile(void)
{
        static const char *const all[] = {"azure-cloud-virtual-tpm-ca-11.pem",
                                          "azure-cloud-virtual-tpm-ca-2025.pem",
                                          "azure-cloud-virtual-tpm-ca-24.pem",
                                          "global-virtual-tpm-ca-03.pem",
                                          "azure-virtual-tpm-root-certificate-authority-2023.pem",
                                          "microsoft-rsa-devices-root-ca-2021.pem"};
        aza_certs *pile = sk_X509_new_null();
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                char name[128];
                (void)snprintf(name, sizeof(name), "azure-vtpm-pki/%s", all[i]);
                add_file(pile, name);
        }
        return pile;
}

static X509 *read_leaf(const char *set, const char *file)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes blob = set_file(set, file);
        X509 *cert = NULL;
        assert_int_equal(aza_ak_cert_usable(libctx, aza_bytes_span(&blob)), 0);
        assert_true(aza_ak_cert_parse(libctx, aza_bytes_span(&blob), &checks, &cert));
        assert_outcome(&checks, AZA_CHECK_A2, AZA_ACCEPT);
        return cert;
}

static void real_certificates(void **state)
{
        (void)state;
        (void)vectors();
        AZA_OWN(aza_certs_free) aza_certs *pile = azure_pile();
        AZA_OWN(X509_free) X509 *exact = read_leaf(TDX, "ak-cert.der");
        AZA_OWN(X509_free) X509 *padded = read_leaf(TDX, "ak-cert.nv-padded-4096.bin");
        AZA_OWN(X509_free) X509 *trusted = read_leaf(TRUSTED, "akcert_0x01C101D0.der");
        AZA_BYTES struct aza_bytes pem = set_file(TDX, "hcl-ak.spki.pem");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
        const struct aza_ak_options cvm = {.time = NOW};
        const struct aza_ak_options tl = {.time = 1785542400, .trusted_launch = true};
        AZA_CHECKS struct aza_checks checks = {0};
        assert_int_equal(X509_cmp(exact, padded), 0);
        assert_true(aza_ak_chain_verify(libctx, exact, pile, &cvm, &checks));
        assert_true(aza_ak_same(ak, ak, exact, &checks));
        assert_no_reject(&checks);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        assert_outcome(&checks, AZA_CHECK_A6, AZA_UNAVAILABLE);

        AZA_CHECKS struct aza_checks other = {0};
        assert_true(aza_ak_chain_verify(libctx, trusted, pile, &tl, &other));
        assert_no_reject(&other);

        /* Its key is not the one that quotes (INDEX.md). */
        AZA_CHECKS struct aza_checks keys = {0};
        AZA_BYTES struct aza_bytes quoting_pem = set_file(TRUSTED, "ak.pub");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *quoting = pem_key(aza_bytes_span(&quoting_pem));
        assert_false(aza_ak_same(quoting, NULL, trusted, &keys));
        assert_rejects(&keys, AZA_CHECK_A1);
        /* And a Trusted Launch certificate is none of a confidential VM. */
        AZA_CHECKS struct aza_checks kind = {0};
        const struct aza_ak_options wrong = {.time = 1785542400};
        assert_false(aza_ak_chain_verify(libctx, trusted, pile, &wrong, &kind));
        assert_rejects(&kind, AZA_CHECK_A5);
}

static void real_chain_faults(void **state)
{
        (void)state;
        (void)vectors();
        AZA_OWN(X509_free) X509 *leaf = read_leaf(TDX, "ak-cert.der");
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        struct aza_ak_options o = {.time = NOW};
        static const char *const steps[] = {
                "azure-vtpm-pki/global-virtual-tpm-ca-03.pem",
                "azure-vtpm-pki/azure-virtual-tpm-root-certificate-authority-2023.pem"};
        for (size_t i = 0; i < 2; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                assert_false(aza_ak_chain_verify(libctx, leaf, pile, &o, &checks));
                assert_no_reject(&checks);
                assert_outcome(&checks, AZA_CHECK_A3, AZA_UNAVAILABLE);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
                add_file(pile, steps[i]);
        }
        AZA_CHECKS struct aza_checks late = {0};
        o.time = 1800000000;
        assert_false(aza_ak_chain_verify(libctx, leaf, pile, &o, &late));
        assert_rejects(&late, AZA_CHECK_A3);
        AZA_CHECKS struct aza_checks early = {0};
        o.time = 1700000000;
        assert_false(aza_ak_chain_verify(libctx, leaf, pile, &o, &early));
        assert_rejects(&early, AZA_CHECK_A3);
}

static void framing(void **state)
{
        (void)state;
        (void)vectors();
        AZA_BYTES struct aza_bytes blob = set_file(TDX, "ak-cert.nv-padded-4096.bin");
        X509 *cert = NULL;
        for (size_t len = 0; len < 1009; len += 13) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                assert_int_equal(aza_bytes_set(&cut, blob.data, len), 0);
                assert_false(aza_ak_cert_parse(libctx, aza_bytes_span(&cut), &checks, &cert));
                assert_rejects(&checks, AZA_CHECK_A2);
                assert_int_equal(aza_ak_cert_usable(libctx, aza_bytes_span(&cut)),
                                 AZATTEST_E_AK_CERT_PARSING);
        }
        AZA_CHECKS struct aza_checks checks = {0};
        blob.data[4095] = 1;
        assert_false(aza_ak_cert_parse(libctx, aza_bytes_span(&blob), &checks, &cert));
        assert_rejects(&checks, AZA_CHECK_A2);
        assert_null(cert);
}

/* ---- an authority of our own ---- */

static int set_up_keys(void **state)
{
        if (set_up(state) != 0)
                return -1;
        ak_root_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_ca_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_leaf_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        return ak_root_key == NULL || ak_ca_key == NULL || ak_leaf_key == NULL ? -1 : 0;
}

static int tear_down_keys(void **state)
{
        EVP_PKEY_free(ak_root_key);
        EVP_PKEY_free(ak_ca_key);
        EVP_PKEY_free(ak_leaf_key);
        return tear_down(state);
}

static void judge(const struct ak_plan *root, const struct ak_plan *ca, const struct ak_plan *leaf,
                  const aza_crls *crls, bool pin, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        AZA_OWN(X509_free) X509 *cert = ak_make(leaf);
        X509 *root_cert = ak_make(root);
        uint8_t hash[32];
        char hex[65];
        assert_true(sk_X509_push(pile, ak_make(ca)) > 0);
        assert_true(sk_X509_push(pile, root_cert) > 0);
        assert_true(aza_cert_sha256(libctx, root_cert, hash));
        (void)aza_hex(aza_span_of(hash, 32), hex);
        const struct aza_ak_options o = {
                .time = NOW, .roots = pin ? hex : NULL, .crls = crls, .crl_required = crls != NULL};
        bool ok = aza_ak_chain_verify(libctx, cert, pile, &o, &checks);
        if (id == AZA_CHECK_COUNT) {
                assert_no_reject(&checks);
                assert_true(ok);
                /* An added root is named. */
                assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_A3)->reason, hex));
        } else {
                assert_false(ok);
                assert_rejects(&checks, id);
        }
}

static void own_chains(void **state)
{
        struct ak_plan root = ak_root_plan(), ca = ak_ca_plan(), leaf = ak_leaf_plan();
        (void)state;
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_COUNT);
        judge(&root, &ca, &leaf, NULL, false, AZA_CHECK_A3);
        leaf.basic = "critical,CA:FALSE";
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_COUNT);
        /* The issuer is no CA; a signature with SHA-1. */
        ca = ak_ca_plan();
        ca.basic = "critical,CA:FALSE";
        leaf = ak_leaf_plan();
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A3);
        ca = ak_ca_plan();
        leaf.md = "SHA1";
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A3);
}

/* Rows A7 and A8 of the chain of `ca` and `leaf` at `time`; "" when the row was not accepted. */
static void rows_at(const struct ak_plan *ca, const struct ak_plan *leaf, int64_t time,
                    size_t fetched, char a7[200], char a8[200])
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        AZA_OWN(X509_free) X509 *cert = ak_make(leaf);
        struct ak_plan root = ak_root_plan();
        root.until = INT64_C(1900000000);
        X509 *root_cert = ak_make(&root);
        uint8_t hash[32];
        char hex[65];
        assert_true(sk_X509_push(pile, ak_make(ca)) > 0);
        assert_true(sk_X509_push(pile, root_cert) > 0);
        assert_true(aza_cert_sha256(libctx, root_cert, hash));
        const struct aza_ak_options o = {.time = time,
                                         .roots = aza_hex(aza_span_of(hash, 32), hex),
                                         .fetch_asked = fetched > 0,
                                         .fetched = fetched};
        (void)aza_ak_chain_verify(libctx, cert, pile, &o, &checks);
        const struct aza_check *seven = aza_checks_get(&checks, AZA_CHECK_A7);
        const struct aza_check *eight = aza_checks_get(&checks, AZA_CHECK_A8);
        assert_true(seven != NULL && eight != NULL);
        assert_true(seven->outcome == AZA_ACCEPT || !seven->required);
        (void)snprintf(a7, 200, "%s", seven->outcome == AZA_ACCEPT ? seven->reason : "");
        (void)snprintf(a8, 200, "%s", eight->outcome == AZA_ACCEPT ? eight->reason : "");
        if (eight->outcome != AZA_ACCEPT)
                assert_int_equal(eight->outcome, AZA_NO_INPUT);
}

/* A8 tells both ends, warns at 30 days and about CA - 03; A7 says whether anything was fetched. */
static void expiry(void **state)
{
        struct ak_plan ca = ak_ca_plan(), leaf = ak_leaf_plan();
        const int64_t day = 86400, notice = 1800748800; /* 2027-01-24 */
        char a7[200], a8[200];
        (void)state;
        ca.until = INT64_C(1900000000);
        leaf.until = NOW + 30 * day;
        rows_at(&ca, &leaf, NOW, 0, a7, a8);
        assert_string_equal(a8, "certificate until 2026-01-01T00:00:00Z, its CA until "
                                "2030-03-17T17:46:40Z");
        assert_string_equal(a7, "");
        rows_at(&ca, &leaf, NOW + 1, 3, a7, a8);
        assert_non_null(strstr(a8, "; EXPIRES SOON"));
        assert_string_equal(a7, "3 certificates fetched, only candidates");
        /* Expired: refused by A3, and then there is no chain to tell of. */
        rows_at(&ca, &leaf, NOW + 31 * day, 0, a7, a8);
        assert_string_equal(a8, "");
        ca.cn = leaf.issuer_cn = "Global Virtual TPM CA - 03";
        leaf.until = notice + 100 * day;
        rows_at(&ca, &leaf, notice - 1, 0, a7, a8);
        assert_null(strstr(a8, "CA - 03"));
        rows_at(&ca, &leaf, notice, 0, a7, a8);
        assert_non_null(strstr(a8, "; Global Virtual TPM CA - 03 ends on 2027-04-24"));
}

static void own_leaves(void **state)
{
        struct ak_plan root = ak_root_plan(), ca = ak_ca_plan(), leaf = ak_leaf_plan();
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *big = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)3072);
        static const char *const names[] = {
                "0123456789ab.TrustedVM.Azure.windows.net",
                "0123456789a.ConfidentialVM.Azure.windows.net",
                "0123456789ag.ConfidentialVM.Azure.windows.net",
                "0123456789ab.ConfidentialVM.Azure.windows.net.evil.example",
                "evil.0123456789ab.ConfidentialVM.Azure.windows.net",
                "0123456789ab"};
        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                leaf = ak_leaf_plan();
                leaf.cn = names[i];
                judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A5);
        }
        leaf = ak_leaf_plan();
        leaf.usage = "digitalSignature";
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A4);
        leaf.usage = "critical,keyEncipherment";
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A4);
        leaf = ak_leaf_plan();
        leaf.extended = "1.3.6.1.4.1.311.10.3.12";
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A4);
        leaf.extended = NULL;
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A4);
        leaf = ak_leaf_plan();
        leaf.key = big;
        judge(&root, &ca, &leaf, NULL, true, AZA_CHECK_A4);
}

/* A3 of `leaf` with `issuer` (NULL: none) and no root at hand: what there is of a chain is
 * judged. */
static enum aza_outcome without_root(X509 *leaf, X509 *issuer, char reason[400])
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        const struct aza_ak_options o = {.time = NOW};
        if (issuer != NULL) {
                assert_int_equal(X509_up_ref(issuer), 1);
                assert_true(sk_X509_push(pile, issuer) > 0);
        }
        assert_false(aza_ak_chain_verify(libctx, leaf, pile, &o, &checks));
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_A3);
        (void)snprintf(reason, 400, "%s", row->reason);
        return row->outcome;
}

/* `cert` with the first `from` in it changed to `to`, of the same length. */
static X509 *altered(X509 *cert, const char *from, const char *to)
{
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        unsigned char *hit = memmem(der, (size_t)len, from, strlen(from));
        assert_non_null(hit);
        memcpy(hit, to, strlen(to));
        X509 *changed = aza_cert_parse(libctx, aza_span_of(der, (size_t)len));
        assert_non_null(changed);
        OPENSSL_free(der);
        return changed;
}

/* No issuer is "unavailable" only when nothing at hand says that the certificate is bad: leaving
 * out its issuers hides neither an alteration nor that it is too old. */
static void without_issuers(void **state)
{
        struct ak_plan ca_is = ak_ca_plan(), leaf_is = ak_leaf_plan(), other_is = ak_ca_plan();
        char reason[400];
        (void)state;
        other_is.key = ak_root_key;
        AZA_OWN(X509_free) X509 *ca = ak_make(&ca_is);
        AZA_OWN(X509_free) X509 *other = ak_make(&other_is);
        AZA_OWN(X509_free) X509 *leaf = ak_make(&leaf_is);
        AZA_OWN(X509_free) X509 *changed = altered(leaf, "0123456789ab.Conf", "ba9876543210.Conf");
        AZA_OWN(X509_free) X509 *renamed = altered(leaf, "CA0", "CB0");
        assert_int_equal(without_root(leaf, NULL, reason), AZA_UNAVAILABLE);
        assert_non_null(strstr(reason, "issuer \"CA\" was given, and nothing says where"));
        assert_int_equal(without_root(leaf, ca, reason), AZA_UNAVAILABLE);
        assert_non_null(strstr(reason, "issuer \"Root\""));
        assert_int_equal(without_root(leaf, other, reason), AZA_UNAVAILABLE);
        assert_non_null(strstr(reason, "has another key"));
        assert_int_equal(without_root(changed, NULL, reason), AZA_UNAVAILABLE);
        assert_int_equal(without_root(changed, ca, reason), AZA_REJECT);
        assert_non_null(strstr(reason, "is not signed by \"CA\", whose certificate was given"));
        assert_int_equal(without_root(renamed, ca, reason), AZA_REJECT);
        assert_non_null(
                strstr(reason, "altered: it names \"CB\" as its issuer, and the key of \"CA\""));
        /* Too old; a weak signature; an issuer that is none, or itself too old. */
        leaf_is.until = NOW - 1;
        AZA_OWN(X509_free) X509 *old = ak_make(&leaf_is);
        assert_int_equal(without_root(old, NULL, reason), AZA_REJECT);
        assert_int_equal(without_root(old, ca, reason), AZA_REJECT);
        assert_non_null(strstr(reason, "expired"));
        leaf_is = ak_leaf_plan();
        leaf_is.md = "SHA1";
        AZA_OWN(X509_free) X509 *weak = ak_make(&leaf_is);
        assert_int_equal(without_root(weak, ca, reason), AZA_REJECT);
        ca_is.basic = "critical,CA:FALSE";
        AZA_OWN(X509_free) X509 *no_ca = ak_make(&ca_is);
        assert_int_equal(without_root(leaf, no_ca, reason), AZA_REJECT);
        ca_is = ak_ca_plan();
        ca_is.until = NOW - 1;
        AZA_OWN(X509_free) X509 *old_ca = ak_make(&ca_is);
        assert_int_equal(without_root(leaf, old_ca, reason), AZA_REJECT);
}

static void placeholder(void **state)
{
        struct ak_plan leaf = ak_leaf_plan();
        (void)state;
        leaf.issuer_cn = "MICROSOFT AZURE TRUSTED VM RSA 2048";
        AZA_OWN(X509_free) X509 *cert = ak_make(&leaf);
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        assert_int_equal(aza_ak_cert_usable(libctx, aza_span_of(der, (size_t)len)),
                         AZATTEST_E_AK_CERT_PROVISIONING);
        OPENSSL_free(der);
}

static X509_CRL *make_crl(long revoked, int64_t until)
{
        X509_CRL *crl = X509_CRL_new_ex(libctx, NULL);
        X509_NAME *name = X509_NAME_new();
        ASN1_TIME *t = ASN1_TIME_set(NULL, NOW - 7200);
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        EVP_MD *md = EVP_MD_fetch(libctx, "SHA256", NULL);
        X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                   (const unsigned char *)"Root", -1, -1, 0);
        assert_int_equal(X509_CRL_set_version(crl, 1), 1);
        assert_int_equal(X509_CRL_set_issuer_name(crl, name), 1);
        assert_int_equal(X509_CRL_set1_lastUpdate(crl, t), 1);
        ASN1_INTEGER_set(serial, revoked);
        assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
        assert_int_equal(X509_REVOKED_set_revocationDate(entry, t), 1);
        assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
        ASN1_TIME_set(t, (time_t)until);
        assert_int_equal(X509_CRL_set1_nextUpdate(crl, t), 1);
        assert_true(X509_CRL_sign(crl, ak_root_key, md) > 0);
        EVP_MD_free(md);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(t);
        X509_NAME_free(name);
        return crl;
}

static void revocation(void **state)
{
        struct ak_plan root = ak_root_plan(), ca = ak_ca_plan(), leaf = ak_leaf_plan();
        (void)state;
        static const struct {
                int64_t until;
                bool revoke_ca;
                enum aza_check_id id;
        } cases[] = {{NOW + 3600, false, AZA_CHECK_COUNT},
                     {NOW - 3600, false, AZA_CHECK_A6},
                     {NOW + 3600, true, AZA_CHECK_A6}};
        for (size_t i = 0; i < 3; i++) {
                AZA_OWN(aza_crls_free) aza_crls *crls = sk_X509_CRL_new_null();
                X509_CRL *crl = make_crl(99999, cases[i].until);
                if (cases[i].revoke_ca) {
                        /* judge() makes leaf, root, CA after this probe: three further. */
                        AZA_OWN(X509_free) X509 *probe = ak_make(&leaf);
                        long next = ASN1_INTEGER_get(X509_get0_serialNumber(probe));
                        X509_CRL_free(crl);
                        crl = make_crl(next + 3, cases[i].until);
                }
                assert_true(sk_X509_CRL_push(crls, crl) > 0);
                judge(&root, &ca, &leaf, crls, true, cases[i].id);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_certificates), cmocka_unit_test(real_chain_faults),
                cmocka_unit_test(framing),           cmocka_unit_test(own_chains),
                cmocka_unit_test(own_leaves),        cmocka_unit_test(expiry),
                cmocka_unit_test(placeholder),       cmocka_unit_test(revocation),
                cmocka_unit_test(without_issuers),
        };
        return cmocka_run_group_tests(tests, set_up_keys, tear_down_keys);
}
