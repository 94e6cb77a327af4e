/* SPDX-License-Identifier: Apache-2.0 */
/* Judging for `azattest check`, which shows more than a result: with the options as the
 * library reads them. */
#include "cli/judge_evidence.h"

#include "api/azattest_context.h"

static int judge(struct cli *cli, const struct aza_evidence_file *file,
                 const struct aza_evidence_request *what, struct aza_checks *checks,
                 struct aza_judgement *ret)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        struct aza_evidence_request request = *what;
        const struct azattest_evidence_options *o = &cli->evidence.options;
        int r;

        *ret = (struct aza_judgement){0};
        request.nonce = o->nonce;
        if ((r = cli_time(cli, &request.time)) != 0 ||
            (r = aza_call_begin(cli->ctx, false, &call)) != 0 ||
            (r = aza_call_evidence_read(&call, o, &with, &request)) != 0 ||
            (r = aza_call_fetch(&call, o, file, &with, &request)) != 0)
                return cli_usage(r);
        r = aza_evidence_verify(cli->libctx, &cli->config, &request, file, checks, ret);
        return checks->count > 0 ? 0 : r;
}

int cli_evidence_judge(struct cli *cli, const struct aza_evidence_file *file, bool foreign,
                       struct aza_checks *checks, struct aza_judgement *ret)
{
        const struct aza_evidence_request what = {.foreign = foreign};

        return judge(cli, file, &what, checks, ret);
}
