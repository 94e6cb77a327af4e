/* SPDX-License-Identifier: Apache-2.0 */
/* Subject and issuer of a test's certificate, a common name each. From OpenSSL 4 on the names
 * that are in a certificate are constant. */
#ifndef TEST_CERTIFICATE_NAMES_H
#define TEST_CERTIFICATE_NAMES_H

#include <openssl/x509.h>
#include <stdbool.h>

static inline X509_NAME *common_name(const char *text)
{
        X509_NAME *name = X509_NAME_new();

        if (name == NULL || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                       (const unsigned char *)text, -1, -1, 0) == 1)
                return name;
        X509_NAME_free(name);
        return NULL;
}

static inline bool name_certificate(X509 *x, const char *subject, const char *issuer)
{
        X509_NAME *names[] = {common_name(subject), common_name(issuer)};
        bool good = names[0] != NULL && names[1] != NULL &&
                    X509_set_subject_name(x, names[0]) == 1 &&
                    X509_set_issuer_name(x, names[1]) == 1;

        X509_NAME_free(names[0]);
        X509_NAME_free(names[1]);
        return good;
}

#endif
