// ThreadLocal<T, Tag>: a variable of which each thread has its own, behind the seam.
//
// `Get()` is never inlined: compilers keep a thread-local's address in a register across a
// coroutine's suspension, after which the coroutine may run on another thread. Inside a function
// that is itself never inlined into a coroutine (a worker's loop, an allocator's entry point),
// `GetInline()` saves the call.
//
// T must be constant-initialised and trivially destructible: no code runs at thread exit (a
// worker's exit hook does such work), so that access is safe until the very end of a thread.
//
// Example:
//   struct CurrentLoopTag;
//   using CurrentLoop = ThreadLocal<Loop*, CurrentLoopTag>;
//   CurrentLoop::Get() = this;
#ifndef ZOKIO_BASE_THREAD_LOCAL_H_
#define ZOKIO_BASE_THREAD_LOCAL_H_

#include <type_traits>

#ifdef ZOKIO_MODEL
#include "base/model/thread_local.h"
#endif

namespace zokio {

#ifdef ZOKIO_MODEL
template <typename T, typename Tag>
using ThreadLocal = model::ThreadLocal<T, Tag>;
#else

template <typename T, typename Tag>
class ThreadLocal {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  [[gnu::noinline]] static T& Get() {
    T* value = &value_;
    asm volatile("" : "+r"(value));  // the call is not pure: do not hoist it over a suspension
    return *value;
  }
  static T& GetInline() { return value_; }

 private:
  static inline constinit thread_local T value_{};
};

#endif  // ZOKIO_MODEL

}  // namespace zokio

#endif  // ZOKIO_BASE_THREAD_LOCAL_H_
