/* SPDX-License-Identifier: Apache-2.0 */
/* Reading OSSL_PARAM from programs, who may send anything: no data, another type, a length that is
 * not the text's. OpenSSL's own getters hand NULL on or read through it (D52), so nobody here calls
 * them. */
#ifndef AZA_PROVIDER_PARAMS_H
#define AZA_PROVIDER_PARAMS_H

#include "base/bytes.h"

#include <openssl/core.h>

/* A copy of a text, at most data_size bytes of it; free() it. NULL for what is no text, has no data
 * or did not fit into memory. */
char *aza_param_text(const OSSL_PARAM *p);
/* A text parameter without data, which some callers send to say "none". */
bool aza_param_is_null_text(const OSSL_PARAM *p);

/* False for what is no number, has no data or does not fit. */
bool aza_param_int(const OSSL_PARAM *p, int *ret);
bool aza_param_uint(const OSSL_PARAM *p, unsigned int *ret);
bool aza_param_uint64(const OSSL_PARAM *p, uint64_t *ret);
bool aza_param_is_number(const OSSL_PARAM *p);

/* Whether OpenSSL's own getters, the delegate's, survive them: every number has data, of a length
 * that a number may have. */
bool aza_params_sound(const OSSL_PARAM params[]);

/* The bytes of an octet string, borrowed. False for anything else and where there is no data. */
bool aza_param_octets(const OSSL_PARAM *p, struct aza_span *ret);

#endif
