/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a renewed AK certificate must be. It came over plain HTTP: whatever it is, it may
 * not make the VM worse off. */
#include "online/ak_candidate.h"

#include "base/certs.h"
#include "base/error.h"
#include "certificate/certificate.h"
#include "evidence/ak_cert.h"
#include "online/ak_issuers.h"

#include <openssl/x509v3.h>
#include <string.h>

#define REFUSE(...) AZA_FAIL(AZATTEST_E_AK_CERT_RENEW, "the renewed AK certificate " __VA_ARGS__)

static bool is_for(const EVP_PKEY *ak, const X509 *certificate)
{
        return EVP_PKEY_eq(ak, X509_get0_pubkey(certificate)) == 1;
}

int aza_ak_candidate_own(OSSL_LIB_CTX *libctx, const EVP_PKEY *ak, struct aza_span content,
                         X509 **ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;

        if (!aza_ak_cert_parse(libctx, content, &checks, &certificate))
                return AZA_FAIL(
                        AZATTEST_E_AK_CERT_PARSING,
                        "NV 0x01C101D0 holds no certificate; reboot the VM, Azure writes it at start");
        if (!is_for(ak, certificate))
                return AZA_FAIL(
                        AZATTEST_E_EVIDENCE,
                        "the AK certificate is for another key than the AK: reboot the VM, Azure renews it at start; redeploy it if that does not help");
        *ret = aza_take(&certificate);
        return 0;
}

/* Names alone can be had by anybody: where both say which key signed them, that has to be one. */
static bool same_issuer(const X509 *a, const X509 *b)
{
        const ASN1_OCTET_STRING *x = X509_get0_authority_key_id((X509 *)a);
        const ASN1_OCTET_STRING *y = X509_get0_authority_key_id((X509 *)b);

        return X509_NAME_cmp(X509_get_issuer_name(a), X509_get_issuer_name(b)) == 0 &&
               (x == NULL || y == NULL || ASN1_OCTET_STRING_cmp(x, y) == 0);
}

static int judge_chain(const struct aza_attester *vm, X509 *certificate, const char *which,
                       const struct aza_bytes *issuers, int64_t time)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_ak_options o = {.roots = vm->config->vtpm_root,
                                         .time = time,
                                         .trusted_launch = aza_ak_cert_kind(certificate) ==
                                                           AZA_AK_CERT_TRUSTED_LAUNCH};
        int r = pile == NULL ? AZA_NO_MEMORY()
                             : aza_certs_add_some(vm->libctx, aza_bytes_span(issuers), pile);

        if (r != 0)
                return r;
        (void)aza_ak_chain_verify(vm->libctx, certificate, pile, &o, &checks);
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_A3);
        if (row != NULL && row->outcome == AZA_ACCEPT)
                return 0;
        return AZA_FAIL(AZATTEST_E_AK_CERT_RENEW, "%s does not lead to Azure's root: %s", which,
                        row != NULL && row->reason != NULL ? row->reason : "no chain");
}

/* The one that is there is put back when something fails: it has to be whole, though it may have
 * ended. */
static int judge_chains(const struct aza_attester *vm, const struct aza_ak_candidate *old,
                        X509 *certificate, const struct aza_bytes *issuers)
{
        int64_t now = 0, end = 0;
        int r = aza_now(&now);

        if (r == 0)
                r = aza_certificate_expiry(old->certificate, &end);
        if (r == 0)
                r = judge_chain(vm, certificate, "the renewed AK certificate, which is not used,",
                                issuers, now);
        if (r == 0)
                r = judge_chain(
                        vm, old->certificate,
                        "nothing is written: reboot the VM, Azure writes its certificate at start. The AK certificate that is there",
                        issuers, end <= now ? end - 1 : now);
        return r;
}

/* With the issuers that are at hand, or that the certificate says where to find. Names and key
 * identifiers are anybody's to write, so without them nothing shows who made it. */
static int judge_issuer(const struct aza_attester *vm, const struct aza_ak_candidate *old,
                        X509 *certificate, const struct aza_bytes *der)
{
        struct aza_evidence_file file = {.vm = aza_ak_cert_kind(certificate) ==
                                                               AZA_AK_CERT_TRUSTED_LAUNCH
                                                       ? AZA_VM_TRUSTEDLAUNCH
                                                       : AZA_VM_SEVSNP};
        int r;

        if (aza_ak_cert_kind(certificate) != aza_ak_cert_kind(old->certificate))
                return REFUSE("is of another kind of VM; it is not used");
        if (!same_issuer(certificate, old->certificate))
                return REFUSE("is of another issuer than the one that is there; it is not used");
        r = aza_bytes_set(&file.ak_certificate, der->data, der->len);
        if (r == 0)
                r = aza_evidence_issuers(vm->libctx, vm->config, vm->deadline, &file);
        if (r == 0)
                r = file.ak_chain.len > 0
                            ? judge_chains(vm, old, certificate, &file.ak_chain)
                            : REFUSE("cannot be traced to Azure's root, as its issuers are not at hand; it is not used. Set ak-issuers to a file of them, or to fetch");
        aza_evidence_file_free(&file);
        return r;
}

static int judge_time(X509 *certificate, X509 *old)
{
        int64_t end = 0, before = 0, now = 0;
        bool late = false;
        int r = aza_certificate_expiry(certificate, &end);

        if (r == 0)
                r = aza_certificate_expiry(old, &before);
        if (r == 0)
                r = aza_now(&now);
        if (r != 0)
                return r;
        if (!aza_cert_valid_at(certificate, now, &late))
                return REFUSE("is not valid now; it is not used");
        if (end <= before)
                return REFUSE("ends no later than the one that is there; it is not used");
        return 0;
}

static int to_der(X509 *certificate, struct aza_bytes *ret)
{
        unsigned char *der = NULL;
        const int len = i2d_X509(certificate, &der);
        const int r = len > 0 ? aza_bytes_set(ret, der, (size_t)len) : AZA_NO_MEMORY();

        OPENSSL_free(der);
        return r;
}

int aza_ak_candidate_judge(const struct aza_attester *vm, const struct aza_ak_candidate *old,
                           struct aza_span pem, struct aza_bytes *ret_der)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        int r;

        if (pile == NULL)
                return AZA_NO_MEMORY();
        if (aza_certs_add_some(vm->libctx, pem, pile) != 0 || sk_X509_num(pile) != 1)
                return REFUSE("is not one certificate in PEM; it is not used");
        X509 *certificate = sk_X509_value(pile, 0);
        if (!is_for(old->ak, certificate))
                return REFUSE("is for another key than the AK; it is not used");
        if ((r = judge_time(certificate, old->certificate)) != 0 ||
            (r = to_der(certificate, ret_der)) != 0)
                return r;
        return judge_issuer(vm, old, certificate, ret_der);
}
