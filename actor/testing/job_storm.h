// JobStorm: senders tell and ask supervised workers numbered jobs, while fate strikes in
// constructors, hooks, handlers and children of the workers.
//
// Each worker checks that a sender's numbers come in their order, each once. What is begun and what
// is a dead letter add up to what was sent.
#ifndef ZOKIO_ACTOR_TESTING_JOB_STORM_H_
#define ZOKIO_ACTOR_TESTING_JOB_STORM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/testing/storm.h"
#include "actor/testing/tally.h"
#include "base/atomic.h"
#include "future/yield.h"

namespace zokio::testing {

// What a storm shares. Lives as long as its actors.
struct JobStorm {
  static constexpr uint32_t kWorkers = 6;
  static constexpr uint32_t kSenders = 3;
  static constexpr uint32_t kWatchers = 2;

  JobStorm(uint64_t seed, uint32_t permille, uint64_t jobs)
      : fate(seed, permille), jobs_each(jobs), begun_all(kSenders * jobs) {}

  Fate fate;
  const uint64_t jobs_each;  // of each sender
  Tally begun_all;
  Tally senders_done{kSenders};
  Tally notices{uint64_t{kWorkers} * kWatchers};
  Atomic<int64_t> living{0};
  Atomic<uint64_t> made{0};
  Atomic<uint64_t> begun{0};
  Atomic<uint64_t> leaves{0};  // that were told something
  Atomic<uint64_t> disorders{0};
  Atomic<uint64_t> late_answers{0};
  Atomic<uint32_t> told[kWatchers][kWorkers] = {};  // how often of which end
  uint64_t next[kWorkers][kSenders] = {};           // by the home of the worker alone
};

struct Go {};
struct Job {
  uint32_t sender;
  uint64_t number;
};
// The same, for a handler that does not wait.
struct QuickJob {
  uint32_t sender;
  uint64_t number;
};

// A child of a worker that fails, or lives until the worker ends or is made anew.
class JobLeaf : public Actor<JobLeaf, Go> {
 public:
  explicit JobLeaf(JobStorm& storm) : storm_(storm), living_(storm.living) {
    storm_.fate.MayThrow();
  }
  void On(Go) { storm_.fate.MayThrow(); }
  void Stopping() { storm_.fate.MayThrow(); }

 private:
  JobStorm& storm_;
  const Living living_;
};

class JobWorker : public Actor<JobWorker, Job, QuickJob> {
 public:
  JobWorker(JobStorm& storm, uint32_t index) : storm_(storm), living_(storm.living), index_(index) {
    // The first time who spawns it would fail.
    if (storm_.made.fetch_add(1) >= JobStorm::kWorkers) storm_.fate.MayThrow();
  }
  void Started() { storm_.fate.MayThrow(); }
  void Restarted() {
    if (storm_.fate.Below(2) == 0) TellLeaf();
    storm_.fate.MayThrow();
  }
  void Stopping() { storm_.fate.MayThrow(); }
  Task<Result<bool>> On(Job& job) {
    Begin(job.sender, job.number);
    if (job.number % 3 == 0) co_await Yield();
    if (storm_.fate.Below(16) == 0) TellLeaf();
    storm_.fate.MayThrow();
    if (job.number % 3 == 1) co_await Yield();
    if (storm_.fate.Strikes()) co_return Error(ErrorCode::kOutOfSpace, "fate");
    co_return true;
  }
  bool On(const QuickJob& job) {
    Begin(job.sender, job.number);
    storm_.fate.MayThrow();
    return true;
  }

 private:
  void Begin(uint32_t sender, uint64_t number) {
    if (storm_.next[index_][sender]++ != number) storm_.disorders.fetch_add(1);
    storm_.begun.fetch_add(1, memory_order_relaxed);
    storm_.begun_all.Part();
  }
  void TellLeaf() {
    auto leaf = storm_.fate.Below(2) == 0 ? Spawn<JobLeaf>(std::ref(storm_))
                                          : SpawnSpread<JobLeaf>(std::ref(storm_));
    storm_.leaves.fetch_add(1);
    leaf.Tell(Go{});
  }

