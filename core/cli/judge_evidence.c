/* SPDX-License-Identifier: Apache-2.0 */
/* From options to the inputs of evidence/judge.h, and from its judgement to claims. */
#include "cli/judge_evidence.h"

#include "base/error.h"
#include "base/file.h"
#include "cli/show.h"
#include "evidence/collateral.h"
#include "nonce.h"
#include "verify.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define CERTIFICATES_MAX (1u << 20)

static int add_file(struct cli *cli, const char *path, aza_certs *pile)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_file_read(path, CERTIFICATES_MAX, &text);

        if (r == 0)
                r = aza_certs_add(cli->libctx, aza_bytes_span(&text), pile);
        return r != 0 ? aza_context(r, "--certs %s", path) : 0;
}

static int add_directory(struct cli *cli, const char *path, aza_certs *pile)
{
        DIR *dir = opendir(path);
        struct dirent *entry;
        int r = 0;

        if (dir == NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot open directory %s: %m", path);
        while (r == 0 && (entry = readdir(dir)) != NULL) {
                char file[4096];
                struct stat st;

                (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
                if (entry->d_name[0] != '.' && stat(file, &st) == 0 && S_ISREG(st.st_mode))
                        r = add_file(cli, file, pile);
        }
        (void)closedir(dir);
        return r;
}

static int add_certificates(struct cli *cli, aza_certs *pile)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < cli->options.certs.count; i++) {
                const char *path = cli->options.certs.item[i];
                struct stat st;

                if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
                        r = add_directory(cli, path, pile);
                else
                        r = add_file(cli, path, pile);
        }
        return r;
}

static int add_revocations(struct cli *cli, aza_crls *pile)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r;

        if (cli->options.crl == NULL)
                return 0;
        r = aza_file_read(cli->options.crl, CERTIFICATES_MAX, &text);
        if (r == 0)
                r = aza_crls_add(cli->libctx, aza_bytes_span(&text), pile);
        return r != 0 ? aza_context(r, "--crl %s", cli->options.crl) : 0;
}

/* Not through ca-file, which is the MAA's: AMD and Azure have public certificates. */
static int fetch_missing(struct cli *cli, const struct aza_evidence_file *file, aza_certs *pile)
{
        if (!cli->options.fetch)
                return 0;
        cli_progress(NULL, "fetching certificates");
        return aza_fetch_collateral(cli->libctx, &cli->deadline, "", file, pile);
}

static int find_profile(const struct cli *cli, const struct aza_profile **ret)
{
        const char *name = cli->options.profile;
        const char *nearest;

        *ret = aza_profile_find(name);
        if (*ret != NULL)
                return 0;
        nearest = aza_nearest_word(name, aza_profile_names);
        cli_error("--profile %s is unknown; did you mean %s?", name,
                  nearest != NULL ? nearest : aza_profile_names[0]);
        return CLI_USAGE;
}

static int allow_unchecked(const struct cli *cli, struct aza_checks *checks)
{
        for (size_t i = 0; i < cli->options.allow_unchecked.count; i++) {
                const char *text = cli->options.allow_unchecked.item[i];
                enum aza_check_id id;

                if (!aza_check_find(text, &id)) {
                        cli_error("--allow-unchecked %s: there is no such check; their ids are in "
                                  "the "
                                  "first column of a result",
                                  text);
                        return CLI_USAGE;
                }
                aza_checks_allow_unchecked(checks, id);
        }
        return 0;
}

static int judge(struct cli *cli, const struct aza_evidence_file *file,
                 const struct aza_judge_options *unbound, struct aza_checks *checks,
                 struct aza_judgement *ret)
{
        struct aza_judge_options options = *unbound;
        const char *nonce = cli->options.nonce;
        uint8_t hash[AZA_SHA256_LEN];
        int r;

        if (nonce != NULL) {
                r = aza_nonce_evidence(cli->libctx, aza_span_of(nonce, strlen(nonce)), hash);
                if (r != 0)
                        return r;
                options.qualifying = aza_span_of(hash, sizeof(hash));
        }
        r = aza_evidence_judge(cli->libctx, file, &options, checks, ret);
        if (checks->count == 0)
                return r;
        return allow_unchecked(cli, checks);
}

