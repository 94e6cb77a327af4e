/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the checks on the SNP report and its chain (PROTOCOL.md 11.3 item 6). */
#include "base/crypto.h"
#include "sim/amd.h"
#include "sim/cert.h"
#include "sim/maa_verify.h"
#include "sim/snp_layout.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define MAX_CHAIN 8

AZA_OWN_DEFINE(ECDSA_SIG, ECDSA_SIG_free);

static void free_chain(STACK_OF(X509) * *chain)
{
        sk_X509_pop_free(*chain, X509_free);
}
#define OWN_CHAIN __attribute__((cleanup(free_chain)))

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

/* The PEM block that `rest` begins with, after white space; moves behind it. NULL when it does not:
 * neither text between the blocks, nor other labels that OpenSSL would take for a certificate. */
static X509 *read_block(struct aza_span *rest)
{
        AZA_OWN(X509_free) X509 *x = X509_new_ex(sim_libctx(), NULL);

        if (rest->len < sizeof(BEGIN) || memcmp(rest->data, BEGIN, sizeof(BEGIN) - 1) != 0)
                return NULL;
        const uint8_t *end = memmem(rest->data, rest->len, END, sizeof(END) - 1);
        if (x == NULL || end == NULL)
                return NULL;
        size_t len = (size_t)(end - rest->data) + sizeof(END) - 1;
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(rest->data, (int)len);
        if (bio == NULL || PEM_read_bio_X509(bio, &x, NULL, NULL) == NULL)
                return NULL;
        *rest = aza_span_of(rest->data + len, rest->len - len);
        return aza_take(&x);
}

static void skip_space(struct aza_span *rest)
{
        while (rest->len > 0 && strchr(" \t\r\n", rest->data[0]) != NULL && rest->data[0] != 0)
                *rest = aza_span_of(rest->data + 1, rest->len - 1);
}

/* PEM and nothing else, the chip's own certificate first; NULL when it is not. */
static STACK_OF(X509) * read_chain(const struct aza_bytes *pem)
{
        OWN_CHAIN STACK_OF(X509) *chain = sk_X509_new_null();
        struct aza_span rest = aza_bytes_span(pem);

        (void)ERR_set_mark();
        for (skip_space(&rest); chain != NULL && rest.len > 0; skip_space(&rest)) {
                AZA_OWN(X509_free) X509 *x = read_block(&rest);
                if (x == NULL || sk_X509_num(chain) == MAX_CHAIN || sk_X509_push(chain, x) <= 0)
                        break;
                x = NULL; /* the chain's now */
        }
        (void)ERR_pop_to_mark();
        if (rest.len > 0)
                return NULL;
        STACK_OF(X509) *result = chain;
        chain = NULL;
        return result;
}

/* R and S are little-endian and zero-extended to 72 bytes. */
static bool signature_der(struct aza_span report, unsigned char **ret, size_t *ret_len)
{
        AZA_OWN(ECDSA_SIG_free) ECDSA_SIG *sig = ECDSA_SIG_new();
        AZA_OWN(BN_free) BIGNUM *r = BN_lebin2bn(report.data + SNP_R, SNP_RS_LEN, NULL);
        AZA_OWN(BN_free) BIGNUM *s = BN_lebin2bn(report.data + SNP_S, SNP_RS_LEN, NULL);

        if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
                return false;
        r = NULL;
        s = NULL;
        int len = i2d_ECDSA_SIG(sig, ret);
        if (len <= 0)
                return false;
        *ret_len = (size_t)len;
        return true;
}

static bool signed_by(struct aza_span report, EVP_PKEY *key)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char *der = NULL;
        size_t len = 0;

        (void)ERR_set_mark();
        bool good =
                key != NULL && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384 &&
                ctx != NULL && signature_der(report, &der, &len) &&
                EVP_DigestVerifyInit_ex(ctx, NULL, "SHA384", sim_libctx(), NULL, key, NULL) == 1 &&
                EVP_DigestVerify(ctx, der, len, report.data, SNP_SIGNED_LEN) == 1;
        (void)ERR_pop_to_mark();
        OPENSSL_free(der);
        return good;
}

static bool verify_chain(const struct sim_pki *pki, const struct sim_maa_request *request,
                         STACK_OF(X509) * chain, struct sim_refusal *refusal)
{
        const char *why = "";

        (void)request;
        if (chain == NULL || sk_X509_num(chain) != 3)
                return sim_refuse(
                        refusal, "VcekCertChain",
                        "not the three certificates VCEK, ASK, ARK in PEM and nothing else");
        if (X509_cmp(sk_X509_value(chain, 2), pki->ark) != 0)
                return sim_refuse(refusal, "VcekCertChain", "the last is not this MAA's ARK");
        if (!sim_maa_chain(sk_X509_value(chain, 0), pki->ark, chain, &why))
                return sim_refuse(refusal, "VcekCertChain", "no chain to the ARK: %s", why);
        return true;
}

/* The certificate is for one chip at one firmware level: both must be the report's. */
static bool verify_tcb(struct aza_span report, X509 *vcek, struct sim_refusal *refusal)
{
        struct sim_amd_tcb tcb;
        const uint8_t *reported = report.data + SNP_REPORTED_TCB;
        struct aza_span chip = sim_amd_extension(vcek, SIM_AMD_OID ".4");

        if (!sim_amd_certificate_tcb(vcek, &tcb))
                return sim_refuse(refusal, "VcekCertChain", "VCEK without TCB extensions");
        if (reported[0] != tcb.bootloader || reported[1] != tcb.tee || reported[6] != tcb.snp ||
            reported[7] != tcb.microcode)
                return sim_refuse(refusal, "VcekCertChain", "VCEK of another TCB than the report");
        if (!aza_span_equal(chip, aza_span_of(report.data + SNP_CHIP_ID, SNP_CHIP_ID_LEN)))
                return sim_refuse(refusal, "VcekCertChain", "VCEK of another chip than the report");
        return true;
}

bool sim_maa_verify_snp(const struct sim_pki *pki, const struct sim_maa_request *request,
                        struct aza_span *ret_report_data, struct sim_refusal *refusal)
{
        OWN_CHAIN STACK_OF(X509) *chain = read_chain(&request->vcek_chain);
        struct aza_span report = aza_bytes_span(&request->hardware_report);

        if (report.len != SNP_REPORT_LEN)
                return sim_refuse(refusal, "SnpReport", "%zu bytes instead of %d", report.len,
                                  SNP_REPORT_LEN);
        if (!verify_chain(pki, request, chain, refusal) ||
            !verify_tcb(report, sk_X509_value(chain, 0), refusal))
                return false;
        if (!signed_by(report, X509_get0_pubkey(sk_X509_value(chain, 0))))
                return sim_refuse(refusal, "SnpReport", "not signed by the VCEK");
        struct aza_reader vmpl =
                aza_reader_of(aza_span_of(report.data + SNP_VMPL, sizeof(uint32_t)));
        if (aza_read_le32(&vmpl) != 0)
                return sim_refuse(refusal, "SnpReport", "VMPL is not 0");
        if ((report.data[SNP_POLICY + 2] & SNP_POLICY_2_DEBUG) != 0)
                return sim_refuse(refusal, "SnpReport", "the guest may be debugged");
        *ret_report_data = aza_span_of(report.data + SNP_REPORT_DATA, SNP_REPORT_DATA_LEN);
        return true;
}
