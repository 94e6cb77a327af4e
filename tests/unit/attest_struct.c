/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/attest_struct, quote, certify: real quotes, and quotes and certifications of an AK of
 * our own that differ from good ones in one thing each. */
#include "unit/attest_support.h"

#include <unistd.h>

#define BASE "azure-snp/milan-v3-coco-evidence-v2"

static void real_quotes(void **state)
{
        static const struct {
                const char *set, *key;
                uint64_t firmware;
        } all[] = {
                {"azure-snp/milan-v2-2023-coco", "hcl-ak.spki.pem", 0x2020031200120003},
                {BASE, "hcl-ak.spki.pem", 0x2020031200120003},
                {"azure-snp/genoa-v3-coco", "hcl-ak.spki.pem", 0x2020031200120003},
                {"azure-tdx/tdx-coco", "hcl-ak.spki.pem", 0},
                {"azure-tdx/tdx-flashbots-2025-12-ak-ca03", "hcl-ak.spki.pem", 0},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes msg = set_file(all[i].set, "quote.msg");
                AZA_BYTES struct aza_bytes sig = set_file(all[i].set, "quote.sig");
                AZA_BYTES struct aza_bytes pem = set_file(all[i].set, all[i].key);
                AZA_BYTES struct aza_bytes values = set_file(all[i].set, "pcrs-sha256.bin");
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
                struct aza_pcrs pcrs;
                struct aza_quote_info info = {0};
                set_pcrs(aza_bytes_span(&values), 0xFFFFFF, &pcrs);
                const struct aza_quote_expect expect = {.pcrs = &pcrs};
                assert_true(aza_quote_verify(
                        libctx,
                        &(struct aza_signed){ak, aza_bytes_span(&msg), aza_bytes_span(&sig)},
                        &expect, &checks, &info));
                assert_no_reject(&checks);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_Q5, AZA_SWITCHED_OFF);
                assert_int_equal(info.state.mask, 0xFFFFFF);
                if (all[i].firmware != 0)
                        assert_true(info.firmware == all[i].firmware);
                assert_true(aza_quote_shows(libctx, aza_bytes_span(&msg), &pcrs));
                pcrs.value[3][0] ^= 1;
                assert_false(aza_quote_shows(libctx, aza_bytes_span(&msg), &pcrs));
        }
}

