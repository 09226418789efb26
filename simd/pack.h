// Pack: some elements of one arithmetic type, operated on together.
//
// A generic lambda such as [](auto x) { return x * 3 + 1; } works on a Pack as on a plain value,
// which is what simd/transform.h builds on: the same operation runs on vectors of 16, 32 or 64
// bytes and on the elements left over. Operators: + - * / & | ^ ~ << >> and comparisons, which
// return masks; Min(), Max(), Abs() and Select(mask, a, b) exist for packs and plain values alike.
//
// Each width is a class of its own, for its member functions are compiled for the instruction set
// that has the width, while the lambda and the caller's file are not. So that such code may pass
// packs without agreeing on registers, copying is user-provided: packs travel by reference, and
// after inlining not at all.
//
// Thread-safety: values. Cost: none after inlining (-O1 and up).
#ifndef ZOKIO_SIMD_PACK_H_
#define ZOKIO_SIMD_PACK_H_

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace zokio::simd {

// The plain values' side of the vocabulary.
template <class T>
  requires std::is_arithmetic_v<T>
constexpr T Min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
  requires std::is_arithmetic_v<T>
constexpr T Max(T a, T b) {
  return a < b ? b : a;
}
template <class T>
  requires std::is_arithmetic_v<T>
constexpr T Abs(T a) {
  return a < T{0} ? static_cast<T>(-a) : a;
}
template <class T>
  requires std::is_arithmetic_v<T>
constexpr T Select(bool condition, T a, T b) {
  return condition ? a : b;
}

}  // namespace zokio::simd

#define ZOKIO_PACK Pack16
#define ZOKIO_PACK_BYTES 16
#define ZOKIO_PACK_ATTRIBUTES
#include "simd/internal/pack-inl.h"
#undef ZOKIO_PACK
#undef ZOKIO_PACK_BYTES
#undef ZOKIO_PACK_ATTRIBUTES

#if defined(__x86_64__)

// No FMA: a fused multiply-add in vectors and none in the elements left over would round apart.
#define ZOKIO_PACK_TARGET_AVX2 "avx2"
#define ZOKIO_PACK_TARGET_AVX512 "avx2,avx512f,avx512vl,avx512dq,avx512bw"

#define ZOKIO_PACK Pack32
#define ZOKIO_PACK_BYTES 32
#define ZOKIO_PACK_ATTRIBUTES __attribute__((target(ZOKIO_PACK_TARGET_AVX2)))
#include "simd/internal/pack-inl.h"
#undef ZOKIO_PACK
#undef ZOKIO_PACK_BYTES
#undef ZOKIO_PACK_ATTRIBUTES

#define ZOKIO_PACK Pack64
#define ZOKIO_PACK_BYTES 64
#define ZOKIO_PACK_ATTRIBUTES __attribute__((target(ZOKIO_PACK_TARGET_AVX512)))
#include "simd/internal/pack-inl.h"
#undef ZOKIO_PACK
#undef ZOKIO_PACK_BYTES
#undef ZOKIO_PACK_ATTRIBUTES

#endif  // __x86_64__

#endif  // ZOKIO_SIMD_PACK_H_
