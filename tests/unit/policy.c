/* SPDX-License-Identifier: Apache-2.0 */
/* core/token/policy: Key Vault's grammar, our three operators, and nothing else. */
#include "token_support.h"

#define OPEN  "{'version':'1.0.0','anyOf':[{'authority':'" ISSUER "',"
#define CLOSE "}]}"

static int parse(const char *quoted, struct aza_policy **ret)
{
        char text[4096];
        (void)snprintf(text, sizeof text, "%s", quoted);
        for (char *p = text; *p != '\0'; p++)
                if (*p == '\'')
                        *p = '"';
        return aza_policy_parse(aza_span_of(text, strlen(text)), ret);
}

/* The claims that all conditions here are judged by. */
static json_object *claims(void)
{
        return quick_json("{'s':'Text','f':false,'t':true,'i':10,'z':0,'n':-5,'d':1.5,'null':null,"
                          "'a':[0,1,2,'x',true],'o':{'p':{'q':'deep'}},'a.b':'dotted',"
                          "'str0':'0','strf':'false','u':'\\u0041\\u0000b'}");
}

static bool condition(const char *text)
{
        char whole[2048];
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        AZA_OWN(json_object_put) json_object *c = claims();
        (void)snprintf(whole, sizeof whole, OPEN "'allOf':[%s]" CLOSE, text);
        if (parse(whole, &policy) != 0)
                fail_msg("%s: %s", whole, aza_last_error()->message);
        return aza_policy_satisfied(policy, c, ISSUER, NULL);
}

static void equals(void **state)
{
        (void)state;
        static const char *const met[] = {
                "{'claim':'s','equals':'Text'}",     "{'claim':'f','equals':false}",
                "{'equals':true,'claim':'t'}",       "{'claim':'i','equals':10}",
                "{'claim':'f','equals':'false'}",    "{'claim':'t','equals':'true'}",
                "{'claim':'z','equals':'0'}",        "{'claim':'n','equals':'-5'}",
                "{'claim':'o.p.q','equals':'deep'}", "{'claim':'u','equals':'A\\u0000b'}",
        };
        static const char *const unmet[] = {
                "{'claim':'s','equals':'text'}",      "{'claim':'s','equals':'Text '}",
                "{'claim':'f','equals':true}",        "{'claim':'f','equals':0}",
                "{'claim':'t','equals':1}",           "{'claim':'t','equals':'True'}",
                "{'claim':'str0','equals':0}",        "{'claim':'strf','equals':false}",
                "{'claim':'i','equals':'010'}",       "{'claim':'i','equals':'10.0'}",
                "{'claim':'d','equals':1}",           "{'claim':'d','equals':'1.5'}",
                "{'claim':'null','equals':'null'}",   "{'claim':'null','equals':false}",
                "{'claim':'absent','equals':false}",  "{'claim':'o','equals':'x'}",
                "{'claim':'a','equals':0}",           "{'claim':'a.0','equals':0}",
                "{'claim':'S','equals':'Text'}",      "{'claim':'a.b','equals':'dotted'}",
                "{'claim':'s.x','equals':'Text'}",    "{'claim':'u','equals':'A'}",
                "{'claim':'o.p.q.','equals':'deep'}",
        };
        for (size_t i = 0; i < sizeof met / sizeof met[0]; i++)
                if (!condition(met[i]))
                        fail_msg("%s", met[i]);
        for (size_t i = 0; i < sizeof unmet / sizeof unmet[0]; i++)
                if (condition(unmet[i]))
                        fail_msg("%s", unmet[i]);
}

