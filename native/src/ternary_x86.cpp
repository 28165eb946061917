// AVX2 and AVX-512 by the intrinsics of gcc and clang; each function names the instructions that it needs, so the rest of the library runs anywhere.
#include "ternary.h"

#if defined(ARIA_X86)

#include <immintrin.h>

namespace aria {

namespace {

// Sums of 16 bits take 16 blocks of 4 planes, each at most 2 * 2 * 127, before they are folded into 32 bits.
constexpr int blocks_before_fold = 16;

#define ARIA_AVX2 __attribute__((target("avx2")))
#define ARIA_AVX512 __attribute__((target("avx512f,avx512bw")))
#define ARIA_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

ARIA_AVX2 inline int32_t sum256(__m256i x) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

constexpr int step = group_rows * block_bytes;

// One row of a group, one token.
ARIA_AVX2 int32_t row_avx2(const uint8_t *w, int32_t blocks, const int8_t *q) {
    const __m256i three = _mm256_set1_epi8(3), one = _mm256_set1_epi16(1);
    __m256i sum = _mm256_setzero_si256();
    for (int32_t start = 0; start < 2 * blocks; start += blocks_before_fold) {
        const int32_t end = start + blocks_before_fold < 2 * blocks ? start + blocks_before_fold : 2 * blocks;
        __m256i part = _mm256_setzero_si256();
        for (int32_t i = start; i < end; i++) {
            const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(w + static_cast<int64_t>(i >> 1) * step + 32 * (i & 1)));
            const int8_t *y = q + static_cast<int64_t>(i >> 1) * block_columns + 32 * (i & 1);
            const auto plane = [&](__m256i bits, int offset) ARIA_AVX2 {
                return _mm256_maddubs_epi16(_mm256_and_si256(bits, three), _mm256_loadu_si256(reinterpret_cast<const __m256i *>(y + offset)));
            };
            part = _mm256_add_epi16(part, _mm256_add_epi16(plane(codes, 0), plane(_mm256_srli_epi16(codes, 2), 64)));
            part = _mm256_add_epi16(part, _mm256_add_epi16(plane(_mm256_srli_epi16(codes, 4), 128), plane(_mm256_srli_epi16(codes, 6), 192)));
        }
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(part, one));
    }
    return sum256(sum);
}

// A group of four rows by `T` tokens at once with 16-bit sums; products[t][r].
template <int T>
ARIA_AVX512 void group_avx512(const uint8_t *w, int32_t blocks, const int8_t *q, int64_t token_bytes, int32_t products[T][group_rows]) {
    const __m512i three = _mm512_set1_epi8(3), one = _mm512_set1_epi16(1);
    __m512i sums[group_rows][T];
    for (int r = 0; r < group_rows; r++)
        for (int t = 0; t < T; t++) sums[r][t] = _mm512_setzero_si512();
    for (int32_t start = 0; start < blocks; start += blocks_before_fold) {
        const int32_t end = start + blocks_before_fold < blocks ? start + blocks_before_fold : blocks;
        __m512i parts[group_rows][T];
        for (int r = 0; r < group_rows; r++)
            for (int t = 0; t < T; t++) parts[r][t] = _mm512_setzero_si512();
        for (int32_t i = start; i < end; i++) {
            __m512i codes[group_rows];
            for (int r = 0; r < group_rows; r++) codes[r] = _mm512_loadu_si512(w + static_cast<int64_t>(i) * step + r * block_bytes);
            const int8_t *y = q + block_columns * static_cast<int64_t>(i);
            for (int plane = 0; plane < 4; plane++, y += 64) {
                for (int t = 0; t < T; t++) {
                    const __m512i activations = _mm512_loadu_si512(y + t * token_bytes);
                    for (int r = 0; r < group_rows; r++)
                        parts[r][t] = _mm512_add_epi16(parts[r][t], _mm512_maddubs_epi16(_mm512_and_si512(codes[r], three), activations));
                }
                for (int r = 0; r < group_rows; r++) codes[r] = _mm512_srli_epi16(codes[r], 2);
            }
        }
        for (int r = 0; r < group_rows; r++)
            for (int t = 0; t < T; t++) sums[r][t] = _mm512_add_epi32(sums[r][t], _mm512_madd_epi16(parts[r][t], one));
    }
    for (int t = 0; t < T; t++)
        for (int r = 0; r < group_rows; r++) products[t][r] = _mm512_reduce_add_epi32(sums[r][t]);
}

