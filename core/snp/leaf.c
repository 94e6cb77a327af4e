/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a VCEK or VLEK: product, security levels, chip (S17-S20). */
#include "snp/chain.h"

#include <stdio.h>
#include <string.h>

#define OID_ROOT "1.3.6.1.4.1.3704.1."

enum ext {
        EXT_STRUCT,
        EXT_PRODUCT,
        EXT_BOOTLOADER,
        EXT_TEE,
        EXT_SNP,
        EXT_SPL4,
        EXT_SPL5,
        EXT_SPL6,
        EXT_SPL7,
        EXT_MICROCODE,
        EXT_FMC,
        EXT_HWID,
        EXT_CSP,
        EXT_COUNT,
};

static const char *const tails[EXT_COUNT] = {
        [EXT_STRUCT] = "1", [EXT_PRODUCT] = "2",     [EXT_BOOTLOADER] = "3.1", [EXT_TEE] = "3.2",
        [EXT_SNP] = "3.3",  [EXT_SPL4] = "3.4",      [EXT_SPL5] = "3.5",       [EXT_SPL6] = "3.6",
        [EXT_SPL7] = "3.7", [EXT_MICROCODE] = "3.8", [EXT_FMC] = "3.9",        [EXT_HWID] = "4",
        [EXT_CSP] = "5",
};

struct extensions {
        struct aza_span value[EXT_COUNT]; /* content of the OCTET STRING; data NULL: absent */
};

/* False and the name of the one that stands twice. */
static bool collect(const X509 *leaf, struct extensions *ret, const char **ret_twice)
{
        size_t root_len = strlen(OID_ROOT);

        *ret = (struct extensions){0};
        for (int i = 0; i < X509_get_ext_count(leaf); i++) {
                const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(leaf, i));
                const ASN1_OBJECT *id = X509_EXTENSION_get_object(X509_get_ext(leaf, i));
                char oid[80];
                int n = OBJ_obj2txt(oid, sizeof(oid), id, 1);
                if (n <= 0 || (size_t)n >= sizeof(oid) || strncmp(oid, OID_ROOT, root_len) != 0)
                        continue;
                for (int e = 0; e < EXT_COUNT; e++) {
                        if (strcmp(oid + root_len, tails[e]) != 0)
                                continue;
                        *ret_twice = tails[e];
                        if (ret->value[e].data != NULL)
                                return false;
                        ret->value[e] = aza_span_of(ASN1_STRING_get0_data(data),
                                                    (size_t)ASN1_STRING_length(data));
                }
        }
        return true;
}

/* DER INTEGER 0..255, minimal, nothing behind it. */
static bool der_byte(struct aza_span v, uint8_t *ret)
{
        if (v.len == 3 && v.data[0] == 2 && v.data[1] == 1 && v.data[2] < 0x80) {
                *ret = v.data[2];
                return true;
        }
        if (v.len == 4 && v.data[0] == 2 && v.data[1] == 2 && v.data[2] == 0 && v.data[3] >= 0x80) {
                *ret = v.data[3];
                return true;
        }
        return false;
}

/* DER IA5String of printable characters. */
static bool der_text(struct aza_span v, char *out, size_t out_size)
{
        if (v.len < 3 || v.data[0] != 0x16 || v.data[1] != v.len - 2 || v.len - 2 >= out_size ||
            v.data[1] >= 0x80)
                return false;
        for (size_t i = 2; i < v.len; i++)
                if (v.data[i] < 0x20 || v.data[i] >= 0x7F)
                        return false;
        memcpy(out, v.data + 2, v.len - 2);
        out[v.len - 2] = '\0';
        return true;
}

/* Raw, or a DER OCTET STRING: the length decides, as a raw id may begin with any byte. */
static bool read_hwid(struct aza_span v, bool turin, struct aza_snp_chain *chain)
{
        size_t len = turin ? 8 : 64;
        size_t skip = v.len == len + 2 ? 2 : 0;

        if (v.len != len + skip || (skip == 2 && (v.data[0] != 4 || v.data[1] != len)))
                return false;
        memcpy(chain->hwid, v.data + skip, len);
        chain->hwid_len = len;
        return true;
}

static bool reject17(struct aza_checks *checks, int e, const char *why)
{
        return aza_reject(checks, AZA_CHECK_S17, "extension " OID_ROOT "%s %s", tails[e], why);
}

static bool wanted(int e, bool turin, bool vlek)
{
        switch (e) {
        case EXT_SPL4:
                return !turin;
        case EXT_FMC:
                return turin;
        case EXT_HWID:
                return !vlek;
        case EXT_CSP:
                return vlek;
        default:
                return true;
        }
}

