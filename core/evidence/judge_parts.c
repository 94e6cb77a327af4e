/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are not made. */
#include "evidence/judge_parts.h"

void aza_judge_skip(struct aza_judging *c, struct aza_id_range ids, enum aza_outcome kind,
                    bool required, const char *why)
{
        for (int id = (int)ids.first; id <= (int)ids.last; id++) {
                (void)aza_not_checked(c->checks, (enum aza_check_id)id, kind, "%s", why);
                aza_check_required(c->checks, required);
        }
}
