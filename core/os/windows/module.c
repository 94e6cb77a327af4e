/* SPDX-License-Identifier: Apache-2.0 */
#include "os/module.h"

#include "os/windows/wide.h"

#include <string.h>

static _Thread_local DWORD failed;

/* For good, whoever frees it. */
static void *pin(HMODULE module)
{
        HMODULE same = NULL;

        if (module != NULL)
                (void)GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN |
                                                 GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                                         (const wchar_t *)module, &same);
        return module;
}

/* The folder of the module that `inside` points into, with its last separator. 0: not known. */
static size_t folder_of(const void *inside, wchar_t path[AZA_WIDE_PATH])
{
        HMODULE self = NULL;
        DWORD len;

        if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                        GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                (const wchar_t *)inside, &self))
                return 0;
        len = GetModuleFileNameW(self, path, AZA_WIDE_PATH);
        if (len == 0 || len >= AZA_WIDE_PATH)
                return 0;
        while (len > 0 && path[len - 1] != L'\\')
                len--;
        return len;
}

/* By name only from the program's own folder and the system's, never the current one. */
void *aza_module_load(const void *inside, const char *const *places, const char *name)
{
        wchar_t path[AZA_WIDE_PATH];
        const size_t folder = folder_of(inside, path);
        HMODULE module = NULL;

        for (size_t i = 0; folder > 0 && module == NULL && places[i] != NULL; i++) {
                if (!aza_wide(places[i], path + folder, AZA_WIDE_PATH - folder))
                        continue;
                for (wchar_t *p = path + folder; *p != L'\0'; p++)
                        if (*p == L'/')
                                *p = L'\\';
                module = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
        }
        if (module == NULL && aza_wide(name, path, AZA_WIDE_PATH))
                module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
        failed = module == NULL ? GetLastError() : 0;
        return pin(module);
}

bool aza_module_find(void *module, const char *function, void *ret)
{
        FARPROC symbol = GetProcAddress(module, function);

        memcpy(ret, &symbol, sizeof(symbol));
        failed = symbol == NULL ? GetLastError() : 0;
        return symbol != NULL;
}

const char *aza_module_error(void)
{
        static _Thread_local char why[256];

        return aza_windows_error(failed, why);
}
