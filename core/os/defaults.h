/* SPDX-License-Identifier: Apache-2.0 */
/* What differs from system to system and is no call: default settings, names, words (D63). The one
 * place outside of the folders of core/os that asks for which system it is built. */
#ifndef AZA_OS_DEFAULTS_H
#define AZA_OS_DEFAULTS_H

/* AZA_KEY_PCRS: to what keys and quotes of this machine are bound unless `pcrs` says it, bit n
 * being PCR n: on Windows 0-7 and 11-14, as Microsoft's client does there.
 * AZA_USUAL_PLACE: where `azattest status` looks when no file is named, in which others write
 * nothing. On drive C: everybody may make folders. */
#ifdef _WIN32
#define AZA_DEFAULT_TCTI      "tbs"
#define AZA_DEFAULT_EVENT_LOG "tbs"
#define AZA_KEY_PCRS          0x78FFU
#define AZA_OS_TYPE           "Windows"
#define AZA_OS_BUILD          "NotApplicable"
#define AZA_LIBRARY           "libazattest.dll"
#define AZA_NO_FILE           "NUL"
/* Whether libcurl takes the roots of the system's own store when no file is named. */
#define AZA_SYSTEM_CA CURLSSLOPT_NATIVE_CA
/* Whether programs may save and load the TPM's contexts. TBS refuses both commands. */
#define AZA_TPM_CONTEXTS  false
#define AZA_BOOT_LOG_HINT "start as administrator"
#define AZA_BOOT_LOG_ADVICE \
        "start as administrator or as a service, see that the TPM service (TBS) runs, name a file (event-log), or set secure-boot = report"
#define AZA_USUAL_PLACE      ""
#define AZA_USUAL_PLACE_SAID ""
#define AZA_SIMULATOR_HINT   ""
#define AZA_SIMULATOR_HELP   ""
#define AZA_PRIVATE          "open to this account, the system and administrators"
#define AZA_PRIVATE_FOLDER \
        "folder that is open to this account, the system and administrators alone"
#define AZA_TPM_ROOM_ADVICE "end them, or restart the VM"
#else
#define AZA_DEFAULT_TCTI      "device:/dev/tpmrm0"
#define AZA_DEFAULT_EVENT_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"
#define AZA_KEY_PCRS          0xFFU
#define AZA_OS_TYPE           "Linux"
#define AZA_OS_BUILD          "NotApplication"
#define AZA_LIBRARY           "libazattest.so.0"
#define AZA_NO_FILE           "/dev/null"
#define AZA_SYSTEM_CA         0
#define AZA_TPM_CONTEXTS      true
#define AZA_BOOT_LOG_HINT     "root may have to mount securityfs"
#define AZA_BOOT_LOG_ADVICE \
        "run this as root (sudo), have the log opened to group tss at boot (boot-log.conf among the installed files, for systemd-tmpfiles), name the right file (event-log), or set secure-boot = report"
#define AZA_USUAL_PLACE      "/etc/azattest" /* the systemd units put there what they make */
#define AZA_USUAL_PLACE_SAID "; without FILE " AZA_USUAL_PLACE
#define AZA_SIMULATOR_HINT   "; 'azattest-sim run -- azattest check' shows a simulated VM"
#define AZA_SIMULATOR_HELP   " No Azure VM at hand? 'azattest-sim run -- azattest check'."
#define AZA_PRIVATE          "mode 0700, owned by the caller"
#define AZA_PRIVATE_FOLDER   "directory of mode 0700 that is yours"
#define AZA_TPM_ROOM_ADVICE  "use device:/dev/tpmrm0, or free theirs with tpm2_flushcontext"
#endif

#endif
