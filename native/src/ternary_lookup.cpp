// AVX-512 with VBMI, sixteen rows side by side. For sixteen tokens or more some columns of a block are multiplied by vpdpbusd and some are looked up in tables of sums by vpermw. The two run
// on different ports of AMD's processors, so that 112 products are done in the time of 64.
#include "ternary.h"

#if defined(ARIA_X86)

#include <immintrin.h>

namespace aria {

namespace {

#define ARIA_VBMI __attribute__((target("avx512f,avx512bw,avx512vnni,avx512vbmi")))

constexpr int half_rows = ARIA_SIXTEEN_ROWS, tile_rows = 2 * half_rows, together = 8, planes = 4;
constexpr int words = block_bytes / 4, lookup_words = 9, dot_words = words - lookup_words;   // of four bytes, which a row has in a block
constexpr int half_bytes = half_rows * block_bytes;              // of a block
constexpr int triples = 4 * lookup_words;                        // columns m, 64 + m and 128 + m for each m below this
constexpr int quads = planes * dot_words + lookup_words;         // of four columns: four of each other word, and the last planes of the words that are looked up
constexpr int steps = triples / planes;                          // each of four triples and four quads; one quad is left
constexpr int fewest = 2 * together;                             // tokens that are worth the tables and the way through memory
constexpr int panel_tiles = 48;                                  // 117 KiB of codes stay near while all tokens go over them
static_assert(planes * steps + 1 == quads, "a quad for each triple and one more");
static_assert(triples * 3 * 2 * 127 <= INT16_MAX, "the triples of a block have a sum of 16 bits");

// The codes of 32 rows and one block. Indices of triples have five bits in a byte: bytes 0 and 1 of each row's word in the first register, 2 and 3 in the second one, the rows in the
// order 0, 16, 1, 17, ... Quads have two bits in a byte, rows 0 to 15 and 16 to 31 apart.
struct tile {
    __m512i indices[steps][2], codes[steps][2], last[2];
};

// The activations of eight tokens and one block.
struct prepared {
    __m512i tables[triples][together];   // 27 sums of 16 bits: of the triple's activations, each 0, 1 or 2 times
    int32_t fours[quads][together];
};

// The last planes of `n` words, one below the other.
ARIA_VBMI inline __m512i last_planes(const __m512i *word, int n) {
    const __m512i three = _mm512_set1_epi8(3);
    __m512i all = _mm512_setzero_si512();
    for (int i = 0; i < n; i++) all = _mm512_or_si512(all, _mm512_slli_epi16(_mm512_and_si512(_mm512_srli_epi16(word[i], 6), three), 2 * i));
    return all;
}

// `w` and `w` + `group_bytes` are the block of 16 rows each.
ARIA_VBMI void convert(const uint8_t *w, int64_t group_bytes, tile &to) {
    struct index_of {
        uint8_t three_codes[64];
        constexpr index_of() : three_codes() {
            for (int i = 0; i < 64; i++) three_codes[i] = static_cast<uint8_t>((i & 3) + 3 * (i >> 2 & 3) + 9 * (i >> 4));
        }
    };
    alignas(64) static constexpr index_of index;
    const auto word = [&](int half, int i) ARIA_VBMI { return _mm512_loadu_si512(w + half * group_bytes + i * block_bytes); };
    const __m512i indices = _mm512_load_si512(index.three_codes);
    constexpr __mmask32 odd = 0xaaaaaaaa;
#pragma GCC unroll 9
    for (int s = 0; s < steps; s++) {
        const __m512i low = _mm512_permutexvar_epi8(word(0, s), indices), high = _mm512_permutexvar_epi8(word(1, s), indices);
        to.indices[s][0] = _mm512_mask_blend_epi16(odd, low, _mm512_slli_epi32(high, 16));
        to.indices[s][1] = _mm512_mask_blend_epi16(odd, _mm512_srli_epi32(low, 16), high);
    }
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        __m512i looked_up[lookup_words];
        for (int s = 0; s < lookup_words; s++) looked_up[s] = word(half, s);
        for (int s = 0; s < dot_words; s++) to.codes[s][half] = word(half, lookup_words + s);
        to.codes[dot_words][half] = last_planes(looked_up, 4);
        to.codes[dot_words + 1][half] = last_planes(looked_up + 4, 4);
        to.last[half] = last_planes(looked_up + 8, 1);
    }
}

// One token's block, as the t-th of eight.
ARIA_VBMI void prepare(const int8_t *q, int t, prepared &to) {
    struct digits_of {
        uint8_t first_two[64], third[64];   // of an index to base 3
        constexpr digits_of() : first_two(), third() {
            for (int i = 0; i < 27; i++) {
                first_two[2 * i] = static_cast<uint8_t>(i % 3);
                first_two[2 * i + 1] = static_cast<uint8_t>(i / 3 % 3);
                third[2 * i] = static_cast<uint8_t>(i / 9);
            }
        }
    };
    alignas(64) static constexpr digits_of digits;
    const __m512i first_two = _mm512_load_si512(digits.first_two), third = _mm512_load_si512(digits.third);
    alignas(64) int16_t pairs[64], singles[64];
    const __m512i order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0), zero = _mm512_setzero_si512();   // so that unpacking keeps the columns' order
    const auto plane = [&](int p) ARIA_VBMI { return _mm512_permutexvar_epi64(order, _mm512_loadu_si512(q + block_columns / planes * p)); };
    _mm512_store_si512(pairs, _mm512_unpacklo_epi8(plane(0), plane(1)));
    _mm512_store_si512(pairs + 32, _mm512_unpackhi_epi8(plane(0), plane(1)));
    _mm512_store_si512(singles, _mm512_unpacklo_epi8(plane(2), zero));
    _mm512_store_si512(singles + 32, _mm512_unpackhi_epi8(plane(2), zero));
    for (int m = 0; m < triples; m++)
        to.tables[m][t] = _mm512_add_epi16(_mm512_maddubs_epi16(first_two, _mm512_set1_epi16(pairs[m])), _mm512_maddubs_epi16(third, _mm512_set1_epi16(singles[m])));
    const auto take = [&](int quad, int p, int word) { __builtin_memcpy(&to.fours[quad][t], q + block_columns / planes * p + 4 * word, 4); };
    for (int s = 0; s < dot_words; s++)
        for (int p = 0; p < planes; p++) take(planes * s + p, p, lookup_words + s);
    for (int word = 0; word < lookup_words; word++) take(planes * dot_words + word, planes - 1, word);
}

