/* SPDX-License-Identifier: Apache-2.0 */
/* Owns Intel's extension of PCK certificates and the form of its TCB documents. */
#include "sim/intel.h"

#include "base/base64.h"
#include "base/clock.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <json-c/json.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY         86400
#define PCK_SVN     2
#define PCE_SVN     13
#define OTHER_FMSPC "00806F050000"

AZA_OWN_DEFINE(ECDSA_SIG, ECDSA_SIG_free);
AZA_OWN_DEFINE(X509_CRL, X509_CRL_free);

static const uint8_t fmspc[6] = {0x5A, 0x80, 0x6F, 0, 0, 0};

bool sim_put_p256(struct sim_writer *w, EVP_PKEY *key, struct aza_span message)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t der[128];
        uint8_t raw[64];
        const uint8_t *p = der;
        size_t len = sizeof(der);

        if (ctx == NULL ||
            EVP_DigestSignInit_ex(ctx, NULL, "SHA256", sim_libctx(), NULL, key, NULL) != 1 ||
            EVP_DigestSign(ctx, der, &len, message.data, message.len) != 1)
                return false;
        AZA_OWN(ECDSA_SIG_free) ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)len);
        if (signature == NULL || BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32) != 32 ||
            BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32) != 32)
                return false;
        sim_put(w, raw, sizeof(raw));
        return true;
}

/* ---- the PCK certificate ---- */

/* Tag and length before `content`. */
static void put_der(struct sim_writer *w, uint8_t tag, struct aza_span content)
{
        sim_put_u8(w, tag);
        if (content.len >= 0x100) {
                sim_put_u8(w, 0x82);
                sim_put_be16(w, (uint16_t)content.len);
        } else {
                if (content.len >= 0x80)
                        sim_put_u8(w, 0x81);
                sim_put_u8(w, (uint8_t)content.len);
        }
        sim_put_span(w, content);
}

/* {OID 1.2.840.113741.1.13.1.a or .a.b, value}. */
static void put_pair(struct sim_writer *w, uint8_t a, uint8_t b, uint8_t tag, struct aza_span value)
{
        const uint8_t oid[] = {0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01, a, b};
        SIM_WRITER struct sim_writer pair = {0};

        put_der(&pair, 0x06, aza_span_of(oid, b == 0 ? 10 : 11));
        put_der(&pair, tag, value);
        w->failed |= pair.failed;
        put_der(w, 0x30, aza_bytes_span(&pair.bytes));
}

/* PPID, TCB, PCE-ID, and as a rule FMSPC. */
static bool sgx_extension(struct sim_writer *ret, bool with_fmspc)
{
        static const uint8_t zeros[16], svn = PCK_SVN, pce = PCE_SVN;
        SIM_WRITER struct sim_writer tcb = {0};
        SIM_WRITER struct sim_writer list = {0};

        for (uint8_t n = 1; n <= 16; n++)
                put_pair(&tcb, 2, n, 0x02, aza_span_of(&svn, 1));
        put_pair(&tcb, 2, 17, 0x02, aza_span_of(&pce, 1));
        put_pair(&tcb, 2, 18, 0x04, aza_span_of(zeros, sizeof(zeros)));
        put_pair(&list, 1, 0, 0x04, aza_span_of(zeros, sizeof(zeros)));
        put_pair(&list, 2, 0, 0x30, aza_bytes_span(&tcb.bytes));
        put_pair(&list, 3, 0, 0x04, aza_span_of(zeros, 2));
        if (with_fmspc)
                put_pair(&list, 4, 0, 0x04, aza_span_of(fmspc, sizeof(fmspc)));
        put_der(ret, 0x30, aza_bytes_span(&list.bytes));
        return !tcb.failed && !list.failed && !ret->failed;
}

