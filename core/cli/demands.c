/* SPDX-License-Identifier: Apache-2.0 */
/* What --profile and the options beside it demand of evidence: each option has the name and the meaning
 * of a member of profile files. Decides nothing. */
#include "verdict/demands.h"
#include "base/error.h"
#include "cli/cli.h"
#include "os/file.h"

#include <stdlib.h>
#include <string.h>

/* A built-in name, else a file. */
static int read_profile(const char *name, struct aza_demands **ret)
{
        const struct aza_profile *base = aza_profile_find(name);
        AZA_BYTES struct aza_bytes text = {0};

        if (base != NULL)
                return aza_demands_new(base, ret);
        if (strpbrk(name, "./") == NULL) {
                const char *nearest = aza_nearest_word(name, aza_profile_names);
                cli_error("--profile %s is unknown; did you mean %s? A file has a '.' or '/' in "
                          "its name",
                          name, nearest != NULL ? nearest : aza_profile_names[0]);
                return CLI_USAGE;
        }
        int r = aza_file_read(name, AZA_DEMANDS_FILE_MAX, &text);
        if (r == 0)
                r = aza_demands_parse(aza_bytes_span(&text), ret);
        return r != 0 ? aza_context(r, "--profile %s", name) : 0;
}

static int set(struct aza_demands *d, const char *name, json_object *value)
{
        int r = value != NULL ? aza_demands_set(d, name, value) : AZA_NO_MEMORY();

        json_object_put(value);
        if (r != AZATTEST_E_INPUT)
                return r;
        const char *why = aza_last_error()->message;
        static const char file[] = "profile: ";
        cli_error("--%s: %s", name,
                  strncmp(why, file, sizeof(file) - 1) == 0 ? why + sizeof(file) - 1 : why);
        return CLI_USAGE;
}

static int set_flag(struct aza_demands *d, const char *name, bool given)
{
        return given ? set(d, name, json_object_new_boolean(true)) : 0;
}

static int set_text(struct aza_demands *d, const char *name, const char *text)
{
        return text != NULL ? set(d, name, json_object_new_string(text)) : 0;
}

static int set_number(struct aza_demands *d, const char *name, const char *text)
{
        if (text == NULL)
                return 0;
        /* What is no number stays a text, which the member refuses. */
        bool digits =
                *text != '\0' && strlen(text) <= 9 && text[strspn(text, "0123456789")] == '\0';
        return set(d, name,
                   digits ? json_object_new_int64(strtol(text, NULL, 10))
                          : json_object_new_string(text));
}

static int set_list(struct aza_demands *d, const char *name, const struct cli_list *list)
{
        json_object *values;

        if (list->count == 0)
                return 0;
        if ((values = json_object_new_array()) == NULL)
                return AZA_NO_MEMORY();
        for (size_t i = 0; i < list->count; i++)
                (void)json_object_array_add(values, json_object_new_string(list->item[i]));
        return set(d, name, values);
}

int cli_demands(struct cli *cli)
{
        const struct cli_options *o = &cli->options;
        AZA_OWN(aza_demands_free) struct aza_demands *d = NULL;
        int r = read_profile(o->profile != NULL ? o->profile : "azure-baseline", &d);

        if (r != 0 || (r = set_flag(d, "require-secure-boot", o->require_secure_boot)) != 0 ||
            (r = set_flag(d, "require-event-log", o->require_event_log)) != 0 ||
            (r = set_flag(d, "require-ak-certificate", o->require_ak_certificate)) != 0 ||
            (r = set_flag(d, "require-attested-key", o->require_attested_key)) != 0 ||
            (r = set_flag(d, "ignore-crl", o->ignore_crl)) != 0 ||
            (r = set_list(d, "measurement", &o->measurement)) != 0 ||
            (r = set_list(d, "id-key", &o->id_key)) != 0 ||
            (r = set_list(d, "product", &o->product)) != 0 ||
            (r = set_list(d, "exclude-product", &o->exclude_product)) != 0 ||
            (r = set_list(d, "pcr", &o->pcr)) != 0 ||
            (r = set_text(d, "host-data", o->host_data)) != 0 ||
            (r = set_text(d, "user-data", o->user_data)) != 0 ||
            (r = set_number(d, "guest-svn", o->guest_svn)) != 0)
                return r;
        cli->demands = aza_take(&d);
        return 0;
}

bool cli_demands_given(const struct cli *cli)
{
        bool any = cli->options.profile != NULL;

        for (size_t i = 0; cli->demands != NULL && i < AZA_DEMANDS_MEMBERS; i++)
                any |= cli->demands->given[i];
        return any;
}

int cli_demands_none(const struct cli *cli, const char *what)
{
        const struct cli_options *o = &cli->options;
        const char *given = cli_demands_given(cli) ? "--profile and demands on evidence"
                            : o->crl != NULL       ? "--crl and demands on evidence"
                            : o->allow_unchecked.count > 0
                                    ? "--allow-unchecked and demands on evidence"
                                    : NULL;

        if (given == NULL)
                return 0;
        cli_error("%s do not apply to a %s: what it must say is the policy's matter (--policy)",
                  given, what);
        return CLI_USAGE;
}
