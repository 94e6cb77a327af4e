/* SPDX-License-Identifier: Apache-2.0 */
/* What --profile and the options beside it demand of evidence: each option has the name and the
 * meaning of a member of profile files. Decides nothing. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static bool put(json_object *demands, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(demands, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool put_flag(json_object *demands, const char *name, bool given)
{
        return !given || put(demands, name, json_object_new_boolean(true));
}

static bool put_text(json_object *demands, const char *name, const char *text)
{
        return text == NULL || put(demands, name, json_object_new_string(text));
}

static bool put_number(json_object *demands, const char *name, const char *text)
{
        /* What is no number stays a text, which the member refuses. */
        const bool digits = text != NULL && *text != '\0' && strlen(text) <= 9 &&
                            text[strspn(text, "0123456789")] == '\0';

        return digits ? put(demands, name, json_object_new_int64(strtol(text, NULL, 10)))
                      : put_text(demands, name, text);
}

static bool put_list(json_object *demands, const char *name, const struct cli_list *list)
{
        json_object *values;

        if (list->count == 0)
                return true;
        if ((values = json_object_new_array()) == NULL)
                return false;
        for (size_t i = 0; i < list->count; i++)
                (void)json_object_array_add(values, json_object_new_string(list->item[i]));
        return put(demands, name, values);
}

/* NULL when out of memory. */
static json_object *demands_of(const struct cli_options *o)
{
        AZA_OWN(json_object_put) json_object *d = json_object_new_object();
        bool good = d != NULL && put_flag(d, "require-secure-boot", o->require_secure_boot) &&
                    put_flag(d, "require-event-log", o->require_event_log) &&
                    put_flag(d, "require-ak-certificate", o->require_ak_certificate) &&
                    put_flag(d, "require-attested-key", o->require_attested_key) &&
                    put_flag(d, "ignore-crl", o->ignore_crl) &&
                    put_list(d, "measurement", &o->measurement) &&
                    put_list(d, "id-key", &o->id_key) && put_list(d, "product", &o->product) &&
                    put_list(d, "exclude-product", &o->exclude_product) &&
                    put_list(d, "accept-tcb", &o->accept_tcb) && put_list(d, "pcr", &o->pcr) &&
                    put_text(d, "host-data", o->host_data) &&
                    put_text(d, "user-data", o->user_data) &&
                    put_number(d, "guest-svn", o->guest_svn);

        return good ? aza_take(&d) : NULL;
}

static void terminate(const struct cli_list *list, const char *ret[CLI_LIST_MAX + 1])
{
        for (size_t i = 0; i < list->count; i++)
                ret[i] = list->item[i];
        ret[list->count] = NULL;
}

int cli_demands(struct cli *cli)
{
        AZA_OWN(json_object_put) json_object *demands = demands_of(&cli->options);
        const struct cli_options *o = &cli->options;
        struct cli_evidence *e = &cli->evidence;

        if (demands == NULL)
                return AZA_NO_MEMORY();
        if (json_object_object_length(demands) > 0 &&
            (e->demands = aza_json_write(demands, JSON_C_TO_STRING_PLAIN)) == NULL)
                return AZA_NO_MEMORY();
        terminate(&o->certs, e->certificates);
        terminate(&o->allow_unchecked, e->unchecked);
        e->options = (struct azattest_evidence_options){.size = sizeof(e->options),
                                                        .nonce = o->nonce,
                                                        .profile = o->profile,
                                                        .crl = o->crl,
                                                        .allow_unchecked = e->unchecked,
                                                        .demands = e->demands,
                                                        .certificate_paths = e->certificates,
                                                        .fetch = o->fetch,
                                                        .td_collateral = o->collateral};
        return 0;
}

bool cli_demands_given(const struct cli *cli)
{
        return cli->options.profile != NULL || cli->evidence.demands != NULL;
}

int cli_demands_none(const struct cli *cli, const char *what)
{
        const struct cli_options *o = &cli->options;
        const char *given = cli_demands_given(cli)  ? "--profile and demands on evidence"
                            : o->crl != NULL        ? "--crl and demands on evidence"
                            : o->collateral != NULL ? "--collateral and demands on evidence"
                            : o->allow_unchecked.count > 0
                                    ? "--allow-unchecked and demands on evidence"
                                    : NULL;

        if (given == NULL)
                return 0;
        cli_error("%s do not apply to a %s: what it must say is the policy's matter (--policy)",
                  given, what);
        return CLI_USAGE;
}
