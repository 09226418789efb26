#include "future/wait_queue.h"

namespace zokio::internal {

bool WaitQueue::GrantOne(MutexLock& lock) {
  if (list_.empty()) {
    lock.Unlock();
    return false;
  }
  list_.front()->need = kAlone;
  Waker waker = list_.PopFront(WaitState::kGranted);
  lock.Unlock();
  std::move(waker).Wake();
  return true;
}

void WaitQueue::GrantAll(MutexLock& lock) {
  // A list of its own, so that those who come while wakers run are not taken for those who waited.
  WaitList waiting;
  waiting.TakeAll(list_);
  WakeBatch batch;
  while (true) {
    while (!waiting.empty() && !batch.full()) batch.Add(waiting.PopFront(WaitState::kGranted));
    // Nothing is touched after the last one was granted: the owner may be gone.
    bool more = !waiting.empty();
    lock.Unlock();
    batch.WakeAll();
    if (!more) return;
    lock.Lock();
  }
}

}  // namespace zokio::internal
