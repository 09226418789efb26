// ForkAwaiter: how a coroutine waits for children that it forked. What Fork and ForkEach share.
//
// The children's frames exist when the fork begins. All but the first are offered in the worker's
// fork deque; the first is started in place. When it has ended the next one is popped from the
// deque and started in place too: no scheduler, no counter, no read-modify-write. A child that is
// not there any more was stolen, and then so were all that come after it: stolen children are
// tasks of their own, and the fork waits for them as a leaf of the parent's task.
//
// In place means one of two things. Nested: by a call out of await_ready, while the parent is not
// even suspended; a child that ended has returned, with its result in its block. When a child
// returns without a result, it waits; then its parent is suspended and so are all that called it,
// and each fork becomes its child's EndLink. Linked: from then on, and where calls would use too
// much stack, or the stack is a fiber's (ForkHost::MayNest), a child's end finds its fork by that
// link and what comes next is started by symmetric transfer.
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
#include <memory>
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
    if (__builtin_expect(!elsewhere, 1)) return TaskAccess::Finish(TaskAccess::Adopt<T>(frame));
    return TakeElsewhere(frame);
  }
  [[gnu::noinline]] static T TakeElsewhere(void* frame) {
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

// How children come back to their fork, and how the fork waits: filled in only where it waits.
struct ForkLinks : EndLink, LeafAwait {};
struct UnsetForkLinks {
  UnsetForkLinks() {}  // NOLINT(modernize-use-equals-default): the union
  union {
    ForkLinks links;
  };
};

// Derived has: count(); FrameAt(i); HeaderAt(i); PrepareAt(i, context); AnsweredAt(i).
template <typename Derived>
class ForkAwaiter : private UnsetForkLinks {
 public:
  ForkAwaiter(const ForkAwaiter&) = delete;  // the root and the children point here
  ForkAwaiter& operator=(const ForkAwaiter&) = delete;

  // Of the awaiting task; before all else.
  void SetRoot(TaskRoot* root) { root_ = root; }

  [[gnu::always_inline]] bool await_ready() noexcept {
    if (self().count() == 0) return true;
    ForkHost* host = root_->context->environment().forks;
    return host != nullptr && host->MayNest() && RunNested(*host);
  }

  [[gnu::noinline]] std::coroutine_handle<> await_suspend(
      std::coroutine_handle<> coroutine) noexcept {
    std::construct_at(&links,
                      ForkLinks{{&Ended, &CancelLink, coroutine}, {&kLeafVtable, coroutine}});
    Context& context = *root_->context;
    if (stage_ == Stage::kBegun) return LeaveNest();
    if (stage_ == Stage::kTurnIsOver) return QueueAgain(context);
    ForkHost* host = context.environment().forks;
    if (host != nullptr && host->TurnIsOver()) return QueueAgain(context);
    return Begin(context);
  }

 protected:
  ForkAwaiter() = default;
  ~ForkAwaiter() = default;

  // The first child that runs elsewhere, or did.
  uint32_t elsewhere() const { return stage_ == Stage::kBegun ? elsewhere_ : self().count(); }
  // The same once it has begun.
  uint32_t elsewhere_at_end() const { return elsewhere_; }

 private:
  enum class Stage : uint32_t { kNew, kTurnIsOver, kBegun };

  Derived& self() { return static_cast<Derived&>(*this); }
  const Derived& self() const { return static_cast<const Derived&>(*this); }
  static ForkAwaiter* Of(EndLink* link) {
    return static_cast<ForkAwaiter*>(
        reinterpret_cast<UnsetForkLinks*>(static_cast<ForkLinks*>(link)));
  }
  static ForkAwaiter* Of(LeafAwait* leaf) { return Of(static_cast<ForkLinks*>(leaf)); }
  static ForkAwaiter* Of(ForkLinks* both) {
    return static_cast<ForkAwaiter*>(reinterpret_cast<UnsetForkLinks*>(both));
  }

  // Runs the children by calls. True when all have ended.
  [[gnu::always_inline]] bool RunNested(ForkHost& host) noexcept {
    if (host.TurnIsOver()) {
      stage_ = Stage::kTurnIsOver;
      return false;
    }
    const uint32_t count = self().count();
    stage_ = Stage::kBegun;
    uint32_t pushed = OfferTo(host, 0, count);
    for (uint32_t child = 0;;) {
      TaskAccess::RunNested(self().FrameAt(child), root_);
      if (__builtin_expect(!self().AnsweredAt(child), 0)) return WaitInPlace(child, pushed);
      if (++child == count) break;
      if (__builtin_expect(child < pushed, 0)) {
        pushed = OfferLate(host, child, pushed);
      } else if (__builtin_expect(!host.deque().PopIfOfMany(self().HeaderAt(child)), 0)) {
        if (!host.deque().PopIf(self().HeaderAt(child))) return PollOthersFrom(child);
      }
    }
    elsewhere_ = count;
    return true;
  }
  [[gnu::noinline]] bool WaitInPlace(uint32_t child, uint32_t pushed) noexcept {
    current_ = child;
    pushed_ = pushed;
    elsewhere_ = std::max(child + 1, pushed);
    return false;
  }
  [[gnu::noinline]] bool PollOthersFrom(uint32_t child) noexcept {
    current_ = elsewhere_ = pushed_ = child;
    return PollOthers(*root_->context);
  }
  // A child waits, in place or elsewhere, and so does this: from now on by links.
  std::coroutine_handle<> LeaveNest() noexcept {
    if (current_ < elsewhere_) {
      TaskAccess::Link(self().FrameAt(current_), root_, &links);
    } else {
      root_->leaf = &links;
    }
    return std::noop_coroutine();
  }

  [[gnu::noinline]] std::coroutine_handle<> QueueAgain(Context& context) noexcept {
    root_->leaf = &links;
    context.RequestRequeue();
    return std::noop_coroutine();
  }

  // Offers all children but the first; returns that one.
  std::coroutine_handle<> Begin(Context& context) noexcept {
    stage_ = Stage::kBegun;
    current_ = 0;
    pushed_ = self().count();
    Offer(context);
    return StartInPlace(0);
  }

  // Offers what comes after the current child and is not offered yet.
  void Offer(Context& context) noexcept {
    if (ForkHost* host = context.environment().forks) pushed_ = OfferTo(*host, current_, pushed_);
  }
  // Offers the children from `pushed` down to the one after `child`, the last first: as many as the
  // deque holds. Returns the first that is offered.
  [[gnu::always_inline]] uint32_t OfferTo(ForkHost& host, uint32_t child,
                                          uint32_t pushed) noexcept {
    if (pushed <= child + 1) return pushed;
    Context& context = *root_->context;
    while (host.deque().Push(self().PrepareAt(pushed - 1, context)) && --pushed > child + 1) {
    }
    host.Offer();
    return pushed;
  }
  [[gnu::noinline]] uint32_t OfferLate(ForkHost& host, uint32_t child, uint32_t pushed) noexcept {
    return OfferTo(host, child, pushed);
  }

  std::coroutine_handle<> StartInPlace(uint32_t child) noexcept {
    // All that is offered after it may be elsewhere.
    elsewhere_ = std::max(child + 1, pushed_);
    return TaskAccess::Link(self().FrameAt(child), root_, &links);
  }

  // In this order what happens most; anything that calls is out of line, so that this needs no
  // registers saved.
  static std::coroutine_handle<> Ended(EndLink* link) noexcept {
    ForkAwaiter* fork = Of(link);
    const uint32_t child = ++fork->current_;
    if (child == fork->self().count()) return fork->links.parent;
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
    if (PollOthers(context)) return links.parent;
    links.continuation = links.parent;
    root_->leaf = &links;
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
    ForkAwaiter* fork = Of(leaf);
    if (fork->stage_ == Stage::kBegun) return fork->PollOthers(context);
    leaf->continuation = fork->Begin(context);
    return true;
  }
  static bool CancelLeaf(LeafAwait* leaf, Context& context) noexcept {
    return Of(leaf)->CancelOthers(context);
  }
  static bool CancelLink(EndLink* link, Context& context) noexcept {
    return Of(link)->CancelOthers(context);
  }
  bool CancelOthers(Context& context) noexcept {
    if (stage_ != Stage::kBegun) return true;
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
  uint32_t current_;
  uint32_t pushed_;
  uint32_t elsewhere_;
  Stage stage_ = Stage::kNew;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_FORK_AWAITER_H_
