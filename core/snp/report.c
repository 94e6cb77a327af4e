/* SPDX-License-Identifier: Apache-2.0 */
/* Form of the SNP report: where its fields are, what must be zero, what the product is (S1-S8). */
#include "snp/report.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#define SIGNED_LEN       0x2A0u
#define R_OFFSET         0x2A0u
#define S_OFFSET         0x2E8u
#define SCALAR_LEN       48u
#define SCALAR_ROOM      72u
#define ECDSA_P384       1u
#define POLICY_RESERVED1 (1ull << 17)

const char *aza_snp_product_text(enum aza_snp_product product)
{
        static const char *const texts[] = {"unknown", "Milan", "Genoa", "Turin"};
        return texts[product];
}

struct aza_snp_tcb aza_snp_tcb_of(const uint8_t word[8], enum aza_snp_product product)
{
        if (product == AZA_SNP_TURIN)
                return (struct aza_snp_tcb){.fmc = word[0],
                                            .bootloader = word[1],
                                            .tee = word[2],
                                            .snp = word[3],
                                            .microcode = word[7]};
        return (struct aza_snp_tcb){
                .bootloader = word[0], .tee = word[1], .snp = word[6], .microcode = word[7]};
}

bool aza_snp_tcb_equal(const struct aza_snp_tcb *a, const struct aza_snp_tcb *b)
{
        return aza_snp_tcb_at_most(a, b) && aza_snp_tcb_at_most(b, a);
}

bool aza_snp_tcb_at_most(const struct aza_snp_tcb *low, const struct aza_snp_tcb *high)
{
        return low->bootloader <= high->bootloader && low->tee <= high->tee &&
               low->snp <= high->snp && low->microcode <= high->microcode && low->fmc <= high->fmc;
}

const char *aza_snp_tcb_text(const struct aza_snp_tcb *tcb, enum aza_snp_product product,
                             char out[96])
{
        int n = 0;

        if (product == AZA_SNP_TURIN)
                n = snprintf(out, 96, "FMC %u, ", tcb->fmc);
        (void)snprintf(out + n, 96 - (size_t)n,
                       "bootloader %u, TEE %u, SNP 0x%02X, microcode 0x%02X", tcb->bootloader,
                       tcb->tee, tcb->snp, tcb->microcode);
        return out;
}

/* Product by CPUID (S8). */
enum aza_snp_product aza_snp_product_of(uint8_t family, uint8_t model)
{
        if (family == 0x19 && model <= 0x0F)
                return AZA_SNP_MILAN;
        if (family == 0x19 &&
            ((model >= 0x10 && model <= 0x1F) || (model >= 0xA0 && model <= 0xAF)))
                return AZA_SNP_GENOA;
        if (family == 0x1A && model <= 0x11)
                return AZA_SNP_TURIN;
        return AZA_SNP_UNKNOWN;
}

static void read_fields(struct aza_span bytes, struct aza_snp_report *r)
{
        struct aza_reader in = aza_reader_of(bytes);

        r->version = aza_read_le32(&in);
        r->guest_svn = aza_read_le32(&in);
        r->policy = aza_read_le64(&in);
        r->family_id = aza_read(&in, 16);
        r->image_id = aza_read(&in, 16);
        r->vmpl = aza_read_le32(&in);
        (void)aza_read_le32(&in); /* signature_algo: S3 */
        r->current_tcb = aza_read(&in, 8).data;
        r->platform_info = aza_read_le64(&in);
        r->flags = aza_read_le32(&in);
        (void)aza_read_le32(&in);
        r->report_data = aza_read(&in, 64);
        r->measurement = aza_read(&in, 48);
        r->host_data = aza_read(&in, 32);
        r->id_key_digest = aza_read(&in, 48);
        r->author_key_digest = aza_read(&in, 48);
        r->report_id = aza_read(&in, 32);
        r->report_id_ma = aza_read(&in, 32);
        r->reported_tcb = aza_read(&in, 8).data;
        r->family = aza_read_u8(&in);
        r->model = aza_read_u8(&in);
        r->stepping = aza_read_u8(&in);
        (void)aza_read(&in, 21);
        r->chip_id = aza_read(&in, 64);
        r->committed_tcb = aza_read(&in, 8).data;
        r->current.build = aza_read_u8(&in);
        r->current.minor = aza_read_u8(&in);
        r->current.major = aza_read_u8(&in);
        (void)aza_read_u8(&in);
        r->committed.build = aza_read_u8(&in);
        r->committed.minor = aza_read_u8(&in);
        r->committed.major = aza_read_u8(&in);
        (void)aza_read_u8(&in);
        r->launch_tcb = aza_read(&in, 8).data;
        r->launch_mitigation = aza_read_le64(&in);
        r->current_mitigation = aza_read_le64(&in);
        r->signed_part = aza_span_of(bytes.data, SIGNED_LEN);
        r->r = bytes.data + R_OFFSET;
        r->s = bytes.data + S_OFFSET;
        r->has_cpuid = r->version >= 3;
        r->author_key = (r->flags & 1) != 0;
        r->signer = (r->flags >> 2 & 7) == 0   ? AZA_SNP_VCEK
                    : (r->flags >> 2 & 7) == 1 ? AZA_SNP_VLEK
                                               : AZA_SNP_NOBODY;
        r->product = r->has_cpuid ? aza_snp_product_of(r->family, r->model) : AZA_SNP_UNKNOWN;
}

