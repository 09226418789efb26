// MpscRing<T>: the bounded channel's ring: slots, their words, and the senders that wait for room.
//
// A position counts messages; message p lies in slot p mod ring. Each slot has one word, a sequence
// number above four flags:
//   sequence p          free for position p
//   sequence p + 1      holds message p
//   kReceiverWaits      on the free slot at the head: publishing it must wake the receiver
//   kSenderWaits        on a full slot: consuming it must let a waiting sender in
//   kFollower           on a full slot: sent in one batch with the slot before it
//   kClosed             the receiver closed before this slot was filled: publishing fails
// A message is thus one compare-and-swap by the sender and one exchange by the receiver, on the
// line that holds the message if that is small; `tail_` is a plain counter while there is one
// sender.
//
// Position p has room once message p - capacity was consumed ("its gate is open"). A sender without
// room marks the gate, which is always the oldest message, and queues. With senders queued, kQueued
// in `tail_` sends all others to the lock, behind them. Room freed is granted to the first of the
// queue, who claims its position when polled; `granted_` counts the grants not yet used.
//
// A batch is filled from its last slot to its first and emptied likewise, so that the other side
// passes or marks its first slot only: one read-modify-write a batch.
//
// Invariant: while senders queue, the gate of the next ungranted position is marked; it is closed
// and therefore the oldest message. Consuming a marked message takes the lock, and there looks at
// the gates themselves: who queued may have left meanwhile, and another have claimed the room.
//
// Thread-safety: Receiver functions by one thread; sender functions by any, a sender's own `alone`
//   being true only while no other sender exists.
// Memory ordering: filling releases the message to the receiver; emptying releases the slot to the
//   sender whose gate it is. Claiming hands on what the sender before saw, because in a ring larger
//   than its capacity a slot is freed before, and apart from, the gate of its next position.
#ifndef ZOKIO_FUTURE_MPSC_RING_H_
#define ZOKIO_FUTURE_MPSC_RING_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/mutex.h"
#include "future/atomic_waker.h"
#include "future/mpsc_slots.h"
#include "future/wait_list.h"
#include "future/wait_queue.h"

namespace zokio::internal {

enum class SendOutcome : uint8_t { kSent, kFull, kClosed };

template <typename T>
class MpscRing {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "a message must move without throwing: send a std::unique_ptr");
  static_assert(alignof(T) <= 16, "an over-aligned message: send a std::unique_ptr");

 public:
  explicit MpscRing(uint64_t capacity)
      : capacity_(capacity),
        mask_(std::bit_ceil(capacity < 2 ? 2 : capacity) - 1),
        slots_(mask_ + 1) {
    ZOKIO_CHECK(capacity > 0 && capacity < (uint64_t{1} << 32), "capacity of a channel");
  }
  MpscRing(const MpscRing&) = delete;
  MpscRing& operator=(const MpscRing&) = delete;
  ~MpscRing() { slots_.Free(mask_ + 1); }

  uint64_t batch_limit() const { return capacity_; }

  // Senders' side ------------------------------------------------------------------------------

  // Sends as many of `items` as there is room for, from the front; how many. `full` tells why it
  // stopped early: true for want of room (or others queue), false because it is closed.
  size_t TrySend(std::span<T> items, bool alone, bool* full) {
    uint64_t tail = tail_.load(memory_order_acquire);
    while (true) {
      *full = true;
      if ((tail & kQueued) != 0) return 0;
      uint64_t position = tail / kStep;
      size_t count = OpenGates(position, items.size(), full);
      if (count == 0) {
        uint64_t now = tail_.load(memory_order_acquire);
        if (now == tail) return 0;
        tail = now;  // another sender was faster
        continue;
      }
      if (alone) {
        tail_.store(tail + count * kStep, memory_order_relaxed);
      } else if (!tail_.compare_exchange_weak(tail, tail + count * kStep, memory_order_acq_rel,
                                              memory_order_acquire)) {
        continue;
      }
      if (Fill(position, items.first(count))) return count;
      *full = false;
      return 0;
    }
  }

  // The slow path of one message: claims room or queues `node`. kFull: queued (or still waiting),
  // `waker` will be called.
  SendOutcome SendOrQueue(WaitNode& node, const Waker& waker, T& item);
  // The sending future dies.
  void Withdraw(WaitNode& node);

  // The last sender is gone: wakes the receiver.
  void SendersGone() { receiver_.Wake(); }

  // Receiver's side ----------------------------------------------------------------------------

  using Iterator = MpscIterator<T>;

  // Calls `take(first, last)` with the oldest messages, at most `limit`, if there are any; it moves
  // them out. How many.
  template <typename Take>
  size_t ReceiveBatch(size_t limit, Take&& take) {
    if (closed_drain_) SkipUnfilled();
    const size_t count = CountFull(limit);
    if (count == 0) return 0;
    const Iterator first(slots_, mask_, head_);
    const Iterator last(slots_, mask_, head_ + count);
    take(first, last);
    for (size_t i = 0; i < count; ++i) std::destroy_at(&slots_.value((head_ + i) & mask_));
    Empty(count);
    return count;
  }
  // The oldest messages, at most `limit`, each moved to `sink`; how many.
  template <typename Sink>
  size_t Receive(size_t limit, Sink&& sink) {
    return ReceiveBatch(limit, [&sink](Iterator message, Iterator last) {
      for (; message != last; ++message) sink(*message);
    });
  }

