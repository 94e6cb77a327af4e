/* SPDX-License-Identifier: Apache-2.0 */
/* PCR 7 by content and position (aza_event_pcr7). A firmware measures its secure boot variables,
 * then one separator, then what images were verified with: decided is from the first of those, in
 * this order. */
#include "boot/event_log.h"

#include <string.h>

#define PCR_SECURE_BOOT 7u
#define KNOWN_MAX       32

/* The variables that stand before the separator; the first five always, and in this order. */
enum variable {
        VAR_SECURE_BOOT,
        VAR_PK,
        VAR_KEK,
        VAR_DB,
        VAR_DBX,
        VAR_OBLIGATORY, /* how many of them there are */
        VAR_DBT = VAR_OBLIGATORY,
        VAR_DBR,
        VAR_SETUP_MODE,
        VAR_AUDIT_MODE,
        VAR_DEPLOYED_MODE,
        VAR_COUNT,
        VAR_NONE = VAR_COUNT,
};
enum space {
        SPACE_GLOBAL,
        SPACE_SECURITY,
};
struct secure_boot_variable {
        const char *name;
        enum space space;
        bool flag; /* one byte, 0 or 1; else lists of signatures */
};

static const struct secure_boot_variable variables[VAR_COUNT] = {
        [VAR_SECURE_BOOT] = {"SecureBoot", SPACE_GLOBAL, true},
        [VAR_PK] = {"PK", SPACE_GLOBAL, false},
        [VAR_KEK] = {"KEK", SPACE_GLOBAL, false},
        [VAR_DB] = {"db", SPACE_SECURITY, false},
        [VAR_DBX] = {"dbx", SPACE_SECURITY, false},
        [VAR_DBT] = {"dbt", SPACE_SECURITY, false},
        [VAR_DBR] = {"dbr", SPACE_SECURITY, false},
        [VAR_SETUP_MODE] = {"SetupMode", SPACE_GLOBAL, true},
        [VAR_AUDIT_MODE] = {"AuditMode", SPACE_GLOBAL, true},
        [VAR_DEPLOYED_MODE] = {"DeployedMode", SPACE_GLOBAL, true},
};

/* UEFI 2.10, 3.3 and 32.6.1. */
static const uint8_t spaces[][16] = {
        [SPACE_GLOBAL] = {0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11, 0xAA, 0x0D, 0x00, 0xE0,
                          0x98, 0x03, 0x2B, 0x8C},
        [SPACE_SECURITY] = {0xCB, 0xB2, 0x19, 0xD7, 0x3A, 0x3D, 0x96, 0x45, 0xA3, 0xBC, 0xDA, 0xD0,
                            0x0E, 0x67, 0x65, 0x6F},
};

/* What is known by its digest alone. */
struct known {
        enum {
                KNOWN_SEPARATOR,
                KNOWN_DEBUG,
                KNOWN_DMA,
                KNOWN_VARIABLE,
        } kind;
        uint8_t room[EVP_MAX_MD_SIZE];
        size_t len;
};

struct reader {
        OSSL_LIB_CTX *libctx;
        uint16_t bank;
        struct aza_boot_facts *out;
        bool separated;
        int next; /* of the obligatory ones */
        bool seen[VAR_COUNT];
        struct aza_span digest[VAR_COUNT], content[VAR_COUNT];
        uint32_t authorities;
        struct known known[KNOWN_MAX];
        size_t known_count;
};

static void undecided(struct reader *r, const char *why)
{
        if (r->out->undecided == NULL)
                r->out->undecided = why;
}

static void forged(struct reader *r, const char *what)
{
        if (r->out->forged == NULL)
                r->out->forged = what;
}

/* ---- what the bytes are ---- */

static bool utf16_is(struct aza_span name, const char *text)
{
        size_t len = strlen(text);

        if (name.len != 2 * len)
                return false;
        for (size_t i = 0; i < len; i++)
                if (name.data[2 * i] != (uint8_t)text[i] || name.data[2 * i + 1] != 0)
                        return false;
        return true;
}

static enum variable variable_of(const struct aza_variable *v)
{
        for (int i = 0; i < VAR_COUNT; i++)
                if (utf16_is(v->name, variables[i].name) &&
                    memcmp(v->guid.data, spaces[variables[i].space], 16) == 0)
                        return (enum variable)i;
        return VAR_NONE;
}

/* The next EFI_SIGNATURE_LIST; `owners` is where its EFI_SIGNATURE_DATA stand, `each` bytes
 * apart. */
static bool next_list(struct aza_reader *r, struct aza_span *owners, uint32_t *each)
{
        (void)aza_read(r, 16); /* type */
        uint32_t size = aza_read_le32(r), header = aza_read_le32(r);

        *each = aza_read_le32(r);
        if (r->failed || size < 28 || header > size - 28 || *each < 16 ||
            (size - 28 - header) % *each != 0)
                return false;
        (void)aza_read(r, header);
        *owners = aza_read(r, size - 28 - header);
        return !r->failed;
}

