// Background activations: tasks that run for an actor beside its handlers.
#ifndef ZOKIO_ACTOR_INTERNAL_BACKGROUND_H_
#define ZOKIO_ACTOR_INTERNAL_BACKGROUND_H_

#include "actor/internal/activation.h"
#include "future/task.h"

namespace zokio::internal {

// An exception that leaves the task is the actor's failure.
Activation* MakeBackground(Task<void> task);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_BACKGROUND_H_
