// Barrier: tasks wait for each other; when the last has arrived all go on, round after round.
//
//   zokio::Barrier barrier(workers);
//   bool leader = co_await barrier.Arrive();    // true for one of them in each round
//
// Lifetime: a task that saw the round end may destroy it once no other is inside Arrive.
// Thread-safety: all functions, from any thread.
// Memory ordering: what each did before Arrive is seen by all after it.
// Cancellation: a dropped Arrive that was still waiting takes its arrival back: the round then
// waits
//   for another. One whose round had ended has arrived.
// Cost: a short lock; no allocation.
#ifndef ZOKIO_FUTURE_BARRIER_H_
#define ZOKIO_FUTURE_BARRIER_H_

#include <cstdint>

#include "base/check.h"
#include "future/wait_queue.h"

namespace zokio {

class Barrier {
 public:
  class [[nodiscard]] ArriveFuture {
   public:
    explicit ArriveFuture(Barrier* barrier) : barrier_(barrier) {}
    // Movable until its first poll.
    ArriveFuture(ArriveFuture&& other) noexcept : barrier_(other.barrier_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~ArriveFuture();

    Poll<bool> poll(Context& context) noexcept;

   private:
    Barrier* barrier_;
    internal::WaitNode node_;
  };

  // REQUIRES: parties > 0.
  explicit Barrier(uint32_t parties) : parties_(parties) {
    ZOKIO_CHECK(parties > 0, "a barrier of nobody");
  }

  ArriveFuture Arrive() { return ArriveFuture(this); }

 private:
  internal::WaitQueue queue_;
  const uint32_t parties_;
  uint32_t arrived_ = 0;  // in this round; under the queue's lock
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_BARRIER_H_
