/* SPDX-License-Identifier: Apache-2.0 */
/* Owns reading AMD's certificate extensions. Judges nothing. */
#include "sim/amd.h"

#include "base/own.h"

#include <openssl/x509v3.h>

AZA_OWN_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free);

struct aza_span sim_amd_extension(const X509 *certificate, const char *oid)
{
        AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
        int at = object == NULL ? -1 : X509_get_ext_by_OBJ(certificate, object, -1);
        if (at < 0)
                return (struct aza_span){NULL, 0};
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
        return aza_span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

/* DER INTEGER 0..255. */
static bool small_integer(struct aza_span der, uint8_t *ret)
{
        if (der.len == 3 && der.data[0] == 2 && der.data[1] == 1 && der.data[2] < 0x80) {
                *ret = der.data[2];
                return true;
        }
        if (der.len == 4 && der.data[0] == 2 && der.data[1] == 2 && der.data[2] == 0 &&
            der.data[3] >= 0x80) {
                *ret = der.data[3];
                return true;
        }
        return false;
}

bool sim_amd_certificate_tcb(const X509 *x, struct sim_amd_tcb *ret)
{
        return small_integer(sim_amd_extension(x, SIM_AMD_OID ".3.1"), &ret->bootloader) &&
               small_integer(sim_amd_extension(x, SIM_AMD_OID ".3.2"), &ret->tee) &&
               small_integer(sim_amd_extension(x, SIM_AMD_OID ".3.3"), &ret->snp) &&
               small_integer(sim_amd_extension(x, SIM_AMD_OID ".3.8"), &ret->microcode);
}
