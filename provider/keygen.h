/* SPDX-License-Identifier: Apache-2.0 */
/* Key generation (keygen.c) for the table in keymgmt.c, and the names of our parameters. */
#ifndef AZA_PROVIDER_KEYGEN_H
#define AZA_PROVIDER_KEYGEN_H

#include <openssl/core_dispatch.h>

/* Of keys (the last two also of generation). */
#define AZA_PARAM_TOKEN   "azattest-token"
#define AZA_PARAM_CLAIMS  "azattest-claims"
#define AZA_PARAM_PURPOSE "azattest-purpose"
#define AZA_PARAM_NAME    "azattest-name"
/* Of generation only. */
#define AZA_PARAM_NONCE   "azattest-nonce"
#define AZA_PARAM_PAYLOAD "azattest-payload"

extern OSSL_FUNC_keymgmt_gen_init_fn aza_rsa_gen_init;
extern OSSL_FUNC_keymgmt_gen_set_params_fn aza_rsa_gen_set_params;
extern OSSL_FUNC_keymgmt_gen_settable_params_fn aza_rsa_gen_settable_params;
extern OSSL_FUNC_keymgmt_gen_fn aza_rsa_gen;
extern OSSL_FUNC_keymgmt_gen_cleanup_fn aza_rsa_gen_cleanup;

#endif
