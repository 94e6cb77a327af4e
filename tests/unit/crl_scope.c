/* SPDX-License-Identifier: Apache-2.0 */
/* Which revocation lists are about a CA's certificate. */
#include "base/certs.h"

#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after setjmp.h and stdarg.h */
#include <cmocka.h>

#define PLACE "URI:http://ca.example/one.crl"

static X509 *cert; /* names PLACE */
static X509 *plain;

static void add_extension(X509 *to, X509_CRL *or_to, const char *line)
{
        AZA_OWN(free) char *name = strdup(line);
        char *value = strchr(name, '=');

        assert_non_null(value);
        *value++ = '\0';
        X509_EXTENSION *made = X509V3_EXT_nconf(NULL, NULL, name, value);
        assert_non_null(made);
        assert_int_equal(
                to != NULL ? X509_add_ext(to, made, -1) : X509_CRL_add_ext(or_to, made, -1), 1);
        X509_EXTENSION_free(made);
}

static int make(void **state)
{
        (void)state;
        cert = X509_new();
        plain = X509_new();
        add_extension(cert, NULL, "crlDistributionPoints=URI:http://ca.example/old.crl," PLACE);
        return 0;
}

static int unmake(void **state)
{
        (void)state;
        X509_free(cert);
        X509_free(plain);
        return 0;
}

/* NULL when a list with these extensions is about `of`. */
static const char *fault(X509 *of, const char *const *extensions)
{
        X509_CRL *crl = X509_CRL_new();

        assert_non_null(crl);
        for (; *extensions != NULL; extensions++)
                add_extension(NULL, crl, *extensions);
        const char *reason = aza_crl_scope_fault(crl, of);
        X509_CRL_free(crl);
        return reason;
}

#define LIST(...)                 \
        (const char *const[])     \
        {                         \
                __VA_ARGS__, NULL \
        }
#define SCOPE     "issuingDistributionPoint=critical,"
#define OF(value) SCOPE "fullname:" value

static void whole(void **state)
{
        (void)state;
        assert_null(fault(cert, LIST("crlNumber=DER:020101")));
        assert_null(fault(cert, LIST("crlNumber=DER:020101", OF(PLACE))));
        assert_null(fault(cert, LIST("issuingDistributionPoint=fullname:" PLACE)));
        assert_null(fault(cert, LIST(SCOPE "onlyCA:TRUE")));
        assert_null(fault(plain, LIST(OF(PLACE))));
}

static void part(void **state)
{
        (void)state;
        assert_non_null(fault(cert, LIST(SCOPE "onlyuser:TRUE")));
        assert_non_null(fault(cert, LIST("issuingDistributionPoint=onlyuser:TRUE")));
        assert_non_null(fault(cert, LIST(SCOPE "onlyAA:TRUE")));
        assert_non_null(fault(cert, LIST(SCOPE "indirectCRL:TRUE")));
        assert_non_null(fault(cert, LIST(SCOPE "onlysomereasons:keyCompromise")));
        assert_non_null(fault(cert, LIST(OF("URI:http://ca.example/two.crl"))));
        assert_non_null(fault(cert, LIST("deltaCRL=critical,DER:020101")));
        assert_non_null(fault(cert, LIST("deltaCRL=DER:020101")));
        assert_non_null(fault(cert, LIST("1.2.3.4=critical,DER:0500")));
        assert_null(fault(cert, LIST("1.2.3.4=DER:0500")));
        assert_non_null(fault(cert, LIST("2.5.29.28=critical,DER:0500")));
        assert_non_null(fault(cert, LIST(SCOPE "onlyCA:TRUE", SCOPE "onlyuser:TRUE")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(part)};

        return cmocka_run_group_tests(tests, make, unmake);
}
