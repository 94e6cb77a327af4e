/* SPDX-License-Identifier: Apache-2.0 */
/* Real sets as evidence files, and a whole confidential VM of our own: evidence that every check
 * accepts, to be changed by tests. */
#ifndef TEST_JUDGE_SUPPORT_H
#define TEST_JUDGE_SUPPORT_H

#include "unit/ak_support.h"
#include "unit/attest_support.h"
#include "unit/event_support.h"
#include "unit/snp_support.h"

#include "evidence/judge.h"

#include "base/base64.h"

#define NOW  AK_NOW
#define VMID "11111111-2222-3333-4444-555555555555"

static inline int set_up_all(void **state)
{
        if (set_up_keys(state) != 0)
                return -1;
        own_ak = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_root_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_ca_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_leaf_key = own_ak;
        return own_ak == NULL || ak_root_key == NULL || ak_ca_key == NULL ? -1 : 0;
}

static inline int tear_down_all(void **state)
{
        EVP_PKEY_free(own_ak);
        EVP_PKEY_free(ak_root_key);
        EVP_PKEY_free(ak_ca_key);
        return tear_down_keys(state);
}

static inline void add_pem(struct aza_bytes *pem, X509 *cert)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;
        assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
        long len = BIO_get_mem_data(bio, &text);
        put(pem, text, (size_t)len);
}

/* TPM2B_PUBLIC as the vTPM gives the AK (PROTOCOL.md 2.4). */
static inline struct aza_bytes ak_public_of(EVP_PKEY *key)
{
        TPM2B_PUBLIC p = {.publicArea = {.type = TPM2_ALG_RSA,
                                         .nameAlg = TPM2_ALG_SHA256,
                                         .objectAttributes = 0x00050472}};
        AZA_BYTES struct aza_bytes n = {0};
        struct aza_bytes b = {0};
        size_t offset = 0;
        TPMS_RSA_PARMS *rsa = &p.publicArea.parameters.rsaDetail;
        rsa->symmetric.algorithm = TPM2_ALG_NULL;
        rsa->scheme.scheme = TPM2_ALG_RSASSA;
        rsa->scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
        rsa->keyBits = 2048;
        assert_int_equal(aza_rsa_modulus(key, &n), 0);
        p.publicArea.unique.rsa.size = 256;
        memcpy(p.publicArea.unique.rsa.buffer, n.data, 256);
        assert_int_equal(aza_bytes_resize(&b, 1024), 0);
        assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Marshal(&p, b.data, b.len, &offset), TSS2_RC_SUCCESS);
        assert_int_equal(aza_bytes_resize(&b, offset), 0);
        return b;
}

/* ---- real sets ---- */

static inline void add_pem_file(struct aza_bytes *pem, const char *name)
{
        AZA_BYTES struct aza_bytes b = vector(name);
        if (b.data[0] == 0x30) {
                AZA_OWN(X509_free) X509 *cert = aza_cert_parse(libctx, aza_bytes_span(&b));
                add_pem(pem, cert);
        } else {
                put(pem, b.data, b.len);
        }
}

/* A real set as an evidence file. */
static inline struct aza_evidence_file real_file(const char *set, enum aza_vm vm,
                                                 const char *product)
{
        struct aza_evidence_file f = {.vm = vm};
        char name[128];
        AZA_BYTES struct aza_bytes values = {0};
        f.quote.message = set_file(set, "quote.msg");
        f.quote.signature = set_file(set, "quote.sig");
        f.hcl_report = set_file(set, "hcl-report.bin");
        values = set_file(set, "pcrs-sha256.bin");
        set_pcrs(aza_bytes_span(&values), 0xFFFFFF, &f.pcrs);
        if (vm == AZA_VM_TDX)
                f.td_quote = set_file(set, "td-quote.bin");
        if (product != NULL) {
                (void)snprintf(name, sizeof(name), "%s/vcek.der", set);
                add_pem_file(&f.vcek_chain, name);
                (void)snprintf(name, sizeof(name), "amd/%s_ask.pem", product);
                add_pem_file(&f.vcek_chain, name);
                (void)snprintf(name, sizeof(name), "amd/%s_ark.pem", product);
                add_pem_file(&f.vcek_chain, name);
        }
        return f;
}

/* ---- a VM of our own ---- */

struct own_vm {
        struct aza_evidence_file f;
        struct test_chain chain;
        char vtpm_roots[65]; /* pin of the AK certificate's root */
        uint8_t qualifying[32];
};

static inline void put_cert(struct aza_bytes *b, X509 *cert)
{
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        assert_true(len > 0);
        put(b, der, (size_t)len);
        OPENSSL_free(der);
}