/* tpm2-tools wrote these values as C structures: selection, then lists of eight digests. */
static void trusted_launch_quote(void **state)
{
        const char *set = "azure-trustedlaunch/ca03-2026-07-27-mismatched-ak";
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes msg = set_file(set, "quote.msg");
        AZA_BYTES struct aza_bytes sig = set_file(set, "quote.sig");
        AZA_BYTES struct aza_bytes pem = set_file(set, "ak.pub");
        AZA_BYTES struct aza_bytes file = set_file(set, "pcrs.bin");
        AZA_BYTES struct aza_bytes hex = set_file(set, "nonce.hex");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
        uint8_t nonce[32];
        struct aza_pcrs pcrs = {.mask = 0xFF};
        (void)state;
        assert_int_equal(aza_unhex((char *)hex.data, 64, nonce, 32), 0);
        for (size_t i = 0; i < 8; i++)
                memcpy(pcrs.value[i], file.data + 140 + 66 * i + 2, 32);
        struct aza_quote_expect expect = {.pcrs = &pcrs, .nonce = aza_span_of(nonce, 32)};
        assert_true(aza_quote_verify(
                libctx, &(struct aza_signed){ak, aza_bytes_span(&msg), aza_bytes_span(&sig)},
                &expect, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_Q5, AZA_ACCEPT);
}

/* GCE: banks of three hashes, digest always SHA-256, signatures as TPMT_SIGNATURE. */
static void three_banks(void **state)
{
        static const struct {
                const char *name;
                uint16_t alg;
        } banks[] = {{"sha1", TPM2_ALG_SHA1}, {"sha256", 0}, {"sha384", TPM2_ALG_SHA384}};
        const char *set = "gce-tpm/gce-cos-85-no-nonce";
        AZA_BYTES struct aza_bytes tpmt = set_file(set, "ak.tpmt_public"), tpm2b = {0};
        struct aza_tpm_public ak = {0};
        (void)state;
        assert_int_equal(aza_bytes_append_be16(&tpm2b, (uint16_t)tpmt.len), 0);
        assert_int_equal(aza_bytes_append(&tpm2b, tpmt.data, tpmt.len), 0);
        assert_int_equal(aza_tpm_public_parse(libctx, aza_bytes_span(&tpm2b), false, &ak), 0);
        for (size_t i = 0; i < 3; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                char name[64];
                (void)snprintf(name, sizeof(name), "quote-%s.msg", banks[i].name);
                AZA_BYTES struct aza_bytes msg = set_file(set, name);
                (void)snprintf(name, sizeof(name), "quote-%s.tpmt_signature", banks[i].name);
                AZA_BYTES struct aza_bytes sig = set_file(set, name);
                (void)snprintf(name, sizeof(name), "pcrs-%s.bin", banks[i].name);
                AZA_BYTES struct aza_bytes values = set_file(set, name);
                struct aza_pcrs pcrs;
                struct aza_quote_expect expect = {.bank = banks[i].alg,
                                                  .bank_mask = 0xFFFFFF,
                                                  .bank_values = aza_bytes_span(&values)};
                if (banks[i].alg == 0) {
                        set_pcrs(aza_bytes_span(&values), 0xFFFFFF, &pcrs);
                        expect = (struct aza_quote_expect){.pcrs = &pcrs};
                }
                if (!aza_quote_verify(libctx,
                                      &(struct aza_signed){ak.key, aza_bytes_span(&msg),
                                                           aza_bytes_span(&sig)},
                                      &expect, &checks, NULL)) {
                        print_checks(&checks);
                        fail_msg("bank %s", banks[i].name);
                }
                /* The same quote is none of another bank. */
                AZA_CHECKS struct aza_checks other = {0};
                expect.bank = expect.bank == TPM2_ALG_SHA1 ? TPM2_ALG_SHA512 : TPM2_ALG_SHA1;
                assert_false(aza_quote_verify(
                        libctx,
                        &(struct aza_signed){ak.key, aza_bytes_span(&msg), aza_bytes_span(&sig)},
                        &expect, &other, NULL));
                assert_rejects(&other, AZA_CHECK_Q6);
        }
        aza_tpm_public_free(&ak);
}

static void vector_refused(const char *message, const char *values_file, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes msg = vector(message);
        AZA_BYTES struct aza_bytes sig = set_file(BASE, "quote.sig");
        AZA_BYTES struct aza_bytes pem = set_file(BASE, "hcl-ak.spki.pem");
        AZA_BYTES struct aza_bytes values = vector(values_file);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
        struct aza_pcrs pcrs;
        set_pcrs(aza_bytes_span(&values), 0xFFFFFF, &pcrs);
        const struct aza_quote_expect expect = {.pcrs = &pcrs};
        assert_false(aza_quote_verify(
                libctx, &(struct aza_signed){ak, aza_bytes_span(&msg), aza_bytes_span(&sig)},
                &expect, &checks, NULL));
        assert_rejects(&checks, id);
        for (int row = AZA_CHECK_Q1; row <= AZA_CHECK_Q10; row++)
                assert_non_null(aza_checks_get(&checks, (enum aza_check_id)row));
}

static void negatives(void **state)
{
        (void)state;
        vector_refused("negative/quote-magic-bitflip.msg", BASE "/pcrs-sha256.bin", AZA_CHECK_Q3);
        vector_refused("negative/quote-trailing-byte.msg", BASE "/pcrs-sha256.bin", AZA_CHECK_Q4);
        vector_refused(BASE "/quote.msg", "negative/pcrs-swapped-0-1.bin", AZA_CHECK_Q7);
}

/* Nothing of a quote is unprotected: every flipped bit of message and signature is refused, and
 * whoever sent it makes nobody (tpm2-tss neither) print. */
static void every_byte_flipped(void **state)
{
        AZA_BYTES struct aza_bytes msg = set_file(BASE, "quote.msg");
        AZA_BYTES struct aza_bytes sig = set_file(BASE, "quote.sig");
        AZA_BYTES struct aza_bytes pem = set_file(BASE, "hcl-ak.spki.pem");
        AZA_BYTES struct aza_bytes values = set_file(BASE, "pcrs-sha256.bin");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
        struct aza_pcrs pcrs;
        (void)state;
        set_pcrs(aza_bytes_span(&values), 0xFFFFFF, &pcrs);
        const struct aza_quote_expect expect = {.pcrs = &pcrs};
        const int saved = dup(STDERR_FILENO);
        FILE *said = tmpfile();
        size_t accepted = SIZE_MAX;
        assert_non_null(said);
        assert_true(dup2(fileno(said), STDERR_FILENO) >= 0);
        for (size_t i = 0; i < msg.len + sig.len; i++) {
                uint8_t *byte = i < msg.len ? &msg.data[i] : &sig.data[i - msg.len];
                for (unsigned int mask = 1; mask <= 0x80; mask <<= 1) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        *byte ^= (uint8_t)mask;
                        bool ok = aza_quote_verify(libctx,
                                                   &(struct aza_signed){ak, aza_bytes_span(&msg),
                                                                        aza_bytes_span(&sig)},
                                                   &expect, &checks, NULL);
                        *byte ^= (uint8_t)mask;
                        if (ok)
                                accepted = i;
                }
        }
        for (size_t len = 0; len < msg.len; len++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                assert_int_equal(aza_bytes_set(&cut, msg.data, len), 0);
                if (aza_quote_verify(
                            libctx,
                            &(struct aza_signed){ak, aza_bytes_span(&cut), aza_bytes_span(&sig)},
                            &expect, &checks, NULL))
                        accepted = len;
        }
        assert_true(dup2(saved, STDERR_FILENO) >= 0);
        close(saved);
        if (accepted != SIZE_MAX)
                fail_msg("flipped or cut at byte %zu: accepted", accepted);
        assert_int_equal(lseek(fileno(said), 0, SEEK_END), 0);
        (void)fclose(said);
}

