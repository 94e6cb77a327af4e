/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of one simulated VM: made, recognised, removed. */
#ifndef SIM_TREE_H
#define SIM_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* Makes `dir` (or takes an empty one), puts the mark into it and locks that for as long as the
 * descriptor lives. The descriptor, or -1 after a message. */
int sim_tree_make(const char *dir);
/* True when `dir` has the mark. *ret_alive: somebody holds the lock. */
bool sim_tree_is_ours(const char *dir, bool *ret_alive);
/* Removes `dir` with everything in it, but only when it has the mark. */
void sim_tree_remove(const char *dir);
/* Removes what was abandoned (all processes killed at once) among the caller's own directories that
 * match the shell pattern. */
void sim_tree_sweep(const char *pattern);

/* Small files in `dir`. Text without newline. 0, or -1 after a message. */
int sim_tree_write(const char *dir, const char *name, const char *text, unsigned int mode);
int sim_tree_read(const char *dir, const char *name, char *out, size_t size);

#endif
