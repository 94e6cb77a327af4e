/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles for people: from evidence to a file that accepts it and its like. Decides nothing. */
#include "verdict/profile_new.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* What a pin demands: the member of the file is called as the pin. */
static const struct {
        const char *pin, *claim, *means;
} pins_known[] = {
        {"product", "product", "chips of this generation only"},
        {"measurement", "measurement",
         "this very paravisor, as measured at launch; Azure's updates change it"},
        {"guest-svn", "guest-svn", "no older version of the paravisor"},
        {"mrtd", "mrtd",
         "this very TDX paravisor, as measured at launch; Azure's updates change it"},
        {"mrseam", "mrseam", "this very TDX module; Intel's and Azure's updates change it"},
        {"host-data", "host-data", "this host data, given when the VM was created"},
        {"report-id", "report-id", "this very launch of the VM; it ends with a restart"},
};

static bool put(json_object *file, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(file, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static int note(struct aza_bytes *notes, const char *member, const char *value, const char *means)
{
        char line[400], shown[160];

        (void)snprintf(line, sizeof line, "%s = %s: %s\n", member,
                       aza_printable(value, strlen(value), shown, sizeof shown), means);
        return aza_bytes_append_text(notes, line);
}

static int unknown(const char *pin, bool known)
{
        return AZA_FAIL(
                AZATTEST_E_INVALID_PARAMETER,
                known ? "pin '%.40s': the evidence proves nothing of it"
                      : "pin '%.40s' is unknown; there are product, measurement, guest-svn, host-data, report-id, mrtd, mrseam and pcr0 to pcr23",
                pin);
}

/* "pcr4": the value in the quote. */
static int add_pcr(json_object *file, json_object *claims, const char *pin, struct aza_bytes *notes)
{
        const char *number = pin + strlen("pcr");
        const char *value = aza_json_string(aza_json_object(claims, "pcrs"), number);
        json_object *list = aza_json_array(file, "pcr");
        char text[100];

        if (value == NULL)
                return unknown(pin, strspn(number, "0123456789") == strlen(number) &&
                                            *number != '\0' && strlen(number) < 3);
        if (list == NULL && !put(file, "pcr", list = json_object_new_array()))
                return AZA_NO_MEMORY();
        (void)snprintf(text, sizeof text, "sha256:%s=%s", number, value);
        json_object *item = json_object_new_string(text);
        if (item == NULL || json_object_array_add(list, item) != 0) {
                json_object_put(item);
                return AZA_NO_MEMORY();
        }
        return note(notes, "pcr", text, "what this PCR measured; updates of it change it");
}

static int add_pin(json_object *file, json_object *claims, const char *pin, struct aza_bytes *notes)
{
        for (size_t i = 0; i < sizeof pins_known / sizeof pins_known[0]; i++) {
                json_object *found = NULL, *value = NULL;

                if (strcmp(pins_known[i].pin, pin) != 0)
                        continue;
                if (!json_object_object_get_ex(claims, pins_known[i].claim, &found))
                        return unknown(pin, true);
                if (json_object_deep_copy(found, &value, NULL) != 0 || !put(file, pin, value))
                        return AZA_NO_MEMORY();
                return note(notes, pin, json_object_get_string(found), pins_known[i].means);
        }
        return strncmp(pin, "pcr", 3) == 0 ? add_pcr(file, claims, pin, notes)
                                           : unknown(pin, false);
}

static bool put_head(json_object *file, const char *name, int64_t now)
{
        char date[32];

        (void)aza_rfc3339(now, date);
        date[strlen("2026-11-24")] = '\0';
        return put(file, "azattest-profile", json_object_new_int(1)) &&
               put(file, "name", json_object_new_string(name)) &&
               put(file, "date", json_object_new_string(date)) &&
               put(file, "base", json_object_new_string("azure-baseline"));
}

static int add_proven(json_object *file, json_object *claims, struct aza_bytes *notes)
{
        const char *boot = aza_json_string(claims, "secure-boot");
        int r = note(notes, "base", "azure-baseline",
                     "the floors for firmware that Azure's fleet meets");

        if (r == 0 && boot != NULL && strcmp(boot, "on") == 0)
                r = put(file, "require-secure-boot", json_object_new_boolean(true))
                            ? note(notes, "require-secure-boot", "true",
                                   "the boot log must show secure boot on")
                            : AZA_NO_MEMORY();
        if (r == 0 && aza_json_string(claims, "attested-key") != NULL)
                r = put(file, "require-attested-key", json_object_new_boolean(true))
                            ? note(notes, "require-attested-key", "true",
                                   "the evidence must prove a key")
                            : AZA_NO_MEMORY();
        return r;
}

/* The notes, a text each, for who reads the file. */
static bool put_about(json_object *file, const struct aza_bytes *notes)
{
        json_object *about = json_object_new_array();
        size_t from = 0;

        for (size_t i = 0; about != NULL && i < notes->len; i++) {
                if (notes->data[i] != '\n')
                        continue;
                json_object *line = json_object_new_string_len((const char *)notes->data + from,
                                                               (int)(i - from));
                if (line != NULL && json_object_array_add(about, line) != 0)
                        json_object_put(line);
                from = i + 1;
        }
        return put(file, "about", about);
}

/* Where no pins are named: what says which paravisor it is. */
static const char *const *usual_pins(json_object *claims)
{
        static const char *const snp[] = {"product", "measurement", "guest-svn", NULL};
        static const char *const tdx[] = {"mrtd", NULL};
        static const char *const none[] = {NULL};

        if (aza_json_string(claims, "product") != NULL)
                return snp;
        return aza_json_string(claims, "mrtd") != NULL ? tdx : none;
}

int aza_profile_new(json_object *claims, const char *name, int64_t now, const char *const *pins,
                    json_object **ret)
{
        AZA_OWN(json_object_put) json_object *file = json_object_new_object();
        AZA_BYTES struct aza_bytes notes = {0};
        int r;

        if (file == NULL || !put_head(file, name, now))
                return AZA_NO_MEMORY();
        if (pins == NULL)
                pins = usual_pins(claims);
        r = add_proven(file, claims, &notes);
        for (size_t i = 0; r == 0 && pins[i] != NULL; i++)
                r = add_pin(file, claims, pins[i], &notes);
        if (r == 0 && !put_about(file, &notes))
                r = AZA_NO_MEMORY();
        if (r == 0)
                *ret = aza_take(&file);
        return r;
}
