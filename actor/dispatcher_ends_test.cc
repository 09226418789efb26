// How loops beside those of the workers end: with their system, or after a scheduler that ended
// first; and what their threads still hold then.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/ended.h"
#include "base/atomic.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/spawn.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

std::unique_ptr<Scheduler> MakeScheduler() {
  SchedulerOptions options;
  options.workers = 2;
  return Scheduler::Create(std::move(options)).value();
}

std::vector<SpawnOptions> OfEachKind(ActorSystem& system) {
  const ActorPool pool = system.AddPool(2).value();
  return {SpawnOptions(), SpawnOptions().Pinned(), SpawnOptions().In(pool),
          SpawnOptions().Blocking()};
}

struct Serve {
  explicit Serve(OneshotReceiver<int> receiver) : until(std::move(receiver)) {}
  OneshotReceiver<int> until;
};

class Server : public Actor<Server, Serve> {
 public:
  explicit Server(Atomic<int>& served) : served_(served) {}
  Task<void> On(Serve& serve) {
    Result<int> value = co_await serve.until;
    if (value.ok()) served_.fetch_add(1, memory_order_relaxed);
  }

 private:
  Atomic<int>& served_;
};

// Whoever is suspended, on whichever dispatcher, is killed: nobody would wake it.
TEST(DispatcherEndsTest, TheSchedulerMayEndFirst) {
  for (int round = 0; round < 10; ++round) {
    auto scheduler = MakeScheduler();
    Atomic<int> served{0};
    ActorSystem system(*scheduler);
    std::vector<OneshotSender<int>> senders;
    for (const SpawnOptions& options : OfEachKind(system)) {
      auto [sender, receiver] = MakeOneshot<int>();
      senders.push_back(std::move(sender));
      system.SpawnWith<Server>(options, served).value().Tell(Serve(std::move(receiver)));
    }
    ASSERT_TRUE(scheduler->Shutdown(std::chrono::seconds(60)).ok());
    EXPECT_FALSE(system.SpawnWith<Server>(SpawnOptions().Pinned(), served).ok());
    EXPECT_TRUE(system.Shutdown().ok());
    EXPECT_EQ(served.load(memory_order_relaxed), 0);
  }
}

}  // namespace
}  // namespace zokio
