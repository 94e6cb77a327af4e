/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a simulated VM, good as a whole, with the options that accept it: for the tests
 * that change one thing about it. */
#ifndef TESTS_BOTH_SUPPORT_H
#define TESTS_BOTH_SUPPORT_H

#include "unit/assert_ok.h"
#include "unit/evidence_support.h"
#include "unit/sim_fixture.h"

#include "base/certs.h"
#include "base/clock.h"
#include "evidence/judge.h"
#include "tpm/key.h"
#include "tpm/nv.h"

#include <openssl/x509.h>

#define FIRMWARE 0xFFu

static struct fixture vm;
static struct aza_evidence_file good; /* quoted with `qualifying` */
static char amd_root[65], vtpm_root[65];
static const uint8_t qualifying[32] = {0x51, 0x75, 0x6F, 0x74, 0x65};

/* ---- the honest evidence ---- */

static inline void add_pem(struct aza_bytes *pem, X509 *cert)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;

        assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
        long len = BIO_get_mem_data(bio, &text);
        assert_ok(aza_bytes_append(pem, text, (size_t)len));
}

/* AMD's roots are pinned by key, the vTPM's by certificate. */
static inline void pin_roots(void)
{
        AZA_BYTES struct aza_bytes spki = {0};
        uint8_t digest[32];

        assert_ok(aza_spki(vm.pki.ark_key, &spki));
        assert_ok(aza_sha256(libctx, aza_bytes_span(&spki), digest));
        (void)aza_hex(aza_span_of(digest, sizeof(digest)), amd_root);
        assert_true(aza_cert_sha256(libctx, vm.pki.vtpm_root, digest));
        (void)aza_hex(aza_span_of(digest, sizeof(digest)), vtpm_root);
}

static inline void read_index(struct aza_tpm *tpm, uint32_t index, struct aza_bytes *out)
{
        enum aza_nv_state state = AZA_NV_ABSENT;

        assert_ok(aza_nv_read(tpm, index, &state, out));
        assert_int_equal(state, AZA_NV_PRESENT);
}

static inline void collect(struct aza_tpm *tpm)
{
        const char *vcek = sim_vm_vcek_pem(vm.vm);
        const struct aza_span nonce = aza_span_of(qualifying, sizeof(qualifying));
        const struct aza_key_spec spec = {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, FIRMWARE};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;

        good = (struct aza_evidence_file){.vm = AZA_VM_SEVSNP};
        read_index(tpm, AZA_NV_HCL_REPORT, &good.hcl_report);
        read_index(tpm, AZA_NV_AK_CERT, &good.ak_certificate);
        assert_ok(aza_ak_read(tpm, &good.ak_public));
        assert_ok(aza_bytes_append(&good.vcek_chain, vcek, strlen(vcek)));
        add_pem(&good.vcek_chain, vm.pki.ask);
        add_pem(&good.vcek_chain, vm.pki.ark);
        add_pem(&good.ak_chain, vm.pki.vtpm_ca);
        add_pem(&good.ak_chain, vm.pki.vtpm_root);
        assert_ok(aza_file_read(sim_vm_event_log(vm.vm), 1 << 20, &good.event_log));
        assert_ok(aza_pcr_read(tpm, FIRMWARE, &good.pcrs));
        assert_ok(aza_quote(tpm, FIRMWARE, nonce, &good.quote));
        assert_ok(aza_key_derive(tpm, &spec, NULL, &key));
        assert_ok(aza_keyref_public(libctx, key, &good.key_public));
        assert_ok(aza_key_certify(tpm, key, nonce, &good.certify));
}

static inline int set_up_vm(void **state)
{
        struct aza_tpm *tpm = NULL;

        (void)setenv("TSS2_LOG", "all+none", 1); /* what cannot be parsed is meant to be so */
        if (set_up(state) != 0 || start_vm(&vm, SIM_SEVSNP) != 0 ||
            aza_tpm_new(libctx, sim_vm_tcti(vm.vm), "", &tpm) != 0)
                return -1;
        collect(tpm);
        pin_roots();
        aza_tpm_free(tpm);
        return 0;
}

static inline int tear_down_vm(void **state)
{
        aza_evidence_file_free(&good);
        stop_vm(&vm);
        return tear_down(state);
}

static inline struct aza_judge_options options(void)
{
        struct aza_judge_options o = {.require = AZA_REQUIRE_SEVSNP,
                                      .qualifying = aza_span_of(qualifying, sizeof(qualifying)),
                                      .pcr_mask = FIRMWARE,
                                      .policy_mask = FIRMWARE,
                                      .snp.roots = amd_root,
                                      .vtpm_roots = vtpm_root,
                                      .need_ak_certificate = true,
                                      .need_key = true,
                                      .need_event_log = true,
                                      .need_secure_boot = true,
                                      .foreign = true,
                                      .vmid = sim_vm_id(vm.vm)};
        assert_ok(aza_now(&o.time));
        return o;
}

/* A copy of the honest evidence, by way of its file. */
static inline struct aza_evidence_file copy(const struct aza_evidence_file *f)
{
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_evidence_file ret = {0};

        assert_ok(aza_evidence_file_encode(f, &text));
        assert_ok(aza_evidence_file_decode(aza_bytes_span(&text), &ret));
        return ret;
}

#endif
