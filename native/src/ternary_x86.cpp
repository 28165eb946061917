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

// Lane by lane of 128 bits, the sums over four rows' registers: [a, b, c, d] four times, to be added up.
ARIA_AVX512 inline __m512i four_rows(const __m512i *r) {
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(r[0], r[1]), _mm512_unpackhi_epi32(r[0], r[1]));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(r[2], r[3]), _mm512_unpackhi_epi32(r[2], r[3]));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
}

ARIA_AVX512 inline __m512i fold_lanes(__m512i x, __m512i y) {
    return _mm512_add_epi32(_mm512_shuffle_i64x2(x, y, 0x88), _mm512_shuffle_i64x2(x, y, 0xdd));
}

// The sums over sixteen registers or fewer, in the order of the registers: fifteen additions with their shuffles instead of four for each register.
template <int N>
ARIA_AVX512 inline void sum_each(const __m512i *x, int32_t *sums) {
    static_assert(N == 4 || N == 8 || N == 16, "a power of four rows");
    const __m512i first = four_rows(x);
    if (N == 4) {
        const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(first), _mm512_extracti64x4_epi64(first, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(sums), _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
    } else if (N == 8) {
        const __m512i both = fold_lanes(first, four_rows(x + 4));
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(sums), _mm512_castsi512_si256(fold_lanes(both, both)));
    } else {
        _mm512_storeu_si512(sums, fold_lanes(fold_lanes(first, four_rows(x + 4)), fold_lanes(four_rows(x + 8), four_rows(x + 12))));
    }
}

// A block of codes; with several tokens at once, which leave the memory time, the one `ahead` of it is asked for (nothing new where that is 0). One token reads as fast as memory gives.
template <int T>
ARIA_AVX512 inline __m512i load_codes(const uint8_t *at, int64_t ahead) {
    if (T > 1) _mm_prefetch(reinterpret_cast<const char *>(at + ahead), _MM_HINT_T1);
    return _mm512_loadu_si512(at);
}

