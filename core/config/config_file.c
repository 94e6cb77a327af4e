/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The azattest section of an openssl.cnf, for the command and the library. A provider cannot see
 * unknown keys of its section; here they are reported (PV69).
 */
#include "config/config.h"

#include "base/error.h"
#include "base/log.h"
#include "base/own.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process.h"

#include <errno.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <string.h>

AZA_OWN_DEFINE(CONF, NCONF_free);

/* Words of a provider section that belong to OpenSSL. */
static bool is_openssl_word(const char *name)
{
        static const char *const words[] = {"module", "activate", "identity", "soft_load"};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(name, words[i]) == 0)
                        return true;
        return false;
}

/* The section of the provider list entry that is azattest, NULL when there is none. */
static const char *find_section(CONF *conf)
{
        const char *init = NCONF_get_string(conf, NULL, "openssl_conf");
        const char *list = init != NULL ? NCONF_get_string(conf, init, "providers") : NULL;
        STACK_OF(CONF_VALUE) *entries = list != NULL ? NCONF_get_section(conf, list) : NULL;

        for (int i = 0; i < sk_CONF_VALUE_num(entries); i++) {
                const CONF_VALUE *entry = sk_CONF_VALUE_value(entries, i);
                const char *identity = NCONF_get_string(conf, entry->value, "identity");
                if (strcmp(identity != NULL ? identity : entry->name, "azattest") == 0)
                        return entry->value;
        }
        return NULL;
}

bool aza_config_names_provider(const char *file)
{
        AZA_OWN(NCONF_free) CONF *conf = NCONF_new(NULL);
        bool named = false;

        (void)ERR_set_mark();
        if (conf != NULL && aza_file_readable(file) == 0 && NCONF_load(conf, file, NULL) == 1)
                named = find_section(conf) != NULL;
        (void)ERR_pop_to_mark();
        aza_clear_error();
        return named;
}

static int read_section(CONF *conf, struct aza_config_source *source)
{
        const char *section = find_section(conf);
        STACK_OF(CONF_VALUE) *values = section != NULL ? NCONF_get_section(conf, section) : NULL;

        for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
                const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);
                if (is_openssl_word(value->name))
                        continue;
                int r = aza_config_set(source, value->name, value->value);
                if (r == AZATTEST_E_NO_MEMORY)
                        return r;
                if (r != 0)
                        AZA_LOG(ERROR, "[%s] in openssl.cnf: %s; it is ignored", section,
                                aza_last_error()->message);
        }
        return 0;
}

int aza_config_read(struct aza_config_source *source, const char *file)
{
        AZA_OWN(NCONF_free) CONF *conf = NCONF_new(NULL);
        /* OpenSSL would take its variable from Windows in another form than UTF-8. */
        const char *named = file != NULL ? file : aza_environment("OPENSSL_CONF");
        char *standard = named == NULL ? CONF_get1_default_config_file() : NULL;
        const char *path = named != NULL ? named : standard;
        long line = 0;
        int r = 0;

        if (conf == NULL || path == NULL) {
                OPENSSL_free(standard);
                return AZA_NO_MEMORY();
        }
        (void)ERR_set_mark();
        const enum aza_path_kind kind = aza_path_kind(path);
        if (file == NULL && kind == AZA_PATH_NONE && (errno == ENOENT || errno == ENOTDIR))
                r = 0; /* no configuration at all is allowed */
        else if (kind == AZA_PATH_NONE)
                r = AZA_FAIL(AZATTEST_E_CONFIGURATION, "cannot read %s: %s", path, strerror(errno));
        else if (kind == AZA_PATH_FOLDER) /* OpenSSL reads it as an empty file */
                r = AZA_FAIL(AZATTEST_E_CONFIGURATION, "cannot read %s: it is a directory", path);
        else if (aza_file_readable(path) != 0)
                r = aza_context(AZATTEST_E_CONFIGURATION, "configuration");
        else if (NCONF_load(conf, path, &line) != 1)
                r = line > 0 ? AZA_FAIL(AZATTEST_E_CONFIGURATION, "%s: syntax error in line %ld",
                                        path, line)
                             : AZA_FAIL(AZATTEST_E_CONFIGURATION, "cannot read %s", path);
        else
                r = read_section(conf, source);
        (void)ERR_pop_to_mark();
        OPENSSL_free(standard);
        return r;
}
