/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VM's resource manager saw of templates and MAA cannot: a key's public area holds its
 * modulus where the template had `unique` (PROTOCOL.md 3.1). Remembered are the names of primary
 * keys whose `unique` is neither that of the unnamed key nor of a named one. Thread-safe.
 */
#ifndef SIM_TEMPLATES_H
#define SIM_TEMPLATES_H

#include "base/bytes.h"

struct sim_templates;

struct sim_templates *sim_templates_new(void); /* NULL when out of memory */
void sim_templates_free(struct sim_templates *templates);

/* TPM2_CreatePrimary and its good answer, of a TPM: other or bad commands are ignored. */
void sim_templates_observe(struct sim_templates *templates, struct aza_span command,
                           struct aza_span answer);
/* Whether the key of this name was seen made with such a `unique`. Keys that were never seen made
 * (by TPM2_Create, in the TPM of another process) and those of long ago were not. */
bool sim_templates_odd(struct sim_templates *templates, struct aza_span name);

#endif
