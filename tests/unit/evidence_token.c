/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_token: what MAA says of a VM beside what the VM's evidence proves (T18). */
#include "unit/judge_support.h"
#include "unit/set_claim.h"

#include "verdict/evidence.h"
#include "verdict/evidence_policy.h"
#include "verdict/together.h"

#include "base/json.h"

#define TEE "x-ms-isolation-tee."
#define SNP TEE "x-ms-sevsnpvm-"
#define AK  TEE "x-ms-runtime.keys"

/* A VM whose evidence was judged and a token that an honest MAA makes of it. */
struct pair {
        struct aza_checks rows;
        struct aza_judgement j;
        struct aza_token token;
};

static json_object *jwk(EVP_PKEY *key, const char *kid)
{
        AZA_BYTES struct aza_bytes n = {0}, text = {0};
        json_object *o = json_object_new_object(), *ops = json_object_new_array();

        assert_int_equal(aza_rsa_modulus(key, &n), 0);
        assert_int_equal(aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&n), &text), 0);
        (void)json_object_array_add(ops, json_object_new_string("encrypt"));
        (void)json_object_object_add(o, "e", json_object_new_string("AQAB"));
        (void)json_object_object_add(o, "key_ops", ops);
        (void)json_object_object_add(o, "kid", json_object_new_string(kid));
        (void)json_object_object_add(o, "kty", json_object_new_string("RSA"));
        (void)json_object_object_add(o, "n", json_object_new_string((const char *)text.data));
        return o;
}

static void set_key(json_object *claims, EVP_PKEY *key)
{
        json_object *runtime = json_object_new_object(), *keys = json_object_new_array();

        (void)json_object_array_add(keys, jwk(key, "TpmEphemeralEncryptionKey"));
        (void)json_object_object_add(runtime, "keys", keys);
        set_claim(claims, "x-ms-runtime", runtime);
}

/* The evidence's key is the AK here: real sets have none of their own. */
static void make_pair(const struct aza_evidence_file *f, const struct aza_judge_options *o,
                      struct pair *ret)
{
        *ret = (struct pair){0};
        (void)aza_evidence_judge(libctx, f, o, &ret->rows, &ret->j);
        assert_no_reject(&ret->rows);
        assert_non_null(ret->j.ak);
        EVP_PKEY_free(ret->j.key);
        assert_int_equal(EVP_PKEY_up_ref(ret->j.ak), 1);
        ret->j.key = ret->j.ak;
        json_object *claims = aza_evidence_as_claims(&ret->j, &ret->rows), *copy = NULL;
        assert_int_equal(json_object_deep_copy(claims, &copy, NULL), 0);
        json_object_put(claims);
        set_key(copy, ret->j.key);
        ret->token.claims = copy;
}

static void free_pair(struct pair *p)
{
        aza_checks_free(&p->rows);
        aza_judgement_free(&p->j);
        json_object_put(p->token.claims);
}

/* The one row T18 in place of the one that was there. */
static void expect(const struct pair *p, enum aza_outcome outcome, const char *reason)
{
        AZA_CHECKS struct aza_checks rows = {0};

        (void)aza_accept(&rows, AZA_CHECK_T17, NULL);
        (void)aza_not_checked(&rows, AZA_CHECK_T18, AZA_SWITCHED_OFF, "none");
        (void)aza_accept(&rows, AZA_CHECK_G4, NULL);
        aza_token_beside_evidence(libctx, &p->token, &p->j, &p->rows, &rows);
        assert_int_equal(rows.count, 3);
        assert_int_equal(rows.items[1].id, AZA_CHECK_T18);
        if (rows.items[1].outcome != outcome || strstr(rows.items[1].reason, reason) == NULL)
                fail_msg("%d %s, not %s", (int)rows.items[1].outcome, rows.items[1].reason, reason);
        assert_true(rows.items[1].required);
        assert_int_equal(aza_checks_verdict(&rows), outcome == AZA_ACCEPT ? AZA_VERDICT_ACCEPT
                                                    : outcome == AZA_REJECT
                                                            ? AZA_VERDICT_REJECT
                                                            : AZA_VERDICT_INCOMPLETE);
}

