// ActorSystem: actors on the workers of a scheduler.
//
//   auto scheduler = zokio::Scheduler::Create();
//   zokio::ActorSystem system(*scheduler.value());
//   auto counter = system.Spawn<Counter>();
//   counter.Tell(Increment{2});
//   int value = scheduler.value()->BlockOn(...);     // co_await counter.Ask(Get{})
//
// How it works is told in docs/decisions/0009-an-actor-lives-in-a-loop.md.
//
// Ownership: owns its actors. The scheduler outlives it. References are void after its end.
// Thread-safety: any thread; Shutdown and the destructor not on a worker.
// Cancellation: Shutdown stops all actors, each after the message it handles and after its
//   children; what waits in mailboxes becomes dead letters. Where the scheduler ends first, all
//   actors are killed.
// Cost: idle systems use no CPU.
#ifndef ZOKIO_ACTOR_ACTOR_SYSTEM_H_
#define ZOKIO_ACTOR_ACTOR_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "actor/actor_ref.h"
#include "actor/batch_options.h"
#include "actor/dead_letter.h"
#include "actor/event_stream.h"
#include "actor/inspect.h"
#include "actor/internal/control.h"
#include "actor/internal/spawn.h"
#include "actor/internal/system_core.h"
#include "actor/placement.h"
#include "actor/registry.h"
#include "actor/spawn_options.h"
#include "actor/supervision.h"
#include "actor/trace.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "future/executor.h"
#include "future/task.h"

namespace zokio {

class Scheduler;

namespace internal {
class Dispatchers;
}  // namespace internal

struct ActorSystemOptions {
  ActorSystemOptions() = default;

  // Called for each dead letter, on the thread that finds it; it must neither block nor throw. Dead
  // letters that follow from what it tells others are only counted.
  std::function<void(const DeadLetter&)> on_dead_letter;
  // Called for each message of an actor before its handler, on the handler's thread (see trace.h);
  // it must not block.
  std::function<void(const TraceEvent&)> on_message;
  // For actors without a parent. Without it they end when they fail.
  std::optional<Supervision> supervision;
  // How many messages are handled in one go.
  BatchOptions batch;
  // Where actors live. Nothing moves them unless this says so.
  PlacementOptions placement;
  // By which turns are measured.
  const Clock* clock = &Clock::Monotonic();
};

// Sums over all loops, taken without stopping them: exact once the system is quiet.
struct ActorSystemStats {
  uint64_t dead_letters = 0;
  uint64_t failures = 0;
  uint64_t moved = 0;  // actors, to other loops
};

class ActorSystem {
 public:
  // A loop on each worker.
  explicit ActorSystem(Scheduler& scheduler,
                       const ActorSystemOptions& options = ActorSystemOptions());
  // A loop on each of these executors, which outlive the system.
  explicit ActorSystem(std::span<Executor* const> executors,
                       ActorSystemOptions options = ActorSystemOptions());
  ActorSystem(const ActorSystem&) = delete;
  ActorSystem& operator=(const ActorSystem&) = delete;
  // Shuts down without a limit of time.
  ~ActorSystem();

  // An actor without parent. From within an actor of a worker's loop it is born in the same loop,
  // else in each worker's in turn.
  template <typename A, typename... Args>
  ActorRef<A> Spawn(Args&&... args) {
    internal::ActorLoop* here = internal::ActorLoop::Current();
    const bool ours = here != nullptr && &here->system() == core_.get() && here->index() < loops();
    internal::ActorLoop& home = ours ? *here : core_->NextLoop();
    return internal::SpawnIn<A>(home, nullptr, std::forward<Args>(args)...);
  }
  // In the loop of this number, below `loops()`.
  template <typename A, typename... Args>
  ActorRef<A> SpawnAt(uint32_t loop, Args&&... args) {
    return internal::SpawnIn<A>(core_->loop(loop), nullptr, std::forward<Args>(args)...);
  }

  // With a dispatcher of its choice: see spawn_options.h.
  template <typename A, typename... Args>
  Result<ActorRef<A>> SpawnWith(const SpawnOptions& options, Args&&... args) {
    Result<internal::ActorLoop*> home = dispatchers().Find(options);
    if (!home.ok()) return home.error();
    return internal::SpawnIn<A>(**home, nullptr, std::forward<Args>(args)...);
  }
  // Moves an actor to another loop of its group (of the system's own, or of its pool), once it is
  // idle: without mail, children, timers or suspended handlers. It takes its references, its mail
  // and all that is promised of order along. Nothing happens where it never is, or is gone.
  template <typename A>
  void Move(ActorRef<A> actor, uint32_t loop) {
    internal::SendMove(actor.id(), loop);
  }
  // Threads for actors that must not disturb the others: SpawnOptions().In(pool).
  Result<ActorPool> AddPool(int workers);

  // Stops all actors and waits for their end. kDeadlineExceeded when that takes longer than
  // `limit`; it goes on nevertheless, and may be called again. Idempotent.
  Result<void> Shutdown(Duration limit = Duration::max());

  // Actors by name.
  Registry& registry() { return registry_; }
  // Publish and subscribe. The system itself publishes each DeadLetter, but those that follow from
  // telling of one.
  EventStream& events() { return events_; }

  // What lives, of one loop after the other: each at its own moment. Awaited by whomever.
  Task<std::vector<ActorInfo>> Inspect();

  // Those of the scheduler's workers.
  uint32_t loops() const { return core_->shared_loops(); }
  ActorSystemStats Stats() const;

 private:
  internal::HomeFinder& dispatchers() { return core_->home_finder(); }

  Registry registry_;
  EventStream events_;
  std::unique_ptr<internal::SystemCore> core_;
  std::unique_ptr<internal::Dispatchers> dispatchers_;
  Mutex closing_;
  bool closed_ = false;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ACTOR_SYSTEM_H_
