/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a TPM2_Quote: Q1-Q10 (Q9: quote_pcrs.c). The form is judged before the signature, so
 * that a malformed quote is refused for its form. */
#include "evidence/attest_struct.h"

#include "base/crypto.h"
#include "config/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What Q6 and Q7 compare with. */
struct wanted {
        uint16_t bank;
        uint32_t mask;
        bool has_digest;
        uint8_t digest[AZA_SHA256_LEN];
};

static bool skip_from(struct aza_checks *checks, enum aza_check_id from)
{
        for (int id = (int)from; id <= AZA_CHECK_Q10; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_NO_INPUT,
                                      "the quote could not be read or is not the AK's");
        return false;
}

/* The one SHA-2xx selection as a mask; NULL or the reason (Q6). */
static const char *read_selection(const TPMS_QUOTE_INFO *quote, uint16_t bank, uint32_t *ret_mask)
{
        const TPMS_PCR_SELECTION *s = &quote->pcrSelect.pcrSelections[0];
        uint32_t mask = 0;

        if (quote->pcrSelect.count != 1)
                return "it does not have exactly one PCR selection";
        if (s->hash != bank)
                return "it is over another PCR bank";
        for (unsigned int i = 0; i < s->sizeofSelect && i < sizeof(s->pcrSelect); i++) {
                if (i >= 3 && s->pcrSelect[i] != 0)
                        return "it selects PCRs above 23";
                if (i < 3)
                        mask |= (uint32_t)s->pcrSelect[i] << (8 * i);
        }
        *ret_mask = mask;
        return NULL;
}

static size_t bank_size(uint16_t bank)
{
        switch (bank) {
        case TPM2_ALG_SHA1:
                return 20;
        case TPM2_ALG_SHA256:
                return 32;
        case TPM2_ALG_SHA384:
                return 48;
        case TPM2_ALG_SHA512:
                return 64;
        default:
                return 0;
        }
}

/* False when there are no values to compare with, or they cannot be those of the selection. */
static bool expected_digest(OSSL_LIB_CTX *libctx, const struct aza_quote_expect *expect,
                            struct wanted *w)
{
        if (expect->bank != 0 && expect->bank != TPM2_ALG_SHA256) {
                size_t count = (size_t)__builtin_popcount(expect->bank_mask);
                w->bank = expect->bank;
                w->mask = expect->bank_mask;
                /* The digest's hash is the signature scheme's, not the bank's (Q7). */
                return bank_size(expect->bank) != 0 &&
                       expect->bank_values.len == count * bank_size(expect->bank) &&
                       aza_sha256(libctx, expect->bank_values, w->digest) == 0;
        }
        w->bank = TPM2_ALG_SHA256;
        w->mask = expect->pcrs != NULL ? expect->pcrs->mask : expect->mask;
        if (expect->pcrs == NULL)
                return false;
        return aza_pcr_digest(libctx, expect->pcrs, w->digest) == 0;
}

static bool check_signature(OSSL_LIB_CTX *libctx, const struct aza_signed *quote,
                            struct aza_checks *checks)
{
        struct aza_span raw = {0};
        const char *reason = aza_attest_signature(quote->ak, quote->signature, &raw);

        if (reason != NULL) {
                (void)aza_reject(checks, AZA_CHECK_Q1, "%s", reason);
                return aza_not_checked(checks, AZA_CHECK_Q2, AZA_FOLLOWS, "as Q1");
        }
        (void)aza_accept(checks, AZA_CHECK_Q1, "RSASSA-PKCS1-v1.5 with SHA-256");
        if (!aza_rsa_verify_sha256(libctx, quote->ak, quote->message, raw))
                return aza_reject(checks, AZA_CHECK_Q2, "the AK did not sign this quote");
        return aza_accept(checks, AZA_CHECK_Q2, NULL);
}

