/* SPDX-License-Identifier: Apache-2.0 */
/* Which checks make which link of the chain of trust (verification.md 1.1). */
#include "cli/links.h"

#include "cli/show.h"

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

/* A required check decides; one that did not apply says nothing. */
static const struct aza_check *deciding(const struct link *link, const struct aza_checks *checks,
                                        bool *made)
{
        const struct aza_check *undecided = NULL;

        *made = false;
        for (size_t i = 0; link->checks[i] != NO_CHECK; i++) {
                const struct aza_check *row = aza_checks_get(checks, link->checks[i]);

                if (row != NULL && row->outcome == AZA_REJECT)
                        return row;
                if (row != NULL && row->outcome == AZA_ACCEPT)
                        *made = true;
                else if (row != NULL && row->outcome != AZA_NOT_APPLICABLE)
                        undecided = row;
        }
        return undecided;
}

const char *link_state(const struct link *link, const struct aza_checks *checks, bool trusted,
                       const char **reason)
{
        const struct aza_check *row;
        bool made;

        *reason = NULL;
        if (link->vouched)
                return trusted ? "vouched for by MAA" : "not checked";
        row = deciding(link, checks, &made);
        if (row != NULL)
                *reason = row->reason;
        if (row != NULL && row->outcome == AZA_REJECT)
                return "refused";
        return row == NULL && made ? "proven here" : "not checked";
}

json_object *links_json(const struct link *links, const struct aza_checks *checks, bool trusted)
{
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();

        for (; list != NULL && links->name != NULL; links++) {
                json_object *item = json_object_new_object();
                const char *reason;

                if (item == NULL)
                        return NULL;
                show_text(item, "link", "%s", links->name);
                show_text(item, "signed by", "%s", links->signer);
                show_text(item, "state", "%s", link_state(links, checks, trusted, &reason));
                if (reason != NULL)
                        show_text(item, "reason", "%s", reason);
                show_text(item, "shows", "%s", links->means);
                if (json_object_array_add(list, item) != 0)
                        return json_object_put(item), NULL;
        }
        return aza_take(&list);
}

const struct link *links_of_token(bool trusted_launch)
{
        static const struct link confidential[] = {
                {.name = "AMD or Intel root -> hardware report",
                 .signer = "chip key",
                 .means = "a genuine chip at a known firmware level runs this VM; not who touched "
                          "the machine",
                 VOUCHED},
                {.name = "hardware report -> runtime data",
                 .signer = "hash in the report",
                 .means = "the paravisor hashed exactly these bytes; not that the host told it the "
                          "truth",
                 .checks = CHECKS(C(T17))},
                {.name = "runtime data -> AK",
                 .signer = "hash in the report",
                 .means = "this AK belongs to this VM's vTPM",
                 VOUCHED},
                {.name = "AK -> PCR values",
                 .signer = "AK (quote)",
                 .means = "firmware, boot loader and Secure Boot state at boot; not kernel or disk",
                 VOUCHED},
                {.name = "AK -> attested key",
                 .signer = "AK (certification)",
                 .means = "the key lives in this vTPM and works only in that PCR state",
                 VOUCHED},
                {.name = "issuer -> signing key",
                 .signer = "TLS of the configured issuer",
                 .means = "the key is MAA's; who controls MAA or its TLS can issue any token",
                 .checks = CHECKS(C(T4), C(T5), C(T6))},
                {.name = "signing key -> token",
                 .signer = "MAA",
                 .means = "MAA saw and accepted all of the above when the token was issued",
                 .checks = CHECKS(C(T1), C(T2), C(T3), C(T8), C(T9))},
                {.name = "token -> attested key",
                 .signer = "MAA",
                 .means = "the key to encrypt to, or to expect signatures from",
                 .checks = CHECKS(C(T14))},
                {.name = "token -> policy",
                 .signer = "nobody: your decision",
                 .means = "the claims are those you asked for",
                 .checks = CHECKS(C(T12), C(T13), C(G4))},
                LAST_LINK,
        };
        static const struct link launch[] = {
                {.name = "Azure vTPM root -> AK",
                 .signer = "Azure's vTPM authority",
                 .means = "Azure says that this AK is a VM's; no hardware says so",
                 VOUCHED},
                {.name = "AK -> PCR values",
                 .signer = "AK (quote)",
                 .means = "firmware, boot loader and Secure Boot state at boot; not kernel or disk",
                 VOUCHED},
                {.name = "AK -> attested key",
                 .signer = "AK (certification)",
                 .means = "the key lives in this vTPM and works only in that PCR state",
                 VOUCHED},
                {.name = "issuer -> signing key",
                 .signer = "TLS of the configured issuer",
                 .means = "the key is MAA's",
                 .checks = CHECKS(C(T4), C(T5), C(T6))},
                {.name = "signing key -> token",
                 .signer = "MAA",
                 .means = "MAA saw and accepted all of the above when the token was issued",
                 .checks = CHECKS(C(T1), C(T2), C(T3), C(T8), C(T9))},
                {.name = "token -> attested key",
                 .signer = "MAA",
                 .means = "the key to encrypt to, or to expect signatures from",
                 .checks = CHECKS(C(T14))},
                {.name = "token -> policy",
                 .signer = "nobody: your decision",
                 .means = "the claims are those you asked for",
                 .checks = CHECKS(C(T12), C(T13), C(G4))},
                LAST_LINK,
        };

        return trusted_launch ? launch : confidential;
}

