#include "float_mode.h"
#include "ternary.h"

namespace {

#if defined(ARIA_FLOAT_MODE)
uint64_t get_mode() { return aria::get_float_mode(); }
void set_mode(uint64_t mode) { aria::set_float_mode(mode); }
constexpr aria_get_float_mode_fn get_float_mode = get_mode;
constexpr aria_set_float_mode_fn set_float_mode = set_mode;
constexpr uint64_t float_mode_mask = aria::float_mode_mask, float_mode_default = aria::float_mode_default;
#else
constexpr aria_get_float_mode_fn get_float_mode = nullptr;
constexpr aria_set_float_mode_fn set_float_mode = nullptr;
constexpr uint64_t float_mode_mask = 0, float_mode_default = 0;
#endif

constexpr aria_kernels table(const char *name, aria_ternary_fn ternary, aria_screen_fn screen, uint32_t group_rows = ARIA_FOUR_ROWS) {
    return {ARIA_KERNELS_VERSION, sizeof(aria_kernels), name, ternary, screen, get_float_mode, set_float_mode, float_mode_mask, float_mode_default, group_rows};
}

constexpr aria_kernels portable = table("portable", aria::ternary_portable, nullptr);
#if defined(ARIA_X86)
constexpr aria_kernels avx2 = table("avx2", aria::ternary_avx2, nullptr);
constexpr aria_kernels avx512 = table("avx512", aria::ternary_avx512, nullptr);
constexpr aria_kernels avx512vbmi = table("avx512vbmi", aria::ternary_avx512vbmi, aria::screen_avx512vnni, ARIA_SIXTEEN_ROWS);
constexpr aria_kernels avx512vnni = table("avx512vnni", aria::ternary_avx512vnni, aria::screen_avx512vnni);
#endif
#if defined(ARIA_ARM)
constexpr aria_kernels dotprod = table("neon-dotprod", aria::ternary_dotprod, aria::screen_dotprod);
constexpr aria_kernels i8mm = table("neon-i8mm", aria::ternary_i8mm, aria::screen_dotprod);
#endif

}  // namespace

extern "C" const aria_kernels *aria_kernels_get(uint32_t wanted, uint32_t index) {
    const aria_kernels *usable[5];
    uint32_t count = 0;
#if defined(ARIA_X86)
    if (aria::has_avx512vbmi()) usable[count++] = &avx512vbmi;
    if (aria::has_avx512vnni()) usable[count++] = &avx512vnni;
    if (aria::has_avx512()) usable[count++] = &avx512;
    if (aria::has_avx2()) usable[count++] = &avx2;
#endif
#if defined(ARIA_ARM)
    if (aria::has_i8mm()) usable[count++] = &i8mm;
    if (aria::has_dotprod()) usable[count++] = &dotprod;
#endif
    usable[count++] = &portable;
    return wanted == ARIA_KERNELS_VERSION && index < count ? usable[index] : nullptr;
}