static void extensions(void **state)
{
        (void)state;
        static const char *const met[] = {
                "{'claim':'i','atLeast':10}",      "{'claim':'i','atLeast':-9}",
                "{'claim':'s','in':['x','Text']}", "{'claim':'i','in':[1,10]}",
                "{'claim':'a','contains':1}",      "{'claim':'a','contains':[0,2,'x']}",
                "{'claim':'a','contains':true}",   "{'claim':'a','contains':'1'}",
        };
        static const char *const unmet[] = {
                "{'claim':'i','atLeast':11}",      "{'claim':'str0','atLeast':0}",
                "{'claim':'d','atLeast':0}",       "{'claim':'t','atLeast':0}",
                "{'claim':'absent','atLeast':0}",  "{'claim':'s','in':['text']}",
                "{'claim':'a','in':[0]}",          "{'claim':'absent','in':['']}",
                "{'claim':'a','contains':3}",      "{'claim':'a','contains':[0,3]}",
                "{'claim':'s','contains':'Text'}", "{'claim':'o','contains':'p'}",
        };
        for (size_t i = 0; i < sizeof met / sizeof met[0]; i++)
                if (!condition(met[i]))
                        fail_msg("%s", met[i]);
        for (size_t i = 0; i < sizeof unmet / sizeof unmet[0]; i++)
                if (condition(unmet[i]))
                        fail_msg("%s", unmet[i]);
        AZA_OWN(aza_policy_free) struct aza_policy *plain = NULL;
        AZA_OWN(aza_policy_free) struct aza_policy *ours = NULL;
        assert_int_equal(parse(OPEN "'allOf':[{'claim':'s','equals':'x'}]" CLOSE, &plain), 0);
        assert_int_equal(parse(OPEN "'allOf':[{'claim':'s','in':['x']}]" CLOSE, &ours), 0);
        assert_false(aza_policy_has_extensions(plain));
        assert_true(aza_policy_has_extensions(ours));
}

static void groups(void **state)
{
        (void)state;
#define YES "{'claim':'t','equals':true}"
#define NO  "{'claim':'t','equals':false}"
        assert_true(condition(YES "," YES));
        assert_false(condition(YES "," NO));
        assert_true(condition("{'anyOf':[" NO "," YES "]}"));
        assert_false(condition("{'anyOf':[" NO "," NO "]}"));
        assert_true(condition("{'anyOf':[{'allOf':[" YES "," NO "]},{'allOf':[" YES "]}]}"));
        assert_false(condition("{'allOf':[{'anyOf':[" YES "]},{'anyOf':[" NO "]}]}"));
        assert_true(condition("{'allOf':[{'anyOf':[{'allOf':[{'anyOf':[" YES "]}]}]}]}"));
}

static void invalid(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                const char *why;
        } cases[] = {
                {"", "empty"},
                {"[]", "version"},
                {"{}", "version"},
                {"{'version':'1.0','anyOf':[]}", "version"},
                {"{'version':'1.0.0','anyOf':[]}", "no authority"},
                {"{'version':'1.0.0','allOf':[]}", "no authority"},
                {"{'version':'1.0.0','anyOf':[],'anyOf':[]}", "twice"},
                {"{'version':'1.0.0','anyOf':[{}]}", "authority"},
                {"{'version':'1.0.0','anyOf':[{'authority':'a'}]}", "members"},
                {"{'version':'1.0.0','anyOf':[{'authority':'','allOf':[]}]}", "authority"},
                {"{'version':'1.0.0','anyOf':[{'authority':'a','allOf':[]}]}", "conditions"},
                {"{'version':'1.0.0','anyOf':[{'authority':'a','oneOf':[]}]}", "exactly one"},
                {"{'version':'1.0.0','anyOf':[{'authority':'a','allOf':[],'anyOf':[]}]}",
                 "members"},
                {OPEN "'allOf':[{'claim':'s','equals':'x'}]}],'x':1}", "unknown members"},
                {OPEN "'allOf':[{'claim':'s','equals':'x','equals':'y'}]" CLOSE, "twice"},
                {OPEN "'allOf':[{'claim':'s'}]" CLOSE, "no operator"},
                {OPEN "'allOf':[{'claim':1,'equals':1}]" CLOSE, "not a name"},
                {OPEN "'allOf':[{'claim':'','equals':1}]" CLOSE, "not a name"},
                {OPEN "'allOf':[{'claim':'s\\u0000','equals':1}]" CLOSE, "not a name"},
                {OPEN "'allOf':[{'claim':'s','equals':1,'in':[1]}]" CLOSE, "more than one"},
                {OPEN "'allOf':[{'claim':'s','equals':1,'note':''}]" CLOSE, "\"note\""},
                {OPEN "'allOf':[{'claim':'s','Equals':1}]" CLOSE, "\"Equals\""},
                {OPEN "'allOf':[{'claim':'s','notEquals':[1]}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','exists':1}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','exists':'yes'}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','less':true}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','lessOrEquals':'1.0'}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','greater':'01'}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','greaterOrEquals':' 1'}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','greater':'9223372036854775808'}]" CLOSE,
                 "wrong type"},
                {OPEN "'allOf':[{'claim':'s','equals':null}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','equals':{}}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','equals':['x']}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','equals':1.0}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','atLeast':'1'}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','in':[]}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','in':'x'}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','in':[[]]}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[{'claim':'s','contains':[]}]" CLOSE, "wrong type"},
                {OPEN "'allOf':[1]" CLOSE, "not an object"},
                {OPEN "'allOf':[{'allOf':[" YES "],'anyOf':[" YES "]}]" CLOSE, "unknown members"},
                {OPEN "'allOf':[{'not':[" YES "]}]" CLOSE, "exactly one"},
                {OPEN "'allOf':[{'anyOf':[{'allOf':[{'anyOf':[{'allOf':[{'anyOf':[{'allOf':[" YES
                      "]}]}]}]}]}]}]" CLOSE,
                 "too deeply"},
                {"{'data':'e30','contentType':'x','more':1}", "contentType"},
                {"{'data':'e30'}", "contentType"},
                {"{'data':'e30=','contentType':'x'}", "base64url"},
                {"{'data':'e30','contentType':'x'}", "version"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct aza_policy *policy = NULL;
                if (parse(cases[i].text, &policy) != AZATTEST_E_INPUT || policy != NULL)
                        fail_msg("%s is accepted", cases[i].text);
                if (strstr(aza_last_error()->message, cases[i].why) == NULL)
                        fail_msg("%s: %s", cases[i].text, aza_last_error()->message);
        }
}

