/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of file some bytes are, and who describes it. */
#include "show/show.h"

#include "base/error.h"
#include "base/one.h"
#include "base/pem_parts.h"
#include "boot/event_log.h"
#include "key/cms.h"

#include <string.h>

static bool begins(struct aza_span s, size_t at, const void *with, size_t len)
{
        return s.len >= at + len && memcmp(s.data + at, with, len) == 0;
}

static bool contains(struct aza_span s, const char *text)
{
        return s.len > 0 && memmem(s.data, s.len, text, strlen(text)) != NULL;
}

static size_t dots(struct aza_span s)
{
        const uint8_t *at = s.data, *end = s.data + s.len;
        size_t n = 0;

        while (at < end && (at = memchr(at, '.', (size_t)(end - at))) != NULL) {
                n++;
                at++;
        }
        return n;
}

static enum azattest_kind json_kind(struct aza_span s)
{
        if (contains(s, "\"azattest-evidence\""))
                return AZATTEST_KIND_EVIDENCE;
        if (contains(s, "\"anyOf\"") && contains(s, "\"version\""))
                return AZATTEST_KIND_POLICY;
        if (contains(s, "\"keys\""))
                return AZATTEST_KIND_JWKS;
        if (contains(s, "\"tcbInfo\"") || contains(s, "\"enclaveIdentity\"") ||
            contains(s, "\"tcb-info\"") || contains(s, "\"qe-identity\""))
                return AZATTEST_KIND_TD_COLLATERAL;
        return AZATTEST_KIND_UNKNOWN;
}

/* A log of the SHA-1 form need not begin with a header: then all of it has to read as events. */
static bool reads_as_event_log(struct aza_span s)
{
        struct aza_events events;
        struct aza_event event;

        if (aza_events_begin(s, 0, &events) != NULL)
                return false;
        while (aza_events_next(&events, &event)) {
        }
        return events.fault == NULL && events.next > 1;
}

enum azattest_kind aza_kind_of(struct aza_span s)
{
        static const uint8_t attest_magic[] = {0xff, 0x54, 0x43, 0x47};
        static const uint8_t td_quote[] = {2, 0, 0x81, 0, 0, 0};
        static const uint8_t der[] = {0x30, 0x82};
        static const uint8_t first_event[] = {0, 0, 0, 0, 3, 0, 0, 0};
        const struct aza_span whole = s;

        if (aza_cms_is(s))
                return AZATTEST_KIND_CMS;
        if (begins(s, 0, "HCLA", 4))
                return AZATTEST_KIND_HCL_REPORT;
        if (begins(s, 0, "eyJ", 3))
                return dots(s) == 4 ? AZATTEST_KIND_JWE : AZATTEST_KIND_TOKEN;
        if (begins(s, 0, attest_magic, 4) || begins(s, 2, attest_magic, 4))
                return AZATTEST_KIND_QUOTE;
        if (begins(s, 2, td_quote, sizeof(td_quote)) && s.data[1] == 0 &&
            (s.data[0] == 4 || s.data[0] == 5))
                return AZATTEST_KIND_TD_QUOTE;
        if (s.len == 1024 && s.data[0] == 0x81)
                return AZATTEST_KIND_TD_REPORT;
        if (s.len == 1184 && s.data[1] == 0 && s.data[2] == 0 && s.data[3] == 0)
                return AZATTEST_KIND_SNP_REPORT;
        if (begins(s, 0, first_event, sizeof(first_event)))
                return AZATTEST_KIND_EVENT_LOG;
        while (s.len > 0 && s.data[0] != '\0' && strchr(" \t\r\n", s.data[0]) != NULL)
                s = aza_span_of(s.data + 1, s.len - 1);
        if (begins(s, 0, "{", 1))
                return json_kind(s);
        if (contains(s, "-----BEGIN AZATTEST PRIVATE KEY-----"))
                return AZATTEST_KIND_KEY_FILE;
        if (contains(s, "-----BEGIN AZATTEST SEALED PRIVATE KEY-----"))
                return AZATTEST_KIND_SEALED_KEY;
        if (aza_is_request(s))
                return AZATTEST_KIND_REQUEST;
        /* Also what is none alone: the reader says what is wrong with it. */
        if (contains(s, "-----BEGIN CERTIFICATE-----") ||
            contains(s, "-----BEGIN X509 CERTIFICATE-----") ||
            contains(s, "-----BEGIN TRUSTED CERTIFICATE-----") || begins(s, 0, der, sizeof(der)))
                return AZATTEST_KIND_CERTIFICATE;
        return reads_as_event_log(whole) ? AZATTEST_KIND_EVENT_LOG : AZATTEST_KIND_UNKNOWN;
}

