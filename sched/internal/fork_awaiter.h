// ForkAwaiter: how a coroutine waits for children that it forked. What Fork and ForkEach share.
//
// The children's frames exist when the fork begins. All but the first are offered in the worker's
// fork deque; the first is started in place, as an awaited task is. At the end of a child that runs
// in place (EndLink) the next one is popped from the deque and started in place too, by symmetric
// transfer: no scheduler, no counter, no read-modify-write. A child that is not there any more was
// stolen, and then so were all that come after it: stolen children are tasks of their own, and the
// fork waits for them as a leaf of the parent's task.
//
//   index:  0 .. current_        run in place; current_ is running
//           below pushed_        to be run in place: the deque was full, or there is none
//           elsewhere_ .. count  stolen, or left in the deque of a worker that the parent left
//
// An offered child is a notified task: its header stands in front of its frame (TaskBlock), so a
// thief runs it as it runs any task, and it costs the one who forks 64 bytes written.
//
// Thread-safety: the thread that runs the parent's task. A child in the deque is touched only after
// it was popped, or by way of its header's atomic state.
// Cancellation: poll_cancel cancels the children elsewhere and waits for their ends, also where the
// parent is suspended below, in a child that runs in place (CancelLinks finds all forks on the
// way).
#ifndef ZOKIO_SCHED_INTERNAL_FORK_AWAITER_H_
#define ZOKIO_SCHED_INTERNAL_FORK_AWAITER_H_

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <new>
#include <utility>

#include "base/check.h"
#include "future/context.h"
#include "future/join_handle.h"
#include "future/leaf_await.h"
#include "future/result_slot.h"
#include "future/spawn.h"
#include "future/task.h"
#include "sched/fork_host.h"

namespace zokio::internal {

// A child that runs elsewhere, seen by its fork: the join side of its state word.
class ForkedChild : public JoinHandleBase {
 public:
  explicit ForkedChild(TaskHeader* task) : JoinHandleBase(task) {}
  // The share stays with the fork.
  ~ForkedChild() { task_ = nullptr; }
  using JoinHandleBase::Drop;
  using JoinHandleBase::PollComplete;
};

// What depends on a child's type.
template <typename T>
struct ForkedTask {
  using Block = TaskBlock<T>;

  static bool PollBody(TaskHeader* task, Context& context) {
    // A thief's first poll is where the child gets a root of its own.
    TaskAccess::SetRoot<T>(SpawnedTask<T>::Handle(task), &task->root);
    return SpawnedTask<T>::PollBody(task, context);
  }
  static constexpr TaskVtable kVtable{&PollBody, &SpawnedTask<T>::PollCancelBody,
                                      &SpawnedTask<T>::DestroyFrame, &SpawnedTask<T>::DestroyResult,
                                      &SpawnedTask<T>::FreeBlock};

  static TaskHeader* Prepare(void* frame, Context& context) {
    return ::new (Block::HeaderOfFrame(frame)) TaskHeader{
        .state = TaskHeader::kNotified | TaskHeader::kJoinInterest | 2 * TaskHeader::kReference,
        .executor_slot = 0,
        .vtable = &kVtable,
        .root = {},
        .executor = context.executor(),
        .locals = context.locals(),  // a share is taken by whoever runs it elsewhere
        .join_waker = {}};
  }
  // True when there is a value or an exception, false when the child was cancelled.
  static bool Answered(void* frame) { return !Block::SlotOfFrame(frame)->empty(); }

  // The result of a child that has ended; its block is given back.
  [[gnu::always_inline]] static T Take(void* frame, bool elsewhere) {
    if (__builtin_expect(!elsewhere && Block::SlotOfFrame(frame)->state() == SlotState::kValue,
                         1)) {
      return TakeValue(frame);
    }
    return TakeOther(frame, elsewhere);
  }
  // What happens almost always: TaskAccess::Finish without its exceptions.
  [[gnu::always_inline]] static T TakeValue(void* frame) {
    TaskHandle<T>::from_address(frame).destroy();
    if constexpr (std::is_trivially_copyable_v<Stored<T>>) {
      ResultSlot<T>* slot = Block::SlotOfFrame(frame);
      if constexpr (std::is_void_v<T>) {
        Block::Free(frame);
      } else if constexpr (std::is_reference_v<T>) {
        T result = *slot->value();
        Block::Free(frame);
        return result;
      } else {
        T result = slot->value();
        Block::Free(frame);
        return result;
      }
    } else {
      struct Guard {
        void* frame;
        ~Guard() {
          Block::SlotOfFrame(frame)->Destroy();
          Block::Free(frame);
        }
      } guard{frame};
      return Block::SlotOfFrame(frame)->Take();
    }
  }
  [[gnu::noinline]] static T TakeOther(void* frame, bool elsewhere) {
    if (!elsewhere) return TaskAccess::Finish(TaskAccess::Adopt<T>(frame));
    struct Guard {
      void* frame;
      ~Guard() { ForkedChild(Block::HeaderOfFrame(frame)).Drop(); }
    } guard{frame};
    return Block::SlotOfFrame(frame)->Take();
  }
  // A child whose result nobody takes.
  [[gnu::noinline]] static void Discard(void* frame, bool elsewhere) {
    if (elsewhere) {
      ForkedChild child(Block::HeaderOfFrame(frame));
      ZOKIO_CHECK(child.finished(), "a fork was dropped while its children run: see poll_cancel");
      child.Drop();
    } else {
      Task<T> dropped = TaskAccess::Adopt<T>(frame);
    }
  }
};

// Derived has: count(); FrameAt(i); HeaderAt(i); PrepareAt(i, context); AnsweredAt(i).
template <typename Derived>
class ForkAwaiter : protected EndLink, protected LeafAwait {
 public:
  ForkAwaiter(ForkAwaiter&&) = delete;  // the root and the children point here

