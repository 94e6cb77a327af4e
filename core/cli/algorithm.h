/* SPDX-License-Identifier: Apache-2.0 */
/* The words of --alg. */
#ifndef AZA_CLI_ALGORITHM_H
#define AZA_CLI_ALGORITHM_H

#include "key/crypt.h"
#include "key/jwe.h"

struct cli_algorithm {
        bool jwe;
        enum aza_jwe_alg jwe_alg;
        struct aza_rsa_padding padding;
};

/* NULL: RSA-OAEP-256. 0, or CLI_USAGE after a message with the nearest word. */
int cli_algorithm(const char *word, struct cli_algorithm *ret);

#endif
