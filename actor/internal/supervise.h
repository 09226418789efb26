// What follows a failure: the child reports it, the parent decides, the children obey.
#ifndef ZOKIO_ACTOR_INTERNAL_SUPERVISE_H_
#define ZOKIO_ACTOR_INTERNAL_SUPERVISE_H_

#include "actor/actor_id.h"
#include "actor/internal/cell.h"
#include "actor/internal/loop.h"
#include "actor/supervision.h"

namespace zokio::internal {

struct FailedChild {
  ActorId id;
  bool remote;              // it lives in another loop than its parent
  uint64_t number;          // then: with the parent
  uint32_t restarts_heard;  // until it failed
};

// From the home of the child to its parent.
void SendChildFailed(ActorId parent, const FailedChild& child, Failure failure);

// On the parent's home: the child failed before it heard of a restart that the parent has decided
// on since, for another child's failure. That restart is the answer to this failure as well.
bool IsDecided(const ActorCell& parent, const FailedChild& child);

// On the parent's home. `parent` is null for a child without one, which obeys `policy`.
void Supervise(ActorLoop& loop, ActorCell* parent, ActorId child, const Failure& failure);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_SUPERVISE_H_