// A group of four rows by `T` tokens at once with 16-bit sums; products[t][r].
template <int T>
ARIA_AVX512 void group_avx512(const uint8_t *w, int32_t blocks, const int8_t *q, int64_t token_bytes, int64_t ahead, int32_t products[T][group_rows]) {
    const __m512i three = _mm512_set1_epi8(3), one = _mm512_set1_epi16(1);
    __m512i sums[T][group_rows];
    for (int t = 0; t < T; t++)
        for (int r = 0; r < group_rows; r++) sums[t][r] = _mm512_setzero_si512();
    for (int32_t start = 0; start < blocks; start += blocks_before_fold) {
        const int32_t end = start + blocks_before_fold < blocks ? start + blocks_before_fold : blocks;
        __m512i parts[group_rows][T];
        for (int r = 0; r < group_rows; r++)
            for (int t = 0; t < T; t++) parts[r][t] = _mm512_setzero_si512();
        for (int32_t i = start; i < end; i++) {
            __m512i codes[group_rows];
            for (int r = 0; r < group_rows; r++) codes[r] = load_codes<T>(w + static_cast<int64_t>(i) * step + r * block_bytes, ahead);
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
            for (int t = 0; t < T; t++) sums[t][r] = _mm512_add_epi32(sums[t][r], _mm512_madd_epi16(parts[r][t], one));
    }
    sum_each<T * group_rows>(sums[0], products[0]);
}

// The same with vpdpbusd, which adds four products to a sum of 32 bits.
template <int T>
ARIA_VNNI void group_vnni(const uint8_t *w, int32_t blocks, const int8_t *q, int64_t token_bytes, int64_t ahead, int32_t products[T][group_rows]) {
    const __m512i three = _mm512_set1_epi8(3);
    __m512i sums[T][group_rows];
    for (int t = 0; t < T; t++)
        for (int r = 0; r < group_rows; r++) sums[t][r] = _mm512_setzero_si512();
    for (int32_t i = 0; i < blocks; i++) {
        __m512i codes[group_rows];
        for (int r = 0; r < group_rows; r++) codes[r] = load_codes<T>(w + static_cast<int64_t>(i) * step + r * block_bytes, ahead);
        const int8_t *y = q + block_columns * static_cast<int64_t>(i);
        for (int plane = 0; plane < 4; plane++, y += 64) {
            __m512i two_bits[group_rows];
            for (int r = 0; r < group_rows; r++) {
                two_bits[r] = _mm512_and_si512(codes[r], three);
                codes[r] = _mm512_srli_epi16(codes[r], 2);
            }
            for (int t = 0; t < T; t++) {
                const __m512i activations = _mm512_loadu_si512(y + t * token_bytes);
                for (int r = 0; r < group_rows; r++) sums[t][r] = _mm512_dpbusd_epi32(sums[t][r], two_bits[r], activations);
            }
        }
    }
    sum_each<T * group_rows>(sums[0], products[0]);
}

template <int T>
using group_fn = void (*)(const uint8_t *, int32_t, const int8_t *, int64_t, int64_t, int32_t[T][group_rows]);

template <int T>
void tokens_of(
    group_fn<T> group, const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int64_t ahead, int32_t *products, int32_t stride) {
    int32_t found[T][group_rows];
    for (int32_t r = 0; r < rows; r += group_rows, w += static_cast<int64_t>(blocks) * step) {
        group(w, blocks, q, static_cast<int64_t>(blocks) * block_columns, ahead, found);
        const int32_t left = rows - r < group_rows ? rows - r : group_rows;
        for (int t = 0; t < T; t++)
            for (int32_t i = 0; i < left; i++) products[static_cast<int64_t>(t) * stride + r + i] = found[t][i];
    }
}

// Rows that several tokens go over while the next ones come from memory: few enough to stay near, 27 KiB where there are 6912 columns.
constexpr int32_t rows_near = 16;

// Four tokens at a time, then two, then one; the last ones of several ask for the rows that follow.
void walk(
    group_fn<4> four, group_fn<2> two, group_fn<1> one, const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    const int64_t token_bytes = static_cast<int64_t>(blocks) * block_columns, row_bytes = static_cast<int64_t>(blocks) * block_bytes;
    const int32_t near = tokens == 1 ? rows : rows_near;
    for (int32_t r = 0; r < rows; r += near) {
        const int32_t some = rows - r < near ? rows - r : near;
        const uint8_t *at = w + r * row_bytes;
        const auto ahead = [&](int32_t done) { return done + 1 >= tokens ? near * row_bytes : 0; };
        const auto product = [&](int32_t t) { return products + static_cast<int64_t>(t) * stride + r; };
        int32_t t = 0;
        for (; t + 4 <= tokens; t += 4) tokens_of<4>(four, at, blocks, some, q + t * token_bytes, ahead(t + 4), product(t), stride);
        for (; t + 2 <= tokens; t += 2) tokens_of<2>(two, at, blocks, some, q + t * token_bytes, ahead(t + 2), product(t), stride);
        for (; t < tokens; t++) tokens_of<1>(one, at, blocks, some, q + t * token_bytes, 0, product(t), stride);
    }
}

// So many blocks of each row ahead, what will be read is asked for, in the order of memory whatever the order of the rows: asked for row by row it comes at half the speed.
constexpr int screen_ahead = 64;

// Four products of each lane added to it. By the intrinsic, gcc copies all sums of the loop below from register to register in every round, and some through memory.
ARIA_VNNI inline void add_four(__m512i &sums, __m512i unsigned_bytes, __m512i signed_bytes) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(unsigned_bytes), "v"(signed_bytes));
}

