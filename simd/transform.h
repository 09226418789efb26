// Applying an operation of the caller's to whole arrays: element by element, or down to one value.
//
//   simd::Transform(in, out, [](auto x) { return x * 3 + 1; });
//   int least = simd::Reduce(in, INT_MAX, [](auto a, auto b) { return Min(a, b); });
//
// The operation is a generic callable (a lambda with `auto` parameters), pure, without branches on
// its arguments, and able to take both plain values and packs; its vocabulary is in simd/pack.h.
// The width is chosen from the CPU once a call. Ranges are contiguous; any length and alignment.
//
// Elements narrower than int are computed in their own width throughout (no promotion). Reduce()
// combines in no particular order, so for floating point the last bits differ from a loop's.
//
// Thread-safety: as the ranges and the operation are.
// Cost: one switch a call; compile with optimisation, or every operator is a function call.
#ifndef ZOKIO_SIMD_TRANSFORM_H_
#define ZOKIO_SIMD_TRANSFORM_H_

#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

#include "base/check.h"
#include "simd/internal/transform_loops.h"
#include "simd/targets.h"

namespace zokio::simd {

// out[i] = op(in[i]). `out` may be the same as `in`, or disjoint from it, not shifted.
// REQUIRES: out is at least as long as in.
template <std::ranges::contiguous_range In, std::ranges::contiguous_range Out, class Op>
void Transform(const In& in, Out&& out, const Op& op) {
  using T = std::ranges::range_value_t<In>;
  static_assert(std::is_same_v<T, std::ranges::range_value_t<Out>>, "one element type");
  const std::span<const T> from(in);
  const std::span<T> to(out);
  ZOKIO_CHECK(to.size() >= from.size(), "out too short");
  internal::Dispatch(from.size_bytes(), [&](auto width) __attribute__((always_inline)) {
    width.Transform(from.data(), from.size(), to.data(), op);
  });
}

// out[i] = op(a[i], b[i]). `out` may be the same as either input, or disjoint from it.
// REQUIRES: b and out are at least as long as a.
template <std::ranges::contiguous_range A, std::ranges::contiguous_range B,
          std::ranges::contiguous_range Out, class Op>
void Transform(const A& a, const B& b, Out&& out, const Op& op) {
  using T = std::ranges::range_value_t<A>;
  static_assert(std::is_same_v<T, std::ranges::range_value_t<B>> &&
                    std::is_same_v<T, std::ranges::range_value_t<Out>>,
                "one element type");
  const std::span<const T> first(a);
  const std::span<const T> second(b);
  const std::span<T> to(out);
  ZOKIO_CHECK(second.size() >= first.size(), "b too short");
  ZOKIO_CHECK(to.size() >= first.size(), "out too short");
  internal::Dispatch(first.size_bytes(), [&](auto width) __attribute__((always_inline)) {
    width.Transform(first.data(), second.data(), first.size(), to.data(), op);
  });
}

// Reduce(), which is below, of map(in[i]) for all i, without storing them.
template <std::ranges::contiguous_range In, class Map, class Op>
std::ranges::range_value_t<In> TransformReduce(
    const In& in, std::type_identity_t<std::ranges::range_value_t<In>> identity, const Map& map,
    const Op& op) {
  using T = std::ranges::range_value_t<In>;
  const std::span<const T> from(in);
  if (from.size() <= internal::kPlainReduceMax<T>) {
    return internal::ReducePlain(from.data(), from.size(), identity, map, op);
  }
  return internal::Dispatch(from.size_bytes(), [&](auto width) __attribute__((always_inline)) {
    return width.Reduce(from.data(), from.size(), identity, map, op);
  });
}

// All elements and `identity` combined by `op`, which must be associative and commutative, and for
// which op(identity, x) is x. Returns `identity` for no elements.
template <std::ranges::contiguous_range In, class Op>
std::ranges::range_value_t<In> Reduce(const In& in,
                                      std::type_identity_t<std::ranges::range_value_t<In>> identity,
                                      const Op& op) {
  return TransformReduce(in, identity, internal::Unchanged(), op);
}

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_TRANSFORM_H_
