/* SPDX-License-Identifier: Apache-2.0 */
/* The one place of the provider that looks into a parameter's data. */
#include "params.h"

#include <openssl/params.h>
#include <string.h>

/* What a parameter points at: its data, or what its data point at. NULL for another type. */
static const void *data_of(const OSSL_PARAM *p, unsigned int direct, unsigned int indirect)
{
        if (p->data_type == direct || p->data == NULL)
                return p->data;
        return p->data_type == indirect ? *(const void *const *)p->data : NULL;
}

static bool is_text(const OSSL_PARAM *p)
{
        return p->data_type == OSSL_PARAM_UTF8_STRING || p->data_type == OSSL_PARAM_UTF8_PTR;
}

char *aza_param_text(const OSSL_PARAM *p)
{
        const char *text =
                is_text(p) ? data_of(p, OSSL_PARAM_UTF8_STRING, OSSL_PARAM_UTF8_PTR) : NULL;

        if (text == NULL)
                return NULL;
        /* A pointer is to a whole string, whatever size stands beside it. */
        return p->data_type == OSSL_PARAM_UTF8_PTR ? strdup(text) : strndup(text, p->data_size);
}

bool aza_param_is_null_text(const OSSL_PARAM *p)
{
        return is_text(p) && data_of(p, OSSL_PARAM_UTF8_STRING, OSSL_PARAM_UTF8_PTR) == NULL;
}

bool aza_param_is_number(const OSSL_PARAM *p)
{
        return p->data_type == OSSL_PARAM_INTEGER || p->data_type == OSSL_PARAM_UNSIGNED_INTEGER;
}

#define LONGEST_NUMBER 4096 /* bytes; RSA ends at half of that */

/* OpenSSL reads as many bytes as it is told. */
static bool has_bytes(const OSSL_PARAM *p)
{
        return p->data != NULL && p->data_size <= LONGEST_NUMBER;
}

static bool readable(const OSSL_PARAM *p)
{
        return aza_param_is_number(p) && has_bytes(p);
}

bool aza_params_sound(const OSSL_PARAM params[])
{
        for (; params->key != NULL; params++)
                if ((aza_param_is_number(params) || params->data_type == OSSL_PARAM_REAL) &&
                    !has_bytes(params))
                        return false;
        return true;
}

bool aza_param_int(const OSSL_PARAM *p, int *ret)
{
        return readable(p) && OSSL_PARAM_get_int(p, ret) == 1;
}

bool aza_param_uint(const OSSL_PARAM *p, unsigned int *ret)
{
        return readable(p) && OSSL_PARAM_get_uint(p, ret) == 1;
}

bool aza_param_uint64(const OSSL_PARAM *p, uint64_t *ret)
{
        return readable(p) && OSSL_PARAM_get_uint64(p, ret) == 1;
}

bool aza_param_octets(const OSSL_PARAM *p, struct aza_span *ret)
{
        const void *data;

        if (p->data_type != OSSL_PARAM_OCTET_STRING && p->data_type != OSSL_PARAM_OCTET_PTR)
                return false;
        data = data_of(p, OSSL_PARAM_OCTET_STRING, OSSL_PARAM_OCTET_PTR);
        *ret = aza_span_of(data, p->data_size);
        return data != NULL;
}
