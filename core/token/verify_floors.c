/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floors that no policy removes (D43): a policy says what else is wanted. Each has one setting that
 * weakens it, which results name (config/weakened.c). Pure; called by verify.c only.
 */
#include "base/json.h"
#include "token/verify_rows.h"

#include <string.h>

#define FIRMWARE_PCRS 0xFFu
#define PCR_COUNT     24
#define RESETTABLE    (1u << 16 | 1u << 23) /* by the guest, at any time: they prove nothing (Q9) */

/* A claim that is missing or of another type is as bad as a wrong one. */
static bool is_boolean(json_object *claims, const char *name, bool wanted)
{
        json_object *value = NULL;

        return json_object_object_get_ex(claims, name, &value) &&
               json_object_is_type(value, json_type_boolean) &&
               json_object_get_boolean(value) == wanted;
}

static bool is_zero(json_object *claims, const char *name)
{
        int64_t value = -1;

        return aza_json_int64(claims, name, &value) && value == 0;
}

/* What the hardware's claims in `tee` lack, or NULL. Trusted Launch has none (`tee` NULL). */
static const char *hardware_fault(json_object *tee, bool allow_debug)
{
        const char *kind = aza_json_string(tee, "x-ms-attestation-type");

        if (tee == NULL)
                return NULL;
        if (kind != NULL && strcmp(kind, "sevsnpvm") == 0) {
                if (!is_zero(tee, "x-ms-sevsnpvm-vmpl"))
                        return "x-ms-sevsnpvm-vmpl is not 0";
                if (!allow_debug && !is_boolean(tee, "x-ms-sevsnpvm-is-debuggable", false))
                        return "x-ms-sevsnpvm-is-debuggable is not false: the host may read the VM's memory (allow-debug)";
                return NULL;
        }
        if (kind != NULL && strcmp(kind, "tdxvm") == 0)
                return allow_debug || is_boolean(tee, "tdx_td_attributes_debug", false)
                               ? NULL
                               : "tdx_td_attributes_debug is not false: the host may read the VM's memory (allow-debug)";
        return "an unknown kind of hardware";
}

static bool check_floors(struct verification *v, bool platform)
{
        const struct aza_config *config = v->expect->config;
        json_object *claims = v->token->claims;
        json_object *tee = platform ? claims : aza_json_object(claims, "x-ms-isolation-tee");
        const char *fault = hardware_fault(tee, config->allow_debug);
        bool boot = platform || is_boolean(claims, "secureboot", true);

        if (fault != NULL)
                return aza_reject(v->rows, AZA_CHECK_T19, "%s", fault);
        if (!boot && config->secure_boot == AZA_SECURE_BOOT_REQUIRE)
                return aza_reject(
                        v->rows, AZA_CHECK_T19,
                        "secureboot is not true: the VM booted without secure boot, or its boot log could not be read (secure-boot)");
        return aza_accept(v->rows, AZA_CHECK_T19, "%s%s",
                          config->allow_debug ? "debug is not looked at (allow-debug)"
                                              : "not debuggable",
                          platform ? "; a platform token says nothing of secure boot"
                          : boot   ? ", secure boot on"
                                   : ", secure boot OFF (secure-boot = report)");
}

static uint32_t attested_pcrs(json_object *claims)
{
        json_object *list = aza_json_array(claims, "x-ms-azurevm-attested-pcrs");
        uint32_t mask = 0;

        for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
                json_object *item = json_object_array_get_idx(list, i);
                int64_t n =
                        json_object_is_type(item, json_type_int) ? json_object_get_int64(item) : -1;
                if (n >= 0 && n < PCR_COUNT)
                        mask |= 1u << n;
        }
        return mask & ~RESETTABLE;
}

/* Those of `pcrs` that the guest cannot reset; where that leaves none, the firmware's. */
static uint32_t demanded_pcrs(const struct aza_config *config)
{
        uint32_t mask = config->pcr_mask & ~RESETTABLE;

        return mask != 0 ? mask : FIRMWARE_PCRS;
}

static bool check_pcrs(struct verification *v)
{
        const uint32_t wanted = demanded_pcrs(v->expect->config);
        const uint32_t attested = attested_pcrs(v->token->claims);
        char expected[64], found[64];

        (void)aza_config_pcrs_text(wanted, expected);
        (void)aza_config_pcrs_text(attested, found);
        if ((wanted & ~attested) == 0)
                return aza_accept(v->rows, AZA_CHECK_T20, "%s", found);
        (void)aza_reject(v->rows, AZA_CHECK_T20,
                         "x-ms-azurevm-attested-pcrs lacks PCRs that were demanded (pcrs)");
        aza_check_values(v->rows, expected, attested != 0 ? found : "none that counts");
        return false;
}

void aza_verify_floors(struct verification *v)
{
        bool platform = aza_verify_platform(v);

        (void)check_floors(v, platform);
        if (platform)
                (void)aza_not_checked(v->rows, AZA_CHECK_T20, AZA_NOT_APPLICABLE,
                                      "a platform token attests no PCRs");
        else
                (void)check_pcrs(v);
}

bool aza_verify_platform(const struct verification *v)
{
        return v->expect->inspect && v->expect->config->require == AZA_REQUIRE_PLATFORM;
}
