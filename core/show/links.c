/* SPDX-License-Identifier: Apache-2.0 */
/* Which checks make which link of the chain of trust (CHECKS.md 1.1), and whose key signs it. */
#include "show/links.h"

#include "base/crypto.h"
#include "show/show.h"

#include <string.h>

#define NO_CHECK AZA_CHECK_COUNT
#define CHECKS(...)                   \
        {                             \
                __VA_ARGS__, NO_CHECK \
        }
#define VOUCHED .vouched = true, .checks = {NO_CHECK}
#define C(id)   AZA_CHECK_##id
#define LAST_LINK            \
        {                    \
                .name = NULL \
        }

/* Options of a verifier: they refuse a link, and say nothing of it when they were not asked for. */
static bool only_refuses(enum aza_check_id id)
{
        return id == C(S21) || id == C(S27) || (id >= C(S33) && id <= C(S36)) || id == C(A6) ||
               id == C(Q9) || id == C(E13) || id == C(H16) || id == C(I13);
}

/* What was not made leaves a gap; one that did not apply says nothing. */
static const struct aza_check *deciding(const struct aza_link *link,
                                        const struct aza_checks *checks, bool *made)
{
        const struct aza_check *undecided = NULL;

        *made = false;
        for (size_t i = 0; link->checks[i] != NO_CHECK; i++) {
                const struct aza_check *row = aza_checks_get(checks, link->checks[i]);

                if (row == NULL)
                        continue;
                if (row->outcome == AZA_REJECT)
                        return row;
                if (row->outcome == AZA_ACCEPT)
                        *made = true;
                else if (row->outcome != AZA_NOT_APPLICABLE &&
                         (row->required || !only_refuses(row->id)))
                        undecided = undecided == NULL ? row : undecided;
        }
        return undecided;
}

/* That an anchor is one that the configuration added, and not of whom the link says: rows of
 * anchors that were accepted say nothing else. */
static const char *anchor_remark(const struct aza_link *link, const struct aza_checks *checks)
{
        for (size_t i = 0; link->checks[i] != NO_CHECK; i++) {
                const enum aza_check_id id = link->checks[i];
                const struct aza_check *row = id == C(S11) || id == C(A3) || id == C(I3)
                                                      ? aza_checks_get(checks, id)
                                                      : NULL;

                if (row != NULL && row->reason != NULL)
                        return row->reason;
        }
        return NULL;
}

struct aza_link_state aza_link_state(const struct aza_link *link, const struct aza_checks *checks,
                                     bool trusted)
{
        const struct aza_check *row = NULL;
        bool made = false;

        if (link->checks[0] != NO_CHECK)
                row = deciding(link, checks, &made);
        struct aza_link_state state = {"not checked", row != NULL ? row->reason : NULL};
        if (row != NULL && row->outcome == AZA_REJECT)
                state.text = "refused";
        else if (row == NULL && made)
                state = (struct aza_link_state){"proven here", anchor_remark(link, checks)};
        else if (link->vouched && trusted)
                state.text = "vouched for by MAA";
        return state;
}

void aza_link_key_set(OSSL_LIB_CTX *libctx, struct aza_link_keys *keys, enum aza_link_key which,
                      const EVP_PKEY *key)
{
        AZA_BYTES struct aza_bytes spki = {0};
        uint8_t digest[AZA_SHA256_LEN];

        if (key != NULL && aza_spki(key, &spki) == 0 &&
            aza_sha256(libctx, aza_bytes_span(&spki), digest) == 0)
                (void)aza_hex(aza_span_of(digest, sizeof(digest)), keys->sha256[which]);
}