// 32 rows by eight tokens: the block's part is added to products[t * stride + r], or put there.
ARIA_VBMI void multiply(const tile &w, const prepared &a, int32_t *products, int64_t stride, bool add) {
    const __m512i three = _mm512_set1_epi8(3);
    __m512i low[together], high[together], sum[together];
#pragma GCC unroll 8
    for (int t = 0; t < together; t++) {
        low[t] = add ? _mm512_loadu_si512(products + t * stride) : _mm512_setzero_si512();
        high[t] = add ? _mm512_loadu_si512(products + t * stride + 16) : _mm512_setzero_si512();
        sum[t] = _mm512_setzero_si512();
    }
    const __m512i *table = a.tables[0];
    const int32_t *four = a.fours[0];
    for (int s = 0; s < steps; s++) {
#pragma GCC unroll 4
        for (int p = 0; p < planes; p++, table += together, four += together) {
            const __m512i x = _mm512_and_si512(_mm512_srli_epi16(w.codes[s][0], 2 * p), three);
            const __m512i y = _mm512_and_si512(_mm512_srli_epi16(w.codes[s][1], 2 * p), three);
            const __m512i index = _mm512_srli_epi16(w.indices[s][p / 2], 8 * (p % 2));
#pragma GCC unroll 8
            for (int t = 0; t < together; t++) {
                // By intrinsics the compiler adds in another order, runs out of registers and loses a third of the speed.
                __m512i activations, found;
                asm volatile(
                    "vpbroadcastd %[four], %[activations]\n\t"
                    "vpermw %[table], %[index], %[found]\n\t"
                    "vpdpbusd %[activations], %[x], %[low]\n\t"
                    "vpdpbusd %[activations], %[y], %[high]\n\t"
                    "vpaddw %[found], %[sum], %[sum]"
                    : [low] "+v"(low[t]), [high] "+v"(high[t]), [sum] "+v"(sum[t]), [activations] "=&v"(activations), [found] "=&v"(found)
                    : [four] "m"(four[t]), [table] "m"(table[t]), [index] "v"(index), [x] "v"(x), [y] "v"(y));
            }
        }
    }
#pragma GCC unroll 8
    for (int t = 0; t < together; t++) {
        const __m512i activations = _mm512_set1_epi32(four[t]);
        low[t] = _mm512_dpbusd_epi32(low[t], w.last[0], activations);
        high[t] = _mm512_dpbusd_epi32(high[t], w.last[1], activations);
        _mm512_storeu_si512(products + t * stride, _mm512_add_epi32(low[t], _mm512_srai_epi32(_mm512_slli_epi32(sum[t], 16), 16)));
        _mm512_storeu_si512(products + t * stride + 16, _mm512_add_epi32(high[t], _mm512_srai_epi32(sum[t], 16)));
    }
}

