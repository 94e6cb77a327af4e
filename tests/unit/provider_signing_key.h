/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of signatures: a VM, an application in it, its signing key. */
#ifndef TEST_PROVIDER_SIGNING_KEY_H
#define TEST_PROVIDER_SIGNING_KEY_H

#include "unit/provider_fixture.h"

static struct application app;
static EVP_PKEY *key;    /* azattest://sign */
static EVP_PKEY *public; /* its public half in `default`, in another library context */

static int start(void **state)
{
        if (provider_vm_start(state) != 0)
                return -1;
        application_start(&app, false, NULL);
        key = must_open(app.libctx, "azattest://sign");
        public = default_public(key);
        return 0;
}

static int stop(void **state)
{
        EVP_PKEY_free(key);
        EVP_PKEY_free(public);
        application_stop(&app);
        return provider_vm_stop(state);
}

#endif
