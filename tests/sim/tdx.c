/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the layout of TDREPORT (PROTOCOL.md 5.5) and TD quote (5.6). Called by vm.c. */
#include "sim/tdx.h"

#include "sim/cert.h"
#include "sim/intel.h"
#include "sim/say.h"
#include "sim/writer.h"

#include <openssl/rand.h>
#include <string.h>

#define MAC_AT      0x0E0
#define MAC_LEN     32
#define REPORT_DATA 0x080
#define TEE_TCB     0x100
#define TEE_TCB_LEN 239
#define TD_INFO     0x200
#define XFAM        0x208
#define MRTD        0x210
#define RTMR0       0x2D0
#define SERVICE_TD  0x390

static const uint8_t tcb_svn[16] = {0x02, 0x01, 0x06};
static const uint8_t xfam[8] = {0xE7, 0x18, 0x06};
static const uint8_t cpu_svn[16] = {0x06, 0x06, 0x13, 0x15, 0x03, 0xFF, 0x00, 0x03};
/* Intel's QE vendor id. */
static const uint8_t qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                      0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

int sim_td_make(const struct sim_pki *pki, struct sim_td *ret)
{
        struct sim_td td = {.faults = ret->faults, .quote_version = ret->quote_version};

        td.attestation_key = sim_ec_key("P-256");
        td.pck_key = sim_ec_key("P-256");
        if (td.attestation_key != NULL && td.pck_key != NULL &&
            RAND_bytes_ex(sim_libctx(), td.mac_key, sizeof(td.mac_key), 0) == 1 &&
            RAND_bytes_ex(sim_libctx(), td.mrtd, sizeof(td.mrtd), 0) == 1)
                td.pck_pem = sim_pck_chain(pki, td.pck_key, td.faults);
        if (td.pck_pem == NULL) {
                sim_td_free(&td);
                return sim_fail("cannot make a TDX machine");
        }
        *ret = td;
        return 0;
}

void sim_td_free(struct sim_td *td)
{
        EVP_PKEY_free(td->attestation_key);
        EVP_PKEY_free(td->pck_key);
        free(td->pck_pem);
        *td = (struct sim_td){0};
}

static bool report_mac(const struct sim_td *td, const uint8_t *report, uint8_t out[MAC_LEN])
{
        return EVP_Q_mac(sim_libctx(), "HMAC", NULL, "SHA256", NULL, td->mac_key,
                         sizeof(td->mac_key), report, MAC_AT, out, MAC_LEN, NULL) != NULL;
}

int sim_td_report(const struct sim_td *td, const uint8_t report_data[64],
                  uint8_t out[SIM_TDREPORT_LEN])
{
        memset(out, 0, SIM_TDREPORT_LEN);
        out[0] = 0x81;
        memcpy(out + 0x10, cpu_svn, sizeof(cpu_svn));
        memcpy(out + REPORT_DATA, report_data, 64);
        memcpy(out + TEE_TCB, "\xFF\x01\x03", 3);
        memcpy(out + TEE_TCB + 8, tcb_svn, sizeof(tcb_svn));
        memset(out + TEE_TCB + 24, 0x36, 48); /* mr_seam: our "TDX module" */
        memcpy(out + TEE_TCB + 128, tcb_svn, sizeof(tcb_svn));
        if (sim_fault_is_set(td->faults, "tdx-debug"))
                out[TD_INFO] = 1;
        if (!sim_fault_is_set(td->faults, "tdx-attributes"))
                out[TD_INFO + 3] = 0x10; /* SEPT_VE_DISABLE */
        memcpy(out + XFAM, xfam, sizeof(xfam));
        memcpy(out + MRTD, td->mrtd, sizeof(td->mrtd));
        bool hashed = EVP_Q_digest(sim_libctx(), "SHA384", NULL, out + TEE_TCB, TEE_TCB_LEN,
                                   out + 0x20, NULL) == 1 &&
                      EVP_Q_digest(sim_libctx(), "SHA384", NULL, out + TD_INFO,
                                   SIM_TDREPORT_LEN - TD_INFO, out + 0x50, NULL) == 1;
        if (sim_fault_is_set(td->faults, "tdx-report-hash"))
                out[0x50] ^= 1;
        if (!hashed || !report_mac(td, out, out + MAC_AT))
                return sim_fail("cannot make a TDREPORT");
        return 0;
}

/* x and y. */
static bool put_public(struct sim_writer *w, EVP_PKEY *key)
{
        unsigned char *point = NULL;
        size_t len = EVP_PKEY_get1_encoded_public_key(key, &point);

        if (len == 65)
                sim_put(w, point + 1, 64);
        OPENSSL_free(point);
        return len == 65;
}

/* Header and TD report body: what the attestation key signs. */
static void put_signed(struct sim_writer *w, int version, struct aza_span report)
{
        const uint8_t *r = report.data;

        sim_put_le16(w, (uint16_t)version);
        sim_put_le16(w, 2);    /* ECDSA P-256 */
        sim_put_le32(w, 0x81); /* TDX */
        sim_put_le32(w, 0);
        sim_put(w, qe_vendor, sizeof(qe_vendor));
        sim_put_zeros(w, 20);
        if (version == 5) {
                sim_put_le16(w, 3); /* TD 1.5 */
                sim_put_le32(w, 648);
        }
        sim_put(w, r + TEE_TCB + 8, 16);  /* tee_tcb_svn */
        sim_put(w, r + TEE_TCB + 24, 96); /* mr_seam, mr_signer_seam */
        sim_put_zeros(w, 8);              /* seam attributes */
        sim_put(w, r + TD_INFO, 16);      /* attributes, xfam */
        sim_put(w, r + MRTD, RTMR0 - MRTD);
        sim_put(w, r + RTMR0, 4 * 48);
        sim_put(w, r + REPORT_DATA, 64);
        if (version == 5) {
                sim_put(w, r + TEE_TCB + 128, 16); /* tee_tcb_svn_2 */
                sim_put(w, r + SERVICE_TD, 48);
        }
}

