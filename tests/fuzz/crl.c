/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists: DER or PEM, and what S21 makes of one that nobody signed. */
#include "base/certs.h"
#include "fuzz.h"
#include "snp/chain.h"

/* A part that is a certificate, taken for ARK and ASK alike, then the list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span rest = aza_span_of(data, size);
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *authority = aza_cert_parse(fuzz_libctx(), fuzz_part(&rest));
        AZA_OWN(X509_CRL_free) X509_CRL *crl = aza_crl_parse(fuzz_libctx(), rest);
        struct aza_snp_chain chain = {
                .ark = authority,
                .ask = authority,
                .product = AZA_SNP_MILAN,
        };
        if (crl != NULL) {
                bool good = aza_snp_crl_verify(&chain, crl, AZA_CRL_REQUIRE, 1800000000, &checks);
                fuzz_rows_agree(&checks, good);
                FUZZ_CHECK(!good || authority != NULL);
        }
        return 0;
}