/* Content of a whole variable: nothing, or lists of signatures. An authority is one signature. */
static bool is_lists(struct aza_span content)
{
        struct aza_reader r = aza_reader_of(content);
        struct aza_span owners;
        uint32_t each;

        while (!aza_reader_done(&r))
                if (!next_list(&r, &owners, &each))
                        return false;
        return true;
}

/* True when `guid` is a signature's owner in the db that this firmware had. */
static bool is_owner(const struct reader *r, struct aza_span guid)
{
        struct aza_reader lists = aza_reader_of(r->content[VAR_DB]);
        struct aza_span owners;
        uint32_t each;

        if (!is_lists(r->content[VAR_DB]))
                return false;
        while (!aza_reader_done(&lists) && next_list(&lists, &owners, &each))
                for (size_t at = 0; at < owners.len; at += each)
                        if (memcmp(owners.data + at, guid.data, 16) == 0)
                                return true;
        return false;
}

/* ---- what is known by its digest ---- */

/* Root may hide an event's data: what has few possible contents is known all the same. */
static void add_known(struct reader *r, struct known what, struct aza_span data)
{
        if (r->known_count < KNOWN_MAX &&
            aza_event_hash(r->libctx, r->bank, data, what.room, &what.len))
                r->known[r->known_count++] = what;
        else
                undecided(r, "hashing failed");
}

static void add_variable(struct reader *r, enum variable which, struct aza_span content)
{
        const char *name = variables[which].name;
        uint8_t data[64] = {0};
        size_t at = 32;

        memcpy(data, spaces[variables[which].space], 16);
        data[16] = (uint8_t)strlen(name);
        data[24] = (uint8_t)content.len;
        for (; *name != '\0'; name++, at += 2)
                data[at] = (uint8_t)*name;
        if (content.len > 0)
                data[at++] = content.data[0];
        add_known(r, (struct known){.kind = KNOWN_VARIABLE}, aza_span_of(data, at));
}

static void fill_known(struct reader *r)
{
        static const uint8_t zeros[4] = {0}, bits[] = {0, 1};
        static const char debug[] = "UEFI Debug Mode", dma[] = "DMA Protection Disabled";

        add_known(r, (struct known){.kind = KNOWN_SEPARATOR}, aza_span_of(zeros, 4));
        for (size_t nul = 0; nul < 2; nul++) { /* some firmware counts the closing NUL */
                add_known(r, (struct known){.kind = KNOWN_DEBUG},
                          aza_span_of(debug, sizeof(debug) - 1 + nul));
                add_known(r, (struct known){.kind = KNOWN_DMA},
                          aza_span_of(dma, sizeof(dma) - 1 + nul));
        }
        for (int i = 0; i < VAR_COUNT; i++) {
                add_variable(r, (enum variable)i, (struct aza_span){0});
                for (size_t bit = 0; variables[i].flag && bit < 2; bit++)
                        add_variable(r, (enum variable)i, aza_span_of(&bits[bit], 1));
        }
}

static const struct known *known_of(const struct reader *r, struct aza_span digest)
{
        for (size_t i = 0; i < r->known_count; i++)
                if (aza_span_equal(aza_span_of(r->known[i].room, r->known[i].len), digest))
                        return &r->known[i];
        return NULL;
}

static bool was_seen(const struct reader *r, struct aza_span digest)
{
        for (int i = 0; i < VAR_COUNT; i++)
                if (r->seen[i] && aza_span_equal(r->digest[i], digest))
                        return true;
        return false;
}

/* The label is in no hash, and decides nothing. But who writes a log in which it does not fit is no
 * firmware. */
static void expect_type(struct reader *r, const struct aza_event *e, uint32_t type)
{
        if (e->type != type)
                undecided(r, "an event's type is not that of what was hashed");
}

static void on_hidden(struct reader *r, struct aza_span digest, const struct known *known)
{
        if (was_seen(r, digest))
                forged(r, "a secure boot variable stands twice");
        else if (known != NULL && r->separated)
                forged(r, "a secure boot variable follows the separator");
        undecided(r, "the data of an event is not what was hashed");
}

/* ---- variables ---- */

/* Before the separator. */
static void on_config(struct reader *r, const struct aza_event *e, const struct aza_variable *v)
{
        enum variable which = variable_of(v);

        if (which == VAR_NONE || v->rest.len != 0) {
                undecided(r, "something that is no secure boot variable stands among them");
                return;
        }
        if (r->seen[which] && (variables[which].flag || is_lists(v->content) ||
                               aza_span_equal(r->digest[which], e->digest))) {
                forged(r, "a secure boot variable stands twice");
                return;
        }
        if (r->seen[which]) {
                undecided(r, "an authority stands among the secure boot variables");
                return;
        }
        expect_type(r, e, AZA_EV_EFI_VARIABLE_CONFIG);
        r->seen[which] = true;
        r->digest[which] = e->digest;
        r->content[which] = v->content;
        if (which < VAR_OBLIGATORY && (int)which != r->next++)
                undecided(r,
                          "SecureBoot, PK, KEK, db or dbx was not measured, or not in this order");
}

