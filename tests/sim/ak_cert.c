/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of AK certificates. */
#include "sim/ak_cert.h"

#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <openssl/rand.h>

static int put_der(X509 *x, struct aza_bytes *ret)
{
        unsigned char *der = NULL;
        int len = x == NULL ? -1 : i2d_X509(x, &der);
        int result = len <= 0 || aza_bytes_set(ret, der, (size_t)len) != 0 ? -1 : 0;

        OPENSSL_free(der);
        return result;
}

int sim_ak_certificate_make(const struct sim_pki *pki, const struct sim_ak_plan *ak,
                            struct aza_bytes *ret)
{
        static const uint8_t exponent[3] = {1, 0, 1};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        uint8_t id[6];
        char hex[13];
        char name[80];
        char vm_name[64];
        const char *const subject[] = {"CN", name, NULL};
        const char *const extensions[] = {"keyUsage",
                                          "critical,digitalSignature",
                                          "certificatePolicies",
                                          "1.3.6.1.4.1.311.108.200.2",
                                          "extendedKeyUsage",
                                          "1.3.6.1.4.1.311.10.3.12,2.23.133.8.3",
                                          "subjectKeyIdentifier",
                                          "hash",
                                          "authorityKeyIdentifier",
                                          "keyid:always",
                                          "subjectAltName",
                                          vm_name,
                                          ak->confidential ? NULL : "authorityInfoAccess",
                                          SIM_AIA("vtpm-ca"),
                                          NULL};

        (void)snprintf(vm_name, sizeof(vm_name), "URI:urn:uuid:%s", ak->vm_id);
        if (aza_rsa_public(sim_libctx(), aza_span_of(ak->modulus, 256),
                           aza_span_of(exponent, sizeof(exponent)), &key) != 0 ||
            RAND_bytes_ex(sim_libctx(), id, sizeof(id), 0) != 1)
                return sim_fail("cannot make an AK certificate");
        (void)snprintf(name, sizeof(name), "%s.%s.Azure.windows.net",
                       aza_hex(aza_span_of(id, sizeof(id)), hex),
                       ak->confidential ? "ConfidentialVM" : "TrustedVM");
        const struct sim_certificate plan = {
                .subject = subject,
                .key = key,
                .issuer = ak->by_root ? pki->vtpm_root : pki->vtpm_ca,
                .issuer_key = ak->by_root ? pki->vtpm_root_key : pki->vtpm_ca_key,
                .serial = -1,
                .not_before = ak->days < 0 ? "20240101000000Z" : NULL,
                .not_after = ak->days < 0 ? "20241230000000Z" : NULL,
                .days = ak->days,
                .digest = "SHA256",
                .extensions = extensions,
        };
        AZA_OWN(X509_free) X509 *x = sim_certificate_make(&plan);
        return put_der(x, ret);
}

int sim_ak_certificate(const struct sim_pki *pki, const uint8_t modulus[256], bool confidential,
                       const char *vm_id, struct aza_bytes *ret)
{
        const struct sim_ak_plan plan = {.modulus = modulus,
                                         .vm_id = vm_id,
                                         .days = SIM_AK_DAYS,
                                         .confidential = confidential};

        return sim_ak_certificate_make(pki, &plan, ret);
}

int sim_ak_placeholder(const struct sim_pki *pki, struct aza_bytes *ret)
{
        static const char *const subject[] = {"CN", "MICROSOFT AZURE TRUSTED VM RSA", NULL};
        const struct sim_certificate plan = {
                .subject = subject,
                .key = pki->vtpm_ca_key, /* any RSA key does */
                .serial = -1,
                .days = 3650,
                .digest = "SHA256",
        };
        AZA_OWN(X509_free) X509 *x = sim_certificate_make(&plan);
        return put_der(x, ret);
}