/* Key Vault's other six. */
static void vault_operators(void **state)
{
        (void)state;
        static const char *const met[] = {
                "{'claim':'s','notEquals':'text'}",
                "{'claim':'i','notEquals':11}",
                "{'claim':'i','notEquals':'11'}",
                "{'claim':'f','notEquals':true}",
                "{'claim':'i','less':11}",
                "{'claim':'i','less':'11'}",
                "{'claim':'i','lessOrEquals':10}",
                "{'claim':'i','greater':9}",
                "{'claim':'i','greaterOrEquals':10}",
                "{'claim':'n','less':'-4'}",
                "{'claim':'s','exists':true}",
                "{'claim':'s','exists':'true'}",
                "{'claim':'absent','exists':false}",
                "{'claim':'absent','exists':'false'}",
                "{'claim':'o.p','exists':true}",
                "{'claim':'f','exists':true}",
        };
        static const char *const unmet[] = {
                "{'claim':'s','notEquals':'Text'}",
                "{'claim':'i','notEquals':'10'}",
                "{'claim':'f','notEquals':'false'}",
                "{'claim':'absent','notEquals':'x'}",
                "{'claim':'null','notEquals':'x'}",
                "{'claim':'a','notEquals':7}",
                "{'claim':'o','notEquals':'x'}",
                "{'claim':'i','less':10}",
                "{'claim':'i','lessOrEquals':9}",
                "{'claim':'i','greater':10}",
                "{'claim':'i','greaterOrEquals':11}",
                "{'claim':'str0','less':1}",
                "{'claim':'d','less':2}",
                "{'claim':'t','greater':0}",
                "{'claim':'absent','less':1}",
                "{'claim':'absent','exists':true}",
                "{'claim':'s','exists':false}",
                "{'claim':'null','exists':true}",
                "{'claim':'null','exists':false}",
        };
        for (size_t i = 0; i < sizeof met / sizeof met[0]; i++)
                if (!condition(met[i]))
                        fail_msg("%s is not met", met[i]);
        for (size_t i = 0; i < sizeof unmet / sizeof unmet[0]; i++)
                if (condition(unmet[i]))
                        fail_msg("%s is met", unmet[i]);
        AZA_OWN(aza_policy_free) struct aza_policy *vault = NULL;
        assert_int_equal(parse(OPEN "'allOf':[{'claim':'s','exists':true},{'claim':'i','less':1},"
                                    "{'claim':'s','notEquals':'x'}]" CLOSE,
                               &vault),
                         0);
        assert_false(aza_policy_has_extensions(vault));
        /* Neither a VM that it must not be, nor one that there must be, is an identity. */
        AZA_OWN(aza_policy_free) struct aza_policy *other = NULL;
        assert_int_equal(parse(OPEN "'allOf':[{'claim':'x-ms-azurevm-vmid','notEquals':'A'},"
                                    "{'claim':'x-ms-azurevm-vmid','exists':true}]" CLOSE,
                               &other),
                         0);
        assert_false(aza_policy_pins_identity(other));
        assert_false(aza_policy_allows_vm(other, ISSUER, "A"));
        assert_true(aza_policy_allows_vm(other, ISSUER, "B"));
        assert_false(aza_policy_allows_vm(other, ISSUER, NULL));
        char vms[64];
        assert_string_equal(aza_policy_vms(other, vms, sizeof vms), "");
}