json_object *aza_links_json(const struct aza_link *links, const struct aza_checks *checks,
                            bool trusted, const struct aza_link_keys *keys)
{
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();

        for (; list != NULL && links->name != NULL; links++) {
                json_object *item = json_object_new_object();

                if (item == NULL)
                        return NULL;
                aza_show_text(item, "link", "%s", links->name);
                aza_show_text(item, "signed-by", "%s", links->signer);
                if (keys->sha256[links->key][0] != '\0')
                        aza_show_text(item, "key-sha256", "%s", keys->sha256[links->key]);
                const struct aza_link_state state = aza_link_state(links, checks, trusted);
                aza_show_text(item, "state", "%s", state.text);
                if (state.reason != NULL)
                        aza_show_text(item, "reason", "%s", state.reason);
                aza_show_text(item, "shows", "%s", links->means);
                if (json_object_array_add(list, item) != 0)
                        return json_object_put(item), NULL;
        }
        return aza_take(&list);
}

/* ---- tokens ---- */

#define HARDWARE_LINK(root)                                                                \
        {                                                                                  \
                .name = root " root -> hardware report", .signer = "chip key",             \
                .means = "a genuine chip at a known firmware level runs this VM; not who " \
                         "touched the machine",                                            \
                VOUCHED                                                                    \
        }

/* T17 repeats only a part of what MAA did. */
#define TOKEN_RUNTIME_LINKS                                                                        \
        {.name = "hardware report -> runtime data",                                                \
         .signer = "hash in the report",                                                           \
         .means = "the paravisor hashed exactly these bytes; not that the host told it the truth", \
         .vouched = true,                                                                          \
         .checks = CHECKS(C(T17))},                                                                \
        {                                                                                          \
                .name = "runtime data -> AK", .signer = "hash in the report",                      \
                .means = "this AK belongs to this VM's vTPM; not that an unpatched paravisor "     \
                         "never replaced it",                                                      \
                VOUCHED                                                                            \
        }

#define TOKEN_LINKS                                                                            \
        {.name = "AK -> PCR values",                                                           \
         .signer = "AK (quote)",                                                               \
         .key = AZA_LINK_KEY_AK,                                                               \
         .means = "firmware, boot loader and Secure Boot state at boot; not kernel or disk",   \
         VOUCHED},                                                                             \
                {.name = "AK -> attested key",                                                 \
                 .signer = "AK (certification)",                                               \
                 .key = AZA_LINK_KEY_AK,                                                       \
                 .means = "the key lives in this vTPM and works only in that PCR state",       \
                 VOUCHED},                                                                     \
                {.name = "issuer -> signing key",                                              \
                 .signer = "TLS of the configured issuer",                                     \
                 .means = "the key is MAA's; who controls MAA or its TLS can issue any token", \
                 .checks = CHECKS(C(T4), C(T5), C(T6))},                                       \
                {.name = "signing key -> token",                                               \
                 .signer = "MAA",                                                              \
                 .key = AZA_LINK_KEY_MAA,                                                      \
                 .means = "MAA saw and accepted all of the above when the token was issued",   \
                 .checks = CHECKS(C(T1), C(T2), C(T3), C(T8), C(T9), C(T10))},                 \
                {.name = "nonce -> token",                                                     \
                 .signer = "MAA",                                                              \
                 .key = AZA_LINK_KEY_MAA,                                                      \
                 .means = "it was issued for you, now",                                        \
                 .checks = CHECKS(C(T11))},                                                    \
                {.name = "token -> attested key",                                              \
                 .signer = "MAA",                                                              \
                 .key = AZA_LINK_KEY_MAA,                                                      \
                 .means = "the key to encrypt to, or to expect signatures from",               \
                 .checks = CHECKS(C(T14), C(T15))},                                            \
                {.name = "token -> policy",                                                    \
                 .signer = "nobody: your decision",                                            \
                 .means = "the claims are those you asked for",                                \
                 .checks = CHECKS(C(T12), C(T13), C(G4))},                                     \
                LAST_LINK

const struct aza_link *aza_links_of_token(const char *vm)
{
        static const struct aza_link snp[] = {HARDWARE_LINK("AMD"), TOKEN_RUNTIME_LINKS,
                                              TOKEN_LINKS};
        static const struct aza_link tdx[] = {HARDWARE_LINK("Intel"), TOKEN_RUNTIME_LINKS,
                                              TOKEN_LINKS};
        static const struct aza_link launch[] = {
                {.name = "Azure vTPM root -> AK",
                 .signer = "Azure's vTPM authority",
                 .means =
                         "Azure says that this AK is a VM's; no hardware says so, and a replaced AK would not show",
                 VOUCHED},
                TOKEN_LINKS,
        };

        if (strcmp(vm, "sevsnp") == 0)
                return snp;
        return strcmp(vm, "tdx") == 0 ? tdx : launch;
}

