#include "sched/fiber.h"

#include <memory>
#include <utility>

namespace zokio {

StackPool& DefaultFiberStacks() {
  // Never destroyed: fibers may live until the process ends.
  static StackPool* const pool = [] {
    StackPoolOptions options;
    options.stacks_max = 1 << 20;
    Result<std::unique_ptr<StackPool>> made = StackPool::Create(options);
    ZOKIO_CHECK(made.ok(), "no address space for the stacks of fibers");
    return std::move(made).value().release();
  }();
  return *pool;
}

}  // namespace zokio
