/* SPDX-License-Identifier: Apache-2.0 */
/* Loading our own library from a module that others have loaded. */
#ifndef AZA_OS_MODULE_H
#define AZA_OS_MODULE_H

#include <stdbool.h>

/* Loads the first of `places` (paths relative to the directory of the module that `inside` points
 * into; ended by NULL) that is there, else `name` from wherever the loader looks. It is never
 * unloaded. NULL: aza_module_error says why. */
void *aza_module_load(const void *inside, const char *const *places, const char *name);
/* Puts the address of `function` into the function pointer that `ret` points to. False: the module
 * has none. */
bool aza_module_find(void *module, const char *function, void *ret);
const char *aza_module_error(void);

#endif