/* With the member at `path` set to this JSON ("" deletes it); as it was before afterwards. */
static void with(struct pair *p, const char *path, const char *json, enum aza_outcome outcome,
                 const char *reason)
{
        json_object *before = p->token.claims, *value = NULL;

        p->token.claims = NULL;
        assert_int_equal(json_object_deep_copy(before, &p->token.claims, NULL), 0);
        if (*json != '\0')
                assert_int_equal(aza_json_parse(aza_span_of(json, strlen(json)), 65536, &value), 0);
        set_claim(p->token.claims, path, value);
        expect(p, outcome, reason);
        json_object_put(p->token.claims);
        p->token.claims = before;
}

#define ZEROS96                                                                                  \
        "\"000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
        "000000000000\""

/* Every claim that the hardware report, runtime data or log proves, changed alone. */
static void contradictions(void **state)
{
        static const struct {
                const char *path, *json, *reason;
        } all[] = {
                {"x-ms-azurevm-vmid", "\"22222222-2222-3333-4444-555555555555\"",
                 "x-ms-azurevm-vmid"},
                {"x-ms-azurevm-vmid", "", "x-ms-azurevm-vmid"},
                {"x-ms-azurevm-vmid", "7", "x-ms-azurevm-vmid"},
                {"x-ms-attestation-type", "\"tpm\"", "x-ms-attestation-type"},
                {"secureboot", "false", "secureboot"},
                {"secureboot", "\"true\"", "secureboot"},
                {"x-ms-isolation-tee", "", "confidential VM"},
                {TEE "x-ms-attestation-type", "\"tdxvm\"", "x-ms-attestation-type"},
                {TEE "x-ms-attestation-type", "", "x-ms-attestation-type"},
                {SNP "launchmeasurement", ZEROS96, "launchmeasurement"},
                {SNP "launchmeasurement", "", "launchmeasurement"},
                {SNP "hostdata", "\"01\"", "hostdata"},
                {SNP "reportid", "\"01\"", "reportid"},
                {SNP "familyId", "\"01\"", "familyId"},
                {SNP "imageId", "\"01\"", "imageId"},
                {SNP "idkeydigest", ZEROS96, "idkeydigest"},
                {SNP "authorkeydigest", "\"01\"", "authorkeydigest"},
                {SNP "bootloader-svn", "5", "bootloader-svn"},
                {SNP "tee-svn", "1", "tee-svn"},
                {SNP "snpfw-svn", "25", "snpfw-svn"},
                {SNP "microcode-svn", "220", "microcode-svn"},
                {SNP "guestsvn", "13", "guestsvn"},
                {SNP "vmpl", "1", "vmpl"},
                {SNP "is-debuggable", "true", "is-debuggable"},
                {SNP "is-debuggable", "0", "is-debuggable"},
                {SNP "smt-allowed", "false", "smt-allowed"},
                {SNP "migration-allowed", "true", "migration-allowed"},
                {SNP "reportdata", "", "reportdata"},
                {AK, "[]", "the AK"},
                {TEE "x-ms-runtime", "", "the AK"},
                {TEE "x-ms-runtime.vm-configuration.vmUniqueId", "\"1\"", "vmUniqueId"},
                {TEE "x-ms-runtime.vm-configuration", "", "vmUniqueId"},
        };
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct pair p;

        (void)state;
        make_pair(&vm.f, &o, &p);
        expect(&p, AZA_ACCEPT, "the evidence proves the token's key, AK and ");
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
                with(&p, all[i].path, all[i].json, AZA_REJECT, all[i].reason);
        free_pair(&p);
        own_vm_free(&vm);
}

/* What may differ, and what an older MAA did not say. */
static void harmless(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct pair p;

        (void)state;
        make_pair(&vm.f, &o, &p);
        with(&p, "x-ms-azurevm-attested-pcrs", "[0,4,7]", AZA_ACCEPT, "");
        with(&p, "x-ms-azurevm-ostype", "\"Linux\"", AZA_ACCEPT, "");
        with(&p, TEE "x-ms-compliance-status", "\"none\"", AZA_ACCEPT, "");
        /* MAA shows the whole guest SVN, with its flag; ids in either case. */
        with(&p, SNP "guestsvn", "65548", AZA_ACCEPT, "");
        free_pair(&p);
        own_vm_free(&vm);
}

