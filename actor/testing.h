// ManualSystem: an actor system without threads, for tests: loops are polled only when told, in an
// order that is the same each time, and time stands still.
#ifndef ZOKIO_ACTOR_TESTING_H_
#define ZOKIO_ACTOR_TESTING_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor_system.h"
#include "future/executor.h"
#include "future/local_executor.h"
#include "future/testing.h"

namespace zokio::testing {

class ManualSystem {
 public:
  explicit ManualSystem(size_t loops = 1, ActorSystemOptions options = ActorSystemOptions())
      : system_(std::make_unique<ActorSystem>(std::vector<Executor*>(loops, &executor_),
                                              std::move(options))) {}
  ~ManualSystem() { Shutdown(); }

  ActorSystem& operator*() { return *system_; }
  ActorSystem* operator->() { return system_.get(); }

  // Until all loops sleep.
  void Run() { executor_.RunUntilIdle(); }
  // One poll of one loop; false when all sleep.
  bool RunOne() { return executor_.RunOne(); }
  // Moves the clock, then runs.
  void Advance(Duration step) {
    timer_.Advance(step);
    Run();
  }
  // The answer of a future that needs nothing but this system.
  template <typename F>
  auto Await(F future) {
    return executor_.BlockOn(std::move(future));
  }

  void Shutdown() {
    if (system_ == nullptr) return;
    while (!system_->Shutdown(Duration(0)).ok()) Run();
    system_.reset();
    Run();
  }

 private:
  VirtualTimer timer_;
  LocalExecutor executor_{&timer_};
  std::unique_ptr<ActorSystem> system_;
};

}  // namespace zokio::testing

#endif  // ZOKIO_ACTOR_TESTING_H_
