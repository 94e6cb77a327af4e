/* SPDX-License-Identifier: Apache-2.0 */
/* What a revocation list is about (RFC 5280, 5.2): one that leaves certificates out says nothing of
 * those. An issuer may have several, and whoever fetches or carries them chooses which one
 * comes. */
#include "base/certs.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

AZA_OWN_DEFINE(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free);
AZA_OWN_DEFINE(CRL_DIST_POINTS, CRL_DIST_POINTS_free);

#define FULL_NAME 0 /* the alternative of DIST_POINT_NAME */

/* True when one of `names` is among the names of `point`. */
static bool names_meet(const GENERAL_NAMES *names, const DIST_POINT *point)
{
        if (point->distpoint == NULL || point->distpoint->type != FULL_NAME)
                return false;
        const GENERAL_NAMES *others = point->distpoint->name.fullname;
        for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
                for (int j = 0; j < sk_GENERAL_NAME_num(others); j++)
                        if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i),
                                             sk_GENERAL_NAME_value(others, j)) == 0)
                                return true;
        return false;
}

/* A certificate that names no place takes a list of any. */
static bool is_place_of(const DIST_POINT_NAME *place, X509 *cert)
{
        AZA_OWN(CRL_DIST_POINTS_free)
        CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

        if (place == NULL || points == NULL)
                return true;
        for (int i = 0; place->type == FULL_NAME && i < sk_DIST_POINT_num(points); i++)
                if (names_meet(place->name.fullname, sk_DIST_POINT_value(points, i)))
                        return true;
        return false;
}

static const char *scope_fault(X509_CRL *crl, X509 *cert)
{
        int critical = -1;
        AZA_OWN(ISSUING_DIST_POINT_free)
        ISSUING_DIST_POINT *scope =
                X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);

        for (int i = -1; (i = X509_CRL_get_ext_by_critical(crl, 1, i)) >= 0;) {
                if (OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(crl, i))) !=
                    NID_issuing_distribution_point)
                        return "the list has a critical extension that is unknown here";
        }
        if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
                return "the list only holds changes of another one";
        if (scope == NULL)
                return critical == -1 ? NULL : "what the list is about cannot be read";
        if (scope->onlyuser > 0 || scope->onlyattr > 0 || scope->indirectCRL > 0 ||
            scope->onlysomereasons != NULL)
                return "the list is not about all certificates of its issuer's CAs";
        return is_place_of(scope->distpoint, cert)
                       ? NULL
                       : "the list is another one of its issuer than the certificate names";
}

const char *aza_crl_scope_fault(X509_CRL *crl, X509 *cert)
{
        (void)ERR_set_mark();
        const char *fault = scope_fault(crl, cert);
        (void)ERR_pop_to_mark();
        return fault;
}
