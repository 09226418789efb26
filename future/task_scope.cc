#include "future/task_scope.h"

#include <new>

#include "base/check.h"
#include "mem/frame_pool.h"

namespace zokio {

TaskScope::~TaskScope() {
  ZOKIO_CHECK(live_ == 0,
              "a scope was dropped while its children ran: drive its future's poll_cancel first");
  TaskLocals::Release(locals_);
}

size_t TaskScope::live() const {
  MutexLock lock(mutex_);
  return live_;
}

bool TaskScope::failed() const {
  MutexLock lock(mutex_);
  return failure_ != nullptr || error_.has_value();
}

std::optional<Error> TaskScope::error() const {
  MutexLock lock(mutex_);
  return error_;
}

std::exception_ptr TaskScope::TakeFailure() {
  MutexLock lock(mutex_);
  return std::exchange(failure_, nullptr);
}

TaskScope::Node* TaskScope::MakeNode() {
  auto* node = ::new (FramePool::Allocate(sizeof(Node))) Node;
  node->scope = this;
  MutexLock lock(mutex_);
  ++live_;
  return node;
}

void TaskScope::StartChild(Task<void> child, Node* node, internal::TaskOrigin origin) {
  ZOKIO_CHECK(executor_ != nullptr, "a scope spawns only while its future is awaited");
  {
    MutexLock lock(mutex_);
    if (cancelled_) {
      lock.Unlock();
      return;  // `child` is dropped unstarted, and its membership leaves
    }
  }
  TaskLocals* locals = locals_;
  const bool named = origin.name != nullptr;
  if (named) locals = TaskLocals::Prepend(&internal::kTaskOriginKey, origin, locals);
  TaskHeader* task =
      internal::SpawnedTask<void>::Prepare(std::move(child), *executor_, locals, /*flags=*/0);
  if (named) TaskLocals::Release(locals);
  bool cancelled;
  {
    MutexLock lock(mutex_);
    node->task = task;
    cancelled = cancelled_;
    if (cancelled) RetainTask(task);
    Link(cancelled ? &cancelling_ : &nodes_, node);
  }
  internal::StartTask(task);  // the child may have ended when this returns
  if (cancelled) {
    CancelTask(task);
    ReleaseTask(task);
  }
}

void TaskScope::Leave(Node* node) {
  TaskScope* scope = node->scope;
  Waker waker;
  {
    MutexLock lock(scope->mutex_);
    if (node->task != nullptr) Unlink(node);
    if (--scope->live_ == 0) waker = std::move(scope->waker_);
  }
  // From here on the scope may be gone.
  if (node->task != nullptr) ReleaseTask(node->task);
  node->~Node();
  FramePool::Free(node, sizeof(Node));
  std::move(waker).Wake();
}

void TaskScope::Fail(std::exception_ptr exception) {
  Waker waker;
  MutexLock lock(mutex_);
  if (failure_ == nullptr && !error_) {
    failure_ = std::move(exception);
    waker = std::move(waker_);
  }
  lock.Unlock();
  // As below.
  std::move(waker).Wake();
}

void TaskScope::FailWith(Error error) {
  Waker waker;
  MutexLock lock(mutex_);
  if (failure_ == nullptr && !error_) {
    error_ = error;
    waker = std::move(waker_);
  }
  lock.Unlock();
  // The failing child is still a member, so the scope is there; its future cancels the others.
  std::move(waker).Wake();
}

void TaskScope::Cancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  // One at a time, each outside the lock: a cancelled child is queued, which takes other locks, and
  // the lists may change meanwhile.
  while (Node* node = nodes_) {
    Unlink(node);
    Link(&cancelling_, node);
    TaskHeader* task = node->task;
    RetainTask(task);
    lock.Unlock();
    CancelTask(task);
    ReleaseTask(task);
    lock.Lock();
  }
}

void TaskScope::Link(Node** head, Node* node) {
  node->next = *head;
  if (node->next != nullptr) node->next->link = &node->next;
  node->link = head;
  *head = node;
}

void TaskScope::Unlink(Node* node) {
  *node->link = node->next;
  if (node->next != nullptr) node->next->link = node->link;
}

bool TaskScope::PollEmpty(const Waker& waker) {
  Waker old;
  MutexLock lock(mutex_);
  bool empty = live_ == 0;
  if (!waker_.WillWake(waker)) {
    old = std::move(waker_);
    waker_ = waker.Clone();
  }
  lock.Unlock();  // the old waker is dropped outside
  return empty;
}

}  // namespace zokio
