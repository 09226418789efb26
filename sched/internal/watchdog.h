// Watchdog: the thread that looks whether each worker's poll ends.
//
// A few times in each limit it reads what every worker counts anyway: a worker that is inside a
// poll and has counted nothing new for the limit is stuck. The crew replaces it, the report is kept
// and told. While all workers sleep the watchdog does too; the first one to wake up wakes it.
//
// Thread-safety: any thread; Start and Stop by the scheduler's owner.
// Memory ordering: a worker says that it is awake and then looks whether the watchdog sleeps, the
//   watchdog the other way round, with an AsymmetricFence in between.
// Cost: nothing for a poll; one load for a worker that wakes up.
#ifndef ZOKIO_SCHED_INTERNAL_WATCHDOG_H_
#define ZOKIO_SCHED_INTERNAL_WATCHDOG_H_

#include <cstdint>
#include <vector>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "base/result.h"
#include "base/thread.h"
#include "sched/stuck_poll.h"

namespace zokio::internal {

class Core;
class Worker;

class Watchdog {
 public:
  explicit Watchdog(Core& core) : core_(core) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Nothing where the options have no limit.
  Result<void> Start();
  void Stop();

  // A worker woke up, and has said so.
  void Nudge() {
    AsymmetricFence::FastSide();
    if (__builtin_expect(sleeping_.load(memory_order_relaxed), 0)) WakeUp();
  }

  // The last few, oldest first.
  std::vector<StuckPoll> reports() const;

 private:
  static constexpr int kLooksPerLimit = 4;
  static constexpr size_t kReportsMax = 16;

  // What a worker had counted when it was last seen to have gone on.
  struct Sample {
    uint64_t progress = 0;
    Instant since{};
    bool dealt_with = false;
  };

  void Main();
  void Look(Worker& worker, Sample& sample, Instant now);
  bool Report(Worker& worker, const Sample& sample, Instant now);
  bool AllAsleep() const;
  void SleepWithThem();
  void WakeUp();

  Core& core_;
  Thread thread_;
  Parker parker_;
  Atomic<bool> stop_{false};
  Atomic<bool> sleeping_{false};
  std::vector<Sample> samples_;
  mutable Mutex mutex_;
  std::vector<StuckPoll> reports_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_WATCHDOG_H_
