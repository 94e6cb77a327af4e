/* SPDX-License-Identifier: Apache-2.0 */
/* Owns option names and the help text. */
#include "sim/options.h"

#include "sim/say.h"

#include <string.h>

static const char *const kind_words[] = {"sevsnp", "trustedlaunch", "tdx"};

static const struct verb {
        const char *word;
        enum sim_verb verb;
        int arguments; /* DIR */
} verbs[] = {
        {"run", SIM_VERB_RUN, 0}, {"start", SIM_VERB_START, 1}, {"stop", SIM_VERB_STOP, 1},
        {"ctl", SIM_VERB_CTL, 1}, {"help", SIM_VERB_HELP, 0},
};

const char *sim_kind_word(enum sim_kind kind)
{
        return kind_words[kind];
}

const char *sim_options_vm(const struct sim_options *o)
{
        return o->windows ? "windows" : sim_kind_word(o->kind);
}

static int set_kind(struct sim_options *o, const char *word)
{
        o->windows = strcmp(word, "windows") == 0;
        if (o->windows)
                word = kind_words[SIM_SEVSNP];
        for (size_t i = 0; i < sizeof(kind_words) / sizeof(kind_words[0]); i++) {
                if (strcmp(word, kind_words[i]) == 0) {
                        o->kind = (enum sim_kind)i;
                        return 0;
                }
        }
        return sim_fail("--vm %s: wanted sevsnp, windows, trustedlaunch or tdx", word);
}

static int set_secure_boot(struct sim_options *o, const char *word)
{
        o->secure_boot_off = strcmp(word, "off") == 0;
        return o->secure_boot_off || strcmp(word, "on") == 0
                       ? 0
                       : sim_fail("--secure-boot %s: wanted on or off", word);
}

static int set_quote_version(struct sim_options *o, const char *word)
{
        o->quote_version = strcmp(word, "5") == 0 ? 5 : 4;
        return o->quote_version == 5 || strcmp(word, "4") == 0
                       ? 0
                       : sim_fail("--td-quote %s: wanted 4 or 5", word);
}

static int add_fault(struct sim_options *o, const char *text)
{
        char error[160] = "out of memory";
        struct sim_faults *trial = sim_faults_new();
        bool good = trial != NULL && sim_faults_add(trial, text, error, sizeof(error));

        sim_faults_free(trial);
        if (!good)
                return sim_fail("--fault %s: %s", text, error);
        if (o->fault_count == SIM_MAX_FAULTS)
                return sim_fail("more than %d faults", SIM_MAX_FAULTS);
        o->faults[o->fault_count++] = text;
        return 0;
}

static bool is_named(const char *name, size_t len, const char *wanted)
{
        return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

static int set_option(struct sim_options *o, const char *name, size_t len, const char *value)
{
        const struct {
                const char *name;
                const char **text;
        } texts[] = {
                {"--maa-listen", &o->maa_listen},
                {"--imds-listen", &o->imds_listen},
                {"--join", &o->join},
        };

        bool vm = is_named(name, len, "--vm");
        bool fault = is_named(name, len, "--fault");
        bool secure_boot = is_named(name, len, "--secure-boot");
        bool quote = is_named(name, len, "--td-quote");
        const char **text = NULL;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (is_named(name, len, texts[i].name))
                        text = texts[i].text;
        if (!vm && !fault && !secure_boot && !quote && text == NULL)
                return sim_fail("unknown option %.*s (--help lists them)", (int)len, name);
        if (value == NULL)
                return sim_fail("%.*s wants a value", (int)len, name);
        if (secure_boot)
                return set_secure_boot(o, value);
        if (quote)
                return set_quote_version(o, value);
        if (text == NULL)
                return vm ? set_kind(o, value) : add_fault(o, value);
        *text = value;
        return 0;
}

static bool take_flag(struct sim_options *o, const char *text)
{
        const struct {
                const char *name;
                bool *flag;
        } flags[] = {
                {"--lenient", &o->lenient},
                {"--tcp", &o->tcp},
                {"--verbose", &o->verbose},
                {"-v", &o->verbose},
        };

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (strcmp(text, flags[i].name) == 0)
                        return *flags[i].flag = true;
        return false;
}

/* One option at *at; both `--name value` and `--name=value`. */
static int take_option(struct sim_options *o, char **argv, int *at)
{
        const char *text = argv[*at];
        size_t len = strcspn(text, "=");

        if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
                o->verb = SIM_VERB_HELP;
                return 0;
        }
        if (take_flag(o, text))
                return 0;
        if (text[len] == '=')
                return set_option(o, text, len, text + len + 1);
        const char *value = argv[*at + 1];
        if (value != NULL)
                (*at)++;
        return set_option(o, text, len, value);
}

static int take_verb(struct sim_options *o, const char *word, int *arguments)
{
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
                if (strcmp(word, verbs[i].word) == 0) {
                        o->verb = verbs[i].verb;
                        *arguments = verbs[i].arguments;
                        return 0;
                }
        }
        return sim_fail("unknown command %s: wanted run, start, stop or ctl (--help)", word);
}

