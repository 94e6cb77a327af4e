/* SPDX-License-Identifier: Apache-2.0 */
/* Demands: one row a member, with the form its value must have. Whatever is not understood is
 * refused: an ignored demand would be a silent accept. */
#include "verdict/demands.h"

#include "base/error.h"
#include "base/json.h"
#include "verdict/demands_parts.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FIXED_FIELDS 6

struct member {
        const char *name;
        int (*set)(struct aza_demands *d, const struct member *m, json_object *value);
        size_t offset; /* of the field in struct aza_demands */
        size_t len;    /* bytes of a byte string */
};

/* The n-th row of the table at the end of this file, NULL past its last. */
static const struct member *member_at(size_t n);

/* A word and what it stands for. */
struct word {
        const char *name;
        uint64_t value;
};

static const struct word policy_bits[] = {{"smt", AZA_SNP_POLICY_SMT},
                                          {"migrate-ma", AZA_SNP_POLICY_MIGRATE_MA},
                                          {"debug", AZA_SNP_POLICY_DEBUG},
                                          {"single-socket", AZA_SNP_POLICY_SINGLE_SOCKET},
                                          {"cxl", AZA_SNP_POLICY_CXL},
                                          {"aes-256-xts", AZA_SNP_POLICY_AES_256_XTS},
                                          {"rapl-disabled", AZA_SNP_POLICY_RAPL_DIS},
                                          {"ciphertext-hiding", AZA_SNP_POLICY_CIPHERTEXT_DRAM},
                                          {"page-swap-disabled", AZA_SNP_POLICY_PAGE_SWAP_DIS},
                                          {NULL, 0}};
static const struct word platform_bits[] = {{"smt", 1u << 0},
                                            {"tsme", 1u << 1},
                                            {"ecc", 1u << 2},
                                            {"rapl-disabled", 1u << 3},
                                            {"ciphertext-hiding", 1u << 4},
                                            {"alias-check", 1u << 5},
                                            {"iommu-write-safe", 1u << 6},
                                            {"tio", 1u << 7},
                                            {NULL, 0}};
static const struct word products[] = {{"Milan", 1u << AZA_SNP_MILAN},
                                       {"Genoa", 1u << AZA_SNP_GENOA},
                                       {"Turin", 1u << AZA_SNP_TURIN},
                                       {NULL, 0}};
#define CEILINGS (AZA_SNP_POLICY_MIGRATE_MA | AZA_SNP_POLICY_DEBUG | AZA_SNP_POLICY_CXL)
#define FLOORS                                                                                 \
        (AZA_SNP_POLICY_SINGLE_SOCKET | AZA_SNP_POLICY_AES_256_XTS | AZA_SNP_POLICY_RAPL_DIS | \
         AZA_SNP_POLICY_CIPHERTEXT_DRAM | AZA_SNP_POLICY_PAGE_SWAP_DIS)

static void *field(struct aza_demands *d, const struct member *m)
{
        return (uint8_t *)d + m->offset;
}

/* ---- forms ---- */

