/* ARIA's native kernels: a table of functions behind one exported entry. Every function gives the bits that specs/numerics.md demands.
 *
 * A table's layout never changes under the same version; a new function or another meaning is a new version. Who asks for a version that the library does
 * not have, or for a table past the last, gets NULL, and computes without this library.
 */
#ifndef ARIA_KERNELS_H
#define ARIA_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define ARIA_KERNELS_EXPORT __declspec(dllexport)
#else
#define ARIA_KERNELS_EXPORT __attribute__((visibility("default")))
#endif

#define ARIA_KERNELS_VERSION 4u

/* How a matrix lies in memory. Rows stand in groups of four or of sixteen, the last group filled up. A row of a group is `blocks` blocks of 64 bytes for 256 columns each: bits 2l and
 * 2l+1 of byte m hold the code (0, 1, 2) of column 64 l + m. A group is its blocks one after the other: of four rows, block 0 of rows 0, 1, 2, 3, then block 1 of rows 0, 1, 2, 3, and so
 * on; of sixteen rows, bytes 0 to 3 of block 0 of rows 0 to 15, then bytes 4 to 7 of block 0 of rows 0 to 15, and so on. */
#define ARIA_FOUR_ROWS 4u
#define ARIA_SIXTEEN_ROWS 16u

/* `weights` is the beginning of a group, in the layout that the table names. Activations are `blocks` * 256 signed bytes a token, within -127..127. No alignment is needed. For every row
 * r < rows and token t < tokens
 *     products[t * stride + r] = sum over columns of code * activation,
 * an exact whole number. */
typedef void (*aria_ternary_fn)(
    const uint8_t *weights, int32_t blocks, int32_t rows, const int8_t *activations, int32_t tokens, int32_t *products, int32_t stride);

/* `count` rows and `vector_count` vectors of n signed bytes, all within -127..127; n is a multiple of 64 and at most 131072. For every row r and vector v
 *     products[v * stride + r] = sum over i < n of rows[r * n + i] * vectors[v * n + i],
 * an exact whole number. */
typedef void (*aria_screen_fn)(
    const int8_t *rows, int32_t count, int32_t n, const int8_t *vectors, int32_t vector_count, int32_t *products, int32_t stride);

/* The calling thread's floating-point control register (MXCSR, FPCR), and setting it. The mode of IEEE-754, nothing flushed, rounding to nearest, no traps, is
 * what float_mode_default says in the bits of float_mode_mask; the other bits are to be kept as they are. */
typedef uint64_t (*aria_get_float_mode_fn)(void);
typedef void (*aria_set_float_mode_fn)(uint64_t mode);

typedef struct aria_kernels {
    uint32_t version; /* ARIA_KERNELS_VERSION */
    uint32_t size;    /* sizeof(aria_kernels) */
    const char *name; /* ASCII, such as "avx512vnni"; lives as long as the library */
    aria_ternary_fn ternary;
    aria_screen_fn screen; /* NULL where the caller's own is as good */
    aria_get_float_mode_fn get_float_mode; /* NULL where this is not known, and so are the rest */
    aria_set_float_mode_fn set_float_mode;
    uint64_t float_mode_mask;
    uint64_t float_mode_default;
    uint32_t group_rows; /* of the layout that `ternary` reads: ARIA_FOUR_ROWS or ARIA_SIXTEEN_ROWS */
} aria_kernels;

/* The index-th table that this machine can run, the fastest first. */
ARIA_KERNELS_EXPORT const aria_kernels *aria_kernels_get(uint32_t version, uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