/* D13: a policy weakens unless it demands all that the built-in one does. */
static void implies(void **state)
{
        (void)state;
        static const char wanted[] =
                "'allOf':[{'claim':'a','equals':true},{'claim':'b','in':['x','y']}]";
        static const struct {
                const char *group;
                bool implied;
        } cases[] = {
                {"'allOf':[{'claim':'a','equals':true},{'claim':'b','in':['x','y']}]", true},
                {"'allOf':[{'claim':'b','equals':'x'},{'claim':'a','equals':true},"
                 "{'claim':'c','less':1}]",
                 true},
                {"'allOf':[{'allOf':[{'claim':'a','equals':true}]},{'claim':'b','in':['y']}]",
                 true},
                {"'anyOf':[{'allOf':[{'claim':'a','equals':true},{'claim':'b','equals':'x'}]},"
                 "{'allOf':[{'claim':'a','equals':true},{'claim':'b','equals':'y'}]}]",
                 true},
                {"'allOf':[{'claim':'a','equals':true}]", false},
                {"'anyOf':[{'claim':'a','equals':true},{'claim':'b','equals':'x'}]", false},
                {"'allOf':[{'claim':'a','equals':false},{'claim':'b','equals':'x'}]", false},
                {"'allOf':[{'claim':'a','equals':'true'},{'claim':'b','equals':'x'}]", false},
                {"'allOf':[{'claim':'a','equals':true},{'claim':'b','in':['x','z']}]", false},
                {"'allOf':[{'claim':'a','equals':true},{'claim':'b','notEquals':'z'}]", false},
                {"'allOf':[{'claim':'a','equals':true},{'claim':'B','equals':'x'}]", false},
        };
        char text[1024];
        AZA_OWN(aza_policy_free) struct aza_policy *base = NULL;

        (void)snprintf(text, sizeof text, OPEN "%s" CLOSE, wanted);
        assert_int_equal(parse(text, &base), 0);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;

                (void)snprintf(text, sizeof text, OPEN "%s" CLOSE, cases[i].group);
                assert_int_equal(parse(text, &policy), 0);
                if (aza_policy_implies(policy, base) != cases[i].implied)
                        fail_msg("%s", cases[i].group);
        }
}

