// What storms are made of: a fate that strikes at random, and the two houses in which they rage: a
// system that is run step by step, and one on a scheduler.
#ifndef ZOKIO_ACTOR_TESTING_STORM_H_
#define ZOKIO_ACTOR_TESTING_STORM_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

#include "actor/actor_ref.h"
#include "actor/actor_system.h"
#include "actor/ended.h"
#include "actor/internal/cell.h"
#include "actor/testing.h"
#include "actor/testing/tally.h"
#include "base/atomic.h"
#include "base/random.h"
#include "future/local_executor.h"
#include "sched/scheduler.h"

namespace zokio::testing {

// Sanitizers take ten times as long.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZOKIO_TEST_SANITIZED 1
#endif
#endif
#ifdef ZOKIO_TEST_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Draws that any thread may ask for; the same for a seed where only one does.
class Fate {
 public:
  Fate(uint64_t seed, uint32_t permille) : seed_(seed << 32), permille_(permille) {}
  uint32_t Below(uint32_t bound) {
    return Random(seed_ + drawn_.fetch_add(1, memory_order_relaxed)).Below(bound);
  }
  bool Strikes() { return Below(1000) < permille_; }
  void MayThrow() {
    if (Strikes()) throw std::runtime_error("fate");
  }

 private:
  const uint64_t seed_;
  const uint32_t permille_;
  Atomic<uint64_t> drawn_{0};
};

// Counts the objects that hold one, also those whose constructor throws.
class Living {
 public:
  explicit Living(Atomic<int64_t>& count) : count_(count) { count_.fetch_add(1); }
  Living(const Living&) = delete;
  Living& operator=(const Living&) = delete;
  ~Living() { count_.fetch_sub(1); }

 private:
  Atomic<int64_t>& count_;
};

class ManualHouse {
 public:
  explicit ManualHouse(uint64_t seed, ActorSystemOptions options = ActorSystemOptions())
      : system_(3, std::move(options), seed) {}
  ActorSystem& system() { return *system_; }
  template <typename F>
  auto Await(F future) {
    return system_.Await(std::move(future));
  }
  // Until it is complete; false where it never will be.
  bool Complete(Tally& tally) {
    for (int i = 0; i < 20'000 && tally.left() != 0; ++i) {
      system_.Advance(std::chrono::microseconds(100));
    }
    return tally.left() == 0;
  }
  // Until `done()`.
  template <typename Done>
  bool Until(Done&& done) {
    for (int i = 0; i < 20'000 && !done(); ++i) {
      system_.Advance(std::chrono::microseconds(100));
    }
    return done();
  }
  template <typename A>
  void AwaitEnd(ActorRef<A> actor) {
    (void)Until([&] { return !internal::IsAlive(actor.id()); });
  }
  void Shutdown() {
    while (!system_->Shutdown(Duration(0)).ok()) system_.Run();
  }

 private:
  ManualSystem system_;
};

class RealHouse {
 public:
  explicit RealHouse(ActorSystemOptions options = ActorSystemOptions())
      : scheduler_(MakeScheduler()),
        system_(std::make_unique<ActorSystem>(*scheduler_, std::move(options))) {}
  ActorSystem& system() { return *system_; }
  template <typename F>
  auto Await(F future) {
    return BlockOn(std::move(future));
  }
  bool Complete(Tally& tally) { return tally.WaitFor(kLimit); }
  // `done()` asks the system something each time, so that time passes there.
  template <typename Done>
  bool Until(Done&& done) {
    const Instant deadline = Clock::Monotonic().Now() + kLimit;
    while (!done()) {
      if (Clock::Monotonic().Now() > deadline) return false;
    }
    return true;
  }
  template <typename A>
  void AwaitEnd(ActorRef<A> actor) {
    BlockOn(Ended(actor));
  }
  void Shutdown() { (void)system_->Shutdown(); }

 private:
  static constexpr Duration kLimit = std::chrono::seconds(60);

  static std::unique_ptr<Scheduler> MakeScheduler() {
    SchedulerOptions options;
    options.workers = 3;
    return Scheduler::Create(std::move(options)).value();
  }

  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<ActorSystem> system_;
};

}  // namespace zokio::testing

#endif  // ZOKIO_ACTOR_TESTING_STORM_H_
