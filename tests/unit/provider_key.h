/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of one key: a VM, an application in it, the key. */
#ifndef TEST_PROVIDER_KEY_H
#define TEST_PROVIDER_KEY_H

#include "unit/provider_fixture.h"

static struct application app;
static EVP_PKEY *key;
static EVP_PKEY *public; /* its public half in `default`, in another library context */

/* When the VM is there. */
static inline void key_open(const char *uri)
{
        application_start(&app, false, NULL);
        key = must_open(app.libctx, uri);
        public = default_public(key);
}

static inline int signing_key_start(void **state)
{
        if (provider_vm_start(state) != 0)
                return -1;
        key_open("azattest://sign");
        return 0;
}

static inline int key_stop(void **state)
{
        EVP_PKEY_free(key);
        EVP_PKEY_free(public);
        application_stop(&app);
        return provider_vm_stop(state);
}

#endif
