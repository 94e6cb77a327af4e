/* SPDX-License-Identifier: Apache-2.0 */
/* From a URI to an attested key: the one place of the provider that may use the network (PV73). */
#ifndef AZA_PROVIDER_OPEN_H
#define AZA_PROVIDER_OPEN_H

#include "context.h"
#include "tpm/uri.h"

struct aza_open_request {
        const char *uri;
        const char *payload;                           /* JSON object for the token, or NULL */
        void (*progress)(void *arg, const char *step); /* or NULL */
        void *progress_arg;
};

/* The key `request->uri` names (azattest://key or sign) with a verified token, unless the
 * configuration or the URI says attest=never. NULL after raising. */
struct aza_keyref *aza_open_key(struct aza_prov *prov, const struct aza_open_request *request);

#endif
