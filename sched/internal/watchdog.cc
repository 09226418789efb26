#include "sched/internal/watchdog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sched/internal/core.h"
#include "sched/internal/thread_stack.h"
#include "sched/internal/worker.h"

namespace zokio::internal {

Result<void> Watchdog::Start() {
  if (core_.options().stuck_poll_limit <= Duration::zero()) return {};
  if (core_.options().stuck_poll_stack) PrepareThreadStacks();
  Result<Thread> thread = Thread::Start(core_.options().thread_name + "-dog", [this] { Main(); });
  if (!thread.ok()) return thread.error();
  thread_ = std::move(thread).value();
  return {};
}

void Watchdog::Stop() {
  stop_.store(true, memory_order_release);
  parker_.Unpark();
  thread_.Join();
}

void Watchdog::Main() {
  const Duration period = std::max<Duration>(core_.options().stuck_poll_limit / kLooksPerLimit,
                                             std::chrono::milliseconds(1));
  while (!stop_.load(memory_order_acquire)) {
    const Instant now = Clock::Monotonic().Now();
    const auto workers = core_.workers();
    samples_.resize(workers.size());
    for (size_t i = 0; i < workers.size(); ++i) Look(*workers[i], samples_[i], now);
    if (AllAsleep()) {
      SleepWithThem();
    } else {
      parker_.ParkUntil(now + period);
    }
  }
}

bool Watchdog::AllAsleep() const {
  const auto workers = core_.workers();
  return std::all_of(workers.begin(), workers.end(),
                     [](const auto& worker) { return worker->asleep(); });
}

void Watchdog::SleepWithThem() {
  sleeping_.store(true, memory_order_relaxed);
  AsymmetricFence::SlowSide();
  // The token of a worker that wakes up meanwhile makes the park return at once.
  if (AllAsleep()) parker_.Park();
  sleeping_.store(false, memory_order_relaxed);
}

void Watchdog::WakeUp() {
  sleeping_.store(false, memory_order_relaxed);
  parker_.Unpark();
}

void Watchdog::Look(Worker& worker, Sample& sample, Instant now) {
  const uint64_t progress = worker.Progress();
  if (worker.current() == nullptr || worker.gate().seized() || progress != sample.progress) {
    sample = {.progress = progress, .since = now};
    return;
  }
  if (sample.dealt_with || now - sample.since < core_.options().stuck_poll_limit) return;
  // Not while the poll is just pushing a task: then at the next look.
  sample.dealt_with = Report(worker, sample, now);
}

bool Watchdog::Report(Worker& worker, const Sample& sample, Instant now) {
  StuckPoll report;
  if (!core_.crew().Replace(worker, sample.progress, &report)) return false;
  report.lasted = now - sample.since;
  if (core_.options().stuck_poll_stack) {
    report.stack = StackOfThread(worker.thread_number(), std::chrono::milliseconds(100));
    // It has gone on meanwhile: that was another stack.
    if (worker.Progress() != sample.progress) report.stack.clear();
  }
  {
    MutexLock lock(mutex_);
    if (reports_.size() == kReportsMax) reports_.erase(reports_.begin());
    reports_.push_back(report);
  }
  if (core_.options().on_stuck_poll) core_.options().on_stuck_poll(report);
  return true;
}

std::vector<StuckPoll> Watchdog::reports() const {
  MutexLock lock(mutex_);
  return reports_;
}

}  // namespace zokio::internal
