/* SPDX-License-Identifier: Apache-2.0 */
/* The chain ARK, ASK, VCEK (S9-S16). OpenSSL's chain building is not used: it knows neither AMD's
 * PSS parameters nor whole-certificate pins, and its strict mode refuses genuine VCEKs. */
#include "snp/chain.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

struct pin {
        enum aza_snp_product product;
        uint8_t sha256[32]; /* of the whole certificate */
};

/* AMD's roots: SHA-256 of the whole certificates (kdsintf.amd.com/vcek/v1/PRODUCT/cert_chain). */
static const struct pin pins[3] = {
        {AZA_SNP_MILAN, {0x69, 0xd0, 0x63, 0xb4, 0x53, 0x44, 0xd2, 0x6a, 0x2e, 0x94, 0xe1,
                         0xf4, 0x21, 0x0d, 0xe4, 0x9e, 0xf5, 0x55, 0x30, 0x82, 0x87, 0xd4,
                         0xc1, 0x74, 0x44, 0x5c, 0x95, 0x63, 0x9a, 0x54, 0x0b, 0xcd}},
        {AZA_SNP_GENOA, {0x4c, 0x65, 0x98, 0xd1, 0x9c, 0x18, 0x71, 0x9c, 0x5d, 0xfd, 0x4a,
                         0x7d, 0x33, 0x5f, 0x67, 0x4e, 0x5b, 0xfe, 0x1d, 0x8f, 0x80, 0x0c,
                         0xea, 0x2c, 0xf2, 0x70, 0xc1, 0x0d, 0x10, 0x3d, 0xb2, 0xf1}},
        {AZA_SNP_TURIN, {0x1f, 0x08, 0x41, 0x61, 0xa4, 0x4b, 0xb6, 0xd9, 0x37, 0x78, 0xa9,
                         0x04, 0x87, 0x7d, 0x48, 0x19, 0xca, 0xfa, 0x5d, 0x05, 0xef, 0x41,
                         0x93, 0xb2, 0xde, 0xd9, 0xdd, 0x9c, 0x73, 0xdd, 0x3f, 0x6a}},
};

void aza_snp_chain_free(struct aza_snp_chain *chain)
{
        X509_free(chain->leaf);
        X509_free(chain->ask);
        X509_free(chain->ark);
        *chain = (struct aza_snp_chain){0};
}

/* ---- names ---- */

/* The value of the only attribute `nid`; false when absent, repeated, too long or with a NUL. */
static bool attribute(const X509_NAME *name, int nid, char out[64])
{
        int at = X509_NAME_get_index_by_NID(name, nid, -1);

        if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
                return false;
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
        int len = ASN1_STRING_length(value);
        if (len <= 0 || len > 63 || memchr(ASN1_STRING_get0_data(value), 0, (size_t)len) != NULL)
                return false;
        memcpy(out, ASN1_STRING_get0_data(value), (size_t)len);
        out[len] = '\0';
        return true;
}

static bool amd_name(const X509_NAME *name, const char *cn)
{
        static const struct {
                int nid;
                const char *value;
        } wanted[] = {{NID_organizationName, "Advanced Micro Devices"},
                      {NID_localityName, "Santa Clara"},
                      {NID_stateOrProvinceName, "CA"},
                      {NID_countryName, "US"},
                      {NID_organizationalUnitName, "Engineering"}};
        char value[64];

        if (X509_NAME_entry_count(name) != 6 || !attribute(name, NID_commonName, value) ||
            strcmp(value, cn) != 0)
                return false;
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
                if (!attribute(name, wanted[i].nid, value) || strcmp(value, wanted[i].value) != 0)
                        return false;
        return true;
}

static enum aza_snp_signer signer_of(const X509 *cert)
{
        char cn[64];

