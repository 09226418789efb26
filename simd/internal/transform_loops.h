// The loops of simd/transform.h, once for each width. The bodies are always inlined into functions
// that are compiled for the width's instruction set, and the caller's operation with them.
#ifndef ZOKIO_SIMD_INTERNAL_TRANSFORM_LOOPS_H_
#define ZOKIO_SIMD_INTERNAL_TRANSFORM_LOOPS_H_

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "simd/pack.h"
#include "simd/targets.h"

#define ZOKIO_SIMD_INLINE inline __attribute__((always_inline))

namespace zokio::simd::internal {

struct Unchanged {
  template <class V>
  ZOKIO_SIMD_INLINE const V& operator()(const V& v) const {
    return v;
  }
};

// Elements too few for a vector, narrower than int: a padded vector instead, lest the operation be
// computed in int. Returns how many leading elements were handled, which is all or none.
template <class T>
inline constexpr bool kPadShort = sizeof(T) < sizeof(int);

// One or two vectors of 64 bytes were measured slower than four or eight of 16.
inline constexpr size_t kWorthWidth = 2;

// One width for everything that fits, then Pack16, both with an overlapping last vector. That one
// is loaded first, for the loop may overwrite its elements when out is in.
template <class P, class T, class Op>
ZOKIO_SIMD_INLINE void TransformVectors(const T* in, size_t n, T* out, const Op& op) {
  constexpr size_t kLanes = P::kLanes;
  const P last = P::Load(in + n - kLanes);
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    const P a = op(P::Load(in + i));
    const P b = op(P::Load(in + i + kLanes));
    const P c = op(P::Load(in + i + 2 * kLanes));
    const P d = op(P::Load(in + i + 3 * kLanes));
    a.Store(out + i);
    b.Store(out + i + kLanes);
    c.Store(out + i + 2 * kLanes);
    d.Store(out + i + 3 * kLanes);
  }
  for (; i + kLanes < n; i += kLanes) P(op(P::Load(in + i))).Store(out + i);
  P(op(last)).Store(out + n - kLanes);
}

template <class P, class T, class Op>
ZOKIO_SIMD_INLINE void TransformAll(const T* in, size_t n, T* out, const Op& op) {
  using Narrow = Pack16<T>;
  if (n >= kWorthWidth * P::kLanes) return TransformVectors<P>(in, n, out, op);
  if (n >= Narrow::kLanes) return TransformVectors<Narrow>(in, n, out, op);
  if constexpr (kPadShort<T>) {
    T padded[Narrow::kLanes] = {};
    std::copy_n(in, n, padded);
    Narrow(op(Narrow::Load(padded))).Store(padded);
    std::copy_n(padded, n, out);
  } else {
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<T>(op(in[i]));
  }
}

template <class P, class T, class Op>
ZOKIO_SIMD_INLINE void TransformVectors(const T* a, const T* b, size_t n, T* out, const Op& op) {
  constexpr size_t kLanes = P::kLanes;
  const P last_a = P::Load(a + n - kLanes);
  const P last_b = P::Load(b + n - kLanes);
  size_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const P x = op(P::Load(a + i), P::Load(b + i));
    const P y = op(P::Load(a + i + kLanes), P::Load(b + i + kLanes));
    x.Store(out + i);
    y.Store(out + i + kLanes);
  }
  for (; i + kLanes < n; i += kLanes) P(op(P::Load(a + i), P::Load(b + i))).Store(out + i);
  P(op(last_a, last_b)).Store(out + n - kLanes);
}

template <class P, class T, class Op>
ZOKIO_SIMD_INLINE void TransformAll(const T* a, const T* b, size_t n, T* out, const Op& op) {
  using Narrow = Pack16<T>;
  if (n >= kWorthWidth * P::kLanes) return TransformVectors<P>(a, b, n, out, op);
  if (n >= Narrow::kLanes) return TransformVectors<Narrow>(a, b, n, out, op);
  if constexpr (kPadShort<T>) {
    T padded_a[Narrow::kLanes] = {};
    T padded_b[Narrow::kLanes] = {};
    std::copy_n(a, n, padded_a);
    std::copy_n(b, n, padded_b);
    Narrow(op(Narrow::Load(padded_a), Narrow::Load(padded_b))).Store(padded_a);
    std::copy_n(padded_a, n, out);
  } else {
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<T>(op(a[i], b[i]));
  }
}

// Eight sums at a time hide the latency of a floating-point addition at two loads a cycle.
template <class P, class T, class Map, class Op>
ZOKIO_SIMD_INLINE P ReduceVectors(const T* in, size_t n, size_t& i, T identity, const Map& map,
                                  const Op& op) {
  constexpr size_t kLanes = P::kLanes;
  P s0(identity);
  if (i + 8 * kLanes <= n) {
    P s1(identity), s2(identity), s3(identity), s4(identity), s5(identity), s6(identity),
        s7(identity);
    for (; i + 8 * kLanes <= n; i += 8 * kLanes) {
      s0 = op(s0, map(P::Load(in + i)));
      s1 = op(s1, map(P::Load(in + i + kLanes)));
      s2 = op(s2, map(P::Load(in + i + 2 * kLanes)));
      s3 = op(s3, map(P::Load(in + i + 3 * kLanes)));
      s4 = op(s4, map(P::Load(in + i + 4 * kLanes)));
      s5 = op(s5, map(P::Load(in + i + 5 * kLanes)));
      s6 = op(s6, map(P::Load(in + i + 6 * kLanes)));
      s7 = op(s7, map(P::Load(in + i + 7 * kLanes)));
    }
    s0 = op(op(op(s0, s1), op(s2, s3)), op(op(s4, s5), op(s6, s7)));
  }
  for (; i + kLanes <= n; i += kLanes) s0 = op(s0, map(P::Load(in + i)));
  return s0;
}

