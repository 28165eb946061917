#include "ternary.h"

namespace aria {

void ternary_portable(const uint8_t *w, int32_t blocks, int32_t rows, const int8_t *q, int32_t tokens, int32_t *products, int32_t stride) {
    for (int32_t t = 0; t < tokens; t++) {
        const int8_t *activations = q + static_cast<int64_t>(t) * blocks * block_columns;
        for (int32_t r = 0; r < rows; r++) {
            const uint8_t *row = w + (static_cast<int64_t>(r / group_rows) * blocks * group_rows + r % group_rows) * block_bytes;
            int32_t sum = 0;
            for (int32_t b = 0; b < blocks; b++) {
                const uint8_t *codes = row + static_cast<int64_t>(b) * group_rows * block_bytes;
                const int8_t *y = activations + static_cast<int64_t>(b) * block_columns;
                for (int m = 0; m < block_bytes; m++) {
                    sum += (codes[m] & 3) * y[m] + ((codes[m] >> 2) & 3) * y[64 + m] + ((codes[m] >> 4) & 3) * y[128 + m] + (codes[m] >> 6) * y[192 + m];
                }
            }
            products[static_cast<int64_t>(t) * stride + r] = sum;
        }
    }
}

}  // namespace aria
