// NEON with the dot product and with matrix products of eight-bit integers; each function names the instructions that it needs, so the rest of the library runs anywhere.
#include "ternary.h"

#if defined(ARIA_ARM)

#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace aria {

namespace {

constexpr int quarter = 16;
constexpr int step = group_rows * block_bytes;

#if defined(__clang__)
#define ARIA_DOT __attribute__((target("dotprod")))
#define ARIA_I8MM __attribute__((target("dotprod,i8mm")))
#else
#define ARIA_DOT __attribute__((target("arch=armv8.2-a+dotprod")))
#define ARIA_I8MM __attribute__((target("arch=armv8.2-a+dotprod+i8mm")))
#endif

inline int8x16_t plane_of(uint8x16_t codes, int plane) {
    const int8x16_t down = vdupq_n_s8(static_cast<int8_t>(-2 * plane));
    return vreinterpretq_s8_u8(vandq_u8(vshlq_u8(codes, down), vdupq_n_u8(3)));
}

// A group of four rows by T tokens; products[t][r].
template <int T>
ARIA_DOT void group_dot(const uint8_t *w, int32_t blocks, const int8_t *q, int64_t token_bytes, int32_t products[T][group_rows]) {
    int32x4_t sums[T][group_rows];
    for (int t = 0; t < T; t++)
        for (int r = 0; r < group_rows; r++) sums[t][r] = vdupq_n_s32(0);
    for (int32_t i = 0; i < blocks; i++, w += step, q += block_columns) {
        for (int at = 0; at < block_bytes; at += quarter) {
            uint8x16_t codes[group_rows];
            for (int r = 0; r < group_rows; r++) codes[r] = vld1q_u8(w + r * block_bytes + at);
            for (int plane = 0; plane < 4; plane++) {
                int8x16_t bits[group_rows];
                for (int r = 0; r < group_rows; r++) bits[r] = plane_of(codes[r], plane);
                for (int t = 0; t < T; t++) {
                    const int8x16_t y = vld1q_s8(q + t * token_bytes + plane * block_bytes + at);
                    for (int r = 0; r < group_rows; r++) sums[t][r] = vdotq_s32(sums[t][r], bits[r], y);
                }
            }
        }
    }
    for (int t = 0; t < T; t++)
        for (int r = 0; r < group_rows; r++) products[t][r] = vaddvq_s32(sums[t][r]);
}

// Two rows and two tokens to an instruction: sums[rows / 2][tokens / 2] hold (r, t), (r, t + 1), (r + 1, t), (r + 1, t + 1).
template <int T>
ARIA_I8MM void group_i8mm(const uint8_t *w, int32_t blocks, const int8_t *q, int64_t token_bytes, int32_t products[T][group_rows]) {
    static_assert(T % 2 == 0, "tokens go in pairs");
    const auto low = [](int8x16_t x, int8x16_t y) { return vreinterpretq_s8_s64(vzip1q_s64(vreinterpretq_s64_s8(x), vreinterpretq_s64_s8(y))); };
    const auto high = [](int8x16_t x, int8x16_t y) { return vreinterpretq_s8_s64(vzip2q_s64(vreinterpretq_s64_s8(x), vreinterpretq_s64_s8(y))); };
    int32x4_t sums[group_rows / 2][T / 2];
    for (int r = 0; r < group_rows / 2; r++)
        for (int t = 0; t < T / 2; t++) sums[r][t] = vdupq_n_s32(0);
    for (int32_t i = 0; i < blocks; i++, w += step, q += block_columns) {
        for (int at = 0; at < block_bytes; at += quarter) {
            uint8x16_t codes[group_rows];
            for (int r = 0; r < group_rows; r++) codes[r] = vld1q_u8(w + r * block_bytes + at);
            for (int plane = 0; plane < 4; plane++) {
                int8x16_t rows[group_rows / 2][2];
                for (int r = 0; r < group_rows / 2; r++) {
                    const int8x16_t first = plane_of(codes[2 * r], plane), second = plane_of(codes[2 * r + 1], plane);
                    rows[r][0] = low(first, second);
                    rows[r][1] = high(first, second);
                }
                for (int t = 0; t < T / 2; t++) {
                    const int8_t *y = q + 2 * t * token_bytes + plane * block_bytes + at;
                    const int8x16_t first = vld1q_s8(y), second = vld1q_s8(y + token_bytes);
                    const int8x16_t tokens[2] = {low(first, second), high(first, second)};
                    for (int r = 0; r < group_rows / 2; r++)
                        for (int half = 0; half < 2; half++) sums[r][t] = vmmlaq_s32(sums[r][t], rows[r][half], tokens[half]);
                }
            }
        }
    }
    for (int r = 0; r < group_rows / 2; r++) {
        for (int t = 0; t < T / 2; t++) {
            int32_t four[4];
            vst1q_s32(four, sums[r][t]);
            for (int i = 0; i < 4; i++) products[2 * t + (i & 1)][2 * r + (i >> 1)] = four[i];
        }
    }
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

void walk(
    group_fn<4> four, group_fn<2> two, group_fn<1> one, const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    const int64_t token_bytes = static_cast<int64_t>(blocks) * block_columns;
    int32_t t = 0;
    for (; t + 4 <= tokens; t += 4) tokens_of<4>(four, w, blocks, rows, q + t * token_bytes, products + static_cast<int64_t>(t) * stride, stride);
    for (; t + 2 <= tokens; t += 2) tokens_of<2>(two, w, blocks, rows, q + t * token_bytes, products + static_cast<int64_t>(t) * stride, stride);
    for (; t < tokens; t++) tokens_of<1>(one, w, blocks, rows, q + t * token_bytes, products + static_cast<int64_t>(t) * stride, stride);
}

// One row by V vectors.
template <int V>
ARIA_DOT void screen_row(const int8_t *row, int32_t n, const int8_t *vectors, int32_t *products, int32_t stride) {
    int32x4_t sums[V];
    for (int v = 0; v < V; v++) sums[v] = vdupq_n_s32(0);
    for (int32_t i = 0; i < n; i += quarter) {
        const int8x16_t bytes = vld1q_s8(row + i);
        for (int v = 0; v < V; v++) sums[v] = vdotq_s32(sums[v], bytes, vld1q_s8(vectors + static_cast<int64_t>(v) * n + i));
    }
    for (int v = 0; v < V; v++) products[static_cast<int64_t>(v) * stride] = vaddvq_s32(sums[v]);
}

#if defined(__APPLE__)
bool has_feature(const char *name) {
    int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}
#endif

}  // namespace

bool has_dotprod() {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & (1ul << 20)) != 0;
#elif defined(__APPLE__)
    return has_feature("hw.optional.arm.FEAT_DotProd");
#else
    return false;
#endif
}

