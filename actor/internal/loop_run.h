// StartLoop: runs a loop as a task of an executor, until its system ends.
#ifndef ZOKIO_ACTOR_INTERNAL_LOOP_RUN_H_
#define ZOKIO_ACTOR_INTERNAL_LOOP_RUN_H_

#include "actor/internal/loop.h"
#include "future/executor.h"

namespace zokio::internal {

// However the task ends, also where the executor takes none, the system learns of it.
void StartLoop(Executor& executor, ActorLoop& loop);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_LOOP_RUN_H_