#define BOOT_LINKS                                                                              \
        {.name = "AK -> quote",                                                                 \
         .signer = "AK",                                                                        \
         .means = "this vTPM signed these PCR values",                                          \
         .checks = CHECKS(C(Q1), C(Q2), C(Q3), C(Q4), C(Q8))},                                  \
                {.name = "quote -> PCR values",                                                 \
                 .signer = "digest in the quote",                                               \
                 .means = "firmware, boot loader and Secure Boot state at boot; not kernel or " \
                          "disk",                                                               \
                 .checks = CHECKS(C(Q6), C(Q7))},                                               \
                {.name = "nonce -> quote and certification",                                    \
                 .signer = "AK",                                                                \
                 .means = "they were made for you, now",                                        \
                 .checks = CHECKS(C(Q5), C(Q13))},                                              \
                {.name = "PCR values -> event log",                                             \
                 .signer = "digests",                                                           \
                 .means = "order and digests of what was measured; texts beside them prove "    \
                          "nothing",                                                            \
                 .checks = CHECKS(C(E1), C(E2), C(E3), C(E6), C(E7))},                          \
                {.name = "AK -> attested key",                                                  \
                 .signer = "AK (certification)",                                                \
                 .means = "the key lives in this vTPM and works only in that PCR state",        \
                 .checks = CHECKS(C(Q11), C(Q12), C(Q14), C(Q15))},                             \
                {.name = "evidence -> VM you expect",                                           \
                 .signer = "nobody: your decision",                                             \
                 .means = "the host's word for which VM it is",                                 \
                 .checks = CHECKS(C(G4))},                                                      \
                LAST_LINK

#define RUNTIME_LINKS                                                                              \
        {.name = "hardware report -> runtime data",                                                \
         .signer = "hash in the report",                                                           \
         .means = "the paravisor hashed exactly these bytes; not that the host told it the truth", \
         .checks = CHECKS(C(H9), C(H10))},                                                         \
        {                                                                                          \
                .name = "runtime data -> AK", .signer = "hash in the report",                      \
                .means = "this AK belongs to this VM's vTPM", .checks = CHECKS(C(H13), C(A1))      \
        }

#define AK_LINK                                                                                  \
        {                                                                                        \
                .name = "Azure vTPM root -> AK certificate", .signer = "Azure's vTPM authority", \
                .means = "Azure says the same of the AK, from a second root",                    \
                .checks = CHECKS(C(A2), C(A3), C(A4), C(A5))                                     \
        }

const struct link *links_of_evidence(const char *vm)
{
        static const struct link snp[] = {
                {.name = "AMD root -> chip key",
                 .signer = "AMD",
                 .means = "a genuine chip at this firmware level; not that nobody opened the "
                          "machine",
                 .checks = CHECKS(C(S10), C(S11), C(S12), C(S14), C(S16), C(S17), C(S20))},
                {.name = "chip key -> hardware report",
                 .signer = "VCEK or VLEK",
                 .means = "firmware of that chip wrote this report for this VM",
                 .checks = CHECKS(C(S7), C(S22), C(S23))},
                {.name = "hardware report -> demands",
                 .signer = "nobody: your decision",
                 .means = "firmware and settings are those you asked for",
                 .checks = CHECKS(C(S26), C(S29), C(S30), C(S31), C(S32))},
                RUNTIME_LINKS,
                AK_LINK,
                BOOT_LINKS,
        };
        static const struct link tdx[] = {
                {.name = "Intel root -> TD quote",
                 .signer = "Intel",
                 .means = "a genuine chip at this firmware level",
                 .checks = CHECKS(C(H12))},
                {.name = "TD quote -> hardware report",
                 .signer = "report data in the quote",
                 .means = "the quote is about this TDREPORT",
                 .checks = CHECKS(C(H11))},
                RUNTIME_LINKS,
                AK_LINK,
                BOOT_LINKS,
        };
        static const struct link launch[] = {
                AK_LINK,
                BOOT_LINKS,
        };

        if (strcmp(vm, "sevsnp") == 0)
                return snp;
        return strcmp(vm, "tdx") == 0 ? tdx : launch;
}
