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
#include "actor/internal/ranked_mail.h"
#include "actor/internal/watcher_set.h"
#include "base/clock.h"
#include "future/oneshot.h"

namespace zokio::internal {

// A child in another loop.
struct RemoteChild {
  ActorId id;
  uint32_t restarts_told = 0;  // see supervise.cc
};

struct CellExtras {
  // In other loops, by their numbers, in the order of their spawns.
  std::map<uint64_t, RemoteChild> remote_children;
  uint64_t remote_children_made = 0;
  ActorId remote_parent;
  uint64_t remote_number = 0;  // of this actor, with its remote parent
  WatcherSet watchers;
  std::vector<OneshotSender<bool>> ended;  // dropped at the end, which somebody waits for
  // Restarts that the parent decided on, where it told siblings as well, and those that came here.
  uint32_t restarts_told = 0;  // of a child in the parent's loop, which counts it
  uint32_t restarts_heard = 0;
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
  RankedMail ranked;    // after that, of actors that rank their mail
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
