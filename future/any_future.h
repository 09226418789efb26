// AnyFuture<T>: some future of T, its type forgotten, in one pooled block.
//
//   std::vector<zokio::AnyFuture<int>> mixed;
//   mixed.emplace_back(Compute());
//   mixed.emplace_back(zokio::Ready(1));
//
// Ownership: owns the future. Movable at any time, because the future stays in its block.
// Cancellation: dropping it drops the future.
// Cost: one pooled block; a poll is one indirect call.
#ifndef ZOKIO_FUTURE_ANY_FUTURE_H_
#define ZOKIO_FUTURE_ANY_FUTURE_H_

#include <concepts>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "future/future.h"
#include "future/polled_once.h"
#include "mem/frame_pool.h"

namespace zokio {

template <typename T>
class [[nodiscard]] AnyFuture {
  struct Vtable {
    Poll<T> (*poll)(void* future, Context& context);
    Poll<void> (*poll_cancel)(void* future, Context& context);
    void (*destroy)(void* future);
  };

 public:
  template <IntoFuture A>
    requires(!std::is_same_v<std::remove_cvref_t<A>, AnyFuture> && std::same_as<AwaitedOf<A>, T>)
  // NOLINTNEXTLINE(google-explicit-constructor): any future of T is an AnyFuture<T>.
  AnyFuture(A&& awaitable) : vtable_(&Boxed<FutureOf<A>>::kVtable) {
    using F = FutureOf<A>;
    static_assert(alignof(F) <= 16, "an over-aligned future");
    future_ = ::new (FramePool::Allocate(sizeof(F))) F(ToFuture(std::forward<A>(awaitable)));
  }
  AnyFuture(AnyFuture&& other) noexcept
      : vtable_(other.vtable_),
        once_(other.once_),
        future_(std::exchange(other.future_, nullptr)) {}
  AnyFuture& operator=(AnyFuture&& other) noexcept {
    if (this != &other) {
      Drop();
      vtable_ = other.vtable_;
      once_ = other.once_;
      future_ = std::exchange(other.future_, nullptr);
    }
    return *this;
  }
  ~AnyFuture() { Drop(); }

  Poll<T> poll(Context& context) {
    ZOKIO_CHECK(future_ != nullptr, "an AnyFuture was polled after it was moved from");
    once_.Check("an AnyFuture was polled after it was ready");
    return once_.Pass(vtable_->poll(future_, context));
  }
  Poll<void> poll_cancel(Context& context) {
    return future_ == nullptr ? Poll<void>(kReady) : vtable_->poll_cancel(future_, context);
  }

 private:
  template <Future F>
  struct Boxed {
    static Poll<T> PollIt(void* future, Context& context) {
      return static_cast<F*>(future)->poll(context);
    }
    static Poll<void> CancelIt(void* future, Context& context) {
      return PollCancel(*static_cast<F*>(future), context);
    }
    static void Destroy(void* future) {
      static_cast<F*>(future)->~F();
      FramePool::Free(future, sizeof(F));
    }
    static constexpr Vtable kVtable{&PollIt, &CancelIt, &Destroy};
  };

  void Drop() {
    if (void* future = std::exchange(future_, nullptr)) vtable_->destroy(future);
  }

  const Vtable* vtable_;
  internal::PolledOnce once_;
  void* future_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_ANY_FUTURE_H_