template <class P, class T, class Map, class Op>
ZOKIO_SIMD_INLINE T ReduceAll(const T* in, size_t n, T identity, const Map& map, const Op& op) {
  using Narrow = Pack16<T>;
  size_t i = 0;
  Narrow sum(identity);
  if constexpr (P::kLanes > Narrow::kLanes) {
    if (n >= P::kLanes) {
      alignas(64) T lanes[P::kLanes];
      ReduceVectors<P>(in, n, i, identity, map, op).Store(lanes);
      for (size_t at = 0; at < P::kLanes; at += Narrow::kLanes) {
        sum = op(sum, Narrow::Load(lanes + at));
      }
    }
  }
  if (n - i >= Narrow::kLanes) sum = op(sum, ReduceVectors<Narrow>(in, n, i, identity, map, op));
  alignas(16) T lanes[Narrow::kLanes];
  if constexpr (kPadShort<T>) {
    if (i < n) {
      std::fill_n(lanes, Narrow::kLanes, identity);
      std::copy(in + i, in + n, lanes);
      Narrow(map(Narrow::Load(lanes))).Store(lanes);
      // The padding is mapped too, so it is put back.
      std::fill(lanes + (n - i), lanes + Narrow::kLanes, identity);
      sum = op(sum, Narrow::Load(lanes));
    }
    sum.Store(lanes);
    T total[Narrow::kLanes] = {identity};
    for (const T lane : lanes) Narrow(op(Narrow(total[0]), Narrow(lane))).Store(total);
    return total[0];
  } else {
    T total = identity;
    if (n >= Narrow::kLanes) {
      sum.Store(lanes);
      for (const T lane : lanes) total = static_cast<T>(op(total, lane));
    }
    for (; i < n; ++i) total = static_cast<T>(op(total, static_cast<T>(map(in[i]))));
    return total;
  }
}

// Up to here, a plain loop is faster than choosing a width, and chains of operations are short.
template <class T>
inline constexpr size_t kPlainReduceMax = kPadShort<T>                              ? 0
                                          : std::is_integral_v<T> && sizeof(T) == 8 ? 8
                                                                                    : 4;

template <class T, class Map, class Op>
ZOKIO_SIMD_INLINE T ReducePlain(const T* in, size_t n, T identity, const Map& map, const Op& op) {
  T total = identity;
  for (size_t i = 0; i < n; ++i) total = static_cast<T>(op(total, static_cast<T>(map(in[i]))));
  return total;
}

// A width's entry points; the attribute makes them, and all that is inlined, use its instructions.
#define ZOKIO_SIMD_WIDTH(Name, PackOf, attributes)                                                \
  struct Name {                                                                                   \
    template <class T, class Op>                                                                  \
    attributes static void Transform(const T* in, size_t n, T* out, const Op& op) {               \
      TransformAll<PackOf<T>>(in, n, out, op);                                                    \
    }                                                                                             \
    template <class T, class Op>                                                                  \
    attributes static void Transform(const T* a, const T* b, size_t n, T* out, const Op& op) {    \
      TransformAll<PackOf<T>>(a, b, n, out, op);                                                  \
    }                                                                                             \
    template <class T, class Map, class Op>                                                       \
    attributes static T Reduce(const T* in, size_t n, T identity, const Map& map, const Op& op) { \
      return ReduceAll<PackOf<T>>(in, n, identity, map, op);                                      \
    }                                                                                             \
  }

ZOKIO_SIMD_WIDTH(Width16, Pack16, );
#if defined(__x86_64__)
ZOKIO_SIMD_WIDTH(Width32, Pack32, __attribute__((target(ZOKIO_PACK_TARGET_AVX2))));
ZOKIO_SIMD_WIDTH(Width64, Pack64, __attribute__((target(ZOKIO_PACK_TARGET_AVX512))));
#endif
#undef ZOKIO_SIMD_WIDTH

// Calls f with the width for the active target, or with the narrow one, which needs no call, for
// little data.
template <class F>
ZOKIO_SIMD_INLINE auto Dispatch(size_t bytes, const F& f) {
#if defined(__x86_64__)
  constexpr size_t kNarrowMax = 64;
  if (bytes > kNarrowMax) {
    if (g_active_target >= Target::kAvx512) return f(Width64());
    if (g_active_target == Target::kAvx2) return f(Width32());
  }
#else
  (void)bytes;
#endif
  return f(Width16());
}

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_TRANSFORM_LOOPS_H_