/* What another kind of VM has, and this one would pass over. */
static int check_vm(const struct sim_options *o)
{
        const struct sim_fault_vm vm = {sim_options_vm(o), false};
        char error[300];

        if (o->quote_version != 0 && o->kind != SIM_TDX)
                return sim_fail("--td-quote is for --vm tdx: a %s VM makes no TD quotes", vm.kind);
        for (size_t i = 0; i < o->fault_count; i++)
                if (!sim_fault_fits(o->faults[i], &vm, error, sizeof(error)))
                        return sim_fail("--fault %s: %s", o->faults[i], error);
        return 0;
}

static int check(const struct sim_options *o, int missing)
{
        if (o->verb == SIM_VERB_HELP)
                return 0;
        if (o->verb == SIM_VERB_NONE)
                return sim_fail("wanted a command: run, start, stop or ctl (--help)");
        if (missing > 0)
                return sim_fail("wanted a DIR");
        if ((o->verb == SIM_VERB_RUN || o->verb == SIM_VERB_CTL) && *o->rest == NULL)
                return sim_fail(o->verb == SIM_VERB_RUN ? "wanted a COMMAND to run"
                                                        : "wanted an EVENT");
        if (o->verb != SIM_VERB_RUN && o->verb != SIM_VERB_CTL && *o->rest != NULL)
                return sim_fail("unexpected argument %s", *o->rest);
        if (o->join != NULL && (o->maa_listen != NULL || o->lenient))
                return sim_fail("%s makes no sense with --join: DIR1's MAA is used",
                                o->lenient ? "--lenient" : "--maa-listen");
        return o->verb == SIM_VERB_RUN || o->verb == SIM_VERB_START ? check_vm(o) : 0;
}

int sim_options_parse(int argc, char **argv, struct sim_options *ret)
{
        struct sim_options o = {0};
        int missing = 0;
        int i = 1;

        for (; i < argc; i++) {
                if (strcmp(argv[i], "--") == 0) {
                        i++;
                        break;
                }
                int result = 0;
                if (argv[i][0] == '-' && argv[i][1] != '\0')
                        result = take_option(&o, argv, &i);
                else if (o.verb == SIM_VERB_NONE)
                        result = take_verb(&o, argv[i], &missing);
                else if (missing > 0) {
                        o.dir = argv[i];
                        missing--;
                } else
                        break;
                if (result != 0)
                        return -1;
                if (o.verb == SIM_VERB_HELP)
                        break;
        }
        o.rest = argv + (i < argc ? i : argc);
        *ret = o;
        return check(&o, missing);
}

void sim_options_help(FILE *out)
{
        (void)fputs(
                "usage: azattest-sim [OPTION]... run -- COMMAND [ARGUMENT]...\n"
                "       azattest-sim [OPTION]... start DIR      then: . DIR/env.sh\n"
                "       azattest-sim stop DIR\n"
                "       azattest-sim ctl DIR EVENT\n"
                "\n"
                "A simulated Azure confidential VM: vTPM, instance metadata service, attestation\n"
                "service (MAA). Who signs is the only thing that is simulated.\n"
                "\n"
                "  run         runs COMMAND in it; exit status is COMMAND's\n"
                "  start DIR   makes DIR and returns when everything answers\n"
                "  stop DIR    ends it and removes DIR\n"
                "\n"
                "options, before or after the command:\n"
                "  --vm KIND                 sevsnp (default), windows (the same with Windows),\n"
                "                            trustedlaunch or tdx\n"
                "  --secure-boot on|off      how the VM booted (default on)\n"
                "  --td-quote 4|5            version of TD quotes (default 4; 5: of a TD 1.5)\n"
                "  --fault NAME[=VALUE][xCOUNT]\n"
                "                            something goes wrong (below); always, or COUNT times\n"
                "  --maa-listen ADDR:PORT    default 127.0.0.1:0 (any free port)\n"
                "  --imds-listen ADDR:PORT   the same; 169.254.169.254:80 where lo has it\n"
                "  --join DIR1               use MAA and authorities of the VM in DIR1\n"
                "  --tcp                     the vTPM at a port of 127.0.0.1, too (SIM_TPM_PORT)\n"
                "  --lenient                 MAA takes the requests of every known client; "
                "without\n"
                "                            it, only what the reference client would send\n"
                "  -v, --verbose             log requests to standard error (start: to DIR/log)\n"
                "  -h, --help\n"
                "\n"
                "events:\n"
                "  tpm-reset                 power cycle of the vTPM\n"
                "  pcr-extend N              extend PCR N\n"
                "  rotate-keys               MAA signs with a new key; the old one stays "
                "published\n"
                "  fault NAME[=VALUE][xCOUNT]\n"
                "  clear                     no more faults\n"
                "  counts                    TPM commands since start\n"
                "  requests                  HTTP requests since start\n"
                "\n"
                "faults:\n",
                out);
        sim_faults_help(out);
}
