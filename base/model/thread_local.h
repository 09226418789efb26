// model::ThreadLocal<T, Tag>: a variable of which each modelled thread has its own.
//
// A fresh copy per modelled thread and execution; a real thread-local where no engine is.
#ifndef ZOKIO_BASE_MODEL_THREAD_LOCAL_H_
#define ZOKIO_BASE_MODEL_THREAD_LOCAL_H_

#include <new>
#include <type_traits>

#include "base/model/engine.h"

namespace zokio::model {

template <typename T, typename Tag>
class ThreadLocal {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  [[gnu::noinline]] static T& Get() {
    if (Engine* engine = CurrentEngine()) {
      return *static_cast<T*>(engine->ThreadLocalAddress(&key_, sizeof(T), alignof(T),
                                                         [](void* memory) { ::new (memory) T{}; }));
    }
    T* value = &plain_;
    asm volatile("" : "+r"(value));
    return *value;
  }
  static T& GetInline() { return Get(); }

 private:
  static inline constinit thread_local T plain_{};
  static inline constinit char key_ = 0;  // its address names the variable
};

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_THREAD_LOCAL_H_