/* The quoting enclave's SGX report: its report data is SHA-256(attestation key || auth data). */
static bool put_qe_report(struct sim_writer *w, const struct sim_td *td, struct aza_span key,
                          struct aza_span auth)
{
        SIM_WRITER struct sim_writer bound = {0};
        uint8_t digest[32], signer[32];

        sim_put_span(&bound, key);
        sim_put_span(&bound, auth);
        if (bound.failed || EVP_Q_digest(sim_libctx(), "SHA256", NULL, bound.bytes.data,
                                         bound.bytes.len, digest, NULL) != 1)
                return false;
        sim_put(w, cpu_svn, sizeof(cpu_svn));
        sim_put_zeros(w, 32);
        sim_put(w, "\x15\x00\x00\x00\x00\x00\x00\x00\xe7\x00\x00\x00\x00\x00\x00\x00", 16);
        sim_put_zeros(w, 64);
        memset(signer, SIM_QE_SIGNER, sizeof(signer));
        if (sim_fault_take(td->faults, "tdx-foreign-qe", NULL, 0))
                signer[0] ^= 1;
        if (sim_fault_take(td->faults, "tdx-qe-key", NULL, 0))
                digest[0] ^= 1;
        sim_put(w, signer, sizeof(signer));
        sim_put_zeros(w, 96);
        sim_put_le16(w, 2); /* ISVPRODID */
        sim_put_le16(w, SIM_QE_SVN);
        sim_put_zeros(w, 60);
        sim_put(w, digest, sizeof(digest));
        sim_put_zeros(w, 32);
        return true;
}

/* How much of PEM text is before its last certificate. */
static size_t without_last(const char *pem)
{
        size_t len = 0;

        for (const char *at = pem; (at = strstr(at, "-----BEGIN ")) != NULL; at++)
                len = (size_t)(at - pem);
        return len;
}

/* Certification data type 6: QE report, its signature, auth data, then type 5: PEM of PCK, CA,
 * root. */
static bool put_certification(struct sim_writer *w, const struct sim_td *td, struct aza_span key)
{
        SIM_WRITER struct sim_writer qe = {0};
        uint8_t auth[32];

        for (uint8_t i = 0; i < sizeof(auth); i++)
                auth[i] = i;
        if (!put_qe_report(&qe, td, key, aza_span_of(auth, sizeof(auth))) || qe.failed ||
            !sim_put_p256(&qe, td->pck_key, aza_bytes_span(&qe.bytes)))
                return false;
        if (sim_fault_take(td->faults, "tdx-qe-report", NULL, 0))
                qe.bytes.data[0] ^= 1; /* CPUSVN, after it was signed */
        sim_put_le16(&qe, sizeof(auth));
        sim_put(&qe, auth, sizeof(auth));
        size_t pem_len = strlen(td->pck_pem);
        if (sim_fault_take(td->faults, "tdx-short-chain", NULL, 0))
                pem_len = without_last(td->pck_pem);
        sim_put_le16(&qe, 5);
        sim_put_le32(&qe, (uint32_t)pem_len);
        sim_put(&qe, td->pck_pem, pem_len);
        sim_put_le16(w, 6);
        sim_put_le32(w, (uint32_t)qe.bytes.len);
        sim_put_span(w, aza_bytes_span(&qe.bytes));
        return !qe.failed;
}

int sim_td_quote(const struct sim_td *td, struct aza_span report, struct aza_bytes *ret)
{
        SIM_WRITER struct sim_writer quote = {0};
        SIM_WRITER struct sim_writer proof = {0};
        SIM_WRITER struct sim_writer key = {0};
        uint8_t mac[MAC_LEN];

        if (report.len != SIM_TDREPORT_LEN || !report_mac(td, report.data, mac) ||
            !aza_span_equal(aza_span_of(mac, MAC_LEN), aza_span_of(report.data + MAC_AT, MAC_LEN)))
                return -1;
        put_signed(&quote, td->quote_version, report);
        /* Of a TD with another RTMR3, whose field stands before the report data. */
        if (!quote.failed && sim_fault_take(td->faults, "tdx-other-td", NULL, 0))
                quote.bytes.data[quote.bytes.len - (td->quote_version == 5 ? 64 : 0) - 65] ^= 1;
        if (quote.failed || !put_public(&key, td->attestation_key) || key.failed ||
            !sim_put_p256(&proof, td->attestation_key, aza_bytes_span(&quote.bytes)))
                return sim_fail("cannot make a TD quote");
        if (sim_fault_take(td->faults, "tdx-quote-sig", NULL, 0))
                proof.bytes.data[0] ^= 1;
        sim_put_span(&proof, aza_bytes_span(&key.bytes));
        if (!put_certification(&proof, td, aza_bytes_span(&key.bytes)) || proof.failed)
                return sim_fail("cannot make a TD quote");
        sim_put_le32(&quote, (uint32_t)proof.bytes.len);
        sim_put_span(&quote, aza_bytes_span(&proof.bytes));
        if (sim_fault_take(td->faults, "tdx-quote-tail", NULL, 0))
                sim_put_u8(&quote, 1);
        return sim_writer_take(&quote, ret);
}
