/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extensions of a certificate, or those that a request asks for, whoever signed them: whether
 * all readers read the same in them, and whether an attested key may have them. Pure.
 */
#ifndef AZA_CERTIFICATE_EXTENSION_LIST_H
#define AZA_CERTIFICATE_EXTENSION_LIST_H

#include "base/own.h"

#include <openssl/x509v3.h>
#include <stdbool.h>

typedef STACK_OF(X509_EXTENSION) aza_extensions;
void aza_extensions_free(aza_extensions *list);
AZA_OWN_DEFINE(aza_extensions, aza_extensions_free);

/* Room for a fault with the name of an extension in it. */
struct aza_fault {
        char text[256];
};

/* Whose extensions they are. */
enum aza_extensions_of {
        AZA_OF_CERTIFICATE, /* no CA */
        AZA_OF_REQUEST,     /* no CA either */
        AZA_OF_ISSUER, /* a CA of leaves and nothing else: path length 0, keyCertSign alone (D61) */
};

/*
 * What is wrong with `list` (NULL: there are none); NULL: nothing. One stands twice, is critical
 * and unknown, or known and not exactly one DER value; or they make a CA or a proxy of whoever has
 * them and shall be none. A request moreover may only ask for what is listed here, as the CA that
 * copies it gives out whatever stands in it; in a certificate the rest is its CA's affair. `fault`
 * holds the words.
 */
const char *aza_extensions_fault(const aza_extensions *list, enum aza_extensions_of of,
                                 struct aza_fault *fault);

#endif
