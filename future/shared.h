// Shared(future): many awaiters of one future; each gets a const reference to the one answer.
//
//   zokio::SharedFuture config = zokio::Shared(LoadConfig());
//   auto other = config;                          // another awaiter
//   const Config& c = co_await config;
//
// Whoever awaits drives it: one of those whose tasks were woken polls the future, the others wait.
// It makes no progress while nobody awaits it; to have it run, spawn it and share the JoinHandle.
//
// Ownership: the handles own future and answer; the reference is valid while a handle lives.
// Thread-safety: each handle by one thread at a time. The future may be polled on different
//   threads, one after the other.
// Errors: an exception is rethrown to every awaiter.
// Cancellation: a dropped await passes its turn on. The future is dropped with the last handle.
// Cost: one pooled block; an await takes a short lock.
#ifndef ZOKIO_FUTURE_SHARED_H_
#define ZOKIO_FUTURE_SHARED_H_

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/exceptions.h"
#include "future/child.h"
#include "future/future.h"
#include "future/wait_queue.h"
#include "mem/frame_pool.h"

namespace zokio {

namespace internal {

template <Future F>
class SharedBlock {
 public:
  using Output = OutputOf<F>;

  static SharedBlock* Make(F future) {
    return ::new (FramePool::Allocate(sizeof(SharedBlock))) SharedBlock(std::move(future));
  }

  void AddHandle() { handles_.fetch_add(1, memory_order_relaxed); }
  void DropHandle() {
    if (handles_.fetch_sub(1, memory_order_acq_rel) != 1) return;
    // Here, not with the last waker: the future's destructor is user code.
    child_.reset();
    answer_.reset();
    Release();
  }
  bool last_handle() const { return handles_.load(memory_order_acquire) == 1; }

  // Ready once the answer is there.
  Poll<void> PollShared(WaitNode& node, Context& context) {
    switch (Enter(node, context)) {
      case Turn::kNone:
        return kPending;
      case Turn::kEnded:
        return kReady;
      case Turn::kMine:
        break;
    }
    Waker waker(&kVtable, this);
    Context inner = context.WithWaker(waker);
    bool ended = child_->Poll(inner);
    waker.Release();
    if (ended) KeepAnswer();
    return Leave(node, context, ended);
  }
  void Withdraw(WaitNode& node) {
    if (waiting_.Withdraw(node) == WaitState::kGranted) GrantTurn();
  }
  Poll<void> PollCancelShared(Context& context) {
    return !last_handle() || !child_ || child_->Cancel(context) ? Poll<void>(kReady)
                                                                : Poll<void>(kPending);
  }

  decltype(auto) Answer() const {
#if ZOKIO_EXCEPTIONS
    if (exception_) std::rethrow_exception(exception_);
#endif
    if constexpr (!std::is_void_v<Output>) return static_cast<const Output&>(*answer_);
  }

 private:
  using Kept = std::conditional_t<std::is_void_v<Output>, Unit, Output>;

  explicit SharedBlock(F future) : child_(std::in_place, std::move(future)) {}

  void Release() {
    if (references_.fetch_sub(1, memory_order_acq_rel) != 1) return;
    this->~SharedBlock();
    FramePool::Free(this, sizeof(SharedBlock));
  }

