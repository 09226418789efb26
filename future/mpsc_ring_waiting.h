// MpscRing's senders that wait for room, and its end. Included by mpsc_ring.h; not for direct use.
#ifndef ZOKIO_FUTURE_MPSC_RING_WAITING_H_
#define ZOKIO_FUTURE_MPSC_RING_WAITING_H_

#include <cstdint>
#include <span>
#include <utility>

#include "base/atomic.h"
#include "base/mutex.h"
#include "future/mpsc_ring.h"
#include "future/wait_list.h"
#include "future/wait_queue.h"

namespace zokio::internal {

// Grants room to those who queue, as far as gates are open, and marks the first closed one if
// somebody is left. Gates open on this thread only.
template <typename T>
void MpscRing<T>::LetIn() {
  WakeBatch batch;
  MutexLock lock(waiting_.mutex());
  while (true) {
    while (!waiting_.list().empty() && !batch.full()) {
      uint64_t next = tail_.load(memory_order_relaxed) / kStep + granted_;
      Atomic<uint64_t>& gate = Gate(next);
      if (!GateOpen(gate.load(memory_order_relaxed), next)) {
        gate.fetch_or(kSenderWaits, memory_order_relaxed);
        break;
      }
      batch.Add(waiting_.list().PopFront(WaitState::kGranted));
      ++granted_;
    }
    bool more = batch.full() && !waiting_.list().empty();
    lock.Unlock();
    batch.WakeAll();
    if (!more) return;
    lock.Lock();
  }
}

template <typename T>
uint64_t MpscRing<T>::Claim() {
  uint64_t tail = tail_.fetch_add(kStep, memory_order_acq_rel);
  EndQueueing();
  return tail / kStep;
}

template <typename T>
SendOutcome MpscRing<T>::SendOrQueue(WaitNode& node, const Waker& waker, T& item) {
  Waker replaced;  // dropped after the lock was released
  MutexLock lock(waiting_.mutex());
  if (node.state == WaitState::kWaiting) {
    replaced = RefreshWaker(node, waker);
    return SendOutcome::kFull;
  }
  bool granted = node.state == WaitState::kGranted;
  if (closed_ || node.state == WaitState::kClosed) {
    node.state = WaitState::kDone;
    return SendOutcome::kClosed;
  }
  if (granted) {
    --granted_;
  } else {
    // From here on nobody claims without the lock.
    uint64_t next = tail_.fetch_or(kQueued, memory_order_acq_rel) / kStep + granted_;
    bool queue = !waiting_.list().empty();
    Atomic<uint64_t>& gate = Gate(next);
    uint64_t seen = gate.load(memory_order_acquire);
    while (!queue && !GateOpen(seen, next)) {
      queue = gate.compare_exchange_weak(seen, seen | kSenderWaits, memory_order_acq_rel,
                                         memory_order_acquire);
    }
    if (queue) {
      waiting_.list().PushBack(&node, waker);
      return SendOutcome::kFull;
    }
  }
  node.state = WaitState::kDone;
  uint64_t position = Claim();
  lock.Unlock();
  // The gate was opened for this position or an earlier one, by the same receiver: acquire it.
  (void)Gate(position).load(memory_order_acquire);
  return Fill(position, std::span<T>(&item, 1)) ? SendOutcome::kSent : SendOutcome::kClosed;
}

template <typename T>
void MpscRing<T>::Withdraw(WaitNode& node) {
  if (node.state == WaitState::kIdle || node.state == WaitState::kDone) return;
  Waker waker;
  Waker dropped;
  MutexLock lock(waiting_.mutex());
  WaitState state = std::exchange(node.state, WaitState::kDone);
  if (state == WaitState::kWaiting) {
    dropped = std::move(node.waker);
    WaitList::Remove(&node);
  } else if (state == WaitState::kGranted && !closed_) {
    if (waiting_.list().empty()) {
      --granted_;
    } else {
      waker = waiting_.list().PopFront(WaitState::kGranted);  // the room goes to the next
    }
  }
  EndQueueing();
  lock.Unlock();
  std::move(waker).Wake();
}

template <typename T>
void MpscRing<T>::Close() {
  if (closed_drain_) return;
  closed_drain_ = true;
  // In order, because a batch stands and falls with its first slot. A slot that was not filled when
  // it is marked never will be.
  drain_end_ = head_ + mask_ + 1;
  for (uint64_t position = head_; position != drain_end_; ++position) {
    WordAt(position).fetch_or(kClosed, memory_order_acq_rel);
  }
  WakeBatch batch;
  MutexLock lock(waiting_.mutex());
  closed_ = true;
  granted_ = 0;  // what was not claimed is void, or TrySend would take it for a queue
  while (true) {
    while (!waiting_.list().empty() && !batch.full()) {
      batch.Add(waiting_.list().PopFront(WaitState::kClosed));
    }
    bool more = !waiting_.list().empty();
    EndQueueing();
    lock.Unlock();
    batch.WakeAll();
    if (!more) return;
    lock.Lock();
  }
}

// Closed: passes over positions that were claimed and refused, and the rest of their batches.
template <typename T>
void MpscRing<T>::SkipUnfilled() {
  while (head_ != drain_end_) {
    uint64_t word = WordAt(head_).load(memory_order_acquire);
    bool full = word >> kShift == head_ + 1;
    if (full && !(skipping_ && (word & kFollower) != 0)) {
      skipping_ = false;
      return;
    }
    skipping_ = true;
    ++head_;
  }
}

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_MPSC_RING_WAITING_H_
