#include "future/notify.h"

#include <utility>

namespace zokio {

using internal::WaitState;

bool Notify::WaitFuture::Satisfied() {
  if (notify_->generation_.load(memory_order_relaxed) != generation_) return true;
  return std::exchange(notify_->permit_, false);
}

Notify::WaitFuture::~WaitFuture() {
  if (notify_->queue_.Withdraw(node_) != WaitState::kGranted) return;
  // Granted and not taken. A NotifyAll was for everybody; a NotifyOne is passed on, also where a
  // NotifyAll came after it: those who wait since then have heard of neither.
  if (internal::WaitQueue::ChosenAlone(node_)) notify_->NotifyOne();
}

void Notify::NotifyOne() {
  MutexLock lock(queue_.mutex());
  if (queue_.list().empty()) {
    permit_ = true;
    return;
  }
  queue_.GrantOne(lock);
}

void Notify::NotifyAll() {
  MutexLock lock(queue_.mutex());
  generation_.fetch_add(1, memory_order_release);
  queue_.GrantAll(lock);
}

}  // namespace zokio