// R rows of bytes by V vectors; sums[v][r]. A row's bytes become unsigned by adding 128 to each, which 128 times the sum of the vector takes away again.
template <int R, int V>
ARIA_VNNI inline void screen_vnni(const int8_t *rows, int32_t n, const int8_t *vectors, __m512i sums[V][R]) {
    const __m512i flip = _mm512_set1_epi8(-128);
    for (int v = 0; v < V; v++)
        for (int r = 0; r < R; r++) sums[v][r] = _mm512_setzero_si512();
    for (int32_t i = 0; i < n; i += block_bytes) {
        __m512i bytes[R];
        for (int r = 0; r < R; r++) {
            bytes[r] = _mm512_xor_si512(_mm512_loadu_si512(rows + static_cast<int64_t>(r) * n + i), flip);
            _mm_prefetch(reinterpret_cast<const char *>(rows + static_cast<int64_t>(R) * i + (r + screen_ahead * R) * block_bytes), _MM_HINT_T1);
        }
        for (int v = 0; v < V; v++) {
            const __m512i vector = _mm512_loadu_si512(vectors + static_cast<int64_t>(v) * n + i);
            for (int r = 0; r < R; r++) add_four(sums[v][r], bytes[r], vector);
        }
    }
}

ARIA_VNNI int32_t sum_bytes(const int8_t *vector, int32_t n) {
    __m512i sum = _mm512_setzero_si512();
    for (int32_t i = 0; i < n; i += block_bytes) sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), _mm512_loadu_si512(vector + i));
    return _mm512_reduce_add_epi32(sum);
}

// V vectors over all rows, R rows at once while there are as many.
template <int R, int V>
ARIA_VNNI void screen_some(const int8_t *rows, int32_t count, int32_t n, const int8_t *vectors, int32_t *products, int32_t stride) {
    int32_t excess[V];
    for (int v = 0; v < V; v++) excess[v] = 128 * sum_bytes(vectors + static_cast<int64_t>(v) * n, n);
    int32_t r = 0;
    for (; r + R <= count; r += R) {
        __m512i sums[V][R];
        screen_vnni<R, V>(rows + static_cast<int64_t>(r) * n, n, vectors, sums);
        alignas(64) int32_t found[V][R];
        if (V * R >= 4) {
            sum_each<(V * R >= 4 ? V * R : 4)>(sums[0], found[0]);
        } else {
            for (int v = 0; v < V; v++)
                for (int i = 0; i < R; i++) found[v][i] = _mm512_reduce_add_epi32(sums[v][i]);
        }
        for (int v = 0; v < V; v++)
            for (int i = 0; i < R; i++) products[static_cast<int64_t>(v) * stride + r + i] = found[v][i] - excess[v];
    }
    for (; r < count; r++) {
        __m512i sums[V][1];
        screen_vnni<1, V>(rows + static_cast<int64_t>(r) * n, n, vectors, sums);
        for (int v = 0; v < V; v++) products[static_cast<int64_t>(v) * stride + r] = _mm512_reduce_add_epi32(sums[v][0]) - excess[v];
    }
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
    walk(group_avx512<4>, group_avx512<2>, group_avx512<1>, w, blocks, rows, q, tokens, products, stride);
}

void ternary_avx512vnni(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    walk(group_vnni<4>, group_vnni<2>, group_vnni<1>, w, blocks, rows, q, tokens, products, stride);
}

void screen_avx512vnni(const int8_t *rows, int32_t count, int32_t n, const int8_t *vectors, int32_t vector_count, int32_t *products, int32_t stride) {
    const auto vector = [&](int32_t v) { return vectors + static_cast<int64_t>(v) * n; };
    const auto product = [&](int32_t v) { return products + static_cast<int64_t>(v) * stride; };
    int32_t v = 0;
    for (; v + 8 <= vector_count; v += 8) screen_some<2, 8>(rows, count, n, vector(v), product(v), stride);
    for (; v + 4 <= vector_count; v += 4) screen_some<4, 4>(rows, count, n, vector(v), product(v), stride);
    for (; v + 2 <= vector_count; v += 2) screen_some<1, 2>(rows, count, n, vector(v), product(v), stride);
    for (; v < vector_count; v++) screen_some<1, 1>(rows, count, n, vector(v), product(v), stride);
}

}  // namespace aria

#endif
