#include "future/cancellation.h"

#include <algorithm>
#include <new>

#include "base/thread_local.h"
#include "mem/frame_pool.h"

namespace zokio::internal {
namespace {

// An address that no other thread has.
const void* ThisThread() {
  struct Tag;
  return &ThreadLocal<char, Tag>::Get();
}

}  // namespace

CancelNode* CancelNode::Make(CancelNode* parent, Instant deadline) {
  if (parent != nullptr) deadline = std::min(deadline, parent->deadline());
  auto* node = ::new (FramePool::Allocate(sizeof(CancelNode))) CancelNode(parent, deadline);
  if (parent != nullptr) {
    parent->Retain();
    node->Attach();
  }
  return node;
}

void CancelNode::Attach() {
  MutexLock lock(parent_->waiting_.mutex());
  if (parent_->cancelled_.load(memory_order_relaxed)) {
    lock.Unlock();
    cancelled_.store(true, memory_order_release);  // nobody knows this node yet
    return;
  }
  sibling_next_ = parent_->children_;
  if (sibling_next_ != nullptr) sibling_next_->sibling_previous_ = this;
  parent_->children_ = this;
  linked_ = true;
}

bool CancelNode::TryRetain() {
  uint32_t count = references_.load(memory_order_relaxed);
  while (count != 0) {
    if (references_.compare_exchange_weak(count, count + 1, memory_order_relaxed)) return true;
  }
  return false;
}

void CancelNode::Release() {
  CancelNode* node = this;
  // A loop, not a recursion: the line of parents may be long.
  while (node != nullptr && node->references_.fetch_sub(1, memory_order_acq_rel) == 1) {
    CancelNode* parent = node->parent_;
    if (parent != nullptr) {
      MutexLock lock(parent->waiting_.mutex());
      if (node->linked_) {
        (node->sibling_previous_ == nullptr ? parent->children_
                                            : node->sibling_previous_->sibling_next_) =
            node->sibling_next_;
        if (node->sibling_next_ != nullptr) {
          node->sibling_next_->sibling_previous_ = node->sibling_previous_;
        }
      }
    }
    node->~CancelNode();
    FramePool::Free(node, sizeof(CancelNode));
    node = parent;
  }
}

void CancelNode::Cancel() {
  // A list of nodes to cancel, linked by `sibling_next_`: those in it have left their parent's list
  // and nobody else uses that field.
  Retain();
  CancelNode* pending = this;
  bool first = true;
  while (pending != nullptr) {
    CancelNode* node = pending;
    pending = first ? nullptr : node->sibling_next_;
    first = false;
    node->CancelOne(&pending);
    node->Release();
  }
}

void CancelNode::CancelOne(CancelNode** children) {
  MutexLock lock(waiting_.mutex());
  if (cancelled_.load(memory_order_relaxed)) return;
  cancelled_.store(true, memory_order_release);
  while (CancelNode* child = children_) {
    children_ = child->sibling_next_;
    if (children_ != nullptr) children_->sibling_previous_ = nullptr;
    child->linked_ = false;
    // One without an owner is being destroyed and waits for this lock.
    if (!child->TryRetain()) continue;
    child->sibling_next_ = *children;
    *children = child;
  }
  waiting_.GrantAll(lock);
  RunCallbacks();
}

bool CancelNode::Register(CancelCallback* callback) {
  MutexLock lock(waiting_.mutex());
  if (cancelled_.load(memory_order_relaxed)) return false;
  callback->next_ = callbacks_;
  if (callbacks_ != nullptr) callbacks_->previous_ = callback;
  callbacks_ = callback;
  callback->linked_ = true;
  return true;
}

void CancelNode::Unregister(CancelCallback* callback) {
  MutexLock lock(waiting_.mutex());
  if (callback->linked_) {
    (callback->previous_ == nullptr ? callbacks_ : callback->previous_->next_) = callback->next_;
    if (callback->next_ != nullptr) callback->next_->previous_ = callback->previous_;
    return;
  }
  if (running_ == callback && runner_ == ThisThread()) {
    running_ = nullptr;  // it destroys itself: nothing of it may be touched after its return
    return;
  }
  while (running_ == callback) callback_done_.Wait(lock);
}

void CancelNode::RunCallbacks() {
  MutexLock lock(waiting_.mutex());
  while (CancelCallback* callback = callbacks_) {
    callbacks_ = callback->next_;
    if (callbacks_ != nullptr) callbacks_->previous_ = nullptr;
    callback->linked_ = false;
    running_ = callback;
    runner_ = ThisThread();
    lock.Unlock();
    // A copy would cost more; a callback that destroys itself is still inside its function.
    callback->function_();
    lock.Lock();
    running_ = nullptr;
    callback_done_.NotifyAll();
  }
}

}  // namespace zokio::internal
