// The floating-point control register of this thread.
#pragma once

#include <cstdint>

namespace aria {

#if defined(__x86_64__) && defined(__GNUC__)
#define ARIA_FLOAT_MODE 1
// MXCSR: flush to zero 15, rounding 14-13, exception masks 12-7, denormals are zero 6; the flags 5-0 are not a mode.
constexpr uint64_t float_mode_mask = 0xffc0, float_mode_default = 0x1f80;
inline uint64_t get_float_mode() { return __builtin_ia32_stmxcsr(); }
inline void set_float_mode(uint64_t mode) { __builtin_ia32_ldmxcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__) && defined(__GNUC__)
#define ARIA_FLOAT_MODE 1
// FPCR: alternative half 26, default NaN 25, flush to zero 24, rounding 23-22, flush half 19, traps 15 and 12-8, NEP 2, alternative handling 1, flush inputs 0.
constexpr uint64_t float_mode_mask = 0x07c89f07, float_mode_default = 0;
inline uint64_t get_float_mode() {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}
inline void set_float_mode(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#endif

}  // namespace aria
