// The implementations, and which of them this machine can run.
#pragma once

#include "aria_kernels.h"

namespace aria {

constexpr int block_bytes = 64;
constexpr int block_columns = 256;
constexpr int group_rows = ARIA_FOUR_ROWS;

void ternary_portable(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);

#if (defined(__x86_64__) && defined(__GNUC__))
#define ARIA_X86 1
bool has_avx2();
bool has_avx512();
bool has_avx512vnni();
bool has_avx512vbmi();
void ternary_avx2(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);
void ternary_avx512(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);
void ternary_avx512vnni(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);
void ternary_avx512vbmi(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);
void screen_avx512vnni(const int8_t *rows, int32_t count, int32_t n, const int8_t *vectors, int32_t vector_count, int32_t *products, int32_t stride);
#endif

#if (defined(__aarch64__) && defined(__GNUC__))
#define ARIA_ARM 1
bool has_dotprod();
bool has_i8mm();
void ternary_dotprod(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);
void ternary_i8mm(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride);
void screen_dotprod(const int8_t *rows, int32_t count, int32_t n, const int8_t *vectors, int32_t vector_count, int32_t *products, int32_t stride);
#endif

}  // namespace aria
