// CellExtras: what few actors need, made when first asked for.
#ifndef ZOKIO_ACTOR_INTERNAL_EXTRAS_H_
#define ZOKIO_ACTOR_INTERNAL_EXTRAS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actor/actor_id.h"
#include "actor/internal/cell.h"
#include "actor/internal/envelope.h"
#include "actor/internal/measures.h"
#include "base/clock.h"
#include "future/oneshot.h"

namespace zokio::internal {

// How an actor ended.
enum class Ending : uint8_t {
  kStopped,
  kFailed,   // it was stopped because it had failed
  kKilled,   // somebody cut it short: who is linked fails, who watches hears of a stop
  kUnknown,  // before anybody asked
};

struct Watcher {
  // Sends the watcher, of whatever type, its notice.
  using Notify = void (*)(ActorId watcher, ActorId ended, Ending ending);

  friend bool operator==(const Watcher&, const Watcher&) = default;

  ActorId id;
  Notify notify;
};

struct CellExtras {
  // In other loops, by their numbers, in the order of their spawns.
  std::map<uint64_t, ActorId> remote_children;
  uint64_t remote_children_made = 0;
  ActorId remote_parent;
  uint64_t remote_number = 0;  // of this actor, with its remote parent
  std::vector<Watcher> watchers;
  std::vector<OneshotSender<bool>> ended;       // dropped at the end, which somebody waits for
  std::vector<ActorId> escalated;               // children whose failure this actor's parent judges
  std::optional<Failure> failed_again;          // while the parent decides about another failure
  std::vector<Instant> restarts;                // of the children, of a root's own, in the window
  std::function<void(ActorCell& cell)> remake;  // with the arguments of the spawn
  EnvelopeList stash;                           // messages that were put aside, oldest first
  EnvelopeList waiting;                         // offers that wait for room, oldest first
  // Of actors whose mail is looked at (kObserved): either may be null.
  std::unique_ptr<Measures> measures;
  std::function<bool(Envelope& envelope)> intercept;
  uint32_t restarted = 0;
  EnvelopeList urgent;  // mail before the mailbox's, oldest first
  // Back-pressure (loop_pressure.cc): whom this one holds back, for how many of its turns; and for
  // whose sake it is held back itself.
  std::vector<ActorId> muted;
  uint32_t pressed_turns = 0;
  std::vector<ActorId> muted_by;
  // Of actors that move: where to, and from which loop of the group; what waits until they are
  // there.
  uint32_t move_to = 0;
  uint32_t old_home = 0;
  EnvelopeList held;
};

inline CellExtras& ExtrasOf(ActorCell& cell) {
  if (cell.extras == nullptr) cell.extras = new CellExtras;
  return *cell.extras;
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_EXTRAS_H_
