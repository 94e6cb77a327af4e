/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that weaken verification (D13). */
#ifndef AZA_CONFIG_WEAKENED_H
#define AZA_CONFIG_WEAKENED_H

#include "config/config.h"

#include <json-c/json.h>

/* Those of `config`, as an array of texts "key = value: what it means". Empty when there are none;
 * NULL when out of memory. */
json_object *aza_config_weakened(const struct aza_config *config);

#endif