        if (!attribute(X509_get_subject_name(cert), NID_commonName, cn))
                return AZA_SNP_NOBODY;
        return strcmp(cn, "SEV-VCEK") == 0   ? AZA_SNP_VCEK
               : strcmp(cn, "SEV-VLEK") == 0 ? AZA_SNP_VLEK
                                             : AZA_SNP_NOBODY;
}

/* "SEV-Milan", or "SEV-VLEK-Milan" above a VLEK. */
static enum aza_snp_product product_of_issuer(const X509 *leaf, enum aza_snp_signer signer)
{
        char cn[64], wanted[64];

        if (!attribute(X509_get_issuer_name(leaf), NID_commonName, cn))
                return AZA_SNP_UNKNOWN;
        for (int p = AZA_SNP_MILAN; p <= AZA_SNP_TURIN; p++) {
                (void)snprintf(wanted, sizeof(wanted), "SEV-%s%s",
                               signer == AZA_SNP_VLEK ? "VLEK-" : "",
                               aza_snp_product_text((enum aza_snp_product)p));
                if (strcmp(cn, wanted) == 0)
                        return (enum aza_snp_product)p;
        }
        return AZA_SNP_UNKNOWN;
}

/* ---- picking ---- */

static bool signed_by(X509 *cert, X509 *issuer)
{
        (void)ERR_set_mark();
        bool good = X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
        (void)ERR_pop_to_mark();
        return good;
}

/* The product whose built-in pin this certificate has; unknown when none. */
static enum aza_snp_product built_in(OSSL_LIB_CTX *libctx, X509 *cert)
{
        uint8_t hash[32];

        if (!aza_cert_sha256(libctx, cert, hash))
                return AZA_SNP_UNKNOWN;
        for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++)
                if (memcmp(pins[i].sha256, hash, 32) == 0)
                        return pins[i].product;
        return AZA_SNP_UNKNOWN;
}

static bool extra_pinned(OSSL_LIB_CTX *libctx, X509 *cert, const char *roots)
{
        uint8_t hash[32];
        return aza_cert_spki_sha256(libctx, cert, hash) && aza_pin_listed(roots, hash);
}

/* A certificate named as `child`'s issuer: the one that signed it, else any. */
static X509 *issuer_of(const aza_certs *pile, X509 *child)
{
        X509 *found = NULL;

        for (int i = 0; i < sk_X509_num(pile); i++) {
                X509 *c = sk_X509_value(pile, i);
                if (X509_NAME_cmp(X509_get_subject_name(c), X509_get_issuer_name(child)) != 0)
                        continue;
                if (signed_by(child, c))
                        return c;
                if (found == NULL)
                        found = c;
        }
        return found;
}

static X509 *ark_of(OSSL_LIB_CTX *libctx, const aza_certs *pile, X509 *ask, const char *roots)
{
        for (int i = 0; i < sk_X509_num(pile); i++) {
                X509 *c = sk_X509_value(pile, i);
                if (X509_NAME_cmp(X509_get_subject_name(c), X509_get_issuer_name(ask)) == 0 &&
                    (built_in(libctx, c) != AZA_SNP_UNKNOWN || extra_pinned(libctx, c, roots)))
                        return c;
        }
        return issuer_of(pile, ask);
}

static X509 *own_reference(X509 *cert)
{
        return cert != NULL && X509_up_ref(cert) == 1 ? cert : NULL;
}

void aza_snp_chain_find(OSSL_LIB_CTX *libctx, const aza_certs *pile, const char *roots,
                        struct aza_snp_chain *ret)
{
        *ret = (struct aza_snp_chain){.signer = AZA_SNP_NOBODY};
        for (int i = 0; i < sk_X509_num(pile) && ret->leaf == NULL; i++) {
                X509 *c = sk_X509_value(pile, i);
                ret->signer = signer_of(c);
                if (ret->signer != AZA_SNP_NOBODY)
                        ret->leaf = own_reference(c);
        }
        if (ret->leaf == NULL)
                return;
        ret->product = product_of_issuer(ret->leaf, ret->signer);
        ret->ask = own_reference(issuer_of(pile, ret->leaf));
        if (ret->ask != NULL)
                ret->ark = own_reference(ark_of(libctx, pile, ret->ask, roots));
}

