// CellExtras: what few actors need, made when first asked for.
#ifndef ZOKIO_ACTOR_INTERNAL_EXTRAS_H_
#define ZOKIO_ACTOR_INTERNAL_EXTRAS_H_

#include <functional>
#include <vector>

#include "actor/actor_id.h"
#include "actor/internal/cell.h"
#include "actor/internal/envelope.h"
#include "base/clock.h"

namespace zokio::internal {

struct Watcher {
  ActorId id;
  // Sends the watcher, of whatever type, its notice.
  void (*notify)(ActorId watcher, ActorId ended);
};

struct CellExtras {
  std::vector<ActorId> remote_children;
  ActorId remote_parent;
  std::vector<Watcher> watchers;
  std::vector<Instant> restarts;                // of the children, of a root's own, in the window
  std::function<void(ActorCell& cell)> remake;  // with the arguments of the spawn
  EnvelopeList stash;                           // messages that were put aside, oldest first
  EnvelopeList waiting;                         // offers that wait for room, oldest first
};

inline CellExtras& ExtrasOf(ActorCell& cell) {
  if (cell.extras == nullptr) cell.extras = new CellExtras;
  return *cell.extras;
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_EXTRAS_H_