/* D50: what MAA leaves out and the evidence proves may be what MAA should have refused. */
static void omissions(void **state)
{
        static const char *const all[] = {"secureboot", SNP "reportid",    SNP "is-debuggable",
                                          SNP "vmpl",   SNP "cxl-allowed", SNP "microcode-svn"};
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct pair p;

        (void)state;
        make_pair(&vm.f, &o, &p);
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                const char *dot = strrchr(all[i], '.');
                with(&p, all[i], "", AZA_NO_INPUT, dot != NULL ? dot + 1 : all[i]);
        }
        free_pair(&p);
        own_vm_free(&vm);
}

/* The attested key decides whom the token is good for. */
static void keys(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *other = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        struct pair p;

        (void)state;
        make_pair(&vm.f, &o, &p);
        set_key(p.token.claims, other);
        expect(&p, AZA_REJECT, "attests another key");
        set_claim(p.token.claims, "x-ms-runtime", NULL);
        expect(&p, AZA_NO_INPUT, "no attested key");
        set_key(p.token.claims, p.j.key);
        json_object *list = json_object_new_array();
        (void)json_object_array_add(list, jwk(other, "HCLAkPub"));
        set_claim(p.token.claims, AK, list);
        expect(&p, AZA_REJECT, "the AK is another key");
        list = json_object_new_array();
        (void)json_object_array_add(list, jwk(p.j.ak, "HCLAkPub"));
        (void)json_object_array_add(list, jwk(p.j.ak, "HCLAkPub"));
        set_claim(p.token.claims, AK, list);
        expect(&p, AZA_REJECT, "the AK");
        EVP_PKEY_free(p.j.key);
        p.j.key = NULL;
        expect(&p, AZA_NO_INPUT, "proves no attested key");
        free_pair(&p);
        own_vm_free(&vm);
}

/* Evidence that is refused proves nothing to compare with; nor is there a row for no token. */
static void nothing_to_compare(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        AZA_CHECKS struct aza_checks rows = {0};
        struct pair p;

        (void)state;
        make_pair(&vm.f, &o, &p);
        aza_token_beside_evidence(libctx, NULL, &p.j, &p.rows, &rows);
        assert_outcome(&rows, AZA_CHECK_T18, AZA_NO_INPUT);
        (void)aza_reject(&p.rows, AZA_CHECK_S22, "not signed");
        expect(&p, AZA_NO_INPUT, "the evidence is refused");
        free_pair(&p);
        own_vm_free(&vm);
}

/* Nobody signed the report, and nobody's certificate names the AK: what agrees with it shows
 * nothing; what does not is refused. */
static void vouched_for_by_nobody(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct pair whole, p;

        (void)state;
        make_pair(&vm.f, &o, &whole);
        aza_bytes_free(&vm.f.vcek_chain);
        aza_bytes_free(&vm.f.ak_chain);
        make_pair(&vm.f, &o, &p);
        json_object_put(p.token.claims);
        p.token.claims = json_object_get(whole.token.claims);
        set_key(p.token.claims, p.j.key);
        expect(&p, AZA_ACCEPT, "the evidence proves");
        aza_evidence_doubt(&p.j, true, &p.rows);
        expect(&p, AZA_NO_INPUT, "as A1");
        with(&p, "secureboot", "false", AZA_REJECT, "secureboot");
        free_pair(&whole);
        free_pair(&p);
        own_vm_free(&vm);
}

/* Another process wrote user data between token and evidence: REPORT_DATA differs and must be
 * the hash of the token's own runtime data. */
