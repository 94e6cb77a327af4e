/* SPDX-License-Identifier: Apache-2.0 */
/* From the command's options to evidence_verify.h's request. */
#include "cli/judge_evidence.h"

#include "base/error.h"
#include "evidence/collateral.h"
#include "online/collateral.h"
#include "os/file.h"
#include "verdict/together.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define CERTIFICATES_MAX (1u << 20)
#define EVIDENCE_MAX     (64u << 20)

static int add_file(struct cli *cli, const char *path, aza_certs *pile)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_file_read(path, CERTIFICATES_MAX, &text);

        if (r == 0)
                r = aza_certs_add_some(cli->libctx, aza_bytes_span(&text), pile);
        return r != 0 ? aza_context(r, "--certs %s", path) : 0;
}

/* A folder may hold other things beside certificates; a full pile is no reason to go on. */
static int add_found(struct cli *cli, const char *path, aza_certs *pile)
{
        int r = add_file(cli, path, pile);

        if (r != AZATTEST_E_INPUT || sk_X509_num(pile) >= AZA_CERTS_MAX)
                return r;
        cli_error("%s (skipped)", aza_last_error()->message);
        aza_clear_error();
        return 0;
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
                        r = add_found(cli, file, pile);
        }
        (void)closedir(dir);
        return r;
}

int cli_certificates(struct cli *cli, aza_certs *pile)
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
static int fetch_missing(struct cli *cli, const struct aza_evidence_file *file, aza_certs *pile,
                         struct aza_evidence_request *request)
{
        if (!cli->options.fetch)
                return 0;
        cli_progress(NULL, "fetching certificates");
        int r = aza_fetch_vcek(cli->libctx, &cli->deadline, "", file, pile);
        int before = sk_X509_num(pile);

        if (r == 0)
                r = aza_fetch_ak_issuers(cli->libctx, &cli->deadline, "", file, pile);
        request->fetch_asked = true;
        request->fetched = (size_t)(sk_X509_num(pile) - before);
        return r;
}

static int find_unchecked(const struct cli *cli, enum aza_check_id ret[CLI_LIST_MAX])
{
        for (size_t i = 0; i < cli->options.allow_unchecked.count; i++) {
                const char *text = cli->options.allow_unchecked.item[i];

                if (aza_check_find(text, &ret[i]))
                        continue;
                cli_error(
                        "--allow-unchecked %s: there is no such check; their ids are in the first "
                        "column of a result",
                        text);
                return CLI_USAGE;
        }
        return 0;
}

static int judge(struct cli *cli, const struct aza_evidence_file *file,
                 const struct aza_evidence_request *what, struct aza_checks *checks,
                 struct aza_judgement *ret)
{
        AZA_OWN(aza_certs_free) aza_certs *certs = sk_X509_new_null();
        AZA_OWN(aza_crls_free) aza_crls *crls = sk_X509_CRL_new_null();
        enum aza_check_id unchecked[CLI_LIST_MAX];
        struct aza_evidence_request request = *what;
        int r;

        *ret = (struct aza_judgement){0};
        if (certs == NULL || crls == NULL)
                return AZA_NO_MEMORY();
        request.nonce = cli->options.nonce;
        request.demands = cli->demands;
        request.certs = certs;
        request.crls = crls;
        request.allow_unchecked = unchecked;
        request.allow_unchecked_count = cli->options.allow_unchecked.count;
        if ((r = cli_time(cli, &request.time)) != 0 || (r = find_unchecked(cli, unchecked)) != 0 ||
            (r = cli_certificates(cli, certs)) != 0 || (r = add_revocations(cli, crls)) != 0 ||
            (r = fetch_missing(cli, file, certs, &request)) != 0)
                return r;
        r = aza_evidence_verify(cli->libctx, &cli->config, &request, file, checks, ret);
        return checks->count > 0 ? 0 : r;
}

int cli_evidence_judge(struct cli *cli, const struct aza_evidence_file *file, bool foreign,
                       struct aza_checks *checks, struct aza_judgement *ret)
{
        const struct aza_evidence_request what = {.foreign = foreign};

        return judge(cli, file, &what, checks, ret);
}

int cli_evidence_beside(struct cli *cli, const struct aza_token *token, struct aza_checks *checks)
{
        const struct aza_evidence_request what = {
                .foreign = true, .token_judged = true, .beside_token = true, .need_key = true};
        AZA_CHECKS struct aza_checks rows = {0};
        AZA_BYTES struct aza_bytes content = {0};
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = aza_file_read(cli->options.evidence, EVIDENCE_MAX, &content);

        if (r == 0 && (r = aza_evidence_file_decode(aza_bytes_span(&content), &file)) != 0)
                cli_refused(cli);
        if (r != 0)
                return aza_context(r, "--evidence %s", cli->options.evidence);
        r = judge(cli, &file, &what, &rows, &judgement);
        if (r == 0) {
                aza_token_beside_evidence(cli->libctx, token, &judgement, &rows, checks);
                aza_checks_append(checks, &rows);
        }
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

int cli_report_judge(struct cli *cli, const struct aza_evidence_file *file, bool foreign,
                     struct aza_checks *checks, struct aza_judgement *ret)
{
        const struct aza_evidence_request what = {.foreign = foreign, .report_only = true};

        return judge(cli, file, &what, checks, ret);
}

int cli_report_file(struct cli *cli, struct aza_span report, bool hcl,
                    struct aza_evidence_file *ret)
{
        AZA_CHECKS struct aza_checks unused = {0};
        struct aza_hcl_report frame = {0};
        struct aza_evidence_file file = {.vm = AZA_VM_SEVSNP};
        int r = aza_bytes_set(hcl ? &file.hcl_report : &file.snp_report, report.data, report.len);

        if (r != 0)
                return r;
        /* Only the kind; what is wrong with it is found when it is judged. */
        if (hcl)
                (void)aza_hcl_report_parse(cli->libctx, report, &unused, &frame);
        if (frame.type == AZA_HCL_TDX)
                file.vm = AZA_VM_TDX;
        *ret = file;
        return 0;
}
