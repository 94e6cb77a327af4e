/* SPDX-License-Identifier: Apache-2.0 */
/* What TD quotes and Intel's TCB documents say: quote, QE report, certificates of the platform,
 * levels. Nothing is verified. */
#include "show/show.h"

#include "base/error.h"
#include "base/json.h"
#include "tdx/chain.h"
#include "tdx/collateral.h"
#include "tdx/tcb.h"

#include <string.h>

/* ---- the quote ---- */

static uint64_t le64(struct aza_span s)
{
        uint64_t v = 0;

        for (size_t i = s.len; i-- > 0;)
                v = v << 8 | s.data[i];
        return v;
}

static void show_td(json_object *out, const struct aza_td *td)
{
        const struct {
                const char *name;
                struct aza_span value;
        } all[] = {{"tee-tcb-svn", td->tee_tcb_svn},
                   {"mr-seam", td->mrseam},
                   {"mr-signer-seam", td->mrsignerseam},
                   {"seam-attributes", td->seam_attributes},
                   {"mrtd", td->mrtd},
                   {"mr-config-id", td->mrconfigid},
                   {"mr-owner", td->mrowner},
                   {"mr-owner-config", td->mrownerconfig},
                   {"rtmr0", td->rtmr[0]},
                   {"rtmr1", td->rtmr[1]},
                   {"rtmr2", td->rtmr[2]},
                   {"rtmr3", td->rtmr[3]},
                   {"report-data", td->report_data},
                   {"tee-tcb-svn-2", td->tee_tcb_svn2},
                   {"mr-service-td", td->mrservicetd}};

        aza_show_text(out, "td-attributes", "0x%llx", (unsigned long long)le64(td->attributes));
        aza_show_text(out, "xfam", "0x%llx", (unsigned long long)le64(td->xfam));
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                if (all[i].value.len > 0)
                        aza_show_bytes(out, all[i].name, all[i].value);
}

static void show_qe(json_object *out, const struct aza_td_certification *c)
{
        json_object *qe = json_object_new_object();

        if (qe == NULL)
                return;
        aza_show_bytes(qe, "cpu-svn", c->qe.cpu_svn);
        aza_show_text(qe, "misc-select", "0x%x", c->qe.misc_select);
        aza_show_bytes(qe, "attributes", c->qe.attributes);
        aza_show_bytes(qe, "mr-signer", c->qe.mrsigner);
        aza_show_number(qe, "isv-prod-id", c->qe.isv_prod_id);
        aza_show_number(qe, "isv-svn", c->qe.isv_svn);
        aza_show_bytes(qe, "report-data", c->qe.report_data);
        aza_show_bytes(qe, "auth-data", c->auth_data);
        aza_show_object(out, "qe-report", qe);
}

static void show_platform(json_object *out, const X509 *cert)
{
        json_object *platform = json_object_new_object();
        struct aza_pck pck;
        const char *fault = aza_pck_of(cert, &pck);

        if (platform == NULL)
                return;
        if (fault != NULL) {
                aza_show_text(platform, "unreadable", "%s", fault);
        } else {
                aza_show_bytes(platform, "fmspc", aza_span_of(pck.fmspc, sizeof(pck.fmspc)));
                aza_show_bytes(platform, "pce-id", aza_span_of(pck.pce_id, sizeof(pck.pce_id)));
                aza_show_number(platform, "pce-svn", pck.pce_svn);
                aza_show_bytes(platform, "tcb-svns", aza_span_of(pck.svn, sizeof(pck.svn)));
        }
        aza_show_object(out, "platform", platform);
}

static void show_chain(OSSL_LIB_CTX *libctx, json_object *out, struct aza_span pem)
{
        struct aza_intel_chain chain = {0};
        const char *fault = aza_intel_chain_parse(libctx, pem, 3, NULL, &chain);
        json_object *list = json_object_new_array();

        if (fault != NULL)
                aza_show_text(out, "pck-chain-unreadable", "%s", fault);
        else
                show_platform(out, chain.certs[0]);
        for (size_t i = 0; list != NULL && i < chain.count; i++) {
                unsigned char *der = NULL;
                int len = i2d_X509(chain.certs[i], &der);
                json_object *item =
                        len > 0 ? aza_show_certificate(libctx, aza_span_of(der, (size_t)len))
                                : NULL;
                if (item != NULL && json_object_array_add(list, item) != 0)
                        json_object_put(item);
                OPENSSL_free(der);
        }
        aza_show_object(out, "pck-chain", list);
        aza_intel_chain_free(&chain);
}

