// WaitQueue: a lock and the futures that wait for something it guards.
//
// What Notify, Event, Latch, Barrier, CondVar and the channels share. The lock is the owner's to
// use for its own fields too; `Lock` gives it.
//
// Thread-safety: all functions but those that say so.
// Cost: no allocation; wakers run outside the lock.
#ifndef ZOKIO_FUTURE_WAIT_QUEUE_H_
#define ZOKIO_FUTURE_WAIT_QUEUE_H_

#include <utility>

#include "base/mutex.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/wait_list.h"

namespace zokio::internal {

class WaitQueue {
 public:
  WaitQueue() = default;

  Mutex& mutex() { return mutex_; }
  // REQUIRES: the lock is held.
  WaitList& list() { return list_; }

  // Ready once the node was granted, or `check` (called under the lock, before it first queues)
  // says that there is nothing to wait for.
  template <typename Check>
  Poll<void> PollWait(WaitNode& node, Context& context, Check&& check) {
    ZOKIO_DCHECK(node.state != WaitState::kDone, "a future was polled after it was ready");
    Waker replaced;  // dropped after the lock was released
    MutexLock lock(mutex_);
    if (node.state == WaitState::kIdle) {
      if (!check()) {
        list_.PushBack(&node, context.waker());
        return kPending;
      }
    } else if (node.state == WaitState::kWaiting) {
      replaced = RefreshWaker(node, context.waker());
      lock.Unlock();
      return kPending;
    }
    node.state = WaitState::kDone;
    return kReady;
  }

  // The future that owns the node dies. Answers in which state it was.
  WaitState Withdraw(WaitNode& node) {
    if (node.state == WaitState::kIdle || node.state == WaitState::kDone) return node.state;
    Waker dropped;
    MutexLock lock(mutex_);
    WaitState state = std::exchange(node.state, WaitState::kDone);
    if (state == WaitState::kWaiting) {
      WaitList::Remove(&node);
      dropped = std::move(node.waker);
    }
    lock.Unlock();
    return state;
  }

  // Grants the first, which is then ChosenAlone. REQUIRES: `lock` is held; it is released. False
  // when none waits.
  bool GrantOne(MutexLock& lock);
  // Grants all that wait now; later ones are not swept along. REQUIRES: as above.
  void GrantAll(MutexLock& lock);
  // Of a node that was granted and withdrawn: whether what it had was for one, so that another
  // should have it now.
  static bool ChosenAlone(const WaitNode& node) { return node.need == kAlone; }

 private:
  static constexpr uint32_t kAlone = UINT32_MAX;  // in `need`, which is not used otherwise here

  Mutex mutex_;
  WaitList list_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_WAIT_QUEUE_H_