/* ---- attestations of our own ---- */

static void judge(struct own *o, const struct aza_quote_expect *expect, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        bool ok = aza_quote_verify(libctx,
                                   &(struct aza_signed){own_ak, aza_bytes_span(&o->message),
                                                        aza_bytes_span(&o->signature)},
                                   expect, &checks, NULL);
        if (id == AZA_CHECK_COUNT) {
                assert_no_reject(&checks);
                assert_true(ok);
        } else {
                assert_false(ok);
                assert_rejects(&checks, id);
        }
        own_free(o);
}

static void selections(void **state)
{
        struct own o = own_quote(0xFF);
        TPMS_QUOTE_INFO *q = &o.attest.attested.quote;
        struct aza_quote_expect expect = {.pcrs = &o.pcrs};
        (void)state;
        judge(&o, &expect, AZA_CHECK_COUNT);
        /* A repeated bank: the digest of PCR 0-3, then 4-7 fits, but so would PCR 16 for 4. */
        q->pcrSelect.count = 2;
        q->pcrSelect.pcrSelections[0].pcrSelect[0] = 0x0F;
        q->pcrSelect.pcrSelections[1] = q->pcrSelect.pcrSelections[0];
        q->pcrSelect.pcrSelections[1].pcrSelect[0] = 0xF0;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q6);
        q->pcrSelect.count = 0;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q6);
        /* Another bank, more or other PCRs, PCRs that do not exist. */
        o = own_quote(0xFF);
        q->pcrSelect.pcrSelections[0].hash = TPM2_ALG_SHA384;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q6);
        o = own_quote(0x1FF);
        o.pcrs.mask = 0xFF;
        judge(&o, &expect, AZA_CHECK_Q6);
        o = own_quote(1u << 16);
        o.pcrs.mask = 0xFF;
        judge(&o, &expect, AZA_CHECK_Q6);
        o = own_quote(0xFF);
        q->pcrSelect.pcrSelections[0].sizeofSelect = 4;
        q->pcrSelect.pcrSelections[0].pcrSelect[3] = 1;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q6);
        o = own_quote(0xFF);
        q->pcrDigest.size = 31;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q7);
}

