/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SET_CLAIM_H
#define TEST_SET_CLAIM_H

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* after setjmp.h and stdarg.h */
#include <cmocka.h>

/* Sets the member at path "a.b.c" (objects on the way exist); value NULL deletes it. */
__attribute__((unused)) static void set_claim(json_object *claims, const char *path,
                                              json_object *value)
{
        char copy[256];
        (void)snprintf(copy, sizeof copy, "%s", path);
        char *name = copy;
        for (char *dot = strchr(name, '.'); dot != NULL; dot = strchr(name, '.')) {
                *dot = '\0';
                assert_true(json_object_object_get_ex(claims, name, &claims));
                name = dot + 1;
        }
        json_object_object_del(claims, name);
        if (value != NULL)
                assert_int_equal(json_object_object_add(claims, name, value), 0);
}

#endif