/* Behind the separator: what an image was verified with (or refused by, or shim's own). shim
 * measures MokSBState when it was told to verify nothing: that is no authority. */
static void on_authority(struct reader *r, const struct aza_event *e, const struct aza_variable *v)
{
        static const char *const names[] = {"db",       "dbx",      "vendor_db",      "Shim",
                                            "MokList",  "MokListX", "MokListTrusted", "MokListRT",
                                            "SbatLevel"};
        enum variable which = variable_of(v);
        bool one_signature = (which == VAR_DB || which == VAR_DBX) && !is_lists(v->content) &&
                             !aza_span_equal(r->digest[which], e->digest);

        /* The other label says it itself. */
        if ((which != VAR_NONE && !one_signature) || e->type == AZA_EV_EFI_VARIABLE_CONFIG) {
                forged(r, "a secure boot variable follows the separator");
                return;
        }
        expect_type(r, e, AZA_EV_EFI_VARIABLE_AUTHORITY);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (utf16_is(v->name, names[i])) {
                        r->authorities++;
                        return;
                }
        if (utf16_is(v->name, "MokSBState"))
                undecided(r, "shim was told to verify nothing (MokSBState)");
        else if (is_owner(r, v->guid))
                r->authorities++;
        else
                undecided(r, "an event is of a variable that is unknown here");
}

static void on_separator(struct reader *r, const struct aza_event *e)
{
        if (r->separated)
                forged(r, "PCR 7 has a second separator");
        expect_type(r, e, AZA_EV_SEPARATOR);
        r->separated = true;
}

static void on_action(struct reader *r, const struct aza_event *e, bool *what)
{
        expect_type(r, e, AZA_EV_EFI_ACTION);
        *what = true;
}

static void on_event(struct reader *r, const struct aza_event *e)
{
        const struct known *known = known_of(r, e->digest);
        struct aza_event hashed = *e;
        struct aza_variable v;

        if (known != NULL && known->kind == KNOWN_SEPARATOR)
                on_separator(r, e);
        else if (known != NULL && known->kind == KNOWN_DEBUG)
                on_action(r, e, &r->out->debugger);
        else if (known != NULL && known->kind == KNOWN_DMA)
                on_action(r, e, &r->out->dma_protection_disabled);
        else if (!aza_event_hashed(r->libctx, e, r->bank, &hashed.data))
                on_hidden(r, e->digest, known);
        else if (!aza_event_variable(&hashed, &v))
                undecided(r, "an event is unknown there");
        else if (!r->separated)
                on_config(r, e, &v);
        else
                on_authority(r, e, &v);
}

/* ---- the verdict ---- */

static bool is_set(const struct reader *r, enum variable which)
{
        const struct aza_span content = r->content[which];

        return r->seen[which] && !(content.len == 1 && content.data[0] == 0);
}

static enum aza_secure_boot decide(struct reader *r)
{
        const struct aza_span mode = r->content[VAR_SECURE_BOOT];

        if (r->out->forged != NULL)
                undecided(r, r->out->forged);
        if (r->next < VAR_OBLIGATORY)
                undecided(r, "SecureBoot, PK, KEK, db or dbx was not measured");
        if (!r->separated)
                undecided(r, "no separator ends the secure boot variables");
        if (mode.len != 1 || mode.data[0] > 1)
                undecided(r, "SecureBoot is neither 0 nor 1");
        if (r->out->undecided != NULL)
                return AZA_SECURE_BOOT_UNDECIDED;
        if (mode.data[0] == 0)
                return AZA_SECURE_BOOT_OFF;
        if (is_set(r, VAR_SETUP_MODE) || is_set(r, VAR_AUDIT_MODE))
                undecided(r, "secure boot is on, but SetupMode or AuditMode is, too");
        if (r->content[VAR_PK].len == 0 || r->content[VAR_KEK].len == 0 ||
            r->content[VAR_DB].len == 0)
                undecided(r, "secure boot is on, but PK, KEK or db is empty");
        if (r->authorities == 0)
                undecided(r, "secure boot is on, but nothing was verified with it");
        return r->out->undecided != NULL ? AZA_SECURE_BOOT_UNDECIDED : AZA_SECURE_BOOT_ON;
}

void aza_event_pcr7(OSSL_LIB_CTX *libctx, struct aza_span log, uint16_t bank,
                    struct aza_boot_facts *ret)
{
        struct reader r = {.libctx = libctx, .bank = bank, .out = ret};
        struct aza_events events;
        struct aza_event e;

        *ret = (struct aza_boot_facts){0};
        if (aza_events_begin(log, bank, &events) != NULL) {
                ret->undecided = "the log cannot be read";
                return;
        }
        fill_known(&r);
        while (aza_events_next(&events, &e))
                if (e.pcr == PCR_SECURE_BOOT && e.type != AZA_EV_NO_ACTION)
                        on_event(&r, &e);
        if (events.fault != NULL)
                undecided(&r, "the log cannot be read");
        ret->secure_boot = decide(&r);
}
