/* SPDX-License-Identifier: Apache-2.0 */
/* The words of --alg, as JOSE (RFC 7518) spells them, and CMS. */
#include "cli/algorithm.h"

#include "cli/options.h"
#include "cli/output.h"

#include <string.h>

int cli_algorithm(const char *word, struct cli_algorithm *ret)
{
        static const char *const words[] = {"RSA-OAEP-256", "RSA-OAEP", "RSA1_5",
                                            "JWE",          "CMS",      NULL};
        static const struct cli_algorithm algorithms[] = {
                {false, false, AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256},
                {false, false, AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA1},
                {false, false, AZATTEST_RSA_ES, AZATTEST_RSA_SHA256},
                {true, false, AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256},
                {false, true, AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256},
        };

        for (size_t i = 0; words[i] != NULL; i++) {
                if (word != NULL && strcmp(words[i], word) != 0)
                        continue;
                *ret = algorithms[i];
                return 0;
        }
        cli_error("--alg %s is unknown; there are RSA-OAEP-256, RSA-OAEP, RSA1_5, JWE and CMS",
                  word);
        return CLI_USAGE;
}
