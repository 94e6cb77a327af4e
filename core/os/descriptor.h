/* SPDX-License-Identifier: Apache-2.0 */
/* An open file that another library holds, recognised again after a fork: a daemon may have closed
 * all descriptors, and the number may be somebody else's by then. */
#ifndef AZA_OS_DESCRIPTOR_H
#define AZA_OS_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

struct aza_descriptor {
        int fd; /* -1: not known */
        uint64_t device, inode;
};

/* Takes note of `fd` and keeps it from programs that this one starts. False: there is no such. */
bool aza_descriptor_note(int fd, struct aza_descriptor *ret);
/* Whether the number still stands for that file. */
bool aza_descriptor_is_still(const struct aza_descriptor *d);
void aza_descriptor_close(const struct aza_descriptor *d);

/* Waits for `ms` at most until the socket `fd` can be written (else read), or has failed: 1. 0: not
 * yet. -1: it could not be connected. */
int aza_descriptor_wait(int fd, bool writing, int ms);

#endif
