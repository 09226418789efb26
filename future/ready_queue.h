// ReadyQueue, ReadyNode: which members of a large set were woken.
//
// Each member has a node with a waker of its own; waking it appends the node to the queue, once,
// and wakes the set's parent. The set pops and polls. A node is `queued` from its wake until it is
// popped; further wakes do nothing.
//
// Ownership: counts. A node is shared by the set, by its wakers, and by the queue while queued; the
//   queue by the set and by each node. Closing the queue (the set is gone) empties it for good, so
//   that no circle of shares remains.
// Thread-safety: wakers from any thread; Pop, PutBack, SetParent, Close by the set's.
#ifndef ZOKIO_FUTURE_READY_QUEUE_H_
#define ZOKIO_FUTURE_READY_QUEUE_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/mutex.h"
#include "future/atomic_waker.h"
#include "future/waker.h"

namespace zokio::internal {

class ReadyQueue;

struct ReadyNode {
  ReadyNode(ReadyQueue* queue, void (*free)(ReadyNode* node));
  ReadyNode(const ReadyNode&) = delete;
  ReadyNode& operator=(const ReadyNode&) = delete;

  void Retain() { references.fetch_add(1, memory_order_relaxed); }
  void Release();
  void Wake();
  // Wakes do nothing from here on.
  void Retire() { queued.exchange(true, memory_order_acq_rel); }
  // Owns no share: the caller releases it.
  Waker BorrowWaker();

  Atomic<uint32_t> references{1};
  Atomic<bool> queued{true};  // Push comes next
  ReadyNode* next_ready = nullptr;
  ReadyQueue* const queue;
  void (*const free)(ReadyNode* node);

 protected:
  ~ReadyNode() = default;
};

class ReadyQueue {
 public:
  static ReadyQueue* Make();
  void Retain() { references_.fetch_add(1, memory_order_relaxed); }
  void Release();

  // Appends a node whose `queued` is set; takes a share of it.
  void Push(ReadyNode* node);
  // A round ends with what was woken before it began: a member that wakes itself while it is polled
  // waits for the next, or it would keep the task for ever.
  void BeginRound();
  // The next node of this round, with the queue's share of it, ready to be woken again; or null.
  ReadyNode* Pop();
  // A popped node that was not polled: it is first again.
  void PutBack(ReadyNode* node);
  void SetParent(const Waker& waker) { parent_.Register(waker); }
  void WakeParent() { parent_.Wake(); }
  // Drops the set's share.
  void Close();

 private:
  ReadyQueue() = default;
  ~ReadyQueue() = default;

  Atomic<uint32_t> references_{1};
  AtomicWaker parent_;
  ReadyNode* taken_ = nullptr;  // the set's: this round, not yet popped
  ReadyNode* taken_tail_ = nullptr;
  Mutex mutex_;
  ReadyNode* head_ = nullptr;
  ReadyNode* tail_ = nullptr;
  bool closed_ = false;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_READY_QUEUE_H_
