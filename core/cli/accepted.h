/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `azattest verify` writes of what it accepted (D41, D44): the thing itself in the form that
 * every reader reads alike (--out), and the key it attests (--pubkey-out). Called after the verdict
 * was accept, never else.
 */
#ifndef AZA_CLI_ACCEPTED_H
#define AZA_CLI_ACCEPTED_H

#include "base/bytes.h"
#include "cli/cli.h"

/* 0, or CLI_USAGE after a message: standard output shows the checks, and one file cannot be
 * both. */
int cli_accepted_options(const struct cli *cli);
/* CLI_USAGE after a message when --pubkey-out was given: `what` is no token or certificate. */
int cli_accepted_no_key(const struct cli *cli, const char *what);

/* A token, an attested certificate or request, with the key that its verdict handed out (PEM; NULL:
 * not asked for), or other bytes as they were judged. 0, or what could not be made or written: then
 * the files that were there are as they were. */
int cli_accepted_token(const struct cli *cli, struct aza_span jwt, const char *pem);
int cli_accepted_certificate(const struct cli *cli, struct aza_span content, const char *pem);
int cli_accepted_bytes(const struct cli *cli, struct aza_span content);

#endif
