/* SPDX-License-Identifier: Apache-2.0 */
#include "os/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define FLAGS (RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)

void *aza_module_load(const void *inside, const char *const *places, const char *name)
{
        char path[4096];
        Dl_info self;
        void *module = NULL;

        if (dladdr(inside, &self) != 0 && self.dli_fname != NULL && self.dli_fname[0] == '/') {
                const int dir_len = (int)(strrchr(self.dli_fname, '/') - self.dli_fname);

                for (size_t i = 0; module == NULL && places[i] != NULL; i++) {
                        int n = snprintf(path, sizeof(path), "%.*s/%s", dir_len, self.dli_fname,
                                         places[i]);
                        if (n > 0 && (size_t)n < sizeof(path))
                                module = dlopen(path, FLAGS);
                }
        }
        return module != NULL ? module : dlopen(name, FLAGS);
}

bool aza_module_find(void *module, const char *function, void *ret)
{
        void *symbol = dlsym(module, function);

        memcpy(ret, &symbol, sizeof(symbol));
        return symbol != NULL;
}

const char *aza_module_error(void)
{
        const char *why = dlerror();

        return why != NULL ? why : "unknown reason";
}
