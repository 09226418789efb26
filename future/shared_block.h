// SharedBlock: what the handles of a Shared future hold together. For shared.h alone.
//
// One awaiter at a time has the turn to poll the future; the others wait in a list. A wake of the
// future gives the turn to the first of the list. The future's destructor runs with the last
// handle, outside locks; where its withdrawal takes time and the last handle cannot wait for it, a
// task ("the reaper") has both.
//
// Thread-safety: all functions, each handle's by one thread at a time.
#ifndef ZOKIO_FUTURE_SHARED_BLOCK_H_
#define ZOKIO_FUTURE_SHARED_BLOCK_H_

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/exceptions.h"
#include "base/mutex.h"
#include "future/child.h"
#include "future/future.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/wait_queue.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

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
    if constexpr (AsyncCancellable<F>) {
      if (LeaveToReaper()) return;
    }
    End();
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
    if (ended) {
      ZOKIO_CHECK(child_->has_result(), "a Shared was awaited after it had been withdrawn");
      KeepAnswer();
    }
    return Leave(node, context, ended);
  }
  void Withdraw(WaitNode& node) {
    if (waiting_.Withdraw(node) == WaitState::kGranted) GrantTurn();
  }
  // One that is awaited through `node` is given up. True once it may be dropped.
  Poll<void> PollCancelShared(WaitNode& node, Context& context)
    requires AsyncCancellable<F>
  {
    if (last_handle()) {
      Claim(node);
      return PollWithdrawal(context);
    }
    // Nobody may ask the other handles before they go: they are variables, or given up right now.
    if (context.executor() == nullptr || HasReaper(context) || !context.frame_dies()) return kReady;
    return Expel(node) ? PollWithdrawal(context) : Poll<void>(kReady);
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

  // No handle is left, nor a withdrawal under way.
  void End() {
    // Here, not with the last waker: the future's destructor is user code.
    child_.reset();
    answer_.reset();
    Release();
  }
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
    ZOKIO_CHECK(withdrawer_ == nullptr, "a Shared was awaited after it had been withdrawn");
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
    Waker reaper;  // has nothing to do any more
    MutexLock lock(waiting_.mutex());
    polling_ = false;
    if (ended) {
      done_ = true;
      node.state = WaitState::kDone;
      reaper = std::move(reaper_waker_);
      waiting_.GrantAll(lock);
      std::move(reaper).Wake();
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

  // The task that withdraws the future once the last handle was dropped where nobody could wait. It
  // is spawned when that becomes possible, and until then waits with a share of the block.
  class ReaperShare {
   public:
    explicit ReaperShare(SharedBlock* block) : block_(block) {}
    ReaperShare(ReaperShare&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    ReaperShare& operator=(ReaperShare&&) = delete;
    ~ReaperShare() {
      if (block_ != nullptr) block_->ReaperGone();
    }
    SharedBlock* block() const { return block_; }

   private:
    SharedBlock* block_;
  };
  class ReapFuture {
   public:
    explicit ReapFuture(SharedBlock* block) : block_(block) {}
    Poll<void> poll(Context& context) { return block_->PollReap(&context.waker(), context); }
    // Its executor ends.
    Poll<void> poll_cancel(Context& context) { return block_->PollReap(nullptr, context); }

   private:
    SharedBlock* block_;
  };
  static Task<void> Reap(ReaperShare share) { co_await ReapFuture(share.block()); }

  Poll<void> PollWithdrawal(Context& context) {
    return child_->Cancel(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }
  // Without a waker it does not wait for the last handle to go.
  Poll<void> PollReap(const Waker* waker, Context& context) {
    {
      Waker old;
      MutexLock lock(waiting_.mutex());
      if (!orphaned_) {
        if (done_ || waker == nullptr) return kReady;
        old = std::exchange(reaper_waker_, waker->Clone());
        return kPending;
      }
    }
    return PollWithdrawal(context);
  }
  void ReaperGone() {
    Waker dropped;
    bool end = false;
    {
      MutexLock lock(waiting_.mutex());
      end = orphaned_;
      reaper_ = Reaper::kGone;
      dropped = std::move(reaper_waker_);
    }
    if (end) End();
    Release();
  }
  // False where none can be had: the executor takes no tasks any more.
  bool HasReaper(Context& context) {
    {
      MutexLock lock(waiting_.mutex());
      if (done_ || reaper_ != Reaper::kNone) return done_ || reaper_ == Reaper::kThere;
      reaper_ = Reaper::kThere;
    }
    references_.fetch_add(1, memory_order_relaxed);
    SpawnNamed(*context.executor(), "shared-withdrawal", Reap(ReaperShare(this)), context.locals())
        .Detach();
    MutexLock lock(waiting_.mutex());
    return reaper_ == Reaper::kThere;
  }
  // The last handle is gone. True when the reaper does the rest.
  bool LeaveToReaper() {
    Waker waker;
    {
      MutexLock lock(waiting_.mutex());
      if (reaper_ != Reaper::kThere) return false;
      orphaned_ = true;
      waker = std::move(reaper_waker_);
    }
    std::move(waker).Wake();
    return true;
  }
  // The last handle's await: nobody is to poll the future any more.
  void Claim(WaitNode& node) {
    MutexLock lock(waiting_.mutex());
    if (!done_) withdrawer_ = &node;
  }
  // The same for one of several handles; false when somebody else polls, or waits to.
  bool Expel(WaitNode& node) {
    Withdraw(node);
    MutexLock lock(waiting_.mutex());
    if (withdrawer_ == nullptr && !done_ && !polling_ && waiting_.list().empty()) {
      withdrawer_ = &node;
    }
    return withdrawer_ == &node;
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
  enum class Reaper : uint8_t { kNone, kThere, kGone };
  Reaper reaper_ = Reaper::kNone;
  bool orphaned_ = false;  // the reaper is to withdraw the future
  Waker reaper_waker_;
  const WaitNode* withdrawer_ = nullptr;  // the only one that may still touch the future
  std::optional<Child<F>> child_;         // of whoever polls
  std::optional<Kept> answer_;            // constant once done_
#if ZOKIO_EXCEPTIONS
  std::exception_ptr exception_;
#endif
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_SHARED_BLOCK_H_
