/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration: one table of keys drives parsing, environment, defaults and messages. Precedence,
 * here and nowhere else: what the program or its command line set, environment (ignored in set-uid
 * programs), openssl.cnf, built-in. A key's URI or pkeyopt stands above them for its key. Values
 * are checked at first use, not at load: a typo must not stop sshd (PV68).
 */
#ifndef AZA_CONFIG_CONFIG_H
#define AZA_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum aza_require {
        AZA_REQUIRE_SEVSNP,
        AZA_REQUIRE_TDX,
        AZA_REQUIRE_TRUSTEDLAUNCH,
        AZA_REQUIRE_CVM,
        AZA_REQUIRE_ANY,
        AZA_REQUIRE_PLATFORM, /* MAA's platform tokens, which attest no key: to be looked at only */
        AZA_REQUIRE_SHOWN,    /* no word of the configuration: whatever it is, to be shown */
};

/* D43: whether secure boot has to be on. */
enum aza_secure_boot_setting {
        AZA_SECURE_BOOT_REQUIRE,
        AZA_SECURE_BOOT_REPORT,
};

enum aza_attest_mode {
        AZA_ATTEST_AUTO,
        AZA_ATTEST_ALWAYS,
        AZA_ATTEST_NEVER,
};

/* Checked values. Texts are NUL-terminated; "" means not set. */
struct aza_config {
        char maa_url[512];  /* normalised: no trailing '/' (D18) */
        char issuer[512];   /* expected `iss`: issuer if set, else maa_url */
        char issuers[2048]; /* further issuers a relying party accepts, space separated */
        char tcti[512];
        char imds_url[512];
        char ca_file[1024];
        char event_log[1024];
        char policy[1024];
        char runtime_dir[1024];    /* "" when there is none usable: no cache */
        char amd_root[1024];       /* extra ARK SPKI SHA-256 pins, space separated hex */
        char intel_root[1024];     /* extra pins of Intel-shaped roots, likewise */
        char vtpm_root[1024];      /* extra vTPM root certificate SHA-256 pins */
        char ak_issuers[1024];     /* "fetch", "none" or a file */
        char td_collateral[1024];  /* "fetch", "none" or a file or directory */
        char maa_root[1024];       /* SHA-256 pins, one of which an issuer's key must chain to */
        char vmid[64];             /* VM id a relying party expects; "" none */
        char vault_identity[512];  /* whose access token a key vault is shown */
        char vault_authority[512]; /* a login service beside Azure's; "" none */
        char delegate[16];
        enum aza_require require;
        enum aza_attest_mode attest;
        uint32_t pcr_mask;  /* bit n: PCR n, SHA-256 bank */
        bool pcrs_default;  /* nobody set it */
        uint32_t hierarchy; /* TPM2_RH_NULL or TPM2_RH_OWNER */
        int timeout;        /* seconds, 1 .. 3600 */
        bool any_vm;
        bool allow_debug; /* D43 */
        enum aza_secure_boot_setting secure_boot;
        bool allow_stale_keys; /* T7 */
        bool renew_ak;         /* D58 */
        bool delegated;        /* C7 */
        int log;               /* enum azattest_log_level */
};

/* Unchecked texts by key, as they came: room for one value per key of the table. */
#define AZA_CONFIG_KEYS 31
struct aza_config_source {
        char *value[AZA_CONFIG_KEYS];  /* of openssl.cnf; owned, NULL not given */
        char *chosen[AZA_CONFIG_KEYS]; /* by the program: above the environment */
};

#define AZA_CONFIG_SOURCE __attribute__((cleanup(aza_config_source_free)))
void aza_config_source_free(struct aza_config_source *source);

/* The n-th key's name, NULL past the last: for whoever asks a provider core for each. */
const char *aza_config_key(size_t n);
/* Its default, environment variable (or NULL) and one-line meaning, for --help and man pages. */
const char *aza_config_default(size_t n);
const char *aza_config_environment(size_t n);
const char *aza_config_meaning(size_t n);
/* True when the environment overrides the n-th key now; an empty variable does not. */
bool aza_config_from_environment(size_t n);

/* Stores one value of openssl.cnf. 0; AZATTEST_E_CONFIGURATION names the nearest key for an
 * unknown one. */
int aza_config_set(struct aza_config_source *source, const char *key, const char *value);
/* The same of a value that the program or its command line chose: no environment overrides it. */
int aza_config_choose(struct aza_config_source *source, const char *key, const char *value);
/* The same of a program's default, which counts where openssl.cnf says nothing. */
int aza_config_suggest(struct aza_config_source *source, const char *key, const char *value);

/* Judges one value alone, as aza_config_resolve does with all. 0 for keys that are unknown
 * (aza_config_set's to say), else AZATTEST_E_CONFIGURATION with a message that names key, value and
 * what is allowed. */
int aza_config_check(const char *key, const char *value);

/* Reads the azattest section of an openssl.cnf: the section that the provider list names for
 * "azattest". `file` NULL: OpenSSL's own file, which may be absent. Unknown keys are logged as
 * errors with the nearest valid word, at every level: a misspelt policy demands nothing. 0 or
 * AZATTEST_E_CONFIGURATION. */
int aza_config_read(struct aza_config_source *source, const char *file);
/* Whether an openssl.cnf has azattest in its list of providers; false also when it cannot be
 * read. */
bool aza_config_names_provider(const char *file);

/* The value of `key` that counts now, unchecked; *ret NULL: none is set and the default depends
 * on the user. 0, or AZATTEST_E_CONFIGURATION: there is no such key. */
int aza_config_value(const struct aza_config_source *source, const char *key, const char **ret);

/* Checks everything: what was chosen over the environment over what was set over defaults. 0 or
 * AZATTEST_E_CONFIGURATION whose message names the key, the bad value and what is allowed. */
int aza_config_resolve(const struct aza_config_source *source, struct aza_config *ret);
/* To which PCRs keys and quotes of this machine are bound: `pcrs`, else the system's own. */
uint32_t aza_config_key_pcrs(const struct aza_config *config);

/* "0-7", "0,2-4": 0 or AZATTEST_E_CONFIGURATION. And back; `out` has 64 bytes. */
int aza_config_pcrs(const char *text, uint32_t *ret_mask);
const char *aza_config_pcrs_text(uint32_t mask, char out[64]);

#endif
