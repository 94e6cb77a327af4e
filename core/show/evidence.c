/* SPDX-License-Identifier: Apache-2.0 */
/* What an evidence file (D34) says: each part as it would be shown alone. */
#include "show/show.h"

#include "base/error.h"
#include "evidence/attest_struct.h"
#include "evidence/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>

/* A part that cannot be read is named, the rest is shown. */
static void show_part(json_object *out, const char *name, json_object *part)
{
        if (part != NULL)
                aza_show_object(out, name, part);
        else
                aza_show_text(out, name, "unreadable: %s", aza_last_error()->message);
}

static void show_public(OSSL_LIB_CTX *libctx, json_object *out, const char *name,
                        const struct aza_bytes *tpm2b)
{
        struct aza_tpm_public public = {0};

        if (tpm2b->len == 0)
                return;
        if (aza_tpm_public_parse(libctx, aza_bytes_span(tpm2b), false, &public) != 0) {
                show_part(out, name, NULL);
                return;
        }
        aza_show_key(libctx, out, name, public.key);
        aza_tpm_public_free(&public);
}

static void show_chain(OSSL_LIB_CTX *libctx, json_object *out, const char *name,
                       const struct aza_bytes *pem)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
        json_object *list = pem->len > 0 ? json_object_new_array() : NULL;
        char *label = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0;

        while (list != NULL && bio != NULL && PEM_read_bio(bio, &label, &header, &der, &len) == 1) {
                json_object *item = aza_show_certificate(libctx, aza_span_of(der, (size_t)len));

                if (item != NULL && json_object_array_add(list, item) != 0)
                        json_object_put(item);
                OPENSSL_free(label);
                OPENSSL_free(header);
                OPENSSL_free(der);
        }
        ERR_clear_error();
        aza_show_object(out, name, list);
}

static void show_pcrs(json_object *out, const struct aza_pcrs *pcrs)
{
        json_object *values = pcrs->mask != 0 ? json_object_new_object() : NULL;

        for (uint32_t i = 0; values != NULL && i < AZA_PCR_COUNT; i++) {
                char name[16];

                if ((pcrs->mask & (1u << i)) == 0)
                        continue;
                (void)snprintf(name, sizeof(name), "%u", i);
                aza_show_bytes(values, name, aza_span_of(pcrs->value[i], AZA_PCR_SIZE));
        }
        aza_show_object(out, "pcrs-sha256", values);
}

static void show_hardware(OSSL_LIB_CTX *libctx, json_object *out, const struct aza_evidence_file *f)
{
        if (f->hcl_report.len > 0)
                show_part(out, "hcl-report",
                          aza_show_hcl_report(libctx, aza_bytes_span(&f->hcl_report)));
        else if (f->snp_report.len > 0)
                show_part(out, "snp-report",
                          aza_show_snp_report(libctx, aza_bytes_span(&f->snp_report)));
        if (f->td_quote.len > 0)
                show_part(out, "td-quote", aza_show_td_quote(libctx, aza_bytes_span(&f->td_quote)));
        show_chain(libctx, out, "vcek-chain", &f->vcek_chain);
        if (!aza_td_collateral_is_empty(&f->td_collateral))
                show_part(out, "td-collateral", aza_show_td_collateral_parts(&f->td_collateral));
}

json_object *aza_show_evidence(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        struct aza_evidence_file f = {0};

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (aza_evidence_file_decode(content, &f) != 0)
                return NULL;
        if (f.time != 0)
                aza_show_time(out, "time", f.time);
        aza_show_text(out, "vm", "%s", aza_vm_text(f.vm));
        aza_show_bytes(out, "nonce", aza_bytes_span(&f.nonce));
        show_hardware(libctx, out, &f);
        show_public(libctx, out, "ak-public", &f.ak_public);
        if (f.ak_certificate.len > 0)
                show_part(out, "ak-certificate",
                          aza_show_ak_certificate(libctx, aza_bytes_span(&f.ak_certificate)));
        show_chain(libctx, out, "ak-chain", &f.ak_chain);
        if (f.quote.message.len > 0)
                show_part(out, "quote", aza_show_quote(libctx, aza_bytes_span(&f.quote.message)));
        show_pcrs(out, &f.pcrs);
        show_public(libctx, out, "key", &f.key_public);
        if (f.certify.message.len > 0)
                show_part(out, "key-certification",
                          aza_show_quote(libctx, aza_bytes_span(&f.certify.message)));
        if (f.event_log.len > 0)
                show_part(out, "event-log",
                          aza_show_event_log(libctx, aza_bytes_span(&f.event_log)));
        aza_evidence_file_free(&f);
        return aza_take(&out);
}