static void resettable(void **state)
{
        struct own o = own_quote(1u << 16 | 0xFF);
        struct aza_quote_expect expect = {.pcrs = &o.pcrs, .policy_mask = 1u << 16 | 0xFF};
        (void)state;
        judge(&o, &expect, AZA_CHECK_Q9);
        expect.allow_resettable = true;
        o = own_quote(1u << 16 | 0xFF);
        judge(&o, &expect, AZA_CHECK_COUNT);
}

static void nonces(void **state)
{
        static const uint8_t nonce[32] = {7};
        struct own o = own_quote(0xFF);
        struct aza_quote_expect expect = {.pcrs = &o.pcrs, .nonce = aza_span_of(nonce, 32)};
        (void)state;
        judge(&o, &expect, AZA_CHECK_Q5);
        o.attest.extraData.size = 32;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q5);
        o.attest.extraData.buffer[0] = 7;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_COUNT);
        o.attest.extraData.size = 33; /* a longer one that begins right */
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q5);
        /* An empty expected nonce is not "no nonce". */
        expect.nonce.len = 0;
        finish(&o);
        judge(&o, &expect, AZA_CHECK_Q5);
}

static void signatures(void **state)
{
        struct own o = own_quote(0xFF);
        struct aza_quote_expect expect = {.pcrs = &o.pcrs};
        AZA_BYTES struct aza_bytes tpmt = {0};
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *stranger = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        (void)state;
        assert_int_equal(aza_bytes_append_be32(&tpmt, 0x0014000B), 0);
        assert_int_equal(aza_bytes_append_be16(&tpmt, 256), 0);
        assert_int_equal(aza_bytes_append(&tpmt, o.signature.data, 256), 0);
        aza_bytes_free(&o.signature);
        o.signature = aza_bytes_take(&tpmt);
        judge(&o, &expect, AZA_CHECK_COUNT);
        finish(&o);
        assert_int_equal(aza_bytes_append_be32(&tpmt, 0x0016000B), 0); /* PSS */
        assert_int_equal(aza_bytes_append_be16(&tpmt, 256), 0);
        assert_int_equal(aza_bytes_append(&tpmt, o.signature.data, 256), 0);
        aza_bytes_free(&o.signature);
        o.signature = aza_bytes_take(&tpmt);
        judge(&o, &expect, AZA_CHECK_Q1);
        finish(&o);
        assert_int_equal(aza_bytes_resize(&o.signature, 255), 0);
        judge(&o, &expect, AZA_CHECK_Q1);
        finish(&o);
        sign_with(stranger, &o);
        judge(&o, &expect, AZA_CHECK_Q2);
}

static void judge_certify(struct own *o, const struct aza_bytes *key, const struct aza_pcrs *pcrs,
                          struct aza_span nonce, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_pcr_state state = {.mask = pcrs != NULL ? pcrs->mask : 0};
        if (pcrs != NULL)
                assert_int_equal(aza_pcr_digest(libctx, pcrs, state.digest), 0);
        bool ok = aza_certify_verify(libctx,
                                     &(struct aza_signed){own_ak, aza_bytes_span(&o->message),
                                                          aza_bytes_span(&o->signature)},
                                     &(struct aza_certify_expect){aza_bytes_span(key),
                                                                  pcrs != NULL ? &state : NULL,
                                                                  nonce},
                                     &checks);
        for (int row = AZA_CHECK_Q11; row <= AZA_CHECK_Q15; row++)
                assert_non_null(aza_checks_get(&checks, (enum aza_check_id)row));
        if (id == AZA_CHECK_COUNT) {
                assert_no_reject(&checks);
                assert_true(ok);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        } else {
                assert_false(ok);
                assert_rejects(&checks, id);
        }
        own_free(o);
}