const struct aza_link *aza_links_of_certificate(void)
{
        static const struct aza_link links[] = {
                {.name = "attested key -> certificate",
                 .signer = "attested key (handshake)",
                 .key = AZA_LINK_KEY_ATTESTED,
                 .means =
                         "the certificate is for the very key that the token attests; who holds it shows in a handshake, not in the file",
                 .checks = CHECKS(C(C4), C(C5), C(C7))},
                LAST_LINK,
        };

        return links;
}

/* ---- evidence ---- */

#define BOOT_LINKS                                                                              \
        {.name = "AK -> quote",                                                                 \
         .signer = "AK",                                                                        \
         .key = AZA_LINK_KEY_AK,                                                                \
         .means = "this vTPM signed these PCR values",                                          \
         .checks = CHECKS(C(Q1), C(Q2), C(Q3), C(Q4), C(Q8))},                                  \
                {.name = "quote -> PCR values",                                                 \
                 .signer = "digest in the quote",                                               \
                 .means = "firmware, boot loader and Secure Boot state at boot; not kernel or " \
                          "disk",                                                               \
                 .checks = CHECKS(C(Q6), C(Q7), C(Q9))},                                        \
                {.name = "nonce -> quote and certification",                                    \
                 .signer = "AK",                                                                \
                 .key = AZA_LINK_KEY_AK,                                                        \
                 .means = "they were made for you, now",                                        \
                 .checks = CHECKS(C(Q5), C(Q13))},                                              \
                {.name = "PCR values -> event log",                                             \
                 .signer = "digests",                                                           \
                 .means = "order and digests of what was measured; texts beside them prove "    \
                          "nothing",                                                            \
                 .checks = CHECKS(C(E1), C(E2), C(E3), C(E5), C(E6), C(E7), C(E10), C(E11),     \
                                  C(E12), C(E13), C(E14), C(E16))},                             \
                {.name = "AK -> attested key",                                                  \
                 .signer = "AK (certification)",                                                \
                 .key = AZA_LINK_KEY_AK,                                                        \
                 .means = "the key lives in this vTPM and works only in that PCR state",        \
                 .checks = CHECKS(C(Q11), C(Q12), C(Q14), C(Q15))},                             \
                {.name = "evidence -> VM you expect",                                           \
                 .signer = "nobody: your decision",                                             \
                 .means = "the host's word for which VM it is",                                 \
                 .checks = CHECKS(C(G4))},                                                      \
                {.name = "evidence -> policy",                                                  \
                 .signer = "nobody: your decision",                                             \
                 .means = "what is proven is what you asked for",                               \
                 .checks = CHECKS(C(P8))},                                                      \
                LAST_LINK

/* On other hardware than SEV-SNP all that its own rows (S) can say is that a demand is not met; the
 * rows of other hardware are named. */
#define DEMANDS_LINK(from, ...)                                                               \
        {                                                                                     \
                .name = from " -> demands", .signer = "nobody: your decision",                \
                .means = "firmware and settings are those you asked for",                     \
                .checks = CHECKS(__VA_ARGS__, C(S25), C(S26), C(S27), C(S28), C(S29), C(S30), \
                                 C(S31), C(S32), C(S33), C(S34), C(S35), C(S36))              \
        }