char *sim_pck_chain(const struct sim_pki *pki, EVP_PKEY *pck_key, struct sim_faults *faults)
{
        static const char *const name[] = {"C",  "US",
                                           "ST", "CA",
                                           "L",  "Santa Clara",
                                           "O",  "Intel Corporation",
                                           "CN", "Intel SGX PCK Certificate",
                                           NULL};
        static const char *const extensions[] = {"subjectKeyIdentifier",
                                                 "hash",
                                                 "authorityKeyIdentifier",
                                                 "keyid:always",
                                                 "basicConstraints",
                                                 "critical,CA:FALSE",
                                                 "keyUsage",
                                                 "critical,digitalSignature,nonRepudiation",
                                                 NULL};
        SIM_WRITER struct sim_writer sgx = {0};
        const bool expired = sim_fault_is_set(faults, "tdx-pck-expired");
        char *text = NULL;

        if (!sgx_extension(&sgx, !sim_fault_is_set(faults, "tdx-pck-extension")))
                return NULL;
        const struct sim_raw_extension raw = {"1.2.840.113741.1.13.1", sgx.bytes.data,
                                              sgx.bytes.len};
        const struct sim_certificate plan = {.subject = name,
                                             .key = pck_key,
                                             .issuer = pki->intel_ca,
                                             .issuer_key = pki->intel_ca_key,
                                             .serial = SIM_PCK_SERIAL,
                                             .not_before = expired ? "20230101000000Z" : NULL,
                                             .not_after = expired ? "20241230000000Z" : NULL,
                                             .days = 365,
                                             .digest = "SHA256",
                                             .extensions = extensions,
                                             .raw = &raw,
                                             .raw_count = 1};
        AZA_OWN(X509_free) X509 *pck = sim_certificate_make(&plan);
        AZA_OWN(free) char *first = pck != NULL ? sim_certificate_pem(pck) : NULL;
        AZA_OWN(free) char *second = sim_certificate_pem(pki->intel_ca);
        AZA_OWN(free) char *third = sim_certificate_pem(pki->intel_root);
        if (first == NULL || second == NULL || third == NULL ||
            asprintf(&text, "%s%s%s", first, second, third) < 0)
                return NULL;
        return text;
}

/* ---- what Intel publishes ---- */

#define ZEROS48 \
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

/* {"MEMBER":TEXT,"signature":"hex"}. */
static bool sign_document(const struct sim_pki *pki, const char *member, const char *text,
                          json_object *out, const char *name)
{
        SIM_WRITER struct sim_writer raw = {0};
        char hex[129];
        char *served = NULL;

        if (!sim_put_p256(&raw, pki->intel_signing_key, aza_span_of(text, strlen(text))) ||
            raw.failed ||
            asprintf(&served, "{\"%s\":%s,\"signature\":\"%s\"}", member, text,
                     aza_hex(aza_bytes_span(&raw.bytes), hex)) < 0)
                return false;
        bool good = json_object_object_add(out, name, json_object_new_string(served)) == 0;
        free(served);
        return good;
}

static void components(char *out, size_t size, int svn, int count)
{
        size_t used = 0;

        for (int i = 0; i < 16; i++)
                used += (size_t)snprintf(out + used, size - used, "%s{\"svn\":%d}",
                                         i > 0 ? "," : "", i < count ? svn : 0);
}

/* A level that platforms with this SVN reach. */
static void level(char *out, size_t size, int svn, const char *status)
{
        char sgx[300], tdx[300];

        components(sgx, sizeof(sgx), svn, 16);
        components(tdx, sizeof(tdx), 2, 3);
        (void)snprintf(out, size,
                       "{\"tcb\":{\"sgxtcbcomponents\":[%s],\"pcesvn\":%d,"
                       "\"tdxtcbcomponents\":[%s]},\"tcbDate\":\"%s\",\"tcbStatus\":%s}",
                       sgx, PCE_SVN, tdx,
                       svn > PCK_SVN ? "2025-08-13T00:00:00Z" : "2024-11-13T00:00:00Z", status);
}

const char *sim_td_status(struct sim_faults *faults)
{
        return sim_fault_is_set(faults, "tdx-tcb-revoked")     ? "Revoked"
               : sim_fault_is_set(faults, "tdx-tcb-outofdate") ? "OutOfDate"
                                                               : "UpToDate";
}

/* Intel has published a newer level, or given this one up. */
static void levels(char *out, size_t size, struct sim_faults *faults)
{
        const char *status = sim_td_status(faults);
        const bool newest = strcmp(status, "UpToDate") == 0;
        char newer[800], own[800], quoted[96];

        (void)snprintf(quoted, sizeof(quoted), "\"%s\"%s", status,
                       newest ? ""
                       : strcmp(status, "Revoked") == 0
                               ? ",\"advisoryIDs\":[\"INTEL-SA-99001\"]"
                               : ",\"advisoryIDs\":[\"INTEL-SA-99001\",\"INTEL-SA-99002\"]");
        level(newer, sizeof(newer), PCK_SVN + 1, "\"UpToDate\"");
        level(own, sizeof(own), PCK_SVN, quoted);
        (void)snprintf(out, size, "%s%s%s", newest ? "" : newer, newest ? "" : ",", own);
}

static bool put_tcb_info(const struct sim_pki *pki, struct sim_faults *faults, const char *dates,
                         json_object *out)
{
        char text[4096], list[1700];

        levels(list, sizeof(list), faults);
        (void)snprintf(
                text, sizeof(text),
                "{\"id\":\"TDX\",\"version\":3,%s,\"fmspc\":\"%s\",\"pceId\":\"0000\","
                "\"tcbType\":0,\"tdxModule\":{\"mrsigner\":\"" ZEROS48
                "\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},"
                "\"tdxModuleIdentities\":[{\"id\":\"TDX_0%d\",\"mrsigner\":\"" ZEROS48
                "\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\","
                "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2024-11-13T00:00:00Z\","
                "\"tcbStatus\":\"UpToDate\"}]}],\"tcbLevels\":[%s]}",
                dates, sim_fault_is_set(faults, "tdx-wrong-fmspc") ? OTHER_FMSPC : SIM_FMSPC,
                sim_fault_is_set(faults, "tdx-module-unknown") ? 3 : 1, list);
        return sign_document(pki, "tcbInfo", text, out, "tcb-info");
}

