/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the server certificate of the simulated MAA. */
#include "sim/cert.h"
#include "sim/maa_server.h"
#include "sim/say.h"

#include <openssl/pem.h>
#include <string.h>

static char *private_pem(EVP_PKEY *key)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *data = NULL;

        if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
                return NULL;
        long len = BIO_get_mem_data(bio, &data);
        return len <= 0 ? NULL : strndup(data, (size_t)len);
}

/* "https://[::1]:8443" to "::1". */
static bool host_of(const char *url, char *out, size_t size)
{
        const char *host = strstr(url, "://");
        if (host == NULL)
                return false;
        host += 3;
        const char *end = *host == '[' ? strchr(host, ']') : host + strcspn(host, ":/");
        if (*host == '[')
                host++;
        if (end == NULL || (size_t)(end - host) >= size)
                return false;
        memcpy(out, host, (size_t)(end - host));
        out[end - host] = '\0';
        return true;
}

int sim_maa_tls(const struct sim_pki *pki, const char *url, char **ret_key, char **ret_certificate)
{
        static const char *const subject[] = {"CN", "azattest-sim attestation service", NULL};
        char host[64];
        char names[160];

        if (!host_of(url, host, sizeof(host)))
                return sim_fail("not a URL: %s", url);
        const bool known = strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0;
        (void)snprintf(names, sizeof(names), "DNS:localhost,IP:127.0.0.1%s%s",
                       known                                                ? ""
                       : strspn(host, "0123456789abcdef.:") == strlen(host) ? ",IP:"
                                                                            : ",DNS:",
                       known ? "" : host);
        const char *const extensions[] = {"basicConstraints",
                                          "critical,CA:FALSE",
                                          "keyUsage",
                                          "critical,digitalSignature",
                                          "extendedKeyUsage",
                                          "serverAuth",
                                          "subjectAltName",
                                          names,
                                          NULL};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = sim_ec_key("P-256");
        const struct sim_certificate plan = {.subject = subject,
                                             .key = key,
                                             .issuer = pki->tls_ca,
                                             .issuer_key = pki->tls_ca_key,
                                             .serial = -1,
                                             .days = 90,
                                             .digest = "SHA256",
                                             .extensions = extensions};
        AZA_OWN(X509_free) X509 *x = key == NULL ? NULL : sim_certificate_make(&plan);
        if (x == NULL)
                return sim_fail("no certificate for the attestation service");
        AZA_OWN(free) char *key_pem = private_pem(key);
        AZA_OWN(free) char *certificate_pem = sim_certificate_pem(x);
        if (key_pem == NULL || certificate_pem == NULL)
                return sim_fail("no certificate for the attestation service");
        *ret_key = aza_take(&key_pem);
        *ret_certificate = aza_take(&certificate_pem);
        return 0;
}
