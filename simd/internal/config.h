// Highway configuration; the first include of every kernel file.
//
// AVX3_DL (VBMI2, VPCLMULQDQ) is opt-in in Highway, so every file must opt in alike. SSSE3 and SVE
// are left out: each target costs compile time in every kernel file.
#ifndef ZOKIO_SIMD_INTERNAL_CONFIG_H_
#define ZOKIO_SIMD_INTERNAL_CONFIG_H_

#define HWY_WANT_AVX3_DL 1
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// True in #if when the target being compiled has vectors; otherwise a kernel calls the reference.
#define ZOKIO_SIMD_HAVE_VECTORS (HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128)

// True in #if when the target being compiled is AVX-512 (and, _DL, its VBMI2 generation).
#define ZOKIO_SIMD_AVX512 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
#define ZOKIO_SIMD_AVX512_DL (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL)

// Like HWY_DYNAMIC_DISPATCH, without its call into Highway's library: entry 0 of each table, used
// until the index is known, chooses for itself.
#define ZOKIO_SIMD_DISPATCH(FUNCTION) ZOKIO_SIMD_DISPATCH_(FUNCTION)
#define ZOKIO_SIMD_DISPATCH_(FUNCTION) \
  (*::zokio::simd::internal::ChooseKernel(HWY_DISPATCH_TABLE(FUNCTION)))

#include <cstddef>

namespace zokio::simd::internal {

// The active target's place in Highway's tables; kept by simd/targets.cc.
extern size_t g_dispatch_index;

template <class Function, size_t kTargets>
inline Function ChooseKernel(const Function (&table)[kTargets]) {
  return table[kTargets == 1 ? 0 : g_dispatch_index];
}

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_CONFIG_H_