static void other_user_data(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        AZA_BYTES struct aza_bytes text = {0};
        uint8_t report_data[64] = {0};
        char hex[129];
        struct pair p;

        (void)state;
        make_pair(&vm.f, &o, &p);
        put(&text, vm.f.runtime_data.data, vm.f.runtime_data.len - 1);
        put(&text, ",\"user-data\":\"AB\"}", 18);
        assert_int_equal(aza_sha256(libctx, aza_bytes_span(&text), report_data), 0);
        set_claim(p.token.claims, TEE "x-ms-runtime.user-data", json_object_new_string("AB"));
        set_claim(p.token.claims, SNP "reportdata",
                  json_object_new_string(aza_hex(aza_span_of(report_data, 64), hex)));
        expect(&p, AZA_ACCEPT, "the evidence proves");
        set_claim(p.token.claims, TEE "x-ms-runtime.user-data", json_object_new_string("AC"));
        expect(&p, AZA_UNAVAILABLE, "neither the evidence's nor the hash");
        report_data[63] = 1;
        set_claim(p.token.claims, TEE "x-ms-runtime.user-data", json_object_new_string("AB"));
        set_claim(p.token.claims, SNP "reportdata",
                  json_object_new_string(aza_hex(aza_span_of(report_data, 64), hex)));
        expect(&p, AZA_UNAVAILABLE, "neither the evidence's nor the hash");
        free_pair(&p);
        own_vm_free(&vm);
}

/* The same over real evidence, AMD's and Intel's. */
static void real_sets(void **state)
{
        static const struct {
                const char *set, *product, *claim, *json;
                enum aza_vm vm;
        } all[] = {
                {"azure-snp/milan-v3-coco-evidence-v2", "milan", SNP "launchmeasurement", ZEROS96,
                 AZA_VM_SEVSNP},
                {"azure-snp/genoa-v3-coco", "genoa", SNP "snpfw-svn", "24", AZA_VM_SEVSNP},
                {"azure-tdx/tdx-coco", NULL, TEE "tdx_mrtd", ZEROS96, AZA_VM_TDX},
                {"azure-tdx/tdx-flashbots-2025-12-ak-ca03", NULL, TEE "tdx_td_attributes_debug",
                 "true", AZA_VM_TDX},
        };
        const struct aza_judge_options o = {.require = AZA_REQUIRE_CVM,
                                            .time = NOW,
                                            .pcr_mask = 0xFFFFFF,
                                            .snp.profile = aza_profile_find("none"), /* I14 */
                                            .foreign = true,
                                            .beside_token = true};

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                struct aza_evidence_file f = real_file(all[i].set, all[i].vm, all[i].product);
                struct pair p;
                make_pair(&f, &o, &p);
                assert_outcome(&p.rows, AZA_CHECK_G4, AZA_NOT_APPLICABLE);
                expect(&p, AZA_ACCEPT, "the evidence proves");
                with(&p, all[i].claim, all[i].json, AZA_REJECT, strrchr(all[i].claim, '.') + 1);
                if (all[i].vm == AZA_VM_TDX) {
                        /* Judged by documents that may be others, and made of what is compared. */
                        with(&p, TEE "attester_tcb_status", "\"OutOfDate\"", AZA_ACCEPT, "");
                        with(&p, TEE "tdx_seamsvn", "9", AZA_ACCEPT, "");
                        with(&p, TEE "tdx_seamsvn", "", AZA_ACCEPT, "");
                        with(&p, TEE "tdx_tee_tcb_svn", ZEROS96, AZA_REJECT, "tdx_tee_tcb_svn");
                        with(&p, TEE "x-ms-attestation-type", "\"sevsnpvm\"", AZA_REJECT,
                             "x-ms-attestation-type");
                        with(&p, TEE "tdx_report_data", "", AZA_REJECT, "tdx_report_data");
                        with(&p, TEE "tdx_report_data", ZEROS96, AZA_UNAVAILABLE, "neither");
                        with(&p, TEE "tdx_mrtd", "", AZA_REJECT, "tdx_mrtd");
                }
                free_pair(&p);
                aza_evidence_file_free(&f);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(contradictions),
                cmocka_unit_test(harmless),
                cmocka_unit_test(omissions),
                cmocka_unit_test(keys),
                cmocka_unit_test(vouched_for_by_nobody),
                cmocka_unit_test(nothing_to_compare),
                cmocka_unit_test(other_user_data),
                cmocka_unit_test(real_sets),
        };
        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
