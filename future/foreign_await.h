// Awaiting what has an `operator co_await`, or is an awaiter, but is no future: another library's
// task or operation.
//
// Such a thing resumes a coroutine, on whichever thread it likes; a Task must be polled by its own
// executor. So a small coroutine of ours awaits it, keeps the answer and wakes the task.
//
// Lifetime: an awaitable given as a temporary is moved into that small coroutine; a variable is
//   awaited where it is.
// Cancellation: there is no way to ask a foreign operation to stop. A task that is cancelled while
// it
//   awaits a variable waits for the operation's end first; a temporary is left to end on its own.
// Thread-safety: it may be resumed on any thread.
// Cost: two pooled blocks, two read-modify-writes and a wake.
#ifndef ZOKIO_FUTURE_FOREIGN_AWAIT_H_
#define ZOKIO_FUTURE_FOREIGN_AWAIT_H_

#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/exceptions.h"
#include "future/atomic_waker.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/polled_once.h"
#include "future/result_slot.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

template <typename W>
concept Awaiter = requires(W& awaiter, std::coroutine_handle<> handle) {
  { awaiter.await_ready() } -> std::convertible_to<bool>;
  awaiter.await_suspend(handle);
  awaiter.await_resume();
};
template <typename A>
concept HasMemberCoAwait = requires(A&& a) { std::forward<A>(a).operator co_await(); };
template <typename A>
concept HasFreeCoAwait = requires(A&& a) { operator co_await(std::forward<A>(a)); };
template <typename A>
concept ForeignAwaitable =
    Awaiter<std::remove_reference_t<A>> || HasMemberCoAwait<A> || HasFreeCoAwait<A>;

template <ForeignAwaitable A>
decltype(auto) GetAwaiter(A&& awaitable) {
  if constexpr (HasMemberCoAwait<A>) {
    return std::forward<A>(awaitable).operator co_await();
  } else if constexpr (HasFreeCoAwait<A>) {
    return operator co_await(std::forward<A>(awaitable));
  } else {
    return static_cast<std::remove_reference_t<A>&>(awaitable);
  }
}

template <ForeignAwaitable A>
class [[nodiscard]] ForeignFuture {
  using Output = decltype(GetAwaiter(std::declval<A>()).await_resume());
  static constexpr bool kBorrows = std::is_lvalue_reference_v<A>;

  // Shared by the future and the small coroutine.
  struct State {
    Atomic<uint32_t> references{2};
    Atomic<bool> done{false};
    AtomicWaker waker;
    ResultSlot<Output> result;

    void Release() {
      if (references.fetch_sub(1, memory_order_acq_rel) != 1) return;
      result.Destroy();
      this->~State();
      FramePool::Free(this, sizeof(State));
    }
    void Finish() {
      done.store(true, memory_order_release);
      waker.Wake();
      Release();
    }
  };
  struct Runner {
    struct promise_type {
      static void* operator new(size_t bytes) { return FramePool::Allocate(bytes); }
      static void operator delete(void* frame, size_t bytes) { FramePool::Free(frame, bytes); }
      Runner get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() { std::terminate(); }
    };
  };

 public:
  explicit ForeignFuture(A&& awaitable) : awaitable_(std::forward<A>(awaitable)) {}
  // Movable until its first poll.
  ForeignFuture(ForeignFuture&& other) noexcept
      : awaitable_(std::forward<A>(other.awaitable_)),
        state_(std::exchange(other.state_, nullptr)) {
    ZOKIO_DCHECK(state_ == nullptr, "a foreign awaitable was moved after its first poll");
  }
  ~ForeignFuture() {
    if (state_ == nullptr) return;
    ZOKIO_CHECK(!kBorrows || state_->done.load(memory_order_acquire),
                "a foreign operation was dropped while it ran: drive poll_cancel first");
    state_->Release();
  }

  Poll<Output> poll(Context& context) {
    once_.Check("a foreign awaitable was polled after it was ready");
    if (state_ == nullptr) {
      state_ = ::new (FramePool::Allocate(sizeof(State))) State;
      state_->result.MarkOwned();
      Run(std::forward<A>(awaitable_), state_);
    }
    if (!Done(context)) return kPending;
    once_.Answered();
    if constexpr (std::is_void_v<Output>) {
      state_->result.Take();
      return kReady;
    } else {
      return Poll<Output>(state_->result.Take());
    }
  }

  Poll<void> poll_cancel(Context& context)
    requires kBorrows
  {
    return state_ == nullptr || Done(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  bool Done(Context& context) {
    if (state_->done.load(memory_order_acquire)) return true;
    state_->waker.Register(context.waker());
    return state_->done.load(memory_order_acquire);
  }
  static Runner Run(A awaitable, State* state) {
#if ZOKIO_EXCEPTIONS
    try {
      if constexpr (std::is_void_v<Output>) {
        co_await std::forward<A>(awaitable);
        state->result.Emplace();
      } else if constexpr (std::is_reference_v<Output>) {
        Output answer = co_await std::forward<A>(awaitable);
        state->result.Emplace(std::addressof(answer));
      } else {
        state->result.Emplace(co_await std::forward<A>(awaitable));
      }
    } catch (...) {
      state->result.SetException(std::current_exception());
    }
#else
    if constexpr (std::is_void_v<Output>) {
      co_await std::forward<A>(awaitable);
      state->result.Emplace();
    } else if constexpr (std::is_reference_v<Output>) {
      Output answer = co_await std::forward<A>(awaitable);
      state->result.Emplace(std::addressof(answer));
    } else {
      state->result.Emplace(co_await std::forward<A>(awaitable));
    }
#endif
    state->Finish();
  }

  A awaitable_;  // a reference, if A is one
  State* state_ = nullptr;
  PolledOnce once_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_FOREIGN_AWAIT_H_
