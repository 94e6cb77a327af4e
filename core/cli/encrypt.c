/* SPDX-License-Identifier: Apache-2.0 */
/* azattest encrypt: to the attested key of a token that was verified first. Needs no TPM. */
#include "key/crypt.h"

#include "base/error.h"
#include "cli/algorithm.h"
#include "cli/cli.h"
#include "cli/judge.h"
#include "key/jwe.h"
#include "os/file.h"

static int encrypt(struct cli *cli, EVP_PKEY *key, const struct cli_algorithm *algorithm)
{
        AZA_BYTES struct aza_bytes in = {0};
        AZA_BYTES struct aza_bytes out = {0};
        int r = aza_file_read(cli->options.in != NULL ? cli->options.in : "-", AZA_JWE_MAX, &in);

        if (r != 0)
                return r;
        if (algorithm->jwe)
                r = aza_jwe_encrypt(cli->libctx, key, algorithm->jwe_alg, aza_bytes_span(&in),
                                    &out);
        else
                r = aza_encrypt(cli->libctx, key, &algorithm->padding, aza_bytes_span(&in), &out);
        return r != 0 ? r : cli_write(cli->options.out, aza_bytes_span(&out), 0644);
}

/* D12: a token of this very VM needs no word about which VM it is of. Only asked when nothing else says
 * it, because it opens the TPM; on other machines there is none, and the refusal stands. */
static int judge_own(struct cli *cli, const char *jwt, struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct cli_judgement how = {.purpose = AZA_PURPOSE_DECRYPT};
        const struct aza_error why = *aza_last_error();
        struct aza_uri uri;

        if (cli_key(cli, AZA_PURPOSE_DECRYPT, &uri) == 0 && cli_tpm(cli) == 0 &&
            cli_key_derive(cli, &uri, &ref) == 0) {
                how.own_modulus = ref->modulus;
                if (cli_token_judge(cli, jwt, &how, &checks, ret) == 0)
                        return 0;
        }
        return aza_error_restore(&why);
}

static int judge(struct cli *cli, const char *jwt, struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct cli_judgement how = {.foreign = true, .purpose = AZA_PURPOSE_DECRYPT};
        int r = cli_token_judge(cli, jwt, &how, &checks, ret);

        return r == AZATTEST_E_IDENTITY_NEEDED && cli->config.vmid[0] == '\0'
                       ? judge_own(cli, jwt, ret)
                       : r;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        struct cli_algorithm algorithm;
        int r;

        if (cli->options.token == NULL) {
                cli_error("encrypt needs --token FILE, the token of the VM that shall decrypt");
                return CLI_USAGE;
        }
        if ((r = cli_algorithm(cli->options.alg, &algorithm)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_token_read(cli->options.token, &jwt)) != 0 ||
            (r = judge(cli, (const char *)jwt.data, &token)) != 0 ||
            (r = aza_token_key(cli->libctx, token, &key)) != 0)
                return r;
        cli_progress_end();
        return encrypt(cli, key, &algorithm);
}

const struct cli_command cli_encrypt = {
        .name = "encrypt",
        .summary = "encrypt to the attested key of a verified token",
        .about =
                "Verifies the token (signature, issuer, time, policy, that its key is for "
                "decryption,\n"
                "and which VM it is), then encrypts to its key. On a shared MAA every customer "
                "has\n"
                "VMs that pass the built-in policy, so say which one: --vmid, --policy, or a\n"
                "configured policy or vmid. RSA algorithms take one block, at most 190 bytes with\n"
                "RSA-OAEP-256; JWE takes up to 64 MiB.",
        .options = "token alg in out vmid any-vm policy require nonce jwks allow-stale-keys time",
        .example = "  azattest encrypt --token vm.jwt --vmid 8A1B... --alg JWE --in secret --out "
                   "secret.jwe",
        .status = "  0  encrypted\n  1  token refused, or encryption failed: one line says why",
        .run = run,
};
