/* SPDX-License-Identifier: Apache-2.0 */
/* Which checks make which link of the chain of trust (verification.md 1.1). */
#include "cli/links.h"

#include "cli/show.h"

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
