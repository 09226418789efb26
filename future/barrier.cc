#include "future/barrier.h"

#include <utility>

namespace zokio {

using internal::WaitState;

Poll<bool> Barrier::ArriveFuture::poll(Context& context) noexcept {
  ZOKIO_DCHECK(node_.state != WaitState::kDone, "a future was polled after it was ready");
  Waker replaced;  // dropped after the lock was released
  internal::WaitQueue& queue = barrier_->queue_;
  MutexLock lock(queue.mutex());
  switch (node_.state) {
    case WaitState::kIdle:
      if (++barrier_->arrived_ < barrier_->parties_) {
        queue.list().PushBack(&node_, context.waker());
        return kPending;
      }
      barrier_->arrived_ = 0;
      node_.state = WaitState::kDone;
      queue.GrantAll(lock);
      return true;
    case WaitState::kWaiting:
      replaced = internal::RefreshWaker(node_, context.waker());
      return kPending;
    default:
      node_.state = WaitState::kDone;
      return false;
  }
}

Barrier::ArriveFuture::~ArriveFuture() {
  if (node_.state == WaitState::kIdle || node_.state == WaitState::kDone) return;
  Waker dropped;
  MutexLock lock(barrier_->queue_.mutex());
  if (node_.state != WaitState::kWaiting) return;
  internal::WaitList::Remove(&node_);
  dropped = std::move(node_.waker);
  --barrier_->arrived_;
}

}  // namespace zokio