static bool zero(struct aza_span bytes, size_t from, size_t to)
{
        return aza_span_is_zero(aza_span_of(bytes.data + from, to - from));
}

static bool tcb_reserved_zero(const uint8_t word[8], enum aza_snp_product product)
{
        /* Version 2 has no CPUID; there were only Milan and Genoa then, which share one layout. */
        return product == AZA_SNP_TURIN ? (word[4] | word[5] | word[6]) == 0
                                        : (word[2] | word[3] | word[4] | word[5]) == 0;
}

/* The first reserved field that is not zero, or NULL (S5). */
static const char *reserved_fault(struct aza_span bytes, const struct aza_snp_report *r)
{
        if (r->flags >> 5 != 0)
                return "flags, bits 5-31";
        if (!zero(bytes, 0x4C, 0x50))
                return "0x04C-0x04F";
        if (!zero(bytes, r->has_cpuid ? 0x18B : 0x188, 0x1A0))
                return r->has_cpuid ? "0x18B-0x19F" : "0x188-0x19F";
        if (bytes.data[0x1EB] != 0 || bytes.data[0x1EF] != 0)
                return "0x1EB or 0x1EF";
        if (!zero(bytes, r->version < 5 ? 0x1F8 : 0x208, SIGNED_LEN))
                return r->version < 5 ? "0x1F8-0x29F" : "0x208-0x29F";
        if (r->policy >> 26 != 0)
                return "policy, bits 26-63";
        if (!tcb_reserved_zero(r->current_tcb, r->product) ||
            !tcb_reserved_zero(r->reported_tcb, r->product) ||
            !tcb_reserved_zero(r->committed_tcb, r->product) ||
            !tcb_reserved_zero(r->launch_tcb, r->product))
                return "reserved bytes of a TCB";
        return NULL;
}

static bool check_signer(const struct aza_snp_report *r, enum aza_snp_signer leaf,
                         struct aza_checks *checks)
{
        if (r->signer == AZA_SNP_NOBODY)
                return aza_reject(checks, AZA_CHECK_S4, "SIGNING_KEY %u: not signed by a chip key",
                                  r->flags >> 2 & 7);
        const char *who = r->signer == AZA_SNP_VCEK ? "VCEK" : "VLEK";
        if (leaf != AZA_SNP_NOBODY && leaf != r->signer)
                return aza_reject(checks, AZA_CHECK_S4,
                                  "the report names a %s as signer, the certificate is for a %s",
                                  who, leaf == AZA_SNP_VCEK ? "VCEK" : "VLEK");
        return aza_accept(checks, AZA_CHECK_S4, "%s", who);
}

static bool check_reserved(struct aza_span bytes, const struct aza_snp_report *r,
                           struct aza_checks *checks)
{
        const char *fault = reserved_fault(bytes, r);

        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_S5, "%s must be zero", fault);
        if ((r->policy & POLICY_RESERVED1) == 0)
                return aza_reject(checks, AZA_CHECK_S5, "policy bit 17 must be one");
        return aza_accept(checks, AZA_CHECK_S5, NULL);
}

/* 1 <= value < n of P-384; the value is little-endian. */
static bool scalar_in_range(const uint8_t le[SCALAR_LEN])
{
        static const uint8_t n_low[24] = {0x73, 0x29, 0xC5, 0xCC, 0x6A, 0x19, 0xEC, 0xEC,
                                          0x7A, 0xA7, 0xB0, 0x48, 0xB2, 0x0D, 0x1A, 0x58,
                                          0xDF, 0x2D, 0x37, 0xF4, 0x81, 0x4D, 0x63, 0xC7};
        if (aza_span_is_zero(aza_span_of(le, SCALAR_LEN)))
                return false;
        for (size_t i = SCALAR_LEN; i-- > 0;) {
                uint8_t n = i < sizeof(n_low) ? n_low[i] : 0xFF;
                if (le[i] != n)
                        return le[i] < n;
        }
        return false;
}

