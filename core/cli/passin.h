/* SPDX-License-Identifier: Apache-2.0 */
/* --passin: where the passphrase of an encrypted key comes from, in openssl's words. */
#ifndef AZA_CLI_PASSIN_H
#define AZA_CLI_PASSIN_H

#include "cli/cli.h"

#include <openssl/pem.h>

#define CLI_PASSPHRASE_MAX PEM_BUFSIZE /* of what OpenSSL asks for */

/* What `--passin` names: pass:TEXT, or the first line of env:NAME, file:PATH, fd:NUMBER or stdin.
 * 0, CLI_USAGE after a message, or AZATTEST_E_INPUT (it cannot be read, is empty or too long). Not
 * a byte behind the line is read. */
int cli_passin(const struct cli_options *options, struct aza_bytes *ret);

#endif
