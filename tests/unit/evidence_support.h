/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of core/evidence share: real data of AZATTEST_VECTORS, a library context, and
 * assertions about single checks. Include first; brings cmocka. */
#ifndef TEST_EVIDENCE_SUPPORT_H
#define TEST_EVIDENCE_SUPPORT_H

#include "base/bytes.h"
#include "base/checks.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/own.h"
#include "os/file.h"
#include "tpm/pcr.h"
#include "unit/vectors.h"

#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
/* after the four above */
#include <cmocka.h>

static OSSL_LIB_CTX *libctx;

static inline int set_up(void **state)
{
        (void)state;
        libctx = aza_libctx_new("default");
        return libctx == NULL ? -1 : 0;
}

static inline int tear_down(void **state)
{
        (void)state;
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

/* The content of a file of the vectors; the caller frees. */
static inline struct aza_bytes vector(const char *name)
{
        char path[1024];
        struct aza_bytes b = {0};
        (void)snprintf(path, sizeof(path), "%s/%s", vectors(), name);
        if (aza_file_read(path, 1 << 20, &b) != 0)
                fail_msg("%s", aza_last_error()->message);
        return b;
}

static inline struct aza_bytes set_file(const char *set, const char *name)
{
        char path[256];
        (void)snprintf(path, sizeof(path), "%s/%s", set, name);
        return vector(path);
}

static inline void set_pcrs(struct aza_span values, uint32_t mask, struct aza_pcrs *ret)
{
        *ret = (struct aza_pcrs){.mask = mask};
        assert_int_equal(values.len, 768);
        for (unsigned int i = 0; i < 24; i++)
                if (mask >> i & 1)
                        memcpy(ret->value[i], values.data + (size_t)32 * i, 32);
}

static inline EVP_PKEY *pem_key(struct aza_span pem)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        EVP_PKEY *key = PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, libctx, NULL);
        assert_non_null(key);
        return key;
}

static inline void print_checks(const struct aza_checks *checks)
{
        for (size_t i = 0; i < checks->count; i++)
                print_message("%s %d %s\n", aza_check_id_text(checks->items[i].id),
                              (int)checks->items[i].outcome,
                              checks->items[i].reason != NULL ? checks->items[i].reason : "");
}

/* The named check, and only that one, rejects. */
static inline void assert_rejects(const struct aza_checks *checks, enum aza_check_id id)
{
        bool only = true, found = false;
        for (size_t i = 0; i < checks->count; i++) {
                if (checks->items[i].outcome != AZA_REJECT)
                        continue;
                found |= checks->items[i].id == id;
                only &= checks->items[i].id == id;
        }
        if (!only || !found) {
                print_checks(checks);
                fail_msg("%s should have rejected, alone", aza_check_id_text(id));
        }
}

static inline void assert_no_reject(const struct aza_checks *checks)
{
        for (size_t i = 0; i < checks->count; i++) {
                if (checks->items[i].outcome == AZA_REJECT) {
                        print_checks(checks);
                        fail_msg("%s rejected", aza_check_id_text(checks->items[i].id));
                }
        }
}

static inline void assert_outcome(const struct aza_checks *checks, enum aza_check_id id,
                                  enum aza_outcome outcome)
{
        const struct aza_check *row = aza_checks_get(checks, id);
        if (row == NULL)
                fail_msg("%s has no row", aza_check_id_text(id));
        else if (row->outcome != outcome)
                fail_msg("%s: outcome %d instead of %d: %s", aza_check_id_text(id),
                         (int)row->outcome, (int)outcome, row->reason != NULL ? row->reason : "");
}

#endif
