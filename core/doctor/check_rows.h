/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of azattest_check: name, value, ok / no / unknown. Pure: claims in, rows out. */
#ifndef AZA_DOCTOR_CHECK_ROWS_H
#define AZA_DOCTOR_CHECK_ROWS_H

#include "base/own.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "snp/policy.h"
#include "tpm/keyref.h"

#define AZA_CHECK_ROWS 14

struct aza_check_rows {
        struct {
                const char *name;
                char value[512];
                enum aza_finding_state state;
        } row[AZA_CHECK_ROWS];
        size_t count;
};

/* What came of attesting this VM. */
struct aza_attested {
        json_object *claims; /* this and `key` are NULL when it failed */
        const struct aza_keyref *key;
        int64_t time; /* of the verdict */
        int verdict;  /* 0 or why the token is refused (message: this thread's last failure) */
};
void aza_check_rows_make(OSSL_LIB_CTX *libctx, struct aza_check_rows *rows,
                         const struct aza_config *config, const struct aza_attested *attested);
/* The row "AK issuers": what `ak-issuers` yields for this VM's evidence, `had` when they are there;
 * `result` is 0 or why it could not be tried (message as above). Nothing else hangs on it. */
void aza_check_rows_issuers(struct aza_check_rows *rows, const struct aza_config *config, bool had,
                            int result);
/* The row "TD collateral" of a TDX VM: the same of `td-collateral`. */
void aza_check_rows_collateral(struct aza_check_rows *rows, const struct aza_config *config,
                               bool had, int result);
/* The row "demands": `verdict` is 0 or why this VM's evidence does not meet those of `profile`
 * (message as above); `judged` false: why there is none. */
void aza_check_rows_demands(struct aza_check_rows *rows, const struct aza_profile *profile,
                            bool judged, int verdict);
/* As an array of {name, state, text}. NULL: out of memory. */
json_object *aza_check_rows_json(const struct aza_check_rows *rows);

#endif