/* ---- checks ---- */

const char *aza_snp_pss_fault(const X509_ALGOR *algorithm)
{
        const ASN1_OBJECT *oid = NULL, *inner = NULL;
        const void *value = NULL, *inner_value = NULL;
        int type = 0, inner_type = 0;
        const char *fault = NULL;

        X509_ALGOR_get0(&oid, &type, &value, algorithm);
        if (OBJ_obj2nid(oid) != NID_rsassaPss || type != V_ASN1_SEQUENCE)
                return "it is not signed with RSASSA-PSS";
        RSA_PSS_PARAMS *pss = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
        if (pss == NULL)
                return "its PSS parameters cannot be read";
        if (pss->hashAlgorithm != NULL)
                X509_ALGOR_get0(&oid, NULL, NULL, pss->hashAlgorithm);
        if (pss->hashAlgorithm == NULL || OBJ_obj2nid(oid) != NID_sha384)
                fault = "its PSS hash is not SHA-384";
        if (fault == NULL && pss->maskGenAlgorithm != NULL)
                X509_ALGOR_get0(&inner, &inner_type, &inner_value, pss->maskGenAlgorithm);
        X509_ALGOR *mgf_hash = NULL;
        if (fault == NULL && inner != NULL && OBJ_obj2nid(inner) == NID_mgf1 &&
            inner_type == V_ASN1_SEQUENCE)
                mgf_hash = ASN1_item_unpack(inner_value, ASN1_ITEM_rptr(X509_ALGOR));
        if (fault == NULL && mgf_hash != NULL)
                X509_ALGOR_get0(&oid, NULL, NULL, mgf_hash);
        if (fault == NULL && (mgf_hash == NULL || OBJ_obj2nid(oid) != NID_sha384))
                fault = "its PSS mask is not MGF1 with SHA-384";
        if (fault == NULL && (pss->saltLength == NULL || ASN1_INTEGER_get(pss->saltLength) != 48))
                fault = "its PSS salt is not 48 bytes";
        if (fault == NULL && pss->trailerField != NULL && ASN1_INTEGER_get(pss->trailerField) != 1)
                fault = "its PSS trailer is not 1";
        X509_ALGOR_free(mgf_hash);
        RSA_PSS_PARAMS_free(pss);
        return fault;
}

static bool check_anchor(OSSL_LIB_CTX *libctx, struct aza_snp_chain *chain, const char *roots,
                         struct aza_checks *checks)
{
        enum aza_snp_product pinned = built_in(libctx, chain->ark);
        uint8_t hash[32];
        char hex[65];

        if (pinned != AZA_SNP_UNKNOWN && pinned == chain->product)
                return aza_accept(checks, AZA_CHECK_S11, "ARK-%s, built in",
                                  aza_snp_product_text(pinned));
        if (extra_pinned(libctx, chain->ark, roots)) {
                chain->extra_pin = true;
                (void)aza_cert_spki_sha256(libctx, chain->ark, hash);
                return aza_accept(checks, AZA_CHECK_S11, "not AMD's: added by amd-root, key %s",
                                  aza_hex(aza_span_of(hash, 32), hex));
        }
        (void)aza_reject(checks, AZA_CHECK_S11, "the ARK is none of AMD's that are built in%s",
                         roots != NULL && *roots != '\0' ? ", nor one of amd-root" : "");
        if (aza_cert_sha256(libctx, chain->ark, hash))
                aza_check_values(checks, NULL, aza_hex(aza_span_of(hash, 32), hex));
        return false;
}