#define RUNTIME_LINKS                                                                              \
        {.name = "hardware report -> runtime data",                                                \
         .signer = "hash in the report",                                                           \
         .means = "the paravisor hashed exactly these bytes; not that the host told it the truth", \
         .checks = CHECKS(C(H1), C(H2), C(H3), C(H4), C(H5), C(H6), C(H7), C(H8), C(H9), C(H10))}, \
                {.name = "runtime data -> AK",                                                     \
                 .signer = "hash in the report",                                                   \
                 .means = "this AK belongs to this VM's vTPM; not that an unpatched paravisor "    \
                          "never replaced it",                                                     \
                 .checks = CHECKS(C(H13), C(A1))},                                                 \
        {                                                                                          \
                .name = "Azure vTPM root -> AK certificate", .signer = "Azure's vTPM authority",   \
                .key = AZA_LINK_KEY_VTPM_CA,                                                       \
                .means = "Azure says the same of the AK, from a second root",                      \
                .checks = CHECKS(C(A2), C(A3), C(A4), C(A5), C(A6))                                \
        }

const struct aza_link *aza_links_of_evidence(const char *vm)
{
        static const struct aza_link snp[] = {
                {.name = "AMD root -> chip key",
                 .signer = "AMD",
                 .key = AZA_LINK_KEY_CHIP_ROOT,
                 .means =
                         "a genuine chip at this firmware level; not that nobody opened the machine",
                 .checks = CHECKS(C(S9), C(S10), C(S11), C(S12), C(S13), C(S14), C(S15), C(S16),
                                  C(S17), C(S18), C(S19), C(S20), C(S21))},
                {.name = "chip key -> hardware report",
                 .signer = "VCEK or VLEK",
                 .key = AZA_LINK_KEY_CHIP,
                 .means = "firmware of that chip wrote this report for this VM",
                 .checks = CHECKS(C(S1), C(S2), C(S3), C(S4), C(S5), C(S6), C(S7), C(S22), C(S23),
                                  C(S24))},
                DEMANDS_LINK("hardware report", C(H16)),
                RUNTIME_LINKS,
                BOOT_LINKS,
        };
        static const struct aza_link tdx[] = {
                {.name = "Intel root -> platform's key (PCK)",
                 .signer = "Intel",
                 .key = AZA_LINK_KEY_CHIP_ROOT,
                 .means = "a genuine platform; not that nobody opened the machine",
                 .checks = CHECKS(C(I2), C(I3), C(I4), C(I8))},
                {.name = "platform's key (PCK) -> quoting enclave",
                 .signer = "PCK",
                 .key = AZA_LINK_KEY_CHIP,
                 .means = "Intel's quoting enclave made the key that signs the quote",
                 .checks = CHECKS(C(I5), C(I6), C(I9))},
                {.name = "quoting enclave -> TD quote",
                 .signer = "attestation key",
                 .key = AZA_LINK_KEY_TD_QUOTE,
                 .means = "it wrote this quote of a TD on that platform",
                 .checks = CHECKS(C(I1), C(I7))},
                {.name = "Intel -> platform's TCB",
                 .signer = "Intel SGX TCB Signing",
                 .key = AZA_LINK_KEY_TCB,
                 .means = "firmware and TDX module at a level that Intel says this of",
                 .checks = CHECKS(C(I10), C(I11), C(I12), C(I13))},
                {.name = "TD quote -> hardware report",
                 .signer = "report data in the quote",
                 .means = "the quote is about this hardware report (TDREPORT)",
                 .checks = CHECKS(C(H11), C(I15))},
                DEMANDS_LINK("hardware report", C(H16), C(H17), C(I14)),
                RUNTIME_LINKS,
                BOOT_LINKS,
        };
        static const struct aza_link launch[] = {
                {.name = "Azure vTPM root -> AK certificate",
                 .signer = "Azure's vTPM authority",
                 .key = AZA_LINK_KEY_VTPM_CA,
                 .means =
                         "Azure says that this AK is a Trusted Launch VM's; no hardware says so, and a replaced AK would not show",
                 .checks = CHECKS(C(H5), C(A1), C(A2), C(A3), C(A4), C(A5), C(A6))},
                DEMANDS_LINK("evidence", C(H16)),
                BOOT_LINKS,
        };

        if (strcmp(vm, "sevsnp") == 0)
                return snp;
        return strcmp(vm, "tdx") == 0 ? tdx : launch;
}
