// ManualSystem: an actor system without threads, for tests: loops are polled only when told, in an
// order that is the same each time, and time stands still. With a seed the order is drawn: another
// seed is another interleaving of the loops, the same seed the same.
// Probe<M...>: an actor that keeps what it is told, for a test to look at.
// Intercept: looks at messages before their actor gets them, changes or takes them away.
#ifndef ZOKIO_ACTOR_TESTING_H_
#define ZOKIO_ACTOR_TESTING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/internal/extras.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "future/executor.h"
#include "future/local_executor.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/testing.h"

namespace zokio::testing {

class ManualSystem {
 public:
  // Seed zero: loops run in the order in which they were woken.
  explicit ManualSystem(size_t loops = 1, ActorSystemOptions options = ActorSystemOptions(),
                        uint64_t seed = 0)
      : random_(seed) {
    for (size_t i = 0; i < (seed == 0 ? 1 : loops); ++i) {
      executors_.push_back(std::make_unique<LocalExecutor>(&timer_));
    }
    // Else the length of a turn would depend on how fast this machine is.
    if (options.clock == &Clock::Monotonic()) options.clock = &clock_;
    std::vector<Executor*> homes;
    for (size_t i = 0; i < loops; ++i) homes.push_back(executors_[i % executors_.size()].get());
    system_ = std::make_unique<ActorSystem>(homes, std::move(options));
  }
  ~ManualSystem() { Shutdown(); }

  ActorSystem& operator*() { return *system_; }
  ActorSystem* operator->() { return system_.get(); }

  // Until all loops sleep.
  void Run() {
    while (RunOne()) continue;
  }
  // One poll of one loop; false when all sleep.
  bool RunOne() {
    const size_t count = executors_.size();
    const size_t first = count == 1 ? 0 : random_.Below(static_cast<uint32_t>(count));
    for (size_t i = 0; i < count; ++i) {
      if (executors_[(first + i) % count]->RunOne()) return true;
    }
    return false;
  }
  // Moves the clock, then runs.
  void Advance(Duration step) {
    timer_.Advance(step);
    Run();
  }
  // The answer of a future that needs nothing but this system.
  template <typename F>
  auto Await(F future) {
    auto handle = zokio::Spawn(*executors_[0], Answer(std::move(future)));
    Run();
    ZOKIO_CHECK(handle.finished(), "it waits for something else than this system");
    return executors_[0]->BlockOn(std::move(handle)).value();
  }

  void Shutdown() {
    if (system_ == nullptr) return;
    while (!system_->Shutdown(Duration(0)).ok()) Run();
    system_.reset();
    Run();
  }

 private:
  template <typename F>
  static Task<AwaitedOf<F>> Answer(F future) {
    co_return co_await std::move(future);
  }

  class TimerClock : public Clock {
   public:
    explicit TimerClock(const VirtualTimer& timer) : timer_(timer) {}
    Instant Now() const override { return timer_.Now(); }

   private:
    const VirtualTimer& timer_;
  };

  VirtualTimer timer_;
  TimerClock clock_{timer_};
  Random random_;
  std::vector<std::unique_ptr<LocalExecutor>> executors_;
  std::unique_ptr<ActorSystem> system_;
};

template <typename... Ms>
class Probe {
  using Received = std::deque<std::variant<Ms...>>;

 public:
  class Recorder : public Actor<Recorder, Ms...> {
   public:
    explicit Recorder(std::shared_ptr<Received> received) : received_(std::move(received)) {}
    template <typename M>
    void On(M message) {
      received_->push_back(std::move(message));
    }

   private:
    std::shared_ptr<Received> received_;
  };

  // The system outlives the probe.
  explicit Probe(ManualSystem& system, uint32_t loop = 0)
      : system_(system), ref_(system->SpawnAt<Recorder>(loop, received_)) {}

  ActorRef<Recorder> ref() const { return ref_; }
  // Runs the system, then takes the oldest message, where it is an M.
  template <typename M>
  std::optional<M> Next() {
    system_.Run();
    if (received_->empty() || !std::holds_alternative<M>(received_->front())) return std::nullopt;
    std::optional<M> message(std::get<M>(std::move(received_->front())));
    received_->pop_front();
    return message;
  }
  // How many wait to be taken, once the system has run.
  size_t waiting() {
    system_.Run();
    return received_->size();
  }

 private:
  ManualSystem& system_;
  std::shared_ptr<Received> received_ = std::make_shared<Received>();
  ActorRef<Recorder> ref_;
};

// From now on `filter(M&)` sees what `actor` is told of type M; where it answers false the message
// is a dead letter. One filter for an actor.  REQUIRES: the system has run since the spawn.
template <typename M, typename A, typename Filter>
void Intercept(ActorRef<A> actor, Filter filter) {
  internal::ActorCell& cell = *actor.id().cell();
  internal::ExtrasOf(cell).intercept = [filter](internal::Envelope& envelope) mutable -> bool {
    if (envelope.type != &internal::Delivery<A, M>::kType) return true;
    return filter(static_cast<internal::MessageEnvelope<M>&>(envelope).message);
  };
  cell.ObserveArrivals();
}

}  // namespace zokio::testing

#endif  // ZOKIO_ACTOR_TESTING_H_