// Whole tiles and whole eights of tokens.
ARIA_VBMI void multiply_all(const uint8_t *w, int32_t blocks, int32_t tiles, const int8_t *q, int32_t tokens, int32_t *products, int64_t stride) {
    tile near[panel_tiles];
    prepared activations;
    const int64_t group_bytes = static_cast<int64_t>(blocks) * half_bytes, token_bytes = static_cast<int64_t>(blocks) * block_columns;
    const int32_t panels = (tiles + panel_tiles - 1) / panel_tiles;
    for (int32_t panel = 0; panel < panels; panel++) {
        const int32_t first = tiles * panel / panels, end = tiles * (panel + 1) / panels;
        for (int32_t b = 0; b < blocks; b++) {
            for (int32_t t = 0; t < tokens; t += together) {
                for (int k = 0; k < together; k++) prepare(q + (t + k) * token_bytes + static_cast<int64_t>(b) * block_columns, k, activations);
                for (int32_t i = first; i < end; i++) {
                    const uint8_t *at = w + 2 * i * group_bytes + static_cast<int64_t>(b) * half_bytes;
                    if (t == 0) convert(at, group_bytes, near[i - first]);
                    if (t + together == tokens)   // the block that follows is wanted next
                        for (int line = 0; line < half_rows; line++) {
                            _mm_prefetch(reinterpret_cast<const char *>(at + half_bytes + line * block_bytes), _MM_HINT_T1);
                            _mm_prefetch(reinterpret_cast<const char *>(at + group_bytes + half_bytes + line * block_bytes), _MM_HINT_T1);
                        }
                    multiply(near[i - first], activations, products + t * stride + i * tile_rows, stride, b > 0);
                }
            }
        }
    }
}

// So many bytes ahead what will be read is asked for where several tokens leave the memory time.
constexpr int ahead = 4096;

// 16 rows or fewer by T tokens. Sixteen sums take turns, for each token and plane and every (4 / T)-th word, because one takes long to be ready again.
template <int T>
ARIA_VBMI void few(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int64_t token_bytes, int32_t *products, int64_t stride) {
    constexpr int turns = 4 / T;
    const __m512i three = _mm512_set1_epi8(3);
    __m512i sums[T][turns][planes];
#pragma GCC unroll 4
    for (int t = 0; t < T; t++)
#pragma GCC unroll 4
        for (int turn = 0; turn < turns; turn++)
#pragma GCC unroll 4
            for (int p = 0; p < planes; p++) sums[t][turn][p] = _mm512_setzero_si512();
    for (int32_t b = 0; b < blocks; b++, q += block_columns)
        for (int word = 0; word < words; word += turns) {
#pragma GCC unroll 4
            for (int turn = 0; turn < turns; turn++, w += block_bytes) {
                if (T > 1) _mm_prefetch(reinterpret_cast<const char *>(w + ahead), _MM_HINT_T1);
                __m512i codes = _mm512_loadu_si512(w);
#pragma GCC unroll 4
                for (int p = 0; p < planes; p++) {
                    const __m512i plane = _mm512_and_si512(codes, three);
                    codes = _mm512_srli_epi16(codes, 2);
#pragma GCC unroll 4
                    for (int t = 0; t < T; t++) {
                        const int8_t *four = q + t * token_bytes + block_columns / planes * p + 4 * (word + turn);
                        asm("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sums[t][turn][p]) : "v"(plane), "m"(*reinterpret_cast<const int32_t *>(four)));
                    }
                }
            }
        }
    const __mmask16 wanted = static_cast<__mmask16>(rows >= half_rows ? 0xffff : (1 << rows) - 1);
#pragma GCC unroll 4
    for (int t = 0; t < T; t++) {
        __m512i sum = _mm512_setzero_si512();
#pragma GCC unroll 4
        for (int turn = 0; turn < turns; turn++)
            sum = _mm512_add_epi32(
                sum, _mm512_add_epi32(_mm512_add_epi32(sums[t][turn][0], sums[t][turn][1]), _mm512_add_epi32(sums[t][turn][2], sums[t][turn][3])));
        _mm512_mask_storeu_epi32(products + t * stride, wanted, sum);
    }
}

ARIA_VBMI void multiply_few(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int64_t stride) {
    const int64_t token_bytes = static_cast<int64_t>(blocks) * block_columns;
    for (int32_t r = 0; r < rows; r += half_rows, w += static_cast<int64_t>(blocks) * half_bytes) {
        int32_t t = 0;
        for (; t + 4 <= tokens; t += 4) few<4>(w, blocks, rows - r, q + t * token_bytes, token_bytes, products + t * stride + r, stride);
        for (; t + 2 <= tokens; t += 2) few<2>(w, blocks, rows - r, q + t * token_bytes, token_bytes, products + t * stride + r, stride);
        for (; t < tokens; t++) few<1>(w, blocks, rows - r, q + t * token_bytes, token_bytes, products + t * stride + r, stride);
    }
}

}  // namespace

// Not on Intel's processors, where lookups take one of the ports that dot products need.
bool has_avx512vbmi() { return has_avx512vnni() && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_is("amd"); }

void ternary_avx512vbmi(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    const int64_t row_bytes = static_cast<int64_t>(blocks) * block_bytes, token_bytes = static_cast<int64_t>(blocks) * block_columns;
    const int32_t many = tokens >= fewest ? tokens / together * together : 0, tiles = many > 0 ? rows / tile_rows : 0, done = tiles * tile_rows;
    if (tiles > 0) {
        multiply_all(w, blocks, tiles, q, many, products, stride);
        multiply_few(w, blocks, done, q + many * token_bytes, tokens - many, products + static_cast<int64_t>(many) * stride, stride);
    }
    multiply_few(w + done * row_bytes, blocks, rows - done, q, tokens, products + done, stride);
}

}  // namespace aria

#endif
