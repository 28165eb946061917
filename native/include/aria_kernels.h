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

#define ARIA_KERNELS_VERSION 2u

/* Rows stand in groups of four, the last group filled up. A row of a group is `blocks` blocks of 64 bytes for 256 columns each: bits 2l and 2l+1 of byte m hold
 * the code (0, 1, 2) of column 64 l + m. Block by block the four rows of a group follow each other: block 0 of rows 0, 1, 2, 3, then block 1 of rows 0, 1, 2, 3, and so on. `weights`
 * is the beginning of a group. Activations are `blocks` * 256 signed bytes a token, within -127..127. No alignment is needed. For every row r < rows and token t < tokens
 *     products[t * stride + r] = sum over columns of code * activation,
 * an exact whole number. */
typedef void (*aria_ternary_fn)(
    const uint8_t *weights, int32_t blocks, int32_t rows, const int8_t *activations, int32_t tokens, int32_t *products, int32_t stride);

typedef struct aria_kernels {
    uint32_t version; /* ARIA_KERNELS_VERSION */
    uint32_t size;    /* sizeof(aria_kernels) */
    const char *name; /* ASCII, such as "avx512vnni"; lives as long as the library */
    aria_ternary_fn ternary;
} aria_kernels;

/* The index-th table that this machine can run, the fastest first. */
ARIA_KERNELS_EXPORT const aria_kernels *aria_kernels_get(uint32_t version, uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
