/* SPDX-License-Identifier: Apache-2.0 */
/* Which settings weaken verification (D13). */
#include "config/weakened.h"

#include "base/own.h"
#include "base/result.h"

#define FIRMWARE_PCRS 0xFFu /* PCR 0-7 */

/* Whether `text` is added where `set`: D13 wants each such setting named. */
static bool weaken_if(json_object *list, bool set, const char *key, const char *value,
                      const char *meaning)
{
        return !set || aza_weaken(list, key, value, meaning);
}

static bool weaken_whom(json_object *list, const struct aza_config *c)
{
        return weaken_if(list, c->require == AZA_REQUIRE_ANY, "require", "any",
                         "VMs without confidential hardware are accepted") &&
               weaken_if(list, c->require == AZA_REQUIRE_PLATFORM, "require", "platform",
                         "platform tokens are accepted, which attest no key and no vTPM") &&
               weaken_if(list, c->any_vm, "any-vm", "yes", "tokens of anybody's VM are accepted");
}

static bool weaken_floors(json_object *list, const struct aza_config *c)
{
        char pcrs[64];
        bool part = c->pcr_mask != 0 && (c->pcr_mask & FIRMWARE_PCRS) != FIRMWARE_PCRS;

        return weaken_if(list, c->allow_debug, "allow-debug", "yes",
                         "VMs whose memory the host may read are accepted") &&
               weaken_if(list, c->secure_boot == AZA_SECURE_BOOT_REPORT, "secure-boot", "report",
                         "VMs that booted without secure boot are accepted") &&
               weaken_if(list, part, "pcrs", aza_config_pcrs_text(c->pcr_mask, pcrs),
                         "part of firmware and boot configuration (PCR 0-7) is not proven");
}

static bool weaken_trust(json_object *list, const struct aza_config *c)
{
        return weaken_if(list, c->allow_stale_keys, "allow-stale-keys", "yes",
                         "an issuer's keys are used for 7 days while it cannot be asked") &&
               weaken_if(list, c->attest == AZA_ATTEST_NEVER, "attest", "never",
                         "keys are used without attestation") &&
               weaken_if(list, c->delegated, "delegated", "yes",
                         "TLS keys in a VM's memory are accepted, which root there can read") &&
               weaken_if(list, c->amd_root[0] != '\0', "amd-root", c->amd_root,
                         "trusted as AMD root beside the built-in ones") &&
               weaken_if(list, c->intel_root[0] != '\0', "intel-root", c->intel_root,
                         "trusted as Intel root beside the built-in one") &&
               weaken_if(list, c->vtpm_root[0] != '\0', "vtpm-root", c->vtpm_root,
                         "trusted as vTPM root beside the built-in one");
}

json_object *aza_config_weakened(const struct aza_config *config)
{
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();
        bool good = list != NULL && weaken_whom(list, config) && weaken_trust(list, config) &&
                    weaken_floors(list, config);

        return good ? aza_take(&list) : NULL;
}
