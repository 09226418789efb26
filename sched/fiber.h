// Fibers: code with a stack of its own that waits for futures by a plain call.
//
//   Result<int> sum = co_await RunFiber([](Fiber& fiber) {
//     int total = 0;
//     VisitTree(root, [&](const Node& node) { total += fiber.Await(Fetch(node.key)); });
//     return total;
//   });
//
// For what a coroutine cannot do: wait in the middle of deep recursion, or in a callback of code
// that knows nothing of tasks. A fiber is a future: a task awaits it, it may be spawned, raced,
// timed out; it runs on whatever executor polls it and may move between workers at each Await.
//
// Ownership: the future owns the callable and its result; the stack comes from a pool at the first
//   poll and goes back at the end. References to thread-locals must not be held across an Await.
// Thread-safety: one thread at a time.
// Cancellation: dropped while it waits, a fiber has FiberCancelled thrown out of its Await, so that
//   what is on its stack is destroyed; it is no std::exception, and to swallow it helps nothing:
//   the next Await throws it again. In builds without exceptions that is a CHECK: let such fibers
//   end.
// Errors: kOutOfMemory when the pool has no stack left. An exception of the callable is rethrown
//   where the fiber is awaited. Overflow: see mem/stack_overflow.h.
// Cost: no allocation in steady state; an Await that does not wait switches nothing, one that waits
//   two switches of some nanoseconds beside the poll. At least a page of memory for each fiber.
#ifndef ZOKIO_SCHED_FIBER_H_
#define ZOKIO_SCHED_FIBER_H_

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/exceptions.h"
#include "base/result.h"
#include "future/future.h"
#include "future/result_slot.h"
#include "mem/stack_pool.h"
#include "sched/internal/fiber_core.h"

namespace zokio {

// Thrown out of Await to unwind a fiber that is dropped.
struct FiberCancelled {};

// What a fiber's code sees of itself; valid while that code runs.
class Fiber {
 public:
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Waits for a future, a Task, or anything else that co_await takes as a future. An lvalue future
  // is polled where it is.
  template <IntoFuture A>
  decltype(auto) Await(A&& awaitable) {
    ThrowIfCancelled();
    if constexpr (Future<std::remove_cvref_t<A>>) {
      return Drive(awaitable);
    } else {
      auto future = ToFuture(std::forward<A>(awaitable));
      return Drive(future);
    }
  }

 private:
  template <typename Callable>
  friend class FiberFuture;

  explicit Fiber(internal::FiberCore& core) : core_(core) {}

  template <Future F>
  OutputOf<F> Drive(F& future) {
    while (true) {
      auto poll = future.poll(core_.context());
      if (poll.ready()) return std::move(poll).value();
      awaited_ = &future;
      cancel_awaited_ = [](void* awaited, Context& context) {
        return PollCancel(*static_cast<F*>(awaited), context).ready();
      };
      core_.Suspend();
      awaited_ = nullptr;
      ThrowIfCancelled();
    }
  }

  void ThrowIfCancelled() {
    if (__builtin_expect(!core_.cancelling(), 1)) return;
#if ZOKIO_EXCEPTIONS
    throw FiberCancelled();
#else
    ZOKIO_CHECK(false, "a fiber was dropped while it waits, in a build without exceptions");
#endif
  }
  // Drives the withdrawal of what it waits for.
  bool CancelAwaited(Context& context) {
    if (awaited_ == nullptr) return true;
    Context dying = context.ForDyingFrame();  // the stack is unwound next
    return cancel_awaited_(awaited_, dying);
  }

  internal::FiberCore& core_;
  void* awaited_ = nullptr;
  bool (*cancel_awaited_)(void*, Context&) = nullptr;
};

// What RunFiber returns: a future of Result<T>.
template <typename Callable>
class [[nodiscard]] FiberFuture {
  using T = std::invoke_result_t<Callable&, Fiber&>;
  static_assert(!std::is_reference_v<T>, "a fiber that returns a reference: return a pointer");

 public:
  FiberFuture(StackPool& pool, Callable callable) : core_(pool), callable_(std::move(callable)) {
    slot_.MarkOwned();
  }
  // Movable until the first poll.
  FiberFuture(FiberFuture&& other) noexcept
      : core_(std::move(other.core_)), callable_(std::move(other.callable_)) {
    slot_.MarkOwned();
  }
  ~FiberFuture() {
    if (core_.suspended()) Unwind();
    slot_.Destroy();
  }

  Poll<Result<T>> poll(Context& context) {
    ZOKIO_CHECK(!core_.ended(), "a fiber was polled after it was ready");
    if (!core_.started() && !core_.Start(&Body, this)) {
      return Result<T>(Error(ErrorCode::kOutOfMemory, "run fiber"));
    }
    if (!core_.Resume(context)) return kPending;
    if constexpr (std::is_void_v<T>) {
      slot_.Take();
      return Result<void>();
    } else {
      return Result<T>(slot_.Take());
    }
  }

  Poll<void> poll_cancel(Context& context) {
    if (!core_.suspended()) return kReady;
    if (!fiber_.CancelAwaited(context)) return kPending;
    Unwind();
    return kReady;
  }

 private:
  static void Body(void* self) { static_cast<FiberFuture*>(self)->Run(); }

  void Run() {
#if ZOKIO_EXCEPTIONS
    try {
      Call();
    } catch (const FiberCancelled&) {
      // Nobody wants a result.
    } catch (...) {
      slot_.SetException(std::current_exception());
    }
#else
    Call();
#endif
  }
  void Call() {
    if constexpr (std::is_void_v<T>) {
      callable_(fiber_);
      slot_.Emplace();
    } else {
      slot_.Emplace(callable_(fiber_));
    }
  }

  // Runs the stack's destructors, on this thread and now.
  void Unwind() {
    core_.BeginCancel();
    PollEnvironment environment;
    Waker waker;
    Context context(waker, environment);
    const bool ended = core_.Resume(context);
    ZOKIO_CHECK(ended, "a fiber that is unwound waits");
  }

  internal::FiberCore core_;
  Fiber fiber_{core_};
  Callable callable_;
  internal::ResultSlot<T> slot_;
};

// Stacks of 64 KiB for whoever names no pool of his own; as many as a million.
StackPool& DefaultFiberStacks();

// Runs `callable(Fiber&)` on a stack of `pool`, which must live longer.
template <typename Callable>
  requires std::is_invocable_v<std::decay_t<Callable>&, Fiber&>
FiberFuture<std::decay_t<Callable>> RunFiber(StackPool& pool, Callable&& callable) {
  return FiberFuture<std::decay_t<Callable>>(pool, std::forward<Callable>(callable));
}
template <typename Callable>
  requires std::is_invocable_v<std::decay_t<Callable>&, Fiber&>
FiberFuture<std::decay_t<Callable>> RunFiber(Callable&& callable) {
  return RunFiber(DefaultFiberStacks(), std::forward<Callable>(callable));
}

}  // namespace zokio

#endif  // ZOKIO_SCHED_FIBER_H_
