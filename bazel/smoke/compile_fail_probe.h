#ifndef ZOKIO_BAZEL_SMOKE_COMPILE_FAIL_PROBE_H_
#define ZOKIO_BAZEL_SMOKE_COMPILE_FAIL_PROBE_H_

#include <concepts>

namespace zokio::smoke {

template <std::integral T>
constexpr T Twice(T value) {
  return value * 2;
}

}  // namespace zokio::smoke

#endif  // ZOKIO_BAZEL_SMOKE_COMPILE_FAIL_PROBE_H_