static bool check_signatures(const struct aza_snp_chain *chain, struct aza_checks *checks)
{
        const struct {
                X509 *cert, *issuer;
                const char *name;
        } all[] = {{chain->leaf, chain->ask, "VCEK or VLEK"},
                   {chain->ask, chain->ark, "ASK"},
                   {chain->ark, chain->ark, "ARK"}};

        for (size_t i = 0; i < 3; i++) {
                const X509_ALGOR *algorithm = NULL;
                X509_get0_signature(NULL, &algorithm, all[i].cert);
                const char *fault = aza_snp_pss_fault(algorithm);
                if (fault != NULL)
                        return aza_reject(checks, AZA_CHECK_S12, "%s: %s", all[i].name, fault);
                if (!signed_by(all[i].cert, all[i].issuer))
                        return aza_reject(checks, AZA_CHECK_S12,
                                          "%s: its signature is not its issuer's", all[i].name);
        }
        return aza_accept(checks, AZA_CHECK_S12, NULL);
}

static bool check_keys(const struct aza_snp_chain *chain, struct aza_checks *checks)
{
        X509 *const all[] = {chain->leaf, chain->ask, chain->ark};
        char group[32] = "";

        for (size_t i = 0; i < 3; i++) {
                EVP_PKEY *key = X509_get0_pubkey(all[i]);
                if (X509_get_version(all[i]) != X509_VERSION_3)
                        return aza_reject(checks, AZA_CHECK_S13, "a certificate is not X.509 v3");
                if (i > 0 && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != 4096))
                        return aza_reject(checks, AZA_CHECK_S13, "ARK or ASK is not RSA-4096");
                if (i == 0 && (!EVP_PKEY_is_a(key, "EC") ||
                               EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
                               strcmp(group, "secp384r1") != 0))
                        return aza_reject(checks, AZA_CHECK_S13, "VCEK or VLEK is not P-384");
        }
        return aza_accept(checks, AZA_CHECK_S13, NULL);
}

static bool check_names(const struct aza_snp_chain *chain, struct aza_checks *checks)
{
        char ark[64], ask[64];
        bool vlek = chain->signer == AZA_SNP_VLEK;

        if (chain->product == AZA_SNP_UNKNOWN)
                return aza_reject(checks, AZA_CHECK_S14,
                                  "the issuer's name is of no product known here");
        (void)snprintf(ark, sizeof(ark), "ARK-%s", aza_snp_product_text(chain->product));
        (void)snprintf(ask, sizeof(ask), "SEV-%s%s", vlek ? "VLEK-" : "",
                       aza_snp_product_text(chain->product));
        if (!amd_name(X509_get_subject_name(chain->leaf), vlek ? "SEV-VLEK" : "SEV-VCEK") ||
            !amd_name(X509_get_subject_name(chain->ask), ask) ||
            !amd_name(X509_get_subject_name(chain->ark), ark))
                return aza_reject(checks, AZA_CHECK_S14, "a name is not as AMD's are");
        if (!amd_name(X509_get_issuer_name(chain->leaf), ask) ||
            !amd_name(X509_get_issuer_name(chain->ask), ark) ||
            !amd_name(X509_get_issuer_name(chain->ark), ark))
                return aza_reject(checks, AZA_CHECK_S14, "an issuer is not the level above");
        return aza_accept(checks, AZA_CHECK_S14, NULL);
}

static bool is_ca(X509 *cert)
{
        return (X509_get_extension_flags(cert) & (EXFLAG_CA | EXFLAG_INVALID)) == EXFLAG_CA &&
               X509_get_key_usage(cert) != UINT32_MAX &&
               (X509_get_key_usage(cert) & KU_KEY_CERT_SIGN) != 0;
}