static void certifications(void **state)
{
        static const uint8_t nonce[32] = {7};
        const struct aza_span none = {0};
        uint8_t name[34];
        struct own quote = own_quote(0xFF), o;
        struct aza_pcrs other = quote.pcrs;
        AZA_BYTES struct aza_bytes key = enc_public(&quote.pcrs, GOOD_ATTRIBUTES, name);
        (void)state;
        o = own_certify(name);
        judge_certify(&o, &key, &quote.pcrs, none, AZA_CHECK_COUNT);
        o = own_certify(name);
        judge_certify(&o, &key, &quote.pcrs, aza_span_of(nonce, 32), AZA_CHECK_Q13);
        other.value[7][0] ^= 1;
        o = own_certify(name);
        judge_certify(&o, &key, &other, none, AZA_CHECK_Q15);
        o = own_certify(name);
        o.message.data[o.message.len - 1] ^= 1;
        judge_certify(&o, &key, &quote.pcrs, none, AZA_CHECK_Q11);
        name[33] ^= 1;
        o = own_certify(name);
        judge_certify(&o, &key, &quote.pcrs, none, AZA_CHECK_Q12);
        name[33] ^= 1;
        /* A byte behind the public area is not part of it. */
        o = own_certify(name);
        assert_int_equal(aza_bytes_append(&key, "", 1), 0);
        judge_certify(&o, &key, &quote.pcrs, none, AZA_CHECK_Q12);
        /* One is not the other. */
        judge_certify(&quote, &key, &other, none, AZA_CHECK_Q11);
        o = own_certify(name);
        const struct aza_quote_expect expect = {.pcrs = &other};
        judge(&o, &expect, AZA_CHECK_Q3);
}

static void attributes(void **state)
{
        const struct aza_span none = {0};
        struct own quote = own_quote(0xFF);
        (void)state;
        /* Each needed bit cleared, each forbidden one set. */
        static const uint32_t flips[] = {1u << 1, 1u << 4,  1u << 5, 1u << 17,
                                         1u << 6, 1u << 16, 1u << 18};
        for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
                uint8_t name[34];
                AZA_BYTES struct aza_bytes key =
                        enc_public(&quote.pcrs, GOOD_ATTRIBUTES ^ flips[i], name);
                struct own o = own_certify(name);
                judge_certify(&o, &key, &quote.pcrs, none, AZA_CHECK_Q14);
        }
        own_free(&quote);
}

static void public_areas(void **state)
{
        uint8_t name[34];
        struct own quote = own_quote(0xFF);
        AZA_BYTES struct aza_bytes key = enc_public(&quote.pcrs, GOOD_ATTRIBUTES, name);
        struct aza_tpm_public p = {0};
        (void)state;
        own_free(&quote);
        assert_int_equal(aza_tpm_public_parse(libctx, aza_bytes_span(&key), false, &p), 0);
        assert_memory_equal(p.name, name, 34);
        assert_int_equal(p.attributes, GOOD_ATTRIBUTES);
        aza_tpm_public_free(&p);
        for (size_t len = 0; len < key.len; len++) {
                AZA_BYTES struct aza_bytes cut = {0};
                assert_int_equal(aza_bytes_set(&cut, key.data, len), 0);
                assert_int_equal(aza_tpm_public_parse(libctx, aza_bytes_span(&cut), true, &p),
                                 AZATTEST_E_EVIDENCE);
        }
        key.data[key.len - 1] &= 0xFE; /* an even modulus */
        assert_int_equal(aza_tpm_public_parse(libctx, aza_bytes_span(&key), false, &p),
                         AZATTEST_E_EVIDENCE);
        key.data[key.len - 1] |= 1;
        key.data[3] = 0x23; /* ECC */
        assert_int_equal(aza_tpm_public_parse(libctx, aza_bytes_span(&key), false, &p),
                         AZATTEST_E_EVIDENCE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_quotes),        cmocka_unit_test(trusted_launch_quote),
                cmocka_unit_test(three_banks),        cmocka_unit_test(negatives),
                cmocka_unit_test(every_byte_flipped), cmocka_unit_test(selections),
                cmocka_unit_test(resettable),         cmocka_unit_test(nonces),
                cmocka_unit_test(signatures),         cmocka_unit_test(certifications),
                cmocka_unit_test(attributes),         cmocka_unit_test(public_areas),
        };
        return cmocka_run_group_tests(tests, set_up_ak, tear_down_ak);
}