static void authorities(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *c = claims();
        static const struct {
                const char *authority;
                bool ours;
        } cases[] = {
                {ISSUER, true},      {ISSUER "/", true},     {ISSUER "//", false},
                {ISSUER "x", false}, {"https://maa", false}, {"HTTPS://maa.example.test", false},
                {"/", false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                char text[512];
                (void)snprintf(text, sizeof text,
                               "{'version':'1.0.0','anyOf':[{'authority':'%s','allOf':[" YES "]}]}",
                               cases[i].authority);
                assert_int_equal(parse(text, &policy), 0);
                assert_int_equal(aza_policy_satisfied(policy, c, ISSUER, NULL), cases[i].ours);
                assert_false(aza_policy_satisfied(policy, c, ISSUER "/x", NULL));
        }
        /* the second authority may decide; another authority's conditions never do */
        AZA_OWN(aza_policy_free) struct aza_policy *two = NULL;
        assert_int_equal(parse("{'version':'1.0.0','anyOf':[{'authority':'https://a','allOf':[" YES
                               "]},{'authority':'" ISSUER "','anyOf':[" NO "]}]}",
                               &two),
                         0);
        assert_false(aza_policy_satisfied(two, c, ISSUER, NULL));
        assert_true(aza_policy_satisfied(two, c, "https://a", NULL));
}

static void report_of_conditions(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *c = claims();
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        AZA_OWN(json_object_put) json_object *rows = NULL;
        assert_int_equal(parse(OPEN "'allOf':[{'claim':'t','equals':false},{'anyOf':[{'claim':'i',"
                                    "'atLeast':3},{'claim':'no.such','in':['x']}]}]" CLOSE,
                               &policy),
                         0);
        assert_false(aza_policy_satisfied(policy, c, ISSUER, &rows));
        assert_string_equal(
                json_object_to_json_string_ext(rows, JSON_C_TO_STRING_PLAIN |
                                                             JSON_C_TO_STRING_NOSLASHESCAPE),
                "[{\"authority\":\"" ISSUER "\",\"claim\":\"iss\",\"operator\":\"equals\","
                "\"expected\":\"" ISSUER "\",\"found\":\"" ISSUER "\",\"result\":\"met\"},"
                "{\"authority\":\"" ISSUER "\",\"claim\":\"t\",\"operator\":\"equals\","
                "\"expected\":false,\"found\":true,\"result\":\"not met\"},"
                "{\"authority\":\"" ISSUER "\",\"claim\":\"i\",\"operator\":\"atLeast\","
                "\"expected\":3,\"found\":10,\"result\":\"met\"},"
                "{\"authority\":\"" ISSUER "\",\"claim\":\"no.such\",\"operator\":\"in\","
                "\"expected\":[\"x\"],\"result\":\"missing\"}]");
}

static void pins(void **state)
{
        (void)state;
#define VM "{'claim':'x-ms-azurevm-vmid','equals':'" VMID "'}"
        static const struct {
                const char *group;
                bool pinned;
        } cases[] = {
                {"'allOf':[" YES "]", false},
                {"'allOf':[" YES "," VM "]", true},
                {"'anyOf':[" YES "," VM "]", false},
                {"'anyOf':[" VM ",{'allOf':[" VM "," YES "]}]", true},
                {"'allOf':[{'anyOf':[" YES "]},{'allOf':[" VM "]}]", true},
                {"'allOf':[{'claim':'x-ms-azurevm-vmid','in':['a','b']}]", true},
                {"'allOf':[{'claim':'x-ms-azurevm-vmid','contains':'a'}]", false},
                {"'allOf':[{'claim':'X-ms-azurevm-vmid','equals':'a'}]", false},
                {"'allOf':[{'claim':'x-ms-isolation-tee.x-ms-sevsnpvm-launchmeasurement',"
                 "'equals':'aa'}]",
                 false},
                /* D42: every customer's on that host or paravisor, or the host's or VM's own
                 * word */
                {"'allOf':[{'claim':'x-ms-isolation-tee.x-ms-sevsnpvm-hostdata','equals':'aa'}]",
                 false},
                {"'allOf':[{'claim':'x-ms-isolation-tee.x-ms-sevsnpvm-reportid','equals':'aa'}]",
                 false},
                {"'allOf':[{'claim':'x-ms-isolation-tee.x-ms-sevsnpvm-idkeydigest','equals':'aa'}]",
                 false},
                {"'allOf':[{'claim':'x-ms-isolation-tee.x-ms-runtime.vm-configuration.vmUniqueId',"
                 "'equals':'aa'}]",
                 false},
                {"'allOf':[{'claim':'x-ms-runtime.client-payload.vm','equals':'aa'}]", false},
                /* of the relying party's own provider, which this issuer is */
                {"'allOf':[{'claim':'x-ms-policy.group','equals':'web'}]", true},
                {"'allOf':[{'claim':'x-ms-policy.group','in':['web','db']}]", true},
                {"'allOf':[{'claim':'x-ms-policy.group','contains':'web'}]", false},
                {"'allOf':[{'claim':'x-ms-policy-hash','equals':'web'}]", false},
                {"'anyOf':[" VM ",{'claim':'x-ms-policy.group','equals':'web'}]", true},
                {"'anyOf':[" VM ",{'anyOf':[" VM "," YES "]}]", false},
                {"'anyOf':[{'anyOf':[" VM ",{'allOf':[" YES "," VM "]}]}," VM "]", true},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                char text[1024];
                (void)snprintf(text, sizeof text, OPEN "%s" CLOSE, cases[i].group);
                assert_int_equal(parse(text, &policy), 0);
                if (aza_policy_pins_identity(policy) != cases[i].pinned)
                        fail_msg("%s", cases[i].group);
        }
        AZA_OWN(aza_policy_free) struct aza_policy *two = NULL;
        assert_int_equal(parse("{'version':'1.0.0','anyOf':[{'authority':'https://a','allOf':[" YES
                               "]},{'authority':'" ISSUER "','anyOf':[" VM "]}]}",
                               &two),
                         0);
        assert_false(aza_policy_pins_identity(two));
}

/* A shared provider's own policy is Microsoft's: what it issues says nothing of whose VM it is. */
static void shared_providers(void **state)
{
        static const struct {
                const char *authority;
                bool own;
        } cases[] = {
                {"https://sharedweu.weu.attest.azure.net", false},
                {"https://SHAREDweu.weu.attest.azure.net/", false},
                {"https://x@contoso.weu.attest.azure.net", false},
                {"http://contoso.weu.attest.azure.net", false},
                {"https://", false},
                {"https://contoso.weu.attest.azure.net", true},
                {"https://contososhared.weu.attest.azure.net", true},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL, *mixed = NULL;
                char text[1024];
                (void)snprintf(text, sizeof text,
                               "{'version':'1.0.0','anyOf':[{'authority':'%s','allOf':[{'claim':"
                               "'x-ms-policy.group','equals':'web'}]}]}",
                               cases[i].authority);
                assert_int_equal(parse(text, &policy), 0);
                assert_int_equal(aza_policy_pins_identity(policy), cases[i].own);
                assert_false(aza_policy_pins_vm(policy));
                (void)snprintf(text, sizeof text,
                               "{'version':'1.0.0','anyOf':[{'authority':'" ISSUER "','allOf':[" VM
                               "]},{'authority':'%s','allOf':[{'claim':"
                               "'x-ms-policy.group','equals':'web'}]}]}",
                               cases[i].authority);
                assert_int_equal(parse(text, &mixed), 0);
                assert_int_equal(aza_policy_pins_identity(mixed), cases[i].own);
        }
}

/* Which VM is told apart from how good it is. */
static void allowed_vms(void **state)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        char text[200];

        (void)state;
        assert_int_equal(parse("{'version':'1.0.0','anyOf':[{'authority':'" ISSUER "/','allOf':["
                               "{'claim':'x-ms-azurevm-vmid','in':['a','b']},"
                               "{'claim':'no.such','equals':'x'}]},{'authority':'https://other',"
                               "'anyOf':[{'claim':'x-ms-azurevm-vmid','equals':'c'}]}]}",
                               &policy),
                         0);
        assert_true(aza_policy_pins_identity(policy));
        assert_true(aza_policy_pins_vm(policy));
        assert_true(aza_policy_allows_vm(policy, ISSUER, "a"));
        assert_true(aza_policy_allows_vm(policy, ISSUER, "b"));
        assert_false(aza_policy_allows_vm(policy, ISSUER, "c"));
        assert_false(aza_policy_allows_vm(policy, ISSUER, "A"));
        assert_false(aza_policy_allows_vm(policy, ISSUER, NULL));
        assert_true(aza_policy_allows_vm(policy, NULL, "c"));
        assert_true(aza_policy_allows_vm(policy, "https://nobody", "d"));
        assert_string_equal(aza_policy_vms(policy, text, sizeof text), "a or b or c");
        assert_string_equal(aza_policy_vms(policy, text, 7), "a or b");
}

