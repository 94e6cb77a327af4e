/* SPDX-License-Identifier: Apache-2.0 */
/* The words of --alg. */
#ifndef AZA_CLI_ALGORITHM_H
#define AZA_CLI_ALGORITHM_H

#include "azattest.h"

struct cli_algorithm {
        bool jwe, cms; /* neither: one RSA block */
        enum azattest_rsa_scheme scheme;
        enum azattest_rsa_hash hash;
};

/* NULL: RSA-OAEP-256. 0, or CLI_USAGE after a message that names what there is. */
int cli_algorithm(const char *word, struct cli_algorithm *ret);

#endif
