/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: evaluation agrees with the report it writes. */
#include "token/policy.h"
#include "base/json.h"
#include "fuzz.h"

#define ISSUER "https://maa.test"

static json_object *claims(void)
{
        static json_object *value;
        static const char text[] =
                "{\"s\":\"t\",\"b\":true,\"i\":7,\"a\":[1,\"x\",true],\"o\":{\"p\":0},\"n\":null}";
        if (value == NULL)
                FUZZ_CHECK(aza_json_parse(aza_span_of(text, strlen(text)), 4096, &value) == 0);
        return value;
}

/* Has no answer to claims whose name begins with one of the letters in `arg`. */
static const char *ask(const void *arg, const char *claim)
{
        return strchr(arg, claim[0]) != NULL ? "nobody knows" : NULL;
}

/* What cannot be answered never makes a policy met, and its report says so. */
static void judge(const struct aza_policy *policy, bool satisfied)
{
        AZA_OWN(json_object_put) json_object *rows = NULL;
        char text[200];
        enum aza_policy_verdict all = aza_policy_judge(policy, claims(), NULL, NULL, NULL);
        enum aza_policy_verdict some = aza_policy_judge(policy, claims(), ask, "sbx", &rows);

        FUZZ_CHECK(all != AZA_POLICY_UNANSWERED && (!satisfied || all == AZA_POLICY_MET));
        FUZZ_CHECK(some == AZA_POLICY_UNANSWERED || some == all);
        if (some != AZA_POLICY_MET) {
                FUZZ_CHECK(aza_policy_reasons(rows, NULL, some == AZA_POLICY_UNANSWERED, text,
                                              sizeof text));
                FUZZ_CHECK(text[0] != '\0');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        AZA_OWN(json_object_put) json_object *rows = NULL;
        if (aza_policy_parse(aza_span_of(data, size), &policy) != 0)
                return 0;
        bool satisfied = aza_policy_satisfied(policy, claims(), ISSUER, &rows);
        FUZZ_CHECK(rows != NULL);
        size_t met = 0;
        for (size_t i = 0; i < json_object_array_length(rows); i++)
                if (strcmp(aza_json_string(json_object_array_get_idx(rows, i), "result"), "met") ==
                    0)
                        met++;
        FUZZ_CHECK(!satisfied || met >= 2); /* the authority and a condition */
        FUZZ_CHECK(satisfied == aza_policy_satisfied(policy, claims(), ISSUER, NULL));
        FUZZ_CHECK(!aza_policy_satisfied(policy, claims(), "https://other.test/x/y/z//", NULL));
        judge(policy, satisfied);
        (void)aza_policy_pins_identity(policy);
        (void)aza_policy_has_extensions(policy);
        return 0;
}