int cli_evidence_judge(struct cli *cli, const struct aza_evidence_file *file, bool foreign,
                       struct aza_checks *checks, struct aza_judgement *ret)
{
        AZA_OWN(aza_certs_free) aza_certs *certs = sk_X509_new_null();
        AZA_OWN(aza_crls_free) aza_crls *crls = sk_X509_CRL_new_null();
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        struct aza_judge_options options = {.require = cli->config.require,
                                            .pcr_mask = cli->config.pcr_mask,
                                            .amd_roots = cli->config.amd_root,
                                            .vtpm_roots = cli->config.vtpm_root,
                                            .certs = certs,
                                            .crls = crls,
                                            .foreign = foreign,
                                            .vmid = cli->config.vmid,
                                            .any_vm = cli->config.any_vm};
        int r;

        *ret = (struct aza_judgement){0};
        if (certs == NULL || crls == NULL)
                return AZA_NO_MEMORY();
        if ((r = cli_time(cli, &options.time)) != 0 ||
            (r = find_profile(cli, &options.profile)) != 0 ||
            (r = add_certificates(cli, certs)) != 0 || (r = add_revocations(cli, crls)) != 0 ||
            (r = fetch_missing(cli, file, certs)) != 0)
                return r;
        /* A policy is about a token's claims; of evidence it can still say which VM it should be. */
        if (options.vmid[0] == '\0') {
                if ((r = aza_policy_load(&cli->config, &policy)) != 0)
                        return r;
                const char *vmid = policy != NULL ? aza_policy_vmid(policy) : NULL;
                options.vmid = vmid != NULL ? vmid : options.vmid;
        }
        options.crl_mode = cli->options.crl != NULL ? AZA_CRL_REQUIRE : AZA_CRL_IF_AVAILABLE;
        return judge(cli, file, &options, checks, ret);
}

static void claim_snp(json_object *claims, const struct aza_judgement *j)
{
        struct aza_snp_tcb tcb = aza_snp_tcb_of(j->snp.reported_tcb, j->product);
        char text[96];

        show_text(claims, "product", "%s", aza_snp_product_text(j->product));
        show_text(claims, "reported-tcb", "%s", aza_snp_tcb_text(&tcb, j->product, text));
        show_number(claims, "guest-svn", j->snp.guest_svn);
        show_bytes(claims, "measurement", j->snp.measurement);
        show_bytes(claims, "host-data", j->snp.host_data);
        show_bytes(claims, "report-id", j->snp.report_id);
}

static void claim_pcrs(json_object *claims, const struct aza_judgement *j)
{
        json_object *pcrs = json_object_new_object();

        for (uint32_t i = 0; pcrs != NULL && i < AZA_PCR_COUNT; i++) {
                char name[16];

                if ((j->pcrs.mask & (1u << i)) == 0)
                        continue;
                (void)snprintf(name, sizeof(name), "%u", i);
                show_bytes(pcrs, name, aza_span_of(j->pcrs.value[i], AZA_PCR_SIZE));
        }
        show_object(claims, "pcrs", pcrs);
}

json_object *cli_evidence_claims(const struct aza_judgement *j)
{
        static const char *const boot[] = {[AZA_SECURE_BOOT_UNDECIDED] = "undecided",
                                           [AZA_SECURE_BOOT_OFF] = "off",
                                           [AZA_SECURE_BOOT_ON] = "on"};
        json_object *claims = json_object_new_object();

        if (claims == NULL)
                return NULL;
        show_text(claims, "vm", "%s", aza_vm_text(j->vm));
        if (j->vmid[0] != '\0')
                show_text(claims, "vm-id (host says)", "%s", j->vmid);
        if (j->has_snp)
                claim_snp(claims, j);
        if (j->has_quote)
                claim_pcrs(claims, j);
        if (j->has_boot)
                show_text(claims, "secure-boot", "%s", boot[j->boot.secure_boot]);
        return claims;
}
