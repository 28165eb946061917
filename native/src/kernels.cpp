#include "ternary.h"

namespace {

constexpr uint32_t version = ARIA_KERNELS_VERSION, size = sizeof(aria_kernels);

constexpr aria_kernels portable{version, size, "portable", aria::ternary_portable};
#if defined(ARIA_X86)
constexpr aria_kernels avx2{version, size, "avx2", aria::ternary_avx2};
constexpr aria_kernels avx512{version, size, "avx512", aria::ternary_avx512};
constexpr aria_kernels avx512vnni{version, size, "avx512vnni", aria::ternary_avx512vnni};
#endif

}  // namespace

extern "C" const aria_kernels *aria_kernels_get(uint32_t wanted, uint32_t index) {
    const aria_kernels *usable[4];
    uint32_t count = 0;
#if defined(ARIA_X86)
    if (aria::has_avx512vnni()) usable[count++] = &avx512vnni;
    if (aria::has_avx512()) usable[count++] = &avx512;
    if (aria::has_avx2()) usable[count++] = &avx2;
#endif
    usable[count++] = &portable;
    return wanted == version && index < count ? usable[index] : nullptr;
}