  // Registers `waker` for the next message or the end of the senders. False when a message came
  // meanwhile.  REQUIRES: not closed.
  bool Wait(const Waker& waker) {
    receiver_.Register(waker);
    Atomic<uint64_t>& word = WordAt(head_);
    uint64_t seen = word.load(memory_order_acquire);
    while (seen >> kShift == head_ && (seen & kReceiverWaits) == 0 &&
           !word.compare_exchange_weak(seen, seen | kReceiverWaits, memory_order_acq_rel,
                                       memory_order_acquire)) {
    }
    return seen >> kShift == head_;
  }
  // The waker registered last is not wanted any more.
  void StopWaiting() { Waker dropped = receiver_.Take(); }

  // Refuses messages from here on and ends the waiting senders; what was sent stays. Idempotent.
  void Close();
  bool exhausted() const { return closed_drain_; }  // once Receive found nothing

 private:
  static constexpr uint64_t kReceiverWaits = 1;
  static constexpr uint64_t kSenderWaits = 2;
  static constexpr uint64_t kFollower = 4;
  static constexpr uint64_t kClosed = 8;
  static constexpr int kShift = MpscSlots<T>::kShift;
  // tail_: the next position above this flag.
  static constexpr uint64_t kQueued = 1;
  static constexpr uint64_t kStep = 2;

  Atomic<uint64_t>& WordAt(uint64_t position) { return slots_.word(position & mask_); }
  Atomic<uint64_t>& Gate(uint64_t position) { return WordAt(position - capacity_); }
  bool GateOpen(uint64_t word, uint64_t position) const {
    return word >> kShift == position - capacity_ + mask_ + 1 && (word & kClosed) == 0;
  }
  // How many of the positions from `position` on, at most `limit`, have room. `full` becomes false
  // where the reason is that it is closed.
  size_t OpenGates(uint64_t position, size_t limit, bool* full) {
    const uint64_t gate = position - capacity_;
    const uint64_t open = (gate + mask_ + 1) << kShift;
    slots_.Fetch(position, mask_, limit);
    size_t count = slots_.CountWords(gate, mask_, open, kReceiverWaits, limit);
    if (count < limit && (WordAt(gate + count).load(memory_order_acquire) & kClosed) != 0) {
      *full = false;
    }
    return count;
  }
  // How many messages there are from the head on, at most `limit`.
  size_t CountFull(size_t limit) const {
    return slots_.CountWords(head_, mask_, (head_ + 1) << kShift, (uint64_t{1} << kShift) - 1,
                             limit);
  }

  bool Fill(uint64_t position, std::span<T> items);
  void Empty(size_t count);
  void LetIn();
  void SkipUnfilled();
  // REQUIRES: the lock is held. The next position, claimed; ends the queueing if nobody is left.
  uint64_t Claim();
  void EndQueueing() {
    if (waiting_.list().empty() && granted_ == 0) {
      tail_.fetch_and(~kQueued, memory_order_acq_rel);
    }
  }

  const uint64_t capacity_;
  const uint64_t mask_;
  MpscSlots<T> slots_;
  char padding_tail_[64];
  Atomic<uint64_t> tail_{0};
  char padding_head_[64];
  uint64_t head_ = 0;          // receiver
  bool closed_drain_ = false;  // receiver: Close was called
  bool skipping_ = false;      // receiver, closed: the slot before the head was refused
  uint64_t drain_end_ = 0;     // receiver, closed: nothing was sent from here on
  AtomicWaker receiver_;
  char padding_queue_[64];
  WaitQueue waiting_;
  uint64_t granted_ = 0;  // under the queue's lock
  bool closed_ = false;   // under the queue's lock
};

// Fills claimed slots; false when the receiver closed first: the items are back then.
template <typename T>
bool MpscRing<T>::Fill(uint64_t position, std::span<T> items) {
  const MpscSlots<T> slots = slots_;
  const uint64_t mask = mask_;
  for (size_t i = items.size(); i-- > 0;) {
    const uint64_t index = (position + i) & mask;
    std::construct_at(&slots.value(index), std::move(items[i]));
    if (i == 0) break;
    slots.word(index).store((position + i + 1) << kShift | kFollower, memory_order_release);
  }
  Atomic<uint64_t>& first = WordAt(position);
  uint64_t seen = position << kShift;
  // A sender's mark stays: this slot may be its gate.
  while (!first.compare_exchange_weak(seen, (position + 1) << kShift | (seen & kSenderWaits),
                                      memory_order_acq_rel, memory_order_acquire)) {
    if ((seen & kClosed) == 0) continue;
    for (size_t i = 0; i < items.size(); ++i) {
      T& value = slots.value((position + i) & mask);
      std::destroy_at(&items[i]);
      std::construct_at(&items[i], std::move(value));
      std::destroy_at(&value);
    }
    return false;
  }
  if ((seen & kReceiverWaits) != 0) receiver_.Wake();
  return true;
}

// Frees the slots of `count` messages taken from the head.
template <typename T>
void MpscRing<T>::Empty(size_t count) {
  uint64_t flag = closed_drain_ ? kClosed : 0;
  const MpscSlots<T> slots = slots_;
  const uint64_t mask = mask_;
  const uint64_t head = head_;
  const uint64_t lap = mask + 1;
  for (size_t i = count; i-- > 1;) {
    slots.word((head + i) & mask).store((head + i + lap) << kShift | flag, memory_order_release);
  }
  uint64_t before = WordAt(head_).exchange((head_ + lap) << kShift | flag, memory_order_acq_rel);
  head_ += count;
  if ((before & kSenderWaits) != 0) LetIn();
}

}  // namespace zokio::internal

#include "future/mpsc_ring_waiting.h"  // IWYU pragma: export

#endif  // ZOKIO_FUTURE_MPSC_RING_H_