  bool await_ready() const noexcept { return self().count() == 0; }

  std::coroutine_handle<> await_suspend(std::coroutine_handle<> coroutine) noexcept {
    EndLink::parent = coroutine;
    LeafAwait::continuation = coroutine;
    Context& context = *root_->context;
    ForkHost* host = context.environment().forks;
    if (host != nullptr && host->TurnIsOver()) return QueueAgain(context);
    return Begin(context);
  }

 protected:
  explicit ForkAwaiter(TaskRoot* root) : root_(root) {
    EndLink::ended = &Ended;
    EndLink::poll_cancel = &CancelLink;
    LeafAwait::vtable = &kLeafVtable;
  }
  ~ForkAwaiter() = default;

  bool IsElsewhere(uint32_t child) const { return child >= elsewhere_ && begun_; }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
  const Derived& self() const { return static_cast<const Derived&>(*this); }

  [[gnu::noinline]] std::coroutine_handle<> QueueAgain(Context& context) noexcept {
    root_->leaf = this;
    context.RequestRequeue();
    return std::noop_coroutine();
  }

  // Offers all children but the first; returns that one.
  [[gnu::always_inline]] std::coroutine_handle<> Begin(Context& context) noexcept {
    begun_ = true;
    pushed_ = self().count();
    Offer(context);
    return StartInPlace(0);
  }

  // Offers what comes after the current child and is not offered yet, the last first: as much as
  // the deque holds.
  [[gnu::always_inline]] void Offer(Context& context) noexcept {
    ForkHost* host = context.environment().forks;
    if (host == nullptr) return;
    uint32_t pushed = pushed_;
    while (pushed > current_ + 1 && host->deque().Push(self().PrepareAt(pushed - 1, context))) {
      --pushed;
    }
    if (pushed == pushed_) return;
    pushed_ = pushed;
    host->Offer();
  }

  std::coroutine_handle<> StartInPlace(uint32_t child) noexcept {
    // All that is offered after it may be elsewhere.
    elsewhere_ = std::max(child + 1, pushed_);
    return TaskAccess::Link(self().FrameAt(child), root_, this);
  }

  // In this order what happens most; anything that calls is out of line, so that this needs no
  // registers saved.
  static std::coroutine_handle<> Ended(EndLink* link) noexcept {
    auto* fork = static_cast<ForkAwaiter*>(link);
    const uint32_t child = ++fork->current_;
    if (child == fork->self().count()) return fork->EndLink::parent;
    if (__builtin_expect(child < fork->pushed_, 0)) return fork->NextOfMany(child);
    ForkHost* host = fork->root_->context->environment().forks;
    if (__builtin_expect(
            host == nullptr || !host->deque().PopIfOfMany(fork->self().HeaderAt(child)), 0)) {
      return fork->PopLast(child);
    }
    return fork->StartInPlace(child);
  }

  // The deque was full, or there is none. There may be room by now, and somebody who wants work.
  [[gnu::noinline]] std::coroutine_handle<> NextOfMany(uint32_t child) noexcept {
    Offer(*root_->context);
    return StartInPlace(child);
  }

  [[gnu::noinline]] std::coroutine_handle<> PopLast(uint32_t child) noexcept {
    Context& context = *root_->context;
    ForkHost* host = context.environment().forks;
    if (host != nullptr && host->deque().PopIf(self().HeaderAt(child))) return StartInPlace(child);
    return WaitForOthers(context);
  }

  [[gnu::noinline]] std::coroutine_handle<> WaitForOthers(Context& context) noexcept {
    if (PollOthers(context)) return EndLink::parent;
    LeafAwait::continuation = EndLink::parent;
    root_->leaf = this;
    return std::noop_coroutine();
  }

  // Waits for one after the other: what counts is the last.
  bool PollOthers(Context& context) noexcept {
    for (; current_ < self().count(); ++current_) {
      if (!ForkedChild(self().HeaderAt(current_)).PollComplete(context.waker())) return false;
      // Its scheduler stops, which will cancel this task too: there is nothing to go on with.
      if (!self().AnsweredAt(current_)) return false;
    }
    return true;
  }

  static bool PollLeaf(LeafAwait* leaf, Context& context) noexcept {
    auto* fork = static_cast<ForkAwaiter*>(leaf);
    if (fork->begun_) return fork->PollOthers(context);
    leaf->continuation = fork->Begin(context);
    return true;
  }
  static bool CancelLeaf(LeafAwait* leaf, Context& context) noexcept {
    return static_cast<ForkAwaiter*>(leaf)->CancelOthers(context);
  }
  static bool CancelLink(EndLink* link, Context& context) noexcept {
    return static_cast<ForkAwaiter*>(link)->CancelOthers(context);
  }
  bool CancelOthers(Context& context) noexcept {
    if (!begun_) return true;
    const uint32_t count = self().count();
    for (uint32_t child = elsewhere_; child < count; ++child) {
      ForkedChild(self().HeaderAt(child)).Cancel();
    }
    for (uint32_t child = elsewhere_; child < count; ++child) {
      if (!ForkedChild(self().HeaderAt(child)).PollComplete(context.waker())) return false;
    }
    return true;
  }

  static constexpr LeafVtable kLeafVtable{&PollLeaf, &CancelLeaf, "zokio::Fork"};

  TaskRoot* root_;
  uint32_t current_ = 0;
  uint32_t pushed_ = 0;
  uint32_t elsewhere_ = 0;
  bool begun_ = false;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_FORK_AWAITER_H_