static bool check_nonce(const TPMS_ATTEST *attest, struct aza_span nonce, struct aza_checks *checks)
{
        char expected[2 * 64 + 1], found[2 * sizeof(attest->extraData.buffer) + 1];
        struct aza_span extra = aza_span_of(attest->extraData.buffer, attest->extraData.size);

        if (nonce.data == NULL) {
                (void)aza_not_checked(checks, AZA_CHECK_Q5, AZA_SWITCHED_OFF,
                                      "no nonce was asked for: the quote may be an old one");
                return true;
        }
        if (aza_span_equal(extra, nonce))
                return aza_accept(checks, AZA_CHECK_Q5, NULL);
        (void)aza_reject(checks, AZA_CHECK_Q5,
                         extra.len == 0 ? "the quote carries no nonce"
                                        : "the quote answers another nonce");
        aza_check_values(checks, nonce.len <= 64 ? aza_hex(nonce, expected) : NULL,
                         aza_hex(extra, found));
        return false;
}

/* Q6: the selection needs no values to be compared with. */
static bool check_selection(const TPMS_QUOTE_INFO *quote, const struct wanted *w,
                            struct aza_checks *checks, uint32_t *ret_mask)
{
        char text[64], found[64];
        const char *reason = read_selection(quote, w->bank, ret_mask);

        if (reason != NULL)
                return aza_reject(checks, AZA_CHECK_Q6, "%s", reason);
        if (w->mask == 0)
                return aza_not_checked(checks, AZA_CHECK_Q6, AZA_NO_INPUT,
                                       "nothing says which PCRs it should quote");
        (void)aza_config_pcrs_text(w->mask, text);
        if (*ret_mask == w->mask)
                return aza_accept(checks, AZA_CHECK_Q6, "PCR %s", text);
        (void)aza_reject(checks, AZA_CHECK_Q6, "it quotes other PCRs than asked for");
        aza_check_values(checks, text, aza_config_pcrs_text(*ret_mask, found));
        return false;
}

/* Q7, Q8 of the expected selection. */
static bool check_values(const TPMS_QUOTE_INFO *quote, const struct aza_quote_expect *expect,
                         const struct wanted *w, struct aza_checks *checks)
{
        char text[64], hex[2 * AZA_SHA256_LEN + 1], other[2 * 64 + 1];
        const struct aza_span digest = aza_span_of(quote->pcrDigest.buffer, quote->pcrDigest.size);
        const struct aza_span wanted = aza_span_of(w->digest, sizeof(w->digest));
        uint32_t beside = expect->offered & ~w->mask;

        if (!w->has_digest)
                (void)aza_not_checked(checks, AZA_CHECK_Q7, AZA_NO_INPUT,
                                      "no values of all PCRs that are quoted");
        else if (aza_span_equal(digest, wanted))
                (void)aza_accept(checks, AZA_CHECK_Q7, NULL);
        else {
                (void)aza_reject(checks, AZA_CHECK_Q7, "the PCR values are not those quoted");
                aza_check_values(checks, aza_hex(digest, other), aza_hex(wanted, hex));
        }
        bool good = w->has_digest && aza_span_equal(digest, wanted);
        if (good && beside != 0)
                return aza_accept(checks, AZA_CHECK_Q8,
                                  "the values of PCR %s are not quoted and not used",
                                  aza_config_pcrs_text(beside, text));
        return good ? aza_accept(checks, AZA_CHECK_Q8, NULL)
                    : aza_not_checked(checks, AZA_CHECK_Q8, AZA_FOLLOWS, "as Q7");
}

/* What is quoted, all zero before. */
struct quoted {
        struct aza_pcr_state state;
        bool fits; /* it is the expected selection and nothing contradicts it, also where there are
                      no values to compare with */
};

static bool check_pcrs(OSSL_LIB_CTX *libctx, const TPMS_QUOTE_INFO *quote,
                       const struct aza_quote_expect *expect, struct aza_checks *checks,
                       struct quoted *ret)
{
        struct wanted w = {0};

