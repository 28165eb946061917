// Every table that this machine can run against plain sums; prints the tables' names. By hand for another machine:
//     aarch64-linux-gnu-g++ -std=c++17 -O2 -static -Inative/include native/tests/kernels_test.cpp native/src/*.cpp -o kernels_test && qemu-aarch64-static ./kernels_test
#include <aria_kernels.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

uint32_t state = 12345;

uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

int8_t next_byte() { return static_cast<int8_t>(static_cast<int>(next(255)) - 127); }

bool check(bool right, const char *table, const char *what) {
    if (!right) std::printf("%s: %s is wrong\n", table, what);
    return right;
}

bool ternary(const aria_kernels &table, int32_t blocks, int32_t rows, int32_t tokens) {
    const size_t group = table.group_rows, row_bytes = static_cast<size_t>(blocks) * 64;
    std::vector<uint8_t> weights((static_cast<size_t>(rows) + group - 1) / group * group * row_bytes);
    std::vector<int8_t> activations(static_cast<size_t>(tokens) * blocks * 256);
    for (auto &codes : weights) codes = static_cast<uint8_t>(next(3) | next(3) << 2 | next(3) << 4 | next(3) << 6);
    for (auto &one : activations) one = next_byte();
    const int32_t stride = rows + 1;
    std::vector<int32_t> expected(static_cast<size_t>(tokens) * stride, -7), found(expected);
    for (int32_t t = 0; t < tokens; t++)
        for (int32_t r = 0; r < rows; r++) {
            int32_t sum = 0;
            for (int32_t c = 0; c < blocks * 256; c++) {
                const size_t in_group = static_cast<size_t>(r) % group, m = static_cast<size_t>(c) % 64;
                const size_t block = static_cast<size_t>(r) / group * group * row_bytes + static_cast<size_t>(c / 256) * group * 64;
                const size_t byte = block + (group == ARIA_FOUR_ROWS ? in_group * 64 + m : m / 4 * group * 4 + in_group * 4 + m % 4);
                sum += (weights[byte] >> (2 * (c / 64 % 4)) & 3) * activations[static_cast<size_t>(t) * blocks * 256 + c];
            }
            expected[static_cast<size_t>(t) * stride + r] = sum;
        }
    table.ternary(weights.data(), blocks, rows, activations.data(), tokens, found.data(), stride);
    return check(found == expected, table.name, "ternary");
}

bool screen(const aria_kernels &table, int32_t count, int32_t n, int32_t vectors) {
    std::vector<int8_t> rows(static_cast<size_t>(count) * n), all(static_cast<size_t>(vectors) * n);
    for (auto &one : rows) one = next_byte();
    for (auto &one : all) one = next_byte();
    const int32_t stride = count + 2;
    std::vector<int32_t> expected(static_cast<size_t>(vectors) * stride, -7), found(expected);
    for (int32_t v = 0; v < vectors; v++)
        for (int32_t r = 0; r < count; r++) {
            int32_t sum = 0;
            for (int32_t i = 0; i < n; i++) sum += rows[static_cast<size_t>(r) * n + i] * all[static_cast<size_t>(v) * n + i];
            expected[static_cast<size_t>(v) * stride + r] = sum;
        }
    table.screen(rows.data(), count, n, all.data(), vectors, found.data(), stride);
    return check(found == expected, table.name, "screen");
}

bool float_mode(const aria_kernels &table) {
    const uint64_t mode = table.get_float_mode();
    if (!check((mode & table.float_mode_mask) == table.float_mode_default, table.name, "the floating-point mode of this thread")) return false;
#if defined(__aarch64__)
    const uint64_t flush = 1u << 24;
#else
    const uint64_t flush = 1u << 15;
#endif
    volatile float smallest = 1.17549435e-38f, half = 0.5f;
    table.set_float_mode(mode | flush);
    const bool flushed = smallest * half == 0;
    table.set_float_mode(mode);
    return check(flushed && smallest * half != 0, table.name, "setting the floating-point mode");
}

}  // namespace

int main() {
    bool right = true;
    uint32_t index = 0;
    for (; const aria_kernels *table = aria_kernels_get(ARIA_KERNELS_VERSION, index); index++) {
        for (int32_t blocks : {1, 2, 3, 17})
            for (int32_t rows : {1, 3, 4, 9, 17, 64, 101})
                for (int32_t tokens : {1, 2, 3, 4, 5, 7, 9, 27}) right = ternary(*table, blocks, rows, tokens) && right;
        if (table->screen != nullptr)
            for (int32_t count : {1, 4, 7})
                for (int32_t n : {64, 192, 1536})
                    for (int32_t vectors : {1, 2, 3, 4, 8, 15}) right = screen(*table, count, n, vectors) && right;
        if (table->get_float_mode != nullptr) right = float_mode(*table) && right;
        std::printf("%s\n", table->name);
    }
    right = check(index > 0 && aria_kernels_get(ARIA_KERNELS_VERSION + 1, 0) == nullptr, "the library", "the choice of tables") && right;
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
