// Immediate<T>: a future that is ready at its first poll: what needs the current loop but no
// waiting.
//
// Cost: what its function costs; a std::function.
#ifndef ZOKIO_IO_IMMEDIATE_H_
#define ZOKIO_IO_IMMEDIATE_H_

#include <functional>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"

namespace zokio::io {

template <typename T>
class [[nodiscard]] Immediate {
 public:
  explicit Immediate(std::function<Result<T>()> make) : make_(std::move(make)) {}

  Poll<Result<T>> poll(Context&) { return make_(); }

 private:
  std::function<Result<T>()> make_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_IMMEDIATE_H_
