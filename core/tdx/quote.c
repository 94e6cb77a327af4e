/* SPDX-License-Identifier: Apache-2.0 */
/* Layout of TD quotes. Every length is checked against what holds it, and nothing is left over. */
#include "tdx/quote.h"

#include <string.h>

#define TEE_TDX  0x81u
#define BODY_15  648u
#define PEM_MAX  16384u
#define AUTH_MAX 1024u

static const uint8_t intel_qe[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                     0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* ---- header and body ---- */

static const char *read_header(struct aza_reader *r, struct aza_td_quote *ret)
{
        ret->version = aza_read_le16(r);
        uint16_t key_type = aza_read_le16(r);
        uint32_t tee = aza_read_le32(r);
        struct aza_span reserved = aza_read(r, 4);

        ret->qe_vendor = aza_read(r, sizeof(intel_qe));
        ret->user_data = aza_read(r, 20);
        if (r->failed)
                return "the TD quote is cut off";
        if (ret->version != 4 && ret->version != 5)
                return "the TD quote is neither of version 4 nor of version 5";
        if (tee != TEE_TDX)
                return "the quote is of another kind of enclave than TDX";
        if (key_type != AZA_TD_QUOTE_P256)
                return "the attestation key is not ECDSA P-256";
        if (!aza_span_is_zero(reserved))
                return "reserved bytes of the header are not zero";
        return NULL;
}

/* Version 5 says which body it has, version 4 has one. */
static const char *read_body(struct aza_reader *r, struct aza_td_quote *ret)
{
        uint16_t type = ret->version == 5 ? aza_read_le16(r) : AZA_TD_QUOTE_BODY_10;
        uint32_t len = ret->version == 5 ? aza_read_le32(r) : AZA_TD_QUOTE_BODY_LEN;

        if (r->failed)
                return "the TD quote is cut off";
        if (type != AZA_TD_QUOTE_BODY_10 && type != AZA_TD_QUOTE_BODY_15)
                return "the body is of another type than TD 1.0 and TD 1.5";
        if (len != (type == AZA_TD_QUOTE_BODY_15 ? BODY_15 : AZA_TD_QUOTE_BODY_LEN))
                return "the body has another size than its type";
        struct aza_span body = aza_read(r, len);
        if (r->failed)
                return "the TD quote is cut off";
        aza_td_body_read(body, &ret->td);
        return NULL;
}

static const char *read_text(struct aza_span quote, struct aza_reader *r, struct aza_td_quote *ret)
{
        *ret = (struct aza_td_quote){0};
        *r = aza_reader_of(quote);
        const char *fault = read_header(r, ret);

        if (fault == NULL)
                fault = read_body(r, ret);
        if (fault == NULL)
                ret->text = aza_span_of(quote.data, quote.len - r->rest.len);
        return fault;
}

const char *aza_td_quote_body(struct aza_span quote, struct aza_td *ret)
{
        struct aza_td_quote q;
        struct aza_reader r;
        const char *fault = read_text(quote, &r, &q);

        if (fault == NULL)
                *ret = q.td;
        return fault;
}

const char *aza_td_quote_parse(struct aza_span quote, struct aza_td_quote *ret)
{
        struct aza_reader r;
        const char *fault = read_text(quote, &r, ret);

        if (fault != NULL)
                return fault;
        if (!aza_span_equal(ret->qe_vendor, aza_span_of(intel_qe, sizeof(intel_qe))))
                return "the quoting enclave is not Intel's";
        struct aza_reader proof = aza_reader_of(aza_read(&r, aza_read_le32(&r)));
        ret->signature = aza_read(&proof, AZA_P256_LEN);
        ret->key = aza_read(&proof, AZA_P256_LEN);
        ret->certification_type = aza_read_le16(&proof);
        ret->certification = aza_read(&proof, aza_read_le32(&proof));
        if (r.failed || proof.failed)
                return "the signature data is cut off";
        if (!aza_reader_done(&proof))
                return "the signature data is longer than its parts";
        /* Services hand out buffers of a fixed size. */
        if (!aza_span_is_zero(r.rest))
                return "the bytes behind the quote are not zero";
        return NULL;
}

/* ---- certification data ---- */

/* Intel names the signer of its quoting enclaves, and no enclave (MRENCLAVE). */
static void read_qe_report(struct aza_span report, struct aza_sgx_report *ret)
{
        struct aza_reader r = aza_reader_of(report);

        ret->cpu_svn = aza_read(&r, 16);
        ret->misc_select = aza_read_le32(&r);
        (void)aza_read(&r, 28);
        ret->attributes = aza_read(&r, 16);
        (void)aza_read(&r, 64);
        ret->mrsigner = aza_read(&r, 32);
        (void)aza_read(&r, 96);
        ret->isv_prod_id = aza_read_le16(&r);
        ret->isv_svn = aza_read_le16(&r);
        (void)aza_read(&r, 60);
        ret->report_data = aza_read(&r, 64);
}

const char *aza_td_certification_parse(const struct aza_td_quote *quote,
                                       struct aza_td_certification *ret)
{
        struct aza_reader r = aza_reader_of(quote->certification);

        *ret = (struct aza_td_certification){0};
        if (quote->certification_type != AZA_TD_QUOTE_QE)
                return "certification data of another type than 6 is not supported";
        ret->qe_report = aza_read(&r, AZA_SGX_REPORT_LEN);
        ret->qe_signature = aza_read(&r, AZA_P256_LEN);
        ret->auth_data = aza_read(&r, aza_read_le16(&r));
        uint16_t type = aza_read_le16(&r);
        ret->certificates = aza_read(&r, aza_read_le32(&r));
        if (r.failed)
                return "the certification data is cut off";
        if (!aza_reader_done(&r))
                return "the certification data is longer than its parts";
        if (type != AZA_TD_QUOTE_PEM)
                return "the PCK is not given as certificates (type 5)";
        if (ret->auth_data.len > AUTH_MAX || ret->certificates.len > PEM_MAX)
                return "the certification data is larger than any that is made";
        if (ret->certificates.len > 0 && ret->certificates.data[ret->certificates.len - 1] == 0)
                ret->certificates.len--;
        read_qe_report(ret->qe_report, &ret->qe);
        return NULL;
}