static void show_proof(OSSL_LIB_CTX *libctx, json_object *out, const struct aza_td_quote *q)
{
        struct aza_td_certification c;
        const char *fault = aza_td_certification_parse(q, &c);

        aza_show_number(out, "certification-data-type", q->certification_type);
        if (fault != NULL) {
                aza_show_text(out, "certification-data-unreadable", "%s", fault);
                return;
        }
        show_qe(out, &c);
        show_chain(libctx, out, c.certificates);
}

json_object *aza_show_td_quote(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        struct aza_td_quote q;
        struct aza_td td;

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        const char *fault = aza_td_quote_body(content, &td);
        if (fault != NULL)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "%s", fault), NULL;
        fault = aza_td_quote_parse(content, &q);
        aza_show_number(out, "version", q.version);
        aza_show_text(out, "body", "TD %s", td.mrservicetd.len > 0 ? "1.5" : "1.0");
        aza_show_bytes(out, "qe-vendor-id", q.qe_vendor);
        aza_show_bytes(out, "user-data", q.user_data);
        show_td(out, &td);
        if (fault != NULL)
                aza_show_text(out, "signature-data-unreadable", "%s", fault);
        else
                show_proof(libctx, out, &q);
        return aza_take(&out);
}

/* ---- documents ---- */

static void show_document(json_object *out, const struct aza_tcb_document *d)
{
        aza_show_time(out, "issue-date", d->issued);
        aza_show_time(out, "next-update", d->next_update);
        aza_show_number(out, "evaluation-number", (uint64_t)d->evaluation);
        aza_show_object(out, "document", json_object_get(d->json));
}

static json_object *show_tcb_info(struct aza_span body)
{
        json_object *out = json_object_new_object();
        struct aza_tcb_info info;
        const char *fault = aza_tcb_info_parse(body, &info);

        if (out == NULL)
                return NULL;
        if (fault != NULL) {
                aza_show_text(out, "unreadable", "%s", fault);
                return out;
        }
        aza_show_bytes(out, "fmspc", aza_span_of(info.fmspc, sizeof(info.fmspc)));
        aza_show_bytes(out, "pce-id", aza_span_of(info.pce_id, sizeof(info.pce_id)));
        show_document(out, &info.document);
        aza_tcb_info_free(&info);
        return out;
}

static json_object *show_qe_identity(struct aza_span body)
{
        json_object *out = json_object_new_object();
        struct aza_qe_identity identity;
        const char *fault = aza_qe_identity_parse(body, &identity);

        if (out == NULL)
                return NULL;
        if (fault != NULL) {
                aza_show_text(out, "unreadable", "%s", fault);
                return out;
        }
        aza_show_bytes(out, "mr-signer", aza_span_of(identity.mrsigner, sizeof(identity.mrsigner)));
        aza_show_number(out, "isv-prod-id", identity.isv_prod_id);
        show_document(out, &identity.document);
        aza_qe_identity_free(&identity);
        return out;
}

json_object *aza_show_td_collateral_parts(const struct aza_td_collateral *c)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (c->tcb_info.len > 0)
                aza_show_object(out, "tcb-info", show_tcb_info(aza_bytes_span(&c->tcb_info)));
        if (c->qe_identity.len > 0)
                aza_show_object(out, "qe-identity",
                                show_qe_identity(aza_bytes_span(&c->qe_identity)));
        aza_show_bool(out, "pck-crl", c->pck_crl.len > 0);
        aza_show_bool(out, "root-crl", c->root_crl.len > 0);
        return aza_take(&out);
}

static bool contains(struct aza_span s, const char *text)
{
        return s.len > 0 && memmem(s.data, s.len, text, strlen(text)) != NULL;
}

json_object *aza_show_td_collateral(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        struct aza_td_collateral c = {0};

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        /* Texts inside of a file have their quotes escaped. */
        if (contains(content, "\"tcbInfo\"")) {
                aza_show_object(out, "tcb-info", show_tcb_info(content));
                return aza_take(&out);
        }
        if (contains(content, "\"enclaveIdentity\"")) {
                aza_show_object(out, "qe-identity", show_qe_identity(content));
                return aza_take(&out);
        }
        if (aza_td_collateral_decode(content, &c) != 0)
                return NULL;
        json_object *parts = aza_show_td_collateral_parts(&c);
        aza_td_collateral_free(&c);
        return parts;
}