  // Who polls: this awaiter, now; nobody, the answer is there; another, and this one waits.
  enum class Turn : uint8_t { kMine, kEnded, kNone };
  Turn Enter(WaitNode& node, Context& context) {
    Waker replaced;
    MutexLock lock(waiting_.mutex());
    bool granted = node.state == WaitState::kGranted;
    if (done_) {
      // Whoever ended it may not have come to this node yet: it lets the others in by portions.
      if (node.state == WaitState::kWaiting) {
        WaitList::Remove(&node);
        replaced = std::move(node.waker);
      }
      node.state = WaitState::kDone;
      return Turn::kEnded;
    }
    if (woken_ && !polling_ && (granted || node.state == WaitState::kIdle)) {
      node.state = WaitState::kIdle;
      woken_ = false;
      polling_ = true;
      return Turn::kMine;
    }
    if (node.state == WaitState::kWaiting) {
      replaced = RefreshWaker(node, context.waker());
    } else {
      waiting_.list().PushBack(&node, context.waker());
    }
    return Turn::kNone;
  }
  Poll<void> Leave(WaitNode& node, Context& context, bool ended) {
    MutexLock lock(waiting_.mutex());
    polling_ = false;
    if (ended) {
      done_ = true;
      node.state = WaitState::kDone;
      waiting_.GrantAll(lock);
      return kReady;
    }
    waiting_.list().PushBack(&node, context.waker());
    if (woken_) waiting_.GrantOne(lock);  // during the poll
    return kPending;
  }
  // A wake, or a turn that was not taken.
  void GrantTurn() {
    MutexLock lock(waiting_.mutex());
    if (!done_ && woken_ && !polling_) waiting_.GrantOne(lock);
  }
  void KeepAnswer() {
#if ZOKIO_EXCEPTIONS
    try {
      TakeAnswer();
    } catch (...) {
      exception_ = std::current_exception();
    }
#else
    TakeAnswer();
#endif
  }
  void TakeAnswer() {
    if constexpr (std::is_void_v<Output>) {
      child_->Take();
      answer_.emplace();
    } else {
      answer_.emplace(child_->Take());
    }
  }

  static SharedBlock* Self(void* data) { return static_cast<SharedBlock*>(data); }
  static Waker CloneWaker(void* data) {
    Self(data)->references_.fetch_add(1, memory_order_relaxed);
    return Waker(&kVtable, data);
  }
  static void WakeByRef(void* data) {
    SharedBlock* self = Self(data);
    MutexLock lock(self->waiting_.mutex());
    if (std::exchange(self->woken_, true) || self->polling_ || self->done_) return;
    self->waiting_.GrantOne(lock);
  }
  static void WakeAndDrop(void* data) {
    WakeByRef(data);
    Self(data)->Release();
  }
  static void DropWaker(void* data) { Self(data)->Release(); }
  static constexpr WakerVtable kVtable{&CloneWaker, &WakeAndDrop, &WakeByRef, &DropWaker};

  Atomic<uint32_t> references_{1};  // the handles together, and each waker
  Atomic<uint32_t> handles_{1};
  WaitQueue waiting_;  // its lock guards the flags
  bool woken_ = true;
  bool polling_ = false;
  bool done_ = false;
  std::optional<Child<F>> child_;  // of whoever polls
  std::optional<Kept> answer_;     // constant once done_
#if ZOKIO_EXCEPTIONS
  std::exception_ptr exception_;
#endif
};

}  // namespace internal

template <Future F>
class [[nodiscard]] SharedFuture {
  using Block = internal::SharedBlock<F>;
  using Output = std::conditional_t<std::is_void_v<OutputOf<F>>, void, const OutputOf<F>&>;

 public:
  explicit SharedFuture(F future) : block_(Block::Make(std::move(future))) {}
  SharedFuture(const SharedFuture& other) noexcept : block_(other.block_) { block_->AddHandle(); }
  // Movable until its first poll.
  SharedFuture(SharedFuture&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {
    ZOKIO_DCHECK(other.node_.state != internal::WaitState::kWaiting, "moved while it is awaited");
  }
  SharedFuture& operator=(SharedFuture&&) = delete;
  ~SharedFuture() {
    if (block_ == nullptr) return;
    block_->Withdraw(node_);
    block_->DropHandle();
  }

  // May be awaited again: the answer stays.
  Poll<Output> poll(Context& context) {
    if (block_->PollShared(node_, context).pending()) return kPending;
    if constexpr (std::is_void_v<Output>) {
      block_->Answer();
      return kReady;
    } else {
      return Poll<Output>(block_->Answer());
    }
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return block_->PollCancelShared(context);
  }

 private:
  Block* block_;
  internal::WaitNode node_;
};

template <IntoFuture A>
auto Shared(A&& awaitable) {
  return SharedFuture<FutureOf<A>>(ToFuture(std::forward<A>(awaitable)));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SHARED_H_