int aza_private_key_refuse(struct aza_span s)
{
        if (!aza_has_private_key(s))
                return 0;
        if (contains(s, "BEGIN OPENSSH PRIVATE KEY-----"))
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "this is a private key in OpenSSH's own form: nothing of it is shown, and nothing in it is to be verified; 'ssh-keygen -p -m PKCS8 -f FILE' makes it one that 'azattest seal' takes");
        return AZA_FAIL(
                AZATTEST_E_INPUT,
                "this is a private key%s: nothing of it is shown, and nothing in it is to be verified; 'azattest seal' makes a file of it that only one vTPM opens",
                contains(s, "BEGIN ENCRYPTED PRIVATE KEY-----") ||
                                contains(s, "Proc-Type: 4,ENCRYPTED")
                        ? ", encrypted with a passphrase"
                        : ", not encrypted");
}

const char *aza_kind_text(enum azattest_kind kind)
{
        static const char *const text[] = {
                [AZATTEST_KIND_TOKEN] = "MAA token",
                [AZATTEST_KIND_JWE] = "JWE",
                [AZATTEST_KIND_HCL_REPORT] = "HCL report",
                [AZATTEST_KIND_SNP_REPORT] = "SEV-SNP report",
                [AZATTEST_KIND_TD_QUOTE] = "TD quote",
                [AZATTEST_KIND_TD_REPORT] = "TDREPORT",
                [AZATTEST_KIND_QUOTE] = "TPM attestation structure",
                [AZATTEST_KIND_EVENT_LOG] = "TCG event log",
                [AZATTEST_KIND_EVIDENCE] = "evidence file",
                [AZATTEST_KIND_KEY_FILE] = "key file",
                [AZATTEST_KIND_CERTIFICATE] = "X.509 certificate",
                [AZATTEST_KIND_REQUEST] = "certificate request",
                [AZATTEST_KIND_JWKS] = "key set",
                [AZATTEST_KIND_POLICY] = "claims policy",
                [AZATTEST_KIND_TD_COLLATERAL] = "TDX collateral",
                [AZATTEST_KIND_CMS] = "CMS message",
                [AZATTEST_KIND_SEALED_KEY] = "sealed key",
                [AZATTEST_KIND_UNKNOWN] = "unknown",
        };

        return (size_t)kind < sizeof(text) / sizeof(text[0]) ? text[kind]
                                                             : text[AZATTEST_KIND_UNKNOWN];
}

json_object *aza_show_content(OSSL_LIB_CTX *libctx, enum azattest_kind kind,
                              struct aza_span content)
{
        static json_object *(*const shows[])(OSSL_LIB_CTX *, struct aza_span) = {
                [AZATTEST_KIND_TOKEN] = aza_show_token,
                [AZATTEST_KIND_JWE] = aza_show_jwe,
                [AZATTEST_KIND_HCL_REPORT] = aza_show_hcl_report,
                [AZATTEST_KIND_SNP_REPORT] = aza_show_snp_report,
                [AZATTEST_KIND_TD_QUOTE] = aza_show_td_quote,
                [AZATTEST_KIND_TD_REPORT] = aza_show_td_report,
                [AZATTEST_KIND_QUOTE] = aza_show_quote,
                [AZATTEST_KIND_EVENT_LOG] = aza_show_event_log,
                [AZATTEST_KIND_EVIDENCE] = aza_show_evidence,
                [AZATTEST_KIND_KEY_FILE] = aza_show_key_file,
                [AZATTEST_KIND_CERTIFICATE] = aza_show_certificate,
                [AZATTEST_KIND_REQUEST] = aza_show_request,
                [AZATTEST_KIND_JWKS] = aza_show_json,
                [AZATTEST_KIND_POLICY] = aza_show_json,
                [AZATTEST_KIND_TD_COLLATERAL] = aza_show_td_collateral,
                [AZATTEST_KIND_CMS] = aza_show_cms,
                [AZATTEST_KIND_SEALED_KEY] = aza_show_sealed_key,
                [AZATTEST_KIND_UNKNOWN] = NULL,
        };

        return shows[kind] != NULL ? shows[kind](libctx, content) : NULL;
}