// The same with vpdpbusd, which adds four products to a sum of 32 bits.
template <int T>
ARIA_VNNI void group_vnni(const uint8_t *w, int32_t blocks, const int8_t *q, int64_t token_bytes, int32_t products[T][group_rows]) {
    const __m512i three = _mm512_set1_epi8(3);
    __m512i sums[group_rows][T];
    for (int r = 0; r < group_rows; r++)
        for (int t = 0; t < T; t++) sums[r][t] = _mm512_setzero_si512();
    for (int32_t i = 0; i < blocks; i++) {
        __m512i codes[group_rows];
        for (int r = 0; r < group_rows; r++) codes[r] = _mm512_loadu_si512(w + static_cast<int64_t>(i) * step + r * block_bytes);
        const int8_t *y = q + block_columns * static_cast<int64_t>(i);
        for (int plane = 0; plane < 4; plane++, y += 64) {
            __m512i two_bits[group_rows];
            for (int r = 0; r < group_rows; r++) {
                two_bits[r] = _mm512_and_si512(codes[r], three);
                codes[r] = _mm512_srli_epi16(codes[r], 2);
            }
            for (int t = 0; t < T; t++) {
                const __m512i activations = _mm512_loadu_si512(y + t * token_bytes);
                for (int r = 0; r < group_rows; r++) sums[r][t] = _mm512_dpbusd_epi32(sums[r][t], two_bits[r], activations);
            }
        }
    }
    for (int t = 0; t < T; t++)
        for (int r = 0; r < group_rows; r++) products[t][r] = _mm512_reduce_add_epi32(sums[r][t]);
}

template <int T>
using group_fn = void (*)(const uint8_t *, int32_t, const int8_t *, int64_t, int32_t[T][group_rows]);

template <int T>
void tokens_of(group_fn<T> group, const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t *products, int32_t stride) {
    int32_t found[T][group_rows];
    for (int32_t r = 0; r < rows; r += group_rows, w += static_cast<int64_t>(blocks) * step) {
        group(w, blocks, q, static_cast<int64_t>(blocks) * block_columns, found);
        const int32_t left = rows - r < group_rows ? rows - r : group_rows;
        for (int t = 0; t < T; t++)
            for (int32_t i = 0; i < left; i++) products[static_cast<int64_t>(t) * stride + r + i] = found[t][i];
    }
}

// Four tokens at a time, then one by one.
void walk(
    group_fn<4> four, group_fn<1> one, const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    const int64_t token_bytes = static_cast<int64_t>(blocks) * block_columns;
    int32_t t = 0;
    for (; t + 4 <= tokens; t += 4) tokens_of<4>(four, w, blocks, rows, q + t * token_bytes, products + static_cast<int64_t>(t) * stride, stride);
    for (; t < tokens; t++) tokens_of<1>(one, w, blocks, rows, q + t * token_bytes, products + static_cast<int64_t>(t) * stride, stride);
}

}  // namespace

bool has_avx2() { return __builtin_cpu_supports("avx2"); }

bool has_avx512() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"); }

bool has_avx512vnni() { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }

void ternary_avx2(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    for (int32_t t = 0; t < tokens; t++)
        for (int32_t r = 0; r < rows; r++)
            products[static_cast<int64_t>(t) * stride + r] =
                row_avx2(
                    w + (static_cast<int64_t>(r / group_rows) * blocks * group_rows + r % group_rows) * block_bytes, blocks, q + static_cast<int64_t>(t) * blocks * block_columns);
}

void ternary_avx512(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    walk(group_avx512<4>, group_avx512<1>, w, blocks, rows, q, tokens, products, stride);
}

void ternary_avx512vnni(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    walk(group_vnni<4>, group_vnni<1>, w, blocks, rows, q, tokens, products, stride);
}

}  // namespace aria

#endif
