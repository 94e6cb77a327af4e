/* SPDX-License-Identifier: Apache-2.0 */
/* Owns VCEK certificates and SNP reports. */
#include "sim/snp.h"

#include "sim/cert.h"
#include "sim/say.h"
#include "sim/writer.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <string.h>

#define SIGNED_LEN 0x2A0

AZA_OWN_DEFINE(ECDSA_SIG, ECDSA_SIG_free);

static const uint8_t tcb[8] = {0x04, 0x00, 0, 0, 0, 0, 0x18, 0xDB};
const uint8_t sim_snp_azure_id_key[48] = {
        0x94, 0x2f, 0xd9, 0x3e, 0xbd, 0xe6, 0xea, 0x7a, 0x96, 0xef, 0xad, 0xea,
        0xfc, 0x60, 0xf1, 0xc6, 0xb3, 0xd1, 0x0e, 0x70, 0x3b, 0x1d, 0xaf, 0xd7,
        0x55, 0x5b, 0x92, 0xf7, 0xf3, 0xd3, 0x2d, 0x0e, 0x00, 0x67, 0x67, 0x64,
        0x8c, 0xba, 0x5b, 0x10, 0x2a, 0xf3, 0xd6, 0x57, 0x56, 0xaf, 0x41, 0x77};

static const char *const vcek_name[] = {
        "OU",          "Engineering", "C",  "US", "L",
        "Santa Clara", "ST",          "CA", "O",  "Advanced Micro Devices",
        "CN",          "SEV-VCEK",    NULL};

static X509 *make_vcek(const struct sim_pki *pki, const struct sim_chip *chip)
{
        const struct sim_raw_extension extensions[] = {
                {"1.3.6.1.4.1.3704.1.1", (const uint8_t *)"\x02\x01\x00", 3},
                {"1.3.6.1.4.1.3704.1.2", (const uint8_t *)"\x16\x08Milan-B0", 10},
                {"1.3.6.1.4.1.3704.1.3.1", (const uint8_t *)"\x02\x01\x04", 3},
                {"1.3.6.1.4.1.3704.1.3.2", (const uint8_t *)"\x02\x01\x00", 3},
                {"1.3.6.1.4.1.3704.1.3.4", (const uint8_t *)"\x02\x01\x00", 3},
                {"1.3.6.1.4.1.3704.1.3.5", (const uint8_t *)"\x02\x01\x00", 3},
                {"1.3.6.1.4.1.3704.1.3.6", (const uint8_t *)"\x02\x01\x00", 3},
                {"1.3.6.1.4.1.3704.1.3.7", (const uint8_t *)"\x02\x01\x00", 3},
                {"1.3.6.1.4.1.3704.1.3.3", (const uint8_t *)"\x02\x01\x18", 3},
                {"1.3.6.1.4.1.3704.1.3.8", (const uint8_t *)"\x02\x02\x00\xDB", 4},
                {"1.3.6.1.4.1.3704.1.4", chip->id, sizeof(chip->id)},
        };
        const struct sim_certificate plan = {
                .subject = vcek_name,
                .key = chip->vcek_key,
                .issuer = pki->ask,
                .issuer_key = pki->ask_key,
                .serial = 0,
                .days = 7 * 365,
                .pss = true,
                .digest = "SHA384",
                .raw = extensions,
                .raw_count = sizeof(extensions) / sizeof(extensions[0]),
        };
        return sim_certificate_make(&plan);
}

int sim_chip_make(const struct sim_pki *pki, struct sim_chip *ret)
{
        struct sim_chip chip = {0};

        chip.vcek_key = sim_ec_key("P-384");
        if (chip.vcek_key == NULL ||
            RAND_bytes_ex(sim_libctx(), chip.id, sizeof(chip.id), 0) != 1 ||
            RAND_bytes_ex(sim_libctx(), chip.report_id, sizeof(chip.report_id), 0) != 1) {
                sim_chip_free(&chip);
                return sim_fail("cannot make a chip");
        }
        AZA_OWN(X509_free) X509 *vcek = make_vcek(pki, &chip);
        if (vcek != NULL)
                chip.vcek_pem = sim_certificate_pem(vcek);
        if (chip.vcek_pem == NULL) {
                sim_chip_free(&chip);
                return -1;
        }
        *ret = chip;
        return 0;
}