static bool put_qe_identity(const struct sim_pki *pki, const char *dates, json_object *out)
{
        char text[1024], signer[65];
        uint8_t bytes[32];

        memset(bytes, SIM_QE_SIGNER, sizeof(bytes));
        (void)snprintf(text, sizeof(text),
                       "{\"id\":\"TD_QE\",\"version\":2,%s,\"miscselect\":\"00000000\","
                       "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
                       "\"11000000000000000000000000000000\",\"attributesMask\":"
                       "\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"%s\",\"isvprodid\":2,"
                       "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%d},\"tcbDate\":"
                       "\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}",
                       dates, aza_hex(aza_span_of(bytes, sizeof(bytes)), signer), SIM_QE_SVN);
        return sign_document(pki, "enclaveIdentity", text, out, "qe-identity");
}

static bool revoke(X509_CRL *crl, ASN1_TIME *time)
{
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        X509_REVOKED *entry = X509_REVOKED_new();

        const bool good = serial != NULL && entry != NULL &&
                          ASN1_INTEGER_set_int64(serial, SIM_PCK_SERIAL) == 1 &&
                          X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                          X509_REVOKED_set_revocationDate(entry, time) == 1 &&
                          X509_CRL_add0_revoked(crl, entry) == 1;
        ASN1_INTEGER_free(serial);
        if (!good)
                X509_REVOKED_free(entry);
        return good;
}

/* `pck_revoked`: with the platform's certificate, else empty. */
static bool put_list(X509 *issuer, EVP_PKEY *key, bool pck_revoked, json_object *out,
                     const char *name)
{
        AZA_OWN(X509_CRL_free) X509_CRL *crl = X509_CRL_new();
        AZA_BYTES struct aza_bytes text = {0};
        ASN1_TIME *time = X509_time_adj_ex(NULL, -1, 0, NULL);
        unsigned char *der = NULL;

        bool good =
                crl != NULL && time != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
                X509_CRL_set1_lastUpdate(crl, time) == 1 && (!pck_revoked || revoke(crl, time)) &&
                X509_time_adj_ex(time, 30, 0, NULL) != NULL &&
                X509_CRL_set1_nextUpdate(crl, time) == 1 &&
                X509_CRL_sign(crl, key, EVP_sha256()) > 0;
        int len = good ? i2d_X509_CRL(crl, &der) : 0;
        good = len > 0 &&
               aza_base64_encode(AZA_BASE64, aza_span_of(der, (size_t)len), &text) == 0 &&
               json_object_object_add(out, name, json_object_new_string((const char *)text.data)) ==
                       0;
        OPENSSL_free(der);
        ASN1_TIME_free(time);
        return good;
}

static bool put_signer(const struct sim_pki *pki, json_object *out)
{
        AZA_OWN(free) char *signer = sim_certificate_pem(pki->intel_signing);
        AZA_OWN(free) char *root = sim_certificate_pem(pki->intel_root);
        AZA_OWN(free) char *both = NULL;

        return signer != NULL && root != NULL && asprintf(&both, "%s%s", signer, root) > 0 &&
               json_object_object_add(out, "tcb-info-chain", json_object_new_string(both)) == 0 &&
               json_object_object_add(out, "qe-identity-chain", json_object_new_string(both)) == 0;
}

json_object *sim_td_collateral(const struct sim_pki *pki, struct sim_faults *faults)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        const int64_t now = (int64_t)time(NULL) -
                            (sim_fault_is_set(faults, "tdx-collateral-stale") ? 60 * DAY : 0);
        char issued[32], next[32], dates[160];

        (void)snprintf(dates, sizeof(dates),
                       "\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
                       "\"tcbEvaluationDataNumber\":%d",
                       aza_rfc3339(now - DAY, issued), aza_rfc3339(now + 29 * DAY, next),
                       sim_fault_is_set(faults, "tdx-evaluation-old") ? 17 : 18);
        if (out == NULL || !put_tcb_info(pki, faults, dates, out) ||
            !put_qe_identity(pki, dates, out) || !put_signer(pki, out) ||
            !put_list(pki->intel_ca, pki->intel_ca_key, sim_fault_is_set(faults, "tdx-pck-revoked"),
                      out, "pck-crl") ||
            !put_list(pki->intel_root, pki->intel_root_key, false, out, "root-crl")) {
                (void)sim_fail("cannot make Intel's collateral");
                return NULL;
        }
        return aza_take(&out);
}