static bool is_true(json_object *value)
{
        return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

static int wrong_true(const struct member *m)
{
        return aza_demand_wrong(m->name, "true; leave it out when it is not demanded");
}

static int set_true(struct aza_demands *d, const struct member *m, json_object *value)
{
        if (!is_true(value))
                return wrong_true(m);
        *(bool *)field(d, m) = true;
        return 0;
}

/* A revocation list that is demanded is not ignored, whichever is said first. */
static int set_require_crl(struct aza_demands *d, const struct member *m, json_object *value)
{
        if (!is_true(value))
                return wrong_true(m);
        d->judge.crl_mode = AZA_CRL_REQUIRE;
        return 0;
}

static int set_ignore_crl(struct aza_demands *d, const struct member *m, json_object *value)
{
        if (!is_true(value))
                return wrong_true(m);
        if (d->judge.crl_mode != AZA_CRL_REQUIRE)
                d->judge.crl_mode = AZA_CRL_IGNORE;
        return 0;
}

static bool read_hex(json_object *value, uint8_t *out, size_t len)
{
        const char *text = aza_json_text(value);

        return text != NULL && strlen(text) == 2 * len && aza_unhex(text, 2 * len, out, len) == 0;
}

static int wrong_hex(const struct member *m)
{
        char wanted[64];

        (void)snprintf(wanted, sizeof(wanted), "%zu hexadecimal digits (or a list of such)",
                       2 * m->len);
        return aza_demand_wrong(m->name, wanted);
}

/* Byte strings of which one must be found. */
static int set_list(struct aza_demands *d, const struct member *m, json_object *value)
{
        struct aza_demands_list *list = field(d, m);
        size_t n = aza_demand_elements(value);

        if (n == 0 || n > AZA_DEMANDS_LIST)
                return aza_demand_wrong(m->name, "a list of 1 to 32 values");
        for (size_t i = 0; i < n; i++) {
                if (!read_hex(aza_demand_element(value, i), list->bytes[i], m->len))
                        return wrong_hex(m);
                list->spans[i] = aza_span_of(list->bytes[i], m->len);
        }
        list->count = n;
        d->judge.snp_demanded = true;
        d->judge.snp.measurements =
                (struct aza_span_list){d->measurements.spans, d->measurements.count};
        d->judge.snp.id_keys = (struct aza_span_list){d->id_keys.spans, d->id_keys.count};
        d->judge.snp.author_keys =
                (struct aza_span_list){d->author_keys.spans, d->author_keys.count};
        d->judge.snp.chips = (struct aza_span_list){d->chips.spans, d->chips.count};
        return 0;
}

/* A byte string that a field of the report must have. */
static int set_fixed(struct aza_demands *d, const struct member *m, json_object *value)
{
        struct aza_span *span = field(d, m);
        uint8_t *const kept =
                d->fixed[(m->offset - offsetof(struct aza_demands, judge.snp.host_data)) /
                         sizeof(struct aza_span)];

        if (!read_hex(value, kept, m->len))
                return wrong_hex(m);
        *span = aza_span_of(kept, m->len);
        d->judge.snp_demanded = true;
        return 0;
}

static int set_user_data(struct aza_demands *d, const struct member *m, json_object *value)
{
        if (!read_hex(value, d->user_data_bytes, m->len))
                return wrong_hex(m);
        d->judge.user_data = aza_span_of(d->user_data_bytes, m->len);
        return 0;
}

static int set_pcrs(struct aza_demands *d, const struct member *m, json_object *value)
{
        (void)m;
        return aza_demand_pcrs(d, value);
}

static int set_td(struct aza_demands *d, const struct member *m, json_object *value)
{
        return aza_demand_td(d, m->name, value);
}

static bool find_word(const struct word *words, const char *name, uint64_t *ret)
{
        for (; name != NULL && words->name != NULL; words++) {
                if (strcmp(words->name, name) != 0)
                        continue;
                *ret |= words->value;
                return true;
        }
        return false;
}

static int wrong_word(const struct member *m, const struct word *words, uint64_t within)
{
        char wanted[240] = "one (or a list) of";
        size_t used = strlen(wanted);

        for (; words->name != NULL && used < sizeof(wanted); words++)
                if ((words->value & ~within) == 0)
                        used += (size_t)snprintf(wanted + used, sizeof(wanted) - used, " %s",
                                                 words->name);
        return aza_demand_wrong(m->name, wanted);
}

/* One or several of `words`, none outside `within`. */
static int read_words(const struct member *m, const struct word *words, uint64_t within,
                      json_object *value, uint64_t *ret)
{
        uint64_t all = 0;
        bool known = true;

        for (size_t i = 0; i < aza_demand_elements(value); i++)
                known &= find_word(words, aza_json_text(aza_demand_element(value, i)), &all);
        if (!known || all == 0 || (all & ~within) != 0)
                return wrong_word(m, words, within);
        *ret = all;
        return 0;
}

static int set_policy(struct aza_demands *d, const struct member *m, json_object *value)
{
        uint64_t *bits = field(d, m);
        uint64_t within = bits == &d->judge.snp.policy_allow    ? CEILINGS
                          : bits == &d->judge.snp.policy_forbid ? AZA_SNP_POLICY_SMT
                                                                : FLOORS;

        d->judge.snp_demanded |= bits != &d->judge.snp.policy_allow;
        return read_words(m, policy_bits, within, value, bits);
}

static int set_platform(struct aza_demands *d, const struct member *m, json_object *value)
{
        d->judge.snp_demanded = true;
        return read_words(m, platform_bits, UINT64_MAX, value, field(d, m));
}

/* Those the base excludes stay excluded. */
static int set_products(struct aza_demands *d, const struct member *m, json_object *value)
{
        uint64_t named = 0;
        int r = read_words(m, products, UINT64_MAX, value, &named);

        if (r != 0)
                return r;
        uint32_t others = 0;
        for (const struct word *w = products; w->name != NULL; w++)
                others |= (named & w->value) == 0 ? (uint32_t)w->value : 0;
        bool excluded = strcmp(m->name, "exclude-product") == 0;
        if (!excluded && (named & d->base->excluded_products) != 0)
                return aza_demand_wrong(m->name, "a product that the base allows");
        d->profile.excluded_products |= excluded ? (uint32_t)named : others;
        if (d->profile.excluded_products ==
            (uint32_t)(products[0].value | products[1].value | products[2].value))
                return aza_demand_wrong(m->name, "leaving any product");
        d->judge.snp_demanded = true;
        return 0;
}

static bool read_level(json_object *value, int64_t max, int64_t *ret)
{
        if (!json_object_is_type(value, json_type_int))
                return false;
        *ret = json_object_get_int64(value);
        return *ret >= 0 && *ret <= max;
}

static int set_guest_svn(struct aza_demands *d, const struct member *m, json_object *value)
{
        int64_t svn = 0;

        if (!read_level(value, 0xFFFF, &svn) || svn == 0 || svn < d->base->guest_svn)
                return aza_demand_wrong(m->name, "a whole number, at least the base's");
        d->profile.guest_svn = (uint32_t)svn;
        d->judge.snp_demanded = true;
        return 0;
}

/* Bits, by number, that both vectors must have. */
static int set_mitigations(struct aza_demands *d, const struct member *m, json_object *value)
{
        uint64_t bits = 0;

        for (size_t i = 0; i < aza_demand_elements(value); i++) {
                int64_t bit = 0;
                if (!read_level(aza_demand_element(value, i), 63, &bit))
                        return aza_demand_wrong(m->name, "a bit's number (or a list of such)");
                bits |= 1ull << bit;
        }
        if (bits == 0)
                return aza_demand_wrong(m->name, "a bit's number (or a list of such)");
        d->judge.snp.mitigations = bits;
        d->judge.snp_demanded = true;
        return 0;
}

static int set_vmpl(struct aza_demands *d, const struct member *m, json_object *value)
{
        uint32_t allowed = 1; /* VMPL 0 always */

        for (size_t i = 0; i < aza_demand_elements(value); i++) {
                int64_t vmpl = 0;
                if (!read_level(aza_demand_element(value, i), 3, &vmpl) || vmpl == 0)
                        return aza_demand_wrong(m->name, "1, 2 or 3 (or a list of such)");
                allowed |= 1u << vmpl;
        }
        if (allowed == 1)
                return aza_demand_wrong(m->name, "1, 2 or 3 (or a list of such)");
        d->judge.snp.vmpl_allow = allowed;
        return 0;
}

static int set_csp_id(struct aza_demands *d, const struct member *m, json_object *value)
{
        const char *text = aza_json_text(value);

        if (text == NULL || *text == '\0' || strlen(text) >= sizeof(d->csp_id))
                return aza_demand_wrong(m->name, "a text of 1 to 64 bytes");
        (void)snprintf(d->csp_id, sizeof(d->csp_id), "%s", text);
        d->judge.snp.csp_id = d->csp_id;
        d->judge.snp_demanded = true;
        return 0;
}

/* `count` numbers with dots between them, each 0 to 255. */
static bool read_version(json_object *value, uint8_t *ret, size_t count)
{
        const char *at = aza_json_text(value);

        for (size_t i = 0; at != NULL && i < count; i++) {
                size_t digits = strspn(at, "0123456789");
                unsigned long number = digits > 0 && digits <= 3 ? strtoul(at, NULL, 10) : 256;
                if (number > 255 || at[digits] != (i + 1 < count ? '.' : '\0'))
                        return false;
                ret[i] = (uint8_t)number;
                at += digits + (i + 1 < count ? 1 : 0);
        }
        return at != NULL;
}

static int set_firmware(struct aza_demands *d, const struct member *m, json_object *value)
{
        uint8_t v[3] = {0};

        if (!read_version(value, v, 3))
                return aza_demand_wrong(m->name, "a version like \"1.55.39\"");
        d->firmware = (struct aza_snp_firmware){v[0], v[1], v[2]};
        d->judge.snp.firmware_floor = &d->firmware;
        d->judge.snp_demanded = true;
        return 0;
}

static int set_abi(struct aza_demands *d, const struct member *m, json_object *value)
{
        uint8_t v[2] = {0};

        if (!read_version(value, v, 2))
                return aza_demand_wrong(m->name, "a version like \"1.31\"");
        d->judge.snp.abi_major = v[0];
        d->judge.snp.abi_minor = v[1];
        d->judge.snp_demanded = true;
        return 0;
}

/* ---- TCB ---- */

static const char *const components[] = {"bootloader", "tee", "snp", "microcode", "fmc"};
#define COMPONENTS (sizeof(components) / sizeof(components[0]))

/* The components an object names, -1 for the others; beside them only `other` (or NULL) may
 * stand. */
static bool read_tcb(json_object *object, const char *other, int64_t ret[COMPONENTS])
{
        bool any = false;

        if (!json_object_is_type(object, json_type_object))
                return false;
        json_object_object_foreach(object, name, value)
        {
                size_t i = 0;
                while (i < COMPONENTS && strcmp(components[i], name) != 0)
                        i++;
                if (i < COMPONENTS ? !read_level(value, 255, &ret[i])
                                   : other == NULL || strcmp(other, name) != 0)
                        return false;
                any |= i < COMPONENTS;
        }
        return any;
}

static int set_launch(struct aza_demands *d, const struct member *m, json_object *value)
{
        int64_t level[COMPONENTS] = {0};

        if (!read_tcb(value, NULL, level))
                return aza_demand_wrong(
                        m->name,
                        "an object with some of bootloader, tee, snp, microcode, fmc, each 0 to 255");
        d->launch = (struct aza_snp_tcb){(uint8_t)level[0], (uint8_t)level[1], (uint8_t)level[2],
                                         (uint8_t)level[3], (uint8_t)level[4]};
        d->judge.snp.launch_floor = &d->launch;
        d->judge.snp_demanded = true;
        return 0;
}

static bool raise_to(int *floor, int64_t level)
{
        if (level >= 0 && level < *floor)
                return false;
        *floor = level >= 0 ? (int)level : *floor;
        return true;
}

/* The row of `line`: the base's or one given before, else a new one behind them. NULL: no silicon
 * of that name, or no room. */
static struct aza_snp_floor *row_of_line(struct aza_demands *d, const char *line)
{
        size_t n = 0;

        for (; d->floors[n].line != NULL; n++)
                if (strcmp(d->floors[n].line, line) == 0)
                        return &d->floors[n];
        if (n + 1 >= AZA_DEMANDS_FLOORS || strlen(line) >= sizeof(d->lines[n]))
                return NULL;
        (void)snprintf(d->lines[n], sizeof(d->lines[n]), "%s", line);
        if (!aza_snp_line(d->lines[n], &d->floors[n]))
                return NULL;
        d->profile.floors = d->floors;
        return &d->floors[n];
}

/* One silicon line's floors (S26), each at least the base's. Where several rows are about one chip,
 * all of them count: a row of the caller's lowers nothing. */
static int raise_line(struct aza_demands *d, const struct member *m, json_object *object)
{
        int64_t level[COMPONENTS] = {-1, -1, -1, -1, -1};
        const char *line = aza_json_string(object, "line");

        if (line == NULL || !read_tcb(object, "line", level) || level[4] >= 0)
                return aza_demand_wrong(
                        m->name,
                        "a list of objects with line, and some of bootloader, tee, snp, microcode");
        struct aza_snp_floor *f = row_of_line(d, line);
        if (f == NULL)
                return aza_demand_wrong(
                        m->name,
                        "about at most 15 lines of silicon, each Milan, Milan-X, Genoa, Genoa-X, Bergamo/Siena, Turin or a CPUID like 19/A0-AF/1");
        if (!raise_to(&f->bootloader, level[0]) || !raise_to(&f->tee, level[1]) ||
            !raise_to(&f->snp, level[2]) || !raise_to(&f->microcode, level[3]))
                return aza_demand_wrong(m->name, "at least the base's floor everywhere");
        f->source = "as the profile demands";
        return 0;
}

static int set_floors(struct aza_demands *d, const struct member *m, json_object *value)
{
        for (size_t i = 0; i < aza_demand_elements(value); i++) {
                int r = raise_line(d, m, aza_demand_element(value, i));
                if (r != 0)
                        return r;
        }
        if (aza_demand_elements(value) == 0)
                return aza_demand_wrong(m->name, "a list with a silicon line");
        d->judge.snp_demanded = true;
        return 0;
}

static int set_committed(struct aza_demands *d, const struct member *m, json_object *value)
{
        d->judge.snp_demanded = true;
        return set_true(d, m, value);
}

int aza_demands_set(struct aza_demands *d, const char *member, json_object *value)
{
        char shown[65];

        for (size_t i = 0; member_at(i) != NULL; i++) {
                const struct member *m = member_at(i);
                if (strcmp(m->name, member) != 0)
                        continue;
                if (d->given[i])
                        return AZA_FAIL(AZATTEST_E_INPUT, "\"%s\" is demanded twice", m->name);
                d->given[i] = true;
                return m->set(d, m, value);
        }
        return AZA_FAIL(AZATTEST_E_INPUT, "unknown member \"%s\"",
                        aza_printable(member, strlen(member), shown, sizeof(shown)));
}

#define AT(name) offsetof(struct aza_demands, name)
static const struct member members[] = {
        {"require-secure-boot", set_true, AT(judge.need_secure_boot), 0},
        {"require-event-log", set_true, AT(judge.need_event_log), 0},
        {"require-ak-certificate", set_true, AT(judge.need_ak_certificate), 0},
        {"require-attested-key", set_true, AT(judge.need_key), 0},
        {"require-crl", set_require_crl, 0, 0},
        {"ignore-crl", set_ignore_crl, 0, 0},
        {"user-data", set_user_data, 0, 64},
        {"pcr", set_pcrs, 0, 0},
        {"measurement", set_list, AT(measurements), 48},
        {"host-data", set_fixed, AT(judge.snp.host_data), 32},
        {"report-id", set_fixed, AT(judge.snp.report_id), 32},
        {"report-id-ma", set_fixed, AT(judge.snp.report_id_ma), 32},
        {"family-id", set_fixed, AT(judge.snp.family_id), 16},
        {"image-id", set_fixed, AT(judge.snp.image_id), 16},
        {"id-key", set_list, AT(id_keys), 48},
        {"author-key", set_list, AT(author_keys), 48},
        {"chip", set_list, AT(chips), 64},
        {"product", set_products, 0, 0},
        {"exclude-product", set_products, 0, 0},
        {"guest-svn", set_guest_svn, 0, 0},
        {"tcb", set_floors, 0, 0},
        {"launch-tcb", set_launch, 0, 0},
        {"firmware", set_firmware, 0, 0},
        {"mitigation", set_mitigations, 0, 0},
        {"committed-firmware", set_committed, AT(judge.snp.no_provisional), 0},
        {"abi", set_abi, 0, 0},
        {"csp-id", set_csp_id, 0, 0},
        {"require-policy", set_policy, AT(judge.snp.policy_require), 0},
        {"forbid-policy", set_policy, AT(judge.snp.policy_forbid), 0},
        {"allow-policy", set_policy, AT(judge.snp.policy_allow), 0},
        {"require-platform", set_platform, AT(judge.snp.platform_require), 0},
        {"forbid-platform", set_platform, AT(judge.snp.platform_forbid), 0},
        {"allow-unknown-platform", set_true, AT(judge.snp.platform_allow_unknown), 0},
        {"allow-masked-chip", set_true, AT(judge.snp.allow_masked_chip), 0},
        {"allow-vmpl", set_vmpl, 0, 0},
        {"mrtd", set_td, 0, 0},
        {"mrseam", set_td, 0, 0},
        {"mrservicetd", set_td, 0, 0},
        {"accept-tcb", set_td, 0, 0},
        {"tcb-evaluation", set_td, 0, 0},
        {"allow-resettable-pcrs", set_true, AT(judge.allow_resettable), 0},
};
_Static_assert(sizeof(members) / sizeof(members[0]) <= AZA_DEMANDS_MEMBERS, "room in `given`");
_Static_assert(offsetof(struct aza_demands, judge.snp.image_id) -
                               offsetof(struct aza_demands, judge.snp.host_data) <
                       FIXED_FIELDS * sizeof(struct aza_span),
               "fixed[] has a place for each field");

static const struct member *member_at(size_t n)
{
        return n < sizeof(members) / sizeof(members[0]) ? &members[n] : NULL;
}
