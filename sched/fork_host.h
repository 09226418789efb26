// ForkHost: what a fork finds at the worker that runs it: the deque from which children are stolen,
// whom to wake, and when to let others have a turn.
//
// Found by way of PollEnvironment::forks. Thread-safety: the worker's own thread; `deque().Steal`
// from any. Cost: inline but for what happens once in some hundred forks, or when somebody sleeps.
#ifndef ZOKIO_SCHED_FORK_HOST_H_
#define ZOKIO_SCHED_FORK_HOST_H_

#include <cstdint>

#include "sched/fork_deque.h"
#include "sched/idle_set.h"

namespace zokio {

#ifdef ZOKIO_MODEL
using ForkDeque = BasicForkDeque<4>;  // the checker makes each slot anew for each execution
#else
using ForkDeque = BasicForkDeque<1024>;
#endif

class ForkHost {
 public:
  ForkHost(const IdleSet& idle, int workers) : idle_(idle), workers_(workers) {}
  ForkHost(const ForkHost&) = delete;
  ForkHost& operator=(const ForkHost&) = delete;

  ForkDeque& deque() { return deque_; }
  const ForkDeque& deque() const { return deque_; }
  int workers() const { return workers_; }

  // After children were pushed.
  void Offer() {
    if (__builtin_expect(idle_.NeedsWake(), 0)) WakeThief();
  }

  // Whether a fork may run its children by calls, on top of the stack that it runs on: not on a
  // stack other than the worker's (a fiber's), and not so deep that it would fill that.
  bool MayNest() const {
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    return stack_base_ - here < kNestedBytesMax;
  }

  // Before a fork begins. Children run without passing the worker's loop, so that its other duties
  // come here now and then. True: other tasks wait, the forking one shall queue behind them.
  bool TurnIsOver() { return __builtin_expect(--forks_left_ == 0, 0) && EndTurn(); }

 protected:
  static constexpr uint32_t kForksPerTurn = 256;

  static constexpr uintptr_t kNestedBytesMax = 32 * 1024;

  ~ForkHost() = default;

  // The worker's loop, which polls tasks, begins here.
  void SetStackBase() { stack_base_ = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)); }

  virtual void WakeThief() = 0;
  // Sets forks_left_ again.
  virtual bool EndTurn() = 0;

  uint32_t forks_left_ = kForksPerTurn;
  uintptr_t stack_base_ = 0;

 private:
  const IdleSet& idle_;
  const int workers_;
  ForkDeque deque_;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_FORK_HOST_H_