static void wrapped_by_key_vault(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *c = claims();
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        AZA_OWN(json_object_put)
        json_object *inner = quick_json(OPEN "'allOf':[" YES "]" CLOSE);
        const char *text = json_object_to_json_string(inner);
        AZA_OWN(free) char *data = base64url(text, strlen(text));
        char whole[2048];
        (void)snprintf(whole, sizeof whole,
                       "{'contentType':'application/json; charset=utf-8','data':'%s'}", data);
        assert_int_equal(parse(whole, &policy), 0);
        assert_true(aza_policy_satisfied(policy, c, ISSUER, NULL));
}

static void builtin(void **state)
{
        (void)state;
        config = (struct aza_config){.require = AZA_REQUIRE_SEVSNP};
        static const enum aza_require all[] = {
                AZA_REQUIRE_SEVSNP, AZA_REQUIRE_TDX, AZA_REQUIRE_TRUSTEDLAUNCH,
                AZA_REQUIRE_CVM,    AZA_REQUIRE_ANY,
        };
        AZA_OWN(json_object_put)
        json_object *snp =
                quick_json("{'x-ms-attestation-type':'azurevm','secureboot':true,"
                           "'x-ms-isolation-tee':{'x-ms-attestation-type':'sevsnpvm',"
                           "'x-ms-compliance-status':'azure-compliant-cvm',"
                           "'x-ms-sevsnpvm-is-debuggable':false,'x-ms-sevsnpvm-vmpl':0}}");
        AZA_OWN(json_object_put)
        json_object *tdx = quick_json("{'x-ms-attestation-type':'azurevm','secureboot':true,"
                                      "'x-ms-isolation-tee':{'x-ms-attestation-type':'tdxvm',"
                                      "'x-ms-compliance-status':'azure-compliant-cvm'}}");
        AZA_OWN(json_object_put)
        json_object *plain = quick_json("{'x-ms-attestation-type':'azurevm','secureboot':true}");
        const bool expected[5][3] = {
                {true, false, false}, {false, true, false}, {true, true, true},
                {true, true, false},  {true, true, true},
        };
        json_object *const sets[] = {snp, tdx, plain};
        for (size_t i = 0; i < 5; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                config.require = all[i];
                assert_int_equal(aza_policy_builtin(&config, ISSUER, &policy), 0);
                assert_false(aza_policy_has_extensions(policy));
                assert_false(aza_policy_pins_identity(policy));
                for (size_t k = 0; k < 3; k++) {
                        assert_int_equal(aza_policy_satisfied(policy, sets[k], ISSUER, NULL),
                                         expected[i][k]);
                        assert_false(aza_policy_satisfied(policy, sets[k], "https://x", NULL));
                }
        }
        /* D43: each asks for secure boot unless told not to */
        for (size_t i = 0; i < 3; i++)
                json_object_object_add(sets[i], "secureboot", json_object_new_boolean(0));
        for (size_t i = 0; i < 4; i++) {
                for (int report = 0; report < 2; report++) {
                        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                        config.require = all[i];
                        config.secure_boot =
                                report ? AZA_SECURE_BOOT_REPORT : AZA_SECURE_BOOT_REQUIRE;
                        assert_int_equal(aza_policy_builtin(&config, ISSUER, &policy), 0);
                        for (size_t k = 0; k < 3; k++)
                                assert_int_equal(
                                        aza_policy_satisfied(policy, sets[k], ISSUER, NULL),
                                        report && (expected[i][k] ||
                                                   all[i] == AZA_REQUIRE_TRUSTEDLAUNCH));
                }
        }
        /* an authority is text, never markup */
        AZA_OWN(aza_policy_free) struct aza_policy *odd = NULL;
        config.require = AZA_REQUIRE_ANY;
        assert_int_equal(aza_policy_builtin(&config, "a\",\"x\":\"", &odd), 0);
        assert_true(aza_policy_satisfied(odd, snp, "a\",\"x\":\"", NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(equals),
                cmocka_unit_test(extensions),
                cmocka_unit_test(groups),
                cmocka_unit_test(invalid),
                cmocka_unit_test(vault_operators),
                cmocka_unit_test(implies),
                cmocka_unit_test(authorities),
                cmocka_unit_test(report_of_conditions),
                cmocka_unit_test(pins),
                cmocka_unit_test(wrapped_by_key_vault),
                cmocka_unit_test(builtin),
                cmocka_unit_test(shared_providers),
                cmocka_unit_test(allowed_vms),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
