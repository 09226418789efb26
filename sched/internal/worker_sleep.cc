// The part of Worker that sleeps, and hands its place to another one.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/cpu_pause.h"
#include "sched/internal/pin_thread.h"
#include "sched/internal/worker.h"

namespace zokio::internal {

void Worker::EndSearch() {
  searching_ = false;
  if (core_.idle().EndSearch() && core_.WorkVisible() && core_.WakeOne()) counters_.wakes.Add();
}

void Worker::Park() {
  bool last = core_.idle().Announce(index_, searching_);
  searching_ = false;
  if ((last && core_.WorkVisible()) || node_queue_->waiting()) {
    core_.idle().WithdrawToSearch(index_);
    searching_ = true;
    return;
  }
  Instant deadline = NextDeadline();
  Instant idle_at = kNever;
  // Once per idle spell the hooks learn that it lasts.
  if (core_.hooks() != nullptr && !idle_reported_ && core_.virtual_clock() == nullptr) {
    idle_at = SaturatingAdd(core_.clock().Now(), idle_period_);
  }
  const bool learns = spin_.adaptive();
  const Instant asleep_at = learns ? core_.pace_clock().Now() : kNever;
  Sleep(std::min(deadline, idle_at));
  if (learns) LearnFromSleep(asleep_at);
  searching_ = !core_.idle().Withdraw(index_);
  if (idle_at < deadline && !searching_ && core_.clock().Now() >= idle_at) {
    // An Unpark may have come as well: the caller looks at everything again before the next park.
    idle_reported_ = true;
    core_.hooks()->OnIdle(index_);
  }
}

void Worker::Sleep(Instant deadline) {
  counters_.parks.Add();
  io_pending_.store(driver_->HasPendingOperations(), memory_order_relaxed);
  asleep_.store(true, memory_order_seq_cst);
  if (__builtin_expect(core_.virtual_clock() != nullptr, 0)) {
    SleepInVirtualTime();
  } else {
    driver_->Park(deadline);
  }
  asleep_.store(false, memory_order_seq_cst);
  core_.watchdog().Nudge();
}

// It is running meanwhile, by the wake protocol, and comes to the search and the park afterwards:
// so nothing of that changes, and a spin that ends with work for this worker costs no membarrier.
bool Worker::SpinForWork() {
  if (spin_.never()) return false;
  // Who waits for the end is told of it behind this, at each time that nothing was found.
  if (core_.stopping() || core_.draining()) return false;
  idle_since_ = core_.pace_clock().Now();
  // Not before the work that ended it was run: now there is time.
  if (spun_for_ >= Duration::zero()) {
    spin_learner_.NoteWait(std::exchange(spun_for_, Duration(-1)));
  }
  const Duration limit = spin_.adaptive() ? spin_learner_.Limit() : spin_.limit();
  if (limit == Duration::zero() || driver_->Unparked() || HasReasonToLook()) return false;
  counters_.spins.Add();
  const Instant now = Spin(SaturatingAdd(idle_since_, limit));
  const bool unparked = driver_->Unparked();
  if (!unparked && !HasReasonToLook() && NextDeadline() > now) return false;
  counters_.spin_hits.Add();
  if (spin_.adaptive()) spun_for_ = now - idle_since_;
  if (unparked) driver_->Park(Instant());  // takes the token
  return true;
}

// Until there is something to look at, at most until `end`; returns when.
Instant Worker::Spin(Instant end) {
  constexpr int kLooks = 8;  // between two looks at the clock
  constexpr Duration kInterruption = std::chrono::microseconds(200);
  end = std::min(end, NextDeadline());
  Instant now = idle_since_;
  while (now < end) {
    bool found = false;
    for (int i = 0; i < kLooks && !found; ++i) {
      CpuPause();
      found = driver_->Unparked() || HasReasonToLook();
    }
    const Instant before = std::exchange(now, core_.pace_clock().Now());
    if (now - before > kInterruption && spin_.adaptive()) {
      spin_learner_.NoteInterruption();
      break;
    }
    if (found) break;
  }
  return now;
}

bool Worker::HasReasonToLook() const { return core_.WorkVisible() || node_queue_->waiting(); }

// A sleep that went from `asleep_at`, the end of the preparations, until now.
void Worker::LearnFromSleep(Instant asleep_at) {
  const Instant now = core_.pace_clock().Now();
  const Instant woken_at = Instant(Duration(woken_at_ns_.load(memory_order_relaxed)));
  if (woken_at >= asleep_at && woken_at <= now) {
    spin_learner_.NoteSleepCost((asleep_at - idle_since_) + (now - woken_at));
    if (woken_on_.load(memory_order_relaxed) == ThisCpu()) {
      spin_learner_.NoteSharedProcessor();
    } else {
      spin_learner_.NoteWait(woken_at - idle_since_);
    }
  } else {
    // A timer, or an unpark from before: when is not known, but not later than so.
    spin_learner_.NoteWait(now - idle_since_ - spin_learner_.sleep_cost());
  }
}

void Worker::SleepInVirtualTime() {
  if (!io_waited_for_ && core_.io_pending()) {
    io_waited_for_ = true;
    driver_->Park(SaturatingAdd(Clock::Monotonic().Now(), core_.virtual_clock()->io_grace()));
    return;
  }
  core_.AdvanceTime();
  driver_->Park(kNever);
}

Instant Worker::NextDeadline() const {
  Instant deadline = wheel_.NextDeadline();
  if (__builtin_expect(has_wards_.load(memory_order_acquire), 0)) {
    MutexLock lock(wards_mutex_);
    for (Worker* ward : wards_) deadline = std::min(deadline, ward->wheel().NextDeadline());
  }
  return deadline;
}

int Worker::AdvanceTimers() {
  int fired = 0;
  if (wheel_.NextDeadline() != kNever) fired = wheel_.Advance(core_.clock().Now());
  if (__builtin_expect(has_wards_.load(memory_order_acquire), 0)) {
    std::vector<Worker*> wards;
    {
      MutexLock lock(wards_mutex_);
      wards = wards_;
    }
    for (Worker* ward : wards) fired += ward->wheel().Advance(core_.clock().Now());
  }
  return fired;
}

void Worker::GiveAway(Worker& to) {
  if (TaskHeader* task = std::exchange(lifo_slot_, nullptr)) core_.Inject(task, Priority::kNormal);
  while (batch_at_ < batch_count_) core_.Inject(batch_[batch_at_++], Priority::kNormal);
  // The rings may be stolen from, but who always has work of his own steals nothing.
  for (Priority priority : kInOrder) {
    TaskHeader* stolen[kStealMax];
    while (!queue(priority).empty()) {
      const uint32_t count = queue(priority).Steal(stolen, kStealMax);
      for (uint32_t i = 0; i < count; ++i) core_.Inject(stolen[i], priority);
    }
  }
  std::vector<Worker*> moved;
  {
    MutexLock lock(wards_mutex_);
    moved.swap(wards_);
    has_wards_.store(false, memory_order_release);
  }
  moved.push_back(this);
  for (Worker* ward : moved) {
    ward->caretaker_ = &to;
    ward->wheel_.SetFoster(&to.driver());
  }
  MutexLock lock(to.wards_mutex_);
  to.wards_.insert(to.wards_.end(), moved.begin(), moved.end());
  to.has_wards_.store(true, memory_order_release);
}

void Worker::RemoveWard(Worker& ward) {
  MutexLock lock(wards_mutex_);
  wards_.erase(std::remove(wards_.begin(), wards_.end(), &ward), wards_.end());
  has_wards_.store(!wards_.empty(), memory_order_release);
  ward.caretaker_ = nullptr;
}

void Worker::NoteReturn() {
  counters_.ticks.Add();  // the watchdog begins to count anew
  until_maintenance_ = 1;
  returned_ = true;
}

}  // namespace zokio::internal
