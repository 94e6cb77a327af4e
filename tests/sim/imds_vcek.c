/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the THIM answer and the certificate of "another chip". */
#include "sim/imds_vcek.h"

#include "sim/amd.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <json-c/json.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

AZA_OWN_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free);
AZA_OWN_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);
AZA_OWN_DEFINE(X509_EXTENSION, X509_EXTENSION_free);

/* The same TCB on another chip: fresh key, and a chip id with one bit turned. */
static bool set_other_chip(X509 *x, EVP_PKEY *key)
{
        AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *hwid = OBJ_txt2obj(SIM_AMD_OID ".4", 1);
        int at = hwid == NULL ? -1 : X509_get_ext_by_OBJ(x, hwid, -1);
        if (at < 0)
                return false;
        AZA_OWN(X509_EXTENSION_free) X509_EXTENSION *chip = X509_delete_ext(x, at);
        AZA_OWN(ASN1_OCTET_STRING_free)
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_dup(X509_EXTENSION_get_data(chip));
        unsigned char copy[128];
        int len = value == NULL ? 0 : ASN1_STRING_length(value);
        if (len < 1 || (size_t)len > sizeof(copy))
                return false;
        memcpy(copy, ASN1_STRING_get0_data(value), (size_t)len);
        copy[len - 1] ^= 1;
        return ASN1_STRING_set(value, copy, len) == 1 &&
               X509_EXTENSION_set_data(chip, value) == 1 && X509_add_ext(x, chip, at) == 1 &&
               X509_set_pubkey(x, key) == 1;
}

static bool sign_like_amd(X509 *x, EVP_PKEY *ask_key)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;
        return ctx != NULL &&
               EVP_DigestSignInit_ex(ctx, &pctx, "SHA384", sim_libctx(), NULL, ask_key, NULL) ==
                       1 &&
               EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
               X509_sign_ctx(x, ctx) > 0;
}

static X509 *read_pem(const char *pem)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem, -1);
        AZA_OWN(X509_free) X509 *x = X509_new_ex(sim_libctx(), NULL);
        if (bio == NULL || x == NULL || PEM_read_bio_X509(bio, &x, NULL, NULL) == NULL)
                return NULL;
        return aza_take(&x);
}

static char *other_chip_pem(const struct sim_pki *pki, const char *vcek_pem)
{
        AZA_OWN(X509_free) X509 *x = read_pem(vcek_pem);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = sim_ec_key("P-384");
        if (x == NULL || key == NULL || !set_other_chip(x, key) ||
            !sign_like_amd(x, pki->ask_key)) {
                (void)sim_fail("cannot make the certificate of another chip");
                return NULL;
        }
        return sim_certificate_pem(x);
}

/* "tcbm": the TCB word with its bytes reversed. */
static void tcbm(const char *vcek_pem, char out[17])
{
        AZA_OWN(X509_free) X509 *x = read_pem(vcek_pem);
        struct sim_amd_tcb tcb = {0};
        if (x != NULL)
                (void)sim_amd_certificate_tcb(x, &tcb);
        (void)snprintf(out, 17, "%02X%02X00000000%02X%02X", tcb.microcode, tcb.snp, tcb.tee,
                       tcb.bootloader);
}

static void add(json_object *object, const char *name, const char *text)
{
        (void)json_object_object_add(object, name, json_object_new_string(text));
}

int sim_imds_certification(const struct sim_pki *pki, const char *vcek_pem, bool other_chip,
                           struct aza_bytes *ret)
{
        AZA_OWN(free) char *other = other_chip ? other_chip_pem(pki, vcek_pem) : NULL;
        AZA_OWN(free) char *ask = sim_certificate_pem(pki->ask);
        AZA_OWN(free) char *ark = sim_certificate_pem(pki->ark);
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();
        AZA_BYTES struct aza_bytes chain = {0};
        char tcb[17];

        if ((other_chip && other == NULL) || ask == NULL || ark == NULL || object == NULL ||
            aza_bytes_append_text(&chain, ask) != 0 || aza_bytes_append_text(&chain, ark) != 0)
                return sim_fail("cannot answer for the chip certificate");
        tcbm(vcek_pem, tcb);
        add(object, "vcekCert", other != NULL ? other : vcek_pem);
        add(object, "tcbm", tcb);
        add(object, "certificateChain", (const char *)chain.data);
        add(object, "cacheControl", "86400");
        return aza_bytes_append_text(
                       ret, json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN)) == 0
                       ? 0
                       : -1;
}
