/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of a leaf and who vouches for it: files, what is said of them, C7; and keys to be
 * certified. */
#include "base/one.h"
#include "certificate/certificate.h"
#include "certificate/leaf.h"
#include "fuzz.h"
#include "show/show.h"
#include "verdict/certificate.h"

#define AT 1800000000

/* What was read is one text, whoever reads it: written again it is the same chain. */
static void written_again(const aza_certs *chain)
{
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(aza_certs_free) aza_certs *again = NULL;

        for (int i = 0; i < sk_X509_num(chain); i++) {
                AZA_BYTES struct aza_bytes one = {0};

                FUZZ_CHECK(aza_certificate_pem(sk_X509_value(chain, i), &one) == 0 &&
                           aza_bytes_append(&text, one.data, one.len) == 0);
        }
        FUZZ_CHECK(aza_chain_certificates(fuzz_libctx(), aza_bytes_span(&text), &again) == 0);
        FUZZ_CHECK(sk_X509_num(again) == sk_X509_num(chain));
        for (int i = 0; i < sk_X509_num(chain); i++)
                FUZZ_CHECK(X509_cmp(sk_X509_value(chain, i), sk_X509_value(again, i)) == 0);
}

static void read_chain(struct aza_span in)
{
        AZA_OWN(aza_certs_free) aza_certs *chain = NULL;
        AZA_OWN(X509_free) X509 *one = NULL;

        if (aza_chain_certificates(fuzz_libctx(), in, &chain) != 0)
                return;
        FUZZ_CHECK(sk_X509_num(chain) >= 1 && sk_X509_num(chain) <= AZA_CHAIN_MAX);
        FUZZ_CHECK((aza_one_certificate(fuzz_libctx(), in, &one) == 0) ==
                   (sk_X509_num(chain) == 1));
        written_again(chain);
}

/* Accepted is what the issuer signed for a good key, and nothing where it was not allowed. */
static void delegation(const struct aza_certificate_request *request, bool allowed)
{
        const struct aza_verify_request token = {.time = AT};
        struct aza_certificate_request judged = *request;
        AZA_CHECKS struct aza_checks checks = {0};

        judged.token = &token;
        struct aza_config config = {.delegated = allowed};
        const struct aza_issuer_judge judge = {fuzz_libctx(), &config, &judged, NULL};
        const bool good = aza_delegation_check(&judge, &checks);
        FUZZ_CHECK(checks.count == 1 && checks.items[0].id == AZA_CHECK_C7);
        fuzz_rows_agree(&checks, good);
        if (checks.items[0].outcome != AZA_ACCEPT)
                return;
        X509 *leaf = request->certificate, *issuer = aza_certificate_attested(request);
        FUZZ_CHECK(allowed && sk_X509_num(request->above) == 1 && issuer != leaf);
        FUZZ_CHECK(X509_verify(leaf, X509_get0_pubkey(issuer)) == 1 && X509_check_ca(leaf) == 0);
        FUZZ_CHECK(aza_leaf_weakness(X509_get0_pubkey(leaf)) == NULL);
        FUZZ_CHECK(aza_certificate_time_fault(leaf, AT) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct aza_span in = aza_span_of(data, size);
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request request = {0};
        AZA_OWN(free) char *text = fuzz_text(data, size);
        const struct aza_key_reader reader = {.libctx = fuzz_libctx()};
        AZA_LEAF struct aza_leaf leaf = {0};

        read_chain(in);
        if (aza_certificate_read(fuzz_libctx(), in, &request) == 0 && request.csr == NULL) {
                delegation(&request, true);
                delegation(&request, false);
                json_object_put(aza_show_certificate(fuzz_libctx(), in));
        }
        if (size > 0 && aza_leaf_read(&reader, text, &leaf) == 0)
                FUZZ_CHECK(aza_leaf_weakness(leaf.key) == NULL);
        return 0;
}
