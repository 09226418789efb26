// SpawnOptions: on which threads an actor runs.
//
//   auto logger = system.SpawnWith<Logger>(SpawnOptions().Blocking(), path);
//   ActorPool pool = *system.AddPool(4);
//   auto worker = system.SpawnWith<Worker>(SpawnOptions().In(pool));
//
// | dispatcher | its handlers run | for |
// | --- | --- | --- |
// | shared (the default) | in a loop of the system's workers | most |
// | Pinned, Ring | in a loop, on a worker thread, of its own | who is hot or bound to a thread |
// | In(pool) | in a loop of a pool with workers of its own | who must not disturb the others |
// | Blocking | one after the other on threads of a blocking pool | who blocks |
//
// Whatever it is, the actor's children are born beside it (Actor::Spawn), and what is promised of
// order, supervision and ends holds between all of them: a dispatcher is one more loop, or several,
// of the same system. Between loops that do not belong to one pool a message costs what it costs
// from a thread outside. None of them has sockets or files: an actor that does I/O belongs to the
// shared loops, whose workers have a driver for that. In a pool no handler may block until another
// actor of that pool answers: what it sent leaves when it returns.
//
// Thread-safety: a plain value.
// Errors: SpawnWith answers what the system says where it gives no thread; kOutOfRange with more
//   than 1024 loops beside those of the system's workers; kShutdown where the system ends; kClosed
//   where the actor that it shall be near has ended.
#ifndef ZOKIO_ACTOR_SPAWN_OPTIONS_H_
#define ZOKIO_ACTOR_SPAWN_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "actor/actor_id.h"

namespace zokio {

// Workers apart from the system's, as ActorSystem::AddPool gives them; they live as long as it.
class ActorPool {
 public:
  explicit ActorPool(uint32_t index) : index_(index) {}
  uint32_t index() const { return index_; }

 private:
  uint32_t index_;
};

class SpawnOptions {
 public:
  enum class Dispatcher : uint8_t { kShared, kPinned, kPool, kBlocking };

  SpawnOptions() = default;

  // Pinned; what comes from elsewhere comes by a ring of so many slots (a power of two), after the
  // Disruptor: nothing is linked, nobody waits for a lock. What does not fit waits beside it, but
  // where the actor's mailbox says kDropNewest or kFail: then what is told is a dead letter.
  SpawnOptions& Ring(uint32_t slots) {
    Set(Dispatcher::kPinned, 0);
    ring_slots_ = slots;
    return *this;
  }
  // The last of these holds.
  SpawnOptions& Pinned() { return Set(Dispatcher::kPinned, 0); }
  SpawnOptions& In(ActorPool pool) { return Set(Dispatcher::kPool, pool.index()); }
  SpawnOptions& Blocking() { return Set(Dispatcher::kBlocking, 0); }
  // Shared, in the loop of another actor: what they say to each other is cheapest there.
  SpawnOptions& Near(ActorId other) {
    Set(Dispatcher::kShared, 0);
    near_ = other;
    return *this;
  }

  // Shared, in a loop of this NUMA node, where the actor's data is, unless those are too loaded.
  SpawnOptions& OnNode(uint32_t node) {
    Set(Dispatcher::kShared, 0);
    node_ = node;
    return *this;
  }

  Dispatcher dispatcher() const { return dispatcher_; }
  uint32_t pool() const { return pool_; }
  // Zero: no ring.
  uint32_t ring_slots() const { return ring_slots_; }
  ActorId near_to() const { return near_; }
  std::optional<uint32_t> node() const { return node_; }

 private:
  SpawnOptions& Set(Dispatcher dispatcher, uint32_t pool) {
    dispatcher_ = dispatcher;
    pool_ = pool;
    ring_slots_ = 0;
    near_ = ActorId();
    node_.reset();
    return *this;
  }

  Dispatcher dispatcher_ = Dispatcher::kShared;
  uint32_t pool_ = 0;
  uint32_t ring_slots_ = 0;
  ActorId near_;
  std::optional<uint32_t> node_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_SPAWN_OPTIONS_H_