static bool check_ca_flags(const struct aza_snp_chain *chain, struct aza_checks *checks)
{
        if (!is_ca(chain->ark) || !is_ca(chain->ask))
                return aza_reject(checks, AZA_CHECK_S15,
                                  "ARK or ASK is no CA that may sign certificates");
        if (X509_get_pathlen(chain->ask) != 0)
                return aza_reject(checks, AZA_CHECK_S15, "the ASK's path length is not 0");
        if ((X509_get_extension_flags(chain->leaf) & (EXFLAG_CA | EXFLAG_INVALID)) != 0)
                return aza_reject(checks, AZA_CHECK_S15, "the VCEK or VLEK is a CA");
        return aza_accept(checks, AZA_CHECK_S15, NULL);
}

static bool check_validity(const struct aza_snp_chain *chain, int64_t time,
                           struct aza_checks *checks)
{
        const struct {
                X509 *cert;
                const char *name;
        } all[] = {{chain->leaf, "VCEK or VLEK"}, {chain->ask, "ASK"}, {chain->ark, "ARK"}};
        bool late = false;

        for (size_t i = 0; i < 3; i++)
                if (!aza_cert_valid_at(all[i].cert, time, &late))
                        return aza_reject(checks, AZA_CHECK_S16, "%s: %s", all[i].name,
                                          late ? "expired" : "not valid yet");
        return aza_accept(checks, AZA_CHECK_S16, NULL);
}

/* S9, when S17 has read the extension. */
static bool check_agreement(const struct aza_snp_chain *chain, const struct aza_snp_report *report,
                            struct aza_checks *checks)
{
        const char *product = aza_snp_product_text(chain->product);
        size_t len = strlen(product);

        if (report->has_cpuid && report->product != chain->product)
                return aza_reject(checks, AZA_CHECK_S9,
                                  "the report is of a %s, the certificate of a %s",
                                  aza_snp_product_text(report->product), product);
        if (strncmp(chain->product_name, product, len) != 0 ||
            (chain->product_name[len] != '\0' && chain->product_name[len] != '-'))
                return aza_reject(
                        checks, AZA_CHECK_S9,
                        "the certificate's issuer is of %s, its product extension says %s", product,
                        chain->product_name);
        return aza_accept(checks, AZA_CHECK_S9, "%s", product);
}

static bool unavailable(const struct aza_snp_chain *chain, struct aza_checks *checks)
{
        (void)aza_not_checked(checks, AZA_CHECK_S9, AZA_FOLLOWS, "as S10");
        (void)aza_not_checked(
                checks, AZA_CHECK_S10, AZA_UNAVAILABLE,
                "no %s among the certificates given (--certs, or --fetch to get them)",
                chain->leaf == NULL  ? "VCEK or VLEK"
                : chain->ask == NULL ? "ASK"
                                     : "ARK");
        for (int id = AZA_CHECK_S11; id <= AZA_CHECK_S20; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_FOLLOWS, "as S10");
        return false;
}

bool aza_snp_chain_verify(OSSL_LIB_CTX *libctx, struct aza_snp_chain *chain,
                          const struct aza_snp_report *report,
                          const struct aza_snp_chain_options *options, struct aza_checks *checks)
{
        bool ok = true;

        if (chain->leaf == NULL || chain->ask == NULL || chain->ark == NULL)
                return unavailable(chain, checks);
        (void)aza_accept(checks, AZA_CHECK_S10, "ARK, %s",
                         chain->signer == AZA_SNP_VLEK ? "ASVK, VLEK" : "ASK, VCEK");
        ok &= check_anchor(libctx, chain, options->roots, checks);
        ok &= check_signatures(chain, checks);
        ok &= check_keys(chain, checks);
        ok &= check_names(chain, checks);
        ok &= check_ca_flags(chain, checks);
        ok &= check_validity(chain, options->time, checks);
        ok &= aza_snp_leaf_verify(chain, report, options, checks);
        if (chain->product_name[0] == '\0')
                return aza_not_checked(checks, AZA_CHECK_S9, AZA_FOLLOWS, "as S17");
        return check_agreement(chain, report, checks) && ok;
}
