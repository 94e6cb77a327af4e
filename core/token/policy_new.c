/* SPDX-License-Identifier: Apache-2.0 */
/* Policies for people: from a token to a file that accepts it and its like. Decides nothing. */
#include "token/policy_new.h"

#include "base/error.h"
#include "base/json.h"
#include "token/policy_tree.h"

#include <stdio.h>
#include <string.h>

#define TEE "x-ms-isolation-tee."
#define SNP TEE "x-ms-sevsnpvm-"

/* What a pin demands. One word may demand several claims; of those for another kind of hardware the
 * token has none. */
static const struct {
        const char *pin, *claim, *op, *means;
} pins_known[] = {
        {"vmid", "x-ms-azurevm-vmid", "equals",
         "this very VM and no other; a VM that is created anew has another id"},
        {"measurement", SNP "launchmeasurement", "equals",
         "this very paravisor, as measured at launch; Azure's updates change it"},
        {"measurement", TEE "tdx_mrtd", "equals",
         "this very paravisor, as measured at launch; Azure's updates change it"},
        {"id-key", SNP "idkeydigest", "equals", "a paravisor that this ID key signed"},
        {"host-data", SNP "hostdata", "equals", "this host data, given when the VM was created"},
        {"guest-svn", SNP "guestsvn", "greaterOrEquals", "no older version of the paravisor"},
        {"tcb", SNP "bootloader-svn", "greaterOrEquals", "no older firmware of the chip"},
        {"tcb", SNP "tee-svn", "greaterOrEquals", "no older firmware of the chip"},
        {"tcb", SNP "snpfw-svn", "greaterOrEquals", "no older firmware of the chip"},
        {"tcb", SNP "microcode-svn", "greaterOrEquals", "no older microcode"},
        {"tcb", TEE "tdx_seamsvn", "greaterOrEquals", "no older TDX module"},
        {"os", "x-ms-azurevm-osdistro", "equals",
         "this distribution, as the VM itself says: no proof of it"},
        {"maa-policy", "x-ms-policy-hash", "equals",
         "the attestation service judged by this policy of its own"},
};
#define PINS (sizeof pins_known / sizeof pins_known[0])

/* What the built-in conditions mean. */
static const struct {
        const char *claim, *means;
} builtin_means[] = {
        {"x-ms-attestation-type", "a token about an Azure VM"},
        {TEE "x-ms-attestation-type", "this kind of confidential hardware"},
        {TEE "x-ms-compliance-status", "the service found it a compliant confidential VM"},
        {SNP "vmpl", "the report was asked for by the paravisor, not by the guest"},
        {SNP "is-debuggable", "the host cannot read the VM's memory"},
        {"secureboot", "it booted with secure boot"},
};

static int note(struct aza_bytes *notes, const char *claim, const char *op, json_object *value,
                const char *means)
{
        char line[700], shown[200];
        const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE);

        (void)snprintf(line, sizeof line, "%s %s %s: %s\n", claim, op,
                       aza_printable(text, strlen(text), shown, sizeof shown), means);
        return aza_bytes_append_text(notes, line);
}

static int note_builtin(json_object *conditions, struct aza_bytes *notes)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < json_object_array_length(conditions); i++) {
                json_object *condition = json_object_array_get_idx(conditions, i), *value = NULL;
                const char *claim = aza_json_string(condition, "claim"), *means = "";

                for (size_t k = 0; k < sizeof builtin_means / sizeof builtin_means[0]; k++)
                        if (strcmp(builtin_means[k].claim, claim) == 0)
                                means = builtin_means[k].means;
                (void)json_object_object_get_ex(condition, "equals", &value);
                r = note(notes, claim, "equals", value, means);
        }
        return r;
}

static int add_condition(json_object *conditions, size_t pin, json_object *found,
                         struct aza_bytes *notes)
{
        AZA_OWN(json_object_put) json_object *condition = json_object_new_object();
        json_object *claim = json_object_new_string(pins_known[pin].claim), *value = NULL;

        if (condition == NULL || claim == NULL ||
            json_object_object_add(condition, "claim", claim) != 0) {
                json_object_put(claim);
                return AZA_NO_MEMORY();
        }
        if (json_object_deep_copy(found, &value, NULL) != 0 ||
            json_object_object_add(condition, pins_known[pin].op, value) != 0 ||
            json_object_array_add(conditions, json_object_get(condition)) != 0)
                return AZA_NO_MEMORY();
        return note(notes, pins_known[pin].claim, pins_known[pin].op, found, pins_known[pin].means);
}

static int add_pin(json_object *conditions, const char *pin, json_object *claims,
                   struct aza_bytes *notes)
{
        bool known = false, added = false;
        int r = 0;

        for (size_t i = 0; r == 0 && i < PINS; i++) {
                json_object *found = NULL;

                if (strcmp(pins_known[i].pin, pin) != 0)
                        continue;
                known = true;
                if (!aza_json_path(claims, pins_known[i].claim, &found) || found == NULL)
                        continue;
                added = true;
                r = add_condition(conditions, i, found, notes);
        }
        if (r != 0 || added)
                return r;
        return AZA_FAIL(
                AZATTEST_E_INVALID_PARAMETER,
                known ? "pin '%.40s': the token says nothing of it"
                      : "pin '%.40s' is unknown; there are vmid, measurement, id-key, host-data, guest-svn, tcb, os and maa-policy",
                pin);
}

/* The kind of VM that the claims are about. */
static enum aza_require kind_of(json_object *claims)
{
        json_object *tee = aza_json_object(claims, "x-ms-isolation-tee");
        const char *kind = aza_json_string(tee, "x-ms-attestation-type");

        if (tee == NULL)
                return AZA_REQUIRE_TRUSTEDLAUNCH;
        return kind != NULL && strcmp(kind, "tdxvm") == 0 ? AZA_REQUIRE_TDX : AZA_REQUIRE_SEVSNP;
}

int aza_policy_new(json_object *claims, const char *const *pins, json_object **ret,
                   struct aza_bytes *notes)
{
        const struct aza_config config = {.require = kind_of(claims)};
        AZA_OWN(aza_policy_free) struct aza_policy *builtin = NULL;
        AZA_OWN(json_object_put) json_object *document = NULL;
        const char *issuer = aza_json_string(claims, "iss");
        json_object *conditions;
        int r;

        if (issuer == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "the token names no issuer");
        if ((r = aza_policy_builtin(&config, issuer, &builtin)) != 0)
                return r;
        if (json_object_deep_copy(builtin->document, &document, NULL) != 0)
                return AZA_NO_MEMORY();
        conditions = aza_json_array(json_object_array_get_idx(aza_json_array(document, "anyOf"), 0),
                                    "allOf");
        if ((r = note_builtin(conditions, notes)) != 0)
                return r;
        for (size_t i = 0; r == 0 && pins[i] != NULL; i++)
                r = add_pin(conditions, pins[i], claims, notes);
        if (r == 0)
                *ret = aza_take(&document);
        return r;
}
