// What follows a failure: the child reports it, the parent decides, the children obey.
#ifndef ZOKIO_ACTOR_INTERNAL_SUPERVISE_H_
#define ZOKIO_ACTOR_INTERNAL_SUPERVISE_H_

#include "actor/actor_id.h"
#include "actor/internal/cell.h"
#include "actor/internal/loop.h"
#include "actor/supervision.h"

namespace zokio::internal {

// From the home of the child to its parent.
void SendChildFailed(ActorId parent, ActorId child, Failure failure);

// On the parent's home. `parent` is null for a child without one, which obeys `policy`.
void Supervise(ActorLoop& loop, ActorCell* parent, ActorId child, const Failure& failure);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_SUPERVISE_H_