  JobStorm& storm_;
  const Living living_;
  const uint32_t index_;
};

using JobWorkers = std::vector<ActorRef<JobWorker>>;

// Half of its workers live in its own loop.
template <typename Policy>
class JobParent : public Actor<JobParent<Policy>, Go> {
 public:
  static constexpr Supervision kChildren = Policy::kPolicy;
  explicit JobParent(JobStorm& storm) : storm_(storm) {}
  JobWorkers On(Go) {
    JobWorkers workers;
    for (uint32_t i = 0; i < JobStorm::kWorkers; ++i) {
      workers.push_back(i % 2 == 0 ? this->template Spawn<JobWorker>(std::ref(storm_), i)
                                   : this->template SpawnSpread<JobWorker>(std::ref(storm_), i));
    }
    return workers;
  }

 private:
  JobStorm& storm_;
};

class JobWatcher : public Actor<JobWatcher, Go, Terminated> {
 public:
  JobWatcher(JobStorm& storm, JobWorkers workers, uint32_t index)
      : storm_(storm), workers_(std::move(workers)), index_(index) {}
  bool On(Go) {
    for (const auto& worker : workers_) Watch(worker);
    return true;
  }
  void On(Terminated terminated) {
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i].id() != terminated.actor) continue;
      if (storm_.told[index_][i].fetch_add(1) == 0) storm_.notices.Part();
    }
  }

 private:
  JobStorm& storm_;
  const JobWorkers workers_;
  const uint32_t index_;
};

// Tells its jobs; every 16th it asks, and waits for what becomes of that.
class JobSender : public Actor<JobSender, Go> {
 public:
  JobSender(JobStorm& storm, JobWorkers workers, uint32_t index)
      : storm_(storm), workers_(std::move(workers)), index_(index), random_(index) {}
  Task<void> On(Go go) {
    for (int burst = 0; burst < 32 && sent_ < storm_.jobs_each; ++burst) {
      const uint32_t to = random_.Below(JobStorm::kWorkers);
      const uint64_t number = numbers_[to]++;
      if (++sent_ % 16 == 0) {
        const QuickJob job{index_, number};
        Result<bool> answer = co_await workers_[to].Ask(job, std::chrono::seconds(30));
        // It may well fail or be closed, but it is answered.
        if (!answer.ok() && answer.error().code() == ErrorCode::kDeadlineExceeded) {
          storm_.late_answers.fetch_add(1);
        }
      } else if (number % 2 == 0) {
        workers_[to].Tell(Job{index_, number});
      } else {
        workers_[to].Tell(QuickJob{index_, number});
      }
    }
    if (sent_ < storm_.jobs_each) {
      self().Tell(go);
    } else {
      storm_.senders_done.Part();
    }
  }

 private:
  JobStorm& storm_;
  const JobWorkers workers_;
  const uint32_t index_;
  Random random_;
  uint64_t sent_ = 0;
  uint64_t numbers_[JobStorm::kWorkers] = {};
};

// All actors of a storm, spread over the three loops of a house.
template <typename Policy>
struct JobCrowd {
  template <typename House>
  JobCrowd(House& house, JobStorm& storm) {
    ActorSystem& system = house.system();
    parent = system.SpawnAt<JobParent<Policy>>(0, std::ref(storm));
    workers = house.Await(parent.Ask(Go{})).value();
    for (uint32_t i = 0; i < JobStorm::kWatchers; ++i) {
      watchers.push_back(system.SpawnAt<JobWatcher>(i + 1, std::ref(storm), workers, i));
      (void)house.Await(watchers.back().Ask(Go{}));
    }
    for (uint32_t i = 0; i < JobStorm::kSenders; ++i) {
      senders.push_back(system.SpawnAt<JobSender>(i, std::ref(storm), workers, i));
      senders.back().Tell(Go{});
    }
  }
  // Once the senders are done and all is handled or dead.
  void Stop() {
    parent.Stop();
    for (const auto& watcher : watchers) watcher.Stop();
    for (const auto& sender : senders) sender.Stop();
  }

  ActorRef<JobParent<Policy>> parent;
  JobWorkers workers;
  std::vector<ActorRef<JobWatcher>> watchers;
  std::vector<ActorRef<JobSender>> senders;
};

}  // namespace zokio::testing

#endif  // ZOKIO_ACTOR_TESTING_JOB_STORM_H_