void sim_chip_free(struct sim_chip *chip)
{
        EVP_PKEY_free(chip->vcek_key);
        free(chip->vcek_pem);
        *chip = (struct sim_chip){0};
}

static void put_body(struct sim_writer *w, const struct sim_chip *chip, const uint8_t id_key[48],
                     const uint8_t report_data[64])
{
        static const uint8_t family[16] = {0x02, 0x21, 0x20};
        static const uint8_t image[16] = {0x02};
        static const uint8_t versions[8] = {29, 55, 1, 0, 29, 55, 1, 0}; /* build, minor, major */
        uint8_t measurement[48];
        uint8_t all_ones[32];

        memset(measurement, 0x5B, sizeof(measurement)); /* our "paravisor image" */
        memset(all_ones, 0xFF, sizeof(all_ones));
        sim_put_le32(w, 3);  /* version */
        sim_put_le32(w, 10); /* guest_svn */
        sim_put_le64(w, 0x3001F);
        sim_put(w, family, sizeof(family));
        sim_put(w, image, sizeof(image));
        sim_put_le32(w, 0); /* VMPL */
        sim_put_le32(w, 1); /* ECDSA P-384 with SHA-384 */
        sim_put(w, tcb, sizeof(tcb));
        sim_put_le64(w, 0x25); /* platform info */
        sim_put_le64(w, 0);    /* flags: signed by the VCEK */
        sim_put(w, report_data, 64);
        sim_put(w, measurement, sizeof(measurement));
        sim_put_zeros(w, 32); /* host data */
        sim_put(w, id_key, 48);
        sim_put_zeros(w, 48); /* author key digest */
        sim_put(w, chip->report_id, sizeof(chip->report_id));
        sim_put(w, all_ones, sizeof(all_ones)); /* no migration agent */
        sim_put(w, tcb, sizeof(tcb));
        sim_put(w, "\x19\x01\x01", 3); /* CPUID */
        sim_put_zeros(w, 21);
        sim_put(w, chip->id, sizeof(chip->id));
        sim_put(w, tcb, sizeof(tcb)); /* committed */
        sim_put(w, versions, sizeof(versions));
        sim_put(w, tcb, sizeof(tcb)); /* launch */
        sim_put_zeros(w, SIGNED_LEN - 0x1F8);
}

static bool put_signature(const struct sim_chip *chip, uint8_t report[SIM_SNP_REPORT_LEN])
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t der[160];
        const uint8_t *p = der;
        size_t len = sizeof(der);

        if (ctx == NULL ||
            EVP_DigestSignInit_ex(ctx, NULL, "SHA384", sim_libctx(), NULL, chip->vcek_key, NULL) !=
                    1 ||
            EVP_DigestSign(ctx, der, &len, report, SIGNED_LEN) != 1)
                return false;
        AZA_OWN(ECDSA_SIG_free) ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)len);
        return signature != NULL &&
               BN_bn2lebinpad(ECDSA_SIG_get0_r(signature), report + SIGNED_LEN, 72) == 72 &&
               BN_bn2lebinpad(ECDSA_SIG_get0_s(signature), report + SIGNED_LEN + 72, 72) == 72;
}

int sim_snp_report(const struct sim_chip *chip, const uint8_t id_key[48],
                   const uint8_t report_data[64], uint8_t out[SIM_SNP_REPORT_LEN])
{
        SIM_WRITER struct sim_writer w = {0};

        put_body(&w, chip, id_key, report_data);
        if (w.failed || w.bytes.len != SIGNED_LEN)
                return sim_fail("cannot make an SNP report");
        memset(out, 0, SIM_SNP_REPORT_LEN);
        memcpy(out, w.bytes.data, SIGNED_LEN);
        return put_signature(chip, out) ? 0 : sim_fail("cannot sign an SNP report");
}
