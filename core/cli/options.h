/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of azattest(1): one table of all of them, read by every subcommand, which names those it
 * takes. Parsing and help come from that table. Knows nothing of what the options do.
 */
#ifndef AZA_CLI_OPTIONS_H
#define AZA_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit status (D32): wrong usage. Library results are 0 or negative, so this is no result code. */
#define CLI_USAGE 2
/* Exit status of what asks for it: nothing had to be done. */
#define CLI_KEPT 4

#define CLI_LIST_MAX 32

struct cli_list {
        const char *item[CLI_LIST_MAX];
        size_t count;
};

/* Operands: a part of argv. */
struct cli_operands {
        char *const *item;
        size_t count;
};

/* As given; texts point into argv. NULL or false: not given. */
struct cli_options {
        /* common */
        const char *config;
        bool verbose, debug, help, version;
        bool json, quiet;
        /* keys */
        const char *purpose, *name, *nonce, *payload, *hierarchy;
        /* files */
        const char *in, *passin, *out, *key_out, *pubkey_out, *collateral_out, *html, *connect,
                *operand;
        struct cli_operands operands; /* `operand` is the first */
        /* encryption */
        const char *token, *alg;
        /* policies and profiles */
        const char *from;
        struct cli_list pin;
        /* released keys */
        bool plain, raw, why;
        const char *wrapping;
        /* judging */
        const char *policy, *evidence, *jwks, *ca, *time, *vmid, *require, *profile, *pcrs, *crl;
        const char *collateral;
        bool delegated, any_vm, fetch, no_fetch, allow_stale_keys;
        struct cli_list certs, allow_unchecked;
        /* demands on evidence, each of the name it has in a profile file */
        bool require_secure_boot, require_event_log, require_ak_certificate, require_attested_key;
        bool ignore_crl;
        const char *host_data, *user_data, *guest_svn;
        struct cli_list accept_tcb, measurement, id_key, product, exclude_product, pcr;
        /* certificates */
        struct cli_list san;
        const char *leaf;
        bool csr, exit_code;
        const char *renew_before, *if_before;
        /* status */
        const char *within;
        bool prometheus;
};

struct cli;

struct cli_command {
        const char *name;
        const char *operand; /* "FILE", or NULL when it takes none; "FILE..." is one or more,
                              for each of which it is run; "[FILE]..." any number, all at once */
        const char *summary; /* one line of the overview */
        const char *about;   /* a paragraph of its --help */
        const char *options; /* names of what it takes beside the common ones, space separated */
        const char *example;
        bool judges;                 /* a verdict comes of it, also without --token (D69) */
        const char *status;          /* exit status 0 and 1 in words */
        const char *undecided;       /* what else ends in exit status 3; or NULL */
        const char *purpose;         /* help of its --purpose, with the default; or NULL */
        const char *out;             /* help of its --out where it is not the common one; or NULL */
        int (*run)(struct cli *cli); /* 0, a negative result code, or CLI_USAGE */
};

/* Reads options of the program itself, up to the command word: *index is that word's place (argc
 * when there is none). 0 or CLI_USAGE after a message on stderr. */
int cli_options_global(int argc, char **argv, struct cli_options *options, int *index);
/* Reads what follows the command word (argv[0]). 0 or CLI_USAGE after a message on stderr. */
int cli_options_command(const struct cli_command *command, int argc, char **argv,
                        struct cli_options *options);

/* Usage, options, example and exit status of one command; of the program. */
void cli_help_command(FILE *out, const struct cli_command *command);
void cli_help_program(FILE *out, const struct cli_command *const *commands);

#endif
