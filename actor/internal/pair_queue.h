// PairQueue: what one loop has sent to one other: a ring, and a list for what the ring cannot hold.
//
// As long as the list holds something the sender adds to it alone, and the receiver takes all of
// the ring before it takes the list. So the order is that of the sender, whichever way was taken,
// and neither side ever waits for the other.
//
// Ownership: holds pointers to nodes (with a member `Node* next`) that belong to whoever takes
// them. Thread-safety: Stage, Publish and staged by the sender, the rest by the receiver. Memory
// ordering: as SpscRing. `spilled` is set before what follows goes to the list, and cleared
//   (release) once the receiver has taken it: then what the sender puts into the ring is younger.
// Cost: that of the ring; a short lock for 32 nodes where the ring is full.
#ifndef ZOKIO_ACTOR_INTERNAL_PAIR_QUEUE_H_
#define ZOKIO_ACTOR_INTERNAL_PAIR_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "actor/spsc_ring.h"
#include "base/atomic.h"
#include "base/mutex.h"

namespace zokio::internal {

template <typename Node>
class PairQueue {
 public:
  explicit PairQueue(size_t capacity) : ring_(capacity) {}

  // Sender. The receiver sees it after Publish.
  void Stage(Node* node) {
    if (spill_.head == nullptr && !spilled_.load(memory_order_acquire) && ring_.Stage(node)) return;
    spill_.PushBack(node);
    ++spill_count_;
  }
  size_t staged() const { return ring_.staged() + spill_count_; }
  void Publish() {
    ring_.Publish();
    if (spill_.head == nullptr) return;
    MutexLock lock(mutex_);
    spilled_.store(true, memory_order_release);
    list_.Append(std::exchange(spill_, List()));
    spill_count_ = 0;
  }

  // Receiver. Looks what is published: what TakeObserved takes.  REQUIRES: that was called since
  // the last Observe.
  void Observe() {
    const bool spilled = spilled_.load(memory_order_acquire);
    ring_.Observe();  // all that is older than the list, for nothing is added beside it
    if (!spilled) return;
    MutexLock lock(mutex_);
    observed_ = std::exchange(list_, List());
    spilled_.store(false, memory_order_release);
  }
  // Receiver. Hands over what was observed, in order; returns how much. `ahead(node)` is called
  // for nodes that will come soon.
  template <typename Take, typename Ahead>
  size_t TakeObserved(Take&& take, Ahead&& ahead) {
    size_t soon_at = kAhead;  // from the ring's head, which stays until the drain is over
    size_t taken = ring_.DrainObserved(SIZE_MAX, [&](Node*&& node) {
      if (Node** soon = ring_.Peek(soon_at++)) ahead(*soon);
      take(node);
    });
    for (Node* node = std::exchange(observed_, List()).head; node != nullptr; ++taken) {
      Node* next = node->next;
      if (next != nullptr) ahead(next);
      take(node);
      node = next;
    }
    return taken;
  }
  bool empty() const { return ring_.empty() && !spilled_.load(memory_order_acquire); }

 private:
  static constexpr size_t kAhead = 4;

  struct List {
    void PushBack(Node* node) {
      node->next = nullptr;
      (head == nullptr ? head : tail->next) = node;
      tail = node;
    }
    void Append(List other) {
      (head == nullptr ? head : tail->next) = other.head;
      tail = other.tail;
    }

    Node* head = nullptr;
    Node* tail = nullptr;  // valid while there is a head
  };

  SpscRing<Node*> ring_;
  // The sender's alone: staged, and not in the ring.
  alignas(64) List spill_;
  size_t spill_count_ = 0;
  alignas(64) Mutex mutex_;
  List list_;      // published
  List observed_;  // the receiver's alone
  Atomic<bool> spilled_{false};
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_PAIR_QUEUE_H_
