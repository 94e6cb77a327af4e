/* SPDX-License-Identifier: Apache-2.0 */
/* What is different by design where a test runs: written out again, not taken from the product. */
#ifndef TEST_THIS_SYSTEM_H
#define TEST_THIS_SYSTEM_H

#ifdef _WIN32
#define NO_FILE      "\\\\.\\NUL"
#define DEFAULT_TCTI "tbs"
#define KEY_PCRS     0x78ff
/* "NotApplicable" and "Windows" in Base64 */
#define OS_BUILD_BASE64 "Tm90QXBwbGljYWJsZQ=="
#define OS_TYPE_BASE64  "V2luZG93cw=="
#else
#define NO_FILE         "/dev/null"
#define DEFAULT_TCTI    "device:/dev/tpmrm0"
#define KEY_PCRS        0xff
/* "NotApplication" and "Linux" */
#define OS_BUILD_BASE64 "Tm90QXBwbGljYXRpb24="
#define OS_TYPE_BASE64  "TGludXg="
#endif

#endif