static bool check_signature_field(struct aza_span bytes, struct aza_checks *checks)
{
        bool tail = zero(bytes, 0x330, AZA_SNP_REPORT_LEN) &&
                    zero(bytes, R_OFFSET + SCALAR_LEN, S_OFFSET) &&
                    zero(bytes, S_OFFSET + SCALAR_LEN, 0x330);
        bool range =
                scalar_in_range(bytes.data + R_OFFSET) && scalar_in_range(bytes.data + S_OFFSET);

        if (tail)
                (void)aza_accept(checks, AZA_CHECK_S6, NULL);
        else
                (void)aza_reject(
                        checks, AZA_CHECK_S6,
                        "bytes that no signature covers are not zero (0x330-0x49F, or the top of R or S)");
        if (range)
                (void)aza_accept(checks, AZA_CHECK_S7, NULL);
        else
                (void)aza_reject(checks, AZA_CHECK_S7, "R or S is zero or not below the order");
        return tail && range;
}

static bool check_product(const struct aza_snp_report *r, struct aza_checks *checks)
{
        if (!r->has_cpuid)
                return aza_accept(checks, AZA_CHECK_S8,
                                  "version 2 names no product: the certificate decides");
        if (r->product == AZA_SNP_UNKNOWN)
                return aza_reject(
                        checks, AZA_CHECK_S8,
                        "CPUID family 0x%02X model 0x%02X is no product known here; a newer azattest may know it",
                        r->family, r->model);
        return aza_accept(checks, AZA_CHECK_S8, "%s (family 0x%02X model 0x%02X stepping %u)",
                          aza_snp_product_text(r->product), r->family, r->model, r->stepping);
}

static bool skip_from(struct aza_checks *checks, enum aza_check_id from)
{
        for (int id = (int)from; id <= AZA_CHECK_S8; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_NO_INPUT,
                                      "the report cannot be read");
        return false;
}

bool aza_snp_report_parse(struct aza_span bytes, enum aza_snp_signer leaf,
                          struct aza_checks *checks, struct aza_snp_report *ret)
{
        struct aza_snp_report r = {0};

        if (bytes.len != AZA_SNP_REPORT_LEN) {
                (void)aza_reject(checks, AZA_CHECK_S1, "%zu bytes instead of %u", bytes.len,
                                 AZA_SNP_REPORT_LEN);
                return skip_from(checks, AZA_CHECK_S2);
        }
        (void)aza_accept(checks, AZA_CHECK_S1, NULL);
        read_fields(bytes, &r);
        if (r.version < 2 || r.version > 5) {
                (void)aza_reject(checks, AZA_CHECK_S2, "unsupported version %u", r.version);
                return skip_from(checks, AZA_CHECK_S3);
        }
        (void)aza_accept(checks, AZA_CHECK_S2, "version %u", r.version);
        *ret = r;
        struct aza_reader algorithm = aza_reader_of(aza_span_of(bytes.data + 0x34, 4));
        uint32_t algo = aza_read_le32(&algorithm);
        bool ok =
                algo == ECDSA_P384
                        ? aza_accept(checks, AZA_CHECK_S3, NULL)
                        : aza_reject(checks, AZA_CHECK_S3,
                                     "signature_algo %u is not 1 (ECDSA P-384 with SHA-384)", algo);
        ok &= check_signer(&r, leaf, checks);
        ok &= check_reserved(bytes, &r, checks);
        ok &= check_signature_field(bytes, checks);
        ok &= check_product(&r, checks);
        return ok;
}

/* DER ECDSA-Sig-Value of R and S; NULL: out of memory. The caller frees `der` with OPENSSL_free. */
static int der_signature(const struct aza_snp_report *report, unsigned char **der)
{
        ECDSA_SIG *sig = ECDSA_SIG_new();
        BIGNUM *r = BN_lebin2bn(report->r, SCALAR_LEN, NULL);
        BIGNUM *s = BN_lebin2bn(report->s, SCALAR_LEN, NULL);
        int len = 0;

        if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
                r = s = NULL;
                len = i2d_ECDSA_SIG(sig, der);
        }
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return len;
}

bool aza_snp_report_signature(OSSL_LIB_CTX *libctx, const struct aza_snp_report *report,
                              EVP_PKEY *key, struct aza_checks *checks)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char *der = NULL;
        int len = der_signature(report, &der);

        (void)ERR_set_mark();
        bool good = ctx != NULL && len > 0 && EVP_PKEY_is_a(key, "EC") &&
                    EVP_DigestVerifyInit_ex(ctx, NULL, "SHA384", libctx, NULL, key, NULL) == 1 &&
                    EVP_DigestVerify(ctx, der, (size_t)len, report->signed_part.data,
                                     report->signed_part.len) == 1;
        (void)ERR_pop_to_mark();
        OPENSSL_free(der);
        if (!good)
                return aza_reject(checks, AZA_CHECK_S22,
                                  "the certificate's key did not sign this report");
        return aza_accept(checks, AZA_CHECK_S22, NULL);
}