        w.has_digest = expected_digest(libctx, expect, &w);
        if (!check_selection(quote, &w, checks, &ret->state.mask)) {
                (void)aza_not_checked(checks, AZA_CHECK_Q7, AZA_FOLLOWS, "as Q6");
                return aza_not_checked(checks, AZA_CHECK_Q8, AZA_FOLLOWS, "as Q6");
        }
        bool good = check_values(quote, expect, &w, checks);
        if (quote->pcrDigest.size == sizeof(ret->state.digest)) {
                memcpy(ret->state.digest, quote->pcrDigest.buffer, sizeof(ret->state.digest));
                ret->fits = good || !w.has_digest;
        }
        return good;
}

bool aza_quote_verify(OSSL_LIB_CTX *libctx, const struct aza_signed *quote,
                      const struct aza_quote_expect *expect, struct aza_checks *checks,
                      struct aza_quote_info *ret)
{
        TPMS_ATTEST attest;
        struct aza_quote_info info = {0};
        bool end = false;
        const char *reason = aza_attest_parse(quote->message, TPM2_ST_ATTEST_QUOTE, &attest, &end);

        if (reason != NULL) {
                (void)aza_not_checked(checks, AZA_CHECK_Q1, AZA_FOLLOWS, "as Q3, Q4");
                (void)aza_not_checked(checks, AZA_CHECK_Q2, AZA_FOLLOWS, "as Q3, Q4");
                if (end)
                        (void)aza_accept(checks, AZA_CHECK_Q3, NULL);
                (void)aza_reject(checks, end ? AZA_CHECK_Q4 : AZA_CHECK_Q3, "%s", reason);
                return skip_from(checks, end ? AZA_CHECK_Q5 : AZA_CHECK_Q4);
        }
        if (!check_signature(libctx, quote, checks))
                return skip_from(checks, AZA_CHECK_Q3);
        (void)aza_accept(checks, AZA_CHECK_Q3, NULL);
        (void)aza_accept(checks, AZA_CHECK_Q4, NULL);
        bool fresh = check_nonce(&attest, expect->nonce, checks);
        struct quoted quoted = {0};
        bool pcrs = check_pcrs(libctx, &attest.attested.quote, expect, checks, &quoted);
        bool sha256 = expect->bank == 0 || expect->bank == TPM2_ALG_SHA256;
        bool firm =
                aza_quote_relied_on(expect, sha256 ? quoted.state.mask : 0, sha256 && pcrs, checks);
        if (fresh && quoted.fits && firm)
                info.state = quoted.state;
        info.clock = attest.clockInfo.clock;
        info.reset_count = attest.clockInfo.resetCount;
        info.restart_count = attest.clockInfo.restartCount;
        info.safe = attest.clockInfo.safe == TPM2_YES;
        info.firmware = attest.firmwareVersion;
        /* magic, type, then two sized buffers: qualifiedSigner and extraData. */
        info.extra_data = aza_span_of(quote->message.data + 6 + 2 + attest.qualifiedSigner.size + 2,
                                      attest.extraData.size);
        (void)aza_accept(checks, AZA_CHECK_Q10,
                         "clock %" PRIu64 " ms%s, %u resets, %u restarts, firmware 0x%016" PRIx64,
                         info.clock, info.safe ? "" : " (not safe)", info.reset_count,
                         info.restart_count, info.firmware);
        if (ret != NULL)
                *ret = info;
        return fresh && pcrs && firm;
}

bool aza_quote_shows(OSSL_LIB_CTX *libctx, struct aza_span message, const struct aza_pcrs *pcrs)
{
        TPMS_ATTEST attest;
        uint32_t mask = 0;
        uint8_t digest[AZA_SHA256_LEN];

        if (aza_attest_parse(message, TPM2_ST_ATTEST_QUOTE, &attest, NULL) != NULL ||
            read_selection(&attest.attested.quote, TPM2_ALG_SHA256, &mask) != NULL ||
            mask != pcrs->mask || aza_pcr_digest(libctx, pcrs, digest) != 0)
                return false;
        return aza_span_equal(aza_span_of(attest.attested.quote.pcrDigest.buffer,
                                          attest.attested.quote.pcrDigest.size),
                              aza_span_of(digest, sizeof(digest)));
}
