// Tasks that tests of combinators share: one that throws, one that never ends, what counts drops.
#ifndef ZOKIO_FUTURE_TEST_TASKS_H_
#define ZOKIO_FUTURE_TEST_TASKS_H_

#include <stdexcept>
#include <utility>

#include "future/poll_fn.h"
#include "future/task.h"
#include "future/yield.h"

namespace zokio::testing {

template <typename T>
Task<T> Throws() {
  co_await Yield();
  throw std::runtime_error("thrown");
}

struct CountsDrops {
  explicit CountsDrops(int* counter) : drops(counter) {}
  CountsDrops(CountsDrops&& other) noexcept : drops(std::exchange(other.drops, nullptr)) {}
  ~CountsDrops() {
    if (drops != nullptr) ++*drops;
  }
  int* drops;
};

template <typename T>
Task<T> Forever(CountsDrops) {
  co_await Never();
  throw std::logic_error("unreachable");
}

}  // namespace zokio::testing

#endif  // ZOKIO_FUTURE_TEST_TASKS_H_
