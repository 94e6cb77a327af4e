/* SPDX-License-Identifier: Apache-2.0 */
/* What of evidence was proven, as the claims of a result. */
#include "verdict/evidence.h"

#include "certificate/certificate.h"

#include <stdio.h>
#include <string.h>

#define RESETTABLE (1u << 16 | 1u << 23) /* by the guest, at any time: proves nothing (Q9) */

static void add(json_object *claims, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(claims, name, value) != 0)
                json_object_put(value);
}

static void add_text(json_object *claims, const char *name, const char *text)
{
        add(claims, name, json_object_new_string(text));
}

static void add_hex(json_object *claims, const char *name, struct aza_span bytes)
{
        char hex[2 * 64 + 1];

        if (bytes.len <= 64)
                add_text(claims, name, aza_hex(bytes, hex));
}

static void add_snp(json_object *claims, const struct aza_judgement *j)
{
        struct aza_snp_tcb tcb = aza_snp_tcb_of(j->snp.reported_tcb, j->product);
        char text[96];

        add_text(claims, "product", aza_snp_product_text(j->product));
        add_text(claims, "reported-tcb", aza_snp_tcb_text(&tcb, j->product, text));
        add(claims, "guest-svn", json_object_new_uint64(j->snp.guest_svn));
        add_hex(claims, "measurement", j->snp.measurement);
        add_hex(claims, "host-data", j->snp.host_data);
        add_hex(claims, "report-id", j->snp.report_id);
}

/* `text` has ", " between them. */
static void add_advisories(json_object *claims, const char *text)
{
        json_object *list = json_object_new_array();

        while (list != NULL && *text != '\0') {
                const size_t len = strcspn(text, ",");
                (void)json_object_array_add(list, json_object_new_string_len(text, (int)len));
                text += len;
                text += strspn(text, ", ");
        }
        add(claims, "tcb-advisories", list);
}

/* What Intel says of the platform, where all of it could be judged. */
static void add_td_tcb(json_object *claims, const struct aza_td_tcb *tcb)
{
        if (tcb->status == AZA_TCB_UNKNOWN)
                return;
        add_text(claims, "tcb-status", aza_tcb_status_text(tcb->status));
        add_text(claims, "tcb-date", tcb->date);
        if (tcb->advisories[0] != '\0')
                add_advisories(claims, tcb->advisories);
        add_hex(claims, "fmspc", aza_span_of(tcb->fmspc, sizeof(tcb->fmspc)));
}

static void add_td(json_object *claims, const struct aza_td *td)
{
        add_hex(claims, "mrtd", td->mrtd);
        add_hex(claims, "mrseam", td->mrseam);
        add_hex(claims, "tee-tcb-svn", td->tee_tcb_svn);
        add_hex(claims, "td-attributes", td->attributes);
}

static void add_pcrs(json_object *claims, const struct aza_judgement *j)
{
        json_object *pcrs = json_object_new_object();

        for (uint32_t i = 0; pcrs != NULL && i < AZA_PCR_COUNT; i++) {
                char name[16];

                if ((j->pcrs.mask & ~RESETTABLE & (1u << i)) == 0)
                        continue;
                (void)snprintf(name, sizeof(name), "%u", i);
                add_hex(pcrs, name, aza_span_of(j->pcrs.value[i], AZA_PCR_SIZE));
        }
        add(claims, "pcrs", pcrs);
}

static void add_key(json_object *claims, EVP_PKEY *key)
{
        AZA_BYTES struct aza_bytes pem = {0};

        if (aza_public_key_pem(key, &pem) != 0)
                return;
        add(claims, "attested-key",
            json_object_new_string_len((const char *)pem.data, (int)pem.len));
}

json_object *aza_evidence_claims(const struct aza_judgement *j)
{
        static const char *const boot[] = {[AZA_SECURE_BOOT_UNDECIDED] = "undecided",
                                           [AZA_SECURE_BOOT_OFF] = "off",
                                           [AZA_SECURE_BOOT_ON] = "on"};
        json_object *claims = json_object_new_object();

        if (claims == NULL)
                return NULL;
        add_text(claims, "vm", aza_vm_text(j->vm));
        if (j->vmid[0] != '\0')
                add_text(claims, "vm-id-host-says", j->vmid);
        if (j->has_snp)
                add_snp(claims, j);
        if (j->has_td)
                add_td(claims, &j->td);
        if (j->td_signed)
                add_td_tcb(claims, &j->td_tcb);
        if (j->has_quote)
                add_pcrs(claims, j);
        if (j->has_boot)
                add_text(claims, "secure-boot", boot[j->boot.secure_boot]);
        if (j->key != NULL)
                add_key(claims, j->key);
        return claims;
}