/* The AK's certificate with its issuers, good around TEST_TIME. */
static inline void add_ak_certificate(struct own_vm *vm)
{
        struct ak_plan plans[3] = {ak_root_plan(), ak_ca_plan(), ak_leaf_plan()};
        uint8_t hash[32];
        for (int i = 0; i < 3; i++)
                plans[i].from = TEST_TIME - 86400, plans[i].until = TEST_TIME + 90 * 86400;
        AZA_OWN(X509_free) X509 *root = ak_make(&plans[0]);
        AZA_OWN(X509_free) X509 *ca = ak_make(&plans[1]);
        AZA_OWN(X509_free) X509 *leaf = ak_make(&plans[2]);
        put_cert(&vm->f.ak_certificate, leaf);
        add_pem(&vm->f.ak_chain, ca);
        add_pem(&vm->f.ak_chain, root);
        assert_true(aza_cert_sha256(libctx, root, hash));
        (void)aza_hex(aza_span_of(hash, 32), vm->vtpm_roots);
}

static inline struct aza_bytes own_runtime(void)
{
        struct aza_bytes json = {0};
        AZA_BYTES struct aza_bytes n = {0}, text = {0};
        assert_int_equal(aza_rsa_modulus(own_ak, &n), 0);
        assert_int_equal(aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&n), &text), 0);
        const char *const parts[] = {
                "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":"
                "\"AQAB\",\"n\":\"",
                (const char *)text.data,
                "\"}],\"vm-configuration\":{\"console-enabled\":true,\"secure-boot\":true,"
                "\"tpm-enabled\":true,\"vmUniqueId\":\"" VMID "\"}}"};
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(aza_bytes_append_text(&json, parts[i]), 0);
        return json;
}

static inline struct aza_bytes own_frame(const uint8_t report[AZA_SNP_REPORT_LEN],
                                         const struct aza_bytes *json)
{
        struct aza_bytes b = {0};
        put(&b, "HCLA", 4);
        put32(&b, 2);
        put32(&b, (uint32_t)(0x4D4 + json->len));
        put32(&b, 2);
        for (int i = 0; i < 4; i++)
                put32(&b, 0);
        put(&b, report, AZA_SNP_REPORT_LEN);
        put32(&b, (uint32_t)(20 + json->len));
        put32(&b, 1);
        put32(&b, 2);
        put32(&b, 1);
        put32(&b, (uint32_t)json->len);
        put(&b, json->data, json->len);
        assert_int_equal(aza_bytes_resize(&b, 2600), 0);
        return b;
}

static inline void sign_own(struct own_vm *vm, struct own *o)
{
        o->attest.extraData.size = 32;
        memcpy(o->attest.extraData.buffer, vm->qualifying, 32);
        finish(o);
}

static inline struct own_vm own_vm(void)
{
        struct own_vm vm = {.f = {.vm = AZA_VM_SEVSNP}, .chain = good_chain(), .qualifying = {9}};
        struct log_maker log = good_log();
        uint8_t report[AZA_SNP_REPORT_LEN], name[34];
        AZA_BYTES struct aza_bytes json = own_runtime();
        good_report(report);
        assert_int_equal(aza_sha256(libctx, aza_bytes_span(&json), report + 0x50), 0);
        sign_report(report);
        vm.f.hcl_report = own_frame(report, &json);
        put(&vm.f.snp_report, report, sizeof(report));
        put(&vm.f.runtime_data, json.data, json.len);
        for (int i = 0; i < sk_X509_num(vm.chain.pile); i++)
                add_pem(&vm.f.vcek_chain, sk_X509_value(vm.chain.pile, i));
        vm.f.ak_public = ak_public_of(own_ak);
        add_ak_certificate(&vm);
        put(&vm.f.event_log, log.log.data, log.log.len);
        vm.f.pcrs = log.pcrs;
        vm.f.pcrs.mask = 0xFF;
        log_free(&log);

        struct own q = own_quote(0xFF);
        q.pcrs = vm.f.pcrs;
        assert_int_equal(
                aza_pcr_digest(libctx, &vm.f.pcrs, q.attest.attested.quote.pcrDigest.buffer), 0);
        sign_own(&vm, &q);
        vm.f.quote.message = q.message;
        vm.f.quote.signature = q.signature;
        vm.f.key_public = enc_public(&vm.f.pcrs, GOOD_ATTRIBUTES, name);
        struct own c = own_certify(name);
        sign_own(&vm, &c);
        vm.f.certify.message = c.message;
        vm.f.certify.signature = c.signature;
        return vm;
}

static inline void own_vm_free(struct own_vm *vm)
{
        aza_evidence_file_free(&vm->f);
        chain_free(&vm->chain);
}

static inline struct aza_judge_options own_options(const struct own_vm *vm)
{
        return (struct aza_judge_options){.require = AZA_REQUIRE_SEVSNP,
                                          .time = TEST_TIME,
                                          .qualifying = aza_span_of(vm->qualifying, 32),
                                          .pcr_mask = 0xFF,
                                          .policy_mask = 0xFF,
                                          .snp.roots = vm->chain.roots,
                                          .vtpm_roots = vm->vtpm_roots,
                                          .need_key = true,
                                          .need_event_log = true,
                                          .need_secure_boot = true,
                                          .foreign = true,
                                          .vmid = VMID};
}

#endif
