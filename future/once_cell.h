// OnceCell<T>: a value made once, by whoever needs it first; the others wait for it.
//
//   zokio::OnceCell<Config> config;
//   Config* c = co_await config.GetOrInit([] { return LoadConfig(); });      // Task<Config>
//
// If the maker fails (an exception, or an Error with GetOrTryInit) or is cancelled, the cell stays
// empty and the next waiter makes it.
//
// Ownership: holds the T for ever.
// Thread-safety: all functions, from any thread.
// Memory ordering: what was done while making is seen by everybody who gets the value.
// Cost: `get` is one load; GetOrInit one pooled frame, and an AsyncMutex while the cell is empty.
#ifndef ZOKIO_FUTURE_ONCE_CELL_H_
#define ZOKIO_FUTURE_ONCE_CELL_H_

#include <optional>
#include <utility>

#include "base/atomic.h"
#include "base/result.h"
#include "future/mutex.h"
#include "future/task.h"

namespace zokio {

template <typename T>
class OnceCell {
 public:
  OnceCell() = default;
  OnceCell(const OnceCell&) = delete;
  OnceCell& operator=(const OnceCell&) = delete;

  // Null while it is empty.
  T* get() { return set_.load(memory_order_acquire) ? &*value_ : nullptr; }

  // `make` gives a future of T.
  template <typename Make>
  Task<T*> GetOrInit(Make make) {
    if (T* value = get()) co_return value;
    AsyncMutex::Guard guard = co_await mutex_.Lock();
    if (T* value = get()) co_return value;
    co_return Store(co_await make());
  }

  // `make` gives a future of Result<T>; its error is answered and the cell stays empty.
  template <typename Make>
  Task<Result<T*>> GetOrTryInit(Make make) {
    if (T* value = get()) co_return value;
    AsyncMutex::Guard guard = co_await mutex_.Lock();
    if (T* value = get()) co_return value;
    Result<T> made = co_await make();
    if (!made.ok()) co_return made.error();
    co_return Store(*std::move(made));
  }

 private:
  T* Store(T value) {
    T* stored = &value_.emplace(std::move(value));
    set_.store(true, memory_order_release);
    return stored;
  }

  AsyncMutex mutex_;
  Atomic<bool> set_{false};
  std::optional<T> value_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_ONCE_CELL_H_