static bool read_all(const struct extensions *x, const char *csp_id, struct aza_snp_chain *chain,
                     uint8_t numbers[EXT_COUNT], struct aza_checks *checks)
{
        bool turin = chain->product == AZA_SNP_TURIN, vlek = chain->signer == AZA_SNP_VLEK;

        for (int e = 0; e < EXT_COUNT; e++) {
                struct aza_span v = x->value[e];
                if (v.data == NULL) {
                        if (wanted(e, turin, vlek))
                                return reject17(checks, e, "is missing");
                        continue;
                }
                bool ok = e == EXT_PRODUCT
                                  ? der_text(v, chain->product_name, sizeof(chain->product_name))
                          : e == EXT_CSP  ? der_text(v, chain->csp_id, sizeof(chain->csp_id))
                          : e == EXT_HWID ? read_hwid(v, turin, chain)
                                          : der_byte(v, &numbers[e]);
                if (!ok)
                        return reject17(checks, e, "is not in the form it must have");
        }
        chain->spl = (struct aza_snp_tcb){.bootloader = numbers[EXT_BOOTLOADER],
                                          .tee = numbers[EXT_TEE],
                                          .snp = numbers[EXT_SNP],
                                          .microcode = numbers[EXT_MICROCODE],
                                          .fmc = numbers[EXT_FMC]};
        if (csp_id != NULL && (!vlek || strcmp(csp_id, chain->csp_id) != 0)) {
                (void)reject17(checks, EXT_CSP,
                               vlek ? "names another cloud provider"
                                    : "is demanded, and a VCEK has none: it is of a chip");
                aza_check_values(checks, csp_id, vlek ? chain->csp_id : "none");
                return false;
        }
        return aza_accept(checks, AZA_CHECK_S17, NULL);
}

static bool check_struct(const struct aza_snp_chain *chain, uint8_t version,
                         struct aza_checks *checks)
{
        uint8_t wanted_version = chain->product == AZA_SNP_TURIN ? 1 : 0;

        if (version != wanted_version)
                return aza_reject(checks, AZA_CHECK_S18, "struct version %u is not %s's %u",
                                  version, aza_snp_product_text(chain->product), wanted_version);
        return aza_accept(checks, AZA_CHECK_S18, "%s", chain->product_name);
}

static bool check_chip(const struct aza_snp_chain *chain, const struct aza_snp_report *report,
                       bool allow_masked, struct aza_checks *checks)
{
        char expected[129], found[129];

        if (chain->signer == AZA_SNP_VLEK)
                return aza_not_checked(checks, AZA_CHECK_S20, AZA_NOT_APPLICABLE,
                                       "a VLEK belongs to a cloud provider, not to a chip") ||
                       true;
        if (aza_span_is_zero(report->chip_id) && allow_masked)
                return aza_not_checked(checks, AZA_CHECK_S20, AZA_SWITCHED_OFF,
                                       "CHIP_ID is masked, which the caller allows") ||
                       true;
        struct aza_span chip = aza_span_of(report->chip_id.data, chain->hwid_len);
        struct aza_span hwid = aza_span_of(chain->hwid, chain->hwid_len);
        if (aza_span_equal(chip, hwid))
                return aza_accept(checks, AZA_CHECK_S20, NULL);
        (void)aza_reject(checks, AZA_CHECK_S20, "the certificate is for another chip");
        aza_check_values(checks, aza_hex(hwid, expected), aza_hex(chip, found));
        return false;
}

bool aza_snp_leaf_verify(struct aza_snp_chain *chain, const struct aza_snp_report *report,
                         const struct aza_snp_chain_options *options, struct aza_checks *checks)
{
        struct extensions x;
        uint8_t numbers[EXT_COUNT] = {0};
        const char *twice = NULL;

        bool read = collect(chain->leaf, &x, &twice);
        if (!read)
                (void)aza_reject(checks, AZA_CHECK_S17, "extension " OID_ROOT "%s stands twice",
                                 twice);
        else
                read = read_all(&x, options->csp_id, chain, numbers, checks);
        if (!read) {
                chain->product_name[0] = '\0';
                for (int id = AZA_CHECK_S18; id <= AZA_CHECK_S20; id++)
                        (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_FOLLOWS, "as S17");
                return false;
        }
        bool ok = check_struct(chain, numbers[EXT_STRUCT], checks);
        uint8_t reserved =
                numbers[EXT_SPL4] | numbers[EXT_SPL5] | numbers[EXT_SPL6] | numbers[EXT_SPL7];
        if (reserved != 0)
                ok = aza_reject(checks, AZA_CHECK_S19, "a reserved SPL is not zero");
        else
                (void)aza_accept(checks, AZA_CHECK_S19, NULL);
        return check_chip(chain, report, options->allow_masked_chip, checks) && ok;
}
