/* SPDX-License-Identifier: Apache-2.0 */
/* Demands: the document, and what weakens. Its members are demands_members.c's matter. */
#include "verdict/demands.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/result.h"
#include "verdict/demands_parts.h"

#include <stdio.h>
#include <string.h>

#define HALF_A_YEAR INT64_C(15638400) /* 181 days */

void aza_demands_free(struct aza_demands *d)
{
        free(d);
}

static int take_base(struct aza_demands *d, const struct aza_profile *base)
{
        size_t n = 0;

        d->base = base != NULL ? base : aza_profile_find(NULL);
        d->profile = *d->base;
        d->judge.snp.profile = &d->profile;
        if (d->base->floors == NULL)
                return 0;
        while (d->base->floors[n].line != NULL)
                n++;
        if (n >= AZA_DEMANDS_FLOORS)
                return AZA_FAIL(AZATTEST_E_INPUT, "profile %s has too many lines", d->base->name);
        memcpy(d->floors, d->base->floors, n * sizeof(d->floors[0]));
        d->profile.floors = d->floors;
        return 0;
}

int aza_demands_new(const struct aza_profile *base, struct aza_demands **ret)
{
        AZA_OWN(aza_demands_free) struct aza_demands *d = calloc(1, sizeof(*d));

        if (d == NULL)
                return AZA_NO_MEMORY();
        int r = take_base(d, base);
        if (r == 0)
                *ret = aza_take(&d);
        return r;
}

/* "2026-11-24" */
static int read_date(struct aza_demands *d, const char *date)
{
        char noon[32];
        int64_t time = 0;

        if (date == NULL || strlen(date) != 10)
                return AZA_FAIL(AZATTEST_E_INPUT, "\"date\" is not like 2026-11-24");
        (void)snprintf(noon, sizeof(noon), "%sT12:00:00Z", date);
        if (aza_parse_time(noon, &time) != 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "\"date\" is not like 2026-11-24");
        memcpy(d->date, date, 11);
        d->profile.date = d->date;
        d->profile.old_after = time + HALF_A_YEAR;
        return 0;
}

static int read_head(json_object *document, struct aza_demands **ret)
{
        AZA_OWN(aza_demands_free) struct aza_demands *d = NULL;
        const char *name = aza_json_string(document, "name");
        const char *base = aza_json_string(document, "base");
        bool has_base = json_object_object_get_ex(document, "base", NULL) != 0;
        int64_t version = 0;
        int r;

        if (!aza_json_int64(document, "azattest-profile", &version) || version != 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "\"azattest-profile\" is not 1");
        if (has_base && (base == NULL || *base == '\0' || aza_profile_find(base) == NULL))
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "\"base\" is none of azure-baseline, strict, none");
        if ((r = aza_demands_new(aza_profile_find(base), &d)) != 0 || d == NULL)
                return r;
        if (name == NULL || *name == '\0' || strlen(name) >= sizeof(d->name) ||
            aza_profile_find(name) != NULL)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "\"name\" is not a name of 1 to 64 bytes, other than the built-in ones");
        (void)aza_printable(name, strlen(name), d->name, sizeof(d->name));
        d->profile.name = d->name;
        if ((r = read_date(d, aza_json_string(document, "date"))) != 0)
                return r;
        *ret = aza_take(&d);
        return 0;
}

/* All members of `document` but those of a profile's head. */
static int set_all(struct aza_demands *d, json_object *document, bool has_head)
{
        static const char *const head[] = {"azattest-profile", "name", "date", "base", "about"};

        json_object_object_foreach(document, member, value)
        {
                bool known = false;
                for (size_t i = 0; has_head && i < sizeof(head) / sizeof(head[0]); i++)
                        known |= strcmp(member, head[i]) == 0;
                int r = known ? 0 : aza_demands_set(d, member, value);
                if (r != 0)
                        return r;
        }
        return 0;
}

int aza_demands_parse(struct aza_span text, struct aza_demands **ret)
{
        AZA_OWN(json_object_put) json_object *document = NULL;
        AZA_OWN(aza_demands_free) struct aza_demands *d = NULL;
        int r = aza_json_parse(text, AZA_DEMANDS_FILE_MAX, &document);

        if (r != 0)
                return r;
        if ((r = read_head(document, &d)) != 0 || (r = set_all(d, document, true)) != 0)
                return aza_context(r, "profile");
        *ret = aza_take(&d);
        return 0;
}

int aza_demands_add(struct aza_demands *d, struct aza_span text)
{
        AZA_OWN(json_object_put) json_object *document = NULL;
        int r = aza_json_parse(text, AZA_DEMANDS_FILE_MAX, &document);

        if (r == 0 && !json_object_is_type(document, json_type_object))
                r = AZA_FAIL(AZATTEST_E_INPUT, "they are no JSON object");
        return r != 0 ? r : set_all(d, document, false);
}

/* An ID key digest of zero stands for "no ID block". */
static bool allows_no_id_block(const struct aza_demands *d)
{
        static const uint8_t none[48];

        for (size_t i = 0; i < d->id_keys.count; i++)
                if (memcmp(d->id_keys.bytes[i], none, sizeof(none)) == 0)
                        return true;
        return false;
}

bool aza_demands_weakened(const struct aza_demands *d, json_object *list)
{
        const uint64_t allow = d->judge.snp.policy_allow;
        char statuses[160];
        const struct {
                bool set;
                const char *key, *value, *meaning;
        } all[] = {
                {d->profile.floors == NULL, "profile", d->profile.name,
                 "old firmware and anybody's paravisor are accepted"},
                {d->base->floors == NULL && d->profile.floors != NULL, "profile", d->profile.name,
                 "no floors but its own, and anybody's paravisor is accepted"},
                {allows_no_id_block(d), "id-key", "0",
                 "a VM without ID block is accepted: nobody signed for its paravisor"},
                {d->judge.td.accept != 0, "accept-tcb", aza_demands_accepted(d, statuses),
                 "platforms that Intel does not call UpToDate are accepted"},
                {(allow & AZA_SNP_POLICY_DEBUG) != 0, "allow-policy", "debug",
                 "the host may read the VM's memory"},
                {(allow & AZA_SNP_POLICY_MIGRATE_MA) != 0, "allow-policy", "migrate-ma",
                 "a migration agent may move the VM"},
                {(allow & AZA_SNP_POLICY_CXL) != 0, "allow-policy", "cxl",
                 "memory of CXL devices is accepted"},
                {d->judge.snp.vmpl_allow != 0, "allow-vmpl", "yes",
                 "reports that less privileged software asked for are accepted"},
                {d->judge.snp.platform_allow_unknown, "allow-unknown-platform", "yes",
                 "platform bits of unknown meaning are accepted"},
                {d->judge.snp.allow_masked_chip, "allow-masked-chip", "yes",
                 "which chip it is may be hidden"},
                {d->judge.allow_resettable, "allow-resettable-pcrs", "yes",
                 "PCR 16 and 23 count, which the guest can reset"},
                {d->judge.crl_mode == AZA_CRL_IGNORE, "ignore-crl", "yes",
                 "revoked certificates are accepted"},
        };
        bool good = true;

        for (size_t i = 0; good && i < sizeof(all) / sizeof(all[0]); i++)
                if (all[i].set)
                        good = aza_weaken(list, all[i].key, all[i].value, all[i].meaning);
        return good;
}
