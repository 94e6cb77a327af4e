/* SPDX-License-Identifier: Apache-2.0 */
/* SNP reports: form, policy and floors of every profile; none is ever accepted without a chain. */
#include "fuzz.h"
#include "snp/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static aza_certs *empty;
        struct aza_span bytes = aza_span_of(data, size);
        struct aza_snp_report report = {0};
        char text[96];
        if (empty == NULL)
                empty = sk_X509_new_null();
        for (int leaf = AZA_SNP_VCEK; leaf <= AZA_SNP_NOBODY; leaf++) {
                AZA_CHECKS struct aza_checks checks = {0};
                bool good =
                        aza_snp_report_parse(bytes, (enum aza_snp_signer)leaf, &checks, &report);
                fuzz_rows_agree(&checks, good);
                FUZZ_CHECK(!good || size == AZA_SNP_REPORT_LEN);
        }
        for (size_t p = 0; aza_profile_names[p] != NULL; p++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_snp_options options = {
                        .profile = aza_profile_find(aza_profile_names[p]),
                        .certs = empty,
                        .time = 1800000000,
                };
                (void)aza_snp_verify(fuzz_libctx(), bytes, &options, &checks, &report);
                FUZZ_CHECK(aza_checks_verdict(&checks) != AZA_VERDICT_ACCEPT);
                for (int product = AZA_SNP_UNKNOWN; report.r != NULL && product <= AZA_SNP_TURIN;
                     product++) {
                        AZA_CHECKS struct aza_checks rows = {0};
                        struct aza_snp_tcb tcb =
                                aza_snp_tcb_of(report.current_tcb, (enum aza_snp_product)product);
                        (void)aza_snp_tcb_text(&tcb, (enum aza_snp_product)product, text);
                        bool good = aza_snp_policy_check(&report, (enum aza_snp_product)product,
                                                         &options, &rows);
                        fuzz_rows_agree(&rows, good);
                }
        }
        return 0;
}
