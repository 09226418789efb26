// What tests of futures need: a waker that counts, and a timer whose time stands still.
#ifndef ZOKIO_FUTURE_TESTING_H_
#define ZOKIO_FUTURE_TESTING_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/atomic.h"
#include "base/mutex.h"
#include "future/context.h"
#include "future/local_executor.h"
#include "future/spawn.h"
#include "future/timer.h"
#include "future/waker.h"

namespace zokio::testing {

// Counts its wakes and its living clones. Must outlive every clone.
class CountingWaker {
 public:
  // A waker that the caller owns and drops.
  Waker Make() { return Clone(this); }

  int wakes() const { return wakes_.load(memory_order_acquire); }
  // Clones not dropped yet: 0 when nobody keeps one.
  int clones() const { return clones_.load(memory_order_acquire); }

 private:
  static Waker Clone(void* data) {
    static_cast<CountingWaker*>(data)->clones_.fetch_add(1, memory_order_acq_rel);
    return Waker(&kVtable, data);
  }
  static void WakeByRef(void* data) {
    static_cast<CountingWaker*>(data)->wakes_.fetch_add(1, memory_order_acq_rel);
  }
  static void Wake(void* data) {
    WakeByRef(data);
    Drop(data);
  }
  static void Drop(void* data) {
    static_cast<CountingWaker*>(data)->clones_.fetch_sub(1, memory_order_acq_rel);
  }
  static constexpr WakerVtable kVtable{&Clone, &Wake, &WakeByRef, &Drop};

  Atomic<int> wakes_{0};
  Atomic<int> clones_{0};
};

// A Timer whose clock moves only by Advance.
class VirtualTimer final : public Timer {
 public:
  Instant Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  void Set(TimerEntry* entry) override {
    MutexLock lock(mutex_);
    entry->timer = this;
    entries_.push_back(entry);
  }
  bool UpdateWaker(TimerEntry* entry, const Waker& waker) override {
    Waker replaced = waker.Clone();
    MutexLock lock(mutex_);
    if (entry->fired.load(memory_order_acquire)) return true;
    std::swap(entry->waker, replaced);
    lock.Unlock();
    return false;
  }
  void Cancel(TimerEntry* entry) override {
    Waker dropped;
    MutexLock lock(mutex_);
    std::erase(entries_, entry);
    dropped = std::move(entry->waker);
    lock.Unlock();
  }

  // Fires what is due, in the order of deadlines.
  void Advance(Duration step) {
    std::vector<Waker> wakers;
    {
      MutexLock lock(mutex_);
      now_ += step;
      std::sort(entries_.begin(), entries_.end(),
                [](TimerEntry* a, TimerEntry* b) { return a->deadline < b->deadline; });
      auto due = entries_.begin();
      for (; due != entries_.end() && (*due)->deadline <= now_; ++due) {
        wakers.push_back(std::move((*due)->waker));
        (*due)->fired.store(true, memory_order_release);
      }
      entries_.erase(entries_.begin(), due);
    }
    for (Waker& waker : wakers) std::move(waker).Wake();
  }

  size_t pending() const {
    MutexLock lock(mutex_);
    return entries_.size();
  }

 private:
  mutable Mutex mutex_;
  Instant now_{};
  std::vector<TimerEntry*> entries_;
};

// Polls by hand: an environment, a counting waker and a context in one.
struct ManualContext {
  explicit ManualContext(Executor* executor = nullptr, Timer* timer = nullptr) {
    environment.executor = executor;
    environment.timer = timer;
    environment.budget = kPollBudget;
  }

  CountingWaker counter;
  PollEnvironment environment;
  Waker waker = counter.Make();
  Context context{waker, environment};
};

// Drops a task at every point where it can wait. `Case` has `Task<> Run(int id)` and
// `void Check(int dropped)`. For n = 0, 1, ...: a fresh Case, `tasks` tasks of it on one executor,
// of which the `victim` is cancelled once n polls were made; the rest runs until idle and is
// checked. Ends with the n at which the victim had ended by itself; answers that n.
template <typename Case>
int CancelAtEveryPoll(int tasks, int victim = 1) {
  for (int polls = 0;; ++polls) {
    Case state;
    bool dropped = false;
    {
      LocalExecutor executor;
      std::vector<JoinHandle<void>> handles;
      for (int id = 0; id < tasks; ++id) handles.push_back(Spawn(executor, state.Run(id)));
      for (int i = 0; i < polls; ++i) {
        if (!executor.RunOne()) break;
      }
      dropped = !handles[static_cast<size_t>(victim)].finished();
      handles[static_cast<size_t>(victim)].Cancel();
      executor.RunUntilIdle();
      state.Check(dropped ? 1 : 0);
    }
    if (!dropped) return polls;
  }
}

}  // namespace zokio::testing

#endif  // ZOKIO_FUTURE_TESTING_H_