bool has_i8mm() {
#if defined(__linux__)
    return has_dotprod() && (getauxval(AT_HWCAP2) & (1ul << 13)) != 0;
#elif defined(__APPLE__)
    return has_dotprod() && has_feature("hw.optional.arm.FEAT_I8MM");
#else
    return false;
#endif
}

void ternary_dotprod(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    walk(group_dot<4>, group_dot<2>, group_dot<1>, w, blocks, rows, q, tokens, products, stride);
}

void ternary_i8mm(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    walk(group_i8mm<4>, group_i8mm<2>, group_dot<1>, w, blocks, rows, q, tokens, products, stride);
}

void screen_dotprod(const int8_t *rows, int32_t count, int32_t n, const int8_t *vectors, int32_t vector_count, int32_t *products, int32_t stride) {
    for (int32_t r = 0; r < count; r++, rows += n, products++) {
        int32_t v = 0;
        const auto vector = [&]() { return vectors + static_cast<int64_t>(v) * n; };
        const auto product = [&]() { return products + static_cast<int64_t>(v) * stride; };
        for (; v + 8 <= vector_count; v += 8) screen_row<8>(rows, n, vector(), product(), stride);
        for (; v + 4 <= vector_count; v += 4) screen_row<4>(rows, n, vector(), product(), stride);
        for (; v < vector_count; v++) screen_row<1>(rows, n, vector(), product(), stride);
    }
}

}  // namespace aria

#endif
