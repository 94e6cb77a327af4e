/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks instead of branches, for code whose time and memory access must not depend on a secret.
 * A mask is all ones (true) or all zeros. Used by the RSA unpadding only. A test that defines
 * AZA_CONSTANT_TIME_CHECK runs the same code under memcheck with the secret marked undefined: there
 * aza_ct_public says which values the caller may see.
 */
#ifndef AZA_KEY_CONSTANT_TIME_H
#define AZA_KEY_CONSTANT_TIME_H

#include <stdint.h>

#ifdef AZA_CONSTANT_TIME_CHECK
#include <valgrind/memcheck.h>
#endif

typedef uint32_t aza_ct_mask;

/* Hides a value's origin from the optimiser, which might turn mask arithmetic into a branch. */
static inline uint32_t aza_ct_hide(uint32_t x)
{
        __asm__("" : "+r"(x));
        return x;
}

/* From here on `x` is no secret: it is the outcome that the caller sees anyway. */
static inline uint32_t aza_ct_public(uint32_t x)
{
#ifdef AZA_CONSTANT_TIME_CHECK
        (void)VALGRIND_MAKE_MEM_DEFINED(&x, sizeof(x));
#endif
        return x;
}

static inline aza_ct_mask aza_ct_msb(uint32_t x)
{
        return 0u - (aza_ct_hide(x) >> 31);
}

static inline aza_ct_mask aza_ct_is_zero(uint32_t x)
{
        return aza_ct_msb(~x & (x - 1u));
}

static inline aza_ct_mask aza_ct_equal(uint32_t a, uint32_t b)
{
        return aza_ct_is_zero(a ^ b);
}

/* a < b; both below 2^31. */
static inline aza_ct_mask aza_ct_less(uint32_t a, uint32_t b)
{
        return aza_ct_msb(a - b);
}

static inline uint32_t aza_ct_select(aza_ct_mask mask, uint32_t if_set, uint32_t if_clear)
{
        mask = aza_ct_hide(mask);
        return (mask & if_set) | (~mask & if_clear);
}

static inline uint8_t aza_ct_select_u8(aza_ct_mask mask, uint8_t if_set, uint8_t if_clear)
{
        return (uint8_t)aza_ct_select(mask, if_set, if_clear);
}

/* Moves the content of buf[0..n) down by `shift` (< n) bytes, in n log n steps that do not depend
 * on `shift`. What was in front is lost; the end keeps old bytes. */
static inline void aza_ct_shift_down(uint8_t *buf, uint32_t n, uint32_t shift)
{
        for (uint32_t step = 1; step < n; step <<= 1) {
                const aza_ct_mask take = ~aza_ct_is_zero(shift & step);
                for (uint32_t i = 0; i + step < n; i++)
                        buf[i] = aza_ct_select_u8(take, buf[i + step], buf[i]);
        }
}

#endif
