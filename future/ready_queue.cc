#include "future/ready_queue.h"

#include <new>
#include <utility>

#include "mem/frame_pool.h"

namespace zokio::internal {
namespace {

ReadyNode* Node(void* data) { return static_cast<ReadyNode*>(data); }

Waker CloneNode(void* data);
void WakeAndDrop(void* data) {
  Node(data)->Wake();
  Node(data)->Release();
}
void WakeNode(void* data) { Node(data)->Wake(); }
void DropNode(void* data) { Node(data)->Release(); }

constexpr WakerVtable kNodeVtable{&CloneNode, &WakeAndDrop, &WakeNode, &DropNode};

Waker CloneNode(void* data) {
  Node(data)->Retain();
  return Waker(&kNodeVtable, data);
}

}  // namespace

ReadyNode::ReadyNode(ReadyQueue* q, void (*f)(ReadyNode* node)) : queue(q), free(f) {
  queue->Retain();
}

void ReadyNode::Release() {
  if (references.fetch_sub(1, memory_order_acq_rel) != 1) return;
  ReadyQueue* owner = queue;
  free(this);
  owner->Release();
}

void ReadyNode::Wake() {
  // An exchange even where it is set: the poll to come must see what was done before this wake.
  if (queued.exchange(true, memory_order_acq_rel)) return;
  queue->Push(this);
  queue->WakeParent();
}

Waker ReadyNode::BorrowWaker() { return Waker(&kNodeVtable, this); }

ReadyQueue* ReadyQueue::Make() {
  return ::new (FramePool::Allocate(sizeof(ReadyQueue))) ReadyQueue;
}

void ReadyQueue::Release() {
  if (references_.fetch_sub(1, memory_order_acq_rel) != 1) return;
  this->~ReadyQueue();
  FramePool::Free(this, sizeof(ReadyQueue));
}

void ReadyQueue::Push(ReadyNode* node) {
  MutexLock lock(mutex_);
  if (closed_) return;
  node->Retain();
  node->next_ready = nullptr;
  (head_ == nullptr ? head_ : tail_->next_ready) = node;
  tail_ = node;
}

void ReadyQueue::BeginRound() {
  MutexLock lock(mutex_);
  if (head_ == nullptr) return;
  // Behind what an earlier round left over.
  (taken_ == nullptr ? taken_ : taken_tail_->next_ready) = head_;
  taken_tail_ = tail_;
  head_ = tail_ = nullptr;
}

ReadyNode* ReadyQueue::Pop() {
  ReadyNode* node = taken_;
  if (node == nullptr) return nullptr;
  taken_ = node->next_ready;
  // Before the poll: a wake during it queues the node again. Acquire: sees what the waker did.
  node->queued.exchange(false, memory_order_acq_rel);
  return node;
}

void ReadyQueue::PutBack(ReadyNode* node) {
  if (node->queued.exchange(true, memory_order_acq_rel)) {
    node->Release();  // woken meanwhile: it stands in the queue
    return;
  }
  if (taken_ == nullptr) taken_tail_ = node;
  node->next_ready = taken_;
  taken_ = node;
}

void ReadyQueue::Close() {
  ReadyNode* list;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    list = std::exchange(head_, nullptr);
  }
  Waker parent = parent_.Take();
  for (ReadyNode* first : {taken_, list}) {
    while (first != nullptr) {
      ReadyNode* node = std::exchange(first, first->next_ready);
      node->Release();
    }
  }
  Release();
}

}  // namespace zokio::internal
