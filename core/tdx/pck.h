/* SPDX-License-Identifier: Apache-2.0 */
/* What Intel's extension of a PCK certificate says of the platform (I4). Pure, fuzzed. */
#ifndef AZA_TDX_PCK_H
#define AZA_TDX_PCK_H

#include "base/certs.h"

#define AZA_TCB_COMPONENTS 16

struct aza_pck {
        uint8_t fmspc[6], pce_id[2];
        uint8_t svn[AZA_TCB_COMPONENTS];
        uint16_t pce_svn;
};

/* The content of extension 1.2.840.113741.1.13.1. NULL, or what is wrong. */
const char *aza_pck_parse(struct aza_span extension, struct aza_pck *ret);
/* The same of a certificate, which must have it once. */
const char *aza_pck_of(const X509 *cert, struct aza_pck *ret);

#endif
